//! What a caller sees of a server that is broken, is none, or means harm.

mod support;

use etcd::status::*;
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::hostile::*;
use support::server::{newest_or_skip, shared};

const LIMIT: u32 = 1500;
const RECEIVE_LIMIT: u32 = 1 << 20;

/// A way to misbehave and what comes of it.
struct Case {
    name: &'static str,
    script: Script,
    get: Told,
    put: Told,
}

/// Status, whether a write may have been applied, and words of the message.
type Told = (etcd_status_t, bool, &'static str);

/// Nothing but the answer to each request is wrong.
macro_rules! answer {
    ($conn:ident, $stream:ident, $answer:expr) => {
        |$conn| {
            $conn.greet(&[])?;
            loop {
                let $stream = $conn.request()?.stream;
                $answer?;
            }
        }
    };
}

/// The same for a get, which may be made again until the deadline, and for a put.
fn both(name: &'static str, script: Script, status: etcd_status_t, words: &'static str) -> Case {
    Case { name, script, get: (status, false, words), put: (status, true, words) }
}

/// One that shows that no etcd has seen the request.
fn unseen(name: &'static str, script: Script, status: etcd_status_t, words: &'static str) -> Case {
    Case { name, script, get: (status, false, words), put: (status, false, words) }
}

fn answers() -> Vec<Case> {
    vec![
        both(
            "compressed",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, b"\x01\0\0\0\x04zzzz")?;
                c.status(id, "0")
            }),
            ETCD_ERR_BAD_REPLY,
            "compressed",
        ),
        both(
            "no trailers",
            answer!(c, id, {
                c.accept(id)?;
                c.frame(DATA, END_STREAM, id, &grpc(&header(1)))
            }),
            ETCD_ERR_UNAVAILABLE,
            "without a status",
        ),
        both(
            "trailers without a status",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1)))?;
                c.headers(id, END_STREAM, &[("x-what", "ever")])
            }),
            ETCD_ERR_UNAVAILABLE,
            "without a status",
        ),
        both(
            "a status that is no number",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1)))?;
                c.headers(id, END_STREAM, &[("grpc-status", "fine\u{7f}!")])
            }),
            ETCD_ERR_UNAVAILABLE,
            "",
        ),
        both(
            "a status that is a word",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1)))?;
                c.status(id, "fine")
            }),
            ETCD_ERR_GRPC_UNKNOWN,
            "grpc-status \"fine\"",
        ),
        both(
            "a status that is out of range",
            answer!(c, id, c.headers(id, END_STREAM, &[GRPC[0], GRPC[1], ("grpc-status", "-13")])),
            ETCD_ERR_GRPC_UNKNOWN,
            "grpc-status \"-13\"",
        ),
        both(
            "a status and no words",
            answer!(c, id, c.headers(id, END_STREAM, &[GRPC[0], GRPC[1], ("grpc-status", "13")])),
            ETCD_ERR_GRPC_INTERNAL,
            "grpc-status \"13\"",
        ),
        both(
            "broken escapes",
            answer!(c, id, {
                let words = format!("%zz%4%e2%28%0a{}", "%".repeat(20_000));
                c.headers(
                    id,
                    END_STREAM,
                    &[GRPC[0], GRPC[1], ("grpc-status", "15"), ("grpc-message", &words)],
                )
            }),
            ETCD_ERR_GRPC_DATA_LOSS,
            "%zz%4\u{fffd}(\\n%%",
        ),
        both(
            "fine, and no message",
            answer!(c, id, c.headers(id, END_STREAM, &[GRPC[0], GRPC[1], ("grpc-status", "0")])),
            ETCD_ERR_BAD_REPLY,
            "without a message",
        ),
        unseen(
            "a page that does not exist",
            answer!(c, id, {
                c.headers(id, 0, &[(":status", "404"), ("content-type", "text/html")])?;
                c.frame(DATA, END_STREAM, id, b"<h1>Not Found</h1>")
            }),
            ETCD_ERR_GRPC_UNIMPLEMENTED,
            "HTTP status 404 Not Found, content-type \"text/html\"",
        ),
        both(
            "a proxy without a server",
            answer!(c, id, {
                c.headers(
                    id,
                    0,
                    &[(":status", "503"), ("content-type", "text/html; charset=utf-8")],
                )?;
                c.frame(DATA, END_STREAM, id, b"<h1>Service Unavailable</h1>")
            }),
            ETCD_ERR_GRPC_UNAVAILABLE,
            "HTTP status 503 Service Unavailable, content-type \"text/html; charset=utf-8\"",
        ),
        both(
            "a teapot",
            answer!(c, id, c.headers(id, END_STREAM, &[(":status", "418")])),
            ETCD_ERR_GRPC_UNKNOWN,
            "HTTP status 418 I'm a teapot, no content-type",
        ),
        Case {
            name: "a status of gRPC's under one of HTTP's",
            script: answer!(
                c,
                id,
                c.headers(id, END_STREAM, &[(":status", "500"), GRPC[1], ("grpc-status", "7")])
            ),
            get: (ETCD_ERR_GRPC_PERMISSION_DENIED, false, ""),
            put: (ETCD_ERR_GRPC_PERMISSION_DENIED, false, ""),
        },
        both(
            "a content-type that is no text",
            answer!(c, id, {
                c.headers(id, 0, &[(":status", "200"), ("content-type", "text/html\u{1b}[2J")])?;
                c.frame(DATA, END_STREAM, id, b"<h1>Welcome</h1>")
            }),
            ETCD_ERR_UNAVAILABLE,
            "",
        ),
        both(
            "a page of welcome",
            answer!(c, id, {
                c.headers(id, 0, &[(":status", "200"), ("content-type", "text/html")])?;
                c.data(id, &grpc(&header(1)))?;
                c.status(id, "0")
            }),
            ETCD_ERR_BAD_REPLY,
            "HTTP status 200 OK, content-type \"text/html\"",
        ),
        both(
            "something like gRPC",
            answer!(c, id, {
                c.headers(id, 0, &[(":status", "200"), ("content-type", "application/grpc-web")])?;
                c.data(id, &grpc(&header(1)))?;
                c.status(id, "0")
            }),
            ETCD_ERR_BAD_REPLY,
            "content-type \"application/grpc-web\"",
        ),
        both(
            "four GiB announced",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, b"\0\xff\xff\xff\xff")?;
                c.data(id, &[7; 100_000])
            }),
            ETCD_ERR_REPLY_TOO_LARGE,
            "4294967295 bytes",
        ),
        both(
            "more than the limit",
            answer!(c, id, {
                let reply = [header(1), field(99, &[1; 2 << 20])].concat();
                // The client need not hear all of it.
                c.accept(id).and_then(|()| c.data(id, &grpc(&reply))).or(io::Result::Ok(()))
            }),
            ETCD_ERR_REPLY_TOO_LARGE,
            "the receive limit is 1048576",
        ),
        both(
            "two messages",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &[grpc(&header(1)), grpc(&header(2))].concat())?;
                c.status(id, "0")
            }),
            ETCD_ERR_BAD_REPLY,
            "more than one message",
        ),
        both(
            "half a message, and fine",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1))[..9])?;
                c.status(id, "0")
            }),
            ETCD_ERR_BAD_REPLY,
            "in the middle of a message",
        ),
        both(
            "half a message, and the end",
            answer!(c, id, {
                c.accept(id)?;
                c.frame(DATA, END_STREAM, id, &grpc(&header(1))[..9])
            }),
            ETCD_ERR_UNAVAILABLE,
            "without a status",
        ),
        both(
            "half a message, and a reset",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1))[..9])?;
                c.frame(RST_STREAM, 0, id, &2u32.to_be_bytes())
            }),
            ETCD_ERR_UNAVAILABLE,
            "internal error",
        ),
        both(
            "no protobuf",
            answer!(c, id, c.reply(id, b"\xff\xff\xff\xff")),
            ETCD_ERR_BAD_REPLY,
            "no message",
        ),
        both(
            "a reset in place of an answer",
            answer!(c, id, c.frame(RST_STREAM, 0, id, &8u32.to_be_bytes())),
            ETCD_ERR_UNAVAILABLE,
            "connection lost",
        ),
        unseen(
            "every call refused",
            answer!(c, id, c.frame(RST_STREAM, 0, id, &7u32.to_be_bytes())),
            ETCD_ERR_UNAVAILABLE,
            "refused",
        ),
        both(
            "a refusal after half an answer",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1))[..9])?;
                c.frame(RST_STREAM, 0, id, &7u32.to_be_bytes())
            }),
            ETCD_ERR_UNAVAILABLE,
            "refused",
        ),
        both(
            "a goodbye to what was answered by half",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1))[..9])?;
                c.frame(GOAWAY, 0, 0, &[0; 8])
            }),
            ETCD_ERR_UNAVAILABLE,
            "connection",
        ),
        unseen(
            "a long goodbye",
            answer!(
                c,
                _id,
                c.frame(
                    GOAWAY,
                    0,
                    0,
                    &[b"\0\0\0\0\0\0\0\x02".as_slice(), &[0x1b; 16_000]].concat()
                )
            ),
            ETCD_ERR_UNAVAILABLE,
            "connection",
        ),
        both(
            "a goodbye that takes the call over",
            answer!(c, id, {
                c.frame(GOAWAY, 0, 0, &[id.to_be_bytes(), 11u32.to_be_bytes()].concat())?;
                return Ok(());
                #[allow(unreachable_code)]
                Ok::<(), io::Error>(())
            }),
            ETCD_ERR_UNAVAILABLE,
            "connection lost",
        ),
    ]
}

/// Those that never answer, or no HTTP/2, or too late.
fn silences() -> Vec<Case> {
    let late = "no reply within 1500 ms";
    vec![
        unseen(
            "noise",
            |c| {
                let noise: Vec<u8> = (0..4000u32).map(|i| (i * i / 7) as u8).collect();
                c.raw(&noise)?;
                c.hang()
            },
            ETCD_ERR_UNAVAILABLE,
            "no HTTP/2 server",
        ),
        unseen(
            "HTTP/1.1",
            |c| c.raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            ETCD_ERR_UNAVAILABLE,
            "no HTTP/2 server",
        ),
        unseen(
            "TLS",
            |c| c.raw(b"\x15\x03\x03\0\x02\x02\x46"),
            ETCD_ERR_UNAVAILABLE,
            "expects TLS",
        ),
        unseen("hung up at once", |_| Ok(()), ETCD_ERR_UNAVAILABLE, "no server within 1500 ms"),
        unseen("not a word", |c| c.hang(), ETCD_ERR_UNAVAILABLE, "no server within 1500 ms"),
        unseen(
            "not a frame",
            |c| {
                // The settings' header, byte by byte.
                for byte in frame(SETTINGS, 0, 0, &[]) {
                    c.raw(&[byte])?;
                    sleep(Duration::from_secs(1));
                }
                Ok(())
            },
            ETCD_ERR_UNAVAILABLE,
            "no server within 1500 ms",
        ),
        both("no answer", answer!(c, _id, io::Result::Ok(())), ETCD_ERR_TIMEOUT, late),
        both(
            "an answer byte by byte",
            answer!(c, id, {
                c.accept(id)?;
                for byte in grpc(&[header(1), field(99, &[0; 100])].concat()) {
                    c.data(id, &[byte])?;
                    sleep(Duration::from_millis(300));
                }
                c.status(id, "0")
            }),
            ETCD_ERR_TIMEOUT,
            late,
        ),
        both(
            "a message and no end",
            answer!(c, id, {
                c.accept(id)?;
                c.data(id, &grpc(&header(1)))
            }),
            ETCD_ERR_TIMEOUT,
            late,
        ),
        unseen(
            "no streams",
            |c| {
                c.greet(&[])?;
                c.admit(&[(MAX_CONCURRENT_STREAMS, 0)])?;
                c.hang()
            },
            ETCD_ERR_UNAVAILABLE,
            "allows no more calls",
        ),
        both(
            "no window",
            |c| {
                c.greet(&[])?;
                c.admit(&[(INITIAL_WINDOW_SIZE, 0)])?;
                c.hang()
            },
            ETCD_ERR_TIMEOUT,
            late,
        ),
    ]
}

fn open(endpoints: &str) -> Client {
    let options = Options {
        max_receive_bytes: RECEIVE_LIMIT,
        connect_timeout_ms: 1000,
        timeout_ms: LIMIT,
        ..Default::default()
    };
    Client::with(endpoints, options).unwrap()
}

fn check(name: &str, call: &str, told: Told, result: Result<Reply>, began: Instant) {
    let took = began.elapsed();
    let error = result.expect_err(name);
    let (status, maybe, words) = told;
    // The deadline may pass while a get that is repeated is on its way.
    let cut = call == "get" && is_retryable(status) && error.status == ETCD_ERR_TIMEOUT;
    let fits = (cut || error.status == status && error.message.contains(words))
        && error.maybe_applied == maybe
        && !error.message.is_empty()
        && error.message.len() < 1200;
    assert!(fits, "{name}: {call} is to be {told:?}, is {}: {error:?}", error.name());
    let limit = Duration::from_millis(u64::from(LIMIT) + 1000);
    assert!(took < limit, "{name}: {call} took {took:?}");
}

fn run(case: &Case, etcd: Option<&(String, Client)>) {
    let server = Hostile::start(case.script);
    let client = open(&server.endpoint());
    std::thread::scope(|scope| {
        let get = scope.spawn(|| {
            let began = Instant::now();
            check(case.name, "get", case.get, client.get(b"k", DEFAULT), began);
        });
        let other = open(&server.endpoint());
        let began = Instant::now();
        check(case.name, "put", case.put, other.put(b"k", b"v", DEFAULT), began);
        get.join().unwrap();
    });
    if let Some(etcd) = etcd {
        run_beside(case, &server, etcd);
    }
    server.set(polite);
    let reply = client.get(b"k", timeout(5_000)).unwrap_or_else(|e| panic!("{}: {e:?}", case.name));
    assert_eq!(reply.revision, 5);
}

/// With an etcd for a second endpoint.
fn run_beside(case: &Case, server: &Hostile, (etcd, witness): &(String, Client)) {
    let Case { name, get, put, .. } = case;
    let endpoints = format!("{},{etcd}", server.endpoint());
    let elsewhere = |told: &Told| is_retryable(told.0) && !told.1;
    let key = format!("hostile/{name}");
    for i in 0..3 {
        // Whichever is asked first.
        let client = open(&endpoints);
        let value = i.to_string();
        match client.put(key.as_bytes(), value.as_bytes(), timeout(3_000)) {
            Ok(_) => assert_eq!(witness.value(key.as_bytes()).unwrap().unwrap(), value.as_bytes()),
            Err(e) => {
                assert!(!elsewhere(put), "{name}: {e:?}");
                assert_eq!((e.status, e.maybe_applied), (put.0, put.1), "{name}: {e:?}");
            }
        }
        match client.get(key.as_bytes(), timeout(3_000)) {
            Ok(_) => {}
            Err(e) => assert!(!elsewhere(get) && e.status == get.0, "{name}: {e:?}"),
        }
    }
}

fn run_all(test: &str, cases: &[Case]) {
    let etcd = newest_or_skip(test).map(|version| {
        let endpoints = shared(&version).endpoints();
        let client = Client::open(&endpoints);
        (endpoints, client)
    });
    let etcd = etcd.as_ref();
    let failed: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            cases.iter().map(|it| (it.name, scope.spawn(|| run(it, etcd)))).collect();
        runs.into_iter().filter_map(|(name, run)| run.join().err().map(|_| name)).collect()
    });
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn answers_that_are_none() {
    run_all("answers_that_are_none", &answers());
}

#[test]
fn servers_that_are_none() {
    run_all("servers_that_are_none", &silences());
}

/// The login, which has the password in it, is answered with this token; any other call is refused for its token.
fn login(conn: &mut Conn, token: &[u8]) -> io::Result<()> {
    conn.greet(&[])?;
    loop {
        let request = conn.request()?;
        let id = request.stream;
        match request.data.windows(6).any(|it| it == b"secret") {
            true => conn.reply(id, &[header(1), field(2, token)].concat())?,
            false => {
                let message = "etcdserver: invalid auth token";
                let end = [GRPC[0], GRPC[1], ("grpc-status", "16"), ("grpc-message", message)];
                conn.headers(id, END_STREAM, &end)?;
            }
        }
    }
}

#[test]
fn tokens_that_are_none() {
    let cases: [(&str, Script, etcd_status_t); 5] = [
        ("empty", |c| login(c, b""), ETCD_ERR_BAD_REPLY),
        ("two lines", |c| login(c, b"token\r\nx-evil: 1"), ETCD_ERR_BAD_REPLY),
        ("nul", |c| login(c, b"token\0"), ETCD_ERR_BAD_REPLY),
        ("good for nothing", |c| login(c, b"token"), ETCD_ERR_INVALID_AUTH_TOKEN),
        ("huge", |c| login(c, &[b't'; 500_000]), ETCD_ERR_INVALID_AUTH_TOKEN),
    ];
    for (name, script, status) in cases {
        let server = Hostile::start(script);
        let options = Options { user: "u", password: "secret", ..Default::default() };
        let client = Client::with(&server.endpoint(), options).unwrap();
        let error = client.put(b"k", b"v", DEFAULT).expect_err(name);
        assert_eq!((error.status, error.maybe_applied), (status, false), "{name}: {error:?}");
        assert!(!error.message.is_empty() && !error.message.contains("evil"), "{name}: {error:?}");
    }
}

#[test]
fn a_login_that_is_never_answered_takes_no_longer_than_the_call() {
    let server = Hostile::start(|c| {
        c.greet(&[])?;
        loop {
            c.request()?;
        }
    });
    let options = Options { user: "u", password: "secret", ..Default::default() };
    let client = Client::with(&server.endpoint(), options).unwrap();
    let began = Instant::now();
    let error = client.get(b"k", timeout(500)).unwrap_err();
    assert_eq!(error.status, ETCD_ERR_UNAVAILABLE, "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_write_whose_proposal_was_dropped_is_sent_again() {
    fn drops(conn: &mut Conn, so_many: usize) -> io::Result<()> {
        conn.greet(&[])?;
        for call in 0.. {
            let id = conn.request()?.stream;
            let end = [GRPC[0], GRPC[1], ("grpc-status", "2")];
            match call < so_many {
                true => conn.headers(
                    id,
                    END_STREAM,
                    &[&end[..], &[("grpc-message", "raft proposal dropped")]].concat(),
                )?,
                false => conn.reply(id, &header(5))?,
            }
        }
        Ok(())
    }
    let server = Hostile::start(|c| drops(c, 3));
    let client = open(&server.endpoint());
    client.put(b"k", b"v", DEFAULT).unwrap();
    server.set(|c| drops(c, usize::MAX));
    let error = client.put(b"k", b"v", timeout(500)).unwrap_err();
    assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_NO_LEADER, false), "{error:?}");
}
