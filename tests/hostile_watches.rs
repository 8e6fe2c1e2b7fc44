//! Watches on a server that answers what nobody asked, too much, or nonsense.

mod support;

use etcd::capi::options::ETCD_PREV_KV;
use etcd::status::*;
use std::io;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use support::ffi::*;
use support::hostile::*;
use support::process::PeakMemory;
use support::watch::{begun, next_of, Watch, WatchOptions};

const MAX_MEMORY: u64 = 64 << 20;
const KEY: &[u8] = b"k";

/// The program is measured as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A first stream that goes wrong, and a second one as it should be.
macro_rules! first {
    ($conn:ident, $stream:ident, $wrong:expr) => {
        |$conn| {
            $conn.greet(&[])?;
            let $stream = stream_after($conn, 0)?;
            $wrong?;
            let mut last = $stream;
            loop {
                last = stream_after($conn, last)?;
                $conn.accept(last)?;
                tell($conn, last, &[created(0)])?;
                tell($conn, last, &[events(0, &[6])])?;
            }
        }
    };
}

fn created(watch: i64) -> Vec<u8> {
    [number(2, watch), number(3, 1)].concat()
}

fn event(revision: i64) -> Vec<u8> {
    let kv = [field(1, KEY), number(2, 1), number(3, revision), number(4, revision)];
    field(11, &field(2, &kv.concat()))
}

fn events(watch: i64, revisions: &[i64]) -> Vec<u8> {
    let events: Vec<_> = revisions.iter().map(|&revision| event(revision)).collect();
    [number(2, watch), events.concat()].concat()
}

fn fragment() -> Vec<u8> {
    number(7, 1)
}

/// A field that nobody knows.
fn junk(size: usize) -> Vec<u8> {
    field(99, &vec![b'x'; size])
}

fn open(endpoints: &str) -> Client {
    let options = Options { max_receive_bytes: 1 << 20, ..Default::default() };
    Client::with(endpoints, options).unwrap()
}

fn watch(client: &Client) -> Watch {
    Watch::open(client, KEY, WatchOptions { start: 6, ..Default::default() }).unwrap()
}

/// The revisions that are told, in the next so many responses.
fn told(watch: &Watch, responses: usize) -> Vec<i64> {
    (0..responses).flat_map(|_| watch.told().revisions()).collect()
}

#[test]
fn a_watch_goes_on_after_nonsense() {
    let cases: Vec<(&str, Script)> = vec![
        (
            "no messages",
            first!(c, id, c.headers(id, END_STREAM, &[GRPC[0], GRPC[1], ("grpc-status", "0")])),
        ),
        (
            "a proxy",
            first!(
                c,
                id,
                c.headers(id, END_STREAM, &[(":status", "503"), ("content-type", "text/html")])
            ),
        ),
        (
            "a web page",
            first!(c, id, c.headers(id, 0, &[(":status", "200"), ("content-type", "text/html")])),
        ),
        ("a reset", first!(c, id, c.frame(RST_STREAM, 0, id, &[0, 0, 0, 2]))),
        ("a refusal", first!(c, id, c.frame(RST_STREAM, 0, id, &[0, 0, 0, 7]))),
        ("the end", first!(c, id, c.accept(id).and_then(|()| c.status(id, "0")))),
        (
            "the end without a status",
            first!(c, id, c.accept(id).and_then(|()| c.frame(DATA, END_STREAM, id, &[]))),
        ),
        ("compressed", first!(c, id, c.accept(id).and_then(|()| c.data(id, &[1, 0, 0, 0, 1, 0])))),
        (
            "four GiB",
            first!(c, id, c.accept(id).and_then(|()| c.data(id, &[0, 255, 255, 255, 255]))),
        ),
        ("no protobuf", first!(c, id, c.accept(id).and_then(|()| c.data(id, &grpc(&[255; 9]))))),
        (
            "created twice",
            first!(c, id, {
                c.accept(id)?;
                tell(c, id, &[created(0)])?;
                tell(c, id, &[created(0)])
            }),
        ),
        (
            "created by no name",
            first!(c, id, c.accept(id).and_then(|()| tell(c, id, &[created(-1)]))),
        ),
        (
            "cancelled, and no reason",
            first!(c, id, {
                c.accept(id)?;
                tell(c, id, &[created(0)])?;
                tell(c, id, &[number(2, 0), number(4, 1)])
            }),
        ),
        (
            "events out of order",
            first!(c, id, {
                c.accept(id)?;
                tell(c, id, &[created(0)])?;
                tell(c, id, &[events(0, &[9, 8])])
            }),
        ),
        (
            "fragments out of order",
            first!(c, id, {
                c.accept(id)?;
                tell(c, id, &[created(0)])?;
                tell(c, id, &[events(0, &[9]), fragment()])?;
                tell(c, id, &[events(0, &[8])])
            }),
        ),
        (
            "an event of nothing",
            first!(c, id, {
                c.accept(id)?;
                tell(c, id, &[created(0)])?;
                tell(c, id, &[events(0, &[]), field(11, &[])])
            }),
        ),
        ("not created", first!(c, id, c.accept(id))),
        ("no answer", first!(c, _id, io::Result::Ok(()))),
    ];
    let failed: Vec<_> = std::thread::scope(|scope| {
        let run = |&(name, script): &(&'static str, Script)| {
            let server = Hostile::start(script);
            let client = open(&server.endpoint());
            let watch = watch(&client);
            assert_eq!(told(&watch, 1), [6], "{name}");
        };
        let runs: Vec<_> = cases.iter().map(|it| (it.0, scope.spawn(move || run(it)))).collect();
        runs.into_iter().filter_map(|(name, run)| run.join().err().map(|_| name)).collect()
    });
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn a_watch_whose_server_has_lied_does_not_wait_for_ever() {
    let liar = Hostile::start(|c| {
        c.greet(&[])?;
        let id = stream_after(c, 0)?;
        c.accept(id)?;
        tell(c, id, &[created(0)])?;
        tell(c, id, &[events(0, &[6, 1 << 61])])?;
        stream_after(c, id).map(drop)
    });
    let honest = Hostile::start(|c| {
        c.greet(&[])?;
        let id = stream_after(c, 0)?;
        c.accept(id)?;
        tell(c, id, &[created(0)])?;
        stream_after(c, id).map(drop)
    });
    let client = open(&liar.endpoint());
    let watch = watch(&client);
    assert_eq!(told(&watch, 2), [6, 1 << 61]);
    client.set_endpoints(&honest.endpoint()).unwrap();
    let error = watch.next(10_000).unwrap_err();
    assert_eq!(error.status, ETCD_ERR_REVISION_REGRESSED, "{error:?}");
    client.put(KEY, b"v", DEFAULT).unwrap();
    // What its reader asks for may be yet to come.
    let options = WatchOptions { start: 1000, ..Default::default() };
    let future = Watch::open(&client, KEY, options).unwrap();
    assert!(future.next(500).unwrap().is_none());
}

#[test]
fn a_watch_is_told_its_own_events_once() {
    let server = Hostile::start(|c| {
        c.greet(&[])?;
        let id = stream_after(c, 0)?;
        c.accept(id)?;
        // Nobody has asked for these.
        tell(c, id, &[events(0, &[6])])?;
        tell(c, id, &[created(3)])?;
        tell(c, id, &[events(4, &[7])])?;
        tell(c, id, &[number(2, 4), number(4, 1), field(6, b"whose?")])?;
        tell(c, id, &[number(2, -7), number(4, 1), number(5, 1000)])?;
        tell(c, id, &[events(i64::MAX, &[8])])?;
        tell(c, id, &[events(3, &[10])])?;
        // Back in time.
        tell(c, id, &[events(3, &[9])])?;
        tell(c, id, &[events(3, &[10, 11])])?;
        tell(c, id, &[events(3, &[2, 3, 4]), fragment()])?;
        tell(c, id, &[events(3, &[12])])?;
        c.hang()
    });
    let client = open(&server.endpoint());
    let watch = watch(&client);
    assert_eq!(told(&watch, 3), [10, 11, 12]);
    assert_eq!(watch.next(300), Ok(None));
}

#[test]
fn a_watch_of_a_member_that_lags_begins_with_what_is_to_come() {
    let server = Hostile::start(|c| {
        c.greet(&[])?;
        let mut last = 0;
        loop {
            let request = c.request()?;
            if request.unary {
                // A reply to a get or a put.
                c.reply(request.stream, &header(8))?;
            } else if request.stream > last {
                last = request.stream;
                c.accept(last)?;
                tell(c, last, &[created(0)])?;
                tell(c, last, &[events(0, &[8])])?;
                tell(c, last, &[events(0, &[9])])?;
            }
        }
    });
    for queue in [None, Some(Queue::new())] {
        let client = open(&server.endpoint());
        client.put(KEY, b"v", DEFAULT).unwrap();
        let first = match &queue {
            None => Watch::open(&client, KEY, WatchOptions::default()).unwrap().told(),
            Some(queue) => {
                let _watch = Watch::on(queue, &client, KEY, WatchOptions::default(), 0).unwrap();
                begun(queue, 1);
                next_of(queue, 10_000).unwrap().1.unwrap()
            }
        };
        assert_eq!(first.revision, 9);
    }
}

#[test]
fn a_watch_that_no_server_confirms_says_why() {
    let cases: [(&str, Script, etcd_status_t, &str); 3] = [
        ("silent", |c| stream_after_greeting(c, |_, _| Ok(())), ETCD_ERR_TIMEOUT, "no reply"),
        (
            "absurd",
            |c| {
                stream_after_greeting(c, |c, id| {
                    c.accept(id)?;
                    c.data(id, &grpc(&[header(-1), created(0)].concat()))
                })
            },
            ETCD_ERR_BAD_REPLY,
            "tried for 1000 ms",
        ),
        (
            "refused",
            |c| {
                stream_after_greeting(c, |c, id| {
                    c.accept(id)?;
                    let why = b"rpc error: code = PermissionDenied desc = \
                        etcdserver: permission denied";
                    tell(c, id, &[created(-1), number(4, 1), field(6, why)])
                })
            },
            ETCD_ERR_PERMISSION_DENIED,
            "permission denied",
        ),
    ];
    for (name, script, status, word) in cases {
        let server = Hostile::start(script);
        let client = open(&server.endpoint());
        let options = WatchOptions { timeout_ms: 1000, ..Default::default() };
        let began = Instant::now();
        let error = Watch::open(&client, KEY, options).err().unwrap();
        assert_eq!((error.status, error.maybe_applied), (status, false), "{name}: {error:?}");
        assert!(error.message.contains(word), "{name}: {error:?}");
        assert_eq!(error.endpoint, server.endpoint(), "{name}");
        assert!(began.elapsed() < Duration::from_secs(3), "{name}");
    }
}

/// Answers each stream in this way.
fn stream_after_greeting(
    conn: &mut Conn,
    answer: fn(&mut Conn, u32) -> io::Result<()>,
) -> io::Result<()> {
    conn.greet(&[])?;
    let mut last = 0;
    loop {
        last = stream_after(conn, last)?;
        answer(conn, last)?;
    }
}

/// A put over an older one or a deletion, with what was before it or without.
fn change(deleted: bool, revision: i64, previous: bool) -> Vec<u8> {
    let kv = [field(1, KEY), number(2, 1), number(3, revision), number(4, 2)].concat();
    let previous = if previous { field(3, &kv) } else { Vec::new() };
    let deleted = number(1, i64::from(deleted));
    [number(2, 0), field(11, &[deleted, field(2, &kv), previous].concat())].concat()
}

/// Leaves out what was before the first changes on its first streams.
fn leave_out(conn: &mut Conn, streams: usize) -> io::Result<()> {
    conn.greet(&[])?;
    let mut last = 0;
    for at in 0..2 {
        last = stream_after(conn, last)?;
        conn.accept(last)?;
        tell(conn, last, &[created(0)])?;
        tell(conn, last, &[change(at == 1, 6, at >= streams)])?;
    }
    // Of this one the server has none.
    tell(conn, last, &[change(true, 7, false)])?;
    conn.hang()
}

#[test]
fn a_previous_value_that_was_left_out_is_asked_for_once() {
    let cases: [(Script, bool); 3] =
        [(|c| leave_out(c, 1), true), (|c| leave_out(c, 2), false), (|c| leave_out(c, 0), true)];
    for (i, (script, previous)) in cases.into_iter().enumerate() {
        let server = Hostile::start(script);
        let client = open(&server.endpoint());
        let options = WatchOptions { start: 6, flags: ETCD_PREV_KV, ..Default::default() };
        let watch = Watch::open(&client, KEY, options).unwrap();
        let told = watch.told();
        assert_eq!((told.revision, told.events[0].prev_kv.is_some()), (6, previous), "{i}");
        if i == 2 {
            // It was there at once.
            assert!(!told.events[0].deleted && watch.next(200).unwrap().is_none());
            continue;
        }
        assert!(told.events[0].deleted, "{i}");
        assert_eq!(watch.told().revision, 7, "{i}");
    }
}

#[test]
fn fragments_without_end_come_in_parts() {
    let _alone = alone();
    let cases: [(&str, usize, Script); 2] = [
        ("small", 50, |c| {
            c.greet(&[])?;
            let id = stream_after(c, 0)?;
            c.accept(id)?;
            tell(c, id, &[created(0)])?;
            let many = events(0, &[6; 1000]);
            loop {
                tell(c, id, &[many.clone(), fragment()])?;
            }
        }),
        // Each of the few events comes with much that is of no use.
        ("hollow", 1, |c| {
            c.greet(&[])?;
            let id = stream_after(c, 0)?;
            c.accept(id)?;
            tell(c, id, &[created(0)])?;
            let hollow = [events(0, &[6]), fragment(), junk(3 << 20)];
            for _ in 0..100 {
                tell(c, id, &hollow)?;
            }
            tell(c, id, &[events(0, &[6; 20_000]), fragment()])?;
            c.hang()
        }),
    ];
    for (name, parts, script) in cases {
        let server = Hostile::start(script);
        let memory = PeakMemory::start();
        let client = open(&server.endpoint());
        let watch = watch(&client);
        for _ in 0..parts {
            let part = watch.next(60_000).unwrap().expect(name);
            assert_eq!((part.revision, part.more), (5, true), "{name}");
            assert!(part.events.iter().all(|event| event.kv.mod_revision == 6), "{name}");
        }
        let grown = memory.grown();
        assert!(grown < MAX_MEMORY, "{name}: {} KiB more", grown >> 10);
    }
}

#[test]
fn a_reader_who_stays_away_costs_no_memory() {
    let _alone = alone();
    let cases: [(&str, Script); 4] = [
        ("events", |c| {
            endless(c, |revision| {
                let revisions: Vec<_> = (revision..revision + 1000).collect();
                [events(0, &revisions), Vec::new()]
            })
        }),
        ("large events", |c| endless(c, |revision| [events(0, &[revision]), junk(1000)])),
        ("hollow responses", |c| endless(c, |revision| [events(0, &[revision]), junk(1 << 20)])),
        ("old events", |c| {
            endless(c, |revision| {
                let revisions = [vec![5; 20_000], vec![revision]].concat();
                [events(0, &revisions), Vec::new()]
            })
        }),
    ];
    for (name, script) in cases {
        let server = Hostile::start(script);
        let memory = PeakMemory::start();
        let client = open(&server.endpoint());
        let watch = watch(&client);
        std::thread::sleep(Duration::from_secs(4));
        let grown = memory.grown();
        assert!(grown < MAX_MEMORY, "{name}: {} KiB more", grown >> 10);
        // All that is told is new.
        let revisions = told(&watch, 20);
        assert!(revisions.windows(2).all(|pair| pair[0] < pair[1]), "{name}: {revisions:?}");
        // And calls are served.
        client.get(KEY, DEFAULT).unwrap();
    }
}

/// Tells more and more on each stream, and takes no notice of what the client says there.
fn endless(conn: &mut Conn, fields: fn(i64) -> [Vec<u8>; 2]) -> io::Result<()> {
    conn.greet(&[])?;
    let mut last = 0;
    loop {
        last = stream_after(conn, last)?;
        conn.accept(last)?;
        tell(conn, last, &[created(0)])?;
        for step in 0.. {
            if tell(conn, last, &fields(6 + step * 1000)).is_err() {
                break;
            }
            while let Some(request) = conn.waiting_unary() {
                conn.reply(request, &header(5))?;
            }
        }
    }
}
