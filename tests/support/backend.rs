//! What behaviour tests run on: the engine in this process, and an etcd of every version at hand.

use super::server::{shared, versions_or_skip, Cluster};
use std::io::Write;

/// The calls that the engine has not got yet, one a line.
const MISSING: &str = include_str!("../../src/embedded/missing.txt");

pub struct Backend {
    pub name: String,
    pub endpoints: String,
    /// None for the engine.
    pub cluster: Option<&'static Cluster>,
}

/// All of them; `needs` names the calls, such as "Auth/AuthEnable", without which the test is pointless.
pub fn backends(test: &str, needs: &[&str]) -> Vec<Backend> {
    let lacks = |need: &&&str| MISSING.lines().any(|line| line.ends_with(**need));
    let mut all = Vec::new();
    match needs.iter().find(lacks) {
        None => all.push(Backend { name: "mem".into(), endpoints: "mem:".into(), cluster: None }),
        Some(need) => {
            // Not println!: the test harness would swallow it.
            let _ =
                writeln!(std::io::stderr(), "skipped: {test}: on mem:, which has no {need} yet");
        }
    }
    all.extend(versions_or_skip(test).iter().map(|version| {
        let cluster = shared(version);
        Backend {
            name: format!("etcd {}", version.name),
            endpoints: cluster.endpoints(),
            cluster: Some(cluster),
        }
    }));
    all
}

/// Runs a test that mostly waits on all of them at once.
pub fn on_all_at_once(test: &str, needs: &[&str], body: impl Fn(&Backend) + Sync) {
    std::thread::scope(|scope| {
        let running: Vec<_> = backends(test, needs)
            .into_iter()
            .map(|backend| {
                let body = &body;
                let name = backend.name.clone();
                (name, scope.spawn(move || body(&backend)))
            })
            .collect();
        for (name, test) in running {
            assert!(test.join().is_ok(), "on {name}");
        }
    });
}
