//! python/etcd.py, on every server.

mod support;

use std::process::Command;
use std::time::Duration;
use support::cc;
use support::server::{shared, versions_or_skip, Cluster};

#[test]
fn the_python_module() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: the_python_module: no python3");
        return;
    }
    for version in versions_or_skip("the_python_module") {
        eprintln!("the_python_module: etcd {}", version.name);
        let victim = Cluster::builder(&version).start();
        let mut tests = Command::new("python3");
        tests.args(["-X", "dev", "-W", "error", "-m", "unittest", "test_etcd"]);
        tests.current_dir(cc::root().join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
        tests.env("LIBETCD_TEST_LIBRARY", cc::loadable());
        tests.env("LIBETCD_TEST_ENDPOINTS", shared(&version).endpoints());
        tests.env("LIBETCD_TEST_VICTIM", victim.endpoint(0));
        tests.env("LIBETCD_TEST_VICTIM_PID", victim.pid(0).to_string());
        cc::finish(tests, Duration::from_secs(120));
    }
}
