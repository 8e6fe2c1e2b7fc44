//! TLS, passwords and tokens.

mod support;

use etcd::capi::client::ETCD_CLIENT_PLAINTEXT_PASSWORD;
use etcd::status::*;
use std::time::{Duration, Instant};
use support::certs::{self, Ca, Certs};
use support::ffi::*;
use support::server::{newest_or_skip, versions_or_skip, Cluster, TlsMode};

fn works(client: &Client) {
    client.put(b"secure", b"v", DEFAULT).unwrap();
    assert_eq!(client.value(b"secure").unwrap().unwrap(), b"v");
}

/// A call that must fail for want of a connection; the cause.
fn cause(client: &Client) -> String {
    let error = client.put(b"secure", b"v", timeout(700)).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_UNAVAILABLE, false), "{error:?}");
    error.message
}

#[test]
fn tls_and_mutual_tls_from_files_and_memory() {
    for version in versions_or_skip("tls_and_mutual_tls_from_files_and_memory") {
        let cluster =
            Cluster::builder(&version).members(3).tls(TlsMode::Mutual).unix_socket().start();
        let files = cluster.cert_files().unwrap();
        let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let (ca, cert, key) = (path(&files.ca), path(&files.client_cert), path(&files.client_key));
        let from_files =
            Options { ca_file: &ca, cert_file: &cert, key_file: &key, ..Options::default() };
        works(&Client::with(&cluster.endpoints(), from_files).unwrap());

        let read = |path: &str| std::fs::read(path).unwrap();
        let (ca_pem, cert_pem, key_pem) = (read(&ca), read(&cert), read(&key));
        let memory = || Options {
            ca_pem: &ca_pem,
            cert_pem: &cert_pem,
            key_pem: &key_pem,
            ..Options::default()
        };
        works(&Client::with(&cluster.endpoints(), memory()).unwrap());
        // Without a scheme a configured CA means TLS.
        let bare = cluster.endpoints().replace("https://", "");
        works(&Client::with(&bare, memory()).unwrap());

        let no_cert = Options { ca_pem: &ca_pem, ..Options::default() };
        let message = cause(&Client::with(&cluster.endpoints(), no_cert).unwrap());
        assert!(message.to_lowercase().contains("certificate"), "{message}");
        let plain = Client::open(&cluster.endpoint(0).replace("https://", "http://"));
        cause(&plain);
    }
}

#[test]
fn each_endpoint_is_checked_against_its_own_name() {
    let Some(version) = newest_or_skip("each_endpoint_is_checked_against_its_own_name") else {
        return;
    };
    let ca = Ca::new("libetcd test CA");
    let ca_pem = ca.cert();
    let named = Certs::from(&ca, certs::server_for(&["etcd.example"]), certs::client("c"));
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).certs(named).start();
    let by_host = Options { ca_pem: ca_pem.as_bytes(), ..Options::default() };
    let message = cause(&Client::with(&cluster.endpoints(), by_host).unwrap());
    assert!(message.contains("not valid for name"), "{message}");
    let by_name =
        Options { ca_pem: ca_pem.as_bytes(), server_name: "etcd.example", ..Options::default() };
    works(&Client::with(&cluster.endpoints(), by_name).unwrap());
}

#[test]
fn servers_that_cannot_be_trusted_are_refused() {
    let Some(version) = newest_or_skip("servers_that_cannot_be_trusted_are_refused") else {
        return;
    };
    let ca = Ca::new("libetcd test CA");
    let ca_pem = ca.cert();
    let trusting = || Options { ca_pem: ca_pem.as_bytes(), ..Options::default() };
    for (server, why) in [
        (certs::expired(certs::server(&[])), "certificate expired"),
        (certs::not_yet_valid(certs::server(&[])), "not valid yet"),
        (certs::server_for(&["other.example"]), "not valid for name"),
        (certs::client("127.0.0.1"), "TLS: "),
    ] {
        let bad = Certs::from(&ca, server, certs::client("c"));
        let cluster = Cluster::builder(&version).tls(TlsMode::Server).certs(bad).start();
        let message = cause(&Client::with(&cluster.endpoints(), trusting()).unwrap());
        assert!(message.contains(why), "{why}: {message}");
    }
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).start();
    // Signed by a CA that the caller did not name; without one the system's count.
    for options in [trusting(), Options::default()] {
        let message = cause(&Client::with(&cluster.endpoints(), options).unwrap());
        assert!(message.contains("UnknownIssuer"), "{message}");
    }
}

#[test]
fn unusable_tls_options_fail_at_open() {
    let ca = Ca::new("libetcd test CA");
    let (pem, other) = (ca.issue(certs::client("a")), ca.issue(certs::client("b")));
    let (ca, cert, key) = (ca.cert(), pem.cert.as_bytes(), pem.key.as_bytes());
    let ca = ca.as_bytes();
    let none = Options::default;
    for (options, status) in [
        (Options { ca_file: "/nonexistent/ca.pem", ..none() }, ETCD_ERR_IO),
        (Options { ca_pem: b"no PEM", ..none() }, ETCD_ERR_TLS),
        (Options { ca_pem: ca, cert_pem: cert, ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { ca_pem: ca, key_pem: key, ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { ca_pem: ca, cert_pem: cert, key_pem: cert, ..none() }, ETCD_ERR_TLS),
        (
            Options { ca_pem: ca, cert_pem: cert, key_pem: other.key.as_bytes(), ..none() },
            ETCD_ERR_TLS,
        ),
        (Options { ca_pem: ca, ca_file: "/x", ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { ca_pem: ca, server_name: "a b", ..none() }, ETCD_ERR_INVALID_ARGUMENT),
    ] {
        let error = Client::with("https://localhost:1", options).err().expect("refused");
        assert_eq!(error.status, status, "{error:?}");
    }
    // A CA for an endpoint without TLS is a mistake, not a detail.
    let options = Options { ca_pem: ca, ..none() };
    let error = Client::with("http://localhost:1", options).err().expect("refused");
    assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT);
}

const ROOT: Options<'static> = Options {
    user: "root",
    password: "pa ss\u{f6}",
    ca_file: "",
    cert_file: "",
    key_file: "",
    server_name: "",
    ca_pem: &[],
    cert_pem: &[],
    key_pem: &[],
    timeout_ms: 0,
    flags: 0,
    connect_timeout_ms: 0,
    ping_interval_ms: 0,
    ping_timeout_ms: 0,
    max_send_bytes: 0,
    max_receive_bytes: 0,
};

#[test]
fn user_and_password() {
    for version in versions_or_skip("user_and_password") {
        let cluster = Cluster::builder(&version).password("root", ROOT.password).start();
        let client = Client::with(&cluster.endpoints(), ROOT).unwrap();
        works(&client);

        let wrong = Options { password: "wrong", ..ROOT };
        let wrong = Client::with(&cluster.endpoints(), wrong).unwrap();
        let start = Instant::now();
        let error = wrong.put(b"k", b"", DEFAULT).unwrap_err();
        assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_AUTH_FAILED, false));
        assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(2));
        let nobody = Client::open(&cluster.endpoints()).put(b"k", b"", DEFAULT).unwrap_err();
        assert_eq!((nobody.status, nobody.maybe_applied), (ETCD_ERR_USER_EMPTY, false));

        cluster.etcdctl_ok(&["user", "add", "ann:pw"]);
        cluster.etcdctl_ok(&["role", "add", "reader"]);
        cluster.etcdctl_ok(&[
            "role",
            "grant-permission",
            "reader",
            "read",
            "open/",
            "--prefix=true",
        ]);
        cluster.etcdctl_ok(&["user", "grant-role", "ann", "reader"]);
        let ann = Options { user: "ann", password: "pw", ..ROOT };
        let ann = Client::with(&cluster.endpoints(), ann).unwrap();
        ann.get(b"open/k", DEFAULT).unwrap();
        let error = ann.put(b"open/k", b"", DEFAULT).unwrap_err();
        assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_PERMISSION_DENIED, false));
        // Whoever the token is for, every change of users makes it old where it is a JWT.
        works(&client);

        cluster.etcdctl_ok(&["auth", "disable"]);
        works(&client);
        works(&Client::with(&cluster.endpoints(), ROOT).unwrap());
    }
}

#[test]
fn tokens_that_expire_or_are_lost_are_renewed_by_one_call_for_all() {
    let test = "tokens_that_expire_or_are_lost_are_renewed_by_one_call_for_all";
    for version in versions_or_skip(test) {
        for kind in ["simple", "jwt"] {
            let cluster = Cluster::builder(&version)
                .password("root", ROOT.password)
                .auth_token(kind)
                .token_ttl(2)
                .start();
            let client = Client::with(&cluster.endpoints(), ROOT).unwrap();
            works(&client);
            let before = authentications(&cluster);
            // A JWT expires in use, a simple token when it was not used for so long.
            let rounds = support::scaled(20);
            for _ in 0..rounds {
                std::thread::sleep(Duration::from_millis(3300));
                std::thread::scope(|scope| {
                    for _ in 0..16 {
                        scope.spawn(|| (0..20).for_each(|_| works(&client)));
                    }
                });
            }
            let asked = authentications(&cluster) - before;
            assert!(
                (1..=rounds as u64 + 1).contains(&asked),
                "{kind}: {asked} in {rounds} expiries"
            );
            // A restart makes the server forget simple tokens.
            cluster.kill(0);
            cluster.restart(0);
            works(&client);
            // And a change of users makes every JWT old.
            cluster.etcdctl_ok(&["user", "add", "other:pw"]);
            works(&client);
        }
    }
}

/// How many Authenticate calls the server has answered.
fn authentications(cluster: &Cluster) -> u64 {
    let limit = Duration::from_secs(5);
    let metrics = support::process::http_get(cluster.health_port(0), "/metrics", limit).unwrap();
    let lines = metrics.lines().filter(|line| {
        line.starts_with("grpc_server_started_total") && line.contains("\"Authenticate\"")
    });
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
}

#[test]
fn a_password_is_not_sent_where_others_can_read_it() {
    let refused = |endpoints: &str, flags: u32| {
        Client::with(endpoints, Options { flags, ..ROOT }).err().map(|error| error.message)
    };
    for endpoints in ["http://192.0.2.1:2379", "etcd.example", "https://a,http://b"] {
        let message = refused(endpoints, 0).expect("refused");
        assert!(message.contains("ETCD_CLIENT_PLAINTEXT_PASSWORD"), "{message}");
        assert!(!message.contains(ROOT.password), "{message}");
        assert_eq!(refused(endpoints, ETCD_CLIENT_PLAINTEXT_PASSWORD), None);
    }
    for endpoints in ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x", "https://192.0.2.1"] {
        assert_eq!(refused(endpoints, 0), None);
    }
    for lonely in [Options { password: "", ..ROOT }, Options { user: "", ..ROOT }] {
        let error = Client::with("localhost:1", lonely).err().expect("refused");
        assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT);
    }
}

#[test]
fn unix_sockets() {
    for version in versions_or_skip("unix_sockets") {
        let cluster =
            Cluster::builder(&version).unix_socket().password("root", ROOT.password).start();
        let path = cluster.unix_endpoint(0);
        eprintln!("{path}");
        works(&Client::with(&path, ROOT).unwrap());
    }
}
