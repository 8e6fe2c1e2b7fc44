//! Ranges page by page: on every backend.

mod support;

use etcd::capi::call::*;
use etcd::capi::kv::*;
use etcd::capi::options::*;
use etcd::capi::page::*;
use etcd::status::*;
use std::collections::BTreeSet;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::pages::*;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{shared, versions_or_skip};

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

const KEYS: usize = 100_000;

#[test]
fn every_key_of_one_revision_comes_once_while_writers_change_them() {
    let test = "every_key_of_one_revision_comes_once_while_writers_change_them";
    on_every_backend(test, |backend, client| {
        fill(client, "w/", KEYS, b"then");
        let before = calls(backend, "RangeStream");
        // In the engine each page counts what is left.
        let limit = if backend.cluster.is_some() { 0 } else { 10_000 };
        let iter = Pages::open(client, b"w/", CallOptions { limit, ..flags(ETCD_PREFIX) }).unwrap();
        let mut all = vec![iter.next().unwrap().unwrap()];
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let writer = Client::open(&backend.endpoints);
                let mut i = 7;
                while !done.load(Relaxed) {
                    i = (i * 31 + 17) % KEYS;
                    writer.put(&key("w/", i), b"now", DEFAULT).unwrap();
                    writer.put(&[&key("w/", i)[..], b"x"].concat(), b"now", DEFAULT).unwrap();
                    writer.delete(&key("w/", KEYS - 1 - i), DEFAULT).unwrap();
                }
            });
            // The writer ends even if this does not end well.
            let _ends = Ends(&done);
            all.extend(iter.rest());
        });
        assert_whole(&all, "w/", KEYS);
        let most = if limit == 0 { 1000 } else { limit as usize };
        for page in &all {
            assert!(page.kvs.len() <= most && page.kvs.iter().all(|kv| kv.value == b"then"));
        }
        assert_eq!(calls(backend, "RangeStream") > before, has_streams(backend));
        assert!(
            client.get(b"w/", flags(ETCD_PREFIX | ETCD_GET_COUNT_ONLY)).unwrap().revision
                > all[0].revision
        );
    });
}

#[test]
fn pages_of_every_kind() {
    on_every_backend("pages_of_every_kind", |_, client| {
        let prefix = flags(ETCD_PREFIX);
        let none = pages(client, b"k/", prefix);
        assert!(none.len() == 1 && none[0].kvs.is_empty() && none[0].revision > 0);
        assert_eq!((none[0].count, none[0].more), (0, false));

        fill(client, "k/", 60, b"value");
        let first = client.get(&key("k/", 0), DEFAULT).unwrap().revision;
        for limit in [1, 7, 30, 59, 60, 61, 0, i64::MAX] {
            let all = pages(client, b"k/", CallOptions { limit, ..prefix });
            assert_whole(&all, "k/", 60);
            let most = if limit == 0 { 60 } else { usize::try_from(limit).unwrap().min(60) };
            assert!(all.iter().all(|page| page.kvs.len() <= most));
            assert_eq!(all[0].kvs.len(), most);
        }
        let one = pages(client, &key("k/", 3), DEFAULT);
        assert_eq!((one.len(), one[0].kvs.len(), one[0].count), (1, 1, 1));
        let keys = pages(
            client,
            b"k/",
            CallOptions { limit: 25, ..flags(ETCD_PREFIX | ETCD_GET_KEYS_ONLY) },
        );
        assert_whole(&keys, "k/", 60);
        assert!(keys.iter().all(|page| page.kvs.iter().all(|kv| kv.value.is_empty())));
        let quick = flags(ETCD_PREFIX | ETCD_SERIALIZABLE | ETCD_REQUIRE_LEADER);
        assert_whole(&pages(client, b"k/", CallOptions { limit: 25, ..quick }), "k/", 60);

        let found = |key: &[u8], options: CallOptions<'_>| -> Vec<Vec<u8>> {
            let all = pages(client, key, options);
            assert!(all.iter().all(|page| page.revision == all[0].revision));
            all.into_iter().flat_map(|page| page.kvs).map(|kv| kv.key).collect()
        };
        let expected =
            |range: std::ops::Range<usize>| range.map(|i| key("k/", i)).collect::<Vec<_>>();
        let end = key("k/", 40);
        let range = CallOptions { limit: 7, range_end: &end, ..DEFAULT };
        assert_eq!(found(&key("k/", 20), range), expected(20..40));
        let from = CallOptions { limit: 7, ..flags(ETCD_FROM_KEY) };
        assert_eq!(found(&key("k/", 50), from), expected(50..60));
        assert_eq!(found(b"", from), expected(0..60));
        assert_eq!(found(b"", CallOptions { limit: 7, ..prefix }), expected(0..60));
        for options in [range, CallOptions { limit: 7, ..prefix }, from] {
            let key = if options.range_end.is_empty() { b"k/".to_vec() } else { key("k/", 20) };
            let mut backwards =
                found(&key, CallOptions { sort_order: ETCD_SORT_DESCEND, ..options });
            backwards.reverse();
            assert_eq!(backwards, found(&key, options));
        }

        // Another revision, and those changed since.
        for i in 10..20 {
            client.put(&key("k/", i), b"other", DEFAULT).unwrap();
            client.delete(&key("k/", i + 30), DEFAULT).unwrap();
        }
        let then = pages(client, b"k/", CallOptions { limit: 25, revision: first, ..prefix });
        assert_whole(&then, "k/", 60);
        assert_eq!(then[0].revision, first);
        let since = CallOptions { limit: 3, min_mod_revision: first + 1, ..prefix };
        assert_eq!(found(b"k/", since), expected(10..20));
        assert_eq!(found(b"k/", CallOptions { limit: 3, ..prefix }).len(), 50);
    });
}

#[test]
fn what_is_compacted_in_the_middle_is_gone() {
    on_every_backend("what_is_compacted_in_the_middle_is_gone", |_, client| {
        fill(client, "c/", 5000, b"v");
        let iter = Pages::open(client, b"c/", flags(ETCD_PREFIX)).unwrap();
        let page = iter.next().unwrap().unwrap();
        let newer = client.put(b"c/", b"v", DEFAULT).unwrap().revision;
        client.compact(newer, DEFAULT).unwrap();
        for _ in 0..3 {
            let gone = iter.next().unwrap_err();
            assert_eq!((gone.status, gone.maybe_applied), (ETCD_ERR_COMPACTED, false));
        }
        drop(iter);
        let old = CallOptions { revision: page.revision, ..flags(ETCD_PREFIX) };
        let refused = Pages::open(client, b"c/", old).unwrap().next().unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_COMPACTED);
        let future = CallOptions { revision: newer + 1000, ..flags(ETCD_PREFIX) };
        let refused = Pages::open(client, b"c/", future).unwrap().next().unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_FUTURE_REVISION);
    });
}

#[test]
fn large_values_make_small_pages() {
    on_every_backend("large_values_make_small_pages", |backend, client| {
        fill(client, "a/", 100, &[b'v'; 9000]);
        fill(client, "a/1", 1000, b"small");
        let options = Options { max_receive_bytes: 32 * 1024, ..Options::default() };
        let narrow = Client::with(&backend.endpoints, options).unwrap();
        let all = pages(&narrow, b"a/", flags(ETCD_PREFIX));
        let keys: BTreeSet<_> = all.iter().flat_map(|page| &page.kvs).map(|kv| &kv.key).collect();
        assert_eq!(keys.len(), 1100);
        assert!(all
            .iter()
            .all(|page| page.kvs.iter().filter(|kv| kv.value.len() > 9).count() <= 3));
        assert!(all.iter().any(|page| page.kvs.len() > 100), "and large ones again");

        client.put(b"a/000050", &[b'v'; 40_000], DEFAULT).unwrap();
        let iter = Pages::open(&narrow, b"a/", flags(ETCD_PREFIX)).unwrap();
        let mut got = 0;
        let error = loop {
            match iter.next() {
                Ok(page) => got += page.expect("no end before the large one").kvs.len(),
                Err(error) => break error,
            }
        };
        assert_eq!((error.status, got), (ETCD_ERR_REPLY_TOO_LARGE, 50));
        assert_eq!(iter.next().unwrap_err().status, ETCD_ERR_REPLY_TOO_LARGE);
        // The same key without its value is no matter.
        assert_eq!(pages(&narrow, b"a/", flags(ETCD_PREFIX | ETCD_GET_KEYS_ONLY))[0].count, 1100);
    });
}

#[test]
fn connections_may_break_at_any_point() {
    let test = "connections_may_break_at_any_point";
    let _alone = alone();
    for version in versions_or_skip(test) {
        let cluster = shared(&version);
        let client = Client::open(&cluster.endpoints());
        fill(&client, "b/", 20_000, &[b'v'; 100]);
        for seed in 1..3 {
            let proxy = Proxy::to_port(cluster.port(0), seed);
            let through = Client::open(&proxy.endpoint());
            let options = CallOptions { limit: 500, timeout_ms: 10_000, ..flags(ETCD_PREFIX) };
            let iter = Pages::open(&through, b"b/", options).unwrap();
            let mut all = Vec::new();
            while let Some(page) = iter.next().unwrap() {
                all.push(page);
                match (all.len() + seed as usize) % 15 {
                    3 => proxy.once(Fault::Cut),
                    5 => proxy.once(Fault::CutAfter(Dir::ToClient, 70_000 * seed)),
                    7 => proxy.once(Fault::Reset),
                    _ => {}
                }
            }
            assert_whole(&all, "b/", 20_000);
            assert!(proxy.cuts() >= 2, "{proxy:?}");
        }
        // Silence is an error in time; afterwards it goes on where it was.
        let proxy = Proxy::to_port(cluster.port(0), 1);
        let through = Client::open(&proxy.endpoint());
        let options = CallOptions { limit: 500, timeout_ms: 1000, ..flags(ETCD_PREFIX) };
        let iter = Pages::open(&through, b"b/", options).unwrap();
        let mut all = vec![iter.next().unwrap().unwrap(), iter.next().unwrap().unwrap()];
        proxy.set(Fault::BlackHole(Dir::Both));
        let begin = Instant::now();
        let error = loop {
            match iter.next() {
                Ok(page) => all.extend(page),
                Err(error) => break error,
            }
        };
        assert!(matches!(error.status, ETCD_ERR_TIMEOUT | ETCD_ERR_UNAVAILABLE), "{error:?}");
        assert!(!error.maybe_applied && begin.elapsed() < Duration::from_secs(5));
        proxy.set(Fault::Pass);
        while all.iter().map(|page| page.kvs.len()).sum::<usize>() < 20_000 {
            match iter.next() {
                Ok(page) => all.extend(page),
                Err(error) => assert_eq!(error.status, ETCD_ERR_UNAVAILABLE, "{error:?}"),
            }
        }
        assert_whole(&all, "b/", 20_000);
        client.delete(b"b/", flags(ETCD_PREFIX)).unwrap();
    }
}

#[test]
fn readers_that_pause_stop_nobody() {
    on_every_backend("readers_that_pause_stop_nobody", |backend, client| {
        // More than a connection's window in all.
        fill(client, "p/", 8000, &[b'v'; 1000]);
        let before = calls(backend, "RangeStream");
        let options = CallOptions { limit: 100, ..flags(ETCD_PREFIX) };
        let iters: Vec<_> = (0..6).map(|_| Pages::open(client, b"p/", options).unwrap()).collect();
        let read = |iter: &Pages| [iter.next().unwrap().unwrap(), iter.next().unwrap().unwrap()];
        let mut all: Vec<Vec<Reply>> = iters.iter().map(|iter| read(iter).into()).collect();
        sleep(Duration::from_millis(300));
        let begin = Instant::now();
        for _ in 0..20 {
            client.get(b"p/", CallOptions { limit: 1000, ..flags(ETCD_PREFIX) }).unwrap();
        }
        assert!(begin.elapsed() < Duration::from_secs(10));
        // Long enough for the streams to be ended.
        sleep(Duration::from_millis(2500));
        for (iter, all) in iters.iter().zip(&mut all) {
            all.extend(iter.rest());
            assert_whole(all, "p/", 8000);
        }
        if has_streams(backend) {
            assert!(calls(backend, "RangeStream") >= before + 4, "ended, and begun again");
        }
    });
}

#[test]
fn an_iterator_and_its_client() {
    on_every_backend("an_iterator_and_its_client", |backend, client| {
        fill(client, "i/", 3000, b"v");
        let other = Client::open(&backend.endpoints);
        let iter = Pages::open(&other, b"i/", flags(ETCD_PREFIX)).unwrap();
        iter.next().unwrap();
        iter.next().unwrap();
        drop(other);
        let closed = iter.next().unwrap_err();
        assert_eq!((closed.status, closed.maybe_applied), (ETCD_ERR_CLOSED, false));
        unsafe { etcd_range_close(iter.0) };
        assert_eq!(iter.next().unwrap_err().status, ETCD_ERR_BAD_HANDLE);

        // Several threads share the pages.
        let iter =
            Pages::open(client, b"i/", CallOptions { limit: 100, ..flags(ETCD_PREFIX) }).unwrap();
        let keys = Mutex::new(BTreeSet::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for page in std::iter::from_fn(|| iter.next().unwrap()) {
                        let fresh =
                            page.kvs.into_iter().map(|kv| keys.lock().unwrap().insert(kv.key));
                        assert!(fresh.collect::<Vec<_>>().into_iter().all(|fresh| fresh));
                    }
                });
            }
        });
        assert_eq!(keys.into_inner().unwrap().len(), 3000);
    });
}

#[test]
fn options_that_make_no_sense_are_refused_at_once() {
    let client = Client::open("mem:");
    let refused = |options| Pages::open(&client, b"k", options).err().unwrap().status;
    for flag in [ETCD_GET_COUNT_ONLY, ETCD_GET_FIRST, ETCD_GET_LAST, ETCD_PREV_KV] {
        assert_eq!(refused(flags(flag)), ETCD_ERR_UNSUPPORTED);
    }
    for options in [
        CallOptions { revision: -1, ..DEFAULT },
        CallOptions { limit: -1, ..DEFAULT },
        CallOptions { range_end: b"l", ..flags(ETCD_PREFIX) },
    ] {
        assert_eq!(refused(options), ETCD_ERR_INVALID_ARGUMENT);
    }
    assert_eq!(refused(CallOptions { sort_order: 3, ..DEFAULT }), ETCD_ERR_INVALID_SORT_OPTION);
    assert_eq!(Pages::open(&client, b"", DEFAULT).err().unwrap().status, ETCD_ERR_EMPTY_KEY);
}

#[test]
fn the_end_of_a_prefix() {
    let end_of = |prefix: &[u8]| {
        let mut end = [7; 8];
        let len = unsafe { etcd_prefix_end(bytes(prefix), end.as_mut_ptr(), end.len()) };
        assert!(len > 0 && len <= prefix.len().max(1) && end[len..].iter().all(|&byte| byte == 7));
        end[..len].to_vec()
    };
    assert_eq!(end_of(b"a"), b"b");
    assert_eq!(end_of(b"ab\xff\xff"), b"ac");
    assert_eq!(end_of(b"\0\xfe"), b"\0\xff");
    assert_eq!(end_of(b"\xff\xff"), b"\0");
    assert_eq!(end_of(b""), b"\0");
    unsafe {
        let mut small = [7; 1];
        assert_eq!(etcd_prefix_end(bytes(b"abc"), small.as_mut_ptr(), 1), 3);
        assert_eq!((small, etcd_prefix_end(bytes(b"abc"), null_mut(), 0)), ([7], 3));
        let mut same = *b"k/";
        assert_eq!(etcd_prefix_end(bytes(&same), same.as_mut_ptr(), 2), 2);
        assert_eq!(&same, b"k0");
        let none = etcd::capi::types::etcd_bytes_t { data: null(), len: 3 };
        assert_eq!(etcd_prefix_end(none, null_mut(), 0), 0);
    }
}

#[test]
fn a_page_that_is_called_off_comes_later() {
    on_every_backend("a_page_that_is_called_off_comes_later", |backend, client| {
        fill(client, "off/", 500, b"v");
        let expected = client.get(b"off/", flags(ETCD_PREFIX)).unwrap().kvs;
        let some = Pages::open(client, b"off/", CallOptions { limit: 7, ..flags(ETCD_PREFIX) });
        let some = some.unwrap();
        let mut seen = Vec::new();
        let mut called_off = 0;
        for round in 0.. {
            let mut op = null_mut();
            some.start(round, &mut op).unwrap();
            if round % 3 > 0 {
                sleep(Duration::from_micros(round as u64 % 7 * 50));
                unsafe { etcd_call_cancel(op) };
            }
            match some.ended() {
                Ok(Some(page)) => seen.extend(page.kvs),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_CANCELLED, false));
                    called_off += 1;
                }
            }
        }
        assert!(seen == expected, "{}: {} keys", backend.name, seen.len());
        assert!(called_off > 0, "{}", backend.name);
    });
}
