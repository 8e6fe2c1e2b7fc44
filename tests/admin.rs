//! Administration: on every backend.

mod support;

use etcd::capi::admin::cluster::*;
use etcd::capi::admin::lock::*;
use etcd::capi::admin::maintenance::*;
use etcd::capi::options::{etcd_call_options_t, ETCD_PREFIX, ETCD_SERIALIZABLE};
use etcd::capi::pairs::etcd_header_response_free;
use etcd::status::*;
use std::ffi::{c_char, CString};
use std::io;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{channel, Receiver};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::backend::{on_all_at_once, on_versions_at_once, Backend};
use support::cc::{program, sanitized};
use support::ffi::{self, *};
use support::hostile::{Conn, Hostile, Script};
use support::leases::{grant, revoke};
use support::process::{temp_dir, Port};
use support::server::Cluster;
use support::session::Session;

fn options(timeout_ms: u32, flags: u32) -> etcd_call_options_t {
    etcd_call_options_t { size: size_of::<etcd_call_options_t>(), timeout_ms, flags }
}

unsafe fn texts(list: *const *const c_char, count: usize) -> Vec<String> {
    (0..count).map(|i| text(*list.add(i))).collect()
}

#[derive(Debug, PartialEq)]
struct Member {
    id: u64,
    name: String,
    peer_urls: Vec<String>,
    client_urls: Vec<String>,
    is_learner: bool,
}

/// Who answered, and the members.
fn members(client: &Client, timeout_ms: u32, flags: u32) -> Result<(u64, Vec<Member>)> {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let status = etcd_member_list(client.0, &options(timeout_ms, flags), &mut out, &mut error);
        ffi::check(status, error)?;
        let all = (0..(*out).member_count).map(|i| {
            let member = &**(*out).members.add(i);
            Member {
                id: member.id,
                name: text(member.name),
                peer_urls: texts(member.peer_urls, member.peer_url_count),
                client_urls: texts(member.client_urls, member.client_url_count),
                is_learner: member.is_learner,
            }
        });
        let found = ((*out).header.member_id, all.collect());
        assert!((*out).header.cluster_id != 0);
        etcd_member_list_response_free(out);
        Ok(found)
    }
}

#[derive(Debug)]
struct Status {
    member: u64,
    revision: i64,
    version: String,
    storage_version: String,
    db_size: i64,
    db_size_in_use: i64,
    quota: i64,
    leader: u64,
    term: u64,
    index: u64,
    applied: u64,
    errors: Vec<String>,
    is_learner: bool,
}

fn status(client: &Client, endpoint: Option<&str>, timeout_ms: u32) -> Result<Status> {
    let endpoint = endpoint.map(|endpoint| CString::new(endpoint).unwrap());
    let endpoint = endpoint.as_ref().map_or(null(), |endpoint| endpoint.as_ptr());
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let options = options(timeout_ms, 0);
        let status = etcd_maintenance_status(client.0, endpoint, &options, &mut out, &mut error);
        ffi::check(status, error)?;
        let r = &*out;
        let found = Status {
            member: r.header.member_id,
            revision: r.header.revision,
            version: text(r.version),
            storage_version: text(r.storage_version),
            db_size: r.db_size,
            db_size_in_use: r.db_size_in_use,
            quota: r.db_size_quota,
            leader: r.leader,
            term: r.raft_term,
            index: r.raft_index,
            applied: r.raft_applied_index,
            errors: texts(r.errors, r.error_count),
            is_learner: r.is_learner,
        };
        etcd_maintenance_status_response_free(out);
        Ok(found)
    }
}

/// The key and the revision.
fn lock(client: &Client, name: &str, lease: i64, timeout_ms: u32) -> Result<(String, i64)> {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let options = options(timeout_ms, 0);
        let name = bytes(name.as_bytes());
        let status = etcd_lock_service_lock(client.0, name, lease, &options, &mut out, &mut error);
        ffi::check(status, error)?;
        let r = &*out;
        assert!(r.header.cluster_id != 0 && r.header.member_id != 0 && r.header.raft_term != 0);
        let key = std::slice::from_raw_parts(r.key.data, r.key.len);
        let found = (String::from_utf8(key.to_vec()).unwrap(), r.header.revision);
        etcd_lock_service_lock_response_free(out);
        Ok(found)
    }
}

/// The revision.
fn unlock(client: &Client, key: &str) -> Result<i64> {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let key = bytes(key.as_bytes());
        let status = etcd_lock_service_unlock(client.0, key, null(), &mut out, &mut error);
        ffi::check(status, error)?;
        let revision = (*out).header.revision;
        etcd_header_response_free(out);
        Ok(revision)
    }
}

/// How many keys wait for a lock, or hold it.
fn line(client: &Client, name: &str) -> i64 {
    client.get(format!("{name}/").as_bytes(), flags(ETCD_PREFIX)).unwrap().count
}

fn settles(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A lock that another thread waits for, from when its key is in line.
fn waiting(
    client: &Arc<Client>,
    name: &str,
    lease: i64,
    timeout_ms: u32,
) -> Receiver<Result<(String, i64)>> {
    let before = line(client, name);
    let (done, result) = channel();
    let (ours, its_name) = (client.clone(), name.to_owned());
    std::thread::spawn(move || done.send(lock(&ours, &its_name, lease, timeout_ms)));
    settles("the key is in line", || line(client, name) == before + 1);
    result
}

fn ended<T>(waiting: &Receiver<T>) -> T {
    waiting.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn members_are_listed_and_tell_their_state() {
    on_all_at_once("members", &[], |backend: &Backend| {
        let client = Client::open(&backend.endpoints);
        let (answered, all) = members(&client, 0, 0).unwrap();
        assert_eq!(all.len(), 1);
        let only = &all[0];
        assert!(only.id == answered && only.id != 0 && !only.name.is_empty() && !only.is_learner);
        assert_eq!(members(&client, 0, ETCD_SERIALIZABLE).unwrap(), (answered, all));

        let revision = client.put(b"admin/state", b"1", DEFAULT).unwrap().revision;
        for endpoint in [None, Some(&backend.endpoints[..])] {
            let found = status(&client, endpoint, 0).unwrap();
            assert_eq!((found.member, found.leader), (answered, answered));
            assert!(found.revision >= revision && found.term > 0, "{found:?}");
            assert!(found.applied > 0 && found.index >= found.applied, "{found:?}");
            assert!(found.errors.is_empty() && !found.is_learner, "{found:?}");
            let Some(cluster) = backend.cluster else {
                assert!(found.version.starts_with("3.7.0-"));
                continue;
            };
            let version = cluster.version();
            assert_eq!(found.version, version.name);
            assert!(found.db_size >= found.db_size_in_use && found.db_size_in_use > 0);
            let newer = version.number >= (3, 6, 0);
            assert_eq!((found.quota > 0, !found.storage_version.is_empty()), (newer, newer));
        }
        let refused = status(&client, Some("localhost:1"), 0).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_INVALID_ARGUMENT);
        assert_eq!(refused.message, "endpoint \"localhost:1\" is not one of the client's");
        let two = format!("{0},{0}1", backend.endpoints);
        assert_eq!(status(&client, Some(&two), 0).unwrap_err().status, ETCD_ERR_INVALID_ARGUMENT);
    });
}

#[test]
fn each_member_of_three_is_asked_by_its_endpoint() {
    on_versions_at_once("three members", |version| {
        let cluster = Cluster::builder(version).members(3).start();
        let client = Client::open(&cluster.endpoints());
        let (_, all) = members(&client, 0, 0).unwrap();
        let endpoints: Vec<_> = (0..3).map(|i| cluster.endpoint(i)).collect();
        assert_eq!(all.len(), 3);
        let ask = |i: usize| status(&client, Some(&endpoints[i]), 3000);
        for (i, endpoint) in endpoints.iter().enumerate() {
            let found = ask(i).unwrap();
            let member = all.iter().find(|member| member.id == found.member).unwrap();
            assert_eq!(member.name, format!("m{i}"));
            assert!(member.client_urls.iter().any(|url| url.ends_with(endpoint)), "{member:?}");
            assert!(!member.peer_urls.is_empty());
            assert!(all.iter().any(|member| member.id == found.leader));
        }
        // One that is down is not stood in for.
        cluster.kill(1);
        let failed = ask(1).unwrap_err();
        assert_eq!((failed.status, &failed.endpoint), (ETCD_ERR_UNAVAILABLE, &endpoints[1]));
        assert!(!failed.maybe_applied && failed.message.contains(&endpoints[1]), "{failed:?}");
        assert_eq!(status(&client, None, 5000).unwrap().errors, [""; 0]);
        assert!(ask(0).is_ok() && ask(2).is_ok());
        // Nor one that is silent; others are not troubled.
        cluster.stop(2);
        let ask_two = || status(&client, Some(&endpoints[2]), 700);
        settles("it stops", || ask_two().is_err());
        let failed = ask_two().unwrap_err();
        assert_eq!((failed.status, &failed.endpoint), (ETCD_ERR_TIMEOUT, &endpoints[2]));
        assert!(!failed.maybe_applied);
        // Without the others there is no list that they agree on, from 3.5 on.
        let alone = Client::open(&endpoints[0]);
        assert_eq!(members(&alone, 5000, ETCD_SERIALIZABLE).unwrap().1, all);
        if version.number >= (3, 5, 0) {
            let failed = members(&alone, 1000, 0).unwrap_err();
            assert!(!failed.maybe_applied && failed.status != ETCD_OK, "{failed:?}");
        }
        cluster.cont(2);
        cluster.restart(1);
        settles("all are back", || (0..3).all(|i| ask(i).is_ok()));
    });
}

#[test]
fn locks_are_granted_one_after_another() {
    on_all_at_once("locks", &["Lock/Lock"], |backend| {
        let client = Arc::new(Client::open(&backend.endpoints));
        let name = "admin/turns";
        let leases: Vec<_> = (0..3).map(|_| grant(&client, 60)).collect();
        let (key, revision) = lock(&client, name, leases[0], 0).unwrap();
        assert_eq!(key, format!("{name}/{:x}", leases[0]));
        let kv = &client.get(key.as_bytes(), DEFAULT).unwrap().kvs[0];
        assert_eq!((kv.lease, kv.create_revision, &kv.value[..]), (leases[0], revision, &b""[..]));
        // With this lease it is held already.
        assert_eq!(lock(&client, name, leases[0], 5000).unwrap().0, key);
        let second = waiting(&client, name, leases[1], 0);
        let third = waiting(&client, name, leases[2], 0);
        assert!(
            second.recv_timeout(Duration::from_millis(300)).is_err() && third.try_recv().is_err()
        );
        let released = unlock(&client, &key).unwrap();
        let (key, revision) = ended(&second).unwrap();
        assert!(revision >= released && third.try_recv().is_err());
        assert_eq!(key, format!("{name}/{:x}", leases[1]));
        revoke(&client, leases[1]).unwrap();
        let (key, _) = ended(&third).unwrap();
        unlock(&client, &key).unwrap();
        unlock(&client, &key).expect("no key is no error");
        assert_eq!(line(&client, name), 0);
    });
}

#[test]
fn a_lock_that_fails_says_the_same_everywhere() {
    on_all_at_once("failures of locks", &["Lock/Lock"], |backend| {
        let client = Arc::new(Client::open(&backend.endpoints));
        let name = "admin/failures";
        let holder = grant(&client, 60);
        let (key, _) = lock(&client, name, holder, 0).unwrap();

        // It was sent: nobody can say that it was not granted.
        let began = Instant::now();
        let late = lock(&client, name, grant(&client, 60), 300).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!((late.status, late.grpc_code), (ETCD_ERR_TIMEOUT, -1));
        assert!(late.message.starts_with("no reply within "), "{late:?}");
        assert!(late.maybe_applied);
        assert_eq!(late.endpoint, backend.endpoints);
        settles("it has left the line", || line(&client, name) == 1);

        let unknown = lock(&client, name, 12345, 5000).unwrap_err();
        assert_eq!(unknown.status, ETCD_ERR_LEASE_NOT_FOUND, "{unknown:?}");
        assert_eq!(unknown.message, "etcdserver: requested lease not found");
        assert!(!unknown.maybe_applied && unknown.endpoint == backend.endpoints);

        let none = lock(&client, name, 0, 5000).unwrap_err();
        assert_eq!((none.status, none.maybe_applied), (ETCD_ERR_INVALID_ARGUMENT, false));
        let empty = unlock(&client, "").unwrap_err();
        assert_eq!((empty.status, empty.maybe_applied), (ETCD_ERR_EMPTY_KEY, false));

        // Told at its turn.
        let lease = grant(&client, 60);
        let waits = waiting(&client, name, lease, 0);
        revoke(&client, lease).unwrap();
        assert!(waits.recv_timeout(Duration::from_millis(200)).is_err());
        unlock(&client, &key).unwrap();
        let expired = ended(&waits);
        if backend.cluster.is_some_and(|cluster| cluster.version().number < (3, 5, 0)) {
            assert!(expired.is_ok(), "3.4 does not look");
        } else {
            let expired = expired.unwrap_err();
            assert_eq!((expired.status, expired.maybe_applied), (ETCD_ERR_LEASE_LOST, false));
        }
        assert_eq!(line(&client, name), 0);
    });
}

#[test]
fn the_close_of_a_client_ends_its_waits_for_locks() {
    on_all_at_once("close", &["Lock/Lock"], |backend| {
        let (client, other) =
            (Arc::new(Client::open(&backend.endpoints)), Client::open(&backend.endpoints));
        let name = "admin/close";
        lock(&client, name, grant(&client, 60), 0).unwrap();
        let waits = waiting(&client, name, grant(&client, 60), 0);
        unsafe { etcd::capi::client::etcd_client_close(client.0) };
        let closed = ended(&waits).unwrap_err();
        assert_eq!((closed.status, closed.maybe_applied), (ETCD_ERR_CLOSED, true));
        assert_eq!(closed.endpoint, backend.endpoints);
        settles("it has left the line", || line(&other, name) == 1);
    });
}

#[test]
fn a_wait_for_a_lock_is_no_sign_of_a_slow_member() {
    on_versions_at_once("waits", |version| {
        let cluster = Cluster::builder(version).members(3).start();
        let client = Arc::new(Client::open(&cluster.endpoints()));
        lock(&client, "n", grant(&client, 60), 0).unwrap();
        let before = client.get(b"a", DEFAULT).unwrap().member_id;
        let waits = waiting(&client, "n", grant(&client, 60), 4000);
        let until = Instant::now() + Duration::from_millis(3500);
        while Instant::now() < until {
            assert_eq!(client.get(b"a", DEFAULT).unwrap().member_id, before);
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(ended(&waits).unwrap_err().status, ETCD_ERR_TIMEOUT);
    });
}

#[test]
fn locks_of_a_client_with_a_prefix_are_under_it() {
    on_all_at_once("prefix", &["Lock/Lock"], |backend| {
        let whole = Client::open(&backend.endpoints);
        let key_prefix = b"admin/prefix/";
        let ours =
            Client::with(&backend.endpoints, ffi::Options { key_prefix, ..Default::default() });
        let ours = ours.unwrap();
        let lease = grant(&ours, 60);
        let (key, _) = lock(&ours, "n", lease, 0).unwrap();
        assert_eq!(key, format!("n/{lease:x}"));
        assert_eq!(line(&whole, "admin/prefix/n"), 1);
        whole.put(key.as_bytes(), b"of others", DEFAULT).unwrap();
        unlock(&ours, &key).unwrap();
        assert_eq!((line(&whole, "admin/prefix/n"), line(&whole, "n")), (0, 1));
        whole.delete(key.as_bytes(), DEFAULT).unwrap();
    });
}

#[test]
fn the_locks_of_the_library_are_the_same_locks() {
    on_all_at_once("locks of others", &["Lock/Lock"], |backend| {
        let client = Arc::new(Client::open(&backend.endpoints));
        let (name, lease) = ("admin/others", grant(&client, 60));
        let session = Session::open(&backend.endpoints);
        let index = session.lock(name, 60).unwrap();
        let waits = waiting(&client, name, lease, 0);
        assert_eq!(session.unlock(name, &index), etcd::capi::classic::ETCD_OK);
        let (key, _) = ended(&waits).unwrap();
        std::thread::scope(|scope| {
            let theirs = scope.spawn(|| session.lock(name, 60));
            settles("the key is in line", || line(&client, name) == 2);
            assert!(!theirs.is_finished());
            unlock(&client, &key).unwrap();
            let index = theirs.join().unwrap().unwrap();
            assert_eq!(session.unlock(name, &index), etcd::capi::classic::ETCD_OK);
        });
    });
}

#[test]
fn the_locks_of_etcdctl_are_the_same_locks() {
    on_all_at_once("etcdctl lock", &[], |backend| {
        let Some(cluster) = backend.cluster.filter(|it| it.version().etcdctl.is_some()) else {
            return;
        };
        let client = Arc::new(Client::open(&backend.endpoints));
        let (name, lease) = ("admin/etcdctl", grant(&client, 60));
        // Holds the lock while the file is there.
        let dir = temp_dir("etcdctl-");
        let (script, file) = (dir.path().join("script"), dir.path().join("hold"));
        std::fs::write(&script, "while [ -e \"$1\" ]; do sleep 0.02; done\n").unwrap();
        let etcdctl = || {
            std::fs::write(&file, "").unwrap();
            let before = line(&client, name);
            let mut command = cluster.etcdctl_command(&backend.endpoints);
            command.args(["lock", name, "sh"]).arg(&script).arg(&file);
            let child = command.spawn().unwrap();
            settles("etcdctl is in line", || line(&client, name) == before + 1);
            child
        };
        let release = || std::fs::remove_file(&file).unwrap();
        let mut theirs = etcdctl();
        let waits = waiting(&client, name, lease, 0);
        release();
        assert!(theirs.wait().unwrap().success());
        let (key, _) = ended(&waits).unwrap();
        let mut theirs = etcdctl();
        release();
        std::thread::sleep(Duration::from_millis(200));
        assert!(theirs.try_wait().unwrap().is_none());
        unlock(&client, &key).unwrap();
        assert!(theirs.wait().unwrap().success());
        settles("it has left the line", || line(&client, name) == 0);
    });
}

#[test]
fn threads_in_c_take_turns() {
    let (plain, checked) = (program("admin"), sanitized("admin"));
    on_all_at_once("threads", &["Lock/Lock"], |backend| {
        plain.run(&[&backend.endpoints[..], "30"], Duration::from_secs(120));
        checked.run(&[&backend.endpoints[..], "5"], Duration::from_secs(120));
    });
}

#[test]
fn what_was_not_sent_was_not_applied() {
    let port = Port::lease();
    let client = Client::open(&format!("127.0.0.1:{}", port.number()));
    let endpoint = format!("127.0.0.1:{}", port.number());
    for failed in [
        lock(&client, "n", 1, 300).unwrap_err(),
        members(&client, 300, 0).unwrap_err(),
        status(&client, Some(&endpoint), 300).unwrap_err(),
    ] {
        assert_eq!((failed.status, failed.maybe_applied), (ETCD_ERR_UNAVAILABLE, false));
        assert!(failed.message.contains("refused"), "{failed:?}");
    }
    // Without a deadline a lock waits for a server too, until the client is closed.
    let client = Arc::new(client);
    let (done, result) = channel();
    let ours = client.clone();
    std::thread::spawn(move || done.send(lock(&ours, "n", 1, 0)));
    assert!(result.recv_timeout(Duration::from_millis(300)).is_err());
    unsafe { etcd::capi::client::etcd_client_close(client.0) };
    let closed = ended(&result).unwrap_err();
    assert_eq!((closed.status, closed.maybe_applied), (ETCD_ERR_CLOSED, false));
}

fn always_replies(conn: &mut Conn, message: &[u8]) -> io::Result<()> {
    conn.greet(&[])?;
    loop {
        let asked = conn.request()?;
        conn.reply(asked.stream, message)?;
    }
}

#[test]
fn replies_that_no_etcd_would_send_are_errors() {
    let scripts: [(Script, etcd_status_t); 3] = [
        (|conn| always_replies(conn, b"\xff"), ETCD_ERR_BAD_REPLY),
        // No header.
        (|conn| always_replies(conn, b""), ETCD_ERR_BAD_REPLY),
        (|conn| always_replies(conn, &[0x1a; 5 << 20]), ETCD_ERR_REPLY_TOO_LARGE),
    ];
    for (script, expected) in scripts {
        let server = Hostile::start(script);
        let client = Client::open(&server.endpoint());
        for (failed, changes) in [
            (members(&client, 5000, 0).unwrap_err(), false),
            (status(&client, None, 5000).unwrap_err(), false),
            (lock(&client, "n", 1, 5000).unwrap_err(), true),
            (unlock(&client, "n/1").unwrap_err(), true),
        ] {
            assert_eq!((failed.status, failed.maybe_applied), (expected, changes), "{failed:?}");
        }
    }
}

#[test]
fn a_lock_that_was_sent_is_not_sent_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = Hostile::start(|conn| {
        conn.greet(&[])?;
        conn.request()?;
        ASKED.fetch_add(1, Relaxed);
        // The connection ends.
        Ok(())
    });
    let client = Client::open(&server.endpoint());
    let mut calls: [&mut dyn FnMut() -> Failure; 2] =
        [&mut || lock(&client, "n", 1, 0).unwrap_err(), &mut || {
            unlock(&client, "n/1").unwrap_err()
        }];
    for (before, call) in calls.iter_mut().enumerate() {
        let lost = call();
        assert_eq!((lost.status, lost.maybe_applied), (ETCD_ERR_UNAVAILABLE, true), "{lost:?}");
        assert_eq!(lost.endpoint, server.endpoint());
        assert_eq!(ASKED.load(Relaxed), before + 1);
    }
}

#[test]
fn users_who_log_in_administer_with_their_token() {
    on_versions_at_once("a login", |version| {
        let cluster = Cluster::builder(version).password("root", "secret").token_ttl(2).start();
        let login = ffi::Options { user: "root", password: "secret", ..Default::default() };
        let client = Client::with(&cluster.endpoints(), login).unwrap();
        for pause in [0, 3500] {
            // Past the life of the token.
            std::thread::sleep(Duration::from_millis(pause));
            assert_eq!(members(&client, 0, 0).unwrap().1.len(), 1);
            assert!(status(&client, None, 0).is_ok());
            std::thread::sleep(Duration::from_millis(pause));
            let (key, _) = lock(&client, "n", grant(&client, 60), 5000).unwrap();
            std::thread::sleep(Duration::from_millis(pause));
            unlock(&client, &key).unwrap();
        }
        let nobody = Client::open(&cluster.endpoints());
        let refused = lock(&nobody, "n", 7, 5000).unwrap_err();
        assert_eq!((refused.status, refused.maybe_applied), (ETCD_ERR_USER_EMPTY, false));
    });
}
