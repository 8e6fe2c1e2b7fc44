//! Clients with a key_prefix: on every backend, beside clients that see the whole store.

mod random;
#[path = "../support/mod.rs"]
mod support;

use etcd::capi::condition::*;
use etcd::capi::kv::*;
use etcd::capi::lease::*;
use etcd::capi::options::*;
use etcd::capi::page::*;
use etcd::capi::pairs::*;
use etcd::capi::request::*;
use etcd::capi::txn::*;
use etcd::capi::watch::*;
use etcd::status::*;
use random::{of_op, Built, Did, Do, Transaction, Whole};
use std::ptr::{null, null_mut};
use std::sync::Mutex;
use support::backend::{backends, Backend};
use support::ffi::{self, *};
use support::scaled;
use support::session::Session;
use support::watch::{begun, next_of, Watch, WatchOptions};

/// Runs the test on every backend, alone: revisions are compared. The client sees all keys, of which there are none.
fn on_every_backend(test: &str, body: impl Fn(&Backend, &Client)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for backend in backends(test, &[]) {
        let client = Client::open(&backend.endpoints);
        client.delete(b"", flags(ETCD_PREFIX)).unwrap();
        eprintln!("{test}: {}", backend.name);
        body(&backend, &client);
    }
}

fn below(backend: &Backend, key_prefix: &[u8]) -> Client {
    Client::with(&backend.endpoints, Options { key_prefix, ..Default::default() }).unwrap()
}

/// The same as a session of the classic calls.
fn session(backend: &Backend, key_prefix: &str) -> Session {
    let client = below(backend, key_prefix.as_bytes());
    let session = Session(client.0.cast());
    std::mem::forget(client);
    session
}

fn keys(reply: &Reply) -> Vec<&[u8]> {
    reply.kvs.iter().map(|kv| &kv.key[..]).collect()
}

/// Prefixes, and what is near them but not below.
const PREFIXES: [(&[u8], &[&[u8]]); 6] = [
    (b"app/", &[b"app/", b"app", b"app0", b"apq/x", b"b", b"\0"]),
    (b"\0", &[b"\0", b"\x01", b"\x01x", b"\xff"]),
    (b"\xff", &[b"\xff", b"\xfe\xff\xff", b"a"]),
    (b"\xff\xff", &[b"\xff\xff", b"\xff", b"\xff\xfe\xff", b"a"]),
    (b"a\xff", &[b"a\xff", b"a", b"a\xfe\xff", b"b", b"\xff"]),
    (b"\0\xff\0", &[b"\0\xff\0", b"\0\xff", b"\0\xff\x01", b"\x01", b"a"]),
];

const NAMES: [&[u8]; 6] = [b"\0", b"a", b"a/b", b"b", b"\xff", b"\xff\xff"];

#[test]
fn nothing_outside_is_seen_or_touched() {
    on_every_backend("nothing_outside_is_seen_or_touched", |backend, plain| {
        for (prefix, others) in PREFIXES {
            let client = below(backend, prefix);
            let everything =
                [(&b""[..], ETCD_PREFIX), (b"", ETCD_FROM_KEY), (b"\0", ETCD_FROM_KEY)];
            let options = |flags, prev| WatchOptions { flags: flags | prev, ..Default::default() };
            let watches: Vec<Watch> = everything
                .iter()
                .map(|&(key, flags)| {
                    Watch::open(&client, key, options(flags, ETCD_PREV_KV)).unwrap()
                })
                .collect();
            for other in others {
                plain.put(other, b"other", DEFAULT).unwrap();
            }
            for name in NAMES {
                let put = client.put(name, b"own", DEFAULT).unwrap();
                let whole = plain.get(&[prefix, name].concat(), DEFAULT).unwrap();
                assert_eq!(whole.kvs[0].value, b"own");
                let again = client.put(name, b"own", flags(ETCD_PREV_KV)).unwrap();
                assert_eq!((keys(&again), again.kvs[0].mod_revision), (vec![name], put.revision));
            }
            for (key, flag) in everything {
                let all = client.get(key, flags(flag)).unwrap();
                assert_eq!((keys(&all), all.count), (NAMES.to_vec(), NAMES.len() as i64));
            }
            let to_all = CallOptions { range_end: b"\0", ..DEFAULT };
            assert_eq!(keys(&client.get(b"a/b", to_all).unwrap()), NAMES[2..]);
            assert_eq!(keys(&client.get(b"a", flags(ETCD_PREFIX)).unwrap()), NAMES[1..3]);
            assert_eq!(keys(&client.get(b"\xff", flags(ETCD_PREFIX)).unwrap()), NAMES[4..]);
            let range = CallOptions { range_end: b"b", ..DEFAULT };
            assert_eq!(keys(&client.get(b"a", range).unwrap()), NAMES[1..3]);
            assert_eq!(keys(&client.get(b"b", DEFAULT).unwrap()), NAMES[3..4]);

            for result in [
                client.get(b"", DEFAULT),
                client.put(b"", b"", DEFAULT),
                client.delete(b"", DEFAULT),
                client.get(b"", to_all),
            ] {
                assert_eq!(result.unwrap_err().status, ETCD_ERR_EMPTY_KEY);
            }

            let gone = client.delete(b"b", flags(ETCD_FROM_KEY | ETCD_PREV_KV)).unwrap();
            assert_eq!((keys(&gone), gone.count), (NAMES[3..].to_vec(), 3));
            let gone = client.delete(b"", flags(ETCD_PREFIX | ETCD_PREV_KV)).unwrap();
            assert_eq!((keys(&gone), gone.count), (NAMES[..3].to_vec(), 3));
            let left = plain.get(b"", flags(ETCD_PREFIX)).unwrap();
            let mut expected = others.to_vec();
            expected.sort();
            assert_eq!(keys(&left), expected, "{prefix:?}");
            assert_eq!(plain.delete(b"", flags(ETCD_PREFIX)).unwrap().count, others.len() as i64);

            for watch in watches {
                let mut told = Vec::new();
                while told.len() < 3 * NAMES.len() {
                    told.extend(watch.told().events);
                }
                for (event, name) in told[..12].iter().zip(NAMES.iter().flat_map(|&name| [name; 2]))
                {
                    assert_eq!((&event.kv.key[..], event.deleted), (name, false));
                }
                let puts = told.iter().take(12).map(|event| event.prev_kv.is_some());
                assert!(puts.eq([false, true].into_iter().cycle().take(12)));
                let mut deleted: Vec<_> =
                    told[12..].iter().map(|event| &event.kv.key[..]).collect();
                deleted.sort();
                assert_eq!(deleted, NAMES);
                let mut before =
                    told.iter().filter_map(|it| it.prev_kv.as_ref().map(|kv| (&it.kv, kv)));
                assert!(before.all(|(kv, before)| kv.key == before.key && before.value == b"own"));
                assert_eq!(watch.next(20).unwrap(), None);
            }
        }
    });
}

#[test]
fn an_empty_prefix_is_none() {
    on_every_backend("an_empty_prefix_is_none", |backend, plain| {
        let client = below(backend, b"");
        client.put(b"k", b"v", DEFAULT).unwrap();
        let (all, same) = (client.get(b"", flags(ETCD_PREFIX)), plain.get(b"", flags(ETCD_PREFIX)));
        assert_eq!(all.unwrap().kvs, same.unwrap().kvs);
        assert_eq!(client.get(b"", DEFAULT).unwrap_err().status, ETCD_ERR_EMPTY_KEY);
    });
}

#[test]
fn watches_of_few_keys_and_of_keys_instead_of_history() {
    on_every_backend("watches_of_few_keys_and_of_keys_instead_of_history", |backend, plain| {
        for (prefix, others) in PREFIXES {
            let client = below(backend, prefix);
            let queue = Queue::new();
            let range = WatchOptions { range_end: b"b", flags: ETCD_PREV_KV, ..Default::default() };
            let one = Watch::on(&queue, &client, b"a", WatchOptions::default(), 1).unwrap();
            begun(&queue, 1);
            let few = Watch::open(&client, b"a", range).unwrap();
            let no_wait =
                WatchOptions { flags: ETCD_WATCH_NO_WAIT | ETCD_WATCH_CREATED_NOTIFY, ..range };
            let few_no_wait = Watch::open(&client, b"a", no_wait).unwrap();
            assert_eq!(few_no_wait.told().kind, ETCD_WATCH_RESPONSE_CREATED);
            let start = plain.put(b"elsewhere", b"", DEFAULT).unwrap().revision;
            for other in others {
                plain.put(other, b"other", DEFAULT).unwrap();
                plain.put(&[other, &b"a"[..]].concat(), b"other", DEFAULT).unwrap();
            }
            // Those of them that are in the namespace.
            client.delete(b"", flags(ETCD_PREFIX)).unwrap();
            let from = client.put(b"c", b"", DEFAULT).unwrap().revision;
            let put = client.put(b"a", b"1", DEFAULT).unwrap().revision;
            let of_a = |watch: &Watch| loop {
                let told = watch.told();
                if told.revision >= put {
                    return told;
                }
            };
            for watch in [&few, &few_no_wait] {
                let told = of_a(watch);
                assert_eq!(
                    (told.revision, told.changes()),
                    (put, vec![("a".into(), Some("1".into()))])
                );
            }
            loop {
                let (tag, told) = next_of(&queue, 10_000).unwrap();
                let told = told.unwrap();
                assert_eq!((tag, &told.events[0].kv.key[..]), (1, &b"a"[..]));
                if told.revision == put {
                    break;
                }
            }
            drop(one);
            let compacted = plain.put(b"elsewhere", b"", DEFAULT).unwrap().revision;
            plain.compact(compacted, DEFAULT).unwrap();
            assert!(start < from && from < compacted);
            let resync = WatchOptions {
                start: from,
                flags: ETCD_WATCH_RESYNC | ETCD_PREFIX,
                ..Default::default()
            };
            let resynced = Watch::open(&client, b"", resync).unwrap();
            let told = resynced.told();
            assert_eq!((told.kind, told.more), (ETCD_WATCH_RESPONSE_SNAPSHOT, false));
            assert_eq!(
                told.changes(),
                [("a".into(), Some("1".into())), ("c".into(), Some("".into()))]
            );
            client.delete(b"a", DEFAULT).unwrap();
            assert_eq!(resynced.told().changes(), [("a".into(), None)]);
            plain.delete(b"", flags(ETCD_PREFIX)).unwrap();
        }
    });
}

#[test]
fn queues_deliver_names_even_after_the_client() {
    on_every_backend("queues_deliver_names_even_after_the_client", |backend, plain| {
        let (client, queue) = (below(backend, b"q/"), Queue::new());
        queue.put(&client, b"k", b"v", 1).unwrap();
        queue.next(5000).unwrap().result.unwrap();
        assert_eq!(plain.value(b"q/k").unwrap().unwrap(), b"v");
        queue.get(&client, b"k", 2).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        drop(client);
        assert_eq!(keys(&queue.next(5000).unwrap().result.unwrap()), [b"k"]);
        let client = below(backend, b"q/");
        queue.delete(&client, b"k", 3).unwrap();
        assert_eq!(queue.next(5000).unwrap().result.unwrap().count, 1);
        assert_eq!(plain.value(b"q/k").unwrap(), None);
    });
}

/// The keys of a range that is read two at a time.
fn paged(client: &Client, key: &[u8], flags: u32, sort_order: i32) -> Vec<Vec<u8>> {
    let (mut pages, mut error, mut keys) = (null_mut(), null_mut(), Vec::new());
    unsafe {
        let options = etcd_range_options_t {
            size: size_of::<etcd_range_options_t>(),
            flags,
            limit: 2,
            sort_order,
            ..std::mem::zeroed()
        };
        let status = etcd_range_open(client.0, bytes(key), &options, &mut pages, &mut error);
        ffi::check(status, error).unwrap();
        loop {
            let mut page = null_mut();
            let status = etcd_range_next(pages, &mut page, &mut error);
            ffi::check(status, error).unwrap();
            if status == ETCD_END {
                break;
            }
            keys.extend(range_reply(&*page).kvs.into_iter().map(|kv| kv.key));
            etcd_get_response_free(page);
        }
        etcd_range_close(pages);
    }
    keys
}

/// Puts a key that must not exist; what is there if it does.
fn create(client: &Client, key: &[u8]) -> Option<Kv> {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let (key, value) = (bytes(key), bytes(b"made"));
        let status = etcd_kv_put_if_absent(client.0, key, value, null(), &mut out, &mut error);
        ffi::check(status, error).unwrap();
        let there = (*out).kv.as_ref().map(|there| kv(there));
        assert_eq!((*out).succeeded, there.is_none());
        etcd_if_response_free(out);
        there
    }
}

/// Does a request, alone or as the only one of a transaction.
fn perform(client: &Client, request: *const etcd_op_t, in_txn: bool) -> Did {
    let mut error = null_mut();
    unsafe {
        if in_txn {
            let txn = Built(etcd_txn_new());
            etcd_txn_add(txn.0, ETCD_BRANCH_THEN, request);
            match txn.commit(client).unwrap().1 {
                Did::Txn(true, mut did) if did.len() == 1 => return did.remove(0),
                _ => panic!("one request, one reply"),
            }
        }
        let mut out = null_mut();
        let status = etcd_kv_do(client.0, request, null(), &mut out, &mut error);
        ffi::check(status, error).unwrap();
        let did = of_op(&*out);
        etcd_op_response_free(out);
        did
    }
}

#[test]
fn pages_requests_and_conditions_are_of_names() {
    on_every_backend("pages_requests_and_conditions_are_of_names", |backend, plain| {
        for (prefix, others) in PREFIXES {
            let client = below(backend, prefix);
            for other in others {
                plain.put(other, b"other", DEFAULT).unwrap();
            }
            for name in NAMES {
                assert_eq!(create(&client, name), None);
                assert_eq!(create(&client, name).unwrap().key, name);
                let whole = plain.value(&[prefix, name].concat()).unwrap();
                assert_eq!(whole.unwrap(), b"made");
            }
            for (key, flags, expected) in [
                (&b""[..], ETCD_PREFIX, &NAMES[..]),
                (b"", ETCD_FROM_KEY, &NAMES),
                (b"a/b", ETCD_FROM_KEY, &NAMES[2..]),
                (b"a", ETCD_PREFIX, &NAMES[1..3]),
                (b"\xff", ETCD_PREFIX, &NAMES[4..]),
                (b"b", 0, &NAMES[3..4]),
            ] {
                assert_eq!(paged(&client, key, flags, ETCD_SORT_NONE), expected, "{prefix:?}");
                let mut descending = paged(&client, key, flags, ETCD_SORT_DESCEND);
                descending.reverse();
                assert_eq!(descending, expected, "{prefix:?}");
            }
            for in_txn in [false, true] {
                let (mut put, mut get, mut delete) = (null_mut(), null_mut(), null_mut());
                let mut error = null_mut();
                unsafe {
                    let (key, none) = (bytes(b"req"), bytes(b""));
                    let status = etcd_op_new_put(key, none, null(), &mut put, &mut error);
                    ffi::check(status, error).unwrap();
                    let all = flags(ETCD_PREFIX).get();
                    let status = etcd_op_new_get(none, &all, &mut get, &mut error);
                    ffi::check(status, error).unwrap();
                    let all = flags(ETCD_PREFIX | ETCD_PREV_KV).delete();
                    let status = etcd_op_new_delete(none, &all, &mut delete, &mut error);
                    ffi::check(status, error).unwrap();
                }
                perform(&client, put, in_txn);
                assert!(plain.value(&[prefix, b"req"].concat()).unwrap().is_some());
                let expected = client.get(b"", flags(ETCD_PREFIX)).unwrap();
                assert!(expected.kvs.iter().any(|kv| kv.key == b"req"));
                for request in [get, delete] {
                    let Did::Reply(kvs, count, false) = perform(&client, request, in_txn) else {
                        panic!("a reply to a get or a delete");
                    };
                    assert_eq!((&kvs, count), (&expected.kvs, expected.count));
                }
                let mut left: Vec<_> = others.to_vec();
                left.sort();
                assert_eq!(keys(&plain.get(b"", flags(ETCD_PREFIX)).unwrap()), left);
                for request in [put, get, delete] {
                    unsafe { etcd_op_free(request) };
                }
            }
            let mut error = null_mut();
            unsafe {
                let (key, value) = (bytes(b"ttl"), bytes(b""));
                let status =
                    etcd_kv_put_ttl(client.0, key, value, 100, null(), null_mut(), &mut error);
                ffi::check(status, error).unwrap();
            }
            let brief = plain.get(&[prefix, b"ttl"].concat(), DEFAULT).unwrap();
            assert_ne!(brief.kvs[0].lease, 0);
            plain.delete(b"", flags(ETCD_PREFIX)).unwrap();
        }
    });
}

#[test]
fn a_lease_names_only_keys_of_the_namespace() {
    on_every_backend("a_lease_names_only_keys_of_the_namespace", |backend, plain| {
        let (client, other) = (below(backend, b"l/"), below(backend, b"m/"));
        let (mut granted, mut error) = (null_mut(), null_mut());
        let id = unsafe {
            let status = etcd_lease_grant(client.0, 100, null(), &mut granted, &mut error);
            ffi::check(status, error).unwrap();
            let id = (*granted).id;
            etcd_lease_grant_response_free(granted);
            id
        };
        let held = CallOptions { lease: id, ..DEFAULT };
        for (client, key) in
            [(&client, "a"), (&client, "b"), (&other, "c"), (plain, "l/"), (plain, "z")]
        {
            client.put(key.as_bytes(), b"", held).unwrap();
        }
        let keys = |client: &Client| unsafe {
            let size = size_of::<etcd_call_options_t>();
            let options = etcd_call_options_t { size, timeout_ms: 0, flags: ETCD_LEASE_KEYS };
            let (mut out, mut error) = (null_mut(), null_mut());
            let status = etcd_lease_time_to_live(client.0, id, &options, &mut out, &mut error);
            ffi::check(status, error).unwrap();
            let mut keys = Vec::new();
            for at in 0..(*out).key_count {
                let key = *(*out).keys.add(at);
                let key = std::slice::from_raw_parts(key.data, key.len);
                keys.push(String::from_utf8(key.to_vec()).unwrap());
            }
            etcd_lease_time_to_live_response_free(out);
            keys.sort();
            keys
        };
        assert_eq!(keys(&client), ["a", "b"]);
        assert_eq!(keys(&other), ["c"]);
        assert_eq!(keys(plain), ["l/", "l/a", "l/b", "m/c", "z"]);
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_lease_revoke(other.0, id, null(), &mut out, &mut error);
            ffi::check(status, error).unwrap();
            etcd_header_response_free(out);
        }
        assert_eq!(plain.get(b"", flags(ETCD_PREFIX)).unwrap().count, 0);
    });
}

#[test]
fn sizes_count_the_prefix() {
    on_every_backend("sizes_count_the_prefix", |backend, _| {
        let prefix = [b'p'; 600];
        let options =
            |key_prefix| Options { max_send_bytes: 1000, key_prefix, ..Default::default() };
        let without = Client::with(&backend.endpoints, options(&[])).unwrap();
        let client = Client::with(&backend.endpoints, options(&prefix)).unwrap();
        let (key, value) = ([b'k'; 300], [b'v'; 200]);
        without.put(&key, &value, DEFAULT).unwrap();
        client.put(&key, b"", DEFAULT).unwrap();
        for refused in [client.put(&key, &value, DEFAULT), client.get(b"", flags(ETCD_PREFIX))] {
            let error = refused.unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_SEND_TOO_LARGE, false));
        }
        let put = |key: &[u8]| Do::Put(key.to_vec(), value.to_vec(), DEFAULT);
        let twice = Transaction { then: vec![put(b"1"), put(b"2")], ..Default::default() };
        assert_eq!(twice.build(&Whole).commit(&client), Err(ETCD_ERR_SEND_TOO_LARGE));
        assert!(twice.build(&Whole).commit(&without).is_ok());
        let nothing = || Transaction { then: vec![], ..Default::default() };
        let nested = (0..5).map(|_| Do::Txn(nothing())).chain([put(b"1")]).collect();
        let nested = Transaction { then: nested, ..Default::default() };
        assert!(nested.build(&Whole).commit(&client).is_ok(), "what has no key has no prefix");
    });
}

#[test]
fn the_classic_calls_live_below_the_prefix() {
    on_every_backend("the_classic_calls_live_below_the_prefix", |backend, plain| {
        let (one, two) = (session(backend, "one/"), session(backend, "one/"));
        let other = session(backend, "two/");
        let lock = one.lock("name", 60).unwrap();
        let held = plain.get(b"one/name/", flags(ETCD_PREFIX)).unwrap();
        assert_eq!(held.count, 1);
        other.unlock("name", &other.lock("name", 60).unwrap());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| two.lock("name", 60).unwrap());
            while plain.get(b"one/name/", flags(ETCD_PREFIX)).unwrap().count < 2 {
                std::thread::yield_now();
            }
            assert!(!waits.is_finished());
            assert_eq!(one.renew("name", 60, &lock), ETCD_OK);
            assert_eq!(one.unlock("name", &lock), ETCD_OK);
            assert_eq!(two.unlock("name", &waits.join().unwrap()), ETCD_OK);
        });
        assert_eq!(plain.get(b"", flags(ETCD_PREFIX)).unwrap().count, 0);

        // More than a page, with one child that has more than a page below it.
        let queue = Queue::new();
        for at in 0..1200 {
            queue.put(plain, format!("one/d/{at:04}").as_bytes(), b"", at).unwrap();
            queue.put(plain, format!("one/d/0500/{at:04}").as_bytes(), b"", at).unwrap();
        }
        (0..2400).for_each(|_| drop(queue.next(-1).unwrap().result.unwrap()));
        plain.put(b"two/d/x", b"", DEFAULT).unwrap();
        let names: Vec<_> = (0..1200).map(|at| format!("d/{at:04}")).collect();
        assert_eq!(one.get("d").unwrap(), names.join("\n"));
        assert_eq!(one.get("").unwrap(), "d");
        assert_eq!(other.get("d").unwrap(), "d/x");
        assert_eq!(one.set("", "v", None, 0), 1);
        assert_eq!(one.set("", "v", Some("x"), 0), 1);
        assert_eq!(plain.value(b"one/").unwrap(), None);
    });
}
