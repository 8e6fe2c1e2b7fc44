//! Who holds a lock, and who is told that he does not.

use super::*;

#[test]
fn a_lock_is_waited_for_longer_than_its_ttl() {
    on_all_at_once("a_lock_is_waited_for_longer_than_its_ttl", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        let held = session.lock("patience", 60).unwrap();
        let start = Instant::now();
        scope(|threads| {
            let waiter = threads.spawn(|| {
                let index = session.lock("patience", 2).unwrap();
                (index, start.elapsed())
            });
            sleep(Duration::from_secs(20));
            assert!(!waiter.is_finished());
            assert_eq!(session.unlock("patience", &held), ETCD_OK);
            let (index, after) = waiter.join().unwrap();
            assert!(after < Duration::from_secs(22), "{after:?}");
            assert_eq!(session.renew("patience", 2, &index), ETCD_OK);
            assert_eq!(session.unlock("patience", &index), ETCD_OK);
        });
        // Nothing of it is left.
        assert_eq!(session.get("patience"), None);
    });
}

#[test]
fn a_lock_that_is_not_renewed_is_lost() {
    on_all_at_once("a_lock_that_is_not_renewed_is_lost", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        for ttl in [2, 4] {
            let held = session.lock("lost", ttl).unwrap();
            sleep(Duration::from_millis(1500));
            assert_eq!(session.renew("lost", ttl, &held), ETCD_OK);
            let start = Instant::now();
            let next = session.lock("lost", 60).unwrap();
            let after = start.elapsed();
            let ttl_time = Duration::from_secs(ttl.into());
            assert!(after > ttl_time - Duration::from_millis(200), "{after:?}");
            assert!(after < ttl_time + Duration::from_secs(3), "{after:?}");
            assert_eq!(session.renew("lost", ttl, &held), ETCD_PROTOCOL_ERROR);
            assert_eq!(session.last_error().unwrap().status, ETCD_ERR_LOCK_LOST);
            assert_eq!(session.unlock("lost", &held), ETCD_PROTOCOL_ERROR);
            assert_eq!(session.renew("lost", 60, &next), ETCD_OK);
            assert_eq!(session.unlock("lost", &next), ETCD_OK);
            assert_eq!(session.unlock("lost", &next), ETCD_PROTOCOL_ERROR);
        }
    });
}

/// Somebody deletes the keys of the lock: the holder's, and a waiter's.
#[test]
fn a_lock_whose_keys_are_deleted() {
    on_all_at_once("a_lock_whose_keys_are_deleted", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        let first = session.lock("deleted", 60).unwrap();
        scope(|threads| {
            let waiter = threads.spawn(|| session.lock("deleted", 60).unwrap());
            let keys = || session.get("deleted").map_or(0, |names| names.lines().count());
            while keys() < 2 {
                sleep(Duration::from_millis(10));
            }
            let before = session.get("deleted").unwrap();
            delete_all(&session, "deleted/");
            assert_eq!(session.renew("deleted", 60, &first), ETCD_PROTOCOL_ERROR);
            // The waiter begins anew, under another name.
            let second = waiter.join().unwrap();
            assert!(!before.contains(&session.get("deleted").unwrap()));
            assert_eq!(session.renew("deleted", 60, &second), ETCD_OK);
            assert_eq!(session.unlock("deleted", &second), ETCD_OK);
        });
    });
}

#[test]
fn never_two_holders() {
    let program = Compiler::c("c99").program("lock", &[source("lock")]);
    let rounds = scaled(200);
    on_all_at_once("never_two_holders", &[], |backend| {
        let dir = temp_dir("lock-");
        let dir = dir.path().to_str().unwrap();
        let held = format!("{dir}/held");
        let run = |threads: &str| {
            let rounds = rounds.to_string();
            program.run(&[&*backend.endpoints, "never-two", &rounds, threads, &held], 5 * MINUTE)
        };
        let Some(cluster) = backend.cluster else {
            // Two processes would have two stores.
            run("4");
            return;
        };
        scope(|threads| {
            let mine = [threads.spawn(|| run("2")), threads.spawn(|| run("1"))];
            for _ in 0..rounds {
                let script = format!("mkdir {held} && sleep 0.01 && rmdir {held}");
                let args = ["lock", "never-two", "--", "sh", "-c", &script];
                let out = cluster.etcdctl(&args);
                assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            }
            for program in mine {
                program.join().unwrap();
            }
        });
    });
}

/// Each waiter hears of its own key and of the one before it, and of no others.
#[test]
fn events_grow_with_the_waiters_and_not_with_their_square() {
    const WAITERS: usize = 40;
    on_all_at_once("events_grow_with_the_waiters", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        let client = std::mem::ManuallyDrop::new(Client(session.0.cast()));
        let held = session.lock("crowd", 60).unwrap();
        let before = counters(&client).watch_events;
        scope(|threads| {
            for _ in 0..WAITERS {
                threads.spawn(|| {
                    let index = session.lock("crowd", 60).unwrap();
                    assert_eq!(session.unlock("crowd", &index), ETCD_OK);
                });
            }
            within_10_s("all wait", || session.get("crowd").unwrap().lines().count() > WAITERS);
            // A waiter's key is there before its watches are.
            sleep(Duration::from_millis(500));
            assert_eq!(session.unlock("crowd", &held), ETCD_OK);
        });
        let events = counters(&client).watch_events - before;
        println!("{WAITERS} waiters read {events} events on {}", backend.endpoints);
        assert!(events <= 2 * WAITERS as u64, "{events} events");
    });
}

/// An index names a lease, and may be wrong, or another lock's.
#[test]
fn a_refused_unlock_touches_nothing() {
    for backend in backends("a_refused_unlock_touches_nothing", &[]) {
        let session = Session::open(&backend.endpoints);
        let index = session.lock("touch", 60).unwrap();
        assert_eq!(session.unlock("other", &index), ETCD_PROTOCOL_ERROR);
        assert_eq!(session.renew("other", 60, &index), ETCD_PROTOCOL_ERROR);
        assert_eq!(session.renew("touch", 60, &index), ETCD_OK);
        let (lease, revision) = index.split_once('.').unwrap();
        let later = format!("{lease}.{}", revision.parse::<i64>().unwrap() + 1);
        assert_eq!(session.unlock("touch", &later), ETCD_PROTOCOL_ERROR);
        assert_eq!(session.renew("touch", 60, &index), ETCD_OK);

        // A lease of somebody else's.
        assert_eq!(session.set("touch-leased", "v", None, 60), ETCD_OK);
        let client = std::mem::ManuallyDrop::new(Client(session.0.cast()));
        let lease = client.get(b"touch-leased", flags(0)).unwrap().kvs[0].lease;
        assert_eq!(session.unlock("touch", &format!("{lease:x}.1")), ETCD_PROTOCOL_ERROR);
        assert_eq!(session.get("touch-leased").unwrap(), "v");
        assert_eq!(session.unlock("touch", &index), ETCD_OK);
    }
}
