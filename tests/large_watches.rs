//! Watches of more than a client receives at once.

mod support;

use etcd::capi::options::*;
use etcd::capi::watch::*;
use etcd::status::*;
use support::backend::{on_all_at_once, on_versions_at_once};
use support::ffi::{self, *};
use support::server::Cluster;
use support::watch::*;

const MIB: usize = 1 << 20;

/// Some that receives a MiB at once, and of a watch no less than 4 MiB.
fn small(endpoints: &str) -> Client {
    let options = ffi::Options {
        max_receive_bytes: MIB as u32,
        max_send_bytes: 16 << 20,
        ..Default::default()
    };
    Client::with(endpoints, options).unwrap()
}

fn from(start: i64, flags: u32) -> WatchOptions<'static> {
    WatchOptions { start, flags: ETCD_PREFIX | flags, ..Default::default() }
}

#[test]
fn a_revision_over_the_receive_limit_comes_in_parts() {
    on_all_at_once("a_revision_over_the_receive_limit_comes_in_parts", &[], |backend| {
        let client = small(&backend.endpoints);
        let value = vec![b'v'; MIB];
        let keys: Vec<_> = (0..8).map(|i| format!("parts/{i}").into_bytes()).collect();
        for key in &keys {
            client.put(key, &value, DEFAULT).unwrap();
        }
        let other = Watch::open(&client, b"parts", Default::default()).unwrap();
        let live = Watch::open(&client, b"parts/", from(0, ETCD_PREV_KV)).unwrap();
        let deleted = client.delete(b"parts/", flags(ETCD_PREFIX)).unwrap().revision;
        client.put(b"parts/x", b"", DEFAULT).unwrap();
        client.put(b"parts", b"", DEFAULT).unwrap();
        let history = Watch::open(&client, b"parts/", from(deleted, ETCD_PREV_KV)).unwrap();
        let merged = from(deleted, ETCD_PREV_KV | ETCD_WATCH_MERGE);
        let merged = Watch::open(&client, b"parts/", merged).unwrap();
        for (i, watch) in [live, history, merged].iter().enumerate() {
            let mut seen = Vec::new();
            loop {
                let told = watch.told();
                // Whoever goes on from here gets the revision once more, whole.
                assert_eq!(told.revision, deleted - i64::from(told.more), "{i}");
                assert!(told.events.iter().all(|event| event.kv.mod_revision == deleted), "{i}");
                seen.extend(told.events.into_iter().map(|event| event.kv.key));
                if !told.more {
                    break;
                }
            }
            assert_eq!(seen, keys, "{i}");
            let next = watch.told();
            assert_eq!((next.revision, next.more), (deleted + 1, false), "{i}");
            assert_eq!(next.changes()[0].0, "parts/x", "{i}");
        }
        assert_eq!(other.told().revision, deleted + 2);
    });
}

#[test]
fn an_event_over_the_receive_limit_costs_no_other_watch() {
    on_versions_at_once("an_event_over_the_receive_limit_costs_no_other_watch", |version| {
        let cluster = Cluster::builder(version).args(["--max-request-bytes=16777216"]).start();
        let client = small(&cluster.endpoints());
        let (value, large) = (vec![b'v'; 3 * MIB], vec![b'v'; 5 * MIB]);
        let put = |key: &str, value| client.put(key.as_bytes(), value, DEFAULT).unwrap().revision;
        let other = Watch::open(&client, b"event", Default::default()).unwrap();
        let all = Watch::open(&client, b"event/", from(0, 0)).unwrap();
        let first = put("event/a", &value);
        // The reply to a range would be too large too.
        let one = put("event/b", &large);
        assert_eq!(client.delete(b"event/b", DEFAULT).unwrap().revision, one + 1);
        assert_eq!(all.told().revision, first);
        let end = all.next(20_000).unwrap_err();
        assert_eq!((end.status, end.revision), (ETCD_ERR_REPLY_TOO_LARGE, one), "{end:?}");
        let after = Watch::open(&client, b"event/b", from(end.revision + 1, 0)).unwrap();
        assert_eq!(after.told().changes(), [("event/b".to_owned(), None)]);
        client.delete(b"event/a", DEFAULT).unwrap();
        put("event/c", b"3");
        let resync = from(one, ETCD_WATCH_RESYNC);
        let resync = Watch::open(&client, b"event/", resync).unwrap();
        let keys = resync.told();
        assert_eq!(keys.kind, ETCD_WATCH_RESPONSE_SNAPSHOT);
        assert_eq!(keys.changes(), [("event/c".to_owned(), Some("3".to_owned()))]);
        let last = put("event/d", b"4");
        assert_eq!(resync.told().revision, last);
        let last = put("event", b"");
        assert_eq!(other.told().revision, last);
    });
}
