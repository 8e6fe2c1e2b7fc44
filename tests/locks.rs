//! Sessions and locks: on every backend.

mod support;

use etcd::capi::recipes::mutex::*;
use etcd::capi::recipes::session::*;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::thread::{scope, sleep};
use std::time::Duration;
use support::backend::on_all_at_once;
use support::coordination::*;
use support::ffi::*;
use support::leases::revoke;

#[test]
fn a_session_has_a_lease_until_it_is_closed() {
    on_all_at_once("a_session_has_a_lease_until_it_is_closed", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let session = Session::open(&client, 60);
        let lease = session.lease().unwrap();
        assert!(unsafe { etcd_lease_session_left_ms(session.0) } > 50_000);
        client.put(b"locks/session", b"v", CallOptions { lease, ..flags(0) }).unwrap();
        assert_eq!(session.lost(0, 50).status, ETCD_ERR_TIMEOUT);
        drop(session);
        until("the lease is revoked", || client.value(b"locks/session").unwrap().is_none());
    });
}

#[test]
fn the_close_of_the_client_revokes_the_lease_of_a_session() {
    on_all_at_once("the_close_of_the_client_revokes_the_lease", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 60);
        let lease = session.lease().unwrap();
        other.put(b"locks/closed", b"v", CallOptions { lease, ..flags(0) }).unwrap();
        drop(client);
        assert_eq!(other.value(b"locks/closed").unwrap(), None);
        assert_eq!(session.lease().unwrap_err().status, ETCD_ERR_CLOSED);
    });
}

#[test]
fn an_orphaned_lease_lives_on_and_an_ended_one_does_not() {
    on_all_at_once("an_orphaned_lease_lives_on", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let orphan = Session::open(&client, 60);
        let lease = orphan.lease().unwrap();
        unsafe { etcd_lease_session_orphan(orphan.0) };
        drop(orphan);
        let adopted = Session::open_with(&client, lease, 0, 0);
        assert_eq!(adopted.lease(), Ok(lease));
        adopted.end().unwrap();
        assert_eq!(adopted.end().unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        assert_eq!(revoke(&client, lease).unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        let gone = Session::open_with(&client, lease, 0, 0);
        assert_eq!(gone.lease().unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        assert_eq!(gone.lost(0, 10_000).status, ETCD_ERR_LEASE_NOT_FOUND);
    });
}

#[test]
fn a_session_tells_of_its_loss_and_may_replace_its_lease() {
    on_all_at_once("a_session_tells_of_its_loss", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 3);
        revoke(&other, session.lease().unwrap()).unwrap();
        let lost = session.lost(0, 10_000);
        assert_eq!((lost.status, lost.maybe_applied), (ETCD_ERR_LEASE_NOT_FOUND, false));
        let session = Session::open_with(&client, 0, 3, ETCD_LEASE_SESSION_REPLACE);
        let first = session.lease().unwrap();
        revoke(&other, first).unwrap();
        let lost = session.lost(first, 10_000).status;
        assert!([ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_LOST].contains(&lost));
        assert_ne!(session.lease().unwrap(), first);
    });
}

#[test]
fn a_lock_has_one_holder_and_goes_to_those_who_wait_in_order() {
    on_all_at_once("a_lock_has_one_holder", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let sessions: Vec<_> = (0..4).map(|_| Session::open(&client, 60)).collect();
        let locks: Vec<_> = sessions.iter().map(|of| of.mutex(b"locks/order")).collect();
        let (key, first, lease, held) = locks[0].lock(10_000).unwrap();
        assert!(held && first > 0);
        assert_eq!(key, format!("locks/order/{lease:x}").into_bytes());
        assert_eq!(locks[0].lock(10_000).unwrap_err().status, ETCD_ERR_IN_USE);
        assert_eq!(locks[1].try_lock(), Ok((key, first, lease, false)));
        assert_eq!(line(&client, "locks/order"), 1);
        let late = locks[1].lock(100).unwrap_err();
        assert_eq!((late.status, late.maybe_applied), (ETCD_ERR_TIMEOUT, false));
        assert_eq!(line(&client, "locks/order"), 1);
        let order = std::sync::Mutex::new(Vec::new());
        scope(|scope| {
            for (at, lock) in locks.iter().enumerate().skip(1) {
                let order = &order;
                scope.spawn(move || {
                    let (_, revision, ..) = lock.lock(20_000).unwrap();
                    order.lock().unwrap().push((at, revision));
                    lock.check().unwrap();
                    sleep(Duration::from_millis(20));
                    lock.unlock().unwrap();
                });
                until("it waits in line", || line(&client, "locks/order") == at + 1);
            }
            locks[0].unlock().unwrap();
        });
        let order = order.into_inner().unwrap();
        assert_eq!(order.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(order.is_sorted_by_key(|(_, revision)| *revision));
        assert_eq!(line(&client, "locks/order"), 0);
        assert_eq!(locks[0].unlock().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        assert!(locks[3].try_lock().unwrap().3);
    });
}

#[test]
fn a_holder_is_told_when_its_lock_is_lost() {
    on_all_at_once("a_holder_is_told_when_its_lock_is_lost", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 60);
        let lock = session.mutex(b"locks/lost");
        assert_eq!(lock.lost(10_000).status, ETCD_ERR_LOCK_LOST);
        let (key, ..) = lock.lock(10_000).unwrap();
        assert_eq!(lock.lost(50).status, ETCD_ERR_TIMEOUT);
        scope(|scope| {
            let told = scope.spawn(|| lock.lost(10_000));
            sleep(Duration::from_millis(50));
            other.delete(&key, flags(0)).unwrap();
            assert_eq!(told.join().unwrap().status, ETCD_ERR_LOCK_LOST);
        });
        assert_eq!(lock.check().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        assert_eq!(lock.unlock().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        let (_, _, lease, _) = lock.lock(10_000).unwrap();
        scope(|scope| {
            let told = scope.spawn(|| lock.lost(10_000));
            sleep(Duration::from_millis(50));
            revoke(&other, lease).unwrap();
            assert_eq!(told.join().unwrap().status, ETCD_ERR_LOCK_LOST);
        });
    });
}

#[test]
fn a_waiter_whose_session_is_lost_returns_though_the_holder_stays() {
    on_all_at_once("a_waiter_whose_session_is_lost_returns", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let (holder, waiter) = (Session::open(&client, 60), Session::open(&client, 60));
        let (held, waiting) = (holder.mutex(b"locks/early"), waiter.mutex(b"locks/early"));
        held.lock(10_000).unwrap();
        scope(|scope| {
            let ended = scope.spawn(|| waiting.lock(10_000));
            until("it waits", || line(&client, "locks/early") == 2);
            revoke(&other, waiter.lease().unwrap()).unwrap();
            let error = ended.join().unwrap().unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_LOCK_LOST, false));
        });
        held.check().unwrap();
    });
}

#[test]
fn what_ends_a_wait_leaves_no_key_behind() {
    on_all_at_once("what_ends_a_wait_leaves_no_key_behind", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let (holder, waiter) = (Session::open(&client, 60), Session::open(&client, 60));
        let held = holder.mutex(b"locks/behind");
        held.lock(10_000).unwrap();
        let waiting = waiter.mutex(b"locks/behind");
        scope(|scope| {
            let ended = scope.spawn(|| waiting.lock(10_000));
            until("it waits", || line(&client, "locks/behind") == 2);
            unsafe { etcd_mutex_close(waiting.0) };
            assert_eq!(ended.join().unwrap().unwrap_err().status, ETCD_ERR_BAD_HANDLE);
        });
        until("the key is gone", || line(&client, "locks/behind") == 1);
        let again = waiter.mutex(b"locks/behind");
        let queue = Queue::new();
        let (mut call, mut error) = (null_mut(), null_mut());
        unsafe {
            let status =
                etcd_mutex_lock_async(again.0, null(), queue.0, 7 as *mut _, &mut call, &mut error);
            check(status, error).unwrap();
        }
        until("it waits", || line(&client, "locks/behind") == 2);
        unsafe { etcd::capi::call::etcd_call_cancel(call) };
        until("the key is gone", || line(&client, "locks/behind") == 1);
        drop(held);
        until("it is released", || line(&client, "locks/behind") == 0);
        let third = waiter.mutex(b"locks/behind");
        assert!(third.try_lock().unwrap().3);
    });
}

/// An unlock that is repeated, or stale, leaves a newer lock in place.
#[test]
fn a_stale_unlock_leaves_the_newer_lock_in_place() {
    on_all_at_once("a_stale_unlock_leaves_the_newer_lock", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 60);
        let stale = session.mutex(b"locks/stale");
        let (key, _, lease, _) = stale.lock(10_000).unwrap();
        // Another holder with the same session, whose lock has the same key.
        other.delete(&key, flags(0)).unwrap();
        other.put(&key, b"", CallOptions { lease, ..flags(0) }).unwrap();
        assert_eq!(stale.check().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        assert_eq!(stale.unlock().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        assert_eq!(line(&client, "locks/stale"), 1);
    });
}

#[test]
fn a_fenced_transaction_is_done_only_while_the_lock_is_held() {
    use etcd::capi::txn::*;
    on_all_at_once("a_fenced_transaction", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 60);
        let lock = session.mutex(b"locks/fence");
        let txn = unsafe { etcd_txn_new() };
        assert_eq!(unsafe { etcd_mutex_fence(lock.0, txn) }, ETCD_ERR_LOCK_LOST);
        unsafe { etcd_txn_free(txn) };
        let (key, ..) = lock.lock(10_000).unwrap();
        let commit = || unsafe {
            let (txn, mut out, mut error) = (etcd_txn_new(), null_mut(), null_mut());
            assert_eq!(etcd_mutex_fence(lock.0, txn), ETCD_OK);
            etcd_txn_put(txn, ETCD_BRANCH_THEN, bytes(b"locks/fenced"), bytes(b"v"), null());
            check(etcd_txn_commit(client.0, txn, null(), &mut out, &mut error), error).unwrap();
            etcd_txn_free(txn);
            let done = (*out).succeeded;
            etcd_txn_response_free(out);
            done
        };
        assert!(commit());
        other.delete(&key, flags(0)).unwrap();
        assert!(!commit());
    });
}

/// What is granted while its handle is closed has nobody who could release it.
#[test]
fn a_lock_that_is_closed_while_it_is_granted_leaves_no_key() {
    on_all_at_once("a_lock_that_is_closed_while_it_is_granted", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let session = Session::open(&client, 60);
        session.lease().unwrap();
        for round in 0..100 {
            let lock = session.mutex(format!("locks/race/{round}").as_bytes());
            scope(|scope| {
                scope.spawn(|| lock.lock(10_000));
                scope.spawn(|| {
                    sleep(Duration::from_micros(round * 20));
                    lock.close();
                });
            });
        }
        until("all keys are gone", || line(&client, "locks/race") == 0);
    });
}

#[test]
fn sessions_that_are_closed_at_once_leave_no_lease() {
    use etcd::capi::lease::*;
    on_all_at_once("sessions_that_are_closed_at_once", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let ttl = 7_654_321;
        for round in 0..200 {
            let session = Session::open(&client, ttl);
            if round % 2 == 0 {
                // Also one whose lease is being granted.
                let _ = session.end();
            }
        }
        let session = Session::open(&client, ttl);
        let ours = session.lease().unwrap();
        let left = || unsafe {
            let (mut out, mut error) = (null_mut(), null_mut());
            check(etcd_lease_list(client.0, null(), &mut out, &mut error), error).unwrap();
            let ids = match (*out).id_count {
                0 => Vec::new(),
                count => std::slice::from_raw_parts((*out).ids, count).to_vec(),
            };
            etcd_lease_list_response_free(out);
            let is_ours = |id: &i64| {
                let (mut out, mut error) = (null_mut(), null_mut());
                let status = etcd_lease_time_to_live(client.0, *id, null(), &mut out, &mut error);
                check(status, error).unwrap();
                let granted = (*out).granted_ttl;
                etcd_lease_time_to_live_response_free(out);
                granted == ttl && *id != ours
            };
            ids.iter().filter(|id| is_ours(id)).count()
        };
        until("all are revoked", || left() == 0);
    });
}

#[test]
fn a_session_waits_for_its_first_server() {
    let (client, port) = {
        let port = support::process::Port::lease();
        (Client::open(&format!("127.0.0.1:{}", port.number())), port)
    };
    let session = Session::open_with(&client, 0, 60, ETCD_LEASE_SESSION_REPLACE);
    let (mut out, mut error) = (null_mut(), null_mut());
    for _ in 0..2 {
        let how = within(200);
        let status = unsafe { etcd_lease_session_lease(session.0, &how, &mut out, &mut error) };
        let late = unsafe { check(status, error) }.unwrap_err();
        assert_eq!((late.status, late.maybe_applied), (ETCD_ERR_TIMEOUT, false));
    }
    drop(port);
}
