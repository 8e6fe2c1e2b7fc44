//! The classic tier on every backend: what the eleven calls of old do, and what they do when things go wrong.

mod locks;
mod random;
#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use etcd::capi::classic::{etcd_result, ETCD_OK, ETCD_PROTOCOL_ERROR, ETCD_WTF};
use etcd::capi::options::ETCD_PREFIX;
use etcd::status::*;
use support::backend::{backends, on_all_at_once, Backend};
use support::cc::{source, Compiler};
use support::ffi::{flags, Client, Options};
use support::inside::{counters, within_10_s};
use support::process::temp_dir;
use support::scaled;
use support::server::{newest_or_skip, versions_or_skip, Cluster};
use support::session::{Change, Session};

const MINUTE: Duration = Duration::from_secs(60);

fn change(index: i32, key: &str, value: Option<&str>) -> Change {
    (index, key.to_owned(), value.map(str::to_owned))
}

/// The revision that the store has come to.
fn revision(session: &Session) -> i32 {
    // A session is a client; this one must not be closed.
    let client = std::mem::ManuallyDrop::new(Client(session.0.cast()));
    client.get(b"k", flags(0)).unwrap().revision.try_into().unwrap()
}

/// The index of a key's last change.
fn last_change(session: &Session, key: &str) -> i32 {
    let client = std::mem::ManuallyDrop::new(Client(session.0.cast()));
    let kvs = client.get(key.as_bytes(), flags(0)).unwrap().kvs;
    kvs[0].mod_revision.try_into().unwrap()
}

/// Deletes all keys with a prefix, in one transaction.
fn delete_all(session: &Session, prefix: &str) {
    let client = std::mem::ManuallyDrop::new(Client(session.0.cast()));
    client.delete(prefix.as_bytes(), flags(ETCD_PREFIX)).unwrap();
}

#[test]
fn a_program_of_old() {
    let strict = || Compiler::c("c99").program("classic", &[source("classic")]);
    let sanitized = Compiler::c("c99")
        .flags(&["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        .program("classic-asan", &[source("classic")]);
    let programs = [("plain", strict()), ("asan", sanitized)];
    on_all_at_once("a_program_of_old", &[], |backend| {
        for (name, program) in &programs {
            program.run(&[&*backend.endpoints, &format!("old-{name}")], 2 * MINUTE);
        }
    });
}

#[test]
fn what_happens_at_once_comes_one_by_one() {
    for backend in backends("what_happens_at_once_comes_one_by_one", &[]) {
        let session = Session::open(&backend.endpoints);
        for key in ["once", "once/a", "once/b", "once2"] {
            assert_eq!(session.set(key, key, None, 0), ETCD_OK);
        }
        let start = revision(&session) - 3;
        delete_all(&session, "once");
        assert_eq!(session.set("once/c", "c", None, 0), ETCD_OK);
        let expected = [
            change(start, "once", Some("once")),
            change(start + 1, "once/a", Some("once/a")),
            change(start + 2, "once/b", Some("once/b")),
            change(start + 4, "once", None),
            change(start + 4, "once/a", None),
            change(start + 4, "once/b", None),
            change(start + 5, "once/c", Some("c")),
        ];
        // Two readers that take turns, and watches of other keys in between.
        let mut next = [Some(start), Some(start)];
        for expected in &expected {
            for next in &mut next {
                let change = session.watch("once", *next).unwrap();
                assert_eq!(&change, expected, "{}", backend.name);
                *next = Some(change.0 + 1);
            }
            assert_eq!(session.watch("once2", Some(start)).unwrap().0, start + 3);
        }
        // More prefixes than a session keeps watches of: nothing of a revision is lost for that.
        for i in 0..40 {
            for key in ["a", "b", "c"] {
                session.set(&format!("many{i}/{key}"), "v", None, 0);
            }
        }
        let start = revision(&session) + 1;
        for i in 0..40 {
            delete_all(&session, &format!("many{i}/"));
        }
        for key in ["a", "b", "c"] {
            for i in 0..40 {
                let at = start + i + i32::from(key != "a");
                let change = session.watch(&format!("many{i}"), Some(at)).unwrap();
                assert_eq!(change, (start + i, format!("many{i}/{key}"), None), "{}", backend.name);
            }
        }
    }
}

/// Two threads follow the same key in one session, neither at the other's pace.
#[test]
fn threads_keep_their_places() {
    for backend in backends("threads_keep_their_places", &[]) {
        let session = Session::open(&backend.endpoints);
        session.set("places/end", "", None, 0);
        let start = revision(&session) + 1;
        let count = 30;
        for _ in 0..count {
            for key in ["a", "b", "c"] {
                session.set(&format!("places/all/{key}"), "v", None, 0);
            }
            delete_all(&session, "places/all/");
        }
        let (session, name) = (&session, &backend.name);
        let follow = |pause: u64| {
            let mut next = start;
            for round in 0..count {
                for (i, key) in ["a", "b", "c", "a", "b", "c"].into_iter().enumerate() {
                    let (index, changed, value) = session.watch("places", Some(next)).unwrap();
                    assert_eq!(changed, format!("places/all/{key}"), "{name} {round}");
                    assert_eq!(value.is_some(), i < 3);
                    next = index + 1;
                    sleep(Duration::from_micros(pause * (round as u64 % 3)));
                }
            }
        };
        scope(|threads| {
            for pause in [0, 300, 1000] {
                let follow = &follow;
                threads.spawn(move || follow(pause));
            }
        });
    }
}

#[test]
fn a_watch_waits_for_what_is_to_come() {
    on_all_at_once("a_watch_waits_for_what_is_to_come", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        session.set("come", "before", None, 0);
        let future = revision(&session) + 3;
        scope(|threads| {
            let now = threads.spawn(|| session.watch("come", None));
            let zero = threads.spawn(|| session.watch("come", Some(0)));
            let later = threads.spawn(|| session.watch("come", Some(future)));
            sleep(Duration::from_millis(500));
            assert!(!now.is_finished() && !zero.is_finished() && !later.is_finished());
            // Other tests write too, and may have passed it already.
            let mut written = Vec::new();
            while written.last().is_none_or(|&last| last < future) {
                session.set("come", "value", None, 0);
                written.push(last_change(&session, "come"));
            }
            let first = written[0];
            let at_last = written.into_iter().find(|&index| index >= future).unwrap();
            assert_eq!(now.join().unwrap().unwrap(), change(first, "come", Some("value")));
            assert_eq!(zero.join().unwrap().unwrap().0, first);
            assert_eq!(later.join().unwrap().unwrap().0, at_last);
        });
    });
}

#[test]
fn a_reader_that_pauses_misses_nothing() {
    on_all_at_once("a_reader_that_pauses_misses_nothing", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        let value = "v".repeat(100_000);
        session.set("pause", "first", None, 0);
        let mut next = session.watch("pause", Some(revision(&session))).unwrap().0 + 1;
        // More than waits in memory.
        let count = 60;
        for i in 0..count {
            assert_eq!(session.set("pause", &format!("{i}{value}"), None, 0), ETCD_OK);
        }
        for i in 0..count {
            let (index, _, changed) = session.watch("pause", Some(next)).unwrap();
            assert_eq!(changed.unwrap(), format!("{i}{value}"));
            next = index + 1;
        }
    });
}

#[test]
fn closing_ends_every_wait() {
    for backend in backends("closing_ends_every_wait", &[]) {
        let session = Session::open(&backend.endpoints);
        let held = session.lock("closing", 60).unwrap();
        scope(|threads| {
            let watch = threads.spawn(|| session.watch("closing/none", None));
            let lock = threads.spawn(|| session.lock("closing", 600));
            sleep(Duration::from_millis(500));
            assert!(!watch.is_finished() && !lock.is_finished(), "{}", backend.name);
            let start = Instant::now();
            session.close();
            assert_eq!(watch.join().unwrap(), Err(ETCD_WTF));
            assert_eq!(lock.join().unwrap(), Err(ETCD_WTF));
            assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        });
        let other = Session::open(&backend.endpoints);
        assert_eq!(other.unlock("closing", &held), ETCD_OK);
        // Who waited when it was closed is in nobody's way.
        let start = Instant::now();
        let next = other.lock("closing", 60).unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(other.unlock("closing", &next), ETCD_OK);
    }
}

#[test]
fn a_backlog_that_is_larger_than_any_reply() {
    on_all_at_once("a_backlog_that_is_larger_than_any_reply", &[], |backend| {
        let options = Options { max_receive_bytes: 3 << 20, ..Options::default() };
        let client = Client::with(&backend.endpoints, options).unwrap();
        let session = Session(std::mem::ManuallyDrop::new(client).0.cast());
        let value = "v".repeat(200_000);
        let mut next = revision(&session) + 1;
        for i in 0..60 {
            assert_eq!(session.set("backlog", &format!("{i}{value}"), None, 0), ETCD_OK);
        }
        for i in 0..60 {
            let (index, _, changed) = session.watch("backlog", Some(next)).unwrap();
            assert_eq!(changed.unwrap(), format!("{i}{value}"));
            next = index + 1;
        }
    });
}

/// More loops than a session keeps watches open for.
#[test]
fn many_loops_on_one_session() {
    on_all_at_once("many_loops_on_one_session", &[], |backend| {
        let session = Session::open(&backend.endpoints);
        session.set("loops/start", "", None, 0);
        let start = revision(&session) + 1;
        let rounds = 5;
        for _ in 0..rounds {
            for i in 0..24 {
                for key in ["a", "b", "c"] {
                    session.set(&format!("loops/{i}/{key}"), "v", None, 0);
                }
                delete_all(&session, &format!("loops/{i}/"));
            }
        }
        scope(|threads| {
            for i in 0..24 {
                let session = &session;
                threads.spawn(move || {
                    let mut next = start;
                    for round in 0..rounds {
                        for (at, key) in ["a", "b", "c", "a", "b", "c"].into_iter().enumerate() {
                            let prefix = format!("loops/{i}");
                            let (index, changed, value) =
                                session.watch(&prefix, Some(next)).unwrap();
                            assert_eq!(changed, format!("loops/{i}/{key}"), "round {round}");
                            assert_eq!(value.is_some(), at < 3);
                            next = index + 1;
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn the_reasons_of_failures() {
    for Backend { name, endpoints, .. } in backends("the_reasons_of_failures", &[]) {
        let session = Session::open(&endpoints);
        let because = |status| {
            let error = session.last_error().unwrap();
            assert_eq!((error.status, error.maybe_applied), (status, false), "{name}: {error:?}");
        };
        assert_eq!(session.last_error(), None);
        assert_eq!(session.get("reasons"), None);
        because(ETCD_ERR_KEY_NOT_FOUND);
        assert_eq!(session.set("reasons", "v", None, 0), ETCD_OK);
        assert_eq!(session.last_error(), None);
        assert_eq!(session.set("reasons", "v", Some("w"), 0), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_PRECONDITION);
        assert_eq!(session.set("", "v", None, 0), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_EMPTY_KEY);
        assert_eq!(session.set("reasons", &"v".repeat(1_700_000), None, 0), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_REQUEST_TOO_LARGE);
        assert_eq!(session.set("reasons", &"v".repeat(3 << 20), None, 0), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_SEND_TOO_LARGE);
        assert_eq!(session.delete("reasons/none"), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_KEY_NOT_FOUND);
        assert_eq!(session.unlock("reasons", "nonsense"), ETCD_PROTOCOL_ERROR);
        because(ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(session.delete("reasons"), ETCD_OK);
    }
}

#[test]
fn an_index_that_is_compacted_away() {
    for version in versions_or_skip("an_index_that_is_compacted_away") {
        let cluster = Cluster::builder(&version).start();
        let session = Session::open(&cluster.endpoints());
        for i in 0..5 {
            session.set("k", &i.to_string(), None, 0);
        }
        let last = revision(&session);
        cluster.etcdctl_ok(&["compact", &last.to_string()]);
        assert_eq!(session.watch("k", Some(last - 2)), Err(ETCD_PROTOCOL_ERROR));
        assert_eq!(session.last_error().unwrap().status, ETCD_ERR_COMPACTED);
        assert_eq!(session.watch("k", Some(last)).unwrap(), change(last, "k", Some("4")));
    }
}

/// A server that is not there is something else than a refusal, and is told in time.
#[test]
fn nobody_answers() {
    let session = Session::open("127.0.0.1:1");
    let start = Instant::now();
    scope(|threads| {
        threads.spawn(|| assert_eq!(session.get("k"), None));
        threads.spawn(|| assert_eq!(session.leader(), None));
        threads.spawn(|| assert_eq!(session.set("k", "v", None, 0), ETCD_WTF));
        threads.spawn(|| assert_eq!(session.set("k", "v", Some("w"), 9), ETCD_WTF));
        threads.spawn(|| assert_eq!(session.delete("k"), ETCD_WTF));
        threads.spawn(|| assert_eq!(session.lock("k", 5), Err(ETCD_WTF)));
        threads.spawn(|| assert_eq!(session.renew("k", 5, "1.1"), ETCD_WTF));
        threads.spawn(|| assert_eq!(session.unlock("k", "1.1"), ETCD_WTF));
    });
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    assert_eq!(session.last_error().unwrap().status, ETCD_ERR_UNAVAILABLE);
}

/// Watching and waiting go on through an outage that is longer than the waiter's ttl.
#[test]
fn waiting_survives_the_server() {
    let Some(version) = newest_or_skip("waiting_survives_the_server") else { return };
    let cluster = Cluster::builder(&version).start();
    let session = Session::open(&cluster.endpoints());
    let held = session.lock("name", 60).unwrap();
    let first = revision(&session) + 1;
    let set = AtomicBool::new(false);
    scope(|threads| {
        let watch = threads.spawn(|| session.watch("k", Some(first)));
        let lock = threads.spawn(|| session.lock("name", 2).unwrap());
        sleep(Duration::from_millis(500));
        cluster.kill(0);
        sleep(Duration::from_secs(5));
        cluster.restart(0);
        assert!(!watch.is_finished() && !lock.is_finished());
        assert_eq!(session.renew("name", 60, &held), ETCD_OK);
        assert_eq!(session.set("k", "v", None, 0), ETCD_OK);
        set.store(true, SeqCst);
        assert_eq!(watch.join().unwrap().unwrap().2.unwrap(), "v");
        sleep(Duration::from_millis(500));
        assert!(!lock.is_finished());
        assert_eq!(session.unlock("name", &held), ETCD_OK);
        let index = lock.join().unwrap();
        assert_eq!(session.unlock("name", &index), ETCD_OK);
    });
}

/// Tokens that expire, and that a restart forgets: neither watches nor waiting locks notice.
#[test]
fn a_session_with_a_password() {
    on_all_at_once("a_session_with_a_password", &["Auth/AuthEnable"], |backend| {
        let version = backend.cluster.expect("a server").version();
        // Tokens of one kind or the other.
        let kind = if version.debian { "simple" } else { "jwt" };
        let builder = Cluster::builder(version).password("alice", "secret");
        let cluster = builder.auth_token(kind).token_ttl(2).start();
        let open = |password| {
            let options = Options { user: "alice", password, ..Options::default() };
            let client = Client::with(&cluster.endpoints(), options).unwrap();
            // A client is a session; only one of them closes it.
            Session(std::mem::ManuallyDrop::new(client).0.cast())
        };
        let session = open("secret");
        assert_eq!(session.set("k", "0", None, 0), ETCD_OK);
        let mut next = revision(&session);
        let held = session.lock("name", 60).unwrap();
        scope(|threads| {
            let waiting = threads.spawn(|| session.lock("name", 2).unwrap());
            let watching = threads.spawn(|| {
                for i in 0..4 {
                    let (index, _, value) = session.watch("k", Some(next)).unwrap();
                    assert_eq!(value.unwrap(), i.to_string());
                    next = index + 1;
                }
            });
            for i in 1..4 {
                sleep(Duration::from_millis(2500));
                if i == 2 {
                    cluster.kill(0);
                    cluster.restart(0);
                }
                assert_eq!(session.set("k", &i.to_string(), None, 0), ETCD_OK);
            }
            watching.join().unwrap();
            assert!(!waiting.is_finished());
            assert_eq!(session.unlock("name", &held), ETCD_OK);
            assert_eq!(session.unlock("name", &waiting.join().unwrap()), ETCD_OK);
        });
        let refused = open("wrong");
        assert_eq!(refused.set("k", "v", None, 0), ETCD_PROTOCOL_ERROR);
        assert_eq!(refused.last_error().unwrap().status, ETCD_ERR_AUTH_FAILED);
        assert_eq!(refused.watch("k", None), Err(ETCD_PROTOCOL_ERROR));
        assert_eq!(refused.lock("k", 5), Err(ETCD_PROTOCOL_ERROR));
    });
}
