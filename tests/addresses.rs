//! A name with several addresses. They are in a hosts file that only this program sees, so
//! nothing here may run before the test has put it in place.

mod support;

use etcd::capi::options::ETCD_SERIALIZABLE;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::process::{temp_dir, Port};
use support::server::{newest_or_skip, Cluster};
use support::watch::{Watch, WatchOptions};

/// From now on this thread, and those that it starts, see other hosts; false if not allowed.
fn with_hosts(text: &str) -> bool {
    let dir = temp_dir("hosts-");
    let file = dir.path().join("hosts");
    std::fs::write(&file, text).unwrap();
    let file = std::ffi::CString::new(file.to_str().unwrap()).unwrap();
    let nothing = std::ptr::null();
    unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(
                nothing,
                c"/".as_ptr(),
                nothing,
                libc::MS_REC | libc::MS_PRIVATE,
                nothing.cast(),
            ) == 0
            && libc::mount(
                file.as_ptr(),
                c"/etc/hosts".as_ptr(),
                nothing,
                libc::MS_BIND,
                nothing.cast(),
            ) == 0
    }
}

#[test]
fn every_address_of_a_name_is_tried_left_and_found_again() {
    let test = "every_address_of_a_name_is_tried_left_and_found_again";
    let Some(version) = newest_or_skip(test) else { return };
    let hosts: String = (1..=3).map(|host| format!("127.77.0.{host} members.test\n")).collect();
    if !with_hosts(&hosts) {
        return eprintln!("skipped: {test}: no mount namespace of its own allowed here");
    }
    let port = Port::lease();
    let cluster = Cluster::builder(&version).members(3).start();
    (0..3).for_each(|i| cluster.kill(i));
    for i in 0..3 {
        let (own, port) = (cluster.endpoint(i), port.number());
        let listen = format!("{own},http://127.77.0.{}:{port}", i + 1);
        cluster.launch_with(i, &["--listen-client-urls", &listen]);
    }
    (0..3).for_each(|i| cluster.wait_healthy(i));

    let options = Options { ping_interval_ms: 500, ping_timeout_ms: 500, ..Options::default() };
    let client = Client::with(&format!("members.test:{}", port.number()), options).unwrap();
    let watch = Watch::open(&client, b"seen", WatchOptions::default()).unwrap();
    // A new leader is elected meanwhile.
    let put = |client: &Client, key: &[u8], value: &str| {
        let end = Instant::now() + Duration::from_secs(15);
        while let Err(error) = client.put(key, value.as_bytes(), timeout(3_000)) {
            assert!(Instant::now() < end, "{error:?}");
        }
    };
    let told = |value: &str| {
        let end = Instant::now() + Duration::from_secs(6);
        let mut changes = Vec::new();
        // A put that had to be repeated may come twice.
        while changes != [("seen".to_owned(), Some(value.to_owned()))] {
            assert!(Instant::now() < end, "{value}, and before it {changes:?}");
            changes = watch.next(1_000).unwrap().map_or(changes, |told| told.changes());
        }
    };
    let direct: Vec<_> = (0..3).map(|i| Client::open(&cluster.endpoint(i))).collect();
    put(&direct[0], b"seen", "first");
    told("first");
    // Each that may be in use stops once, and is back when the next one stops.
    for stopped in [0, 1, 2, 0, 1, 2] {
        cluster.stop(stopped);
        let value = format!("without {stopped}");
        put(&direct[(stopped + 1) % 3], b"seen", &value);
        told(&value);
        put(&client, b"k", "v");
        cluster.cont(stopped);
    }
    // Only the first, which has failed before, is left.
    (1..3).for_each(|i| cluster.stop(i));
    client.get(b"k", CallOptions { timeout_ms: 8_000, ..flags(ETCD_SERIALIZABLE) }).unwrap();
    (1..3).for_each(|i| cluster.cont(i));
}
