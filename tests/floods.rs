//! What a server that floods a client, or breaks the rules of HTTP/2, costs its process: a call, and never its memory
//! or its processor.

mod support;

use std::sync::{Mutex, MutexGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::ffi::*;
use support::hostile::*;
use support::process::{cpu_time, PeakMemory};

const LIMIT: Duration = Duration::from_millis(700);
/// For what a busy machine does meanwhile. A call that is kept waiting by a flood would wait longer.
const SLACK: Duration = Duration::from_secs(4);
const FLOOD: Duration = Duration::from_secs(8);
const MAX_MEMORY: u64 = 64 << 20;

/// Something that comes in place of the answer to a request.
type Flood = (&'static str, Script);

/// What is said once; then silence.
macro_rules! say {
    ($conn:ident, $stream:ident, $say:expr) => {
        |$conn| {
            $conn.greet(&[])?;
            let $stream = $conn.request()?.stream;
            $say?;
            $conn.hang()
        }
    };
}

/// What is said again and again, to a client whose answers are not heard.
macro_rules! flood {
    ($stream:ident, $frame:expr) => {
        say!(conn, $stream, conn.flood(FLOOD, &$frame))
    };
    ($stream:ident, $frame:expr, after $conn:ident $first:expr) => {
        say!($conn, $stream, $first.and_then(|()| $conn.flood(FLOOD, &$frame)))
    };
}

/// The same while they are.
macro_rules! heard_flood {
    ($stream:ident, $frame:expr) => {
        say!(conn, $stream, {
            conn.drain()?;
            conn.flood(FLOOD, &$frame)
        })
    };
}

fn floods() -> Vec<Flood> {
    vec![
        ("pings", flood!(_id, frame(PING, 0, 0, &[7; 8]))),
        ("pings, answers heard", heard_flood!(_id, frame(PING, 0, 0, &[7; 8]))),
        ("answers to no ping", flood!(_id, frame(PING, 1, 0, &[7; 8]))),
        ("settings", flood!(_id, frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 1, 0]))),
        ("settings, answers heard", heard_flood!(_id, frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 1, 0]))),
        ("empty data", flood!(id, frame(DATA, 0, id, &[]), after c c.accept(id))),
        (
            "data that is padding",
            flood!(id, frame(DATA, PADDED, id, &[[255].as_slice(), &[0; 255]].concat()), after c c.accept(id)),
        ),
        (
            "a message in crumbs",
            flood!(id, frame(DATA, 0, id, &[0]), after c c.accept(id).and_then(|()| c.data(id, &[0, 0, 0x0f, 0, 0]))),
        ),
        (
            "data beyond the window",
            flood!(id, frame(DATA, 0, id, &[0; 16 << 10]), after c c.accept(id)),
        ),
        ("room for one byte more", flood!(id, frame(WINDOW_UPDATE, 0, id, &[0, 0, 0, 1]))),
        ("resets", flood!(id, frame(RST_STREAM, 0, id, &[0, 0, 0, 8]))),
        ("goodbyes", flood!(id, frame(GOAWAY, 0, 0, &[id.to_be_bytes(), [0; 4]].concat()))),
        ("frames of no known kind", flood!(id, frame(99, 0xff, id, &[1; 1000]))),
        ("priorities", flood!(id, frame(2, 0, id, &[0, 0, 0, 0, 1]))),
        (
            "early hints",
            flood!(
                id,
                frame(
                    HEADERS,
                    END_HEADERS,
                    id,
                    &block(&[(":status", "103"), ("x", &"x".repeat(9000))])
                )
            ),
        ),
        (
            "a header block without an end",
            flood!(
                id,
                frame(CONTINUATION, 0, id, &block(&[("x", &"x".repeat(16_000))])),
                after c c.frame(HEADERS, 0, id, &block(&GRPC))
            ),
        ),
        (
            "a header block without an end, in nothings",
            flood!(
                id,
                frame(CONTINUATION, 0, id, &[]),
                after c c.frame(HEADERS, 0, id, &block(&GRPC))
            ),
        ),
    ]
}

fn offences() -> Vec<Flood> {
    vec![
        (
            "headers of a megabyte",
            say!(c, id, {
                let much = "x".repeat(1 << 20);
                c.headers(id, 0, &[GRPC[0], GRPC[1], ("x", &much)])
            }),
        ),
        (
            "trailers of a megabyte",
            say!(c, id, {
                let much = "x".repeat(1 << 20);
                c.accept(id)?;
                c.data(id, &grpc(&header(1)))?;
                c.headers(id, END_STREAM, &[("grpc-status", "0"), ("grpc-message", &much)])
            }),
        ),
        (
            "a table entry named many times",
            say!(c, id, {
                let entry = block(&[("x", &"x".repeat(3900))]);
                // With incremental indexing, and then by its index.
                let bomb = [block(&GRPC), [&[0x40], &entry[1..]].concat(), vec![0xbe; 12_000]];
                c.frame(HEADERS, END_HEADERS, id, &bomb.concat())
            }),
        ),
        (
            "an index that nothing has",
            say!(c, id, c.frame(HEADERS, END_HEADERS, id, &[0xff, 0xff, 0xff, 0xff, 0x07])),
        ),
        ("room for nothing", say!(c, _id, c.frame(WINDOW_UPDATE, 0, 0, &[0; 4]))),
        ("room for nothing on a stream", say!(c, id, c.frame(WINDOW_UPDATE, 0, id, &[0; 4]))),
        ("too much room", say!(c, _id, c.frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]))),
        (
            "too much room on a stream",
            say!(c, id, c.frame(WINDOW_UPDATE, 0, id, &[0x7f, 255, 255, 255])),
        ),
        ("a window below zero", say!(c, _id, c.frame(SETTINGS, 0, 0, &[0, 4, 255, 255, 255, 255]))),
        ("half a setting", say!(c, _id, c.frame(SETTINGS, 0, 0, &[0, 4, 255]))),
        ("settings of a stream", say!(c, id, c.frame(SETTINGS, 0, id, &[]))),
        ("a ping of three bytes", say!(c, _id, c.frame(PING, 0, 0, &[1; 3]))),
        ("a frame of 16 MiB", say!(c, id, c.raw(&[255, 255, 255, DATA, 0, 0, 0, 0, id as u8]))),
        ("data of no stream", say!(c, _id, c.frame(DATA, 0, 0, &[1]))),
        ("data before headers", say!(c, id, c.frame(DATA, 0, id, &grpc(&header(1))))),
        ("an answer to no question", say!(c, _id, c.accept(2001))),
        ("an answer on a stream of the server's", say!(c, _id, c.accept(2))),
        ("a reset of no stream", say!(c, _id, c.frame(RST_STREAM, 0, 2001, &[0; 4]))),
        (
            "a promise",
            say!(c, id, {
                let promise =
                    [&2u32.to_be_bytes()[..], &block(&[(":path", "/"), (":method", "GET")])];
                c.frame(PUSH_PROMISE, END_HEADERS, id, &promise.concat())
            }),
        ),
        (
            "headers twice",
            say!(c, id, {
                c.accept(id)?;
                c.accept(id)
            }),
        ),
        ("capitals", say!(c, id, c.headers(id, 0, &[GRPC[0], GRPC[1], ("X-Name", "x")]))),
        ("no HTTP status", say!(c, id, c.headers(id, 0, &[GRPC[1]]))),
        (
            "an HTTP status of letters",
            say!(c, id, c.headers(id, 0, &[(":status", "abc"), GRPC[1]])),
        ),
        ("more padding than data", say!(c, id, c.frame(DATA, PADDED, id, &[200, 1, 2]))),
        (
            "a frame within a header block",
            say!(c, id, {
                c.frame(HEADERS, 0, id, &block(&GRPC))?;
                c.frame(PING, 0, 0, &[0; 8])
            }),
        ),
        ("half a frame, and gone", |c| {
            c.greet(&[])?;
            let id = c.request()?.stream;
            c.raw(&frame(HEADERS, END_HEADERS, id, &block(&GRPC))[..20])
        }),
    ]
}

/// The program is measured as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn open(endpoints: &str) -> Client {
    let timeout_ms = LIMIT.as_millis() as u32;
    Client::with(endpoints, Options { timeout_ms, ..Default::default() }).unwrap()
}

/// A call that nobody answers.
fn fails(name: &str, call: impl FnOnce() -> Result<Reply>) -> Failure {
    let began = Instant::now();
    let error = call().expect_err(name);
    let took = began.elapsed();
    assert!(took < LIMIT + SLACK, "{name}: {took:?}");
    let length = error.message.len();
    assert!((1..1200).contains(&length), "{name}: {error:?}");
    error
}

fn run((name, script): &Flood) {
    let server = Hostile::start(*script);
    let (client, writer) = (open(&server.endpoint()), open(&server.endpoint()));
    let write = std::thread::scope(|scope| {
        let write = scope.spawn(|| fails(name, || writer.put(b"k", b"v", DEFAULT)));
        fails(name, || client.get(b"k", DEFAULT));
        write.join().unwrap()
    });
    // The server has heard of it.
    assert!(write.maybe_applied, "{name}: {write:?}");
    server.set(polite);
    for client in [client, writer] {
        client.get(b"k", timeout(5_000)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    }
}

/// They are all run by one thread of the library's, so that little at a time tells most.
fn run_all(floods: &[Flood], at_once: usize) {
    for some in floods.chunks(at_once) {
        std::thread::scope(|scope| some.iter().for_each(|it| drop(scope.spawn(|| run(it)))));
    }
}

#[test]
fn floods_cost_a_call_and_no_memory() {
    let _alone = alone();
    let memory = PeakMemory::start();
    run_all(&floods(), 1);
    let grown = memory.grown();
    assert!(grown < MAX_MEMORY, "{} KiB more", grown >> 10);
    run_all(&offences(), 8);
    let grown = memory.grown();
    assert!(grown < MAX_MEMORY, "{} KiB more", grown >> 10);
}

#[test]
fn a_client_is_as_quiet_as_its_server() {
    let _alone = alone();
    let floods = [floods(), offences()].concat();
    let servers: Vec<_> = floods.iter().map(|(_, script)| Hostile::start(*script)).collect();
    let clients: Vec<_> = servers.iter().map(|server| open(&server.endpoint())).collect();
    let queue = Queue::new();
    for client in &clients {
        queue.get(client, b"k", 0).unwrap();
    }
    sleep(FLOOD);
    // What floods have left in sockets takes its time.
    let idle = |_| {
        let before = cpu_time();
        sleep(Duration::from_secs(1));
        cpu_time() - before
    };
    let spent: Vec<_> =
        (0..30).map(idle).take_while(|it| *it > Duration::from_millis(100)).collect();
    assert!(spent.len() < 30, "processor time in each of {} s of silence: {spent:?}", spent.len());
}
