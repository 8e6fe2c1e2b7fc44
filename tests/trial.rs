//! What is sent on a connection whose server has not shown yet which one it is.

mod support;

use etcd::status::*;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::ffi::*;
use support::hostile::*;

fn open(endpoints: &str) -> Client {
    let options = Options { connect_timeout_ms: 1000, timeout_ms: 1500, ..Default::default() };
    Client::with(endpoints, options).unwrap()
}

/// A call that has come in: its stream, and whether it is the probe.
fn call(conn: &mut Conn) -> io::Result<(u32, bool)> {
    let frame = conn.await_kind(DATA)?;
    Ok((frame.stream, frame.payload == PROBE))
}

/// Answers a get before the probe, whose answer is of another cluster.
fn another_cluster(conn: &mut Conn) -> io::Result<()> {
    conn.greet(&[])?;
    let (probe, is_probe) = call(conn)?;
    let (get, _) = call(conn)?;
    assert!(is_probe);
    conn.reply(get, &header(5))?;
    conn.reply(probe, &field(1, &number(1, 8)))?;
    conn.hang()
}

#[test]
fn a_reply_beside_the_probe_is_believed_only_with_it() {
    let server = Hostile::start(polite);
    let client = open(&server.endpoint());
    assert_eq!(client.get(b"k", DEFAULT).unwrap().revision, 5);
    server.set(another_cluster);
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let error = client.get(b"k", DEFAULT).unwrap_err();
        if error.status == ETCD_ERR_CLUSTER_CHANGED {
            break;
        }
        assert!(Instant::now() < end, "{error:?}");
    }
}

static READS: AtomicUsize = AtomicUsize::new(0);
static WRITES: AtomicUsize = AtomicUsize::new(0);

/// Counts what comes before the probe is answered, which it never is.
fn silent(conn: &mut Conn) -> io::Result<()> {
    conn.greet(&[])?;
    loop {
        let frame = conn.await_kind(DATA)?;
        if frame.payload.windows(6).any(|part| part == b"writes") {
            WRITES.fetch_add(1, Relaxed);
        } else if frame.payload != PROBE {
            READS.fetch_add(1, Relaxed);
        }
    }
}

#[test]
fn reads_go_beside_the_probe_and_writes_wait_for_its_answer() {
    let server = Hostile::start(silent);
    let client = open(&server.endpoint());
    std::thread::scope(|scope| {
        let put = scope.spawn(|| client.put(b"writes", b"v", DEFAULT).unwrap_err());
        let get = scope.spawn(|| client.get(b"reads", DEFAULT).unwrap_err());
        let (put, get) = (put.join().unwrap(), get.join().unwrap());
        assert_eq!((put.status, put.maybe_applied), (ETCD_ERR_UNAVAILABLE, false), "{put:?}");
        assert_eq!(get.status, ETCD_ERR_UNAVAILABLE, "{get:?}");
        assert!(get.message.contains("no answer to a call within 1000 ms"), "{get:?}");
    });
    assert!(READS.load(Relaxed) > 0);
    assert_eq!(WRITES.load(Relaxed), 0);
}

/// An etcd that accepts connections and says nothing does not hold up what others can answer.
#[test]
fn a_read_leaves_a_silent_server_for_one_that_answers() {
    let (silent, honest) = (Hostile::start(silent), Hostile::start(polite));
    for _ in 0..6 {
        let client = open(&format!("{},{}", silent.endpoint(), honest.endpoint()));
        assert_eq!(client.get(b"k", timeout(900)).unwrap().revision, 5);
    }
}
