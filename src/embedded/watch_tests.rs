//! Watch streams from outside: what is asked, and what comes.

#![forbid(unsafe_code)]

use super::testing::*;
use super::{Engine, WatchStream};
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::*;
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Duration;

fn on(key: &str, end: &str, start_revision: i64) -> WatchCreateRequest {
    WatchCreateRequest {
        key: bytes(key),
        range_end: bytes(end),
        start_revision,
        ..Default::default()
    }
}

fn cancel(stream: &mut WatchStream, watch_id: i64) {
    let cancel = RequestUnion::CancelRequest(WatchCancelRequest { watch_id });
    stream.send(WatchRequest { request_union: Some(cancel) });
}

fn ask_progress(stream: &mut WatchStream) {
    let progress = RequestUnion::ProgressRequest(WatchProgressRequest {});
    stream.send(WatchRequest { request_union: Some(progress) });
}

/// All that is there now. A yield between two stretches of the log is not the end.
fn drain(stream: &mut WatchStream) -> Vec<WatchResponse> {
    let mut all = Vec::new();
    for _ in 0..100 {
        while let Some(response) = stream.next().now_or_never() {
            all.push(response);
        }
    }
    all
}

/// "2:a=1" for a put, "3:a" for a delete; then what was there before, if told.
fn told(event: &Event) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let kv = event.kv.as_ref().unwrap();
    let value = if event.r#type == 0 { format!("={}", text(&kv.value)) } else { String::new() };
    let before = event.prev_kv.as_ref().map(|kv| format!(" was {}", text(&kv.value)));
    format!("{}:{}{value}{}", kv.mod_revision, text(&kv.key), before.unwrap_or_default())
}

/// The events of one watch that are there now, which must be all that is there.
fn events(stream: &mut WatchStream) -> Vec<String> {
    let responses = drain(stream);
    assert!(responses.iter().all(|r| !r.events.is_empty() && !r.canceled && !r.created));
    responses.iter().flat_map(|response| &response.events).map(told).collect()
}

/// A stream with one watch, whose creation was answered.
fn watching(engine: &Arc<Engine>, request: WatchCreateRequest) -> WatchStream {
    let mut stream = WatchStream::open(engine);
    stream.send(watch(request));
    let created = stream.next().now_or_never().unwrap();
    assert!(created.created && !created.canceled);
    stream
}

/// Revisions 2 to 6: a=1, b=2, a=3, a deleted, {c=4 d=5}.
fn filled() -> Arc<Engine> {
    let engine = engine();
    engine.put(put("a", "1")).unwrap();
    engine.put(put("b", "2")).unwrap();
    engine.put(put("a", "3")).unwrap();
    engine.delete_range(delete("a", "")).unwrap();
    engine.txn(then(vec![put_op("c", "4"), put_op("d", "5")])).unwrap();
    engine
}

#[test]
fn a_watch_begins_where_it_is_told_to() {
    let now = ["7:a=6", "8:e=7"];
    let cases: [(WatchCreateRequest, &[&str]); 12] = [
        (on("a", "", 0), &["7:a=6"]),
        (on("a", "\0", 0), &now),
        (on("a", "\0", 7), &now),
        (on("a", "\0", 8), &["8:e=7"]),
        (on("a", "\0", 9), &[]),
        (on("a", "\0", i64::MAX), &[]),
        (on("a", "", 1), &["2:a=1", "4:a=3", "5:a", "7:a=6"]),
        (on("a", "", 4), &["4:a=3", "5:a", "7:a=6"]),
        (on("b", "d", 1), &["3:b=2", "6:c=4"]),
        (on("c", "\0", 6), &["6:c=4", "6:d=5", "8:e=7"]),
        (on("", "\0", 5), &["5:a", "6:c=4", "6:d=5", "7:a=6", "8:e=7"]),
        (on("", "", 1), &[]),
    ];
    for (request, expected) in cases {
        let engine = filled();
        let mut stream = watching(&engine, request.clone());
        let mut told = events(&mut stream);
        engine.put(put("a", "6")).unwrap();
        told.extend(events(&mut stream));
        engine.put(put("e", "7")).unwrap();
        told.extend(events(&mut stream));
        assert_eq!(told, expected, "{request:?}");
        // The same in one go.
        assert_eq!(
            events(&mut watching(&engine, request.clone())),
            match request.start_revision {
                0 => &[],
                _ => expected,
            }
        );
    }
}

#[test]
fn headers_say_how_far_it_is() {
    let engine = filled();
    let mut stream = WatchStream::open(&engine);
    stream.send(watch(on("b", "", 1)));
    let created = stream.next().now_or_never().unwrap();
    assert_eq!((revision(&created.header), created.watch_id), (6, 0));
    let response = stream.next().now_or_never().unwrap();
    assert_eq!((revision(&response.header), response.events.len()), (6, 1));
    engine.put(put("b", "")).unwrap();
    let response = stream.next().now_or_never().unwrap();
    assert_eq!(revision(&response.header), 7);
    assert_eq!(response.header.as_ref().unwrap().cluster_id, created.header.unwrap().cluster_id);
}

#[test]
fn filters_and_previous_values() {
    let all = WatchCreateRequest { prev_kv: true, ..on("a", "", 1) };
    let cases: [(&[i32], &[&str]); 5] = [
        (&[], &["2:a=1", "4:a=3 was 1", "5:a was 3", "7:a=6"]),
        (&[0], &["5:a was 3"]),
        (&[1], &["2:a=1", "4:a=3 was 1", "7:a=6"]),
        (&[0, 1], &[]),
        (&[9], &["2:a=1", "4:a=3 was 1", "5:a was 3", "7:a=6"]),
    ];
    for (filters, expected) in cases {
        let engine = filled();
        engine.put(put("a", "6")).unwrap();
        let request = WatchCreateRequest { filters: filters.to_vec(), ..all.clone() };
        assert_eq!(events(&mut watching(&engine, request)), expected, "{filters:?}");
    }
    // What was compacted away is not told.
    let engine = filled();
    engine.compact(compact(4)).unwrap();
    let request = WatchCreateRequest { start_revision: 4, ..all };
    assert_eq!(events(&mut watching(&engine, request)), ["4:a=3", "5:a was 3"]);
}

#[test]
fn refused_watches() {
    let mut stream = WatchStream::open(&filled());
    let with_id = |watch_id| WatchCreateRequest { watch_id, ..on("a", "", 0) };
    let compacted = "etcdserver: mvcc: required revision has been compacted";
    let duplicate = "mvcc: duplicate watch ID provided on the WatchStream";
    let empty = "mvcc: watcher range is empty";
    // In this order on one stream: the id or the reason.
    let cases = [
        (on("a", "", 0), Ok(0)),
        (with_id(1), Ok(1)),
        (with_id(1), Err(duplicate)),
        (on("a", "", 0), Ok(2)),
        (on("a", "", -1), Err(compacted)),
        (on("a", "", i64::MIN), Err(compacted)),
        (on("b", "a", 0), Err(empty)),
        (on("b", "b", 0), Err(empty)),
        (with_id(-4), Ok(-4)),
        (on("", "\0", 0), Ok(3)),
    ];
    for (request, expected) in cases {
        stream.send(watch(request.clone()));
        let response = stream.next().now_or_never().unwrap();
        assert!(response.created && response.canceled == expected.is_err(), "{request:?}");
        assert_eq!(response.watch_id, expected.unwrap_or(-1), "{request:?}");
        assert_eq!(response.cancel_reason, expected.err().unwrap_or_default(), "{request:?}");
        assert_eq!(revision(&response.header), 6);
    }
    stream.send(WatchRequest { request_union: None });
    assert!(drain(&mut stream).is_empty());
}

#[test]
fn a_cancelled_watch_is_silent_and_its_id_is_free() {
    let engine = filled();
    let mut stream = watching(&engine, on("a", "", 0));
    engine.put(put("a", "")).unwrap();
    cancel(&mut stream, 0);
    cancel(&mut stream, 0);
    cancel(&mut stream, 5);
    let responses = drain(&mut stream);
    assert_eq!(responses.len(), 1);
    assert!(responses[0].canceled && responses[0].watch_id == 0 && !responses[0].created);
    assert_eq!((responses[0].compact_revision, revision(&responses[0].header)), (0, 7));
    stream.send(watch(WatchCreateRequest { watch_id: 9, ..on("a", "", 0) }));
    cancel(&mut stream, 9);
    stream.send(watch(WatchCreateRequest { watch_id: 9, ..on("a", "", 0) }));
    let flags: Vec<_> = drain(&mut stream).iter().map(|r| (r.created, r.canceled)).collect();
    assert_eq!(flags, [(true, false), (false, true), (true, false)]);
}

#[test]
fn compaction_ends_the_watches_it_overtakes_once() {
    let engine = filled();
    let mut stream = WatchStream::open(&engine);
    for start in [1, 4, 5, 0] {
        stream.send(watch(on("a", "\0", start)));
    }
    engine.compact(compact(5)).unwrap();
    engine.put(put("z", "")).unwrap();
    let responses = drain(&mut stream);
    let ended: Vec<_> = responses.iter().filter(|r| r.canceled).collect();
    assert_eq!(
        ended.iter().map(|r| (r.watch_id, r.compact_revision)).collect::<Vec<_>>(),
        [(0, 5), (1, 5)]
    );
    assert!(ended.iter().all(|r| r.events.is_empty() && r.cancel_reason.is_empty()));
    let of = |id| {
        let responses = responses.iter().filter(move |r| r.watch_id == id);
        responses.flat_map(|r| &r.events).map(told).collect::<Vec<_>>()
    };
    assert_eq!([of(0), of(1)], [vec![] as Vec<String>, vec![]]);
    assert_eq!(of(2), ["5:a", "6:c=4", "6:d=5", "7:z="]);
    assert_eq!(of(3), ["7:z="]);
    engine.compact(compact(7)).unwrap();
    assert!(drain(&mut stream).is_empty());
}

#[test]
fn progress_is_told_when_there_is_nothing_before_it() {
    let engine = filled();
    let mut stream = WatchStream::open(&engine);
    ask_progress(&mut stream);
    assert!(drain(&mut stream).is_empty());
    stream.send(watch(on("a", "", 1)));
    stream.send(watch(on("b", "", 99)));
    ask_progress(&mut stream);
    ask_progress(&mut stream);
    engine.put(put("a", "6")).unwrap();
    let responses = drain(&mut stream);
    let last = responses.last().unwrap();
    assert_eq!(responses.iter().filter(|r| r.watch_id == -1).count(), 1);
    assert_eq!((last.watch_id, revision(&last.header)), (-1, 7));
    assert!(last.events.is_empty() && !last.created && !last.canceled);
    assert_eq!(responses.iter().map(|r| r.events.len()).sum::<usize>(), 4);
}

#[test]
fn idle_watches_that_asked_are_told_the_progress_in_time() {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(async {
        let engine = filled();
        let mut stream = WatchStream::open(&engine);
        stream.send(watch(WatchCreateRequest { progress_notify: true, ..on("a", "", 0) }));
        stream.send(watch(WatchCreateRequest { progress_notify: true, ..on("b", "", 0) }));
        stream.send(watch(on("c", "", 0)));
        drain(&mut stream);
        engine.put(put("a", "")).unwrap();
        assert_eq!(events(&mut stream).len(), 1);
        engine.clock().advance(Duration::from_secs(599));
        assert!(drain(&mut stream).is_empty());
        for expected in [&[1][..], &[0, 1]] {
            engine.clock().advance(Duration::from_secs(601));
            let responses = drain(&mut stream);
            assert_eq!(responses.iter().map(|r| r.watch_id).collect::<Vec<_>>(), expected);
            assert!(responses.iter().all(|r| r.events.is_empty() && revision(&r.header) == 7));
        }
    });
}

#[test]
fn large_revisions_come_in_one_piece_or_in_fragments() {
    let engine = engine();
    let large = "v".repeat(700_000);
    let ops =
        || vec![put_op("a", &large), put_op("b", &large), put_op("c", &large), put_op("d", "")];
    engine.txn(then(ops())).unwrap();
    for i in 0..1000 {
        engine.put(put(&format!("k{i}"), "")).unwrap();
    }
    engine.delete_range(delete("k", "l")).unwrap();
    for fragment in [false, true] {
        let mut stream = watching(&engine, WatchCreateRequest { fragment, ..on("a", "\0", 1) });
        let responses = drain(&mut stream);
        let mut whole = true;
        let mut before = 0;
        let mut count = 0;
        for response in &responses {
            for event in &response.events {
                let at = event.kv.as_ref().unwrap().mod_revision;
                // A revision begins in another response only where the one before was a fragment.
                assert!(at > before || (at == before && (count > 0 || !whole)));
                before = at;
                count += 1;
            }
            whole = !response.fragment;
            if whole {
                count = 0;
            }
        }
        assert!(whole);
        assert_eq!(responses.iter().any(|r| r.fragment), fragment);
        assert_eq!(responses.iter().map(|r| r.events.len()).sum::<usize>(), 2004);
        assert!(responses.last().unwrap().events.len() >= 1000);
    }
}

#[test]
fn a_lease_that_ends_is_seen_when_it_does() {
    let engine = engine();
    engine.lease_grant(LeaseGrantRequest { ttl: 5, id: 1 }).unwrap();
    engine.put(PutRequest { lease: 1, ..put("b", "") }).unwrap();
    engine.put(PutRequest { lease: 1, ..put("a", "") }).unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(async {
        let mut stream = watching(&engine, on("a", "\0", 0));
        let runner = tokio::spawn({
            let engine = engine.clone();
            async move { engine.run_leases().await }
        });
        let clock = engine.clock().clone();
        let test = async {
            tokio::task::yield_now().await;
            clock.advance(Duration::from_secs(5));
            stream.next().await
        };
        let response = test.await;
        assert_eq!(response.events.iter().map(told).collect::<Vec<_>>(), ["4:a", "4:b"]);
        runner.abort();
    });
}

#[test]
fn a_dropped_next_loses_nothing_and_a_waiting_one_is_woken() {
    let engine = engine();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    tokio.block_on(async {
        let mut stream = watching(&engine, on("a", "", 0));
        let writer = std::thread::spawn({
            let engine = engine.clone();
            move || {
                for n in 0..2000 {
                    engine.put(put("a", &n.to_string())).unwrap();
                }
            }
        });
        let mut next = 0;
        while next < 2000 {
            // Given up at once, half of the time.
            let response = match next % 2 {
                0 => stream.next().now_or_never(),
                _ => tokio::time::timeout(Duration::from_secs(10), stream.next()).await.ok(),
            };
            let Some(response) = response else {
                tokio::task::yield_now().await;
                if next % 2 == 1 {
                    panic!("nobody woke the watch");
                }
                continue;
            };
            for event in response.events {
                assert_eq!(told(&event), format!("{}:a={next}", next + 2));
                next += 1;
            }
        }
        writer.join().unwrap();
    });
}

/// Watches of many kinds and positions on one stream. Each gets what a look through
/// all changes finds for it.
#[test]
fn each_of_many_watches_gets_its_own() {
    let given = std::env::var("LIBETCD_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("LIBETCD_SEED={seed}");
    let mut chance = fastrand::Rng::with_seed(seed);
    for _ in 0..200 {
        let engine = engine();
        // Revision, key, and whether it is a put.
        let mut changes: Vec<(i64, String, bool)> = Vec::new();
        let mut stream = WatchStream::open(&engine);
        let mut requests: Vec<WatchCreateRequest> = Vec::new();
        let mut begun: Vec<i64> = Vec::new();
        let mut responses = Vec::new();
        let (mut current, mut compacted) = (1, -1);
        let key = |chance: &mut fastrand::Rng| {
            chance.choice(["a", "b", "aa", "ab", "abc", "b", "ba", "c"]).unwrap().to_string()
        };
        for _ in 0..150 {
            match chance.u8(..12) {
                0..5 => {
                    let key = key(&mut chance);
                    engine.put(put(&key, "")).unwrap();
                    current += 1;
                    changes.push((current, key, true));
                }
                5 => {
                    let key = key(&mut chance);
                    if engine.delete_range(delete(&key, "")).unwrap().deleted == 1 {
                        current += 1;
                        changes.push((current, key, false));
                    }
                }
                6..9 => {
                    let spans = [
                        ("a", ""),
                        ("ab", ""),
                        ("a", "b"),
                        ("ab", "ac"),
                        ("b", "\0"),
                        ("aa", "ba"),
                    ];
                    let (key, end) = chance.choice(spans).unwrap();
                    let start = [0, chance.i64(1..current + 9)][chance.usize(..2)];
                    let filters = [vec![], vec![], vec![0], vec![1]][chance.usize(..4)].clone();
                    let watch_id = requests.len() as i64 + 1;
                    let request = WatchCreateRequest { watch_id, filters, ..on(key, end, start) };
                    stream.send(watch(request.clone()));
                    requests.push(request);
                    begun.push(if start == 0 { current + 1 } else { start });
                }
                9 => cancel(&mut stream, chance.i64(0..8)),
                10 if chance.u8(..8) == 0 && current > compacted => {
                    compacted = chance.i64(compacted.max(1)..=current).max(compacted + 1);
                    engine.compact(compact(compacted)).unwrap();
                }
                _ => {
                    responses.extend((0..chance.u8(..6)).flat_map(|_| stream.next().now_or_never()))
                }
            }
        }
        responses.extend(drain(&mut stream));
        for (request, begun) in requests.iter().zip(begun) {
            let all = changes.iter().filter(|(revision, key, is_put)| {
                let within = match &request.range_end[..] {
                    [] => request.key == key,
                    [0] => key.as_bytes() >= &request.key[..],
                    end => key.as_bytes() >= &request.key[..] && key.as_bytes() < end,
                };
                within && *revision >= begun && !request.filters.contains(&i32::from(!is_put))
            });
            let all: Vec<_> = all.map(|(revision, key, _)| (*revision, key.as_bytes())).collect();
            let ours = || responses.iter().filter(|r| r.watch_id == request.watch_id);
            let got = ours().flat_map(|response| &response.events);
            let got: Vec<_> = got
                .map(|event| event.kv.as_ref().unwrap())
                .map(|kv| (kv.mod_revision, &kv.key[..]))
                .collect();
            let ends: Vec<_> = ours().filter(|r| r.canceled).collect();
            assert_eq!(got, all[..got.len().min(all.len())], "{request:?}");
            match ends[..] {
                [] => assert_eq!(got.len(), all.len(), "{request:?}"),
                [end] if end.compact_revision > 0 => {
                    let last = got.last().map_or(begun, |(revision, _)| *revision);
                    assert!(last < end.compact_revision, "{request:?}");
                }
                [_] => {}
                _ => panic!("it ended twice: {request:?}"),
            }
        }
    }
}
