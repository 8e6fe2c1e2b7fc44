//! A list of 400 endpoints of which nearly all are dead: they cost next to nothing, and whoever needs the one
//! that is back has it at once.

mod support;

use etcd::status::*;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::thread::{sleep, JoinHandle};
use std::time::{Duration, Instant};
use support::ffi::*;
use support::process::Port;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, shared};

const MANY: usize = 400;

/// Addresses where every connection is closed at once.
struct Dead {
    port: Port,
    attempts: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dead {
    fn start() -> Dead {
        let port = Port::lease();
        // All of 127.0.0.0/8 is this machine.
        let listener = TcpListener::bind(("0.0.0.0", port.number())).unwrap();
        let (attempts, ended): (Arc<AtomicUsize>, Arc<AtomicBool>) = Default::default();
        let (count, end) = (attempts.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            while listener.accept().is_ok() && !end.load(SeqCst) {
                count.fetch_add(1, SeqCst);
            }
        });
        Dead { port, attempts, ended, thread: Some(thread) }
    }

    fn endpoints(&self) -> impl Iterator<Item = String> + '_ {
        (0..MANY).map(|i| format!("127.1.{}.{}:{}", i / 250, i % 250 + 1, self.port.number()))
    }

    fn and(&self, others: &[String]) -> String {
        self.endpoints().chain(others.iter().cloned()).collect::<Vec<_>>().join(",")
    }

    fn attempts(&self) -> usize {
        self.attempts.load(SeqCst)
    }

    /// Waits until each was tried so often.
    fn all_tried(&self, times: usize) {
        let limit = Instant::now() + Duration::from_secs(30);
        while self.attempts() < times * MANY {
            assert!(Instant::now() < limit, "only {} attempts", self.attempts());
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Dead {
    fn drop(&mut self) {
        self.ended.store(true, SeqCst);
        let _ = std::net::TcpStream::connect(("127.0.0.1", self.port.number()));
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn dead_members_are_tried_in_turn() {
    let test = "dead_members_are_tried_in_turn";
    let Some(version) = newest_or_skip(test) else { return };
    let live = [shared(&version).endpoints()];
    for live in [&live[..], &[]] {
        let dead = Dead::start();
        let client = Client::open(&dead.and(live));
        if !live.is_empty() {
            client.put(b"many/k", b"v", DEFAULT).unwrap();
        }
        // The pauses grow at first.
        dead.all_tried(5);
        let before = dead.attempts();
        sleep(Duration::from_secs(3));
        let attempts = dead.attempts() - before;
        // Each for itself would make 1,500.
        assert!((1..400).contains(&attempts), "{attempts} attempts in 3 s");
    }
}

#[test]
fn a_call_finds_the_member_that_is_back() {
    let Some(version) = newest_or_skip("a_call_finds_the_member_that_is_back") else { return };
    let dead = Dead::start();
    let proxy = Proxy::to_port(shared(&version).port(0), 1);
    proxy.set(Fault::Refuse);
    let client = Client::open(&dead.and(&[proxy.endpoint()]));
    let error = client.get(b"many/k", timeout(100)).unwrap_err();
    assert_eq!(error.status, ETCD_ERR_UNAVAILABLE);
    assert!(error.message.ends_with("and 385 more"), "{error:?}");
    // By now each is to be tried again after 8 to 16 s.
    dead.all_tried(5);
    sleep(Duration::from_millis(1500));
    proxy.set(Fault::Pass);
    client.get(b"many/k", timeout(2_000)).unwrap();
}

#[test]
fn a_silent_member_is_left_for_one_that_is_back() {
    let test = "a_silent_member_is_left_for_one_that_is_back";
    let Some(version) = newest_or_skip(test) else { return };
    let dead = Dead::start();
    let [silent, back] = [1, 2].map(|seed| Proxy::to_port(shared(&version).port(0), seed));
    back.set(Fault::Refuse);
    let client = Client::open(&dead.and(&[silent.endpoint(), back.endpoint()]));
    client.get(b"many/k", DEFAULT).unwrap();
    dead.all_tried(5);
    sleep(Duration::from_millis(1500));
    back.set(Fault::Pass);
    silent.set(Fault::BlackHole(Dir::Both));
    client.get(b"many/k", timeout(2_500)).unwrap();
}
