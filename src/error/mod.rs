//! The one error type below the ABI.

#![forbid(unsafe_code)]

pub mod panics;
#[allow(non_camel_case_types)]
pub mod status;

use std::any::Any;

use crate::wire::decode::Malformed;
use status::etcd_status_t;

/// Whether a call that failed may have been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    NotApplied,
    MaybeApplied,
}

#[derive(Clone, Debug)]
pub struct Error {
    pub status: etcd_status_t,
    /// The gRPC code of the server's answer; none if the library found the error.
    pub grpc: Option<i32>,
    pub outcome: Outcome,
    pub endpoint: String,
    pub message: String,
    /// The oldest revision that can be read, if the requested one is compacted; the first that a
    /// watch could not deliver, if it is too large; else 0.
    pub revision: i64,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Malformed> for Error {
    fn from(_: Malformed) -> Error {
        Error::new(status::ETCD_ERR_BAD_REPLY, "the reply is no message of etcd's")
    }
}

impl Error {
    /// An error found before anything was sent.
    pub fn new(status: etcd_status_t, message: impl Into<String>) -> Error {
        Error {
            status,
            grpc: None,
            outcome: Outcome::NotApplied,
            endpoint: String::new(),
            message: message.into(),
            revision: 0,
        }
    }

    pub fn invalid(message: impl Into<String>) -> Error {
        Error::new(status::ETCD_ERR_INVALID_ARGUMENT, message)
    }

    /// A caught panic.
    pub fn defect(panic: &(dyn Any + Send)) -> Error {
        let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Error::new(status::ETCD_ERR_INTERNAL, format!("a defect in the library: {text}"))
    }

    pub fn at(mut self, endpoint: &str) -> Error {
        self.endpoint = endpoint.to_owned();
        self
    }

    pub fn maybe_applied(mut self, maybe: bool) -> Error {
        self.outcome = if maybe { Outcome::MaybeApplied } else { Outcome::NotApplied };
        self
    }
}

/// Longer texts of servers are cut.
const MAX_MESSAGE: usize = 1024;

/// A text from outside, fit for terminals and logs: on one line, and a long text is cut.
pub fn printable(theirs: &str) -> String {
    let mut text = String::new();
    for c in theirs.chars() {
        if text.len() >= MAX_MESSAGE {
            text.push_str("...");
            break;
        }
        escape(c, &mut text);
    }
    text
}

/// A text on one line: control characters are escaped.
pub fn one_line(theirs: &str) -> String {
    let mut text = String::with_capacity(theirs.len());
    theirs.chars().for_each(|c| escape(c, &mut text));
    text
}

fn escape(c: char, text: &mut String) {
    match c.is_control() {
        true => text.extend(c.escape_default()),
        false => text.push(c),
    }
}
