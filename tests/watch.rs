//! Watches: on every backend.

mod support;

use etcd::capi::options::*;
use etcd::capi::watch::*;
use etcd::status::*;
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::backend::{on_all_at_once, Backend};
use support::ffi::{self, *};
use support::inside::within_10_s;
use support::process::http_get;
use support::proxy::{Fault, Proxy};
use support::server::{newest_or_skip, Cluster};
use support::watch::*;

fn from(start: i64) -> WatchOptions<'static> {
    WatchOptions { start, ..PREFIX }
}

fn delete(client: &Client, prefix: &str) -> i64 {
    client.delete(prefix.as_bytes(), flags(ETCD_PREFIX)).unwrap().revision
}

#[test]
fn what_happens_is_told() {
    on_all_at_once("what_happens_is_told", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        put(&client, "told/a", "0");
        let watch = Watch::open(&client, b"told/", with(ETCD_PREV_KV)).unwrap();
        let first = put(&client, "told/a", "1");
        let told = watch.told();
        assert_eq!(
            (told.kind, told.revision, told.more),
            (ETCD_WATCH_RESPONSE_EVENTS, first, false)
        );
        assert_eq!(told.changes(), [is("told/a", "1")]);
        let change = &told.events[0];
        assert_eq!((change.kv.mod_revision, change.kv.version), (first, 2));
        assert_eq!(change.prev_kv.as_ref().unwrap().value, b"0");
        put(&client, "told/b", "2");
        let told = watch.told();
        assert_eq!(told.events[0].prev_kv, None);
        assert_eq!(told.events[0].kv.create_revision, told.revision);
        // Several keys in one revision come together.
        let last = delete(&client, "told/");
        let told = watch.told();
        assert_eq!((told.revision, told.changes()), (last, vec![gone("told/a"), gone("told/b")]));
        assert_eq!(told.events[1].kv.mod_revision, last);
        assert_eq!(told.events[1].prev_kv.as_ref().unwrap().value, b"2");
        put(&client, "tolc", "before");
        put(&client, "told0", "after");
        assert_eq!(watch.next(200), Ok(None));
        assert_eq!(watch.next(0), Ok(None));
    });
}

#[test]
fn keys_ranges_and_filters() {
    on_all_at_once("keys_ranges_and_filters", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let range = WatchOptions { range_end: b"sel/c", ..Default::default() };
        let after = WatchOptions { flags: ETCD_FROM_KEY, ..Default::default() };
        let neither = with(ETCD_WATCH_NO_PUT | ETCD_WATCH_NO_DELETE);
        let watches = [
            ("one", Watch::open(&client, b"sel/b", Default::default()), "b b-"),
            ("range", Watch::open(&client, b"sel/a", range), "a b b-"),
            ("prefix", Watch::open(&client, b"sel/", PREFIX), "a b c b-"),
            ("no puts", Watch::open(&client, b"sel/", with(ETCD_WATCH_NO_PUT)), "b-"),
            ("no deletes", Watch::open(&client, b"sel/", with(ETCD_WATCH_NO_DELETE)), "a b c"),
            ("neither", Watch::open(&client, b"sel/", neither), ""),
        ];
        // Other tests' keys come here too.
        let all = Watch::open(&client, b"sel/b", after).unwrap();
        for key in ["sel/a", "sel/b", "sel/c"] {
            put(&client, key, "v");
        }
        client.delete(b"sel/b", DEFAULT).unwrap();
        for (name, watch, expected) in watches {
            let watch = watch.unwrap();
            for expected in expected.split_whitespace() {
                let told = watch.told();
                let expected = format!("sel/{expected}");
                assert_eq!(told.events.len(), 1, "{name}");
                assert_eq!(told.events[0].deleted, expected.ends_with('-'), "{name}");
                let key = expected.trim_end_matches('-').as_bytes();
                assert_eq!(told.events[0].kv.key, key, "{name}");
            }
            assert_eq!(watch.next(50), Ok(None), "{name}");
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let told = all.told().events.into_iter().map(|it| it.kv.key);
            seen.extend(told.filter(|key| key.starts_with(b"sel/")));
        }
        assert_eq!(seen, [b"sel/b", b"sel/c", b"sel/b"]);
    });
}

#[test]
fn the_past_and_the_future() {
    on_all_at_once("the_past_and_the_future", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let first = put(&client, "time/a", "1");
        put(&client, "time/b", "2");
        delete(&client, "time/");
        let past = Watch::open(&client, b"time/", from(first)).unwrap();
        assert_eq!(past.told().changes(), [is("time/a", "1")]);
        assert_eq!(past.told().changes(), [is("time/b", "2")]);
        assert_eq!(past.told().changes(), [gone("time/a"), gone("time/b")]);
        let merged = WatchOptions { flags: ETCD_PREFIX | ETCD_WATCH_MERGE, ..from(first) };
        let merged = Watch::open(&client, b"time/", merged).unwrap();
        let mut changes = Vec::new();
        while changes.len() < 4 {
            let told = merged.told();
            assert_eq!(told.events.last().unwrap().kv.mod_revision, told.revision);
            changes.extend(told.changes());
        }
        assert_eq!(changes[2..], [gone("time/a"), gone("time/b")]);
        // What is to come: nothing before it is told.
        let now = put(&client, "time/now", "0");
        if backend.cluster.is_none() || newest(backend) {
            let future = Watch::open(&client, b"time/", from(now + 1_000_000)).unwrap();
            put(&client, "time/too-early", "1");
            assert_eq!(future.next(200), Ok(None));
        }
    });
}

/// Servers before 3.4.38 and 3.6.2 send such a watch what is too early for it,
/// which is left out; and nothing later, if it is the first on a stream.
fn newest(backend: &Backend) -> bool {
    backend.name.starts_with("etcd 3.7")
}

#[test]
fn through_a_queue() {
    on_all_at_once("through_a_queue", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let queue = Queue::new();
        let one = Watch::on(&queue, &client, b"queue/a", Default::default(), 1).unwrap();
        let both = Watch::on(&queue, &client, b"queue/", PREFIX, 2).unwrap();
        begun(&queue, 2);
        let refused = one.next(0).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_INVALID_ARGUMENT);
        for i in 0..50 {
            put(&client, "queue/a", &i.to_string());
        }
        let mut told = [0, 0];
        while told != [50, 50] {
            let (tag, response) = next_of(&queue, 10_000).expect("an event within 10 s");
            let value = response.unwrap().events[0].kv.value.clone();
            assert_eq!(value, told[tag - 1].to_string().as_bytes());
            told[tag - 1] += 1;
        }
        drop(one);
        put(&client, "queue/a", "last");
        let (tag, response) = next_of(&queue, 10_000).unwrap();
        assert_eq!((tag, response.unwrap().changes()), (2, vec![is("queue/a", "last")]));
        assert!(next_of(&queue, 100).is_none());
        // The end of the client is the last word, and the only one.
        drop(client);
        let (tag, response) = next_of(&queue, 10_000).unwrap();
        assert_eq!((tag, response.unwrap_err().status), (2, ETCD_ERR_CLOSED));
        assert!(next_of(&queue, 100).is_none());
        drop(both);
    });
}

#[test]
fn what_is_compacted_away() {
    on_all_at_once("what_is_compacted_away", &[], |backend| {
        // Nobody else's keys may be lost.
        let own;
        let endpoints = match backend.cluster {
            None => "mem:watch-compacted".to_owned(),
            Some(cluster) => {
                own = Cluster::builder(cluster.version()).start();
                own.endpoints()
            }
        };
        let client = Client::open(&endpoints);
        let first = put(&client, "gone/a", "1");
        put(&client, "gone/b", "2");
        delete(&client, "gone/b");
        // Not a deletion: etcd before 3.4.36 may forget one that history begins with.
        let kept = put(&client, "gone/c", "3");
        client.compact(kept, DEFAULT).unwrap();
        let watch = Watch::open(&client, b"gone/", from(first)).unwrap();
        assert_eq!(watch.compacted(), kept);
        // It is final, and told as often as anybody asks.
        assert_eq!(watch.compacted(), kept);
        let watch = Watch::open(&client, b"gone/", from(kept)).unwrap();
        assert_eq!(watch.told().changes(), [is("gone/c", "3")]);
        let queue = Queue::new();
        let _watch = Watch::on(&queue, &client, b"gone/", from(first), 7).unwrap();
        begun(&queue, 1);
        let (tag, end) = next_of(&queue, 10_000).unwrap();
        assert_eq!((tag, end.unwrap_err().status), (7, ETCD_ERR_COMPACTED));
        assert!(next_of(&queue, 100).is_none());
        // One that goes on with what is there.
        let resync = WatchOptions { flags: ETCD_PREFIX | ETCD_WATCH_RESYNC, ..from(first) };
        let watch = Watch::open(&client, b"gone/", resync).unwrap();
        let told = watch.told();
        assert_eq!((told.kind, told.more), (ETCD_WATCH_RESPONSE_SNAPSHOT, false));
        assert_eq!(told.changes(), [is("gone/a", "1"), is("gone/c", "3")]);
        assert!(told.revision >= kept);
        put(&client, "gone/d", "4");
        let told = watch.told();
        assert_eq!(
            (told.kind, told.changes()),
            (ETCD_WATCH_RESPONSE_EVENTS, vec![is("gone/d", "4")])
        );
        // Of nothing, too; and of more than one page.
        let watch = Watch::open(&client, b"gone/none/", resync).unwrap();
        let told = watch.told();
        assert_eq!(
            (told.kind, told.events.len(), told.more),
            (ETCD_WATCH_RESPONSE_SNAPSHOT, 0, false)
        );
        for i in 0..2500 {
            put(&client, &format!("gone/many/{i:04}"), "");
        }
        let watch = Watch::open(&client, b"gone/many/", resync).unwrap();
        let mut keys = Vec::new();
        loop {
            let told = watch.told();
            assert_eq!(told.kind, ETCD_WATCH_RESPONSE_SNAPSHOT);
            keys.extend(told.events.into_iter().map(|it| it.kv.key));
            if !told.more {
                break;
            }
        }
        let all: Vec<_> = (0..2500).map(|i| format!("gone/many/{i:04}").into_bytes()).collect();
        assert_eq!(keys, all);
        let last = put(&client, "gone/many/x", "5");
        assert_eq!(watch.told().revision, last);
    });
}

#[test]
fn refusals() {
    on_all_at_once("refusals", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        for (key, options, status, word) in [
            ("", WatchOptions::default(), ETCD_ERR_EMPTY_KEY, "key"),
            ("k", from(-1), ETCD_ERR_INVALID_ARGUMENT, "start_revision"),
            ("k", with(ETCD_FROM_KEY), ETCD_ERR_INVALID_ARGUMENT, "ETCD_FROM_KEY"),
            ("k", with(ETCD_SERIALIZABLE), ETCD_ERR_UNSUPPORTED, "flags"),
            (
                "k",
                WatchOptions { range_end: b"j", ..Default::default() },
                ETCD_ERR_INVALID_ARGUMENT,
                "range_end",
            ),
        ] {
            let refused = Watch::open(&client, key.as_bytes(), options).err().unwrap();
            assert_eq!(refused.status, status, "{refused:?}");
            assert!(refused.message.contains(word), "{refused:?}");
        }
        let nobody = Client::open("127.0.0.1:1");
        let options = WatchOptions { timeout_ms: 200, ..PREFIX };
        let refused = Watch::open(&nobody, b"k", options).err().unwrap();
        assert_eq!(refused.status, ETCD_ERR_UNAVAILABLE);
        let silent = Watch::open(&nobody, b"k", with(ETCD_WATCH_NO_WAIT)).unwrap();
        assert_eq!(silent.next(100), Ok(None));
    });
}

#[test]
fn a_reader_that_stops_holds_up_nobody() {
    on_all_at_once("a_reader_that_stops_holds_up_nobody", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let small = WatchOptions { max_bytes: 10_000, ..PREFIX };
        let slow = Watch::open(&client, b"slow/", small).unwrap();
        let other = Watch::open(&client, b"slow/", PREFIX).unwrap();
        let value = "v".repeat(1000);
        for i in 0..300 {
            put(&client, &format!("slow/{i:03}"), &value);
            assert_eq!(other.told().events[0].kv.key, format!("slow/{i:03}").as_bytes());
        }
        // It was told only so much, and the rest is still to be had.
        for i in 0..300 {
            assert_eq!(slow.told().events[0].kv.key, format!("slow/{i:03}").as_bytes());
        }
        put(&client, "slow/x", "");
        assert_eq!(slow.told().events[0].kv.key, b"slow/x");
    });
}

#[test]
fn a_large_answer_costs_nobody_his_watch() {
    on_all_at_once("a_large_answer_costs_nobody_his_watch", &[], |backend| {
        let options = ffi::Options { max_receive_bytes: 1 << 20, ..Default::default() };
        let client = Client::with(&backend.endpoints, options).unwrap();
        let value = "v".repeat(5000);
        let first = put(&client, "large/0000", &value);
        for i in 1..1500 {
            put(&client, &format!("large/{i:04}"), &value);
        }
        let idle = Watch::open(&client, b"large/x", Default::default()).unwrap();
        for _ in 0..2 {
            let all = Watch::open(&client, b"large/", from(first)).unwrap();
            for i in 0..1500 {
                assert_eq!(all.told().events[0].kv.key, format!("large/{i:04}").as_bytes());
            }
        }
        assert_eq!(idle.next(0), Ok(None));
        client.put(b"large/x", b"", DEFAULT).unwrap();
        assert_eq!(idle.told().changes(), [is("large/x", "")]);
        client.delete(b"large/", flags(ETCD_PREFIX)).unwrap();
    });
}

#[test]
fn closing_from_anywhere() {
    on_all_at_once("closing_from_anywhere", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let waiting = Watch::open(&client, b"close/", PREFIX).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| waiting.next(-1));
            sleep(Duration::from_millis(100));
            unsafe { etcd_watch_close(waiting.0) };
            let ended = reader.join().unwrap().unwrap_err();
            assert_eq!(ended.status, ETCD_ERR_BAD_HANDLE);
        });
        // Opened and closed in every state, while others go on.
        let witness = Watch::open(&client, b"close/w", PREFIX).unwrap();
        for i in 0..200 {
            let options = with(ETCD_WATCH_NO_WAIT);
            let short = Watch::open(&client, b"close/", options).unwrap();
            if i % 3 > 0 {
                put(&client, "close/w", &i.to_string());
            }
            if i % 3 > 1 {
                let _ = short.next(20);
            }
        }
        for i in (0..200).filter(|i| i % 3 > 0) {
            assert_eq!(witness.told().changes(), [is("close/w", &i.to_string())]);
        }
        let last = Watch::open(&client, b"close/", PREFIX).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| last.next(-1));
            sleep(Duration::from_millis(100));
            drop(client);
            assert_eq!(reader.join().unwrap().unwrap_err().status, ETCD_ERR_CLOSED);
        });
    });
}

#[test]
fn the_client_is_closed_at_once() {
    on_all_at_once("the_client_is_closed_at_once", &[], |backend| {
        let (_other, queue) = (Client::open(&backend.endpoints), Queue::new());
        for _ in 0..200 {
            let client = Client::open(&backend.endpoints);
            let options = WatchOptions { start: 1_000_000_000, ..PREFIX };
            let pulled = Watch::open(&client, b"closed/", options).unwrap();
            let _queued = Watch::on(&queue, &client, b"closed/", options, 5).unwrap();
            drop(client);
            assert_eq!(pulled.next(10_000).unwrap_err().status, ETCD_ERR_CLOSED);
            let told = || next_of(&queue, 10_000).expect("an end within 10 s").1;
            // It may have begun.
            let ended = told().and_then(|_| told());
            assert_eq!(ended.unwrap_err().status, ETCD_ERR_CLOSED);
        }
    });
}

/// The number in a line of a member's metrics.
fn metric(cluster: &Cluster, member: usize, name: &str) -> f64 {
    let text = http_get(cluster.health_port(member), "/metrics", Duration::from_secs(5)).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.filter_map(|number| number.parse::<f64>().ok()).sum()
}

#[test]
fn a_thousand_watches_on_one_stream() {
    let Some(version) = newest_or_skip("a_thousand_watches_on_one_stream") else { return };
    let cluster = Cluster::builder(&version).start();
    let client = Client::open(&cluster.endpoints());
    let queue = Queue::new();
    let options = WatchOptions { start: put(&client, "many/", "") + 1, ..Default::default() };
    let watches: Vec<_> = (0..1000)
        .map(|i| {
            let key = format!("many/{i:03}");
            Watch::on(&queue, &client, key.as_bytes(), options, i).unwrap()
        })
        .collect();
    let on_server = |name: &str| metric(&cluster, 0, &format!("etcd_debugging_mvcc_{name}"));
    within_10_s("1,000 watchers", || on_server("watcher_total") == 1000.0);
    assert!(on_server("watch_stream_total") <= 2.0);
    begun(&queue, 1000);
    for i in 0..1000 {
        put(&client, &format!("many/{i:03}"), &i.to_string());
    }
    let mut seen = [0; 1000];
    for _ in 0..1000 {
        let (tag, told) = next_of(&queue, 10_000).unwrap();
        assert_eq!(told.unwrap().changes(), [is(&format!("many/{tag:03}"), &tag.to_string())]);
        seen[tag] += 1;
    }
    assert_eq!(seen, [1; 1000]);
    assert!(next_of(&queue, 0).is_none());
    let begun = Instant::now();
    drop(watches);
    assert!(begun.elapsed() < Duration::from_secs(1));
    within_10_s("no watcher", || on_server("watcher_total") == 0.0);
    within_10_s("no stream", || on_server("watch_stream_total") == 0.0);
}

#[test]
fn a_thousand_watches_survive_a_rolling_restart() {
    let test = "a_thousand_watches_survive_a_rolling_restart";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let client = Client::open(&cluster.endpoints());
    let queue = Queue::new();
    let start = put(&client, "roll/", "") + 1;
    let options = WatchOptions { start, ..Default::default() };
    let watches: Vec<_> = (0..1000)
        .map(|i| {
            let key = format!("roll/{:03}", i % 100);
            Watch::on(&queue, &client, key.as_bytes(), options, i).unwrap()
        })
        .collect();
    begun(&queue, 1000);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..20 {
                for i in 0..100 {
                    let (key, value) = (format!("roll/{i:03}"), round.to_string());
                    // A write that is in doubt is looked for, and made if it is not there.
                    while let Err(error) =
                        client.put(key.as_bytes(), value.as_bytes(), timeout(10_000))
                    {
                        sleep(Duration::from_secs(1));
                        let there = client.value(key.as_bytes()).ok().flatten();
                        if error.maybe_applied && there.as_deref() == Some(value.as_bytes()) {
                            break;
                        }
                    }
                }
                sleep(Duration::from_millis(200));
            }
        });
        for member in 0..3 {
            cluster.terminate(member);
            sleep(Duration::from_millis(500));
            cluster.restart(member);
        }
        let mut rounds = [0; 1000];
        let begun = Instant::now();
        while rounds != [20; 1000] {
            assert!(begun.elapsed() < Duration::from_secs(120), "{rounds:?}");
            let Some((tag, told)) = next_of(&queue, 1000) else { continue };
            for change in told.unwrap().events {
                assert_eq!(change.kv.value, rounds[tag].to_string().as_bytes(), "watch {tag}");
                rounds[tag] += 1;
            }
        }
        writer.join().unwrap();
    });
    assert!(next_of(&queue, 500).is_none());
    drop(watches);
}

#[test]
fn every_event_once_whatever_the_connection_does() {
    let test = "every_event_once_whatever_the_connection_does";
    on_all_at_once(test, &[], |backend| {
        let Some(cluster) = backend.cluster else { return };
        let proxy = Proxy::to_port(cluster.port(0), 11);
        let writer = Client::open(&backend.endpoints);
        let client = Client::open(&proxy.endpoint());
        let start = put(&writer, "cut/", "") + 1;
        let watches: Vec<_> =
            (0..20).map(|_| Watch::open(&client, b"cut/", from(start)).unwrap()).collect();
        let count = 10 * support::scaled(100);
        for i in 0..count {
            put(&writer, &format!("cut/{}", i % 7), &i.to_string());
            match i % 20 {
                5 => proxy.once(Fault::Cut),
                10 => proxy.once(Fault::Reset),
                15 => {
                    proxy.once(Fault::CutAfter(support::proxy::Dir::ToClient, i as u64 * 7 % 900))
                }
                _ => {}
            }
            sleep(Duration::from_millis(5));
        }
        for watch in &watches {
            for i in 0..count {
                assert_eq!(watch.told().changes(), [is(&format!("cut/{}", i % 7), &i.to_string())]);
            }
            assert_eq!(watch.next(0), Ok(None));
        }
    });
}

#[test]
fn with_passwords_and_tokens_that_expire() {
    let test = "with_passwords_and_tokens_that_expire";
    for version in support::server::versions_or_skip(test) {
        let cluster = Cluster::builder(&version).password("root", "secret").token_ttl(2).start();
        let options = ffi::Options { user: "root", password: "secret", ..Default::default() };
        let client = Client::with(&cluster.endpoints(), options).unwrap();
        let old = Watch::open(&client, b"token/", PREFIX).unwrap();
        for i in 0..3 {
            sleep(Duration::from_millis(3500));
            let new = Watch::open(&client, b"token/", PREFIX).unwrap();
            put(&client, "token/a", &i.to_string());
            for watch in [&old, &new] {
                assert_eq!(watch.told().changes(), [is("token/a", &i.to_string())]);
            }
        }
        // Who may not is told so, and nobody else.
        cluster.etcdctl_ok(&["user", "add", "poor:pw"]);
        let options = ffi::Options { user: "poor", password: "pw", ..Default::default() };
        let poor = Client::with(&cluster.endpoints(), options).unwrap();
        let denied = Watch::open(&poor, b"token/", from(1)).unwrap();
        assert_eq!(denied.next(10_000).unwrap_err().status, ETCD_ERR_PERMISSION_DENIED);
        let denied = Watch::open(&poor, b"token/", PREFIX).err().unwrap();
        assert_eq!(denied.status, ETCD_ERR_PERMISSION_DENIED);
        cluster.restart(0);
        put(&client, "token/a", "restarted");
        assert_eq!(old.told().changes(), [is("token/a", "restarted")]);
    }
}
