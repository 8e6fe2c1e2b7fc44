//! What a program can observe of a client: counters, a log, and the state of each
//! endpoint.

#![forbid(unsafe_code)]

pub mod connections;
pub mod counters;
pub mod log;

use connections::Connections;
use counters::Counters;
use log::Log;

#[derive(Default)]
pub struct Telemetry {
    pub counters: Counters,
    pub log: Log,
    pub connections: Connections,
}
