//! Helpers of the test programs: real etcd servers, certificates, a TCP proxy that misbehaves on demand.
#![allow(dead_code)] // each test program uses its own part

pub mod backend;
pub mod cc;
pub mod certs;
pub mod checker;
pub mod coordination;
pub mod ffi;
pub mod history;
pub mod hostile;
pub mod inside;
pub mod install;
pub mod leases;
pub mod pages;
pub mod process;
pub mod proxy;
mod proxy_engine;
pub mod recorder;
pub mod server;
pub mod session;
mod versions;
pub mod watch;
pub mod watchers;

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

/// What a random test begins with: LIBETCD_SEED, or another one each time; printed.
pub fn seed(test: &str) -> u64 {
    let given = std::env::var("LIBETCD_SEED").ok().map(|seed| seed.parse().expect("LIBETCD_SEED"));
    let seed = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_nanos() as u64
    });
    eprintln!("{test}: LIBETCD_SEED={seed}");
    seed
}

/// Bytes of a request of which servers still take one: its raft entry has a number of its own,
/// whose length goes by the low 16 bits of the member's id.
pub fn max_request(member_id: u64) -> usize {
    let bits = u64::BITS - (member_id << 48 | 1 << 47).leading_zeros();
    1_572_864 - 8 - bits.div_ceil(7) as usize
}
