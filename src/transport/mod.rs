//! HTTP/2 connections to the members of a cluster: who is up, what was sent.

#![forbid(unsafe_code)]

pub mod backoff;
pub mod channel;
mod connect;
pub mod endpoint;
pub mod exchange;
mod failure;
pub mod history;
pub mod io;
pub mod link;
mod refusal;
mod resolve;
pub mod stream;
pub mod tls;

pub use channel::Channel;
pub use exchange::Request;
pub use failure::Failure;
pub use history::History;
pub use link::Link;
pub use stream::Stream;
