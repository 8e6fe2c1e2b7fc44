//! Readers, writers, watchers and compactions at the same time.

#![forbid(unsafe_code)]

use super::testing::*;
use super::{Engine, WatchStream};
use crate::wire::proto::*;
use bytes::Bytes;
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

const KEYS: usize = 600;
const WRITES: i64 = 3000;

/// The state after each revision from 1 on, filled in before anybody can read it.
type History = RwLock<Vec<Arc<BTreeMap<String, String>>>>;

fn written(history: &History, engine: &Engine, chance: &mut Rng) -> i64 {
    let mut history = history.write().unwrap();
    let mut state = BTreeMap::clone(history.last().unwrap());
    let (key, end) =
        (format!("k{:03}", chance.usize(..KEYS)), format!("k{:03}", chance.usize(..KEYS)));
    let value = history.len().to_string();
    let header = match chance.u8(..8) {
        0 => {
            state.retain(|k, _| !(*k >= key && *k < end));
            engine.delete_range(delete(&key, &end)).unwrap().header
        }
        1 if key != end => {
            state.insert(key.clone(), value.clone());
            state.insert(end.clone(), value.clone());
            engine.txn(then(vec![put_op(&key, &value), put_op(&end, &value)])).unwrap().header
        }
        _ => {
            state.insert(key.clone(), value.clone());
            engine.put(put(&key, &value)).unwrap().header
        }
    };
    let now = revision(&header);
    if now as usize == history.len() + 1 {
        history.push(Arc::new(state));
    }
    now
}

#[test]
fn every_read_is_the_state_of_its_revision() {
    let engine = engine();
    let history: Arc<History> = Arc::new(RwLock::new(vec![Arc::default()]));
    let done = Arc::new(AtomicBool::new(false));
    let mut chance = Rng::with_seed(1);
    while history.read().unwrap().len() < KEYS {
        written(&history, &engine, &mut chance);
    }
    let readers = [2, 3].map(|seed| {
        let (engine, history, done) = (engine.clone(), history.clone(), done.clone());
        thread::spawn(move || {
            let mut chance = Rng::with_seed(seed);
            let (mut read, mut compacted) = (0, 0);
            while !done.load(SeqCst) {
                let current = revision(&engine.range(range("none", "")).unwrap().header);
                let asked = if chance.bool() { 0 } else { current - chance.i64(0..200) };
                let request = at("k", "l", asked);
                let response = match chance.bool() {
                    true => engine.range(request),
                    false => read_in_txn(&engine, request, current),
                };
                let Ok(response) = response else {
                    assert!(asked > 0, "a read of now is never refused");
                    compacted += 1;
                    continue;
                };
                let header = revision(&response.header);
                assert!(header >= current);
                let at = if asked > 0 { asked } else { header };
                // The writer notes the state before it lets go of the history.
                let expected = history.read().unwrap()[at as usize - 1].clone();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let got = response.kvs.iter().map(|kv| (text(&kv.key), text(&kv.value)));
                assert!(got.eq(BTreeMap::clone(&expected)), "at {at} of {header}");
                assert_eq!(response.count as usize, expected.len());
                read += 1;
            }
            (read, compacted)
        })
    });
    while (history.read().unwrap().len() as i64) < WRITES {
        let now = written(&history, &engine, &mut chance);
        if now % 50 == 0 {
            engine.compact(compact(now - chance.i64(0..100))).ok();
        }
    }
    done.store(true, SeqCst);
    let counts = readers.map(|reader| reader.join().unwrap());
    assert!(counts.iter().all(|(read, _)| *read > 0), "{counts:?}");
    // What is left is what was noted last, and the log is no longer than it must be.
    let last = history.read().unwrap().last().unwrap().len();
    assert_eq!(engine.range(range("k", "l")).unwrap().count as usize, last);
}

/// The same read in a transaction, behind a compare that walks all keys.
fn read_in_txn(
    engine: &Engine,
    request: RangeRequest,
    current: i64,
) -> Result<RangeResponse, super::RpcStatus> {
    use crate::wire::proto::{compare, request_op::Request, response_op::Response};
    let all = Compare {
        result: compare::CompareResult::Greater as i32,
        target: compare::CompareTarget::Mod as i32,
        key: bytes("k"),
        range_end: bytes("l"),
        target_union: Some(compare::TargetUnion::ModRevision(-1)),
    };
    let ops = vec![op(Request::RequestRange(request))];
    let response = engine.txn(TxnRequest { compare: vec![all], ..then(ops) })?;
    assert!(response.succeeded && revision(&response.header) >= current);
    match response.responses.into_iter().next().unwrap().response {
        Some(Response::ResponseRange(range)) => {
            assert_eq!(range.header.as_ref().unwrap().revision, revision(&response.header));
            Ok(range)
        }
        other => panic!("{other:?}"),
    }
}

async fn next(stream: &mut WatchStream) -> WatchResponse {
    let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
    next.expect("a watch waits for what is there")
}

#[test]
fn watchers_see_every_event_once_and_in_order_while_writers_run() {
    const WRITERS: i64 = 3;
    const EACH: i64 = 1500;
    let engine = engine();
    let begin = |start_revision| {
        let mut stream = WatchStream::open(&engine);
        for key in ["w", "w0"] {
            let end = if key == "w" { "x" } else { "" };
            let key = bytes(key);
            let request = WatchCreateRequest {
                key,
                range_end: bytes(end),
                start_revision,
                ..Default::default()
            };
            stream.send(watch(request));
        }
        stream
    };
    let streams = [begin(1), begin(0)];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let engine = engine.clone();
            thread::spawn(move || {
                for n in 0..EACH {
                    let key = format!("w{writer}");
                    match n % 5 {
                        0 => drop(engine.delete_range(delete(&key, "")).unwrap()),
                        1 => {
                            let other = format!("w{}", writer + 10);
                            let ops = vec![put_op(&key, ""), put_op(&other, "")];
                            drop(engine.txn(then(ops)).unwrap());
                        }
                        _ => drop(engine.put(put(&key, &n.to_string())).unwrap()),
                    }
                }
            })
        })
        .collect();
    let followers = streams.map(|mut stream| {
        thread::spawn(move || {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build();
            tokio.unwrap().block_on(async {
                let mut seen: [Vec<(i64, Bytes, i64)>; 2] = Default::default();
                // The first delete of each writer finds nothing.
                let last = 1 + WRITERS * EACH - WRITERS;
                let mut at = 0;
                while at < last {
                    let response = next(&mut stream).await;
                    assert!(!response.canceled);
                    let events = response.events.iter().map(|event| event.kv.clone().unwrap());
                    let seen = &mut seen[response.watch_id as usize];
                    let fresh = events.map(|kv| (kv.mod_revision, kv.key, kv.version));
                    let fresh: Vec<_> = fresh.collect();
                    if let (Some((before, ..)), Some((first, ..))) = (seen.last(), fresh.first()) {
                        assert!(first > before, "a revision in two responses");
                    }
                    seen.extend(fresh);
                    if response.watch_id == 0 {
                        at = seen.last().map_or(0, |(revision, ..)| *revision);
                    }
                }
                seen
            })
        })
    });
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let [first, second] = followers.map(|follower| follower.join().unwrap());
    assert_eq!(first[0], second[0]);
    let [all, one] = first;
    // Every revision, and both events of those that have two.
    let revisions = all.chunk_by(|a, b| a.0 == b.0).map(|events| events[0].0);
    assert!(revisions.eq(2..=1 + WRITERS * EACH - WRITERS));
    assert_eq!(all.len() as i64, WRITERS * EACH - WRITERS + WRITERS * EACH / 5);
    // The other watch may still have had a little before it.
    let of_one: Vec<_> = all.into_iter().filter(|(_, key, _)| key == "w0").collect();
    assert!(of_one.starts_with(&one) && !one.is_empty());
}

#[test]
fn a_compaction_ends_a_slow_watch_once_and_leaves_no_hole_before_that() {
    for seed in 0..20 {
        let engine = engine();
        let mut chance = Rng::with_seed(seed);
        let mut stream = WatchStream::open(&engine);
        stream.send(watch(WatchCreateRequest {
            range_end: bytes("\0"),
            start_revision: 1,
            ..Default::default()
        }));
        let writer = thread::spawn({
            let engine = engine.clone();
            move || {
                for n in 0..3000 {
                    engine.put(put("a", &n.to_string())).unwrap();
                    if n % 700 == 699 {
                        engine.compact(compact(n)).unwrap();
                    }
                }
            }
        });
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        tokio.block_on(async {
            let mut expected = 2;
            let mut ended = 0;
            while expected <= 3001 && ended == 0 {
                let response = next(&mut stream).await;
                if response.canceled {
                    assert!(response.compact_revision > expected && response.events.is_empty());
                    assert!((699..3000).step_by(700).any(|n| n == response.compact_revision));
                    ended += 1;
                }
                for event in response.events {
                    assert_eq!(event.kv.unwrap().mod_revision, expected);
                    expected += 1;
                }
                if chance.u8(..4) == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            let more = tokio::time::timeout(Duration::from_millis(20), stream.next()).await;
            assert!(more.is_err());
        });
        writer.join().unwrap();
    }
}
