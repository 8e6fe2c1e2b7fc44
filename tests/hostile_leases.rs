//! Leases on a server that answers nonsense or nothing, and streams that go to another member.

mod support;

use etcd::capi::keepalive::*;
use etcd::status::*;
use std::io;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::hostile::*;
use support::leases::{begin, grant, KeepAlive};
use support::server::{newest_or_skip, shared};
use support::watch::{Watch, WatchOptions};

const KEY: &[u8] = b"k";

fn open(endpoints: &str) -> Client {
    let options = Options { max_receive_bytes: 1 << 20, ..Default::default() };
    Client::with(endpoints, options).unwrap()
}

/// Told of renewals too. The first may take 10 s.
fn follow(client: &Client, id: i64) -> KeepAlive {
    begin(client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 10_000, None).unwrap()
}

#[test]
fn a_lease_is_what_its_own_answers_say() {
    let server = Hostile::start(|c| {
        c.greet(&[])?;
        let id = stream_after(c, 0)?;
        c.accept(id)?;
        for other in [0, 8, -7, i64::MAX] {
            tell(c, id, &[renewal(other, 1000)])?;
            tell(c, id, &[renewal(other, -1)])?;
        }
        tell(c, id, &[renewal(7, 3)])?;
        // Two of these were not asked for, and no renewal is long past.
        for _ in 0..3 {
            tell(c, id, &[renewal(7, 1000)])?;
        }
        c.hang()
    });
    let client = open(&server.endpoint());
    let lease = follow(&client, 7);
    assert_eq!(lease.ttl(), Ok(3));
    assert!((1..=3000).contains(&lease.left().as_millis()), "{:?}", lease.left());
    let end = lease.ttl().unwrap_err();
    assert_eq!(end.status, ETCD_ERR_LEASE_LOST, "{end:?}");
}

#[test]
fn times_to_live_beyond_reason() {
    let answering = |ttl: &'static str| -> Script {
        match ttl {
            "least" => |c| answer_renewals(c, i64::MIN),
            "none" => |c| answer_renewals(c, 0),
            _ => |c| answer_renewals(c, i64::MAX),
        }
    };
    for ttl in ["least", "none"] {
        let server = Hostile::start(answering(ttl));
        let client = open(&server.endpoint());
        let end = follow(&client, 7).ttl().unwrap_err();
        assert_eq!(end.status, ETCD_ERR_LEASE_NOT_FOUND, "{end:?}");
    }
    let server = Hostile::start(answering("most"));
    let client = open(&server.endpoint());
    let lease = follow(&client, 7);
    assert_eq!(lease.ttl(), Ok(i64::MAX));
    assert!(lease.left().as_millis() > 1 << 60, "{:?}", lease.left());
}

/// One renewal a request, whatever it says.
fn answer_renewals(conn: &mut Conn, ttl: i64) -> io::Result<()> {
    conn.greet(&[])?;
    let id = stream_after(conn, 0)?;
    conn.accept(id)?;
    loop {
        tell(conn, id, &[renewal(7, ttl)])?;
        conn.request()?;
    }
}

#[test]
fn a_lease_goes_on_after_nonsense() {
    let nonsense: Vec<(&str, Script)> = vec![
        ("no protobuf", |c| {
            renew_at_last(c, |c, id| {
                c.accept(id)?;
                c.data(id, &grpc(&[255; 9]))
            })
        }),
        ("compressed", |c| {
            renew_at_last(c, |c, id| {
                c.accept(id)?;
                c.data(id, &[1, 0, 0, 0, 1, 0])
            })
        }),
        ("four GiB", |c| {
            renew_at_last(c, |c, id| {
                c.accept(id)?;
                c.data(id, &[0, 255, 255, 255, 255])
            })
        }),
        ("a web page", |c| {
            renew_at_last(c, |c, id| {
                c.headers(id, 0, &[(":status", "200"), ("content-type", "text/html")])
            })
        }),
        ("a reset", |c| renew_at_last(c, |c, id| c.frame(RST_STREAM, 0, id, &[0, 0, 0, 7]))),
    ];
    for (name, script) in nonsense {
        let server = Hostile::start(script);
        let client = open(&server.endpoint());
        assert_eq!(follow(&client, 7).ttl(), Ok(60), "{name}");
    }
}

fn renew_at_last(conn: &mut Conn, wrong: fn(&mut Conn, u32) -> io::Result<()>) -> io::Result<()> {
    conn.greet(&[])?;
    let id = stream_after(conn, 0)?;
    wrong(conn, id)?;
    let id = stream_after(conn, id)?;
    conn.accept(id)?;
    tell(conn, id, &[renewal(7, 60)])?;
    conn.hang()
}

#[test]
fn streams_go_to_the_member_that_takes_them() {
    let test = "streams_go_to_the_member_that_takes_them";
    let Some(version) = newest_or_skip(test) else { return };
    let etcd = shared(&version).endpoints();
    let writer = Client::open(&etcd);
    let server = Hostile::start(|c| {
        c.greet(&[])?;
        c.admit(&[(MAX_CONCURRENT_STREAMS, 0)])?;
        c.hang()
    });
    // Whichever is asked first.
    for i in 0..4 {
        let client = open(&format!("{},{etcd}", server.endpoint()));
        let revision = writer.put(KEY, b"", DEFAULT).unwrap().revision;
        let options = WatchOptions { start: revision, ..Default::default() };
        let watch = Watch::open(&client, KEY, options).unwrap();
        assert_eq!(watch.told().revisions(), [revision]);
        let lease = follow(&client, 1_000_000 + i);
        let began = Instant::now();
        assert_eq!(lease.ttl().unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        assert!(began.elapsed() < Duration::from_secs(8));
    }
}

#[test]
fn leases_that_come_and_go_do_not_hide_a_silent_member() {
    let test = "leases_that_come_and_go_do_not_hide_a_silent_member";
    let Some(version) = newest_or_skip(test) else { return };
    let etcd = shared(&version).endpoints();
    let granter = Client::open(&etcd);
    let id = grant(&granter, 36_000);
    let silent = Hostile::start(|c| {
        c.greet(&[])?;
        loop {
            c.request()?;
        }
    });
    let client = open(&silent.endpoint());
    let lease = follow(&client, id);
    std::thread::sleep(Duration::from_millis(200));
    client.set_endpoints(&format!("{},{etcd}", silent.endpoint())).unwrap();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                drop(follow(&client, id + 1));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let began = Instant::now();
        let renewed = lease.ttl();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(renewed.is_ok(), "{renewed:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    });
}
