//! Leases kept alive until told otherwise: on every backend, and through what happens to servers.

mod support;

use etcd::capi::condition::etcd_kv_put_ttl;
use etcd::capi::event::*;
use etcd::capi::keepalive::*;
use etcd::capi::lease::*;
use etcd::capi::pairs::etcd_put_response_free;
use etcd::capi::queue::etcd_queue_next;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::backend::on_all_at_once;
use support::cc::{program, Running};
use support::ffi::{self, *};
use support::leases::*;
use support::process::{http_get, Port};
use support::proxy::{Dir, Fault, Proxy};
use support::scaled;
use support::server::{newest_or_skip, versions_or_skip, Cluster, Version};

const SECOND: Duration = Duration::from_secs(1);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The next event: of which lease, and the ttl or the end.
fn event(queue: &Queue, wait_ms: i32) -> Option<(i64, Result<i64>)> {
    let mut event = null_mut();
    unsafe {
        match etcd_queue_next(queue.0, wait_ms, &mut event, null_mut()) {
            ETCD_OK => {}
            status => {
                assert_eq!(status, ETCD_EMPTY);
                return None;
            }
        }
        assert_eq!(etcd_event_kind(event), ETCD_EVENT_LEASE_KEEP_ALIVE);
        let renewal: *const etcd_lease_keep_alive_response_t =
            ffi::response(event, ETCD_EVENT_LEASE_KEEP_ALIVE);
        let result = match etcd_event_status(event) {
            ETCD_OK => Ok((*renewal).ttl),
            _ => {
                assert!(renewal.is_null());
                Err(failure_of(etcd_event_error(event)))
            }
        };
        let id = etcd_event_user_data(event) as i64;
        etcd_event_free(event);
        Some((id, result))
    }
}

fn status_of(event: Option<(i64, Result<i64>)>) -> etcd_status_t {
    event.expect("an event").1.unwrap_err().status
}

fn renewals(cluster: &Cluster) -> u64 {
    let metrics = http_get(cluster.health_port(0), "/metrics", SECOND).unwrap();
    let line = metrics.lines().find(|line| line.starts_with("etcd_debugging_lease_renewed_total "));
    line.unwrap().split(' ').nth(1).unwrap().parse::<f64>().unwrap() as u64
}

#[test]
fn a_thousand_leases_on_one_connection() {
    const COUNT: usize = 1_000;
    let seconds = scaled(60) as u64;
    for version in versions_or_skip("a_thousand_leases_on_one_connection") {
        let cluster = Cluster::builder(&version).start();
        let proxy = Proxy::to_port(cluster.port(0), 1);
        let client = Client::open(&proxy.endpoint());
        let ids: Vec<_> = (0..COUNT).map(|_| grant(&client, 6)).collect();
        let before = renewals(&cluster);
        // Twice each, which costs no renewal more.
        let kept: Vec<_> = ids.iter().chain(&ids).map(|id| keep(&client, *id)).collect();
        sleep(Duration::from_secs(seconds) + ms(500));
        let each = (renewals(&cluster) - before) as f64 / COUNT as f64;
        // One at once and one in each third of the ttl.
        let expected = 1.0 + seconds as f64 / 2.0;
        assert!((expected * 0.8..expected * 1.2).contains(&each), "{each}, not {expected}");
        assert_eq!(proxy.accepted(), 1);
        for keep in &kept {
            assert_eq!(keep.next(0).unwrap(), None);
            assert!(keep.left() > ms(3_000), "{:?}", keep.left());
        }
    }
}

#[test]
fn a_lease_lives_as_long_as_it_is_kept_alive() {
    on_all_at_once("a_lease_lives_as_long_as_it_is_kept_alive", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let (queue, id) = (Queue::new(), grant(&client, 2));
        client.put(b"kept", b"v", CallOptions { lease: id, ..DEFAULT }).unwrap();
        let silent = keep(&client, id);
        let told = begin(&client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 0, Some(&queue)).unwrap();
        for _ in 0..8 {
            assert_eq!(event(&queue, 1_500), Some((id, Ok(2))));
        }
        assert!(silent.next(0).unwrap().is_none() && silent.left() > SECOND);
        assert!(client.value(b"kept").unwrap().is_some());
        // The other one goes on.
        drop(told);
        sleep(ms(2_500));
        assert_eq!(event(&queue, 0), None);
        assert!(client.value(b"kept").unwrap().is_some());
        drop(silent);
        let stopped = Instant::now();
        while client.value(b"kept").unwrap().is_some() {
            assert!(stopped.elapsed() < 5 * SECOND, "it is still renewed");
            sleep(ms(20));
        }
        assert!(stopped.elapsed() > ms(1_200), "it was revoked");
        let late = follow(&client, id).end(1_000);
        assert_eq!(late.status, ETCD_ERR_LEASE_NOT_FOUND);
    });
}

#[test]
fn a_revocation_is_told() {
    on_all_at_once("a_revocation_is_told", &[], |backend| {
        let (client, other) = (Client::open(&backend.endpoints), Client::open(&backend.endpoints));
        let (queue, ids) = (Queue::new(), [grant(&client, 3), grant(&client, 3)]);
        let kept = ids.map(|id| begin(&client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 0, Some(&queue)));
        let pulled = ids.map(|id| follow(&client, id));
        pulled.iter().for_each(KeepAlive::renewed);
        while event(&queue, 100).is_some() {}
        // By others it shows at the next renewal.
        revoke(&other, ids[0]).unwrap();
        let revoked = Instant::now();
        assert_eq!(pulled[0].end(3_000).status, ETCD_ERR_LEASE_NOT_FOUND);
        assert!(revoked.elapsed() < ms(2_000), "{:?}", revoked.elapsed());
        // By us at once, and what had come before is not told any more.
        pulled[1].renewed();
        sleep(ms(1_100));
        revoke(&client, ids[1]).unwrap();
        assert_eq!(pulled[1].next(0).unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
        let mut told = Vec::new();
        while let Some((id, end)) = event(&queue, 1_500) {
            // Also not a renewal that had come before and was not taken.
            assert_eq!(end.unwrap_err().status, ETCD_ERR_LEASE_NOT_FOUND);
            told.push(id);
        }
        told.sort();
        let mut both = ids;
        both.sort();
        assert_eq!(told, both);
        drop(kept);
    });
}

#[test]
fn a_loss_is_told_once_and_within_a_second() {
    let test = "a_loss_is_told_once_and_within_a_second";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let client = Client::open(&cluster.endpoints());
    let (queue, ids) = (Queue::new(), [grant(&client, 3), grant(&client, 3)]);
    let pulled = follow(&client, ids[0]);
    let _queued = begin(&client, ids[1], 0, 0, Some(&queue)).unwrap();
    pulled.renewed();
    cluster.kill(0);
    let deadline = Instant::now() + pulled.left();
    let end = pulled.end(6_000);
    let late = Instant::now().saturating_duration_since(deadline);
    assert_eq!((end.status, end.name()), (ETCD_ERR_LEASE_LOST, "ETCD_ERR_LEASE_LOST".into()));
    assert!(end.message.starts_with("the lease was not renewed in time: "), "{end:?}");
    assert!(late < SECOND && Instant::now() + ms(50) > deadline, "{late:?}");
    assert_eq!(status_of(event(&queue, 1_000)), ETCD_ERR_LEASE_LOST);
    cluster.restart(0);
    // It may live there, but is not taken up again.
    assert_eq!(event(&queue, 3_000), None);
    assert_eq!(pulled.next(0).unwrap_err().status, ETCD_ERR_LEASE_LOST);
    assert_eq!(pulled.left(), Duration::ZERO);
    let id = grant(&client, 3);
    follow(&client, id).renewed();
}

#[test]
fn restarts_and_new_leaders_cost_no_lease() {
    let test = "restarts_and_new_leaders_cost_no_lease";
    let Some(version) = newest_or_skip(test) else { return };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let cluster = Cluster::builder(&version).start();
            let client = Client::open(&cluster.endpoints());
            let ids: Vec<_> = (0..20).map(|_| grant(&client, 6)).collect();
            let kept: Vec<_> = ids.iter().map(|id| follow(&client, *id)).collect();
            kept.iter().for_each(KeepAlive::renewed);
            for end in [Cluster::kill, Cluster::terminate] {
                end(&cluster, 0);
                sleep(SECOND);
                cluster.restart(0);
                kept.iter().for_each(KeepAlive::lives);
            }
            sleep(ms(6_500));
            kept.iter().for_each(KeepAlive::lives);
        });
        scope.spawn(|| {
            let cluster = Cluster::builder(&version).members(3).start();
            let client = Client::open(&cluster.endpoints());
            let ids: Vec<_> = (0..20).map(|_| grant(&client, 8)).collect();
            let kept: Vec<_> = ids.iter().map(|id| follow(&client, *id)).collect();
            kept.iter().for_each(KeepAlive::renewed);
            for stop in [Cluster::kill, Cluster::stop] {
                let leader = cluster.leader();
                stop(&cluster, leader);
                let stopped = Instant::now();
                while stopped.elapsed() < 9 * SECOND {
                    kept.iter().for_each(KeepAlive::lives);
                    sleep(ms(50));
                }
                cluster.restart(leader);
            }
        });
    });
}

#[test]
fn a_lease_ends_at_once_with_the_store_it_was_of() {
    let test = "a_lease_ends_at_once_with_the_store_it_was_of";
    let Some(version) = newest_or_skip(test) else { return };
    let [ours, theirs] = [(); 2].map(|()| Cluster::builder(&version).start());
    let proxy = Proxy::to_port(ours.port(0), 5);
    let client = Client::open(&proxy.endpoint());
    let id = grant(&client, 3_600);
    let kept = follow(&client, id);
    kept.renewed();
    proxy.set_upstream(std::net::SocketAddr::from(([127, 0, 0, 1], theirs.port(0))));
    proxy.once(Fault::Cut);
    let end = kept.end(10_000);
    assert_eq!(end.status, ETCD_ERR_CLUSTER_CHANGED, "{end:?}");
    let end = keep(&client, id).end(5_000);
    assert_eq!(end.status, ETCD_ERR_CLUSTER_CHANGED, "{end:?}");
}

#[test]
fn a_silent_member_is_left() {
    let test = "a_silent_member_is_left";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    for dir in [Dir::Both, Dir::ToClient, Dir::ToServer] {
        let proxies = [Proxy::to_port(cluster.port(0), 1), Proxy::to_port(cluster.port(0), 2)];
        let alone = Client::open(&proxies[0].endpoint());
        let client = Client::open(&proxies.each_ref().map(Proxy::endpoint).join(","));
        let (lost, kept) = (follow(&alone, grant(&alone, 2)), follow(&client, grant(&client, 2)));
        lost.renewed();
        kept.renewed();
        for proxy in &proxies {
            proxy.set(Fault::BlackHole(dir));
            sleep(ms(1_500));
            kept.lives();
            proxy.set(Fault::Pass);
            sleep(ms(1_000));
            kept.lives();
        }
        let end = match lost.next(0) {
            // It was back in time.
            Ok(_) => {
                proxies[0].set(Fault::BlackHole(dir));
                let deadline = Instant::now() + lost.left();
                let end = lost.end(5_000);
                assert!(Instant::now() < deadline + SECOND);
                end
            }
            Err(end) => end,
        };
        assert_eq!(end.status, ETCD_ERR_LEASE_LOST, "{end:?}");
    }
}

#[test]
fn a_token_that_expires_is_renewed() {
    let renewed = |version: &Version, kind: &str| {
        let cluster = Cluster::builder(version)
            .password("root", "secret")
            .auth_token(kind)
            .token_ttl(2)
            .start();
        let login = || Options {
            user: "root",
            password: "secret",
            flags: etcd::capi::client::ETCD_CLIENT_PLAINTEXT_PASSWORD,
            ..Options::default()
        };
        let client = Client::with(&cluster.endpoints(), login()).unwrap();
        let kept = follow(&client, grant(&client, 3));
        let proxy = Proxy::to_port(cluster.port(0), 1);
        let cut = Client::with(&proxy.endpoint(), login()).unwrap();
        let also = follow(&cut, grant(&cut, 3));
        for _ in 0..3 {
            sleep(ms(2_500));
            // The next stream begins with a token that has expired.
            proxy.once(Fault::Cut);
            kept.lives();
            also.lives();
        }
    };
    std::thread::scope(|scope| {
        for version in versions_or_skip("a_token_that_expires_is_renewed") {
            scope.spawn(move || ["simple", "jwt"].iter().for_each(|kind| renewed(&version, kind)));
        }
    });
}

#[test]
fn who_reads_slowly_gets_the_latest() {
    on_all_at_once("who_reads_slowly_gets_the_latest", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let (queue, id) = (Queue::new(), grant(&client, 2));
        let pulled = follow(&client, id);
        let _queued = begin(&client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 0, Some(&queue)).unwrap();
        sleep(ms(5_000));
        assert!(pulled.left() > ms(1_000), "a renewal waits for its reader");
        assert_eq!(event(&queue, 0), Some((id, Ok(2))));
        assert_eq!(event(&queue, 0), None);
        assert_eq!(pulled.next(0).unwrap(), Some(2));
        assert_eq!(pulled.next(0).unwrap(), None);
        assert_eq!(event(&queue, 1_500), Some((id, Ok(2))));
        pulled.renewed();
    });
}

#[test]
fn ends_of_clients_handles_and_first_attempts() {
    let port = Port::lease();
    let nobody = format!("127.0.0.1:{}", port.number());
    let client = Client::open(&nobody);
    let begun = Instant::now();
    let (first, patient) =
        (begin(&client, 7, 0, 700, None), begin(&client, 8, 0, u32::MAX, None).unwrap());
    let end = first.unwrap().end(3_000);
    assert_eq!(end.status, ETCD_ERR_LEASE_LOST);
    assert!(end.message.contains("not renewed in time"), "{end:?}");
    assert!((ms(650)..ms(1_700)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert_eq!((patient.next(0).unwrap(), patient.left()), (None, Duration::ZERO));
    assert_eq!(begin(&client, 0, 0, 0, None).err().unwrap().status, ETCD_ERR_INVALID_ARGUMENT);
    drop(client);
    assert_eq!(patient.end(0).status, ETCD_ERR_CLOSED);

    on_all_at_once("ends_of_clients_handles_and_first_attempts", &[], |backend| {
        let (client, queue) = (Client::open(&backend.endpoints), Queue::new());
        let unknown = keep(&client, 0x7777_1234);
        assert_eq!(unknown.end(3_000).status, ETCD_ERR_LEASE_NOT_FOUND);
        let id = grant(&client, 5);
        // Closed during a wait, and before anything has come.
        drop(follow(&client, id));
        let kept = follow(&client, id);
        kept.renewed();
        std::thread::scope(|scope| {
            let wait = scope.spawn(|| loop {
                match kept.next(-1) {
                    Ok(_) => {}
                    Err(end) => return end.status,
                }
            });
            sleep(ms(100));
            unsafe { etcd_lease_keep_alive_close(kept.0) };
            assert_eq!(wait.join().unwrap(), ETCD_ERR_BAD_HANDLE);
        });
        assert_eq!(kept.next(0).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
        assert_eq!(kept.left(), Duration::ZERO);
        // With an event that nobody has taken.
        let queued = begin(&client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 0, Some(&queue)).unwrap();
        sleep(ms(300));
        drop(queued);
        assert_eq!(event(&queue, 100), None);
        // With its client.
        let _queued = begin(&client, id, 0, 0, Some(&queue)).unwrap();
        let pulled = follow(&client, id);
        pulled.renewed();
        drop(client);
        assert_eq!(pulled.end(1_000).status, ETCD_ERR_CLOSED);
        assert_eq!(status_of(event(&queue, 1_000)), ETCD_ERR_CLOSED);
        assert_eq!(event(&queue, 100), None);
    });
}

fn once(client: &Client, id: i64) -> Result<()> {
    let mut error = null_mut();
    unsafe {
        let status = etcd_lease_keep_alive_once(client.0, id, null(), null_mut(), &mut error);
        ffi::check(status, error)
    }
}

/// By a call on a queue.
fn grant_async(client: &Client, ttl: i64) -> i64 {
    let (queue, mut error, mut event) = (Queue::new(), null_mut(), null_mut());
    let (tag, no_call) = (null_mut(), null_mut());
    unsafe {
        let status =
            etcd_lease_grant_async(client.0, ttl, null(), queue.0, tag, no_call, &mut error);
        ffi::check(status, error).unwrap();
        assert_eq!(etcd_queue_next(queue.0, 5_000, &mut event, null_mut()), ETCD_OK);
        let granted: *const etcd_lease_grant_response_t =
            ffi::response(event, ETCD_EVENT_LEASE_GRANT_RESPONSE);
        let id = (*granted).id;
        etcd_event_free(event);
        id
    }
}

/// With a key.
fn grant_by_put(client: &Client, ttl: i64) -> i64 {
    let (key, value) = (bytes(b"left/key"), bytes(b"v"));
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let status = etcd_kv_put_ttl(client.0, key, value, ttl, null(), &mut out, &mut error);
        ffi::check(status, error).unwrap();
        let id = (*out).lease;
        etcd_put_response_free(out);
        id
    }
}

#[test]
fn what_is_left_counts_from_the_grant() {
    on_all_at_once("what_is_left_counts_from_the_grant", &[], |backend| {
        const TTL: i64 = 5;
        let proxy = backend.cluster.as_ref().map(|cluster| Proxy::to_port(cluster.port(0), 1));
        let endpoints = proxy.as_ref().map_or(backend.endpoints.clone(), Proxy::endpoint);
        let (client, other) = (Client::open(&endpoints), Client::open(&backend.endpoints));
        let forms: [fn(&Client, i64) -> i64; 3] = [grant, grant_async, grant_by_put];
        let before = Instant::now();
        let granted = forms.map(|form| form(&client, TTL));
        let (revoked, long) = (grant(&client, TTL), grant(&client, 60));
        revoke(&client, revoked).unwrap();
        let theirs = grant(&other, TTL);
        let after = Instant::now();
        if let Some(proxy) = &proxy {
            proxy.set(Fault::BlackHole(Dir::Both));
        }
        // No answer counts but that to the grant, nor does a limit to the wait for the next.
        let kept = granted.map(|id| begin(&client, id, 0, 100, None).unwrap());
        let ttl = Duration::from_secs(TTL as u64);
        for kept in &kept {
            let left = kept.left();
            assert!(left + before.elapsed() + ms(2) > ttl, "{left:?}");
            assert!(left <= ttl, "{left:?}");
        }
        assert!(keep(&client, long).left() > ms(50_000));
        let Some(proxy) = proxy else { return };
        for unknown in [revoked, theirs] {
            let kept = begin(&client, unknown, 0, 1_000, None).unwrap();
            assert_eq!(kept.left(), Duration::ZERO);
            let end = kept.end(2_500);
            assert_eq!(end.status, ETCD_ERR_LEASE_LOST);
        }
        // Closed and begun anew, it has the same.
        let [first, second, third] = kept;
        drop(first);
        let first = keep(&client, granted[0]);
        assert!(first.left() <= (after + ttl).saturating_duration_since(Instant::now()));
        let kept = [first, second, third];
        assert!(kept.iter().all(|kept| kept.left() > Duration::ZERO));
        for kept in kept {
            assert_eq!(kept.end(5_000).status, ETCD_ERR_LEASE_LOST);
            let lost = Instant::now();
            assert!(lost + ms(2) > before + ttl && lost < after + ttl + SECOND);
        }
        // Its time is over here, but others may have renewed it: that is to be found out.
        assert_eq!(begin(&client, granted[0], 0, 500, None).unwrap().left(), Duration::ZERO);
        proxy.set(Fault::Pass);
        // A single renewal counts like a grant; and what had been renewed when it was left.
        let id = grant(&client, TTL);
        sleep(ms(2_000));
        once(&client, id).unwrap();
        let kept = keep(&client, id);
        assert!(kept.left() > ms(3_000), "{:?}", kept.left());
        sleep(ms(500));
        drop(kept);
        proxy.set(Fault::BlackHole(Dir::Both));
        let kept = keep(&client, id);
        assert!(kept.left() > ms(2_500), "{:?}", kept.left());
    });
}

#[test]
fn a_program_that_was_stopped_learns_of_the_loss_first() {
    let test = "a_program_that_was_stopped_learns_of_the_loss_first";
    let program = program("stopped");
    std::thread::scope(|scope| {
        for backend in support::backend::backends(test, &[]) {
            for first in ["left", "next", "waiting", "queue"] {
                let (program, endpoints) = (&program, backend.endpoints.clone());
                scope.spawn(move || {
                    let command = program.command(&[endpoints, first.to_owned()]);
                    let running = Running::start(command, 60 * SECOND);
                    sleep(ms(1_500));
                    running.signal(libc::SIGSTOP);
                    sleep(ms(4_100));
                    running.signal(libc::SIGCONT);
                    running.finish();
                });
            }
        }
    });
}

#[test]
fn handles_come_and_go() {
    let test = "handles_come_and_go";
    let program = program("keep_alives");
    for backend in support::backend::backends(test, &[]) {
        program.run(&[&*backend.endpoints, "10000"], 60 * SECOND);
    }
}
