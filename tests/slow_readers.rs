//! Watches whose readers are slower than the server.

mod support;

use etcd::capi::options::*;
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::backend::{on_all_at_once, Backend};
use support::ffi::*;
use support::inside::counters;
use support::watch::*;

const REVISIONS: usize = 500;
const SIZE: usize = 10_000;

/// Several times what waits for a reader; the server sends it at once.
fn history(backend: &Backend, prefix: &str) -> WatchOptions<'static> {
    let client = Client::open(&backend.endpoints);
    let value = vec![b'v'; SIZE];
    let put = |i| client.put(format!("{prefix}{i:03}").as_bytes(), &value, DEFAULT).unwrap();
    let revisions: Vec<_> = (0..REVISIONS).map(|i| put(i).revision).collect();
    WatchOptions { start: revisions[0], flags: ETCD_PREFIX, ..Default::default() }
}

/// Reads all of it, with a pause of 300 ms after each tenth of it.
fn read_slowly(watch: &Watch, prefix: &str) {
    for i in 0..REVISIONS {
        assert_eq!(watch.told().changes()[0].0, format!("{prefix}{i:03}"));
        if i % (REVISIONS / 10) == 0 {
            sleep(Duration::from_millis(300));
        }
    }
    assert_eq!(watch.next(0), Ok(None));
}

/// The part of the history that came more than once.
fn repeated(client: &Client) -> f64 {
    counters(client).bytes_received as f64 / (REVISIONS * SIZE) as f64 - 1.0
}

#[test]
fn a_reader_that_makes_progress_keeps_its_watch() {
    on_all_at_once("a_reader_that_makes_progress_keeps_its_watch", &[], |backend| {
        let options = history(backend, "alone/");
        let client = Client::open(&backend.endpoints);
        let watch = Watch::open(&client, b"alone/", options).unwrap();
        read_slowly(&watch, "alone/");
        assert_eq!(counters(&client).watches_paused, 0);
        assert!(backend.cluster.is_none() || repeated(&client) < 0.05, "{}", repeated(&client));
    });
}

#[test]
fn what_a_slow_reader_was_sent_is_sent_once() {
    on_all_at_once("what_a_slow_reader_was_sent_is_sent_once", &[], |backend| {
        let options = history(backend, "shared/");
        let client = Client::open(&backend.endpoints);
        let other = Watch::open(&client, b"shared", Default::default()).unwrap();
        let watch = Watch::open(&client, b"shared/", options).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| read_slowly(&watch, "shared/"));
            while !reader.is_finished() {
                // Nobody waits for the slow one.
                let began = Instant::now();
                let revision = client.put(b"shared", b"", DEFAULT).unwrap().revision;
                assert_eq!(other.told().revision, revision);
                assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
                sleep(Duration::from_millis(20));
            }
        });
        assert!(backend.cluster.is_none() || repeated(&client) < 0.3, "{}", repeated(&client));
    });
}
