//! How soon an endpoint is left that says nothing any more, and that no call is
//! later than its deadline whatever happens to the connection.

mod support;

use etcd::capi::options::ETCD_PREFIX;
use etcd::status::*;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, Cluster};
use support::session::Session;
use support::watch::{Watch, WatchOptions};

const TUNED: fn() -> Options<'static> =
    || Options { ping_interval_ms: 1000, ping_timeout_ms: 1000, ..Default::default() };

#[test]
fn an_idle_watch_leaves_a_black_hole() {
    let Some(version) = newest_or_skip("an_idle_watch_leaves_a_black_hole") else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let direct = Client::open(&cluster.endpoint(2));
    let bound = |options: Options<'_>, most: Duration| {
        let proxies: Vec<_> = (0..2).map(|i| Proxy::to_port(cluster.port(i), i as u64)).collect();
        proxies[1].set(Fault::Refuse);
        let list = format!("{},{}", proxies[0].endpoint(), proxies[1].endpoint());
        let client = Client::with(&list, options).unwrap();
        client.get(b"k", DEFAULT).unwrap();
        let session = Session(client.0.cast());
        let (sender, seen) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let sender = sender;
                for _ in 0..2 {
                    sender.send(session.watch("idle", None).unwrap().2.unwrap()).unwrap();
                }
            });
            std::thread::sleep(Duration::from_millis(500));
            direct.put(b"idle", b"before", DEFAULT).unwrap();
            assert_eq!(seen.recv_timeout(Duration::from_secs(5)).unwrap(), "before");
            proxies[1].set(Fault::Pass);
            // Long enough for the second endpoint to be connected, and the watch open again.
            std::thread::sleep(Duration::from_millis(1500));
            proxies[0].set(Fault::BlackHole(Dir::Both));
            let start = Instant::now();
            direct.put(b"idle", b"after", DEFAULT).unwrap();
            assert_eq!(seen.recv_timeout(Duration::from_secs(30)).unwrap(), "after");
            assert!(start.elapsed() < most, "{:?}", start.elapsed());
        });
        std::mem::forget(session);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| bound(Options::default(), Duration::from_secs(16)));
    });
    bound(TUNED(), Duration::from_millis(2500));
}

#[test]
fn calls_leave_a_black_hole() {
    let Some(version) = newest_or_skip("calls_leave_a_black_hole") else { return };
    let cluster = Cluster::builder(&version).start();
    std::thread::scope(|scope| {
        for (options, most) in [(Options::default(), 16_000), (TUNED(), 2_500)] {
            let cluster = &cluster;
            scope.spawn(move || {
                let proxy = Proxy::to_port(cluster.port(0), 1);
                let client = Client::with(&proxy.endpoint(), options).unwrap();
                client.put(b"hole", b"", DEFAULT).unwrap();
                proxy.set(Fault::BlackHole(Dir::Both));
                let start = Instant::now();
                // It would wait for ever.
                let error = client.put(b"hole", b"", timeout(u32::MAX)).unwrap_err();
                assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_UNAVAILABLE, true));
                assert!(start.elapsed() < Duration::from_millis(most), "{:?}", start.elapsed());
                proxy.set(Fault::Pass);
                client.put(b"hole", b"", timeout(10_000)).unwrap();
            });
        }
    });
}

#[test]
fn a_server_that_works_long_is_not_taken_for_dead() {
    let test = "a_server_that_works_long_is_not_taken_for_dead";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let options = Options { ping_interval_ms: 100, ping_timeout_ms: 1000, ..Default::default() };
    let proxy = Proxy::to_port(cluster.port(0), 1);
    let client = Client::with(&proxy.endpoint(), options).unwrap();
    client.put(b"long", b"", DEFAULT).unwrap();
    // Without the two others nothing is agreed on, and the third one says so after 7 s.
    cluster.stop(1);
    cluster.stop(2);
    let error = client.put(b"long", b"", timeout(4000)).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_TIMEOUT, true), "{error:?}");
    assert_eq!(proxy.accepted(), 1, "asked for a sign of life forty times, it gave it");
    cluster.cont(1);
    cluster.cont(2);
    client.put(b"long", b"", timeout(20_000)).unwrap();
    assert_eq!(proxy.accepted(), 1);
}

fn faults() -> Vec<Fault> {
    let of_both =
        [Fault::Pass, Fault::Cut, Fault::Reset, Fault::HalfClose, Fault::Freeze, Fault::Refuse];
    let of_dir = |dir| {
        [
            Fault::CutAfter(dir, 20),
            Fault::CutWithin(dir, 500),
            Fault::Delay(dir, Duration::from_secs(3)),
            Fault::Drip(dir, 1, Duration::from_millis(50)),
            Fault::Reorder(dir, Duration::from_secs(3)),
            Fault::BlackHole(dir),
        ]
    };
    let of_dirs = [Dir::Both, Dir::ToServer, Dir::ToClient].into_iter().flat_map(of_dir);
    of_both.into_iter().chain(of_dirs).collect()
}

#[test]
fn a_watch_goes_on_within_3_s_of_healing() {
    let Some(version) = newest_or_skip("a_watch_goes_on_within_3_s_of_healing") else { return };
    let cluster = Cluster::builder(&version).start();
    let direct = Client::open(&cluster.endpoints());
    let prefix = WatchOptions { flags: ETCD_PREFIX, ..Default::default() };
    let healing: Vec<_> = faults()
        .into_iter()
        .enumerate()
        .map(|(i, fault)| {
            let proxy = Proxy::to_port(cluster.port(0), i as u64);
            let client = Client::open(&proxy.endpoint());
            let watch = Watch::open(&client, b"heal/", prefix).unwrap();
            proxy.set(fault);
            (fault, proxy, client, watch)
        })
        .collect();
    let values = ["0", "1", "2", "3"];
    for value in values {
        direct.put(b"heal/k", value.as_bytes(), DEFAULT).unwrap();
        std::thread::sleep(Duration::from_secs(1));
    }
    healing.iter().for_each(|(_, proxy, ..)| proxy.set(Fault::Pass));
    let limit = Instant::now() + Duration::from_secs(3);
    for (fault, _, _, watch) in &healing {
        for value in values {
            let left = limit.saturating_duration_since(Instant::now()).as_millis();
            let told = watch.next(left as i32).unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
            let told = told.unwrap_or_else(|| panic!("{fault:?}: {value} has not come"));
            assert_eq!(told.changes(), [("heal/k".to_owned(), Some(value.to_owned()))]);
        }
        assert_eq!(watch.next(0), Ok(None));
    }
}

#[test]
fn no_call_is_later_than_its_deadline() {
    let Some(version) = newest_or_skip("no_call_is_later_than_its_deadline") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 4);
    let client = Client::open(&proxy.endpoint());
    for fault in faults() {
        proxy.set(Fault::Pass);
        client.get(b"late", timeout(10_000)).unwrap();
        proxy.set(fault);
        std::thread::scope(|scope| {
            for limit in [100, 700] {
                let client = &client;
                let timely = move |call: &dyn Fn()| {
                    let start = Instant::now();
                    call();
                    let most = Duration::from_millis(u64::from(limit) + 1000);
                    assert!(start.elapsed() < most, "{fault:?}: {:?}", start.elapsed());
                };
                scope.spawn(move || timely(&|| drop(client.put(b"late", b"", timeout(limit)))));
                scope.spawn(move || timely(&|| drop(client.get(b"late", timeout(limit)))));
            }
        });
    }
}
