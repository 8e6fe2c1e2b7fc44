//! What a client is opened with, checked.

use crate::transport::endpoint::Endpoint;
use crate::transport::link::Timing;
use crate::transport::tls::Tls;
use std::time::Duration;
use zeroize::Zeroizing;

/// Wiped from memory when it is dropped.
pub type Secret = Zeroizing<String>;

pub struct Login {
    pub user: String,
    pub password: Secret,
}

pub struct Options {
    pub endpoints: Vec<Endpoint>,
    pub tls: Option<Tls>,
    pub login: Option<Login>,
    pub timing: Timing,
    /// For calls that name none; None waits for ever.
    pub timeout: Option<Duration>,
    pub max_send: usize,
    pub max_receive: usize,
}
