//! HTTP/2 connections to the members of a cluster: who is up, what was sent.

#![forbid(unsafe_code)]

pub mod backoff;
mod candidates;
mod channel;
mod connect;
mod connection;
mod demand;
pub mod endpoint;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod grpc;
mod maintain;
mod message;
mod off_thread;
mod p521;
mod permit;
mod probe;
mod reason;
mod resolve;
mod socket;
mod store_identity;
mod stream;
mod subchannel;
pub mod tls;
mod trial;
mod unary;
mod verify;

pub use channel::Channel;
pub use connect::{CONNECTION_WINDOW, STREAM_WINDOW};
pub use connection::{now_ms, ConnectionState};
pub use failure::Failure;
pub use grpc::Request;
pub use maintain::Timing;
pub use store_identity::{Known, Mismatch, StoreIdentity};
pub use stream::Stream;
pub use subchannel::{Selected, Subchannel};
pub use unary::unary;
