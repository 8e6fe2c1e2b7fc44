//! A client that writes down what it does, for the checker.

use super::ffi::*;
use super::history::{Kv, Op, Outcome, Seen};
use etcd::capi::condition::*;
use etcd::capi::error::etcd_error_t;
use etcd::capi::options::*;
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
    /// Of what it puts from now on; 0 for none.
    pub lease: i64,
    pub ops: Vec<Op>,
}

/// Revision, whether it changed something, what was there before.
type Done = (i64, bool, Option<Kv>);

pub fn kv(kv: &super::ffi::Kv) -> Kv {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Kv {
        key: text(&kv.key),
        value: text(&kv.value),
        create: kv.create_revision,
        revision: kv.mod_revision,
        version: kv.version,
        lease: kv.lease,
    }
}

impl<'a> Recorder<'a> {
    pub fn new(client: &'a Client, number: usize, timeout_ms: u32) -> Recorder<'a> {
        Recorder { client, number, timeout_ms, lease: 0, ops: Vec::new() }
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

    /// Puts a key if it is as it was seen.
    pub fn put_if(&mut self, key: &str, seen: &Seen) -> &Op {
        let value = self.value();
        let writes = vec![(key.to_owned(), Some(value.clone()))];
        self.record(key, writes, Some(seen.clone()), false, |client, options| {
            let (key, value) = (bytes(key.as_bytes()), bytes(value.as_bytes()));
            let (client, options) = (client.0, options.put());
            conditional(|out, error| unsafe {
                match seen {
                    Seen::Revision(0) => {
                        etcd_kv_put_if_absent(client, key, value, &options, out, error)
                    }
                    Seen::Revision(at) => {
                        etcd_kv_put_if_revision(client, key, *at, value, &options, out, error)
                    }
                    Seen::Value(seen) => {
                        let seen = bytes(seen.as_bytes());
                        etcd_kv_put_if_value(client, key, seen, value, &options, out, error)
                    }
                }
            })
        })
    }

    /// Deletes a key if it is as it was seen.
    pub fn delete_if(&mut self, key: &str, seen: &Seen) -> &Op {
        let writes = vec![(key.to_owned(), None)];
        self.record(key, writes, Some(seen.clone()), false, |client, options| {
            let (client, key, options) = (client.0, bytes(key.as_bytes()), options.delete());
            conditional(|out, error| unsafe {
                match seen {
                    Seen::Revision(at) => {
                        etcd_kv_delete_if_revision(client, key, *at, &options, out, error)
                    }
                    Seen::Value(seen) => {
                        let seen = bytes(seen.as_bytes());
                        etcd_kv_delete_if_value(client, key, seen, &options, out, error)
                    }
                }
            })
        })
    }

    /// Puts some keys and deletes others, all at once, on condition if there is one; looks at the first.
    pub fn transact(&mut self, puts: &[&str], deletes: &[&str], only_if: Option<Seen>) -> &Op {
        let value = self.value();
        let puts = puts.iter().map(|key| ((*key).to_owned(), Some(value.clone())));
        let writes: Vec<_> =
            puts.chain(deletes.iter().map(|key| ((*key).to_owned(), None))).collect();
        let key = writes[0].0.clone();
        self.record(&key, writes.clone(), only_if.clone(), false, |client, options| {
            transact(client, &writes, only_if.as_ref(), options)
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
        only_if: Option<Seen>,
        serializable: bool,
        call: impl FnOnce(&Client, CallOptions<'_>) -> Result<Done>,
    ) -> &Op {
        let (timeout_ms, flags) = (self.timeout_ms, ETCD_PREV_KV);
        let lease = if writes.iter().any(|(_, value)| value.is_some()) { self.lease } else { 0 };
        let called = now();
        let result = call(self.client, CallOptions { timeout_ms, flags, lease, ..DEFAULT });
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
        self.ops.push(Op {
            client,
            key,
            writes,
            only_if,
            lease,
            serializable,
            called,
            returned,
            outcome,
        });
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
        let some: Vec<_> = late.iter().take(8).map(|op| op.to_string()).collect();
        let some = some.join("\n  ");
        assert!(late.is_empty(), "{} are late, stalls {stalls:?}:\n  {some}", late.len());
    }
}

fn conditional(
    call: impl FnOnce(*mut *mut etcd_if_response_t, *mut *mut etcd_error_t) -> etcd_status_t,
) -> Result<Done> {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        check(call(&mut out, &mut error), error)?;
        let reply = &*out;
        let saw = reply.kv.as_ref().map(|it| kv(&super::ffi::kv(it)));
        let done = (reply.header.revision, reply.succeeded, saw);
        etcd_if_response_free(out);
        Ok(done)
    }
}

fn transact(
    client: &Client,
    writes: &[(String, Option<String>)],
    only_if: Option<&Seen>,
    options: CallOptions<'_>,
) -> Result<Done> {
    let first = bytes(writes[0].0.as_bytes());
    let (value, number, target) = match only_if {
        Some(Seen::Value(value)) => (value.as_str(), 0, ETCD_TARGET_VALUE),
        Some(Seen::Revision(at)) => ("", *at, ETCD_TARGET_MOD),
        None => ("", 0, ETCD_TARGET_MOD),
    };
    let condition = etcd_compare_options_t {
        size: size_of::<etcd_compare_options_t>(),
        range_end: bytes(b""),
        value: bytes(value.as_bytes()),
        number,
        target,
        relation: ETCD_COMPARE_EQUAL,
        flags: 0,
        reserved: 0,
    };
    let (get, delete) = (DEFAULT.get(), DEFAULT.delete());
    let put = CallOptions { lease: options.lease, ..DEFAULT }.put();
    let (size, timeout_ms) = (size_of::<etcd_call_options_t>(), options.timeout_ms);
    let options = etcd_call_options_t { size, timeout_ms, flags: 0 };
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let txn = etcd_txn_new();
        if only_if.is_some() {
            etcd_txn_compare(txn, first, &condition);
        }
        for branch in [ETCD_BRANCH_THEN, ETCD_BRANCH_ELSE] {
            etcd_txn_get(txn, branch, first, &get);
        }
        for (key, value) in writes {
            let key = bytes(key.as_bytes());
            match value {
                Some(value) => {
                    let value = bytes(value.as_bytes());
                    etcd_txn_put(txn, ETCD_BRANCH_THEN, key, value, &put)
                }
                None => etcd_txn_delete(txn, ETCD_BRANCH_THEN, key, &delete),
            };
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
