//! Leases: on every backend.

mod support;

use etcd::capi::event::*;
use etcd::capi::lease::*;
use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::options::*;
use etcd::capi::pairs::etcd_header_response_free;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::backend::{on_all_at_once, Backend};
use support::ffi::{self, *};

/// What the five responses have, together.
#[derive(Debug, Default, PartialEq)]
struct Lease {
    id: i64,
    ttl: i64,
    granted_ttl: i64,
    keys: Vec<Vec<u8>>,
    ids: Vec<i64>,
}

unsafe fn slice<'a, T>(first: *const T, count: usize) -> &'a [T] {
    match count {
        0 => &[],
        count => std::slice::from_raw_parts(first, count),
    }
}

unsafe fn granted(r: &etcd_lease_grant_response_t) -> Lease {
    Lease { id: r.id, ttl: r.ttl, ..Lease::default() }
}

unsafe fn renewed(r: &etcd_lease_keep_alive_response_t) -> Lease {
    Lease { id: r.id, ttl: r.ttl, ..Lease::default() }
}

unsafe fn looked_at(r: &etcd_lease_time_to_live_response_t) -> Lease {
    let keys = slice(r.keys, r.key_count).iter();
    let mut keys: Vec<_> = keys.map(|key| slice(key.data, key.len).to_vec()).collect();
    // etcd has them in no order.
    keys.sort();
    Lease { id: r.id, ttl: r.ttl, granted_ttl: r.granted_ttl, keys, ..Lease::default() }
}

unsafe fn listed(r: &etcd_lease_list_response_t) -> Lease {
    Lease { ids: slice(r.ids, r.id_count).to_vec(), ..Lease::default() }
}

/// The blocking calls, and the same through a queue.
macro_rules! call {
    ($client:expr, $call:ident($($argument:expr),*), $free:ident, $read:expr) => {{
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = $call($client.0, $($argument,)* &mut out, &mut error);
            ffi::check(status, error).map(|()| {
                assert!((*out).header.cluster_id != 0 && (*out).header.revision > 0);
                let read = $read(&*out);
                $free(out);
                read
            })
        }
    }};
}

macro_rules! queued {
    ($client:expr, $call:ident($($argument:expr),*), $kind:expr, $read:expr) => {{
        let (queue, mut error, mut event) = (Queue::new(), null_mut(), null_mut());
        unsafe {
            let status =
                $call($client.0, $($argument,)* queue.0, null_mut(), null_mut(), &mut error);
            ffi::check(status, error).unwrap();
            let wait = etcd::capi::queue::etcd_queue_next(queue.0, 5000, &mut event, null_mut());
            assert_eq!((wait, etcd_event_kind(event)), (ETCD_OK, $kind));
            let result = match etcd_event_status(event) {
                ETCD_OK => Ok($read(&*ffi::response(event, $kind))),
                _ => {
                    assert!(etcd_event_response(event, $kind).is_null());
                    Err(ffi::failure_of(etcd_event_error(event)))
                }
            };
            etcd_event_free(event);
            result
        }
    }};
}

fn grant(client: &Client, ttl: i64, id: i64) -> Result<Lease> {
    let size = size_of::<etcd_lease_grant_options_t>();
    let options = etcd_lease_grant_options_t { size, id, timeout_ms: 0, flags: 0 };
    call!(client, etcd_lease_grant(ttl, &options), etcd_lease_grant_response_free, granted)
}

fn revoke(client: &Client, id: i64) -> Result<Lease> {
    call!(client, etcd_lease_revoke(id, null()), etcd_header_response_free, |_: &_| {
        Lease::default()
    })
}

fn keep_alive(client: &Client, id: i64) -> Result<Lease> {
    let free = etcd_lease_keep_alive_response_free;
    call!(client, etcd_lease_keep_alive_once(id, null()), free, renewed)
}

fn time_to_live(client: &Client, id: i64) -> Result<Lease> {
    let size = size_of::<etcd_call_options_t>();
    let options = etcd_call_options_t { size, timeout_ms: 0, flags: ETCD_LEASE_KEYS };
    let free = etcd_lease_time_to_live_response_free;
    call!(client, etcd_lease_time_to_live(id, &options), free, looked_at)
}

fn list(client: &Client) -> Result<Lease> {
    call!(client, etcd_lease_list(null()), etcd_lease_list_response_free, listed)
}

fn put(client: &Client, key: &str, lease: i64) -> Result<Reply> {
    client.put(key.as_bytes(), b"v", CallOptions { lease, ..DEFAULT })
}

fn open(backend: &Backend) -> Client {
    Client::open(&backend.endpoints)
}

fn refused<T: std::fmt::Debug>(result: Result<T>, status: etcd_status_t) {
    let error = result.unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (status, false), "{error:?}");
}

#[test]
fn a_lease_through_its_life() {
    on_all_at_once("a_lease_through_its_life", &[], |backend| {
        let client = open(backend);
        let lease = grant(&client, 60, 0).unwrap();
        assert!(lease.id != 0 && lease.ttl == 60);
        for key in ["life/b", "life/a", "life/c"] {
            put(&client, key, lease.id).unwrap();
        }
        put(&client, "life/c", 0).unwrap();
        let seen = time_to_live(&client, lease.id).unwrap();
        assert_eq!((seen.id, seen.granted_ttl), (lease.id, 60));
        assert!((58..=60).contains(&seen.ttl), "{seen:?}");
        assert_eq!(seen.keys, [b"life/a", b"life/b"]);
        assert!(list(&client).unwrap().ids.contains(&lease.id));
        let again = keep_alive(&client, lease.id).unwrap();
        assert_eq!((again.id, again.ttl), (lease.id, 60));

        let before = client.get(b"life/a", DEFAULT).unwrap().revision;
        revoke(&client, lease.id).unwrap();
        let left = client.get(b"life/", flags(ETCD_PREFIX)).unwrap();
        // Other tests write to the store of mem: meanwhile.
        assert!(left.kvs.len() == 1 && left.revision > before);
        assert_eq!(left.kvs[0].key, b"life/c");
        assert!(!list(&client).unwrap().ids.contains(&lease.id));
        refused(revoke(&client, lease.id), ETCD_ERR_LEASE_NOT_FOUND);
        refused(keep_alive(&client, lease.id), ETCD_ERR_LEASE_NOT_FOUND);
        refused(put(&client, "life/d", lease.id), ETCD_ERR_LEASE_NOT_FOUND);
        let gone = time_to_live(&client, lease.id).unwrap();
        let none = Lease { id: lease.id, ttl: -1, ..Lease::default() };
        assert_eq!(gone, none);
    });
}

#[test]
fn ids_and_ttls() {
    on_all_at_once("ids_and_ttls", &[], |backend| {
        let client = open(backend);
        for id in [4711, -4711] {
            let lease = grant(&client, 30, id).unwrap();
            assert_eq!((lease.id, lease.ttl), (id, 30));
            refused(grant(&client, 30, id), ETCD_ERR_LEASE_EXISTS);
            revoke(&client, id).unwrap();
        }
        assert_eq!(grant(&client, 1, 0).unwrap().ttl, 2, "the least by default");
        let longest = grant(&client, 9_000_000_000, 0).unwrap();
        assert_eq!(longest.ttl, 9_000_000_000);
        revoke(&client, longest.id).unwrap();
        refused(grant(&client, 9_000_000_001, 0), ETCD_ERR_LEASE_TTL_TOO_LARGE);
        for ttl in [0, -1, i64::MIN] {
            refused(grant(&client, ttl, 0), ETCD_ERR_INVALID_ARGUMENT);
        }
        refused(revoke(&client, 0), ETCD_ERR_INVALID_ARGUMENT);
        refused(keep_alive(&client, 0), ETCD_ERR_INVALID_ARGUMENT);
        refused(time_to_live(&client, 0), ETCD_ERR_INVALID_ARGUMENT);
    });
}

#[test]
fn a_lease_lives_as_long_as_it_is_kept_alive() {
    on_all_at_once("a_lease_lives_as_long_as_it_is_kept_alive", &[], |backend| {
        let client = open(backend);
        let lease = grant(&client, 2, 0).unwrap();
        put(&client, "alive", lease.id).unwrap();
        for _ in 0..6 {
            sleep(Duration::from_millis(700));
            assert_eq!(keep_alive(&client, lease.id).unwrap().ttl, lease.ttl);
        }
        let last = Instant::now();
        assert!(client.value(b"alive").unwrap().is_some());
        while client.value(b"alive").unwrap().is_some() {
            assert!(last.elapsed() < Duration::from_secs(5), "it stays");
            sleep(Duration::from_millis(20));
        }
        assert!(last.elapsed() > Duration::from_millis(1_900), "{:?}", last.elapsed());
        refused(keep_alive(&client, lease.id), ETCD_ERR_LEASE_NOT_FOUND);
    });
}

#[test]
fn leases_through_a_queue() {
    on_all_at_once("leases_through_a_queue", &[], |backend| {
        let client = open(backend);
        let none = |_: &etcd::capi::pairs::etcd_header_response_t| Lease::default();
        let lease = queued!(
            client,
            etcd_lease_grant_async(50, null()),
            ETCD_EVENT_LEASE_GRANT_RESPONSE,
            granted
        );
        let id = lease.unwrap().id;
        let renew = || {
            queued!(
                client,
                etcd_lease_keep_alive_once_async(id, null()),
                ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE,
                renewed
            )
        };
        assert_eq!(renew().unwrap().ttl, 50);
        let seen = queued!(
            client,
            etcd_lease_time_to_live_async(id, null()),
            ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE,
            looked_at
        );
        assert_eq!(seen.unwrap().granted_ttl, 50);
        let all =
            queued!(client, etcd_lease_list_async(null()), ETCD_EVENT_LEASE_LIST_RESPONSE, listed);
        assert!(all.unwrap().ids.contains(&id));
        let revoke = || {
            queued!(
                client,
                etcd_lease_revoke_async(id, null()),
                ETCD_EVENT_LEASE_REVOKE_RESPONSE,
                none
            )
        };
        revoke().unwrap();
        refused(revoke(), ETCD_ERR_LEASE_NOT_FOUND);
        refused(renew(), ETCD_ERR_LEASE_NOT_FOUND);
    });
}
