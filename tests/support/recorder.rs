//! A client that writes down what it does, for the checker.

use super::ffi::*;
use super::history::{Event, Kv, Op, Outcome, Told, Watcher};
use super::session::Session;
use etcd::capi::kv::*;
use etcd::capi::txn::*;
use etcd::status::*;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Microseconds by the one clock of this program.
pub fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// Writes of one recorder never have the same value as those of another: its number is in them.
pub struct Recorder<'a> {
    client: &'a Client,
    number: usize,
    timeout_ms: u32,
    pub ops: Vec<Op>,
}

/// Revision, whether it changed something, what was there before.
type Done = (i64, bool, Option<Kv>);

fn kv(kv: &super::ffi::Kv) -> Kv {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Kv {
        key: text(&kv.key),
        value: text(&kv.value),
        create: kv.create_revision,
        revision: kv.mod_revision,
        version: kv.version,
    }
}

impl<'a> Recorder<'a> {
    pub fn new(client: &'a Client, number: usize, timeout_ms: u32) -> Recorder<'a> {
        Recorder { client, number, timeout_ms, ops: Vec::new() }
    }

    pub fn put(&mut self, key: &str) -> &Op {
        let value = self.value();
        let writes = vec![(key.to_owned(), Some(value.clone()))];
        self.record(key, writes, None, false, |client, options| {
            let reply = client.put(key.as_bytes(), value.as_bytes(), options)?;
            Ok((reply.revision, true, reply.kvs.first().map(kv)))
        })
    }

    pub fn delete(&mut self, key: &str) -> &Op {
        let writes = vec![(key.to_owned(), None)];
        self.record(key, writes, None, false, |client, options| {
            let reply = client.delete(key.as_bytes(), options)?;
            Ok((reply.revision, reply.count == 1, reply.kvs.first().map(kv)))
        })
    }

    /// Puts both keys if the first one was changed last at this revision.
    pub fn swap(&mut self, keys: [&str; 2], only_at: i64) -> &Op {
        let value = self.value();
        let writes = keys.map(|key| (key.to_owned(), Some(value.clone()))).to_vec();
        self.record(keys[0], writes, Some(only_at), false, |client, options| {
            swap(client, keys, &value, only_at, options.timeout_ms)
        })
    }

    pub fn get(&mut self, key: &str, serializable: bool) -> &Op {
        self.record(key, Vec::new(), None, serializable, |client, options| {
            let flags = if serializable { ETCD_SERIALIZABLE } else { 0 };
            let reply = client.get(key.as_bytes(), CallOptions { flags, ..options })?;
            Ok((reply.revision, false, reply.kvs.first().map(kv)))
        })
    }

    fn value(&self) -> String {
        format!("{}-{}", self.number, self.ops.len())
    }

    fn record(
        &mut self,
        key: &str,
        writes: Vec<(String, Option<String>)>,
        only_at: Option<i64>,
        serializable: bool,
        call: impl FnOnce(&Client, CallOptions<'_>) -> Result<Done>,
    ) -> &Op {
        let (timeout_ms, flags) = (self.timeout_ms, ETCD_PREV_KV);
        let called = now();
        let result = call(self.client, CallOptions { timeout_ms, flags, ..DEFAULT });
        let returned = now();
        let outcome = match result {
            Ok((revision, changed, saw)) => Outcome::Done { revision, changed, saw },
            Err(error) => {
                assert!(error.status != ETCD_ERR_INTERNAL, "{error:?}");
                assert!(!(error.maybe_applied && writes.is_empty()), "of a read: {error:?}");
                if error.maybe_applied {
                    Outcome::Maybe
                } else {
                    Outcome::NotApplied
                }
            }
        };
        let (client, key) = (self.number, key.to_owned());
        self.ops.push(Op { client, key, writes, only_at, serializable, called, returned, outcome });
        self.ops.last().unwrap()
    }
}

/// When this machine had no turn for a thread of ours: no library can be on time in it.
pub struct Pulse {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(u64, u64)>>,
}

const BEAT: Duration = Duration::from_millis(5);

impl Pulse {
    pub fn start() -> Pulse {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut stalls, mut last) = (Vec::new(), now());
            while !stopped.load(Relaxed) {
                std::thread::sleep(BEAT);
                let time = now();
                if time - last > 10 * BEAT.as_micros() as u64 {
                    stalls.push((last, time));
                }
                last = time;
            }
            stalls
        });
        Pulse { stop, thread }
    }

    /// Fails if a call took a second more than its deadline, and than the machine stood still in its time.
    pub fn in_time(self, ops: &[Op], timeout_ms: impl Fn(&Op) -> u32) {
        self.stop.store(true, Relaxed);
        let stalls = self.thread.join().unwrap();
        let stalled = |op: &Op| -> u64 {
            let within =
                |&(from, to): &(u64, u64)| to.min(op.returned).saturating_sub(from.max(op.called));
            stalls.iter().map(within).sum()
        };
        let over = |op: &&Op| {
            let most = u64::from(timeout_ms(op)) * 1000 + 1_000_000;
            let took = op.returned - op.called;
            took > most && took > most + stalled(op)
        };
        let late: Vec<_> = ops.iter().filter(over).collect();
        let first = late.first().map_or(String::new(), |op| op.to_string());
        assert!(late.is_empty(), "{} are late: {first}, stalls {stalls:?}", late.len());
    }
}

fn swap(
    client: &Client,
    keys: [&str; 2],
    value: &str,
    only_at: i64,
    timeout_ms: u32,
) -> Result<Done> {
    let condition = etcd_compare_options_t {
        size: size_of::<etcd_compare_options_t>(),
        range_end: bytes(b""),
        value: bytes(b""),
        number: only_at,
        target: ETCD_COMPARE_MOD,
        result: ETCD_EQUAL,
        flags: 0,
        reserved: 0,
    };
    let options =
        etcd_txn_options_t { size: size_of::<etcd_txn_options_t>(), timeout_ms, flags: 0 };
    let [first, second] = keys.map(|key| bytes(key.as_bytes()));
    let value = bytes(value.as_bytes());
    let (get, put) = (DEFAULT.get(), DEFAULT.put());
    let (mut txn, mut out, mut error) = (null_mut(), null_mut(), null_mut());
    unsafe {
        check(etcd_txn_new(&mut txn, &mut error), error)?;
        check(etcd_txn_compare(txn, first, &condition, &mut error), error)?;
        for branch in [ETCD_THEN, ETCD_ELSE] {
            check(etcd_txn_get(txn, branch, first, &get, &mut error), error)?;
        }
        for key in [first, second] {
            check(etcd_txn_put(txn, ETCD_THEN, key, value, &put, &mut error), error)?;
        }
        let result = check(etcd_txn_commit(client.0, txn, &options, &mut out, &mut error), error);
        etcd_txn_free(txn);
        result?;
        let reply = &*out;
        let saw = range_reply(&*(*reply.responses).range).kvs.first().map(kv);
        let done = (reply.header.revision, reply.succeeded, saw);
        etcd_txn_response_free(out);
        Ok(done)
    }
}

/// Watches a prefix that ends with '/', or one key, from a revision on and through another by the classic calls.
/// They give one event each, and only key, value and index, so a revision counts as one delivery.
pub fn watch_classic(
    session: &Session,
    keys: &str,
    start: i64,
    until: impl Fn() -> i64,
) -> Watcher {
    let to = match keys.strip_suffix('/') {
        Some(name) => format!("{name}0"),
        None => format!("{keys}/0"),
    };
    let mut watcher = Watcher {
        name: format!("of {keys} from {start}"),
        from: keys.into(),
        to,
        start,
        until: 0,
        puts: true,
        deletes: true,
        prev: false,
        fields: false,
        told: Vec::new(),
    };
    let mut last = start - 1;
    loop {
        watcher.until = until();
        if last >= watcher.until {
            return watcher;
        }
        match session.watch(keys, Some(last as i32 + 1)) {
            Ok((index, key, value)) => {
                let (deleted, revision) = (value.is_none(), i64::from(index));
                let value = value.unwrap_or_default();
                let kv = Kv { key, value, revision, ..Kv::default() };
                let event = Event { kv, deleted, prev: None };
                match watcher.told.last_mut() {
                    Some(Told::Events(events)) if last == revision => events.push(event),
                    _ => watcher.told.push(Told::Events(vec![event])),
                }
                last = revision;
            }
            Err(failed) => {
                watcher.told.push(Told::Failed(format!("{failed}: {:?}", session.last_error())));
                return watcher;
            }
        }
    }
}
