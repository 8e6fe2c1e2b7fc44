//! What a program may see of its client's doings: counters, a log, and which
//! endpoints are up.

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
