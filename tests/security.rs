//! TLS, passwords and tokens.

mod support;

use etcd::capi::client::{
    ETCD_CLIENT_INSECURE_SKIP_VERIFY as SKIP, ETCD_CLIENT_PLAINTEXT_PASSWORD,
};
use etcd::capi::log::*;
use etcd::status::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::backend::on_versions_at_once;
use support::certs::{self, Ca, Certs};
use support::ffi::*;
use support::inside::*;
use support::server::{newest_or_skip, versions_or_skip, Cluster, TlsMode, Version};

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
        (Options { ca_pem: ca, crl_pem: b"no PEM", ..none() }, ETCD_ERR_TLS),
        (Options { ca_pem: ca, crl_pem: ca, ..none() }, ETCD_ERR_TLS),
        (Options { ca_pem: ca, crl_pem: ca, crl_file: "/x", ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { ca_pem: ca, crl_file: "/nonexistent/crl.pem", ..none() }, ETCD_ERR_IO),
        (Options { ca_pem: ca, flags: SKIP, ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { server_name: "a", flags: SKIP, ..none() }, ETCD_ERR_INVALID_ARGUMENT),
        (Options { ca_pem: ca, server_name: "a b", ..none() }, ETCD_ERR_INVALID_ARGUMENT),
    ] {
        let error = Client::with("https://localhost:1", options).err().expect("refused");
        assert_eq!(error.status, status, "{error:?}");
    }
    let pem = |label: &str, head: &str| {
        format!("-----BEGIN {label}-----\n{head}AAAA\n-----END {label}-----\n").into_bytes()
    };
    let encrypted = pem("ENCRYPTED PRIVATE KEY", "");
    let older = pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n");
    for (key_pem, why) in [
        (&encrypted[..], "key_pem: the private key is encrypted"),
        (&older[..], "key_pem: the private key is encrypted"),
        (cert, "key_pem: no private key in PEM form, but: certificate"),
        (b"text", "key_pem: no private key in PEM form"),
    ] {
        let options = Options { ca_pem: ca, cert_pem: cert, key_pem, ..none() };
        let error = Client::with("https://localhost:1", options).err().expect("refused");
        assert_eq!(error.status, ETCD_ERR_TLS);
        assert!(error.message.starts_with(why), "{error:?}");
    }
    let options = Options { ca_pem: key, ..none() };
    let error = Client::with("https://localhost:1", options).err().expect("refused");
    assert_eq!(error.message, "ca_pem: no certificate in PEM form, but: private key");
    // A CA for an endpoint without TLS is a mistake, not a detail.
    for options in [
        Options { ca_pem: ca, ..none() },
        Options { crl_pem: ca, ..none() },
        Options { flags: SKIP, ..none() },
    ] {
        let error = Client::with("http://localhost:1", options).err().expect("refused");
        assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT);
    }
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
    auto_sync_interval_ms: 0,
    crl_file: "",
    crl_pem: &[],
    token: "",
    key_prefix: &[],
    log_callback: None,
    log_arg: 0,
    log_level: 0,
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

/// Calls without pause from 8 threads while `trouble` goes on; each must succeed.
fn under_load(client: &Client, trouble: impl FnOnce()) -> usize {
    let over = AtomicBool::new(false);
    let calls = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    works(client);
                    calls.fetch_add(2, Relaxed);
                    // Three servers and their clients share the machine.
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        }
        trouble();
        over.store(true, Relaxed);
    });
    calls.into_inner()
}

/// On all versions at once, as it mostly waits.
fn on_all_versions(test: &str, body: impl Fn(&Version) + Sync) {
    std::thread::scope(|scope| {
        for version in versions_or_skip(test) {
            let body = &body;
            scope.spawn(move || body(&version));
        }
    });
}

#[test]
fn tokens_that_expire_under_load_are_renewed_by_one_call_for_all() {
    let test = "tokens_that_expire_under_load_are_renewed_by_one_call_for_all";
    on_all_versions(test, |version| {
        let cluster = Cluster::builder(version)
            .password("root", ROOT.password)
            .auth_token("jwt")
            .token_ttl(2)
            .start();
        let client = Client::with(&cluster.endpoints(), ROOT).unwrap();
        works(&client);
        let (began, before) = (Instant::now(), authentications(&cluster));
        let expiries = support::scaled(100) as u32;
        let calls = under_load(&client, || std::thread::sleep(expiries * Duration::from_secs(2)));
        let asked = authentications(&cluster) - before;
        // etcd counts a token's life in whole seconds of the clock, so that the first may be short.
        let most = began.elapsed().as_secs() / 2 + 2;
        let name = &version.name;
        eprintln!("etcd {name}: {calls} calls, {asked} authentications in {expiries} expiries");
        assert!((u64::from(expiries) / 2..=most).contains(&asked), "{name}: {asked}, not {most}");
        // A change of users makes every such token old.
        cluster.etcdctl_ok(&["user", "add", "other:pw"]);
        works(&client);
    });
}

#[test]
fn tokens_that_servers_forget_are_renewed_by_one_call_for_all() {
    let test = "tokens_that_servers_forget_are_renewed_by_one_call_for_all";
    on_all_versions(test, |version| {
        let cluster = Cluster::builder(version)
            .password("root", ROOT.password)
            .auth_token("simple")
            .token_ttl(2)
            .start();
        let client = Client::with(&cluster.endpoints(), ROOT).unwrap();
        works(&client);
        // When it was not used for so long.
        let gaps = support::scaled(20) as u64;
        let before = authentications(&cluster);
        for _ in 0..gaps {
            std::thread::sleep(Duration::from_millis(3300));
            under_load(&client, || std::thread::sleep(Duration::from_millis(300)));
        }
        let asked = authentications(&cluster) - before;
        assert_eq!(asked, gaps, "{}", version.name);
        // And when the member was restarted, which it counts from zero after.
        for _ in 0..support::scaled(20) {
            cluster.kill(0);
            cluster.restart(0);
            under_load(&client, || std::thread::sleep(Duration::from_millis(300)));
            assert_eq!(authentications(&cluster), 1, "{}", version.name);
        }
    });
}

#[test]
fn a_client_logs_in_twice_a_second_at_most() {
    on_all_versions("a_client_logs_in_twice_a_second_at_most", |version| {
        let cluster = Cluster::builder(version).password("root", ROOT.password).start();
        let wrong = Options { password: "wrong", ..ROOT };
        let client = Client::with(&cluster.endpoints(), wrong).unwrap();
        let before = authentications(&cluster);
        let seconds = 3;
        let end = Instant::now() + Duration::from_secs(seconds);
        std::thread::scope(|scope| {
            for patience in [100, 5_000].repeat(4) {
                let client = &client;
                scope.spawn(move || {
                    while Instant::now() < end {
                        let error = client.put(b"k", b"", timeout(patience)).unwrap_err();
                        assert!(!error.maybe_applied, "{error:?}");
                        // Also of those that had not the time to wait for a login.
                        assert_eq!(error.status, ETCD_ERR_AUTH_FAILED, "{error:?}");
                    }
                });
            }
        });
        let asked = authentications(&cluster) - before;
        assert!((seconds..=2 * seconds + 2).contains(&asked), "{}: {asked}", version.name);
    });
}

#[test]
fn a_given_token_is_used_as_it_is() {
    on_versions_at_once("a_given_token_is_used_as_it_is", |version| {
        let cluster =
            Cluster::builder(version).password("root", "pw").auth_token("jwt").token_ttl(4).start();
        let token = token(&cluster, "root", "pw");
        let lines = Lines::default();
        let options = Options { token: &token, ..lines.options(ETCD_LOG_DEBUG) };
        let client = Client::with(&cluster.endpoints(), options).unwrap();
        let before = authentications(&cluster);
        works(&client);
        // Its end is the caller's business: what the server says of it is what the caller gets.
        std::thread::sleep(Duration::from_millis(4500));
        let error = client.put(b"secure", b"", DEFAULT).unwrap_err();
        assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_INVALID_AUTH_TOKEN, false));
        assert_eq!(error.grpc_code, 16);
        assert!(error.message.contains("invalid auth token"), "{error:?}");
        assert!(!format!("{error:?}").contains(&token), "{error:?}");
        assert_eq!(authentications(&cluster), before);
        assert_eq!(counters(&client).token_refreshes, 0);
        let wrong = Options { token: "no.such.token", ..lines.options(ETCD_LOG_DEBUG) };
        let error =
            Client::with(&cluster.endpoints(), wrong).unwrap().get(b"k", DEFAULT).unwrap_err();
        assert_eq!(error.status, ETCD_ERR_INVALID_AUTH_TOKEN);
        lines.expect(ETCD_LOG_INFO, "connection", ETCD_OK, "", &cluster.endpoints());
        let shown = format!("{lines:?}{}", page(&client, ""));
        for secret in token.split('.').chain(["no.such.token"]) {
            assert!(!shown.contains(secret), "{shown}");
        }
    });
}

/// A token from the server's own HTTP gateway.
fn token(cluster: &Cluster, user: &str, password: &str) -> String {
    let body = format!(r#"{{"name":"{user}","password":"{password}"}}"#);
    let mut stream = TcpStream::connect(("127.0.0.1", cluster.port(0))).unwrap();
    let path = "/v3/auth/authenticate";
    let length = body.len();
    let head = format!("POST {path} HTTP/1.0\r\nHost: etcd\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, rest) = answer.split_once(r#""token":""#).unwrap_or_else(|| panic!("{answer}"));
    rest.split('"').next().unwrap().to_owned()
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
        let token = Options { token: "a.secret.token", ..Options::default() };
        let error = Client::with(endpoints, token).err().expect("refused");
        assert!(error.message.contains("token in the clear"), "{error:?}");
        assert!(!error.message.contains("secret"), "{error:?}");
    }
    for endpoints in ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x", "https://192.0.2.1"] {
        assert_eq!(refused(endpoints, 0), None);
    }
    let token = Options { token: "a.secret.token", ..Options::default() };
    assert!(Client::with("localhost:1", token).is_ok());
    for lonely in [
        Options { password: "", ..ROOT },
        Options { user: "", ..ROOT },
        Options { token: "t", ..ROOT },
        Options { token: "t", password: "", ..ROOT },
        Options { token: "two\nlines", ..Options::default() },
    ] {
        let error = Client::with("localhost:1", lonely).err().expect("refused");
        assert_eq!(error.status, ETCD_ERR_INVALID_ARGUMENT);
    }
}

#[test]
fn no_copy_of_a_password_is_left_in_memory() {
    // As tests/c/secrets.c makes it.
    let password: String = (0..24).map(|i| (b'a' + (i * 7 + 3) % 26) as char).collect();
    let program = support::cc::program("secrets");
    for version in versions_or_skip("no_copy_of_a_password_is_left_in_memory") {
        for tls in [TlsMode::Off, TlsMode::Server] {
            let cluster = Cluster::builder(&version).tls(tls).password("root", &password).start();
            let ca = cluster.cert_files().map(|files| files.ca.to_str().unwrap().to_owned());
            let endpoints = cluster.endpoints();
            program.run(&[&endpoints, ca.as_deref().unwrap_or(""), "3"], Duration::from_secs(60));
        }
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
