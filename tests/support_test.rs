//! The test helpers themselves: a helper that lies makes every test above it worthless.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::certs::{self, Ca, Certs};
use support::proxy::{Dir, Fault, Proxy, Rng};
use support::server::{newest_or_skip, shared, versions_or_skip, Cluster, TlsMode, Version};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn put_get(cluster: &Cluster, key: &str) {
    assert_eq!(cluster.etcdctl_ok(&["put", key, "value"]), "OK");
    assert_eq!(cluster.etcdctl_ok(&["get", key, "--print-value-only"]), "value");
}

fn alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// All versions at once, as starting one is mostly waiting.
fn on_all(test: &str, run: impl Fn(&Version) + Sync) {
    let (versions, run) = (versions_or_skip(test), &run);
    std::thread::scope(|scope| {
        for version in &versions {
            scope.spawn(move || run(version));
        }
    });
}

#[test]
fn one_member() {
    on_all("one_member", |version| {
        let cluster = Cluster::builder(version).unix_socket().start();
        put_get(&cluster, "a");
        cluster.kill(0);
        assert!(!cluster
            .etcdctl(&["--dial-timeout=300ms", "--command-timeout=300ms", "get", "a"])
            .status
            .success());
        cluster.restart(0);
        assert_eq!(cluster.etcdctl_ok(&["get", "a", "--print-value-only"]), "value");
        cluster.terminate(0);
        cluster.restart(0);
        assert_eq!(cluster.leader(), 0);
        // After two restarts on the same path.
        let socket = cluster.unix_endpoint(0).replace("unix:", "unix://");
        let output = cluster.etcdctl_at(&socket, &["get", "a", "--print-value-only"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "value\n");
        let (pid, data) = (cluster.pid(0), cluster.data_dir(0));
        drop(cluster);
        assert!(!alive(pid) && !data.exists());
    });
}

#[test]
fn three_members() {
    on_all("three_members", |version| {
        let cluster = Cluster::builder(version).members(3).start();
        put_get(&cluster, "a");
        let old = cluster.leader();
        cluster.kill(old);
        let new = cluster.leader();
        assert_ne!(old, new);
        let put = |i: usize| {
            let args = ["--command-timeout=1s", "put", "b", "1"];
            cluster.etcdctl_at(&cluster.endpoint(i), &args).status.success()
        };
        cluster.restart(old);
        assert!(put(old));
        let third = 3 - old - new;
        cluster.stop(third);
        assert!(!put(third) && put(old));
        cluster.cont(third);
        cluster.wait_healthy(third);
        assert!(put(third));
        // All at once: none is healthy before a second one runs.
        (0..3).for_each(|i| cluster.kill(i));
        (0..3).for_each(|i| cluster.launch(i));
        (0..3).for_each(|i| cluster.wait_healthy(i));
        assert_eq!(cluster.etcdctl_ok(&["get", "a", "--print-value-only"]), "value");
    });
}

#[test]
fn one_cluster_is_shared() {
    on_all("one_cluster_is_shared", |version| {
        assert_eq!(shared(version).pid(0), shared(version).pid(0));
        put_get(shared(version), "shared");
    });
}

#[test]
fn tls_and_passwords() {
    on_all("tls_and_passwords", |version| {
        let builder = || Cluster::builder(version).tls(TlsMode::Mutual).unix_socket();
        let cluster = builder().password("root", "secret").auth_token("jwt").token_ttl(2).start();
        put_get(&cluster, "a");
        let wrong = cluster.etcdctl(&["--user", "root:wrong", "get", "a"]);
        assert!(String::from_utf8_lossy(&wrong.stderr).contains("authentication failed"));
        drop(cluster);

        let cluster = Cluster::builder(version)
            .tls(TlsMode::Server)
            .password("ann", "x")
            .token_ttl(2)
            .start();
        put_get(&cluster, "a");

        // A server whose certificate has run out is refused, and so is a client of another authority.
        let mut bad =
            Certs::from(&Ca::new("a"), certs::expired(certs::server(&[])), certs::client("c"));
        let cluster = Cluster::builder(version).tls(TlsMode::Server).certs(bad.clone()).start();
        let refused = |cluster: &Cluster, why: &str| {
            let args = ["--command-timeout=1s", "--dial-timeout=1s", "get", "a"];
            let output = cluster
                .etcdctl_command(&cluster.endpoints())
                .arg("--debug")
                .args(args)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr).to_string();
            assert!(!output.status.success() && text.contains(why), "{text}");
        };
        if version.number >= (3, 6, 0) {
            refused(&cluster, "certificate has expired"); // 3.4 only says that it took too long
        }
        drop(cluster);
        bad = Certs::new();
        bad.client = Ca::new("other").issue(certs::client("c"));
        refused(&builder().certs(bad).start(), "");
    });
}

const HOLD: &str = "LIBETCD_TEST_HOLD";

/// Keeps a cluster until it is killed, for the test below, which starts this program again.
#[test]
fn holds_a_cluster() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let version = newest_or_skip("holds_a_cluster").unwrap();
    let cluster = Cluster::builder(&version).members(3).start();
    cluster.stop(2);
    let pids = [cluster.pid(0), cluster.pid(1), cluster.pid(2), shared(&version).pid(0)];
    let _ = writeln!(std::io::stdout(), "\nholds {pids:?} {}", cluster.data_dir(0).display());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn nothing_outlives_a_killed_program() {
    if newest_or_skip("nothing_outlives_a_killed_program").is_none() {
        return;
    }
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "holds_a_cluster", "--nocapture"]).env(HOLD, "1");
    let mut program = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = std::io::BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("holds ") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut output, &mut line).unwrap() > 0);
    }
    let (pids, data) = line["holds [".len()..].trim().split_once("] ").unwrap();
    let pids: Vec<u32> = pids.split(", ").map(|pid| pid.parse().unwrap()).collect();
    let root = Path::new(data).ancestors().nth(3).unwrap();
    assert!(root.file_name().unwrap().to_str().unwrap().starts_with("libetcd-test-"));
    assert!(pids.iter().all(|pid| alive(*pid)) && root.exists());
    program.kill().unwrap();
    program.wait().unwrap();
    let limit = Instant::now() + Duration::from_secs(10);
    while pids.iter().any(|pid| alive(*pid)) || root.exists() {
        assert!(Instant::now() < limit, "left: {line}");
        std::thread::sleep(ms(20));
    }
}

/// Sends back what comes.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.endpoint()).unwrap();
    stream.set_read_timeout(Some(ms(3000))).unwrap();
    stream
}

fn echo(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<Duration> {
    let start = Instant::now();
    let mut back = vec![0; bytes.len()];
    stream.write_all(bytes)?;
    stream.read_exact(&mut back)?;
    assert_eq!(bytes, back);
    Ok(start.elapsed())
}

fn silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(ms(150))).unwrap();
    let result = stream.read(&mut [0; 64]);
    stream.set_read_timeout(Some(ms(3000))).unwrap();
    matches!(result, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn faults_of_the_proxy() {
    let proxy = Proxy::start(echo_server(), 7);
    let mut one = connect(&proxy);
    let big: Vec<u8> = (0..200_000).map(|i| i as u8).collect();
    echo(&mut one, b"hello").unwrap();
    echo(&mut one, &big).unwrap();
    assert_eq!((proxy.accepted(), proxy.cuts(), proxy.bytes_to_server()), (1, 0, 200_005));

    proxy.set(Fault::Delay(Dir::Both, ms(50)));
    assert!((100..300).contains(&echo(&mut one, b"x").unwrap().as_millis()));
    proxy.set(Fault::Delay(Dir::ToServer, ms(50)));
    assert!((50..200).contains(&echo(&mut one, b"x").unwrap().as_millis()));
    proxy.set(Fault::Drip(Dir::ToClient, 10, ms(5)));
    assert!((95..400).contains(&echo(&mut one, &big[..200]).unwrap().as_millis()));
    // Each of two connections keeps its order, and they overtake each other.
    proxy.set(Fault::Reorder(Dir::ToServer, ms(30)));
    let mut two = connect(&proxy);
    let mut overtook = |i: u8| {
        for stream in [&mut one, &mut two] {
            stream.write_all(&[i]).unwrap();
            stream.set_nonblocking(true).unwrap();
        }
        let mut came = Vec::new();
        while came.len() < 2 {
            for (which, stream) in [&mut one, &mut two].into_iter().enumerate() {
                let mut byte = [0];
                if let Ok(1) = stream.read(&mut byte) {
                    assert_eq!(byte[0], i);
                    came.push(which);
                }
            }
        }
        came == [1, 0]
    };
    assert!((5..45).contains(&(0..50).filter(|i| overtook(*i)).count()));
    for stream in [&one, &two] {
        stream.set_nonblocking(false).unwrap();
    }
    proxy.set(Fault::Corrupt(Dir::ToServer, 1000));
    let mut back = vec![0; big.len()];
    for part in 0..20 {
        let part = part * 10_000..(part + 1) * 10_000;
        one.write_all(&big[part.clone()]).unwrap();
        one.read_exact(&mut back[part]).unwrap();
    }
    let flipped = |(sent, got): (&u8, &u8)| (sent ^ got).count_ones();
    let flipped: Vec<_> = big.iter().zip(&back).map(flipped).filter(|bits| *bits > 0).collect();
    assert!((100..400).contains(&flipped.len()) && flipped.iter().all(|bits| *bits == 1));

    proxy.set(Fault::Freeze);
    one.write_all(b"later").unwrap();
    assert!(silent(&mut one));
    proxy.set(Fault::Pass);
    one.read_exact(&mut [0; 5]).unwrap();

    // In a black hole old and new connections are silent; they are reset when it ends, as bytes were lost.
    drop(two);
    // Or else the old one would be in it too.
    let limit = Instant::now() + Duration::from_secs(10);
    while proxy.open() > 1 && Instant::now() < limit {
        std::thread::sleep(ms(1));
    }
    proxy.set(Fault::BlackHole(Dir::Both));
    two = connect(&proxy);
    for stream in [&mut one, &mut two] {
        stream.write_all(b"x").unwrap();
        assert!(silent(stream));
    }
    proxy.set(Fault::Pass);
    for stream in [&mut one, &mut two] {
        assert_eq!(stream.read(&mut [0; 64]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!((proxy.accepted(), proxy.cuts(), proxy.open()), (3, 2, 0));

    one = connect(&proxy);
    echo(&mut one, b"x").unwrap();
    proxy.once(Fault::Cut);
    assert_eq!(one.read(&mut [0; 64]).unwrap(), 0);
    one = connect(&proxy);
    echo(&mut one, b"x").unwrap();
    proxy.once(Fault::Reset);
    assert_eq!(one.read(&mut [0; 64]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    one = connect(&proxy);
    echo(&mut one, b"x").unwrap();
    proxy.once(Fault::HalfClose);
    assert_eq!(one.read(&mut [0; 64]).unwrap(), 0); // FIN
    std::thread::sleep(ms(50));
    let _ = one.write(b"x");
    assert!(one.write(b"x").is_err()); // RST

    // Exactly so many bytes, of old and of new connections.
    one = connect(&proxy);
    echo(&mut one, b"x").unwrap();
    proxy.set(Fault::CutAfter(Dir::ToClient, 100));
    two = connect(&proxy);
    for stream in [&mut one, &mut two] {
        for _ in 0..3 {
            echo(stream, &big[..30]).unwrap();
        }
        let _ = stream.write_all(&big[..1000]);
        let mut back = Vec::new();
        let _ = stream.read_to_end(&mut back);
        assert_eq!(back, big[..10]);
    }

    proxy.set(Fault::Pass);
    one = connect(&proxy);
    echo(&mut one, b"x").unwrap();
    proxy.set(Fault::Refuse);
    assert_eq!(
        TcpStream::connect(proxy.endpoint()).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    echo(&mut one, b"x").unwrap();
    for (fault, kind) in [(Fault::Cut, None), (Fault::Reset, Some(ErrorKind::ConnectionReset))] {
        proxy.set(fault);
        assert_eq!(connect(&proxy).read(&mut [0; 64]).err().map(|error| error.kind()), kind);
    }
    proxy.set(Fault::Pass);
    // A half-closed connection still gets its answer, and then ends by itself.
    one = connect(&proxy);
    one.write_all(&big).unwrap();
    one.shutdown(std::net::Shutdown::Write).unwrap();
    let mut back = Vec::new();
    one.read_to_end(&mut back).unwrap();
    assert_eq!(back, big);
    // Nobody upstream.
    proxy.set_upstream(SocketAddr::from(([127, 0, 0, 1], 1)));
    assert_eq!(connect(&proxy).read(&mut [0; 64]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(format!("{proxy:?}").contains("seed: 7"));
}

#[test]
fn seeds_repeat() {
    let draw = |seed| {
        let mut rng = Rng::new(seed);
        (0..50).map(|_| rng.fault()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn the_proxy_lasts() {
    let count = |what: &str| {
        std::fs::read_dir(format!("/proc/{}/{what}", std::process::id())).unwrap().count()
    };
    let upstream = echo_server();
    let port = {
        let proxy = Proxy::start(upstream, 42);
        let mut rng = Rng::new(42);
        for i in 0..2500 {
            if i % 10 == 0 {
                proxy.set(rng.fault());
            }
            match TcpStream::connect(proxy.endpoint()) {
                Ok(mut stream) => {
                    stream.set_read_timeout(Some(ms(1))).unwrap();
                    let _ = echo(&mut stream, b"some bytes");
                }
                // It was taken, and reset at once.
                Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            }
        }
        proxy.set(Fault::Pass);
        assert_eq!(proxy.accepted(), 2500);
        let limit = Instant::now() + Duration::from_secs(5);
        while proxy.open() > 0 {
            assert!(Instant::now() < limit, "{proxy:?}");
            std::thread::sleep(ms(20));
        }
        proxy.port()
    };
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    // Other tests of this program run beside this one, so the bound is generous.
    assert!(
        count("fd") < 300 && count("task") < 100,
        "{} fds, {} threads",
        count("fd"),
        count("task")
    );
}

#[test]
fn etcdctl_through_the_proxy() {
    if let Some(version) = newest_or_skip("etcdctl_through_the_proxy") {
        let cluster = shared(&version);
        let proxy = Proxy::to_port(cluster.port(0), 1);
        let put =
            || cluster.etcdctl_at(&proxy.endpoint(), &["--command-timeout=1s", "put", "p", "1"]);
        assert!(put().status.success());
        proxy.set(Fault::BlackHole(Dir::ToClient));
        assert!(!put().status.success());
        proxy.set(Fault::Pass);
        assert!(put().status.success());
        assert!(proxy.accepted() >= 3);
    }
}
