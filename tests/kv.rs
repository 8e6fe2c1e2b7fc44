//! get, put and delete: on every backend.

mod support;

use etcd::capi::kv::*;
use etcd::capi::options::*;
use etcd::capi::pairs::*;
use etcd::status::*;
use std::collections::HashSet;
use std::sync::Mutex;
use support::backend::{backends, Backend};
use support::ffi::*;
use support::session::Session;

/// Runs the test on every backend, alone: some count revisions and keys.
fn on_every_backend(test: &str, body: impl Fn(&Backend, &Client)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for backend in backends(test, &[]) {
        let client = Client::open(&backend.endpoints);
        eprintln!("{test}: {}", backend.name);
        body(&backend, &client);
    }
}

fn key(test: &str, rest: &str) -> Vec<u8> {
    format!("{test}/{rest}").into_bytes()
}

#[test]
fn a_key_through_its_life() {
    on_every_backend("a_key_through_its_life", |backend, client| {
        let k = key("life", "k");
        let none = client.get(&k, DEFAULT).unwrap();
        assert_eq!((none.kvs.len(), none.count, none.more), (0, 0, false));

        let first = client.put(&k, b"one", flags(ETCD_PREV_KV)).unwrap();
        assert!(first.kvs.is_empty());
        let second = client.put(&k, b"two", flags(ETCD_PREV_KV)).unwrap();
        assert_eq!(second.kvs[0].value, b"one");
        assert_eq!(second.revision, first.revision + 1);

        let got = client.get(&k, DEFAULT).unwrap();
        let expected = Kv {
            key: k.clone(),
            value: b"two".to_vec(),
            create_revision: first.revision,
            mod_revision: second.revision,
            version: 2,
            lease: 0,
        };
        assert_eq!((&got.kvs[..], got.count), (&[expected.clone()][..], 1));
        assert!(got.cluster_id != 0 && got.member_id != 0 && got.raft_term > 0);
        let name = String::from_utf8(k.clone()).unwrap();
        if let Some(cluster) = backend.cluster {
            let seen = cluster.etcdctl_ok(&["get", "--print-value-only", &name]);
            assert_eq!(seen.trim_end(), "two", "etcdctl sees the same");
        }

        let deleted = client.delete(&k, flags(ETCD_PREV_KV)).unwrap();
        assert_eq!((deleted.count, &deleted.kvs[..]), (1, &[expected][..]));
        let again = client.delete(&k, DEFAULT).unwrap();
        assert_eq!((again.count, again.revision), (0, deleted.revision));
    });
}

#[test]
fn keys_and_values_are_any_bytes() {
    on_every_backend("keys_and_values_are_any_bytes", |_, client| {
        let all: Vec<u8> = (0..=255).collect();
        let values = [&b""[..], b"\0", b"a\0b", &all, &[0xff; 3]];
        for (i, value) in values.into_iter().enumerate() {
            let mut k = key("bytes", "");
            k.extend_from_slice(&[0, i as u8, 0xff]);
            client.put(&k, value, DEFAULT).unwrap();
            assert_eq!(client.value(&k).unwrap().as_deref(), Some(value));
        }
        client.put(&all, b"x", DEFAULT).unwrap();
        assert_eq!(client.value(&all).unwrap().unwrap(), b"x");
        assert_eq!(client.delete(&all, DEFAULT).unwrap().count, 1);
        let long = vec![b'l'; 1_200_000];
        client.put(&long, b"x", DEFAULT).unwrap();
        assert_eq!(client.value(&long).unwrap().unwrap(), b"x");
        assert_eq!(client.delete(&long, DEFAULT).unwrap().count, 1);
        let megabyte = vec![b'm'; 1 << 20];
        let k = key("bytes", "megabyte");
        client.put(&k, &megabyte, DEFAULT).unwrap();
        assert_eq!(client.value(&k).unwrap().unwrap(), megabyte);
    });
}

#[test]
fn ranges_prefixes_and_from_key() {
    on_every_backend("ranges_prefixes_and_from_key", |_, client| {
        let names = ["r/a", "r/b", "r/b/c", "r/c", "r0", "r\u{7f}"];
        for name in names {
            client.put(name.as_bytes(), name.as_bytes(), DEFAULT).unwrap();
        }
        let found = |key: &str, options: CallOptions<'_>| -> Vec<String> {
            let reply = client.get(key.as_bytes(), options).unwrap();
            assert_eq!(reply.count as usize, reply.kvs.len());
            reply.kvs.into_iter().map(|kv| String::from_utf8_lossy(&kv.key).into_owned()).collect()
        };
        assert_eq!(found("r/b", DEFAULT), ["r/b"]);
        assert_eq!(found("r/b", flags(ETCD_PREFIX)), ["r/b", "r/b/c"]);
        assert_eq!(found("r/", flags(ETCD_PREFIX)), names[..4]);
        let to_c = CallOptions { range_end: b"r/c", ..DEFAULT };
        assert_eq!(found("r/a", to_c), ["r/a", "r/b", "r/b/c"]);
        assert_eq!(found("r/c", to_c), [""; 0]);
        let from: Vec<_> = found("r/b", flags(ETCD_FROM_KEY));
        assert_eq!(from[..5], names[1..]);
        let everything = found("", flags(ETCD_PREFIX)).len();
        assert!(everything >= names.len());
        assert_eq!(everything, found("", flags(ETCD_FROM_KEY)).len());

        let gone = client.delete(b"r/a", CallOptions { flags: ETCD_PREV_KV, ..to_c }).unwrap();
        assert_eq!((gone.count, gone.kvs.len()), (3, 3));
        assert_eq!(client.delete(b"r/", flags(ETCD_PREFIX)).unwrap().count, 1);
        assert_eq!(client.delete(b"r", flags(ETCD_PREFIX)).unwrap().count, 2);
    });
}

/// Keys o/a to o/e, whose order by each target is another one.
fn five_keys(client: &Client) -> Vec<i64> {
    for key in ["o/c", "o/a", "o/e", "o/b", "o/d"] {
        client.put(key.as_bytes(), b"", DEFAULT).unwrap();
    }
    let values = [("o/e", "2"), ("o/b", "5"), ("o/e", "1"), ("o/a", "4"), ("o/e", "3")];
    values
        .map(|(key, value)| client.put(key.as_bytes(), value.as_bytes(), DEFAULT).unwrap().revision)
        .into()
}

#[test]
fn gets_with_every_option() {
    on_every_backend("gets_with_every_option", |_, client| {
        client.delete(b"o/", flags(ETCD_PREFIX)).unwrap();
        let changes = five_keys(client);
        let prefix = flags(ETCD_PREFIX);
        let reply = |options: CallOptions<'_>| client.get(b"o/", options).unwrap();
        let found = |options: CallOptions<'_>| -> String {
            reply(options).kvs.iter().map(|kv| kv.key[2] as char).collect()
        };
        let sorted =
            |sort_order, sort_target| found(CallOptions { sort_order, sort_target, ..prefix });
        for (target, ascending, descending) in [
            (ETCD_SORT_BY_KEY, "abcde", "edcba"),
            (ETCD_SORT_BY_CREATE, "caebd", "dbeac"),
            (ETCD_SORT_BY_MOD, "cdbae", "eabdc"),
        ] {
            assert_eq!(sorted(ETCD_SORT_ASCEND, target), ascending);
            assert_eq!(sorted(ETCD_SORT_NONE, target), ascending);
            assert_eq!(sorted(ETCD_SORT_DESCEND, target), descending);
        }
        // Versions 2 2 1 1 4, values 4 5 "" "" 3.
        assert_eq!(&sorted(ETCD_SORT_DESCEND, ETCD_SORT_BY_VERSION)[..1], "e");
        assert_eq!(&sorted(ETCD_SORT_ASCEND, ETCD_SORT_BY_VALUE)[2..], "eab");

        let two = reply(CallOptions { limit: 2, ..prefix });
        assert_eq!((two.kvs.len(), two.count, two.more), (2, 5, true));
        let five = reply(CallOptions { limit: 5, ..prefix });
        assert_eq!((five.kvs.len(), five.count, five.more), (5, 5, false));
        let last = CallOptions {
            limit: 1,
            sort_order: ETCD_SORT_DESCEND,
            sort_target: ETCD_SORT_BY_MOD,
            ..prefix
        };
        assert_eq!(found(last), "e");
        // Of a, b and c, and the last of them left out.
        let no_order = CallOptions { limit: 2, sort_target: ETCD_SORT_BY_MOD, ..prefix };
        assert_eq!(found(no_order), "cb");

        let keys = reply(flags(ETCD_PREFIX | ETCD_GET_KEYS_ONLY));
        assert!(keys.kvs.len() == 5 && keys.kvs.iter().all(|kv| kv.value.is_empty()));
        assert_eq!(keys.kvs[4].version, 4);
        for only in [ETCD_GET_COUNT_ONLY, ETCD_GET_COUNT_ONLY | ETCD_GET_KEYS_ONLY] {
            let count = reply(flags(ETCD_PREFIX | only));
            assert_eq!((count.kvs.len(), count.count), (0, 5));
        }
        assert_eq!(found(flags(ETCD_PREFIX | ETCD_SERIALIZABLE)), "abcde");

        let (second, fourth) = (changes[1], changes[3]);
        assert_eq!(found(CallOptions { min_mod_revision: second, ..prefix }), "abe");
        assert_eq!(found(CallOptions { max_mod_revision: fourth, ..prefix }), "abcd");
        let created =
            |key: &str| client.get(key.as_bytes(), DEFAULT).unwrap().kvs[0].create_revision;
        let (a, b) = (created("o/a"), created("o/b"));
        assert_eq!(found(CallOptions { min_create_revision: b, ..prefix }), "bd");
        assert_eq!(found(CallOptions { max_create_revision: a, ..prefix }), "ac");
        let within = CallOptions { min_create_revision: a, max_create_revision: b, ..prefix };
        let within = reply(within);
        assert_eq!((within.kvs.len(), within.count), (3, 5));

        // The past, key by key and all together.
        let past = |key: &str, revision| {
            let options = CallOptions { revision, ..DEFAULT };
            client.get(key.as_bytes(), options).unwrap().kvs[0].value.clone()
        };
        assert_eq!(past("o/e", changes[0]), b"2");
        assert_eq!(past("o/e", changes[1]), b"2");
        assert_eq!(past("o/e", changes[2]), b"1");
        assert_eq!(found(CallOptions { revision: a, ..prefix }), "ac");
        client.delete(b"o/", prefix).unwrap();
        assert_eq!(found(prefix), "");
        assert_eq!(found(CallOptions { revision: changes[4], ..prefix }), "abcde");
    });
}

#[test]
fn puts_with_every_option() {
    on_every_backend("puts_with_every_option", |backend, client| {
        let session = Session::open(&backend.endpoints);
        assert_eq!(session.set("p/leased", "v", None, 60), ETCD_OK);
        let leased = client.get(b"p/leased", DEFAULT).unwrap().kvs.remove(0);
        assert_ne!(leased.lease, 0);
        let lease = |key: &[u8]| client.get(key, DEFAULT).unwrap().kvs[0].lease;
        let with_lease = CallOptions { lease: leased.lease, ..DEFAULT };
        client.put(b"p/other", b"v", with_lease).unwrap();
        assert_eq!(lease(b"p/other"), leased.lease);
        // Each may be kept by itself.
        client.put(b"p/other", b"w", flags(ETCD_PUT_IGNORE_LEASE)).unwrap();
        assert_eq!(
            (lease(b"p/other"), client.value(b"p/other").unwrap().unwrap()),
            (leased.lease, b"w".to_vec())
        );
        client.put(b"p/other", b"", flags(ETCD_PUT_IGNORE_VALUE)).unwrap();
        assert_eq!(
            (lease(b"p/other"), client.value(b"p/other").unwrap().unwrap()),
            (0, b"w".to_vec())
        );

        let refused = |key: &[u8], value: &[u8], options| {
            let error = client.put(key, value, options).unwrap_err();
            assert!(!error.maybe_applied, "{error:?}");
            error.status
        };
        let lease_too = CallOptions { lease: leased.lease, ..flags(ETCD_PUT_IGNORE_LEASE) };
        assert_eq!(refused(b"p/other", b"v", lease_too), ETCD_ERR_LEASE_PROVIDED);
        assert_eq!(
            refused(b"p/other", b"v", flags(ETCD_PUT_IGNORE_VALUE)),
            ETCD_ERR_VALUE_PROVIDED
        );
        assert_eq!(refused(b"p/none", b"", flags(ETCD_PUT_IGNORE_VALUE)), ETCD_ERR_KEY_NOT_FOUND);
        assert_eq!(refused(b"p/none", b"v", flags(ETCD_PUT_IGNORE_LEASE)), ETCD_ERR_KEY_NOT_FOUND);
        let unknown = CallOptions { lease: 12345, ..DEFAULT };
        assert_eq!(refused(b"p/none", b"v", unknown), ETCD_ERR_LEASE_NOT_FOUND);
        assert_eq!(client.delete(b"p/", flags(ETCD_PREFIX)).unwrap().count, 2);
    });
}

#[test]
fn history_ends_where_it_was_compacted() {
    on_every_backend("history_ends_where_it_was_compacted", |_, client| {
        let old = client.put(b"h", b"old", DEFAULT).unwrap().revision;
        let new = client.put(b"h", b"new", DEFAULT).unwrap().revision;
        let at = |revision| client.get(b"h", CallOptions { revision, ..DEFAULT });
        assert_eq!(at(old).unwrap().kvs[0].value, b"old");
        assert_eq!(at(new + 1).unwrap_err().status, ETCD_ERR_FUTURE_REVISION);
        assert_eq!(client.compact(new, flags(ETCD_COMPACT_PHYSICAL)).unwrap().revision, new);
        assert_eq!(at(old).unwrap_err().status, ETCD_ERR_COMPACTED);
        assert_eq!(at(new).unwrap().kvs[0].value, b"new");
        for (revision, status) in [
            (new, ETCD_ERR_COMPACTED),
            (old, ETCD_ERR_COMPACTED),
            (new + 1, ETCD_ERR_FUTURE_REVISION),
        ] {
            let error = client.compact(revision, DEFAULT).unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (status, false));
        }
        let newer = client.put(b"h", b"newer", DEFAULT).unwrap().revision;
        let queue = Queue::new();
        queue.compact(client, newer, 7).unwrap();
        let event = queue.next(5000).unwrap();
        assert_eq!((event.kind, event.user_data), (ETCD_EVENT_COMPACT_RESPONSE, 7));
        assert_eq!(event.result.unwrap().revision, newer);
        queue.compact(client, newer, 8).unwrap();
        let refused = queue.next(5000).unwrap().result.unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_COMPACTED);
    });
}

#[test]
fn options_that_make_no_sense_are_named() {
    on_every_backend("options_that_make_no_sense_are_named", |_, client| {
        let negative = [
            ("revision", CallOptions { revision: -1, ..DEFAULT }),
            ("limit", CallOptions { limit: i64::MIN, ..DEFAULT }),
            ("min_mod_revision", CallOptions { min_mod_revision: -1, ..DEFAULT }),
            ("max_mod_revision", CallOptions { max_mod_revision: -1, ..DEFAULT }),
            ("min_create_revision", CallOptions { min_create_revision: -1, ..DEFAULT }),
            ("max_create_revision", CallOptions { max_create_revision: -1, ..DEFAULT }),
        ];
        for (name, options) in negative {
            let error = client.get(b"k", options).unwrap_err();
            assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT, "{name}");
            assert!(error.message.starts_with(&format!("{name} is -")), "{}", error.message);
        }
        for (sort_order, sort_target) in [(3, 0), (-1, 0), (0, 5), (0, -1), (i32::MAX, 0)] {
            let options = CallOptions { sort_order, sort_target, ..DEFAULT };
            let error = client.get(b"k", options).unwrap_err();
            assert_eq!(error.status, ETCD_ERR_INVALID_SORT_OPTION);
        }
        for revision in [0, -1, i64::MIN] {
            assert_eq!(
                client.compact(revision, DEFAULT).unwrap_err().status,
                ETCD_ERR_INVALID_ARGUMENT
            );
        }
        let wrong = [
            client.get(b"k", flags(ETCD_PUT_IGNORE_VALUE)),
            client.put(b"k", b"", flags(ETCD_SERIALIZABLE)),
            client.delete(b"k", flags(ETCD_GET_KEYS_ONLY)),
            client.compact(1, flags(ETCD_PREV_KV)),
        ];
        for result in wrong {
            assert_eq!(result.unwrap_err().status, ETCD_ERR_UNSUPPORTED);
        }
    });
}

#[test]
fn large_replies_arrive_whole() {
    on_every_backend("large_replies_arrive_whole", |backend, _| {
        // A busy disk takes longer than 5 s for so many at once.
        let options = Options { timeout_ms: 60_000, ..Options::default() };
        let client = &Client::with(&backend.endpoints, options).unwrap();
        let queue = Queue::new();
        let value = vec![b'v'; 1000];
        for i in 0..10_000 {
            queue.put(client, &key("large", &format!("{i:05}")), &value, i).unwrap();
        }
        for _ in 0..10_000 {
            queue.next(-1).unwrap().result.unwrap();
        }
        let reply = client.get(b"large/", flags(ETCD_PREFIX)).unwrap();
        assert_eq!((reply.kvs.len(), reply.count), (10_000, 10_000));
        for (i, kv) in reply.kvs.iter().enumerate() {
            assert_eq!(kv.key, key("large", &format!("{i:05}")));
            assert_eq!(kv.value, value);
        }
        assert_eq!(client.delete(b"large/", flags(ETCD_PREFIX)).unwrap().count, 10_000);
    });
}

/// To the byte. A server measures what it writes to its log: the request, its length, and
/// an id that begins with the last 16 bits of the member's.
#[test]
fn servers_take_requests_up_to_a_size() {
    on_every_backend("servers_take_requests_up_to_a_size", |backend, _| {
        let options = Options { max_send_bytes: 8 << 20, ..Default::default() };
        let client = Client::with(&backend.endpoints, options).unwrap();
        let member_id = client.get(b"s", DEFAULT).unwrap().member_id;
        let most = support::max_request(member_id);
        // Of a key of one byte and a value: 3 bytes and 4 before the value.
        let put = |size: usize| client.put(b"s", &vec![b'v'; size - 7], DEFAULT);
        put(most).unwrap();
        let over = put(most + 1).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_REQUEST_TOO_LARGE, false));
        put(most).unwrap();
        let over = put(2 << 20).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_REQUEST_TOO_LARGE, false));
        let over = put((2 << 20) + 1).unwrap_err();
        let expected = (ETCD_ERR_GRPC_RESOURCE_EXHAUSTED, false);
        assert_eq!((over.status, over.maybe_applied), expected);
        let text = "grpc: received message larger than max (2097153 vs. 2097152)";
        assert_eq!(over.message, text);
        client.delete(b"s", DEFAULT).unwrap();
    });
}

#[test]
fn limits_are_errors_and_the_client_stays_usable() {
    on_every_backend("limits_are_errors_and_the_client_stays_usable", |backend, client| {
        let k = key("limits", "k");
        let over = client.put(&k, &vec![0; 2 << 20], DEFAULT).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_SEND_TOO_LARGE, false));
        assert!(over.message.contains("2097152"), "{}", over.message);
        // Under our limit, over the server's.
        let over = client.put(&k, &vec![0; 1_700_000], DEFAULT).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_REQUEST_TOO_LARGE, false));
        assert_eq!(over.grpc_code, 3);
        assert_eq!(over.endpoint, backend.endpoints);

        client.put(&k, &vec![7; 100_000], DEFAULT).unwrap();
        let small = Options { max_receive_bytes: 50_000, ..Default::default() };
        let small = Client::with(&backend.endpoints, small).unwrap();
        let over = small.get(&k, DEFAULT).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_REPLY_TOO_LARGE, false));
        // The delete is done, only its reply is refused.
        let over = small.delete(&k, flags(ETCD_PREV_KV)).unwrap_err();
        assert_eq!((over.status, over.maybe_applied), (ETCD_ERR_REPLY_TOO_LARGE, true));
        assert_eq!(small.value(&k).unwrap(), None);

        for options in [flags(ETCD_PREFIX | ETCD_FROM_KEY), flags(1 << 31), flags(ETCD_PREV_KV)] {
            let error = client.get(&k, options).unwrap_err();
            let expected = [ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED];
            assert!(expected.contains(&error.status), "{error:?}");
        }
        let both = CallOptions { range_end: b"z", flags: ETCD_PREFIX, ..DEFAULT };
        assert_eq!(client.get(&k, both).unwrap_err().status, ETCD_ERR_INVALID_ARGUMENT);
        for result in [client.get(b"", DEFAULT), client.put(b"", b"", DEFAULT)] {
            assert_eq!(result.unwrap_err().status, ETCD_ERR_EMPTY_KEY);
        }
        client.put(&k, b"still here", flags(ETCD_REQUIRE_LEADER)).unwrap();
    });
}

#[test]
fn the_queue_delivers_each_end_once() {
    on_every_backend("the_queue_delivers_each_end_once", |backend, client| {
        let queue = Queue::new();
        let other = Client::open(&backend.endpoints);
        assert_eq!(queue.next(0).unwrap_err(), NoEvent::Empty);
        for i in 0..300 {
            let k = key("queue", &(i % 100).to_string());
            match i / 100 {
                0 => queue.put(client, &k, b"v", i).unwrap(),
                1 => queue.get(&other, &k, i).map(drop).unwrap(),
                _ => queue.delete(client, &k, i).unwrap(),
            }
        }
        let mut seen = HashSet::new();
        for _ in 0..300 {
            let event = queue.next(5000).unwrap();
            let expected = [ETCD_KV_PUT, ETCD_GET, ETCD_KV_DELETE][event.user_data / 100];
            assert_eq!(event.kind, expected);
            event.result.unwrap();
            assert!(seen.insert(event.user_data), "twice");
        }
        assert_eq!(queue.next(10).unwrap_err(), NoEvent::Empty);
    });
}

const ETCD_GET: i32 = ETCD_EVENT_GET_RESPONSE;
const ETCD_KV_PUT: i32 = ETCD_EVENT_PUT_RESPONSE;
const ETCD_KV_DELETE: i32 = ETCD_EVENT_DELETE_RESPONSE;

fn readable(fd: i32, wait_ms: i32) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    unsafe { libc::poll(&mut poll, 1, wait_ms) == 1 }
}

#[test]
fn the_descriptor_is_readable_while_an_event_waits() {
    on_every_backend("the_descriptor_is_readable_while_an_event_waits", |_, client| {
        let queue = Queue::new();
        let fd = queue.fd();
        assert_eq!(queue.fd(), fd);
        assert!(!readable(fd, 0));
        for tag in 0..2 {
            queue.get(client, b"descriptor", tag).unwrap();
        }
        assert!(readable(fd, 5000));
        queue.next(5000).unwrap().result.unwrap();
        queue.next(5000).unwrap().result.unwrap();
        assert!(!readable(fd, 50), "drained");
        unsafe { etcd::capi::queue::etcd_queue_wake(queue.0) };
        assert!(readable(fd, 0));
        assert_eq!(queue.next(0).unwrap_err(), NoEvent::Woken);
        assert!(!readable(fd, 0));
        unsafe { etcd::capi::queue::etcd_queue_free(queue.0) };
        assert_eq!(queue.next(-1).unwrap_err(), NoEvent::Failed(ETCD_ERR_BAD_HANDLE));
        assert_eq!(queue.fd(), -1);
        let refused = queue.put(client, b"descriptor", b"", 0).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_BAD_HANDLE);
    });
}

#[test]
fn many_threads_share_a_client() {
    on_every_backend("many_threads_share_a_client", |_, client| {
        std::thread::scope(|scope| {
            for t in 0..16 {
                scope.spawn(move || {
                    for i in 0..support::scaled(1000) {
                        let k = key("threads", &format!("{t}"));
                        let v = i.to_string().into_bytes();
                        client.put(&k, &v, DEFAULT).unwrap();
                        assert_eq!(client.value(&k).unwrap().unwrap(), v, "own write");
                    }
                });
            }
        });
    });
}
