//! What a caller sees when members, connections and names fail.

mod support;

use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::watch::ETCD_WATCH_MERGE;
use etcd::status::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};
use support::checker::{check, report};
use support::ffi::*;
use support::history::{History, Op, Outcome, Seen};
use support::hostile::{header, Conn, Hostile, DATA, PROBE};
use support::inside::counters;
use support::proxy::{Dir, Fault, Proxy, Rng};
use support::recorder::{Pulse, Recorder};
use support::server::{newest_or_skip, versions_or_skip, Cluster, TlsMode};
use support::watchers::{watch, Goal, Plan, ALL};
use support::{scaled, seed};

fn millis(since: Instant) -> u128 {
    since.elapsed().as_millis()
}

/// Waits until the client has connected to whatever it can.
fn settle(client: &Client) {
    client.get(b"settle", timeout(10_000)).unwrap();
    std::thread::sleep(Duration::from_millis(200));
}

#[test]
fn with_a_member_stopped_reads_go_elsewhere() {
    let Some(version) = newest_or_skip("with_a_member_stopped_reads_go_elsewhere") else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let count = scaled(1000);
    for stopped in 0..3 {
        let client = Client::open(&cluster.endpoints());
        settle(&client);
        if stopped == cluster.leader() {
            // Its followers need an election; the two others are the point here.
            continue;
        }
        cluster.stop(stopped);
        let mut slow = 0;
        for i in 0..count {
            let start = Instant::now();
            client.get(b"k", DEFAULT).unwrap_or_else(|e| panic!("get {i}: {e:?}"));
            assert!(millis(start) < 5000, "later than its deadline");
            slow += usize::from(millis(start) >= 100);
        }
        // A client that is opened now may meet the stopped member first.
        let fresh = Client::open(&cluster.endpoints());
        for _ in 0..count {
            let start = Instant::now();
            fresh.get(b"k", DEFAULT).unwrap();
            slow += usize::from(millis(start) >= 100);
        }
        assert!(slow * 100 <= 2 * count, "{slow} of {} took 100 ms or more", 2 * count);
        cluster.cont(stopped);
    }
}

/// How many gets the servers of `computing` were asked for.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Answers probes at once, and gets after longer than a silent member is given.
fn computing(conn: &mut Conn) -> std::io::Result<()> {
    conn.greet(&[])?;
    loop {
        let request = conn.request()?;
        ASKED.fetch_add(1, Relaxed);
        let end = Instant::now() + Duration::from_millis(900);
        while Instant::now() < end {
            let Some(frame) = conn.hear_within(end - Instant::now())? else { continue };
            if frame.kind == DATA && frame.payload == PROBE {
                conn.reply(frame.stream, &[])?;
            }
        }
        conn.reply(request.stream, &header(5))?;
    }
}

#[test]
fn a_read_is_not_sent_twice_while_its_member_is_at_work() {
    let members = [Hostile::start(computing), Hostile::start(computing)];
    let client = Client::open(&members.each_ref().map(Hostile::endpoint).join(","));
    for _ in 0..4 {
        client.get(b"k", DEFAULT).unwrap();
    }
    assert_eq!(ASKED.load(Relaxed), 4);
}

#[test]
fn with_a_member_dead_reads_and_later_writes_succeed() {
    let test = "with_a_member_dead_reads_and_later_writes_succeed";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let leader = cluster.leader();
    for dead in (0..3).filter(|&i| i != leader) {
        for kill in [Cluster::kill, Cluster::terminate] {
            let client = Client::open(&cluster.endpoints());
            settle(&client);
            let alone = Client::open(&cluster.endpoint(dead));
            settle(&alone);
            kill(&cluster, dead);
            for i in 0..200u32 {
                client.put(b"dead/k", &i.to_be_bytes(), DEFAULT).unwrap();
                assert_eq!(client.value(b"dead/k").unwrap().unwrap(), i.to_be_bytes());
            }
            // The one that knows no other member says what it tried, and that nothing happened.
            let error = alone.put(b"dead/alone", b"", timeout(500)).unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_UNAVAILABLE, false));
            assert!(error.message.contains("refused"), "{error:?}");
            cluster.restart(dead);
            alone.put(b"dead/alone", b"", DEFAULT).unwrap();
            assert_eq!(client.value(b"dead/alone").unwrap().unwrap(), b"");
        }
    }
}

#[test]
fn back_to_back_calls_survive_the_death_of_the_member_they_use() {
    let test = "back_to_back_calls_survive_the_death_of_the_member_they_use";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let leader = cluster.leader();
    for dead in (0..3).filter(|&i| i != leader) {
        for _ in 0..3 {
            // Connected to the victim alone at first, so that it is the one in use.
            let proxies: Vec<_> = (0..3).map(|i| Proxy::to_port(cluster.port(i), 1)).collect();
            for (i, proxy) in proxies.iter().enumerate() {
                proxy.set(if i == dead { Fault::Pass } else { Fault::Refuse });
            }
            let list: Vec<_> = proxies.iter().map(Proxy::endpoint).collect();
            let client = Client::open(&list.join(","));
            for _ in 0..100 {
                client.put(b"b2b/k", b"", DEFAULT).unwrap();
            }
            proxies.iter().for_each(|proxy| proxy.set(Fault::Pass));
            std::thread::sleep(Duration::from_millis(1500));
            for _ in 0..100 {
                client.put(b"b2b/k", b"", DEFAULT).unwrap();
            }
            proxies[dead].set(Fault::Cut);
            // Begun after the death: must not be lost on the dead connection.
            for _ in 0..100 {
                client.put(b"b2b/k", b"", DEFAULT).unwrap();
            }
        }
    }
}

#[test]
fn a_write_in_flight_when_its_member_dies_ends_at_once_as_maybe() {
    for version in versions_or_skip("a_write_in_flight_when_its_member_dies") {
        let cluster = Cluster::builder(&version).start();
        let proxy = Proxy::to_port(cluster.port(0), 7);
        let client = Client::open(&proxy.endpoint());
        settle(&client);
        for fault in [Fault::Cut, Fault::Reset, Fault::HalfClose] {
            // The reply is held back, so the write is applied and in flight when the cut comes.
            proxy.set(Fault::BlackHole(Dir::ToClient));
            let (error, took) = std::thread::scope(|scope| {
                let call = scope.spawn(|| {
                    let result = client.put(b"flight/k", b"applied", DEFAULT);
                    (result, Instant::now())
                });
                std::thread::sleep(Duration::from_millis(200));
                let cut = Instant::now();
                proxy.set(fault);
                let (result, end) = call.join().unwrap();
                (result.unwrap_err(), end.duration_since(cut))
            });
            assert_eq!(
                (error.status, error.maybe_applied),
                (ETCD_ERR_UNAVAILABLE, true),
                "{error:?}"
            );
            assert_eq!(error.endpoint, proxy.endpoint());
            assert!(took < Duration::from_millis(1000), "{took:?}");
            proxy.set(Fault::Pass);
            assert_eq!(client.value(b"flight/k").unwrap().unwrap(), b"applied");
            client.delete(b"flight/k", DEFAULT).unwrap();
        }
    }
}

#[test]
fn a_read_in_flight_is_repeated() {
    let Some(version) = newest_or_skip("a_read_in_flight_is_repeated") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 8);
    let client = Client::open(&proxy.endpoint());
    settle(&client);
    for fault in [Fault::Cut, Fault::Reset, Fault::HalfClose] {
        proxy.set(Fault::BlackHole(Dir::ToClient));
        std::thread::scope(|scope| {
            let call = scope.spawn(|| client.get(b"k", DEFAULT));
            std::thread::sleep(Duration::from_millis(100));
            proxy.once(fault);
            proxy.set(Fault::Pass);
            call.join().unwrap().unwrap();
        });
    }
}

const TIMEOUT_MS: u32 = 1000;

/// Four clients write and read through a proxy while `faults` come and go: in time, and truly.
fn through(cluster: &Cluster, proxy: &Proxy, tag: usize, faults: impl FnOnce()) -> Vec<Op> {
    let ca = cluster.cert_files().map(|files| files.ca.to_string_lossy().into_owned());
    let scheme = if ca.is_some() { "https://" } else { "" };
    let options = || Options { ca_file: ca.as_deref().unwrap_or(""), ..Options::default() };
    let clients: Vec<_> = (0..4)
        .map(|_| Client::with(&format!("{scheme}{}", proxy.endpoint()), options()).unwrap())
        .collect();
    let (stop, pulse) = (AtomicBool::new(false), Pulse::start());
    let ops: Vec<Op> = std::thread::scope(|scope| {
        let work = clients.iter().enumerate().map(|(i, client)| {
            let stop = &stop;
            scope.spawn(move || {
                let number = tag * 4 + i;
                let mut recorder = Recorder::new(client, number, TIMEOUT_MS);
                let mut rng = Rng::new(number as u64);
                while !stop.load(SeqCst) {
                    let key = format!("faults/{}", rng.below(5));
                    match rng.below(6) {
                        0..3 => recorder.put(&key),
                        3 => recorder.delete(&key),
                        4 => {
                            let at =
                                recorder.get("faults/n", true).saw().map_or(0, |kv| kv.revision);
                            recorder.transact(
                                &["faults/n", "faults/log"],
                                &[],
                                Some(Seen::Revision(at)),
                            )
                        }
                        _ => recorder.get(&key, false),
                    };
                }
                recorder.ops
            })
        });
        let work: Vec<_> = work.collect();
        faults();
        proxy.set(Fault::Pass);
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, SeqCst);
        work.into_iter().flat_map(|work| work.join().unwrap()).collect()
    });
    pulse.in_time(&ops, |_| TIMEOUT_MS);
    ops
}

/// Compares what the clients say with what the server has.
fn true_outcomes(mut ops: Vec<Op>, cluster: &Cluster) {
    let ca = cluster.cert_files().map(|files| files.ca.to_string_lossy().into_owned());
    let options = Options { ca_file: ca.as_deref().unwrap_or(""), ..Options::default() };
    let direct = Client::with(&cluster.endpoints(), options).unwrap();
    let mut last = Recorder::new(&direct, usize::MAX, 5000);
    last.put("faults/last");
    for key in ["faults/0", "faults/1", "faults/2", "faults/3", "faults/4", "faults/n"] {
        last.get(key, false);
    }
    ops.append(&mut last.ops);
    let revision = ops.iter().filter_map(Op::revision).max().unwrap();
    let plan = Plan { key: "faults/", flags: ETCD_PREFIX | ETCD_WATCH_MERGE, asks: true, ..ALL };
    let truth = watch(&direct, &plan, 1, &Goal::at(revision), 0);
    let history = History { ops, truth, watchers: Vec::new(), revision };
    let violations = check(&history);
    assert!(violations.is_empty(), "{}", report(&violations));
    let count = |outcome| history.ops.iter().filter(|op| op.outcome == outcome).count();
    let (refused, maybe) = (count(Outcome::NotApplied), count(Outcome::Maybe));
    let done = history.ops.len() - refused - maybe;
    eprintln!("{done} calls done, {refused} not applied, {maybe} in doubt");
    assert!(done > 100 && maybe > 0, "the faults must have hit something");
}

#[test]
fn every_fault_ends_within_the_deadline_and_no_outcome_lies() {
    let test = "every_fault_ends_within_the_deadline_and_no_outcome_lies";
    let Some(version) = newest_or_skip(test) else { return };
    let seed = seed(test);
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), seed);
    let (both, ms) = (Dir::Both, Duration::from_millis);
    let faults = [
        Fault::Pass,
        Fault::Cut,
        Fault::Reset,
        Fault::HalfClose,
        Fault::CutAfter(Dir::ToClient, 700),
        Fault::CutWithin(both, 5000),
        Fault::Delay(both, ms(200)),
        Fault::Drip(both, 20, ms(5)),
        Fault::Reorder(both, ms(100)),
        Fault::BlackHole(both),
        Fault::BlackHole(Dir::ToServer),
        Fault::BlackHole(Dir::ToClient),
        Fault::Freeze,
        Fault::Refuse,
    ];
    let mut ops = Vec::new();
    for (tag, fault) in faults.into_iter().enumerate() {
        let mut rng = Rng::new(seed);
        ops.append(&mut through(&cluster, &proxy, tag, || {
            for _ in 0..scaled(20) {
                std::thread::sleep(ms(100 + rng.below(100)));
                proxy.set(fault);
                std::thread::sleep(ms(300 + rng.below(500)));
                proxy.set(Fault::Pass);
            }
        }));
    }
    let mut rng = Rng::new(seed);
    ops.append(&mut through(&cluster, &proxy, faults.len(), || {
        for _ in 0..scaled(300) {
            proxy.set(rng.fault());
            std::thread::sleep(ms(rng.below(300)));
            proxy.set(Fault::Pass);
            std::thread::sleep(ms(rng.below(200)));
        }
    }));
    true_outcomes(ops, &cluster);
}

#[test]
fn corrupted_bytes_do_not_pass_tls_and_hang_nobody() {
    let test = "corrupted_bytes_do_not_pass_tls_and_hang_nobody";
    let Some(version) = newest_or_skip(test) else { return };
    let seed = seed(test);
    for tls in [TlsMode::Server, TlsMode::Off] {
        let cluster = Cluster::builder(&version).tls(tls).start();
        let proxy = Proxy::to_port(cluster.port(0), seed);
        let mut ops = Vec::new();
        for (tag, dir) in [Dir::Both, Dir::ToServer, Dir::ToClient].into_iter().enumerate() {
            ops.append(&mut through(&cluster, &proxy, tag, || {
                for every in [100, 1000, 10_000, 50_000].repeat(scaled(10)) {
                    proxy.set(Fault::Corrupt(dir, every));
                    std::thread::sleep(Duration::from_millis(700));
                    proxy.set(Fault::Pass);
                    std::thread::sleep(Duration::from_millis(300));
                }
            }));
        }
        // Without TLS nobody can tell what was changed: only how long the calls take is certain, and was checked.
        if tls == TlsMode::Server {
            true_outcomes(ops, &cluster);
        }
    }
}

#[test]
fn a_black_hole_is_left_and_found_again() {
    let Some(version) = newest_or_skip("a_black_hole_is_left_and_found_again") else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let proxies: Vec<_> = (0..3).map(|i| Proxy::to_port(cluster.port(i), i as u64)).collect();
    let list: Vec<_> = proxies.iter().map(Proxy::endpoint).collect();
    let client = Client::open(&list.join(" "));
    settle(&client);
    for hole in &proxies {
        hole.set(Fault::BlackHole(Dir::Both));
        for i in 0..50 {
            let start = Instant::now();
            client.get(b"k", DEFAULT).unwrap();
            assert!(i == 0 || millis(start) < 400, "{} ms in get {i}", millis(start));
        }
        // A first write may meet it too and be in doubt; the next ones go elsewhere.
        let first = client.put(b"hole/k", b"", timeout(1000));
        assert!(first.is_ok() || first.unwrap_err().maybe_applied);
        for _ in 0..20 {
            client.put(b"hole/k", b"", timeout(1000)).unwrap();
        }
        hole.set(Fault::Pass);
    }
    // A client of one endpoint comes back when the hole is gone.
    let single = Client::open(&proxies[0].endpoint());
    settle(&single);
    proxies[0].set(Fault::BlackHole(Dir::Both));
    let error = single.get(b"k", timeout(300)).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_TIMEOUT, false));
    assert_eq!(error.endpoint, proxies[0].endpoint());
    proxies[0].set(Fault::Pass);
    single.get(b"k", timeout(10_000)).unwrap();
}

#[test]
fn opening_needs_no_server_and_close_ends_waiting_calls() {
    // Reserved for documentation: no packet to it is ever answered.
    for endpoints in ["127.0.0.1:1", "http://192.0.2.1:2379", "unix:/nonexistent/etcd.sock"] {
        let start = Instant::now();
        let client = Client::open(endpoints);
        assert!(millis(start) < 500, "{endpoints}: opened in {} ms", millis(start));
        let error = client.get(b"k", timeout(100)).unwrap_err();
        assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_UNAVAILABLE, false), "{error:?}");
        assert!(error.message.contains(endpoints), "{error:?}");
        let error = client.put(b"k", b"", timeout(100)).unwrap_err();
        assert!(!error.maybe_applied, "{error:?}");
        std::thread::scope(|scope| {
            let calls: Vec<_> =
                (0..8).map(|_| scope.spawn(|| client.put(b"k", b"", timeout(u32::MAX)))).collect();
            std::thread::sleep(Duration::from_millis(100));
            let start = Instant::now();
            unsafe { etcd::capi::client::etcd_client_close(client.0) };
            for call in calls {
                let error = call.join().unwrap().unwrap_err();
                assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_CLOSED, false));
            }
            assert!(millis(start) < 1000, "{endpoints}: closed in {} ms", millis(start));
        });
        assert_eq!(client.get(b"k", DEFAULT).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
    }
}

#[test]
fn close_tells_a_write_that_was_sent_from_one_that_was_not() {
    let test = "close_tells_a_write_that_was_sent_from_one_that_was_not";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 9);
    let client = Client::open(&proxy.endpoint());
    settle(&client);
    proxy.set(Fault::BlackHole(Dir::ToClient));
    std::thread::scope(|scope| {
        let write = scope.spawn(|| client.put(b"k", b"", DEFAULT));
        let read = scope.spawn(|| client.get(b"k", DEFAULT));
        std::thread::sleep(Duration::from_millis(100));
        unsafe { etcd::capi::client::etcd_client_close(client.0) };
        let (write, read) = (write.join().unwrap(), read.join().unwrap());
        let (write, read) = (write.unwrap_err(), read.unwrap_err());
        assert_eq!((write.status, write.maybe_applied), (ETCD_ERR_CLOSED, true));
        assert_eq!((read.status, read.maybe_applied), (ETCD_ERR_CLOSED, false));
    });
}

#[test]
fn an_op_can_be_cancelled() {
    let Some(version) = newest_or_skip("an_op_can_be_cancelled") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 10);
    let client = Client::open(&proxy.endpoint());
    let queue = Queue::new();
    settle(&client);
    proxy.set(Fault::BlackHole(Dir::ToClient));
    let op = queue.get(&client, b"k", 5).unwrap();
    let cancel = || unsafe { etcd::capi::call::etcd_call_cancel(op) };
    assert_eq!(cancel(), ETCD_OK);
    let event = queue.next(2000).unwrap();
    assert_eq!(event.user_data, 5);
    assert_eq!(event.result.unwrap_err().status, ETCD_ERR_CANCELLED);
    assert_eq!(cancel(), ETCD_ERR_BAD_HANDLE, "stale once its event is taken");
    proxy.set(Fault::Pass);
    client.get(b"k", DEFAULT).unwrap();
}

#[test]
fn a_restarted_server_is_found_again() {
    for version in versions_or_skip("a_restarted_server_is_found_again") {
        let cluster = Cluster::builder(&version).start();
        let client = Client::open(&cluster.endpoints());
        for round in 0..3 {
            client.put(b"k", b"v", DEFAULT).unwrap();
            cluster.kill(0);
            let error = client.get(b"k", timeout(200)).unwrap_err();
            assert_eq!(error.status, ETCD_ERR_UNAVAILABLE, "{round}: {error:?}");
            cluster.restart(0);
            assert_eq!(client.value(b"k").unwrap().unwrap(), b"v");
        }
    }
}

#[test]
fn calls_that_time_out_cost_the_others_nothing() {
    let test = "calls_that_time_out_cost_the_others_nothing";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let short = Options { timeout_ms: 200, ..Default::default() };
    let short = Client::with(&cluster.endpoints(), short).unwrap();
    let queue = Queue::new();
    settle(&short);
    // More late replies than HTTP/2 libraries tolerate for a connection's life.
    cluster.stop(0);
    for i in 0..3000 {
        queue.get(&short, b"late", i).unwrap();
    }
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| short.put(b"late", b"", timeout(20_000)));
        for _ in 0..3000 {
            queue.next(10_000).unwrap().result.unwrap_err();
        }
        std::thread::sleep(Duration::from_millis(1500));
        cluster.cont(0);
        patient.join().unwrap().unwrap();
    });
}

#[test]
fn a_server_that_hangs_up_is_not_stormed() {
    let Some(version) = newest_or_skip("a_server_that_hangs_up_is_not_stormed") else { return };
    let cluster = Cluster::builder(&version).start();
    let proxy = Proxy::to_port(cluster.port(0), 11);
    let client = Client::open(&proxy.endpoint());
    settle(&client);
    let before = proxy.accepted();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        proxy.once(Fault::Cut);
        std::thread::sleep(Duration::from_millis(5));
    }
    let connections = proxy.accepted() - before;
    assert!((3..20).contains(&connections), "{connections} connections in 4 s");
    settle(&client);
}

#[test]
fn something_that_is_no_etcd_is_told_apart() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            use std::io::{Read, Write};
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let client = Client::open(&endpoint);
    let error = client.get(b"k", timeout(1000)).unwrap_err();
    assert!([ETCD_ERR_UNAVAILABLE, ETCD_ERR_TIMEOUT].contains(&error.status), "{error:?}");
    assert!(error.message.contains(&endpoint) || error.endpoint == endpoint, "{error:?}");
    drop(client);
    for _ in 0..3 {
        let _ = std::net::TcpStream::connect(&endpoint);
    }
    let _ = server.join();
}

/// Answers one call and hangs up.
fn one_call(conn: &mut Conn) -> std::io::Result<()> {
    conn.greet(&[])?;
    let stream = conn.request()?.stream;
    conn.reply(stream, &header(5))
}

#[test]
fn a_connection_that_has_served_calls_is_replaced_at_once() {
    let server = Hostile::start(one_call);
    let client = Client::open(&server.endpoint());
    for _ in 0..20 {
        // Pauses that grow would reach a second.
        client.get(b"k", timeout(700)).unwrap();
    }
    let opened = counters(&client).connections_opened;
    assert!((20..=21).contains(&opened), "{opened} connections for 20 calls");
}
