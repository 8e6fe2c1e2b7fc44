//! Elections: on every backend.

mod support;

use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::recipes::election::etcd_election_observer_close;
use etcd::capi::recipes::session::etcd_lease_session_orphan;
use etcd::status::*;
use std::thread::{scope, sleep};
use std::time::Duration;
use support::backend::on_all_at_once;
use support::cc::Running;
use support::coordination::*;
use support::ffi::*;
use support::leases::revoke;

#[test]
fn one_candidate_leads_and_the_next_one_follows_it() {
    on_all_at_once("one_candidate_leads", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let (first, second) = (Session::open(&client, 60), Session::open(&client, 60));
        let (a, b) = (Election::open(&first, b"elect/one"), Election::open(&second, b"elect/one"));
        assert_eq!(leader(&client, b"elect/one"), None);
        assert_eq!(a.proclaim(b"early").unwrap_err().status, ETCD_ERR_LOCK_LOST);
        let (_, created, ..) = a.campaign(b"a", 10_000).unwrap();
        assert_eq!(leader(&client, b"elect/one"), Some((b"a".to_vec(), created)));
        assert_eq!(a.campaign(b"again", 10_000).unwrap_err().status, ETCD_ERR_IN_USE);
        let late = b.campaign(b"b", 100).unwrap_err();
        assert_eq!((late.status, late.maybe_applied), (ETCD_ERR_TIMEOUT, false));
        scope(|scope| {
            let follows = scope.spawn(|| b.campaign(b"b", 20_000).unwrap());
            until("b stands", || line(&client, "elect/one") == 2);
            a.proclaim(b"a2").unwrap();
            assert_eq!(leader(&client, b"elect/one"), Some((b"a2".to_vec(), created)));
            a.resign().unwrap();
            let (_, later, ..) = follows.join().unwrap();
            assert!(later > created);
            assert_eq!(leader(&client, b"elect/one"), Some((b"b".to_vec(), later)));
        });
        assert_eq!(a.proclaim(b"stale").unwrap_err().status, ETCD_ERR_LOCK_LOST);
        assert_eq!(a.resign().unwrap_err().status, ETCD_ERR_LOCK_LOST);
        drop(b);
        until("nobody leads", || leader(&client, b"elect/one").is_none());
    });
}

#[test]
fn a_leader_is_told_that_it_leads_no_longer() {
    on_all_at_once("a_leader_is_told", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let session = Session::open(&client, 60);
        let election = Election::open(&session, b"elect/told");
        let (_, _, lease, _) = election.campaign(b"v", 10_000).unwrap();
        assert_eq!(election.lost(50).status, ETCD_ERR_TIMEOUT);
        scope(|scope| {
            let told = scope.spawn(|| election.lost(10_000));
            sleep(Duration::from_millis(50));
            revoke(&other, lease).unwrap();
            assert_eq!(told.join().unwrap().status, ETCD_ERR_LOCK_LOST);
        });
        assert_eq!(election.proclaim(b"stale").unwrap_err().status, ETCD_ERR_LOCK_LOST);
    });
}

/// A candidate never leads with a session that is gone, though its turn comes.
#[test]
fn an_expired_session_never_leads() {
    on_all_at_once("an_expired_session_never_leads", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let (leads, stands) = (Session::open(&client, 60), Session::open(&client, 60));
        let a = Election::open(&leads, b"elect/expired");
        let b = Election::open(&stands, b"elect/expired");
        a.campaign(b"a", 10_000).unwrap();
        scope(|scope| {
            let ended = scope.spawn(|| b.campaign(b"b", 20_000));
            until("b stands", || line(&client, "elect/expired") == 2);
            revoke(&other, stands.lease().unwrap()).unwrap();
            a.resign().unwrap();
            let error = ended.join().unwrap().unwrap_err();
            let lost = [ETCD_ERR_LOCK_LOST, ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_LOST];
            assert!(lost.contains(&error.status) && !error.maybe_applied, "{error:?}");
        });
        assert_eq!(leader(&client, b"elect/expired"), None);
    });
}

#[test]
fn a_restarted_program_leads_again() {
    on_all_at_once("a_restarted_program_leads_again", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let session = Session::open(&client, 60);
        let before = Election::open(&session, b"elect/again");
        let (_, created, lease, _) = before.campaign(b"v", 10_000).unwrap();
        unsafe { etcd_lease_session_orphan(session.0) };
        drop(session);
        let session = Session::open_with(&client, lease, 0, 0);
        let after = Election::open(&session, b"elect/again");
        assert_eq!(after.resume(created + 1).unwrap_err().status, ETCD_ERR_LOCK_LOST);
        after.resume(created).unwrap();
        after.proclaim(b"v2").unwrap();
        assert_eq!(leader(&client, b"elect/again"), Some((b"v2".to_vec(), created)));
        after.resign().unwrap();
        assert_eq!(after.resume(created).unwrap_err().status, ETCD_ERR_LOCK_LOST);
    });
}

#[test]
fn an_observer_is_told_each_change_once() {
    on_all_at_once("an_observer_is_told_each_change_once", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let observer = Observer::open(&client, b"elect/seen", None);
        assert_eq!(observer.next(10_000), Ok(Some(None)));
        let sessions: Vec<_> = (0..3).map(|_| Session::open(&client, 60)).collect();
        let all: Vec<_> = sessions.iter().map(|of| Election::open(of, b"elect/seen")).collect();
        let mut expected = Vec::new();
        let (_, created, ..) = all[0].campaign(b"a", 10_000).unwrap();
        expected.push(Some((b"a".to_vec(), created)));
        let later: Vec<_> = scope(|scope| {
            let stand = |at: usize, value: &'static [u8]| {
                let stands = &all[at];
                let led = scope.spawn(move || {
                    let (_, created, ..) = stands.campaign(value, 20_000).unwrap();
                    stands.resign().unwrap();
                    Some((value.to_vec(), created))
                });
                until("it stands", || line(&client, "elect/seen") == at + 1);
                led
            };
            let led = [stand(1, b"b"), stand(2, b"c")];
            all[0].proclaim(b"a2").unwrap();
            all[0].resign().unwrap();
            led.map(|led| led.join().unwrap()).into()
        });
        expected.push(Some((b"a2".to_vec(), created)));
        expected.extend(later);
        expected.push(None);
        for expected in expected {
            assert_eq!(observer.next(10_000), Ok(Some(expected)));
        }
        assert_eq!(observer.next(50), Ok(None));
        unsafe { etcd_election_observer_close(observer.0) };
        assert_eq!(observer.next(50).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
    });
}

#[test]
fn an_observer_ends_with_its_client() {
    on_all_at_once("an_observer_ends_with_its_client", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let queue = Queue::new();
        let ours = Observer::open(&client, b"elect/ends", None);
        let queued = Observer::open(&client, b"elect/ends", Some(&queue));
        assert_eq!(ours.next(10_000), Ok(Some(None)));
        assert_eq!(ours.next(0), Ok(None));
        drop(client);
        assert_eq!(ours.next(10_000).unwrap_err().status, ETCD_ERR_CLOSED);
        let end = loop {
            let event = queue.next(10_000).expect("the end");
            if let Err(error) = event.result {
                break error.status;
            }
        };
        assert_eq!(end, ETCD_ERR_CLOSED);
        drop(queued);
    });
}

/// The other way round: `etcdctl elect` waits for ours, and ours for it.
#[test]
fn elections_are_those_of_etcdctl() {
    on_all_at_once("elections_are_those_of_etcdctl", &[], |backend| {
        let Some(cluster) = backend.cluster.filter(|it| it.version().etcdctl.is_some()) else {
            return;
        };
        let client = Client::open(&backend.endpoints);
        let session = Session::open(&client, 60);
        let ours = Election::open(&session, b"elect/ctl");
        ours.campaign(b"ours", 10_000).unwrap();
        let mut command = cluster.etcdctl_command(&backend.endpoints);
        command.args(["elect", "elect/ctl", "theirs"]);
        let theirs = Running::start(command, Duration::from_secs(60));
        until("etcdctl stands", || line(&client, "elect/ctl") == 2);
        assert_eq!(leader(&client, b"elect/ctl").unwrap().0, b"ours");
        ours.resign().unwrap();
        until("etcdctl leads", || leader(&client, b"elect/ctl").unwrap().0 == b"theirs");
        scope(|scope| {
            let follows = scope.spawn(|| ours.campaign(b"again", 20_000));
            until("we stand", || line(&client, "elect/ctl") == 2);
            // A signal may come before etcdctl knows that it leads, and then it leaves its key.
            let kvs = client.get(b"elect/ctl/", flags(ETCD_PREFIX)).unwrap().kvs;
            revoke(&client, kvs.iter().find(|kv| kv.value == b"theirs").unwrap().lease).unwrap();
            follows.join().unwrap().unwrap();
        });
        theirs.signal(libc::SIGKILL);
    });
}

/// Its work may not even have begun.
#[test]
fn an_observer_ends_also_if_its_client_is_closed_at_once() {
    on_all_at_once("an_observer_ends_also_if_its_client", &[], |backend| {
        for _ in 0..20 {
            let client = Client::open(&backend.endpoints);
            let observer = Observer::open(&client, b"elect/at-once", None);
            drop(client);
            let end = loop {
                match observer.next(10_000) {
                    Ok(next) => assert!(next.is_some(), "no end comes"),
                    Err(end) => break end.status,
                }
            };
            assert_eq!(end, ETCD_ERR_CLOSED);
        }
    });
}
