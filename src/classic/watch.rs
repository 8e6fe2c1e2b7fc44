//! The classic watch: one event a call, while the session remembers where each
//! caller is.

#![forbid(unsafe_code)]

use super::Session;
use crate::client::watch::{Spec, Watch};
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_UNSUPPORTED;
use crate::wire::proto::event::EventType;
use crate::wire::proto::Event;
use std::collections::VecDeque;
use std::sync::Mutex;

/// Watches that are kept open between calls. Beyond them the one that was
/// longest without a call is opened anew when its caller comes back.
const MOST_OPEN: usize = 16;

/// A key that changed; no value: it was deleted, or has expired.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub index: i32,
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

/// Where a caller is in the history of a prefix.
struct Cursor {
    prefix: Vec<u8>,
    /// The index that the next call comes with: the last event's, plus one.
    next: i64,
    /// Which thread made the last call: each has its own loop, most likely.
    thread: usize,
    /// What the last event's revision holds besides it. Callers skip over it
    /// without knowing: they ask for the next index.
    rest: VecDeque<Event>,
    watch: Option<Watch>,
}

/// The cursors that no call is using, least recently used first.
#[derive(Default)]
pub struct Cursors(Mutex<Vec<Cursor>>);

impl Cursors {
    fn take(&self, prefix: &[u8], next: i64) -> Option<Cursor> {
        let mut idle = self.0.lock().unwrap();
        let fits = |it: &&Cursor| it.next == next && it.prefix == prefix;
        let own = idle.iter().position(|it| fits(&it) && it.thread == this_thread());
        let at = own.or_else(|| idle.iter().position(|it| fits(&it)))?;
        Some(idle.remove(at))
    }

    fn put(&self, cursor: Cursor) {
        let mut idle = self.0.lock().unwrap();
        idle.push(cursor);
        let open = idle.iter().filter(|cursor| cursor.watch.is_some()).count();
        if open > MOST_OPEN {
            if let Some(oldest) = idle.iter_mut().find(|cursor| cursor.watch.is_some()) {
                oldest.watch = None;
            }
            idle.retain(|cursor| cursor.watch.is_some() || !cursor.rest.is_empty());
        }
    }
}

/// A number that no other living thread has.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here) as usize)
}

impl Session {
    /// Waits for the next event of a key, or of the keys below it: from an
    /// index on, or from now on.
    pub fn watch(&self, prefix: &[u8], index: Option<i32>) -> Result<Change> {
        let start = match index {
            None | Some(0) => None,
            Some(1..) => index.map(i64::from),
            Some(_) => return Err(Error::invalid("index_in is negative")),
        };
        let known = start.and_then(|start| self.cursors.take(prefix, start));
        let mut cursor = known.unwrap_or_else(|| Cursor {
            prefix: prefix.to_vec(),
            next: start.unwrap_or(0),
            thread: 0,
            rest: VecDeque::new(),
            watch: None,
        });
        let event = loop {
            if let Some(event) = cursor.rest.pop_front() {
                break event;
            }
            let watch = match &cursor.watch {
                Some(watch) => watch,
                None => cursor.watch.insert(self.client.watch(spec(prefix), start)),
            };
            let events = watch.next()?.events.into_iter();
            cursor.rest = events.filter(|event| concerns(prefix, event)).collect();
        };
        let kv = event.kv.unwrap_or_default();
        let index = i32::try_from(kv.mod_revision).map_err(|_| {
            let why = format!("revision {} is more than an int can hold", kv.mod_revision);
            Error::new(ETCD_ERR_UNSUPPORTED, why)
        })?;
        cursor.next = kv.mod_revision + 1;
        cursor.thread = this_thread();
        self.cursors.put(cursor);
        let deleted = event.r#type == EventType::Delete as i32;
        let value = (!deleted).then(|| kv.value.to_vec());
        Ok(Change { index, key: kv.key.to_vec(), value })
    }
}

/// The key and all below it are one range, with a few others in it.
fn spec(prefix: &[u8]) -> Spec {
    let (key, range_end) = match prefix {
        [] => (vec![0], vec![0]),
        // The names below end where '/' + 1 begins.
        [name @ .., b'/'] | name => (prefix.to_vec(), [name, b"0"].concat()),
    };
    Spec { key: key.into(), range_end: range_end.into(), deletes_only: false }
}

fn concerns(prefix: &[u8], event: &Event) -> bool {
    let Some(kv) = &event.kv else { return false };
    let Some(rest) = kv.key.strip_prefix(prefix) else { return false };
    rest.is_empty() || rest[0] == b'/' || prefix.is_empty() || prefix.ends_with(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, Deadline, Effect, Method, Options, Servers};
    use crate::status::{ETCD_ERR_CLOSED, ETCD_ERR_COMPACTED};
    use crate::wire::proto::{CompactionRequest, CompactionResponse, KeyValue};

    #[test]
    fn an_index_that_is_compacted_away_is_refused() {
        const COMPACT: Method =
            Method { path: "/etcdserverpb.KV/Compact", effect: Effect::Repeatable };
        let servers = Servers::Embedded { store: "classic-watch".to_owned() };
        let limit = 1 << 20;
        let options = Options { servers, timeout: None, max_send: limit, max_receive: limit };
        let session = Session::new(Client::open(options).unwrap());
        for value in [b"2", b"3", b"4", b"5"] {
            session.set(b"k", value, None, 0).unwrap();
        }
        assert_eq!(session.watch(b"k", Some(3)).unwrap().index, 3);
        let request = CompactionRequest { revision: 5, physical: false };
        session.ask::<CompactionResponse>(COMPACT, &request, Deadline::NEVER).unwrap();
        let refused = session.watch(b"k", Some(3)).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_COMPACTED);
        // What was read before is here, and what is left is there.
        assert_eq!(session.watch(b"k", Some(4)).unwrap().index, 4);
        assert_eq!(session.watch(b"k", Some(5)).unwrap().index, 5);
        session.close();
        assert_eq!(session.watch(b"k", None).unwrap_err().status, ETCD_ERR_CLOSED);
    }

    #[test]
    fn a_key_and_all_below_it_and_nothing_else() {
        for (prefix, key, expected) in [
            ("pfx", "pfx", true),
            ("pfx", "pfx/", true),
            ("pfx", "pfx/a/b", true),
            ("pfx", "pfx2", false),
            ("pfx", "pfx-", false),
            ("pfx", "pf", false),
            ("pfx/", "pfx/a", true),
            ("pfx/", "pfx/", true),
            ("pfx/", "pfx", false),
            ("", "a", true),
            ("/", "/a", true),
        ] {
            let kv = KeyValue { key: key.as_bytes().into(), ..Default::default() };
            let event = Event { kv: Some(kv), ..Default::default() };
            assert_eq!(concerns(prefix.as_bytes(), &event), expected, "{prefix} {key}");
            let Spec { key: from, range_end: end, .. } = spec(prefix.as_bytes());
            let in_range = from <= key.as_bytes() && (end == b"\0"[..] || end > key.as_bytes());
            assert!(in_range || !expected, "{prefix} {key}");
        }
    }
}
