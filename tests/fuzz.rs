//! Random calls over all exports: tests/c/fuzz_api.c.

mod support;

use std::time::Duration;

use support::cc::{program, sanitized, Program};
use support::process::Port;
use support::server::{newest_or_skip, shared};
use support::{scaled, seed};

const THREADS: usize = 14;

/// On stores in memory, a server, and a port where nobody listens.
fn makes_random_calls(test: &str, program: &Program, calls: usize) {
    let nobody = Port::lease();
    let server = newest_or_skip(test).map(|version| shared(&version).endpoints());
    let fixed = [
        seed(test).to_string(),
        calls.to_string(),
        THREADS.to_string(),
        format!("127.0.0.1:{}", nobody.number()),
    ];
    let arguments: Vec<_> = fixed.into_iter().chain(server).collect();
    // Its own alarm comes first, and says which calls hang.
    program.run(&arguments, Duration::from_secs(180 + calls as u64 / 500));
}

#[test]
fn no_call_whatever_it_is_given_breaks_a_promise() {
    let test = "no_call_whatever_it_is_given_breaks_a_promise";
    makes_random_calls(test, &program("fuzz_api"), scaled(600_000));
}

#[test]
fn no_call_whatever_it_is_given_misuses_memory() {
    let test = "no_call_whatever_it_is_given_misuses_memory";
    makes_random_calls(test, &sanitized("fuzz_api"), scaled(400_000));
}
