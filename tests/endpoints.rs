//! The list of endpoints of an open client: replaced, taken from the cluster,
//! and whom it must not be made of.

mod support;

use etcd::capi::options::{ETCD_PREFIX, ETCD_SERIALIZABLE};
use etcd::status::*;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};
use support::backend::{backends, on_versions_at_once};
use support::ffi::*;
use support::inside::counters;
use support::proxy::{Fault, Proxy, Rng};
use support::scaled;
use support::server::{newest_or_skip, Cluster, TlsMode};
use support::session::Session;
use support::watch::{Watch, WatchOptions};

const PREFIX: WatchOptions<'static> =
    WatchOptions { range_end: b"", start: 0, flags: ETCD_PREFIX, max_bytes: 0, timeout_ms: 0 };

/// Tries for ten seconds.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The same client, as the classic calls have it.
fn classic(client: Client) -> Session {
    Session(std::mem::ManuallyDrop::new(client).0.cast())
}

#[test]
fn they_can_be_read_and_set_and_synced_everywhere() {
    for backend in backends("they_can_be_read_and_set_and_synced_everywhere", &["MemberList"]) {
        let client = Client::open(&backend.endpoints);
        assert_eq!(
            client.endpoints(),
            std::slice::from_ref(&backend.endpoints),
            "{}",
            backend.name
        );
        client.put(b"endpoints/k", b"v", DEFAULT).unwrap();
        client.sync().unwrap();
        assert_eq!(
            client.endpoints(),
            std::slice::from_ref(&backend.endpoints),
            "{}",
            backend.name
        );
        let set = client.set_endpoints(&format!("127.0.0.1:1 {}", backend.endpoints));
        match backend.cluster {
            None => assert_eq!(set.unwrap_err().status, ETCD_ERR_INVALID_ARGUMENT),
            Some(_) => {
                set.unwrap();
                assert_eq!(client.endpoints(), ["127.0.0.1:1", &backend.endpoints]);
                let refused = client.set_endpoints("mem:").unwrap_err();
                assert_eq!(refused.status, ETCD_ERR_INVALID_ARGUMENT);
                assert_eq!(client.endpoints().len(), 2);
            }
        }
        assert_eq!(client.value(b"endpoints/k").unwrap().unwrap(), b"v");
    }
}

#[test]
fn another_list_under_load_loses_no_call_and_no_event() {
    let test = "another_list_under_load_loses_no_call_and_no_event";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let client = Client::open(&cluster.endpoints());
    let first = client.put(b"load/0", b"", DEFAULT).unwrap().revision as i32;
    let stop = AtomicBool::new(false);
    let session = classic(Client(client.0));
    let puts = std::thread::scope(|scope| {
        let work: Vec<_> = (0..6)
            .map(|t| {
                let (client, stop) = (&client, &stop);
                scope.spawn(move || {
                    let mut puts = 0;
                    while !stop.load(SeqCst) {
                        let key = format!("load/{t}").into_bytes();
                        client.put(&key, b"v", DEFAULT).unwrap();
                        client.get(&key, DEFAULT).unwrap();
                        puts += 1;
                    }
                    puts
                })
            })
            .collect();
        let watching = scope.spawn(|| {
            // One event a revision: none may be missing.
            let mut next = first;
            loop {
                let (index, key, _) = session.watch("load", Some(next)).unwrap();
                assert_eq!(index, next);
                next += 1;
                if key == "load/end" {
                    return next - first;
                }
            }
        });
        let mut rng = Rng::new(3);
        for _ in 0..scaled(300) {
            let mut some = vec![cluster.endpoint(rng.below(3) as usize)];
            some.extend((0..3).filter(|_| rng.below(2) == 0).map(|i| cluster.endpoint(i)));
            client.set_endpoints(&some.join(",")).unwrap();
            std::thread::sleep(Duration::from_millis(rng.below(60)));
        }
        stop.store(true, SeqCst);
        let puts: i32 = work.into_iter().map(|thread| thread.join().unwrap()).sum();
        client.put(b"load/end", b"", DEFAULT).unwrap();
        assert_eq!(watching.join().unwrap(), puts + 2);
        puts
    });
    assert!(puts > 100, "{puts}");
}

#[test]
fn endpoints_that_stay_keep_their_connection_and_those_that_go_lose_it() {
    let test = "endpoints_that_stay_keep_their_connection_and_those_that_go_lose_it";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let [stays, goes] = [1, 2].map(|seed| Proxy::to_port(cluster.port(0), seed));
    let client = Client::open(&format!("{},{}", stays.endpoint(), goes.endpoint()));
    client.put(b"k", b"v", DEFAULT).unwrap();
    eventually("connected to both", || stays.open() + goes.open() == 2);
    for list in [format!("http://{}", stays.endpoint()), stays.endpoint()] {
        client.set_endpoints(&list).unwrap();
        eventually("one is left", || goes.open() == 0);
        client.get(b"k", DEFAULT).unwrap();
    }
    assert_eq!((stays.accepted(), stays.open(), goes.accepted()), (1, 1, 1));
    // A call in progress there ends as it may, and a watch goes elsewhere.
    let session = classic(Client(client.0));
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| session.watch("moves", None).unwrap().1);
        std::thread::sleep(Duration::from_millis(500));
        stays.set(Fault::Delay(support::proxy::Dir::ToClient, Duration::from_millis(800)));
        let write = scope.spawn(|| client.put(b"k", b"late", DEFAULT));
        std::thread::sleep(Duration::from_millis(100));
        client.set_endpoints(&goes.endpoint()).unwrap();
        assert_eq!(client.value(b"k").unwrap().unwrap(), b"late");
        write.join().unwrap().unwrap();
        let pause = || std::thread::sleep(Duration::from_millis(50));
        let left = (0..100).any(|_| {
            pause();
            stays.open() == 0
        });
        client.put(b"moves", b"", DEFAULT).unwrap();
        assert_eq!(watch.join().unwrap(), "moves");
        assert!(left, "the watch stayed where it was");
    });
}

#[test]
fn sync_takes_those_who_serve() {
    let Some(version) = newest_or_skip("sync_takes_those_who_serve") else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let all: Vec<_> = (0..3).map(|i| cluster.endpoint(i)).collect();
    let sorted = |client: &Client| {
        let mut names = client.endpoints();
        names.sort_by_key(|name| all.iter().position(|one| one == name));
        names
    };
    let client = Client::open(&all[0]);
    let auto = Options { auto_sync_interval_ms: 100, ..Default::default() };
    let auto = Client::with(&all[0], auto).unwrap();
    client.sync().unwrap();
    assert_eq!(sorted(&client), all);
    eventually("by itself", || sorted(&auto) == all);

    let id = |name: &str| {
        let list = cluster.etcdctl_ok(&["member", "list"]);
        let line = list.lines().find(|line| line.contains(name)).expect("a member");
        line.split(',').next().unwrap().to_owned()
    };
    let peer = format!("http://127.0.0.1:{}", cluster.peer_port(2));
    // Members that are not long together refuse changes.
    let leaving = id("m2");
    eventually("gone", || {
        let args = ["member", "remove", &leaving];
        cluster.etcdctl_at(&all[..2].join(","), &args).status.success()
    });
    cluster.kill(2);
    eventually("removed", || client.sync().is_ok() && sorted(&client) == all[..2]);
    eventually("removed, by itself", || sorted(&auto) == all[..2]);
    // Not started yet, then a learner, then one like all.
    eventually("added", || {
        let add = ["member", "add", "m2", "--learner", "--peer-urls", &peer];
        cluster.etcdctl_at(&all[..2].join(","), &add).status.success()
    });
    client.sync().unwrap();
    assert_eq!(sorted(&client), all[..2]);
    std::fs::remove_dir_all(cluster.data_dir(2)).unwrap();
    cluster.launch_with(2, &["--initial-cluster-state", "existing"]);
    eventually("started", || cluster.etcdctl_ok(&["member", "list"]).contains(&all[2]));
    client.sync().unwrap();
    assert_eq!(sorted(&client), all[..2]);
    // Somebody who names a learner all the same gets by with the others.
    let with_learner = Client::open(&all[1..].join(","));
    for i in 0..20u8 {
        with_learner.put(b"learner/k", &[i], DEFAULT).unwrap();
        assert_eq!(with_learner.value(b"learner/k").unwrap().unwrap(), [i]);
    }
    eventually("promoted", || {
        let args = ["member", "promote", &id("m2")];
        cluster.etcdctl_at(&all[..2].join(","), &args).status.success()
    });
    client.sync().unwrap();
    assert_eq!(sorted(&client), all);
    assert_eq!(client.value(b"learner/k").unwrap().unwrap(), [19]);
}

#[test]
fn sync_keeps_what_works_until_something_of_the_new_list_answers() {
    let test = "sync_keeps_what_works_until_something_of_the_new_list_answers";
    on_versions_at_once(test, |version| {
        let announced = ["--advertise-client-urls", "http://127.0.0.1:1"];
        let cluster = Cluster::builder(version).args(announced).start();
        let own = cluster.endpoints();
        let auto = Options { auto_sync_interval_ms: 100, ..Default::default() };
        let auto = Client::with(&own, auto).unwrap();
        let client = Client::open(&own);
        let error = client.sync().unwrap_err();
        assert_eq!(error.status, ETCD_ERR_UNAVAILABLE, "{error:?}");
        assert!(error.message.contains("http://127.0.0.1:1: connect: "), "{error:?}");
        let asked = counters(&auto).calls;
        eventually("auto-sync", || counters(&auto).calls > asked + 3);
        // One that answers takes its place.
        for client in [&client, &auto] {
            assert_eq!(client.endpoints(), [&*own]);
            client.put(b"sync/k", b"v", timeout(1000)).unwrap();
        }
        let proxy = Proxy::to_port(cluster.port(0), 7);
        let url = format!("http://{}", proxy.endpoint());
        cluster.kill(0);
        cluster.launch_with(0, &["--advertise-client-urls", &url]);
        cluster.wait_healthy(0);
        eventually("announced", || client.sync().is_ok() && client.endpoints() == [&*url]);
        eventually("by itself", || auto.endpoints() == [&*url]);
        client.put(b"sync/k", b"v", DEFAULT).unwrap();
    });
}

#[test]
fn tls_and_passwords_hold_for_every_list() {
    let Some(version) = newest_or_skip("tls_and_passwords_hold_for_every_list") else { return };
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).start();
    let ca = &cluster.cert_files().unwrap().ca;
    let options = || Options {
        ca_file: ca.to_str().unwrap(),
        user: "u",
        password: "p",
        ..Default::default()
    };
    let client = Client::with(&cluster.endpoints(), options()).unwrap();
    client.sync().unwrap();
    assert_eq!(client.endpoints(), [cluster.endpoints()]);
    for bad in ["http://127.0.0.1:1", "https://127.0.0.1:1,http://192.0.2.1", "unix:/x"] {
        let error = client.set_endpoints(bad).unwrap_err();
        assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT, "{bad}: {error:?}");
    }
    // Without a scheme TLS is meant, as at open.
    client.set_endpoints(&format!("127.0.0.1:{}", cluster.port(0))).unwrap();
    client.get(b"k", DEFAULT).unwrap();
    // A member that announces what the client cannot use: the list stays.
    let announced = ["--advertise-client-urls", "http://127.0.0.1:1"];
    let plain = Cluster::builder(&version).tls(TlsMode::Server).args(announced).start();
    let ca = plain.cert_files().unwrap().ca.to_str().unwrap();
    let with_ca = Options { ca_file: ca, ..Default::default() };
    let other = Client::with(&plain.endpoints(), with_ca).unwrap();
    let error = other.sync().unwrap_err();
    assert_eq!(error.status, ETCD_ERR_UNAVAILABLE, "{error:?}");
    assert_eq!(other.endpoints(), [plain.endpoints()]);
    other.get(b"k", DEFAULT).unwrap();
}

#[test]
fn members_of_another_cluster_are_not_used() {
    let Some(version) = newest_or_skip("members_of_another_cluster_are_not_used") else { return };
    // By their peer URLs they are two.
    let [ours, theirs] = [(); 2].map(|()| Cluster::builder(&version).start());
    let proxy = Proxy::to_port(ours.port(0), 5);
    let client = Client::open(&proxy.endpoint());
    let direct = Client::open(&theirs.endpoints());
    let nothing_there = || direct.get(b"id/", flags(ETCD_PREFIX)).unwrap().kvs.is_empty();
    client.put(b"id/k", b"ours", DEFAULT).unwrap();
    let mine = client.get(b"id/k", DEFAULT).unwrap().cluster_id;
    let other = direct.get(b"id/k", DEFAULT).unwrap().cluster_id;
    assert_ne!(mine, other);
    let watch = Watch::open(&client, b"id/", PREFIX).unwrap();
    // Another cluster comes to stand behind the same address.
    proxy.set_upstream(std::net::SocketAddr::from(([127, 0, 0, 1], theirs.port(0))));
    proxy.once(Fault::Cut);
    for i in 0..10 {
        let result = if i % 2 == 0 {
            client.put(b"id/k", b"theirs", DEFAULT)
        } else {
            client.get(b"id/k", DEFAULT)
        };
        let error = result.unwrap_err();
        if error.status == ETCD_ERR_UNAVAILABLE && i == 0 {
            continue; // On its way when the connection was cut.
        }
        assert_eq!(error.status, ETCD_ERR_CLUSTER_CHANGED, "{i}: {error:?}");
        assert!(!error.maybe_applied, "it was never sent: {error:?}");
        assert_eq!(error.endpoint, proxy.endpoint());
        for id in [mine, other] {
            assert!(error.message.contains(&format!("{id:x}")), "{error:?}");
        }
    }
    assert!(nothing_there());
    direct.put(b"id/event", b"theirs", DEFAULT).unwrap();
    assert_eq!(watch.next(10_000).unwrap_err().status, ETCD_ERR_CLUSTER_CHANGED);
    direct.delete(b"id/event", DEFAULT).unwrap();
    // Others go on serving, and it is used again when it is itself again.
    client.set_endpoints(&format!("{},{}", proxy.endpoint(), ours.endpoints())).unwrap();
    for _ in 0..50 {
        client.put(b"id/k", b"ours", DEFAULT).unwrap();
    }
    client.set_endpoints(&proxy.endpoint()).unwrap();
    proxy.set_upstream(std::net::SocketAddr::from(([127, 0, 0, 1], ours.port(0))));
    eventually("itself again", || client.put(b"id/k", b"ours", timeout(500)).is_ok());
    // Set on purpose it is the same.
    client.set_endpoints(&theirs.endpoints()).unwrap();
    let error = client.put(b"id/k", b"theirs", DEFAULT).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_CLUSTER_CHANGED, false));
    assert!(nothing_there());

    // Both in one list: the first to answer is it, for good.
    for round in 0..10u8 {
        let client = Client::open(&format!("{},{}", ours.endpoints(), theirs.endpoints()));
        let id = client.get(b"id/both", DEFAULT).unwrap().cluster_id;
        for _ in 0..50 {
            assert_eq!(client.put(b"both/k", &[round], DEFAULT).unwrap().cluster_id, id);
            assert_eq!(client.get(b"both/k", DEFAULT).unwrap().cluster_id, id);
        }
    }
}

#[test]
fn a_store_that_went_back_is_never_taken_for_the_same() {
    let test = "a_store_that_went_back_is_never_taken_for_the_same";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let backup = cluster.data_dir(0).with_file_name("backup");
    let backup = backup.to_str().unwrap();
    let fresh = || Client::open(&cluster.endpoints());
    fresh().put(b"back/before", b"", DEFAULT).unwrap();
    cluster.etcdctl_ok(&["snapshot", "save", backup]);
    for round in 0..10 {
        let client = fresh();
        let last = client.put(b"back/after", b"", DEFAULT).unwrap().revision;
        cluster.kill(0);
        std::fs::remove_dir_all(cluster.data_dir(0)).unwrap();
        if round > 0 {
            let name = if version.etcdutl.is_some() { &version.etcdutl } else { &version.etcdctl };
            let peer = format!("http://127.0.0.1:{}", cluster.peer_port(0));
            let mut restore = std::process::Command::new(name.as_ref().unwrap());
            restore.env("ETCDCTL_API", "3").args(["snapshot", "restore", backup, "--name", "m0"]);
            restore.args(["--initial-cluster", &format!("m0={peer}")]);
            restore.args(["--initial-advertise-peer-urls", &peer]);
            restore.arg("--data-dir").arg(cluster.data_dir(0));
            assert!(restore.output().unwrap().status.success());
        }
        cluster.restart(0);
        // A serializable read asks for no certain state, and goes through.
        let old = client.get(b"back/after", flags(ETCD_SERIALIZABLE)).unwrap();
        assert!(old.revision < last && old.kvs.is_empty());
        let mut doubts = 0;
        for i in 0..20 {
            let error = match (i + round) % 2 {
                0 => client.put(b"back/lost", b"", DEFAULT).unwrap_err(),
                _ => client.get(b"back/after", DEFAULT).unwrap_err(),
            };
            assert_eq!(error.status, ETCD_ERR_REVISION_REGRESSED, "{round}, {i}: {error:?}");
            assert_eq!(error.endpoint, cluster.endpoints());
            doubts += usize::from(error.maybe_applied);
        }
        // Only the one that found out has reached the store: even when that has
        // come as far again as it was, it is another.
        assert_eq!(doubts, usize::from(round % 2 == 0));
        let direct = fresh();
        while direct.put(b"back/other", b"", DEFAULT).unwrap().revision <= last {}
        let error = client.get(b"back/after", DEFAULT).unwrap_err();
        assert_eq!(error.status, ETCD_ERR_REVISION_REGRESSED);
        assert_eq!(direct.get(b"back/lost", DEFAULT).unwrap().kvs.len(), doubts);
    }
}

#[test]
fn an_idle_watch_learns_that_its_store_went_back() {
    let test = "an_idle_watch_learns_that_its_store_went_back";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).start();
    let client = Client::open(&cluster.endpoints());
    client.put(b"idle/before", b"", DEFAULT).unwrap();
    let watch = Watch::open(&client, b"idle/", PREFIX).unwrap();
    client.put(b"idle/before", b"", DEFAULT).unwrap();
    watch.told();
    cluster.kill(0);
    std::fs::remove_dir_all(cluster.data_dir(0)).unwrap();
    cluster.restart(0);
    // It would wait for revisions that the store has yet to come to, and miss what was lost.
    assert_eq!(watch.next(20_000).unwrap_err().status, ETCD_ERR_REVISION_REGRESSED);
}
