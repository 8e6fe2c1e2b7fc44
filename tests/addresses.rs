//! A name with several addresses. They are in a hosts file that only this program sees, so
//! nothing here may run before the test has put it in place.

mod support;

use etcd::capi::admin::maintenance::*;
use etcd::capi::options::{etcd_call_options_t, ETCD_SERIALIZABLE};
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

/// Asks the server of an endpoint for its state, once.
fn status(client: &Client, endpoint: &str) -> Result<()> {
    let endpoint = std::ffi::CString::new(endpoint).unwrap();
    let size = size_of::<etcd_call_options_t>();
    let options = etcd_call_options_t { size, timeout_ms: 60_000, flags: 0 };
    let (mut out, mut error) = (std::ptr::null_mut(), std::ptr::null_mut());
    unsafe {
        let endpoint = endpoint.as_ptr();
        let status = etcd_maintenance_status(client.0, endpoint, &options, &mut out, &mut error);
        etcd_maintenance_status_response_free(out);
        check(status, error)
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
    let name = format!("members.test:{}", port.number());
    let client = Client::with(&name, options).unwrap();
    let watch = Watch::open(&client, b"seen", WatchOptions::default()).unwrap();
    // A new leader is elected meanwhile.
    let put = |client: &Client, key: &[u8], value: &str| {
        let end = Instant::now() + Duration::from_secs(15);
        while let Err(error) = client.put(key, value.as_bytes(), timeout(3_000)) {
            assert!(Instant::now() < end, "{error:?}");
        }
    };
    let told = |watch: &Watch, value: &str| {
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
    told(&watch, "first");
    // Each that may be in use stops once, and is back when the next one stops.
    for stopped in [0, 1, 2, 0, 1, 2] {
        cluster.stop(stopped);
        let value = format!("without {stopped}");
        put(&direct[(stopped + 1) % 3], b"seen", &value);
        told(&watch, &value);
        put(&client, b"k", "v");
        cluster.cont(stopped);
    }
    // Only the first, which has failed before, is left.
    (1..3).for_each(|i| cluster.stop(i));
    client.get(b"k", CallOptions { timeout_ms: 8_000, ..flags(ETCD_SERIALIZABLE) }).unwrap();
    (1..3).for_each(|i| cluster.cont(i));
    drop((watch, client));

    // A connection that is silent is kept for a minute, but not used if another address serves.
    let open = |ping_interval_ms| {
        let options = Options { ping_interval_ms, ping_timeout_ms: 60_000, ..Options::default() };
        Client::with(&name, options).unwrap()
    };
    let (asks, watches) = (open(60_000), open(500));
    let watch = Watch::open(&watches, b"seen", WatchOptions::default()).unwrap();
    put(&direct[0], b"seen", "again");
    told(&watch, "again");
    asks.get(b"k", timeout(5_000)).unwrap();
    for stopped in [0, 1, 2] {
        cluster.stop(stopped);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| status(&asks, &name));
            // A read goes on elsewhere, an idle watch moves, and writes go there.
            asks.get(b"k", CallOptions { timeout_ms: 8_000, ..flags(ETCD_SERIALIZABLE) }).unwrap();
            let value = format!("still without {stopped}");
            put(&direct[(stopped + 1) % 3], b"seen", &value);
            told(&watch, &value);
            put(&asks, b"k", "v");
            put(&watches, b"k", "v");
            cluster.cont(stopped);
            // What must not be sent twice has its answer from the one that was asked.
            waits.join().unwrap().unwrap();
        });
    }
}
