//! Helpers of the test programs: real etcd servers, certificates, a TCP proxy that misbehaves on demand.
#![allow(dead_code)] // each test program uses its own part

pub mod backend;
pub mod cc;
pub mod certs;
pub mod ffi;
pub mod process;
pub mod proxy;
mod proxy_engine;
pub mod server;
pub mod session;
mod versions;
pub mod watch;

/// Whether long scenarios run at their full length; else at a tenth.
pub fn soak() -> bool {
    std::env::var_os("LIBETCD_SOAK").is_some()
}

/// `full` in a soak, a tenth of it otherwise.
pub fn scaled(full: usize) -> usize {
    if soak() {
        full
    } else {
        full.div_ceil(10)
    }
}
