//! Watches and leases while members know of no leader: with ETCD_REQUIRE_LEADER they end, else they wait.

mod support;

use etcd::capi::keepalive::ETCD_LEASE_KEEP_ALIVE_NOTIFY;
use etcd::capi::options::ETCD_REQUIRE_LEADER;
use etcd::capi::watch::ETCD_WATCH_NO_WAIT;
use etcd::status::*;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use support::backend::{on_all_at_once, on_versions_at_once};
use support::ffi::*;
use support::hostile::*;
use support::inside::counters;
use support::leases::*;
use support::server::Cluster;
use support::watch::{Watch, WatchOptions};

const KEY: &[u8] = b"leaders/k";

fn watch(client: &Client, flags: u32) -> Watch {
    let options = WatchOptions { flags: flags | ETCD_WATCH_NO_WAIT, ..Default::default() };
    Watch::open(client, KEY, options).unwrap()
}

fn keep_with_a_leader(client: &Client, id: i64) -> KeepAlive {
    begin(client, id, ETCD_REQUIRE_LEADER, 0, None).unwrap()
}

/// The end of a watch, within 30 s.
fn end(watch: &Watch) -> etcd_status_t {
    loop {
        match watch.next(30_000) {
            Ok(told) => assert!(told.is_some(), "no end within 30 s"),
            Err(end) => return end.status,
        }
    }
}

#[test]
fn a_minority_ends_what_requires_a_leader() {
    type Fault = fn(&Cluster, usize);
    let faults: [(Fault, Fault); 2] =
        [(Cluster::kill, Cluster::launch), (Cluster::stop, Cluster::cont)];
    on_versions_at_once("a_minority_ends_what_requires_a_leader", |version| {
        let cluster = Cluster::builder(version).members(3).start();
        for (fail, recover) in faults {
            let client = Client::open(&cluster.endpoints());
            let [shared, alone] = [(); 2].map(|()| grant(&client, 600));
            let plain = follow(&client, shared);
            plain.renewed();
            let requiring = [shared, alone].map(|id| keep_with_a_leader(&client, id));
            let (waiting, ended) = (watch(&client, 0), watch(&client, ETCD_REQUIRE_LEADER));
            let survivor = (cluster.leader() + 1) % 3;
            let failed = || (0..3).filter(|&i| i != survivor);
            failed().for_each(|i| fail(&cluster, i));
            for keep_alive in &requiring {
                let end = loop {
                    match keep_alive.next(60_000) {
                        Ok(told) => assert!(told.is_some(), "no end within 60 s"),
                        Err(end) => break end,
                    }
                };
                assert_eq!((end.status, end.maybe_applied), (ETCD_ERR_NO_LEADER, false), "{end:?}");
                assert_eq!(keep_alive.next(0), Err(end));
            }
            assert_eq!(end(&ended), ETCD_ERR_NO_LEADER);
            // The lease lives, and so does who does not require a leader.
            plain.lives();
            assert_eq!(requiring[1].left().as_secs(), 0);
            assert_eq!(waiting.next(0), Ok(None));
            failed().for_each(|i| recover(&cluster, i));
            (0..3).for_each(|i| cluster.wait_healthy(i));
            let flags = ETCD_REQUIRE_LEADER | ETCD_LEASE_KEEP_ALIVE_NOTIFY;
            begin(&client, alone, flags, 0, None).unwrap().renewed();
            begin(&client, shared, flags, 0, None).unwrap().lives();
            client.put(KEY, b"v", DEFAULT).unwrap();
            assert_eq!(waiting.told().changes(), [("leaders/k".into(), Some("v".into()))]);
            assert_eq!(counters(&client).leases_lost, 0);
        }
    });
}

static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// A member that knows of no leader.
fn cut_off(conn: &mut Conn) -> io::Result<()> {
    conn.greet(&[])?;
    let mut stream = 0;
    loop {
        stream = stream_after(conn, stream)?;
        REFUSED.fetch_add(1, Relaxed);
        let end = [("grpc-status", "14"), ("grpc-message", "etcdserver: no leader")];
        conn.headers(stream, END_STREAM, &[&GRPC[..], &end].concat())?;
    }
}

/// One that renews the lease 7.
fn renews(conn: &mut Conn) -> io::Result<()> {
    conn.greet(&[])?;
    let mut stream = 0;
    loop {
        stream = stream_after(conn, stream)?;
        conn.accept(stream)?;
        tell(conn, stream, &[renewal(7, 60)])?;
    }
}

#[test]
fn a_member_cut_off_from_the_others_is_left() {
    REFUSED.store(0, Relaxed);
    for _ in 0..20 {
        let members = [Hostile::start(cut_off), Hostile::start(renews)];
        let client = Client::open(&members.each_ref().map(Hostile::endpoint).join(","));
        let flags = ETCD_REQUIRE_LEADER | ETCD_LEASE_KEEP_ALIVE_NOTIFY;
        let kept = begin(&client, 7, flags, 0, None).unwrap();
        assert_eq!(kept.ttl(), Ok(60));
    }
    assert!(REFUSED.load(Relaxed) > 0, "it was never asked");
}

#[test]
fn all_members_are_asked_and_unreachable_ones_are_not_waited_for() {
    let members = [(); 2].map(|()| Hostile::start(cut_off));
    let dead = support::process::Port::lease();
    let list = members.each_ref().map(Hostile::endpoint).join(",");
    for endpoints in [list.clone(), format!("{list},127.0.0.1:{}", dead.number())] {
        let client = Client::open(&endpoints);
        let (kept, watch) = (keep_with_a_leader(&client, 7), watch(&client, ETCD_REQUIRE_LEADER));
        assert_eq!(kept.end(30_000).status, ETCD_ERR_NO_LEADER, "{endpoints}");
        assert_eq!(end(&watch), ETCD_ERR_NO_LEADER, "{endpoints}");
        // Without the flag it is lost when its time is over.
        let kept = begin(&client, 8, 0, 1_000, None).unwrap();
        assert_eq!(kept.end(5_000).status, ETCD_ERR_LEASE_LOST, "{endpoints}");
    }
}

#[test]
fn with_a_leader_it_changes_nothing() {
    on_all_at_once("with_a_leader_it_changes_nothing", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let id = grant(&client, 5);
        let kept = keep_with_a_leader(&client, id);
        let watch = watch(&client, ETCD_REQUIRE_LEADER);
        assert_eq!(kept.next(6_000), Ok(None));
        kept.lives();
        assert_eq!(watch.next(0), Ok(None));
        revoke(&client, id).unwrap();
        assert_eq!(kept.end(5_000).status, ETCD_ERR_LEASE_NOT_FOUND);
    });
}
