//! What behaviour tests run on: the engine in this process, and an etcd of every version at hand.

use super::server::{shared, versions_or_skip, Cluster, Version};
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
    at_once(backends(test, needs), |backend| backend.name.clone(), body);
}

/// Runs a test that mostly waits, and starts its servers itself, with every version at once.
pub fn on_versions_at_once(test: &str, body: impl Fn(&Version) + Sync) {
    at_once(versions_or_skip(test), |version| version.name.clone(), body);
}

fn at_once<T: Send>(all: Vec<T>, name: impl Fn(&T) -> String, body: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        let running: Vec<_> = all
            .into_iter()
            .map(|one| {
                let body = &body;
                (name(&one), scope.spawn(move || body(&one)))
            })
            .collect();
        for (name, test) in running {
            assert!(test.join().is_ok(), "on {name}");
        }
    });
}
