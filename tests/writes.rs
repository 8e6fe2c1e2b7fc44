//! Requests as values, writes with a condition, puts with a ttl, and the first and last of a range: on every backend.

mod support;

use etcd::capi::condition::*;
use etcd::capi::event::*;
use etcd::capi::kv::*;
use etcd::capi::options::*;
use etcd::capi::pairs::*;
use etcd::capi::queue::etcd_queue_next;
use etcd::capi::request::*;
use etcd::capi::txn::*;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::backend::on_all_at_once;
use support::ffi::{self, *};
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, shared, Cluster};

/// A reply to a write with a condition.
#[derive(Debug, PartialEq)]
struct Done {
    succeeded: bool,
    revision: i64,
    value: Option<Vec<u8>>,
    mod_revision: i64,
}

unsafe fn done(r: &etcd_if_response_t) -> Done {
    let kv = r.kv.as_ref();
    let value = kv.map(|kv| match kv.value.len {
        0 => Vec::new(),
        len => std::slice::from_raw_parts(kv.value.data, len).to_vec(),
    });
    let mod_revision = kv.map_or(0, |kv| kv.mod_revision);
    Done { succeeded: r.succeeded, revision: r.header.revision, value, mod_revision }
}

/// A call, blocking and then through a queue.
macro_rules! conditional {
    ($client:expr, $call:ident, $async:ident($($argument:expr),*)) => {[
        {
            let (mut out, mut error) = (null_mut(), null_mut());
            unsafe {
                let status = $call($client.0, $($argument,)* &mut out, &mut error);
                ffi::check(status, error).map(|()| {
                    let read = done(&*out);
                    etcd_if_response_free(out);
                    read
                })
            }
        },
        {
            let (queue, mut error, mut event) = (Queue::new(), null_mut(), null_mut());
            unsafe {
                let (data, op) = (null_mut(), null_mut());
                let status = $async($client.0, $($argument,)* queue.0, data, op, &mut error);
                ffi::check(status, error).and_then(|()| {
                    let wait = etcd_queue_next(queue.0, 5000, &mut event, null_mut());
                    assert_eq!((wait, etcd_event_kind(event)), (ETCD_OK, ETCD_EVENT_IF_RESPONSE));
                    let result = match etcd_event_status(event) {
                        ETCD_OK => Ok(done(&*ffi::response(event, ETCD_EVENT_IF_RESPONSE))),
                        _ => Err(failure_of(etcd_event_error(event))),
                    };
                    etcd_event_free(event);
                    result
                })
            }
        },
    ]};
}

type Both = [Result<Done>; 2];

fn create(client: &Client, key: &[u8], value: &[u8]) -> Both {
    let (key, value) = (bytes(key), bytes(value));
    conditional!(client, etcd_kv_put_if_absent, etcd_kv_put_if_absent_async(key, value, null()))
}

fn put_if_value(
    client: &Client,
    key: &[u8],
    seen: &[u8],
    value: &[u8],
    o: CallOptions<'_>,
) -> Both {
    let (key, seen, value, o) = (bytes(key), bytes(seen), bytes(value), o.put());
    conditional!(client, etcd_kv_put_if_value, etcd_kv_put_if_value_async(key, seen, value, &o))
}

fn put_if_revision(
    client: &Client,
    key: &[u8],
    seen: i64,
    value: &[u8],
    o: CallOptions<'_>,
) -> Both {
    let (key, value, o) = (bytes(key), bytes(value), o.put());
    conditional!(
        client,
        etcd_kv_put_if_revision,
        etcd_kv_put_if_revision_async(key, seen, value, &o)
    )
}

fn delete_if_value(client: &Client, key: &[u8], seen: &[u8], o: CallOptions<'_>) -> Both {
    let (key, seen, o) = (bytes(key), bytes(seen), o.delete());
    conditional!(client, etcd_kv_delete_if_value, etcd_kv_delete_if_value_async(key, seen, &o))
}

fn delete_if_revision(client: &Client, key: &[u8], seen: i64, o: CallOptions<'_>) -> Both {
    let (key, o) = (bytes(key), o.delete());
    conditional!(
        client,
        etcd_kv_delete_if_revision,
        etcd_kv_delete_if_revision_async(key, seen, &o)
    )
}

fn put_once(client: &Client, key: &[u8], seen: i64, value: &[u8]) -> Done {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let (key, value) = (bytes(key), bytes(value));
        let status =
            etcd_kv_put_if_revision(client.0, key, seen, value, null(), &mut out, &mut error);
        ffi::check(status, error).unwrap();
        let read = done(&*out);
        etcd_if_response_free(out);
        read
    }
}

#[test]
fn writes_with_a_condition() {
    on_all_at_once("writes_with_a_condition", &[], |backend| {
        let client = &Client::open(&backend.endpoints);
        let k = b"if/k";
        let [first, second] = create(client, k, b"one").map(Result::unwrap);
        assert!(first.succeeded && first.value.is_none());
        assert!(!second.succeeded && second.value.as_deref() == Some(b"one"));
        assert_eq!((second.mod_revision, second.revision), (first.revision, first.revision));

        // The first of each pair does it, so that the second finds it done.
        let prev = flags(ETCD_PREV_KV);
        let [swapped, not] = put_if_value(client, k, b"one", b"two", prev).map(Result::unwrap);
        assert!(swapped.succeeded && swapped.value.as_deref() == Some(b"one"));
        assert!(!not.succeeded && not.value.as_deref() == Some(b"two"));
        let seen = not.mod_revision;
        let [swapped, not] =
            put_if_revision(client, k, seen, b"three", DEFAULT).map(Result::unwrap);
        assert!(swapped.succeeded && swapped.value.is_none() && swapped.revision == seen + 1);
        assert!(!not.succeeded && not.value.as_deref() == Some(b"three"));
        let [a, b] = delete_if_value(client, k, b"two", prev).map(Result::unwrap);
        assert!(!a.succeeded && a == b && a.value.as_deref() == Some(b"three"));
        let [gone, not] = delete_if_value(client, k, b"three", prev).map(Result::unwrap);
        assert!(gone.succeeded && gone.value.as_deref() == Some(b"three"));
        assert_eq!((not.succeeded, not.value, not.mod_revision), (false, None, 0));
        // A key that does not exist has no value, not the empty one; its revision is 0.
        let [a, b] = put_if_value(client, k, b"", b"x", DEFAULT).map(Result::unwrap);
        assert!(!a.succeeded && a == b && a.value.is_none());
        let [made, not] = put_if_revision(client, k, 0, b"", DEFAULT).map(Result::unwrap);
        assert!(made.succeeded && !not.succeeded && not.value.as_deref() == Some(b""));
        let [a, b] = delete_if_revision(client, k, made.revision - 1, DEFAULT).map(Result::unwrap);
        assert!(!a.succeeded && a == b);
        let [gone, not] = delete_if_revision(client, k, made.revision, DEFAULT).map(Result::unwrap);
        assert!(gone.succeeded && !not.succeeded && not.value.is_none());

        for refused in [
            put_if_revision(client, k, -1, b"", DEFAULT),
            delete_if_revision(client, k, i64::MIN, DEFAULT),
            delete_if_value(client, k, b"", flags(ETCD_PREFIX)),
            delete_if_value(client, k, b"", CallOptions { range_end: b"z", ..DEFAULT }),
        ] {
            let refused = refused.map(|result| result.unwrap_err());
            assert!(refused
                .iter()
                .all(|e| e.status == ETCD_ERR_INVALID_ARGUMENT && !e.maybe_applied));
        }
        for refused in create(client, b"", b"") {
            assert_eq!(refused.unwrap_err().status, ETCD_ERR_EMPTY_KEY);
        }
        // Counters that nobody loses.
        let count = || {
            let own = Client::open(&backend.endpoints);
            for _ in 0..25 {
                let (mut seen, mut next) = (0, 1u32);
                loop {
                    let text = next.to_string();
                    let reply = put_once(&own, b"if/n", seen, text.as_bytes());
                    if reply.succeeded {
                        break;
                    }
                    let now =
                        reply.value.as_ref().map_or("0".into(), |v| String::from_utf8_lossy(v));
                    (seen, next) = (reply.mod_revision, now.parse::<u32>().unwrap() + 1);
                }
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(count))));
        assert_eq!(client.value(b"if/n").unwrap().unwrap(), b"75");
        client.delete(b"if/", flags(ETCD_PREFIX)).unwrap();
    });
}

#[test]
fn a_lost_reply_leaves_a_doubt() {
    let test = "a_lost_reply_leaves_a_doubt";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = shared(&version);
    let proxy = Proxy::to_port(cluster.port(0), 1);
    let client = Client::open(&proxy.endpoint());
    client.get(b"k", DEFAULT).unwrap();
    proxy.once(Fault::CutAfter(Dir::ToClient, 0));
    let (mut out, mut error) = (null_mut(), null_mut());
    let failure = unsafe {
        let (key, value) = (bytes(b"lost/k"), bytes(b"v"));
        let status = etcd_kv_put_if_absent(client.0, key, value, null(), &mut out, &mut error);
        ffi::check(status, error).unwrap_err()
    };
    assert!(failure.maybe_applied && out.is_null(), "{failure:?}");
}

/// The lease, the ttl, and what was there before.
fn put_ttl(
    client: &Client,
    key: &[u8],
    value: &[u8],
    ttl: i64,
    options: CallOptions<'_>,
) -> Result<(i64, i64, Reply)> {
    let (mut out, mut error) = (null_mut(), null_mut());
    let options = options.put();
    let read = |out: &etcd_put_response_t| unsafe { (out.lease, out.ttl, put_reply(out)) };
    unsafe {
        let (key, value) = (bytes(key), bytes(value));
        // By turns, the second way through a queue.
        static TURN: AtomicBool = AtomicBool::new(false);
        if TURN.fetch_not(Relaxed) {
            let status = etcd_kv_put_ttl(client.0, key, value, ttl, &options, &mut out, &mut error);
            ffi::check(status, error)?;
            let read = read(&*out);
            etcd_put_response_free(out);
            return Ok(read);
        }
        let (queue, mut event) = (Queue::new(), null_mut());
        let (tag, op) = (null_mut(), null_mut());
        let started = etcd_kv_put_ttl_async(
            client.0, key, value, ttl, &options, queue.0, tag, op, &mut error,
        );
        ffi::check(started, error)?;
        assert_eq!(etcd_queue_next(queue.0, 10_000, &mut event, null_mut()), ETCD_OK);
        assert_eq!(etcd_event_kind(event), ETCD_EVENT_PUT_RESPONSE);
        let response: *const etcd_put_response_t = ffi::response(event, ETCD_EVENT_PUT_RESPONSE);
        let response = response.as_ref().map(read);
        let result = response.ok_or_else(|| failure_of(etcd_event_error(event)));
        etcd_event_free(event);
        result
    }
}

fn leases(client: &Client) -> usize {
    use etcd::capi::lease::*;
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        ffi::check(etcd_lease_list(client.0, null(), &mut out, &mut error), error).unwrap();
        let count = (*out).id_count;
        etcd_lease_list_response_free(out);
        count
    }
}

#[test]
fn a_put_with_a_ttl() {
    on_all_at_once("a_put_with_a_ttl", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let prev = flags(ETCD_PREV_KV);
        let (lease, ttl, before) = put_ttl(&client, b"ttl/k", b"v", 60, prev).unwrap();
        assert!(lease != 0 && ttl == 60 && before.kvs.is_empty());
        let kv = client.get(b"ttl/k", DEFAULT).unwrap().kvs.remove(0);
        assert_eq!((kv.lease, kv.mod_revision), (lease, before.revision));
        let (short, ttl, before) = put_ttl(&client, b"ttl/k", b"w", 1, prev).unwrap();
        assert!(short != lease && (1..=3).contains(&ttl) && before.kvs[0].value == b"v");
        let begin = Instant::now();
        while client.value(b"ttl/k").unwrap().is_some() {
            assert!(begin.elapsed() < Duration::from_secs(15));
            std::thread::sleep(Duration::from_millis(100));
        }
        // Nothing is left of what did not come about.
        let count = leases(&client);
        let refused = |key: &[u8], value: &[u8], ttl, options| {
            let error = put_ttl(&client, key, value, ttl, options).unwrap_err();
            assert!(!error.maybe_applied, "{error:?}");
            error.status
        };
        let keep = flags(ETCD_PUT_IGNORE_VALUE);
        assert_eq!(refused(b"ttl/none", b"", 60, keep), ETCD_ERR_KEY_NOT_FOUND);
        let large = vec![0; 1_700_000];
        assert_eq!(refused(b"ttl/k", &large, 60, DEFAULT), ETCD_ERR_REQUEST_TOO_LARGE);
        assert_eq!(
            refused(b"ttl/k", &[large.clone(), large].concat(), 60, DEFAULT),
            ETCD_ERR_SEND_TOO_LARGE
        );
        assert_eq!(refused(b"", b"", 60, DEFAULT), ETCD_ERR_EMPTY_KEY);
        assert_eq!(refused(b"k", b"", 0, DEFAULT), ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(refused(b"k", b"", i64::MAX, DEFAULT), ETCD_ERR_LEASE_TTL_TOO_LARGE);
        assert_eq!(refused(b"k", b"", 60, flags(ETCD_PUT_IGNORE_LEASE)), ETCD_ERR_INVALID_ARGUMENT);
        let leased = CallOptions { lease, ..DEFAULT };
        assert_eq!(refused(b"k", b"", 60, leased), ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(leases(&client), count);
    });
}

/// A request; freed when dropped.
struct Request(*mut etcd_op_t);

impl Drop for Request {
    fn drop(&mut self) {
        unsafe { etcd_op_free(self.0) };
    }
}

macro_rules! request {
    ($make:ident($($argument:expr),*)) => {{
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe { ffi::check($make($($argument,)* &mut out, &mut error), error) }.map(|()| Request(out))
    }};
}

impl Request {
    fn get(key: &[u8], options: CallOptions<'_>) -> Result<Request> {
        let options = options.get();
        request!(etcd_op_new_get(bytes(key), &options))
    }

    fn put(key: &[u8], value: &[u8]) -> Result<Request> {
        request!(etcd_op_new_put(bytes(key), bytes(value), null()))
    }

    fn txn(txn: *const etcd_txn_t) -> Result<Request> {
        request!(etcd_op_new_txn(txn))
    }

    fn delete(key: &[u8], options: CallOptions<'_>) -> Result<Request> {
        let options = options.delete();
        request!(etcd_op_new_delete(bytes(key), &options))
    }

    /// The kind of the reply, and the number of keys, or of replies.
    fn perform(&self, client: &Client) -> Result<(i32, usize)> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            ffi::check(etcd_kv_do(client.0, self.0, null(), &mut out, &mut error), error)?;
            let read = match (*out).kind {
                ETCD_EVENT_GET_RESPONSE => (*(*out).range).kv_count,
                ETCD_EVENT_PUT_RESPONSE => usize::from(!(*(*out).put).prev_kv.is_null()),
                ETCD_EVENT_DELETE_RESPONSE => (*(*out).deleted).deleted as usize,
                ETCD_EVENT_TXN_RESPONSE => (*(*out).txn).response_count,
                other => panic!("{other}"),
            };
            let pointers = [
                (*out).range.is_null(),
                (*out).put.is_null(),
                (*out).deleted.is_null(),
                (*out).txn.is_null(),
            ];
            assert_eq!(pointers.iter().filter(|null| !**null).count(), 1);
            let kind = (*out).kind;
            etcd_op_response_free(out);
            Ok((kind, read))
        }
    }

    fn perform_queued(&self, client: &Client) -> (i32, etcd_status_t) {
        let (queue, mut error, mut event) = (Queue::new(), null_mut(), null_mut());
        unsafe {
            let (data, op) = (null_mut(), null_mut());
            let status = etcd_kv_do_async(client.0, self.0, null(), queue.0, data, op, &mut error);
            ffi::check(status, error).unwrap();
            assert_eq!(etcd_queue_next(queue.0, 5000, &mut event, null_mut()), ETCD_OK);
            let read = (etcd_event_kind(event), etcd_event_status(event));
            etcd_event_free(event);
            read
        }
    }
}

#[test]
fn a_request_is_done_alone_or_in_a_transaction() {
    on_all_at_once("a_request_is_done_alone_or_in_a_transaction", &[], |backend| {
        let client = &Client::open(&backend.endpoints);
        client.delete(b"do/", flags(ETCD_PREFIX)).unwrap();
        let (a, b) = (Request::put(b"do/a", b"1").unwrap(), Request::put(b"do/b", b"2").unwrap());
        let get = Request::get(b"do/", flags(ETCD_PREFIX)).unwrap();
        let delete = Request::delete(b"do/", flags(ETCD_PREFIX)).unwrap();
        let txn = unsafe {
            let txn = etcd_txn_new();
            for request in [&a, &b, &get] {
                etcd_txn_add(txn, ETCD_BRANCH_THEN, request.0);
            }
            let all = Request::txn(txn).unwrap();
            // A copy: what comes later is not in it.
            etcd_txn_add(txn, ETCD_BRANCH_THEN, all.0);
            etcd_txn_free(txn);
            all
        };
        for _ in 0..2 {
            assert_eq!(a.perform(client).unwrap(), (ETCD_EVENT_PUT_RESPONSE, 0));
            assert_eq!(get.perform(client).unwrap(), (ETCD_EVENT_GET_RESPONSE, 1));
            assert_eq!(txn.perform(client).unwrap(), (ETCD_EVENT_TXN_RESPONSE, 3));
            assert_eq!(delete.perform(client).unwrap(), (ETCD_EVENT_DELETE_RESPONSE, 2));
            assert_eq!(delete.perform(client).unwrap(), (ETCD_EVENT_DELETE_RESPONSE, 0));
        }
        for (request, kind) in [
            (&a, ETCD_EVENT_PUT_RESPONSE),
            (&get, ETCD_EVENT_GET_RESPONSE),
            (&txn, ETCD_EVENT_TXN_RESPONSE),
            (&delete, ETCD_EVENT_DELETE_RESPONSE),
        ] {
            assert_eq!(request.perform_queued(client), (kind, ETCD_OK));
        }
        // Errors of the call that it is, and of what it is made of.
        let past = Request::get(b"do/", CallOptions { revision: i64::MAX, ..DEFAULT }).unwrap();
        assert_eq!(past.perform(client).unwrap_err().status, ETCD_ERR_FUTURE_REVISION);
        assert_eq!(
            past.perform_queued(client),
            (ETCD_EVENT_GET_RESPONSE, ETCD_ERR_FUTURE_REVISION)
        );
        let timed = Request::get(b"k", timeout(9)).err().unwrap();
        assert_eq!(timed.status, ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(Request::put(b"", b"").err().unwrap().status, ETCD_ERR_EMPTY_KEY);
    });
}

#[test]
fn the_first_and_the_last_of_a_range() {
    on_all_at_once("the_first_and_the_last_of_a_range", &[], |backend| {
        let client = &Client::open(&backend.endpoints);
        client.delete(b"f/", flags(ETCD_PREFIX)).unwrap();
        for (key, value) in [("f/c", "2"), ("f/a", "3"), ("f/d", "1"), ("f/b", "4"), ("f/a", "0")] {
            client.put(key.as_bytes(), value.as_bytes(), DEFAULT).unwrap();
        }
        let one = |flag, sort_target| {
            let options = CallOptions { sort_target, ..flags(ETCD_PREFIX | flag) };
            let reply = client.get(b"f/", options).unwrap();
            assert_eq!((reply.kvs.len(), reply.count, reply.more), (1, 4, true));
            char::from(reply.kvs[0].key[2])
        };
        for (target, first, last) in [
            (ETCD_SORT_BY_KEY, 'a', 'd'),
            (ETCD_SORT_BY_CREATE, 'c', 'b'),
            (ETCD_SORT_BY_MOD, 'c', 'a'),
            (ETCD_SORT_BY_VALUE, 'a', 'b'),
        ] {
            assert_eq!((one(ETCD_GET_FIRST, target), one(ETCD_GET_LAST, target)), (first, last));
        }
        assert_eq!(one(ETCD_GET_LAST, ETCD_SORT_BY_VERSION), 'a');
        for options in [
            flags(ETCD_GET_FIRST | ETCD_GET_LAST),
            CallOptions { limit: 1, ..flags(ETCD_GET_FIRST) },
            CallOptions { sort_order: ETCD_SORT_DESCEND, ..flags(ETCD_GET_LAST) },
        ] {
            assert_eq!(client.get(b"f/", options).unwrap_err().status, ETCD_ERR_INVALID_ARGUMENT);
        }
    });
}

/// While a leader hands over it drops what is proposed.
#[test]
fn no_transfer_of_the_lead_leaves_a_write_in_doubt_that_was_dropped() {
    let test = "no_transfer_of_the_lead_leaves_a_write_in_doubt_that_was_dropped";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..16)
            .map(|i| {
                let (cluster, over) = (&cluster, &over);
                scope.spawn(move || {
                    let client = Client::open(&cluster.endpoints());
                    let key = format!("transfer/{i}");
                    let mut dropped = Vec::new();
                    while !over.load(Relaxed) {
                        let result = client.put(key.as_bytes(), b"v", DEFAULT);
                        dropped.extend(result.err().filter(|e| e.message.contains("dropped")));
                    }
                    dropped
                })
            })
            .collect();
        let members = cluster.etcdctl_ok(&["member", "list"]);
        let id = |i: usize| {
            let name = format!("m{i}");
            let line = members.lines().find(|line| line.split(", ").nth(2) == Some(&name));
            line.unwrap().split(", ").next().unwrap()
        };
        for _ in 0..15 {
            let next = (cluster.leader() + 1) % 3;
            cluster.etcdctl(&["move-leader", id(next)]);
            std::thread::sleep(Duration::from_millis(100));
        }
        over.store(true, Relaxed);
        let dropped: Vec<_> = writers.into_iter().flat_map(|it| it.join().unwrap()).collect();
        assert!(dropped.is_empty(), "{} times: {:?}", dropped.len(), dropped[0]);
    });
}
