//! What a client is opened with, checked.

use super::members::Rules;
use crate::observe::log::Log;
use crate::transport::endpoint::Endpoint;
use crate::transport::link::Timing;
use crate::transport::tls::Tls;
use http::HeaderValue;
use std::time::Duration;
use zeroize::Zeroizing;

/// Wiped from memory when it is dropped.
pub type Secret = Zeroizing<String>;

/// How a client shows who it is.
pub enum Login {
    Password {
        user: String,
        password: Secret,
    },
    /// A token that somebody else has asked for.
    Token(HeaderValue),
}

pub enum Servers {
    Cluster {
        endpoints: Vec<Endpoint>,
        rules: Rules,
        tls: Option<Tls>,
        login: Option<Login>,
        timing: Timing,
    },
    /// A store of the engine in this process, by its name.
    Embedded { store: String },
}

pub struct Options {
    pub servers: Servers,
    /// For calls that name none; None waits for ever.
    pub timeout: Option<Duration>,
    /// How often the cluster is asked for its members; None is never.
    pub auto_sync: Option<Duration>,
    pub max_send: usize,
    pub max_receive: usize,
    /// What all its keys begin with, unseen by the caller.
    pub key_prefix: Vec<u8>,
    pub log: Log,
}
