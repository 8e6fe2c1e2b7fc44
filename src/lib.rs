//! etcd v3 for C: a client library behind a C ABI.
//!
//! The public interface is `include/etcd.h`, generated from [`capi`] and
//! [`status`]; Rust programs should use the `etcd-client` crate instead.
//! Layers, top down: `capi`, `classic`, `admin`, `recipes`, `client`, `transport`, `embedded` and
//! `wire`, `observe`, `runtime`, `sync`, `error`, `sys`.

#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("libetcd supports 64-bit Linux");

mod admin;
#[allow(unsafe_code)]
pub mod capi;
mod classic;
mod client;
mod embedded;
pub mod error;
mod observe;
mod recipes;
mod runtime;
mod sync;
#[allow(unsafe_code)]
mod sys;
mod transport;
mod wire;

#[cfg(fuzzing)]
pub use capi::fuzzing;
pub use error::status;
