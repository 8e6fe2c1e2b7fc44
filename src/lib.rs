//! etcd v3 for C: a client library behind a C ABI.
//!
//! The public interface is `include/etcd.h`, generated from [`capi`] and
//! [`status`]; Rust programs should use the `etcd-client` crate instead.
//! Layers, top down: `capi`, `classic`, `client`, `transport`, `embedded` and
//! `wire`, `inside`, `runtime`, `sys`.

#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("libetcd supports 64-bit Linux");

#[allow(unsafe_code)]
pub mod capi;
mod classic;
mod client;
mod embedded;
mod error;
mod inside;
mod mailbox;
mod panics;
mod queue;
mod runtime;
mod slot;
#[allow(non_camel_case_types)]
pub mod status;
#[allow(unsafe_code)]
mod sys;
mod transport;
mod wire;
