//! The log: what it says and never says, and when it is called.

mod support;

use etcd::capi::client::*;
use etcd::capi::error::etcd_error_free;
use etcd::capi::log::*;
use etcd::capi::options::ETCD_PREFIX;
use etcd::status::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;
use support::backend::{on_all_at_once, on_versions_at_once};
use support::ffi::*;
use support::inside::*;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, Cluster};

#[test]
fn a_cut_connection_is_counted_and_logged() {
    on_versions_at_once("a_cut_connection_is_counted_and_logged", |version| {
        let cluster = Cluster::builder(version).start();
        let proxy = Proxy::to_port(cluster.port(0), 3);
        let (at, lines) = (proxy.endpoint(), Lines::default());
        let client = Client::with(&at, lines.options(ETCD_LOG_DEBUG)).unwrap();
        let first = client.put(b"cut/a", b"", DEFAULT).unwrap().revision;
        lines.expect(ETCD_LOG_INFO, "connection", ETCD_OK, "connected", &at);
        let watches = [watch_from(&client, "cut/", first), watch_from(&client, "cut/a", first)];
        watches.iter().for_each(|watch| drop(watch.told()));
        let before = counters(&client);
        assert_eq!((before.connections_opened, before.connections_lost), (1, 0));
        proxy.once(Fault::Cut);
        within_10_s("up again", || counters(&client).watches_resumed == 2);
        client.put(b"cut/a", b"", DEFAULT).unwrap();
        watches.iter().for_each(|watch| assert_eq!(watch.told().events.len(), 1));
        let after = counters(&client);
        assert_eq!((after.connections_opened, after.connections_lost), (2, 1));
        assert_eq!((after.watch_events, after.watch_duplicates), (4, 0));
        lines.expect(ETCD_LOG_WARN, "connection", ETCD_ERR_UNAVAILABLE, "", &at);
        let going_on = format!("goes on with revision {}", first + 1);
        lines.expect(ETCD_LOG_INFO, "watch", ETCD_OK, &going_on, &at);
        // A read whose connection breaks is sent again.
        proxy.set(Fault::BlackHole(Dir::ToClient));
        std::thread::scope(|scope| {
            let reads = scope.spawn(|| client.get(b"cut/a", timeout(60_000)));
            // What was on its way, and is read late, is no silence for a call that began before.
            within_10_s("silence", || {
                let _ = client.get(b"cut/a", timeout(1_000));
                lines.find("connection", ETCD_ERR_TIMEOUT, "silent for").is_some()
            });
            proxy.set(Fault::Cut);
            proxy.set(Fault::Pass);
            reads.join().unwrap().unwrap();
        });
        assert!(counters(&client).retries >= 1);
        lines.expect(ETCD_LOG_WARN, "connection", ETCD_ERR_TIMEOUT, "silent for", &at);
        let again = "/etcdserverpb.KV/Range: ";
        lines.expect(ETCD_LOG_DEBUG, "call", ETCD_ERR_UNAVAILABLE, again, &at);
        // Nobody there: the reason is logged once, not at each attempt.
        cluster.kill(0);
        lines.expect(ETCD_LOG_WARN, "connection", ETCD_ERR_UNAVAILABLE, "", &at);
        sleep(Duration::from_millis(1500));
        let count = lines.0.lock().unwrap().len();
        assert!(count < 40, "{count}");
        let direct = Lines::default();
        let alone = cluster.endpoint(0);
        let _none = Client::with(&alone, direct.options(0)).unwrap();
        let refused = "Connection refused";
        direct.expect(ETCD_LOG_WARN, "connection", ETCD_ERR_UNAVAILABLE, refused, &alone);
        sleep(Duration::from_millis(500));
        assert_eq!(direct.0.lock().unwrap().len(), 1);
    });
}

#[test]
fn the_end_of_a_watch_and_a_limit_are_logged() {
    on_all_at_once("the_end_of_a_watch_and_a_limit_are_logged", &[], |backend| {
        let lines = Lines::default();
        let options = Options { max_receive_bytes: 20_000, ..lines.options(ETCD_LOG_WARN) };
        let client = Client::with(&backend.endpoints, options).unwrap();
        let first = client.put(b"end/a", b"", DEFAULT).unwrap().revision;
        let last = client.put(b"end/a", &[0; 15_000], DEFAULT).unwrap().revision;
        client.compact(last, DEFAULT).unwrap();
        assert_eq!(watch_from(&client, "end/", first).compacted(), last);
        let compacted = format!("before revision {last} ");
        lines.expect(ETCD_LOG_WARN, "watch", ETCD_ERR_COMPACTED, &compacted, &backend.endpoints);
        client.put(b"end/b", &[0; 15_000], DEFAULT).unwrap();
        let large = client.get(b"end/", flags(ETCD_PREFIX)).unwrap_err();
        assert_eq!(large.status, ETCD_ERR_REPLY_TOO_LARGE);
        let range = "/etcdserverpb.KV/Range: ";
        lines.expect(ETCD_LOG_WARN, "call", ETCD_ERR_REPLY_TOO_LARGE, range, &backend.endpoints);
        let lines = lines.0.lock().unwrap();
        assert!(lines.iter().all(|line| line.0 <= ETCD_LOG_WARN), "{lines:?}");
    });
}

#[test]
fn no_secret_is_logged() {
    on_versions_at_once("no_secret_is_logged", |version| {
        let password = "pA55-worD-7319";
        let cluster = Cluster::builder(version).password("root", password).token_ttl(2).start();
        let lines = Lines::default();
        let login = Options { user: "root", password, ..lines.options(ETCD_LOG_DEBUG) };
        let client = Client::with(&cluster.endpoints(), login).unwrap();
        client.put(b"key-8824", b"value-6610", DEFAULT).unwrap();
        lines.expect(ETCD_LOG_INFO, "token", ETCD_OK, "a new token", "");
        assert_eq!(counters(&client).token_refreshes, 1);
        // The token expires: it is refused, and the call repeated with a new one.
        sleep(Duration::from_millis(3300));
        client.put(b"key-8824", b"value-6610", DEFAULT).unwrap();
        assert_eq!(counters(&client).token_refreshes, 2, "{}: {:#?}", version.name, lines.0);
        assert!(counters(&client).retries >= 1);
        let wrong =
            Options { user: "root", password: "wR0ng-2245", ..lines.options(ETCD_LOG_DEBUG) };
        let wrong = Client::with(&cluster.endpoints(), wrong).unwrap();
        wrong.put(b"key-8824", b"", DEFAULT).unwrap_err();
        let endpoint = cluster.endpoints();
        lines.expect(ETCD_LOG_WARN, "token", ETCD_ERR_AUTH_FAILED, "no token: ", &endpoint);
        let all = format!("{:?}", lines.0.lock().unwrap());
        for secret in [password, "wR0ng-2245", "key-8824", "value-6610"] {
            assert!(!all.contains(secret), "{all}");
        }
        // Simple tokens are 16 letters, a dot and a number.
        let token = |word: &str| {
            let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            word.split_once('.').is_some_and(|(text, _)| text.len() == 16)
        };
        assert!(!all.split_whitespace().any(token), "{all}");
    });
}

struct Count {
    closed: AtomicBool,
    before: AtomicUsize,
    after: AtomicUsize,
}

unsafe extern "C" fn count(_: *const etcd_log_record_t, arg: *mut c_void) {
    let count = &*arg.cast::<Count>();
    sleep(Duration::from_millis(1));
    match count.closed.load(SeqCst) {
        true => count.after.fetch_add(1, SeqCst),
        false => count.before.fetch_add(1, SeqCst),
    };
}

#[test]
fn no_line_comes_after_close() {
    let Some(version) = newest_or_skip("no_line_comes_after_close") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 5);
    let mut before = 0;
    for round in 0..support::scaled(100) {
        let counts = Count {
            closed: AtomicBool::new(false),
            before: AtomicUsize::new(0),
            after: AtomicUsize::new(0),
        };
        let log_arg = std::ptr::from_ref(&counts) as usize;
        let options = Options {
            log_callback: Some(count),
            log_arg,
            log_level: ETCD_LOG_DEBUG,
            ..Options::default()
        };
        let client = Client::with(&proxy.endpoint(), options).unwrap();
        let handle = client.0 as usize;
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(move || {
                    let client = std::mem::ManuallyDrop::new(Client(handle as *mut _));
                    let options = timeout(2_000);
                    while !matches!(client.get(b"k", options), Err(e) if e.status == ETCD_ERR_BAD_HANDLE)
                    {
                    }
                });
            }
            for _ in 0..5 {
                sleep(Duration::from_millis(5 + round as u64 % 20));
                proxy.once(Fault::Cut);
            }
            unsafe { etcd_client_close(client.0) };
            counts.closed.store(true, SeqCst);
        });
        sleep(Duration::from_millis(20));
        assert_eq!(counts.after.load(SeqCst), 0);
        before += counts.before.load(SeqCst);
    }
    assert!(before > 0);
}

#[derive(Default)]
struct Slow {
    begun: AtomicBool,
    over: AtomicBool,
}

unsafe extern "C" fn sleep_long(_: *const etcd_log_record_t, arg: *mut c_void) {
    let slow = &*arg.cast::<Slow>();
    slow.begun.store(true, SeqCst);
    sleep(Duration::from_millis(1500));
    slow.over.store(true, SeqCst);
}

#[test]
fn close_waits_for_a_line_in_progress() {
    let Some(version) = newest_or_skip("close_waits_for_a_line_in_progress") else { return };
    let cluster = Cluster::builder(&version).start();
    // The end of the last client would wait for the library's thread.
    let _other = Client::open("mem:");
    let slow = Slow::default();
    let log_arg = std::ptr::from_ref(&slow) as usize;
    let options = Options { log_callback: Some(sleep_long), log_arg, ..Options::default() };
    let client = Client::with(&cluster.endpoints(), options).unwrap();
    within_10_s("a line", || slow.begun.load(SeqCst));
    drop(client);
    assert!(slow.over.load(SeqCst));
}

struct Intruder {
    client: Mutex<usize>,
    seen: Mutex<Vec<etcd_status_t>>,
    /// Lines that say what was refused.
    told: AtomicUsize,
}

unsafe extern "C" fn call_back(record: *const etcd_log_record_t, arg: *mut c_void) {
    let intruder = &*arg.cast::<Intruder>();
    intruder.told.fetch_add(usize::from((*record).status == ETCD_ERR_UNSUPPORTED), SeqCst);
    let client = *intruder.client.lock().unwrap() as *mut etcd_client_t;
    if client.is_null() {
        return;
    }
    let (mut out, mut error, mut other) = (null_mut(), null_mut(), null_mut());
    let key = bytes(b"k");
    let got = etcd::capi::kv::etcd_kv_get(client, key, std::ptr::null(), &mut out, &mut error);
    etcd_error_free(error);
    etcd_client_close(client);
    let opened = etcd_client_open_endpoints(c"mem:".as_ptr(), &mut other, null_mut());
    intruder.seen.lock().unwrap().extend([got, opened]);
}

#[test]
fn a_log_callback_that_calls_back_is_refused() {
    let Some(version) = newest_or_skip("a_log_callback_that_calls_back_is_refused") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 6);
    let intruder =
        Intruder { client: Mutex::new(0), seen: Mutex::default(), told: AtomicUsize::new(0) };
    let log_arg = std::ptr::from_ref(&intruder) as usize;
    let options = Options { log_callback: Some(call_back), log_arg, ..Options::default() };
    let client = Client::with(&proxy.endpoint(), options).unwrap();
    client.put(b"k", b"", DEFAULT).unwrap();
    assert_eq!(intruder.told.load(SeqCst), 0);
    *intruder.client.lock().unwrap() = client.0 as usize;
    proxy.once(Fault::Cut);
    within_10_s("lines", || intruder.seen.lock().unwrap().len() >= 4);
    assert!(intruder.seen.lock().unwrap().iter().all(|&status| status == ETCD_ERR_UNSUPPORTED));
    within_10_s("what was refused", || intruder.told.load(SeqCst) > 0);
    client.put(b"k", b"", DEFAULT).unwrap();
}
