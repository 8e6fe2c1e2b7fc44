//! How far watches say that they are: on every backend.

mod support;

use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::watch::*;
use std::thread::sleep;
use std::time::Duration;
use support::backend::on_all_at_once;
use support::ffi::*;
use support::scaled;
use support::server::Cluster;
use support::watch::*;

const PREFIX: WatchOptions<'static> =
    WatchOptions { range_end: &[], start: 0, flags: ETCD_PREFIX, max_bytes: 0, timeout_ms: 0 };

fn put(client: &Client, key: &str) -> i64 {
    client.put(key.as_bytes(), b"1", DEFAULT).unwrap().revision
}

#[test]
fn notices() {
    on_all_at_once("notices", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let flags = ETCD_PREFIX | ETCD_WATCH_CREATED_NOTIFY | ETCD_WATCH_NO_WAIT;
        let watch = Watch::open(&client, b"notice/", WatchOptions { flags, ..PREFIX }).unwrap();
        let told = watch.told();
        assert_eq!((told.kind, told.events.len()), (ETCD_WATCH_RESPONSE_CREATED, 0));
        let first = put(&client, "notice/a");
        assert!(told.revision < first);
        let told = watch.told();
        assert_eq!((told.revision, told.events.len()), (first, 1));
        let last = put(&client, "another");
        watch.ask_for_progress();
        let progress = watch.next(3000).unwrap();
        match backend.name.starts_with("etcd 3.4") {
            // Of these it could not be believed.
            true => assert_eq!(progress, None),
            false => {
                let progress = progress.expect("a notice within 3 s");
                assert_eq!(progress.kind, ETCD_WATCH_RESPONSE_PROGRESS);
                assert!(progress.revision >= last);
            }
        }
        assert_eq!(watch.next(100), Ok(None));
    });
}

#[test]
fn where_nothing_happens() {
    on_all_at_once("where_nothing_happens", &[], |backend| {
        let own;
        let endpoints = match backend.cluster {
            None => "mem:progress".to_owned(),
            Some(cluster) => {
                own = Cluster::builder(cluster.version()).start();
                own.endpoints()
            }
        };
        let client = Client::open(&endpoints);
        let told = put(&client, "idle/a");
        let watch = |start| Watch::open(&client, b"idle/", WatchOptions { start, ..PREFIX });
        let (now, past) = (watch(0).unwrap(), watch(told).unwrap());
        assert_eq!(past.told().revision, told);
        // One that begins later keeps servers from saying anything of the others.
        let later = watch(told + 1_000_000).unwrap();
        for watch in [now, past, later] {
            watch.ask_for_progress();
            let progress = watch.told();
            assert_eq!((progress.kind, progress.revision), (ETCD_WATCH_RESPONSE_PROGRESS, told));
            assert_eq!(watch.next(50), Ok(None));
        }
    });
}

#[test]
fn that_of_others_costs_nobody_his_events() {
    on_all_at_once("that_of_others_costs_nobody_his_events", &[], |backend| {
        let first = put(&Client::open(&backend.endpoints), "others/a");
        let one_stream = || {
            let client = Client::open(&backend.endpoints);
            let from = WatchOptions { start: first, ..PREFIX };
            let other = Watch::open(&client, b"others/b", PREFIX).unwrap();
            put(&client, "others/c");
            for i in 0..scaled(1000) as u64 {
                // The server may answer, and tell of the new watch before it tells the answer.
                (0..5).for_each(|_| other.ask_for_progress());
                sleep(Duration::from_micros(i * 50 % 2000));
                let watch = Watch::open(&client, b"others/a", from).unwrap();
                assert_eq!(watch.told().revision, first);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(one_stream))));
    });
}
