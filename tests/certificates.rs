//! Certificates: bad ones, revoked ones, replaced ones, and none that is looked at.

mod support;

use etcd::capi::client::ETCD_CLIENT_INSECURE_SKIP_VERIFY;
use etcd::status::*;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};
use support::backend::on_versions_at_once;
use support::certs::{self, Ca, Certs, Pem};
use support::ffi::*;
use support::server::{newest_or_skip, versions_or_skip, Cluster, TlsMode};

fn works(client: &Client) {
    client.put(b"secure", b"v", DEFAULT).unwrap();
    assert_eq!(client.value(b"secure").unwrap().unwrap(), b"v");
}

/// A call that must fail for want of a connection; the cause.
fn cause(endpoints: &str, options: Options<'_>) -> String {
    let client = Client::with(endpoints, options).unwrap();
    let error = client.put(b"secure", b"v", timeout(700)).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_UNAVAILABLE, false), "{error:?}");
    assert_eq!(error.endpoint, endpoints);
    error.message
}

/// etcd reads its own certificate again for each connection.
fn show(cluster: &Cluster, server: &Pem) {
    let certs = Certs { server: server.clone(), ..cluster.certs().unwrap().clone() };
    certs.write(cluster.cert_files().unwrap().ca.parent().unwrap());
}

/// The signature algorithm's object identifier, which is named twice.
fn signed_with_sha224(certificate: &mut [u8]) {
    let sha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let places: Vec<usize> =
        (0..certificate.len()).filter(|&i| certificate[i..].starts_with(&sha256)).collect();
    assert_eq!(places.len(), 2);
    places.into_iter().for_each(|i| certificate[i + 7] = 0x01);
}

#[test]
fn bad_certificates_are_refused_with_the_reason() {
    let Some(version) = newest_or_skip("bad_certificates_are_refused_with_the_reason") else {
        return;
    };
    let (ca, other, own) = (Ca::new("test CA"), Ca::new("other CA"), certs::server(&[]));
    let (middle, narrow) = (ca.below("middle"), Ca::constrained("narrow", "inside.example"));
    let issue = |params| ca.issue(params);
    let ca_pem = ca.cert();
    let narrow_pem = narrow.cert();
    let lists = [
        ca.revocation_list(&[7], 2999),
        other.revocation_list(&[7], 2999),
        ca.revocation_list(&[7], 2021),
    ];
    let trusting = || Options { ca_pem: ca_pem.as_bytes(), ..Options::default() };
    let named = |server_name| Options { server_name, ..trusting() };
    let listed = |list: usize| Options { crl_pem: lists[list].as_bytes(), ..trusting() };
    let narrow_only =
        Options { ca_pem: narrow_pem.as_bytes(), server_name: "out.example", ..Options::default() };
    let whole = issue(own.clone());
    let cases = [
        (issue(certs::expired(own.clone())), trusting(), "has expired"),
        (issue(certs::not_yet_valid(own.clone())), trusting(), "not valid yet"),
        (issue(own.clone()), named("etcd.example"), "not valid for name \"etcd.example\""),
        (issue(certs::server_for(&["192.0.2.1"])), trusting(), "it is for 192.0.2.1"),
        (issue(certs::address_as_name("127.0.0.1")), trusting(), "127.0.0.1 as a DNS name, and an"),
        (issue(certs::server_for(&["*.example"])), named("a.b.example"), "it is for *.example"),
        (issue(certs::common_name_only("localhost")), named("localhost"), "a common name does not"),
        (other.issue(own.clone()), trusting(), "by another CA"),
        (other.issue(own.clone()), Options::default(), "by another CA"),
        (certs::self_signed(own.clone()), trusting(), "by itself"),
        (issue(certs::as_ca(own.clone())), trusting(), "that of a CA"),
        (middle.issue(own.clone()), trusting(), "that the server does not send"),
        (issue(certs::numbered(own.clone(), 7)), listed(0), "is revoked"),
        (issue(certs::numbered(own.clone(), 8)), listed(1), "no revocation list"),
        (issue(certs::numbered(own.clone(), 8)), listed(2), "out of date"),
        (issue(certs::for_clients_only(own.clone())), trusting(), "not for servers"),
        (narrow.issue(certs::server_for(&["out.example"])), narrow_only, "may not sign for"),
        (whole.damaged(|der| signed_with_sha224(der)), trusting(), "too weak"),
        (whole.damaged(|der| *der.last_mut().unwrap() ^= 1), trusting(), "wrong signature"),
    ];
    let good = Certs::from(&ca, own.clone(), certs::client("c"));
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).certs(good).start();
    works(&Client::with(&cluster.endpoints(), trusting()).unwrap());
    for (server, options, why) in cases {
        show(&cluster, &server);
        let message = cause(&cluster.endpoints(), options);
        assert!(message.contains(why), "{why}: {message}");
        eprintln!("{message}");
    }
    // Not the server's certificate, but ours: none, and one of somebody else's CA.
    let good = Certs::from(&ca, own, certs::client("c"));
    let cluster = Cluster::builder(&version).tls(TlsMode::Mutual).certs(good).start();
    let stranger = other.issue(certs::client("c"));
    let (cert_pem, key_pem) = (stranger.cert.as_bytes(), stranger.key.as_bytes());
    for options in [trusting(), Options { cert_pem, key_pem, ..trusting() }] {
        let message = cause(&cluster.endpoints(), options);
        assert!(message.contains("client") && message.contains("certificate"), "{message}");
        eprintln!("{message}");
    }
}

#[test]
fn certificates_that_are_on_record_as_good_are_believed() {
    let test = "certificates_that_are_on_record_as_good_are_believed";
    let Some(version) = newest_or_skip(test) else { return };
    let ca = Ca::new("test CA");
    let middle = ca.below("middle");
    let mut server = middle.issue(certs::numbered(certs::server(&[]), 8));
    server.cert += &middle.cert();
    let good = Certs::from(&ca, certs::server(&[]), certs::client("c"));
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).certs(good).start();
    show(&cluster, &server);
    let ca_pem = ca.cert();
    let with = |crl_pem| Options { ca_pem: ca_pem.as_bytes(), crl_pem, ..Options::default() };
    // The list of each CA in the chain is needed.
    let (of_root, of_middle) = (ca.revocation_list(&[7], 2999), middle.revocation_list(&[7], 2999));
    let both = of_root.clone() + &of_middle;
    works(&Client::with(&cluster.endpoints(), with(both.as_bytes())).unwrap());
    for list in [&of_root, &of_middle] {
        let message = cause(&cluster.endpoints(), with(list.as_bytes()));
        assert!(message.contains("no revocation list"), "{message}");
    }
}

#[test]
fn verification_is_skipped_only_where_asked() {
    for version in versions_or_skip("verification_is_skipped_only_where_asked") {
        let (ca, strange) = (Ca::new("test CA"), certs::expired(certs::server_for(&["a.example"])));
        let certs = Certs::from(&ca, strange, certs::client("c"));
        let cluster = Cluster::builder(&version).tls(TlsMode::Mutual).certs(certs).start();
        let Certs { client, .. } = cluster.certs().unwrap();
        let believing = |flags| Options {
            flags,
            cert_pem: client.cert.as_bytes(),
            key_pem: client.key.as_bytes(),
            ..Options::default()
        };
        let bare = cluster.endpoints().replace("https://", "");
        for endpoints in [cluster.endpoints(), bare] {
            let options = believing(ETCD_CLIENT_INSECURE_SKIP_VERIFY);
            works(&Client::with(&endpoints, options).unwrap());
        }
        cause(&cluster.endpoints(), believing(0));
    }
}

#[test]
fn certificates_are_replaced_while_a_client_works() {
    on_versions_at_once("certificates_are_replaced_while_a_client_works", |version| {
        let cluster = Cluster::builder(version).tls(TlsMode::Mutual).start();
        let files = cluster.cert_files().unwrap();
        let dir = files.ca.parent().unwrap();
        let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let (ca, cert, key) = (path(&files.ca), path(&files.client_cert), path(&files.client_key));
        let by_name =
            Options { ca_file: &ca, cert_file: &cert, key_file: &key, ..Options::default() };
        let read = |path: &str| std::fs::read(path).unwrap();
        let (ca_pem, cert_pem, key_pem) = (read(&ca), read(&cert), read(&key));
        let fixed = Options {
            ca_pem: &ca_pem,
            cert_pem: &cert_pem,
            key_pem: &key_pem,
            ..Options::default()
        };
        let client = Client::with(&cluster.endpoints(), by_name).unwrap();
        let fixed = Client::with(&cluster.endpoints(), fixed).unwrap();
        works(&client);
        works(&fixed);

        // Another CA, another server's and another client's certificate. A read may be
        // repeated, so that not even the restart is an error.
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut calls = 0;
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    client.get(b"secure", timeout(30_000)).unwrap();
                    calls += 1;
                }
                calls
            });
            for _ in 0..support::scaled(20) {
                Certs::new().write(dir);
                std::thread::sleep(Duration::from_millis(100));
                cluster.kill(0);
                cluster.restart(0);
                works(&client);
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(reader.join().unwrap() > 0);
        });
        let error = fixed.put(b"k", b"", timeout(1000)).unwrap_err();
        assert!(error.message.contains("another CA of the same name"), "{error:?}");

        // A file that is half-written is not used, and what there was before is.
        let whole = read(&key);
        std::fs::write(&key, &whole[..whole.len() / 2]).unwrap();
        cluster.kill(0);
        cluster.restart(0);
        works(&client);
        cluster.kill(0);
        let error = client.put(b"k", b"", timeout(1000)).unwrap_err();
        assert!(error.message.contains(&key), "{error:?}");
        assert!(error.message.contains("the changed TLS files were not used"), "{error:?}");
        assert!(error.message.contains("the text ends in the middle"), "{error:?}");
        // Nor is a key without its certificate, and with it not the CA that came with both.
        let next = Certs::new();
        let old = read(&cert);
        next.write(dir);
        std::fs::write(&cert, old).unwrap();
        cluster.restart(0);
        let error = client.put(b"k", b"", timeout(1000)).unwrap_err();
        assert!(error.message.contains("does not fit"), "{error:?}");
        assert!(error.message.contains("another CA of the same name"), "{error:?}");
        next.write(dir);
        works(&client);
    });
}

#[test]
fn a_revocation_list_is_read_again() {
    let Some(version) = newest_or_skip("a_revocation_list_is_read_again") else { return };
    let ca = Ca::new("test CA");
    let server = certs::numbered(certs::server(&[]), 7);
    let good = Certs::from(&ca, server, certs::client("c"));
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).certs(good).start();
    let ca_file = cluster.cert_files().unwrap().ca.clone();
    let list = ca_file.with_file_name("crl.pem");
    std::fs::write(&list, ca.revocation_list(&[], 2999)).unwrap();
    let (ca_file, crl_file) = (ca_file.to_str().unwrap(), list.to_str().unwrap());
    let options = Options { ca_file, crl_file, ..Options::default() };
    let client = Client::with(&cluster.endpoints(), options).unwrap();
    works(&client);
    std::fs::write(&list, ca.revocation_list(&[7], 2999)).unwrap();
    works(&client);
    cluster.kill(0);
    cluster.restart(0);
    let error = client.put(b"secure", b"", timeout(1500)).unwrap_err();
    assert!(error.message.contains("revoked"), "{error:?}");
}

#[test]
fn a_certificate_that_is_itself_trusted_may_be_a_cas() {
    let Some(version) = newest_or_skip("a_certificate_that_is_itself_trusted_may_be_a_cas") else {
        return;
    };
    let own = certs::as_ca(certs::server(&[]));
    let far = certs::as_ca(certs::server_for(&["etcd.example"]));
    let [own, far, old] = [own.clone(), far, certs::expired(own)].map(certs::self_signed);
    let cluster = Cluster::builder(&version).tls(TlsMode::Server).start();
    let trusting = |pem: &'static str| Options { ca_pem: pem.as_bytes(), ..Options::default() };
    let [own_pem, far_pem, old_pem] = [&own, &far, &old].map(|it| &*it.cert.clone().leak());
    show(&cluster, &own);
    works(&Client::with(&cluster.endpoints(), trusting(own_pem)).unwrap());
    let refused = |pem, why: &str| {
        let message = cause(&cluster.endpoints(), trusting(pem));
        assert!(message.contains(why), "{why}: {message}");
    };
    refused(far_pem, "the server's certificate");
    show(&cluster, &far);
    refused(far_pem, "not valid for name \"127.0.0.1\", it is for etcd.example");
    let named = Options { server_name: "etcd.example", ..trusting(far_pem) };
    works(&Client::with(&cluster.endpoints(), named).unwrap());
    show(&cluster, &old);
    refused(old_pem, "has expired");
}

/// They have keys on the curve P-521.
#[test]
fn certificates_that_etcd_makes_itself_are_checked() {
    on_versions_at_once("certificates_that_etcd_makes_itself_are_checked", |version| {
        let clusters = [(); 2].map(|()| Cluster::builder(version).start());
        let started = |cluster: &Cluster, tls: &str| {
            let url = cluster.endpoint(0).replace("http://", "https://");
            let mut args = vec!["--auto-tls", "--listen-client-urls", &url];
            args.extend(["--advertise-client-urls", &url]);
            if !tls.is_empty() {
                args.extend(["--tls-max-version", tls]);
            }
            cluster.kill(0);
            cluster.launch_with(0, &args);
            cluster.wait_healthy(0);
            url
        };
        let ca_file = |cluster: &Cluster| {
            let file = cluster.data_dir(0).join("fixtures/client/cert.pem");
            file.to_str().unwrap().to_owned()
        };
        // In TLS 1.2 etcd signs with another hash. Older ones do not have the flag.
        let tls: &[&str] = if version.name.starts_with("3.4") { &[""] } else { &["", "TLS1.2"] };
        for tls in tls {
            let url = started(&clusters[0], tls);
            started(&clusters[1], "");
            let [own, other] = clusters.each_ref().map(ca_file);
            works(&Client::with(&url, Options { ca_file: &own, ..Options::default() }).unwrap());
            let skip = ETCD_CLIENT_INSECURE_SKIP_VERIFY;
            works(&Client::with(&url, Options { flags: skip, ..Options::default() }).unwrap());
            let message = cause(&url, Options { ca_file: &other, ..Options::default() });
            assert!(message.contains("the server's certificate"), "{message}");
            eprintln!("{message}");
        }
    });
}

/// Keeps everybody else from opening a file, as a file server does that is away.
struct Lease(#[allow(dead_code)] std::fs::File);

impl Lease {
    /// None where the system has no such leases.
    fn take(path: &str) -> Option<Lease> {
        // The kernel tells the holder that somebody wants the file, by a signal that would end it.
        unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) };
        (taken == 0).then_some(Lease(file))
    }
}

#[test]
fn files_that_do_not_open_hold_up_nobody() {
    let test = "files_that_do_not_open_hold_up_nobody";
    let Some(version) = newest_or_skip(test) else { return };
    let cluster = Cluster::builder(&version).tls(TlsMode::Mutual).start();
    let plain = Cluster::builder(&version).start();
    let files = cluster.cert_files().unwrap();
    // The server must not meet the lease.
    let copies = [&files.ca, &files.client_cert, &files.client_key].map(|file| {
        let copy = format!("{}.copy", file.display());
        std::fs::copy(file, &copy).unwrap();
        copy
    });
    let [ca_file, cert_file, key_file] = [0, 1, 2].map(|i| &copies[i][..]);
    let options = || Options { ca_file, cert_file, key_file, ..Options::default() };
    for file in [ca_file, cert_file, key_file] {
        let client = Client::with(&cluster.endpoints(), options()).unwrap();
        works(&client);
        let Some(lease) = Lease::take(file) else { return eprintln!("{test}: skipped: no leases") };
        let (other, began) = (Client::open(&plain.endpoints()), Instant::now());
        cluster.kill(0);
        cluster.restart(0);
        // The files as they were are still good.
        client.put(b"secure", b"v", timeout(20_000)).unwrap();
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        // Whatever may still be reading.
        cluster.kill(0);
        cluster.restart(0);
        for _ in 0..20 {
            let began = Instant::now();
            other.get(b"k", timeout(500)).unwrap();
            assert!(began.elapsed() < Duration::from_millis(400), "{:?}", began.elapsed());
            std::thread::sleep(Duration::from_millis(50));
        }
        for client in [client, other] {
            let began = Instant::now();
            drop(client);
            assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        }
        drop(lease);
    }
}
