//! The modules in python/, on every backend.

mod support;

use std::process::Command;
use std::time::Duration;
use support::backend::on_all_at_once;
use support::cc;
use support::server::{versions_or_skip, Cluster, Version};

/// test_etcd kills the victim, so what needs it alive stands before.
const MODULES: [&str; 14] = [
    "test_etcd_endpoints",
    "test_etcd_recipes",
    "test_etcd",
    "test_etcd_calls",
    "test_etcd_integers",
    "test_etcd_pages",
    "test_etcd_replies",
    "test_etcd_stm",
    "test_etcd_writes",
    "test_etcd_admin",
    "test_etcd_exports",
    "test_etcd_aio",
    "test_etcd_aio_recipes",
    "test_etcd_api",
];

#[test]
fn the_python_modules() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: the_python_modules: no python3");
        return;
    }
    let versions = versions_or_skip("the_python_modules");
    on_all_at_once("the_python_modules", &[], |backend| {
        let same = |version: &&Version| backend.name == format!("etcd {}", version.name);
        let victim = versions.iter().find(same).map(|version| Cluster::builder(version).start());
        if victim.is_none() {
            let tests = "test_another_cluster, test_the_server_hangs_and_is_killed";
            eprintln!("skipped: {tests}: on {}, which has no server to kill", backend.name);
        }
        let mut tests = Command::new("python3");
        tests.args(["-X", "dev", "-W", "error", "-m", "unittest"]).args(MODULES);
        tests.current_dir(cc::root().join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
        tests.env("LIBETCD_TEST_LIBRARY", cc::loadable());
        tests.env("LIBETCD_TEST_ENDPOINTS", &backend.endpoints);
        tests.env_remove("LIBETCD_TEST_VICTIM").env_remove("LIBETCD_TEST_VICTIM_PID");
        if let Some(victim) = &victim {
            tests.env("LIBETCD_TEST_VICTIM", victim.endpoint(0));
            tests.env("LIBETCD_TEST_VICTIM_PID", victim.pid(0).to_string());
        }
        cc::finish(tests, Duration::from_secs(300));
    });
}
