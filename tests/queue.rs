//! A queue's reader that mostly waits, and drives the library meanwhile: what it and others find then.

mod support;

use etcd::capi::client::etcd_client_close;
use etcd::capi::queue::{etcd_queue_free, etcd_queue_wake};
use etcd::status::*;
use std::collections::HashSet;
use std::fs;
use std::sync::{Barrier, Mutex};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};
use support::ffi::*;
use support::proxy::{Fault, Proxy};
use support::server::{newest_or_skip, shared};

const IN_FLIGHT: usize = 8;

/// All clients of a process have one runtime; each test has it alone.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs the test on a proxy before the newest server.
fn alone(test: &str, body: impl FnOnce(&Proxy, &Client)) {
    let Some(version) = newest_or_skip(test) else { return };
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    let proxy = Proxy::to_port(shared(&version).port(0), 1);
    let no_deadline = Options { timeout_ms: u32::MAX, ..Options::default() };
    let client = Client::with(&proxy.endpoint(), no_deadline).unwrap();
    client.put(b"reader", b"", DEFAULT).unwrap();
    body(&proxy, &client);
}

/// Ends a wait from elsewhere, a little later.
fn wake(queue: &Queue) {
    sleep(Duration::from_millis(100));
    assert_eq!(unsafe { etcd_queue_wake(queue.0) }, ETCD_OK);
}

fn free(queue: &Queue) {
    sleep(Duration::from_millis(100));
    unsafe { etcd_queue_free(queue.0) };
}

/// So many gets, each told of once, from a reader that does nothing else.
fn read(queue: &Queue, client: &Client, count: usize) {
    let mut open = HashSet::new();
    for tag in 0..count + IN_FLIGHT {
        if tag >= IN_FLIGHT {
            let event = queue.next(60_000).unwrap();
            event.result.unwrap();
            assert!(open.remove(&event.user_data));
        }
        if tag < count {
            queue.get(client, b"reader", tag).unwrap();
            open.insert(tag);
        }
    }
    assert!(open.is_empty());
}

/// A queue whose reader drives when it waits for the end of a get, which has no answer
/// while the proxy is frozen.
fn unanswered(proxy: &Proxy, client: &Client) -> Queue {
    let queue = Queue::new();
    read(&queue, client, 400);
    proxy.set(Fault::Freeze);
    queue.get(client, b"reader", 7).unwrap();
    queue
}

/// What a thread of this process has computed so far.
fn computed(task: &str) -> Duration {
    let spent = fs::read_to_string(format!("/proc/self/task/{task}/schedstat")).unwrap();
    Duration::from_nanos(spent.split(' ').next().unwrap().parse().unwrap())
}

/// The library's own threads.
fn ours() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: &String| fs::read_to_string(format!("/proc/self/task/{task}/comm"));
    let tasks = tasks.map(|task| task.unwrap().file_name().into_string().unwrap());
    tasks.filter(|task| name(task).is_ok_and(|name| name == "etcd\n")).collect()
}

/// True once somebody else has sent something to the server.
fn is_sent(proxy: &Proxy, before: u64) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if proxy.bytes_to_server() > before {
            return true;
        }
        sleep(Duration::from_millis(1));
    }
    false
}

#[test]
fn a_reader_does_the_work_of_the_librarys_thread() {
    alone("a_reader_does_the_work_of_the_librarys_thread", |_, client| {
        let queue = Queue::new();
        read(&queue, client, 200);
        let [thread] = &ours()[..] else { panic!("{:?}", ours()) };
        let me = unsafe { libc::gettid() }.to_string();
        let before = (computed(thread), computed(&me));
        read(&queue, client, 4_000);
        let (its, mine) = (computed(thread) - before.0, computed(&me) - before.1);
        assert!(its < mine / 2, "{its:?} and {mine:?}");
    });
}

#[test]
fn its_wait_ends_as_any_other() {
    alone("its_wait_ends_as_any_other", |proxy, client| {
        let queue = unanswered(proxy, client);
        let began = Instant::now();
        assert_eq!(queue.next(50).unwrap_err(), NoEvent::Empty);
        assert!(began.elapsed() >= Duration::from_millis(50));
        scope(|scope| {
            scope.spawn(|| wake(&queue));
            assert_eq!(queue.next(-1).unwrap_err(), NoEvent::Woken);
        });
        proxy.set(Fault::Pass);
        let event = queue.next(60_000).unwrap();
        assert_eq!(event.user_data, 7);
        event.result.unwrap();
        proxy.set(Fault::Freeze);
        queue.get(client, b"reader", 8).unwrap();
        scope(|scope| {
            scope.spawn(|| free(&queue));
            assert_eq!(queue.next(-1).unwrap_err(), NoEvent::Failed(ETCD_ERR_BAD_HANDLE));
        });
        proxy.set(Fault::Pass);
    });
}

#[test]
fn others_are_served_while_it_waits() {
    alone("others_are_served_while_it_waits", |proxy, client| {
        let queue = unanswered(proxy, client);
        let version = newest_or_skip("others_are_served_while_it_waits").unwrap();
        scope(|scope| {
            let waiting = scope.spawn(|| queue.next(-1).unwrap());
            for _ in 0..3 {
                // Opened, used and closed while somebody else drives.
                let other = Client::open(&shared(&version).endpoints());
                for _ in 0..50 {
                    other.put(b"reader/other", b"", DEFAULT).unwrap();
                }
                read(&Queue::new(), &other, 100);
            }
            assert!(!waiting.is_finished());
            proxy.set(Fault::Pass);
            waiting.join().unwrap().result.unwrap();
        });
    });
}

#[test]
fn what_it_leaves_is_done_without_it() {
    alone("what_it_leaves_is_done_without_it", |proxy, client| {
        let queue = Queue::new();
        for round in 0..5 {
            read(&queue, client, 200);
            let before = proxy.bytes_to_server();
            queue.put(client, b"reader", b"", round).unwrap();
            assert!(is_sent(proxy, before), "nobody has sent it");
            // Its end makes the descriptor readable for a thread that waits elsewhere.
            let mut poll = libc::pollfd { fd: queue.fd(), events: libc::POLLIN, revents: 0 };
            assert_eq!(unsafe { libc::poll(&mut poll, 1, 10_000) }, 1);
            queue.next(0).unwrap().result.unwrap();
        }
        // A call that waits for its own end, with others in progress.
        for round in 0..5 {
            read(&queue, client, 200);
            queue.put(client, b"reader", b"", round).unwrap();
            client.get(b"reader", DEFAULT).unwrap();
            queue.next(10_000).unwrap().result.unwrap();
        }
    });
}

#[test]
fn two_readers_take_each_end_once() {
    alone("two_readers_take_each_end_once", |_, client| {
        let (queue, queues) = (Queue::new(), [Queue::new(), Queue::new()]);
        let (open, together) = (&Mutex::new(HashSet::new()), &Barrier::new(4));
        scope(|scope| {
            for tags in [0..1_000, 1_000..2_000] {
                let queue = &queue;
                scope.spawn(move || {
                    together.wait();
                    for tag in tags {
                        open.lock().unwrap().insert(tag);
                        queue.get(client, b"reader", tag).unwrap();
                        let event = queue.next(60_000).unwrap();
                        event.result.unwrap();
                        assert!(open.lock().unwrap().remove(&event.user_data), "twice");
                    }
                });
            }
            // And readers of other queues.
            for queue in &queues {
                scope.spawn(move || {
                    together.wait();
                    read(queue, client, 1_000);
                });
            }
        });
        assert!(open.lock().unwrap().is_empty());
        assert_eq!(queue.next(0).unwrap_err(), NoEvent::Empty);
    });
}

#[test]
fn the_last_client_may_be_closed_while_it_waits() {
    alone("the_last_client_may_be_closed_while_it_waits", |proxy, client| {
        let queue = unanswered(proxy, client);
        scope(|scope| {
            let waiting = scope.spawn(|| (queue.next(-1).unwrap(), queue.next(100)));
            sleep(Duration::from_millis(100));
            let began = Instant::now();
            unsafe { etcd_client_close(client.0) };
            assert!(began.elapsed() < Duration::from_secs(5));
            let (event, after) = waiting.join().unwrap();
            assert_eq!(event.result.unwrap_err().status, ETCD_ERR_CLOSED);
            assert_eq!(after.unwrap_err(), NoEvent::Empty);
        });
        assert_eq!(ours(), Vec::<String>::new(), "the thread is still there");
        proxy.set(Fault::Pass);
        let next = Client::open(&proxy.endpoint());
        read(&queue, &next, 400);
    });
}

#[test]
fn a_reader_left_in_a_runtime_that_has_ended_is_woken() {
    alone("a_reader_left_in_a_runtime_that_has_ended_is_woken", |proxy, first| {
        let queue = unanswered(proxy, first);
        scope(|scope| {
            let waiting = scope.spawn(|| queue.next(-1));
            sleep(Duration::from_millis(50));
            // The end of the call most often goes to a thread that only looks.
            let thief = scope.spawn(|| {
                let end = Instant::now() + Duration::from_secs(1);
                while Instant::now() < end && queue.next(0).is_err() {}
            });
            sleep(Duration::from_millis(10));
            unsafe { etcd_client_close(first.0) };
            thief.join().unwrap();
            proxy.set(Fault::Pass);
            // Known to wait, with a client of another runtime.
            for _ in 0..40 {
                let _ = queue.next(30);
            }
            let next = Client::open(&proxy.endpoint());
            next.put(b"reader", b"", DEFAULT).unwrap();
            queue.get(&next, b"reader", 1).unwrap();
            let _ = queue.next(1_000);
            free(&queue);
            // For ever, if it was forgotten.
            let _ = waiting.join().unwrap();
        });
    });
}
