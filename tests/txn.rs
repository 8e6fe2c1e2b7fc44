//! Transactions: on every backend.

mod support;

use etcd::capi::event::*;
use etcd::capi::options::*;
use etcd::capi::pairs::*;
use etcd::capi::txn::*;
use etcd::status::*;
use std::ptr::{null, null_mut};
use support::backend::on_all_at_once;
use support::ffi::{self, *};

struct Txn(*mut etcd_txn_t);

impl Drop for Txn {
    fn drop(&mut self) {
        unsafe { etcd_txn_free(self.0) };
    }
}

/// A condition, as in etcd_compare_options_t.
#[derive(Clone, Copy, Default)]
struct If<'a> {
    end: &'a str,
    value: &'a str,
    number: i64,
    target: i32,
    result: i32,
    flags: u32,
}

#[derive(Debug, PartialEq)]
enum Op {
    Range(Vec<(String, String)>),
    Put(Option<String>),
    Delete(i64),
    Txn(bool, Vec<Op>),
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

unsafe fn op(response: &etcd_op_response_t) -> Op {
    let pointers = [
        !response.range.is_null(),
        !response.put.is_null(),
        !response.deleted.is_null(),
        !response.txn.is_null(),
    ];
    assert_eq!(pointers.iter().filter(|there| **there).count(), 1);
    match response.kind {
        ETCD_EVENT_GET_RESPONSE => {
            let kvs = range_reply(&*response.range).kvs;
            Op::Range(kvs.iter().map(|kv| (text(&kv.key), text(&kv.value))).collect())
        }
        ETCD_EVENT_PUT_RESPONSE => {
            Op::Put(put_reply(&*response.put).kvs.first().map(|kv| text(&kv.value)))
        }
        ETCD_EVENT_DELETE_RESPONSE => Op::Delete(delete_reply(&*response.deleted).count),
        _ => branch(&*response.txn).1,
    }
}

/// The revision, and what was done.
unsafe fn branch(response: &etcd_txn_response_t) -> (i64, Op) {
    let ops = match response.response_count {
        0 => Vec::new(),
        count => {
            let ops = std::slice::from_raw_parts(response.responses, count);
            ops.iter().map(|response| op(response)).collect()
        }
    };
    (response.header.revision, Op::Txn(response.succeeded, ops))
}

/// The functions that add return their status, which most tests ignore: the commit tells.
impl Txn {
    fn new() -> Txn {
        let txn = unsafe { etcd_txn_new() };
        assert!(!txn.is_null());
        Txn(txn)
    }

    fn compare(&self, key: &str, is: If<'_>) -> etcd_status_t {
        let options = etcd_compare_options_t {
            size: size_of::<etcd_compare_options_t>(),
            range_end: bytes(is.end.as_bytes()),
            value: bytes(is.value.as_bytes()),
            number: is.number,
            target: is.target,
            relation: is.result,
            flags: is.flags,
            reserved: 0,
        };
        unsafe { etcd_txn_compare(self.0, bytes(key.as_bytes()), &options) }
    }

    fn compare_value(&self, key: &str, relation: i32, value: &str) -> etcd_status_t {
        let (key, value) = (bytes(key.as_bytes()), bytes(value.as_bytes()));
        unsafe { etcd_txn_compare_value(self.0, key, relation, value) }
    }

    fn compare_number(&self, key: &str, target: i32, relation: i32, number: i64) -> etcd_status_t {
        let key = bytes(key.as_bytes());
        unsafe { etcd_txn_compare_number(self.0, key, target, relation, number) }
    }

    fn get(&self, branch: i32, key: &str, options: CallOptions<'_>) -> etcd_status_t {
        unsafe { etcd_txn_get(self.0, branch, bytes(key.as_bytes()), &options.get()) }
    }

    fn put(&self, branch: i32, key: &str, value: &str, options: CallOptions<'_>) -> etcd_status_t {
        let (key, value) = (bytes(key.as_bytes()), bytes(value.as_bytes()));
        unsafe { etcd_txn_put(self.0, branch, key, value, &options.put()) }
    }

    fn delete(&self, branch: i32, key: &str, options: CallOptions<'_>) -> etcd_status_t {
        unsafe { etcd_txn_delete(self.0, branch, bytes(key.as_bytes()), &options.delete()) }
    }

    fn nest(&self, branch: i32, nested: &Txn) -> etcd_status_t {
        unsafe { etcd_txn_nest(self.0, branch, nested.0) }
    }

    fn commit(&self, client: &Client) -> Result<(i64, Op)> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            check(etcd_txn_commit(client.0, self.0, null(), &mut out, &mut error), error)?;
            let read = branch(&*out);
            etcd_txn_response_free(out);
            Ok(read)
        }
    }

    /// Whether all compares hold.
    fn holds(&self, client: &Client) -> bool {
        matches!(self.commit(client).unwrap().1, Op::Txn(true, _))
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn all_of_a_branch_or_nothing() {
    on_all_at_once("all_of_a_branch_or_nothing", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.delete(b"branch/", flags(ETCD_PREFIX)).unwrap();
        let txn = Txn::new();
        // That it does not exist.
        txn.compare("branch/a", If::default());
        txn.put(ETCD_BRANCH_THEN, "branch/a", "1", flags(ETCD_PREV_KV));
        txn.put(ETCD_BRANCH_THEN, "branch/b", "2", DEFAULT);
        txn.get(ETCD_BRANCH_THEN, "branch/", flags(ETCD_PREFIX));
        txn.put(ETCD_BRANCH_ELSE, "branch/a", "else", flags(ETCD_PREV_KV));
        txn.delete(ETCD_BRANCH_ELSE, "branch/b", DEFAULT);
        txn.get(ETCD_BRANCH_ELSE, "branch/none", DEFAULT);
        let (first, done) = txn.commit(&client).unwrap();
        let both = vec![pair("branch/a", "1"), pair("branch/b", "2")];
        assert_eq!(done, Op::Txn(true, vec![Op::Put(None), Op::Put(None), Op::Range(both)]));
        let kvs = client.get(b"branch/", flags(ETCD_PREFIX)).unwrap().kvs;
        assert!(kvs.iter().all(|kv| kv.mod_revision == first), "one revision");
        // The same once more: now the other branch.
        let (second, done) = txn.commit(&client).unwrap();
        assert!(second > first);
        let ops = vec![Op::Put(some("1")), Op::Delete(1), Op::Range(vec![])];
        assert_eq!(done, Op::Txn(false, ops));

        // What one operation is refused for, none is done for.
        let txn = Txn::new();
        txn.put(ETCD_BRANCH_THEN, "branch/c", "c", DEFAULT);
        let lease = CallOptions { lease: 98765, ..DEFAULT };
        txn.put(ETCD_BRANCH_THEN, "branch/d", "d", lease);
        assert_eq!(txn.commit(&client).unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        assert_eq!(client.value(b"branch/c").unwrap(), None);
        // Without anything it does nothing, and says when.
        let (_, done) = Txn::new().commit(&client).unwrap();
        assert_eq!(done, Op::Txn(true, vec![]));
    });
}

#[test]
fn every_compare() {
    on_all_at_once("every_compare", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.delete(b"cmp/", flags(ETCD_PREFIX)).unwrap();
        let created = client.put(b"cmp/a", b"k", DEFAULT).unwrap().revision;
        let changed = client.put(b"cmp/a", b"m", DEFAULT).unwrap().revision;
        client.put(b"cmp/b", b"m", DEFAULT).unwrap();
        let holds = |key: &str, is: If<'_>| {
            let txn = Txn::new();
            txn.compare(key, is);
            txn.holds(&client)
        };
        let orders = |key: &str, is: If<'_>| -> String {
            let by = [
                (ETCD_COMPARE_LESS, '<'),
                (ETCD_COMPARE_EQUAL, '='),
                (ETCD_COMPARE_GREATER, '>'),
                (ETCD_COMPARE_NOT_EQUAL, '!'),
            ];
            let of = by.iter().filter(|(result, _)| holds(key, If { result: *result, ..is }));
            of.map(|(_, shown)| *shown).collect()
        };
        for (target, number) in [
            (ETCD_TARGET_VERSION, 2),
            (ETCD_TARGET_CREATE, created),
            (ETCD_TARGET_MOD, changed),
            (ETCD_TARGET_LEASE, 0),
        ] {
            let with = |number| If { target, number, ..If::default() };
            assert_eq!(orders("cmp/a", with(number)), "=");
            assert_eq!(orders("cmp/a", with(number - 1)), ">!");
            assert_eq!(orders("cmp/a", with(number + 1)), "<!");
            assert_eq!(orders("cmp/none", with(0)), "=");
            assert_eq!(orders("cmp/none", with(1)), "<!");
        }
        let value = |value| If { target: ETCD_TARGET_VALUE, value, ..If::default() };
        assert_eq!(orders("cmp/a", value("m")), "=");
        assert_eq!(orders("cmp/a", value("l")), ">!");
        assert_eq!(orders("cmp/a", value("mm")), "<!");
        // The short forms say the same.
        let short = |add: &dyn Fn(&Txn) -> etcd_status_t| {
            let txn = Txn::new();
            assert_eq!(add(&txn), ETCD_OK);
            txn.holds(&client)
        };
        for (relation, expected) in [
            (ETCD_COMPARE_LESS, [true, false, false]),
            (ETCD_COMPARE_EQUAL, [false, true, false]),
            (ETCD_COMPARE_GREATER, [false, false, true]),
            (ETCD_COMPARE_NOT_EQUAL, [true, false, true]),
        ] {
            let values = ["mm", "m", "l"]
                .map(|value| short(&|txn| txn.compare_value("cmp/a", relation, value)));
            assert_eq!(values, expected, "{relation}");
            for (target, is) in [
                (ETCD_TARGET_VERSION, 2),
                (ETCD_TARGET_CREATE, created),
                (ETCD_TARGET_MOD, changed),
                (ETCD_TARGET_LEASE, 0),
            ] {
                let numbers = [is + 1, is, is - 1].map(|number| {
                    short(&|txn| txn.compare_number("cmp/a", target, relation, number))
                });
                assert_eq!(numbers, expected, "{target} {relation}");
            }
        }
        assert!(!short(&|txn| txn.compare_value("cmp/none", ETCD_COMPARE_EQUAL, "")));
        // No key has no value, not even another one.
        assert_eq!(orders("cmp/none", value("")), "");
        // All keys of a range.
        let all = |is: If<'_>| {
            (
                holds("cmp/", If { flags: ETCD_PREFIX, ..is }),
                holds("cmp/a", If { end: "cmp/c", ..is }),
            )
        };
        assert_eq!(all(value("m")), (true, true));
        client.put(b"cmp/b", b"n", DEFAULT).unwrap();
        assert_eq!(all(value("m")), (false, false));
        assert_eq!(all(If { result: ETCD_COMPARE_GREATER, ..If::default() }), (true, true));
        assert!(holds("cmp/x", If { flags: ETCD_PREFIX, ..If::default() }), "none is there");
        // More than one.
        let txn = Txn::new();
        txn.compare("cmp/a", value("m"));
        txn.compare("cmp/b", value("n"));
        assert!(txn.holds(&client));
        txn.compare("cmp/b", value("m"));
        assert!(!txn.holds(&client));
    });
}

#[test]
fn transactions_in_transactions() {
    on_all_at_once("transactions_in_transactions", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.delete(b"nest/", flags(ETCD_PREFIX)).unwrap();
        let inner = Txn::new();
        inner.compare("nest/a", If::default());
        inner.put(ETCD_BRANCH_THEN, "nest/b", "then", DEFAULT);
        inner.put(ETCD_BRANCH_ELSE, "nest/b", "else", DEFAULT);
        let outer = Txn::new();
        outer.put(ETCD_BRANCH_THEN, "nest/a", "a", DEFAULT);
        outer.nest(ETCD_BRANCH_THEN, &inner);
        outer.get(ETCD_BRANCH_THEN, "nest/b", DEFAULT);
        // Changed afterwards: a copy was taken.
        inner.put(ETCD_BRANCH_THEN, "nest/c", "c", DEFAULT);
        let nested = |succeeded| Op::Txn(succeeded, vec![Op::Put(None)]);
        let found = |value| Op::Range(vec![pair("nest/b", value)]);
        let done =
            |succeeded, value| Op::Txn(true, vec![Op::Put(None), nested(succeeded), found(value)]);
        // The inner compare sees what was there before.
        assert_eq!(outer.commit(&client).unwrap().1, done(true, "then"));
        assert_eq!(outer.commit(&client).unwrap().1, done(false, "else"));

        let deep = Txn::new();
        deep.get(ETCD_BRANCH_THEN, "nest/a", DEFAULT);
        let mut depth = Op::Range(vec![pair("nest/a", "a")]);
        let mut txn = deep;
        for level in 0..31 {
            let next = Txn::new();
            let nested = next.nest(ETCD_BRANCH_THEN, &txn);
            if level == 30 {
                assert_eq!(nested, ETCD_ERR_INVALID_ARGUMENT);
                break;
            }
            depth = Op::Txn(true, vec![depth]);
            txn = next;
        }
        assert_eq!(txn.commit(&client).unwrap().1, Op::Txn(true, vec![depth]));
        // In itself, as often as there is room: each time it doubles.
        let twin = Txn::new();
        twin.get(ETCD_BRANCH_THEN, "k", DEFAULT);
        let full = (0..40).map(|_| twin.nest(ETCD_BRANCH_THEN, &twin)).find(|status| *status < 0);
        assert_eq!(full, Some(ETCD_ERR_TOO_MANY_OPS));
        assert_eq!(txn.nest(ETCD_BRANCH_ELSE, &txn), ETCD_ERR_INVALID_ARGUMENT);
    });
}

/// To the byte: what a transaction takes beside its value is 15 bytes, and what a server
/// adds in its log is 17 or 18.
#[test]
fn servers_take_transactions_up_to_a_size() {
    on_all_at_once("servers_take_transactions_up_to_a_size", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let member_id = client.get(b"k", DEFAULT).unwrap().member_id;
        let most = support::max_request(member_id);
        let status = |txn: Txn| txn.commit(&client).map(drop).map_err(|error| error.status);
        let write = |size: usize| {
            let txn = Txn::new();
            txn.put(ETCD_BRANCH_THEN, "s", &"v".repeat(size - 15), DEFAULT);
            txn
        };
        assert_eq!(status(write(most)), Ok(()));
        assert_eq!(status(write(most + 1)), Err(ETCD_ERR_REQUEST_TOO_LARGE));
        // One that only reads is not logged, unless it is nested.
        let read = || {
            let txn = Txn::new();
            txn.get(ETCD_BRANCH_THEN, &"k".repeat(most), DEFAULT);
            txn
        };
        assert_eq!(status(read()), Ok(()));
        let nested = Txn::new();
        assert_eq!(nested.nest(ETCD_BRANCH_THEN, &read()), ETCD_OK);
        assert_eq!(status(nested), Err(ETCD_ERR_REQUEST_TOO_LARGE));
    });
}

#[test]
fn what_a_server_refuses() {
    on_all_at_once("what_a_server_refuses", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let many = |count| {
            let txn = Txn::new();
            for _ in 0..count {
                txn.get(ETCD_BRANCH_THEN, "k", DEFAULT);
            }
            txn.commit(&client)
        };
        assert!(many(128).is_ok());
        let status = |result: Result<(i64, Op)>| {
            let error = result.unwrap_err();
            assert!(!error.maybe_applied, "{error:?}");
            error.status
        };
        assert_eq!(status(many(129)), ETCD_ERR_TOO_MANY_OPS);
        let twice = Txn::new();
        twice.put(ETCD_BRANCH_THEN, "twice", "1", DEFAULT);
        twice.put(ETCD_BRANCH_THEN, "twice", "2", DEFAULT);
        assert_eq!(status(twice.commit(&client)), ETCD_ERR_DUPLICATE_KEY);
        let future = Txn::new();
        let revision = client.get(b"k", DEFAULT).unwrap().revision + 1_000_000;
        future.get(ETCD_BRANCH_THEN, "k", CallOptions { revision, ..DEFAULT });
        assert_eq!(status(future.commit(&client)), ETCD_ERR_FUTURE_REVISION);
        let large = Txn::new();
        let value = "v".repeat(1 << 20);
        large.put(ETCD_BRANCH_THEN, "large/1", &value, DEFAULT);
        large.put(ETCD_BRANCH_THEN, "large/2", &value[..600_000], DEFAULT);
        assert_eq!(status(large.commit(&client)), ETCD_ERR_REQUEST_TOO_LARGE);
        large.put(ETCD_BRANCH_THEN, "large/3", &value, DEFAULT);
        assert_eq!(status(large.commit(&client)), ETCD_ERR_SEND_TOO_LARGE);
    });
}

/// etcd may have put the key all the same, up to 3.5.16.
#[test]
fn a_read_that_fails_in_a_transaction_that_writes() {
    on_all_at_once("a_read_that_fails_in_a_transaction_that_writes", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.delete(b"half", DEFAULT).unwrap();
        let revision = client.put(b"half/k", b"v", DEFAULT).unwrap().revision;
        client.compact(revision, DEFAULT).unwrap();
        for (revision, status) in
            [(1, ETCD_ERR_COMPACTED), (revision + 1_000_000, ETCD_ERR_FUTURE_REVISION)]
        {
            let txn = Txn::new();
            txn.put(ETCD_BRANCH_THEN, "half", "v", DEFAULT);
            txn.get(ETCD_BRANCH_THEN, "half/k", CallOptions { revision, ..DEFAULT });
            let error = txn.commit(&client).unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (status, true));
            if backend.cluster.is_none() {
                assert_eq!(client.value(b"half").unwrap(), None);
            }
            // Without a write there is no doubt.
            let txn = Txn::new();
            txn.get(ETCD_BRANCH_THEN, "half/k", CallOptions { revision, ..DEFAULT });
            let error = txn.commit(&client).unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (status, false));
        }
    });
}

#[test]
fn transactions_through_a_queue() {
    on_all_at_once("transactions_through_a_queue", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let (queue, mut event, mut error) = (Queue::new(), null_mut(), null_mut());
        let txn = Txn::new();
        txn.put(ETCD_BRANCH_THEN, "queued", "v", DEFAULT);
        let no_op = null_mut();
        unsafe {
            let tag = 5 as *mut std::ffi::c_void;
            let status =
                etcd_txn_commit_async(client.0, txn.0, null(), queue.0, tag, no_op, &mut error);
            check(status, error).unwrap();
            drop(txn);
            let wait = etcd::capi::queue::etcd_queue_next(queue.0, 5000, &mut event, null_mut());
            assert_eq!((wait, etcd_event_kind(event)), (ETCD_OK, ETCD_EVENT_TXN_RESPONSE));
            assert_eq!(etcd_event_user_data(event), tag);
            let response: &etcd_txn_response_t = &*ffi::response(event, ETCD_EVENT_TXN_RESPONSE);
            assert_eq!(branch(response).1, Op::Txn(true, vec![Op::Put(None)]));
            assert!(etcd_event_response(event, ETCD_EVENT_PUT_RESPONSE).is_null());
            etcd_event_free(event);
        }
        assert_eq!(client.value(b"queued").unwrap().unwrap(), b"v");
    });
}

#[test]
fn wrong_arguments() {
    let key = "k";
    let (then, or_else) = (ETCD_BRANCH_THEN, ETCD_BRANCH_ELSE);
    // Each in a transaction of its own, where it stays.
    let refused = |expected, add: &dyn Fn(&Txn) -> etcd_status_t| {
        let txn = Txn::new();
        assert_eq!((add(&txn), txn.get(then, key, DEFAULT)), (expected, expected));
    };
    for branch in [-1, 2, i32::MAX] {
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.get(branch, key, DEFAULT));
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.put(branch, key, "v", DEFAULT));
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.delete(branch, key, DEFAULT));
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.nest(branch, &Txn::new()));
    }
    let deadline = ffi::timeout(1);
    let leader = flags(ETCD_REQUIRE_LEADER);
    refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.get(then, key, deadline));
    refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.put(or_else, key, "", deadline));
    refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.delete(then, key, leader));
    refused(ETCD_ERR_EMPTY_KEY, &|txn| txn.get(then, "", DEFAULT));
    refused(ETCD_ERR_EMPTY_KEY, &|txn| txn.put(then, "", "v", DEFAULT));
    refused(ETCD_ERR_EMPTY_KEY, &|txn| txn.compare("", If::default()));
    for wrong in [
        If { target: 5, ..If::default() },
        If { target: -1, ..If::default() },
        If { result: 4, ..If::default() },
        If { value: "v", ..If::default() },
        If { target: ETCD_TARGET_VALUE, number: 1, ..If::default() },
        If { end: "z", flags: ETCD_PREFIX, ..If::default() },
    ] {
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.compare(key, wrong));
    }
    let unknown = If { flags: ETCD_PREV_KV, ..If::default() };
    refused(ETCD_ERR_UNSUPPORTED, &|txn| txn.compare(key, unknown));
    let equal = ETCD_COMPARE_EQUAL;
    refused(ETCD_ERR_EMPTY_KEY, &|txn| txn.compare_value("", equal, "v"));
    refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.compare_value(key, 1, "v"));
    refused(ETCD_ERR_EMPTY_KEY, &|txn| txn.compare_number("", ETCD_TARGET_MOD, equal, 1));
    for (target, relation) in
        [(ETCD_TARGET_VALUE, equal), (1, equal), (ETCD_TARGET_MOD, ETCD_TARGET_MOD)]
    {
        refused(ETCD_ERR_INVALID_ARGUMENT, &|txn| txn.compare_number(key, target, relation, 1));
    }
}

#[test]
fn the_first_error_stays_and_nothing_is_applied() {
    on_all_at_once("the_first_error_stays_and_nothing_is_applied", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.delete(b"stay/", flags(ETCD_PREFIX)).unwrap();
        let then = ETCD_BRANCH_THEN;
        let txn = Txn::new();
        assert_eq!(txn.put(then, "stay/a", "1", DEFAULT), ETCD_OK);
        assert_eq!(txn.get(77, "stay/a", DEFAULT), ETCD_ERR_INVALID_ARGUMENT);
        // Neither what is good nor another error changes that.
        assert_eq!(txn.put(then, "stay/b", "2", DEFAULT), ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(txn.put(then, "", "3", DEFAULT), ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(txn.compare("stay/a", If::default()), ETCD_ERR_INVALID_ARGUMENT);
        let told = |error: &Failure| {
            assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT);
            assert!(error.message.contains("branch is 77"), "{error:?}");
            assert!(!error.maybe_applied && error.endpoint.is_empty(), "{error:?}");
        };
        for _ in 0..2 {
            told(&txn.commit(&client).unwrap_err());
        }
        // It is nested, or made an operation, no better.
        let outer = Txn::new();
        assert_eq!(outer.put(then, "stay/c", "4", DEFAULT), ETCD_OK);
        assert_eq!(outer.nest(then, &txn), ETCD_ERR_INVALID_ARGUMENT);
        told(&outer.commit(&client).unwrap_err());
        let (mut op, mut error) = (null_mut(), null_mut());
        unsafe {
            let made = etcd::capi::request::etcd_op_new_txn(outer.0, &mut op, &mut error);
            told(&check(made, error).unwrap_err());
            assert!(op.is_null());
            // Without an event: it is an error of the arguments.
            let queue = Queue::new();
            let (tag, mut call, mut event) = (null_mut(), 8 as *mut _, null_mut());
            let started =
                etcd_txn_commit_async(client.0, txn.0, null(), queue.0, tag, &mut call, &mut error);
            told(&check(started, error).unwrap_err());
            assert!(call.is_null());
            let next = etcd::capi::queue::etcd_queue_next(queue.0, 0, &mut event, null_mut());
            assert_eq!(next, ETCD_EMPTY);
        }
        // A part that is none, a freed transaction or no operation, would be missing.
        let freed = Txn::new();
        unsafe { etcd_txn_free(freed.0) };
        let lacks = [Txn::new(), Txn::new()];
        assert_eq!(lacks[0].nest(then, &freed), ETCD_ERR_BAD_HANDLE);
        let added = unsafe { etcd::capi::request::etcd_txn_add(lacks[1].0, then, null()) };
        assert_eq!(added, ETCD_ERR_BAD_HANDLE);
        for txn in lacks {
            assert_eq!(txn.put(then, "stay/d", "5", DEFAULT), ETCD_ERR_BAD_HANDLE);
            assert_eq!(txn.commit(&client).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
        }
        assert_eq!(client.get(b"stay/", flags(ETCD_PREFIX)).unwrap().count, 0);
    });
}

#[test]
fn a_transaction_that_is_freed_or_was_never_made() {
    let client = Client::open("mem:freed");
    for null in [false, true] {
        let txn = Txn::new();
        unsafe { etcd_txn_free(txn.0) };
        let txn = if null { Txn(null_mut()) } else { txn };
        let equal = ETCD_COMPARE_EQUAL;
        for status in [
            txn.compare("k", If::default()),
            txn.compare_value("k", equal, "v"),
            txn.compare_number("k", ETCD_TARGET_MOD, equal, 0),
            txn.get(ETCD_BRANCH_THEN, "k", DEFAULT),
            txn.put(ETCD_BRANCH_THEN, "k", "v", DEFAULT),
            txn.delete(ETCD_BRANCH_THEN, "k", DEFAULT),
            txn.nest(ETCD_BRANCH_THEN, &txn),
        ] {
            assert_eq!(status, ETCD_ERR_BAD_HANDLE);
        }
        assert_eq!(txn.commit(&client).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
    }
    // One that is made afterwards has nothing of it.
    assert_eq!(Txn::new().commit(&client).unwrap().1, Op::Txn(true, vec![]));
}
