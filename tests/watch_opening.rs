//! Watches that are opened: what is told first, what it costs, and how long it takes.

mod support;

use etcd::capi::options::*;
use etcd::capi::watch::*;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::backend::on_all_at_once;
use support::ffi::*;
use support::inside::{counters, within_10_s};
use support::server::{newest_or_skip, Cluster};
use support::watch::*;

#[test]
fn previous_values_from_the_first_event_on() {
    on_all_at_once("previous_values_from_the_first_event_on", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        put(&client, "prev/a", "0");
        let (over, queue, mut without) = (AtomicBool::new(false), Queue::new(), 0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let client = Client::open(&backend.endpoints);
                    while !over.load(Relaxed) {
                        put(&client, "prev/a", "1");
                    }
                });
            }
            for _ in 0..support::scaled(3000) {
                let watch = Watch::on(&queue, &client, b"prev/", with(ETCD_PREV_KV), 0);
                // The first is its beginning.
                next_of(&queue, 10_000);
                let told = next_of(&queue, 10_000).and_then(|(_, told)| told.ok());
                let first = told.and_then(|told| told.events.into_iter().next());
                without += usize::from(first.is_none_or(|event| event.prev_kv.is_none()));
                drop(watch);
            }
            over.store(true, Relaxed);
        });
        assert_eq!(without, 0);
    });
}

#[test]
fn opening_one_asks_for_nothing_else() {
    on_all_at_once("opening_one_asks_for_nothing_else", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let mut last = put(&client, "opened/x", "");
        let calls = counters(&client).calls;
        let watches: Vec<_> =
            (0..20).map(|_| Watch::open(&client, b"opened/", PREFIX).unwrap()).collect();
        assert_eq!(counters(&client).calls, calls);
        for _ in 0..3 {
            last = put(&client, "opened/a", "1");
            assert!(watches.iter().all(|watch| watch.told().revision == last));
        }
        // Whoever asks for the beginning is told of it too.
        let watch = Watch::open(&client, b"opened/", with(ETCD_WATCH_CREATED_NOTIFY)).unwrap();
        let told = watch.told();
        assert_eq!(told.kind, ETCD_WATCH_RESPONSE_CREATED);
        assert!(told.revision >= last);
        last = put(&client, "opened/a", "2");
        assert_eq!(watch.told().revision, last);
    });
}

#[test]
fn a_member_that_hangs_delays_no_opening() {
    let test = "a_member_that_hangs_delays_no_opening";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let client = Client::open(&cluster.endpoints());
    for member in 0..3 {
        put(&client, "hang", "");
        cluster.stop(member);
        let began = Instant::now();
        let watch = Watch::open(&client, b"hang", Default::default()).unwrap();
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        cluster.cont(member);
        within_10_s("a put", || client.put(b"hang", b"", DEFAULT).is_ok());
        assert_eq!(watch.told().changes(), [is("hang", "")]);
    }
}
