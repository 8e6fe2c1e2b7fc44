//! Why an attempt has no reply, and the error that its caller gets.

#![forbid(unsafe_code)]

use crate::error::Error;
use crate::status::*;

/// Why an attempt has no reply.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Nothing of the request has reached the server.
    NotSent(String),
    /// The request was sent, and the connection broke before the reply was complete.
    Lost(String),
    /// The server's answer.
    Refused { code: i32, message: String },
    /// The reply is over the limit, as received or in memory. How it begins, if it is one for a
    /// watch.
    TooLarge { size: usize, limit: usize, beginning: Vec<u8> },
    /// The reply does not fit into memory; its size.
    NoMemory(usize),
    /// The reply is not gRPC.
    Malformed(String),
}

impl Failure {
    /// A stream is over that should have gone on.
    pub fn ended() -> Failure {
        Failure::Lost("the server ended the stream".to_owned())
    }

    /// The error of a call, which `changes` the store or does not.
    pub fn into_error(self, changes: bool) -> Error {
        let (error, maybe) = match self {
            Failure::NotSent(why) => (Error::new(ETCD_ERR_UNAVAILABLE, why), false),
            Failure::Lost(why) => (Error::new(ETCD_ERR_UNAVAILABLE, why), true),
            Failure::Refused { code, message } => {
                let status = of_server_error(code, &message);
                // The server says this of its reply, after it has served the request.
                let served = message.contains("trying to send message larger than max");
                let error = Error { grpc: Some(code), ..Error::new(status, message) };
                (error, served || may_be_applied(status))
            }
            Failure::TooLarge { size, limit, .. } => {
                let why = format!("the reply takes {size} bytes, the receive limit is {limit}");
                (Error::new(ETCD_ERR_REPLY_TOO_LARGE, why), true)
            }
            Failure::NoMemory(size) => {
                let why = format!("no memory for a reply of {size} bytes");
                (Error::new(ETCD_ERR_NO_MEMORY, why), true)
            }
            Failure::Malformed(why) => (Error::new(ETCD_ERR_BAD_REPLY, why), true),
        };
        error.maybe_applied(changes && maybe)
    }
}
