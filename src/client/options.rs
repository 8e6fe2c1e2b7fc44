//! What a client is opened with, checked.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::observe::log::Log;
use crate::transport::endpoint::{parse_list, Endpoint, Endpoints};
use crate::transport::tls::Tls;
use crate::transport::Timing;
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

/// What holds for every list of endpoints that a client is given.
#[derive(Clone, Copy)]
pub struct EndpointPolicy {
    /// The client has TLS settings of its own.
    pub configured: bool,
    /// What it sends and must not be read on the way, in a word.
    pub secret: Option<&'static str>,
}

impl EndpointPolicy {
    pub fn parse(self, list: &str) -> Result<Endpoints> {
        let parsed = parse_list(list, self.configured)?;
        if let Endpoints::Members(endpoints) = &parsed {
            endpoints.iter().try_for_each(|endpoint| self.guard(endpoint))?;
        }
        Ok(parsed)
    }

    fn guard(self, endpoint: &Endpoint) -> Result<()> {
        match self.secret {
            Some(secret) if !endpoint.tls && !endpoint.is_local() => Err(Error::invalid(format!(
                "endpoint \"{}\" would send the {secret} in the clear; use https, or set \
                 ETCD_CLIENT_PLAINTEXT_PASSWORD",
                endpoint.name
            ))),
            _ => Ok(()),
        }
    }
}

pub enum Servers {
    Cluster {
        endpoints: Vec<Endpoint>,
        policy: EndpointPolicy,
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

#[cfg(test)]
impl Options {
    /// A small client of a store in this process.
    pub fn of_store(store: &str) -> Options {
        Options {
            servers: Servers::Embedded { store: store.to_owned() },
            timeout: None,
            auto_sync: None,
            max_send: 1000,
            max_receive: 10_000,
            key_prefix: Vec::new(),
            log: Log::default(),
        }
    }
}
