//! The classic watch: one event a call, while the session remembers where each
//! caller is.

#![forbid(unsafe_code)]

use super::Session;
use crate::client::watch::{Spec, Watch};
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_UNSUPPORTED;
use crate::sync::IgnorePoison;
use crate::wire::watch;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};

/// Watches that are kept open between calls. The one that was longest without a call is
/// closed and leaves its position: it is opened again when its caller comes back.
const MAX_OPEN: usize = 16;
/// Positions in the middle of a revision that are kept in this way.
const MAX_POSITIONS: usize = 4096;

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
    /// Who made the last call: each thread has its own loop. One that has ended
    /// leaves its place to whoever goes on in its stead.
    thread: Weak<()>,
    /// The index that the next call comes with: the last event's, plus one.
    next: i64,
    /// How many events of the last one's revision were handed out. Callers skip
    /// over the others without knowing: they ask for the next index.
    handed_out: usize,
    open: Option<Open>,
}

struct Open {
    watch: Watch,
    /// What the last event's revision holds besides those handed out.
    rest: VecDeque<Event>,
    /// It holds still more, which the watch has yet to bring.
    more: bool,
}

/// A change, with its revision.
struct Event {
    revision: i64,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

/// The cursors that no call is using, least recently used first.
#[derive(Default)]
pub struct Cursors(Mutex<VecDeque<Cursor>>);

impl Cursors {
    fn take(&self, prefix: &[u8], next: i64, thread: &Weak<()>) -> Option<Cursor> {
        let mut idle = self.0.lock().ignore_poison();
        let fits = |it: &Cursor| it.next == next && it.prefix == prefix;
        let own = idle.iter().position(|it| fits(it) && it.thread.ptr_eq(thread));
        let left = || idle.iter().position(|it| fits(it) && it.thread.strong_count() == 0);
        let at = own.or_else(left)?;
        idle.remove(at)
    }

    fn put(&self, cursor: Cursor) {
        let mut idle = self.0.lock().ignore_poison();
        idle.push_back(cursor);
        if idle.iter().filter(|it| it.open.is_some()).count() > MAX_OPEN {
            if let Some(oldest) = idle.iter_mut().find(|it| it.open.is_some()) {
                let is_within = oldest.open.take().is_some_and(|it| it.more || !it.rest.is_empty());
                // At the end of a revision the next index is enough.
                oldest.handed_out *= usize::from(is_within);
            }
            idle.retain(|it| it.open.is_some() || it.handed_out > 0);
        }
        if idle.len() > MAX_OPEN + MAX_POSITIONS {
            idle.pop_front();
        }
    }
}

/// Lives as long as the thread.
fn this_thread() -> Weak<()> {
    thread_local!(static LIFE: Arc<()> = Arc::new(()));
    LIFE.try_with(Arc::downgrade).unwrap_or_default()
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
        let thread = this_thread();
        let known = start.and_then(|start| self.cursors.take(prefix, start, &thread));
        let mut cursor = known.unwrap_or_else(|| Cursor {
            prefix: prefix.to_vec(),
            thread: Weak::new(),
            next: start.unwrap_or(0),
            handed_out: 0,
            open: None,
        });
        let event = self.next_event(&mut cursor, start)?;
        let Event { revision, key, value } = event;
        let index = i32::try_from(revision).map_err(|_| {
            let why = format!("revision {revision} is more than an int can hold");
            Error::new(ETCD_ERR_UNSUPPORTED, why)
        })?;
        cursor.thread = thread;
        cursor.next = revision + 1;
        self.cursors.put(cursor);
        Ok(Change { index, key, value })
    }

    fn next_event(&self, cursor: &mut Cursor, start: Option<i64>) -> Result<Event> {
        let Cursor { prefix, handed_out, open, .. } = cursor;
        // Within a revision: that one again, without what was handed out.
        let mut skip = if open.is_none() { *handed_out } else { 0 };
        let start = start.map(|start| start - i64::from(skip > 0));
        let open = open.get_or_insert_with(|| Open {
            watch: self.client.watch(spec(prefix), start),
            rest: VecDeque::new(),
            more: false,
        });
        loop {
            if let Some(event) = open.rest.pop_front() {
                *handed_out += 1;
                return Ok(event);
            }
            let batch = open.watch.next()?;
            let mut concerning = batch.events().filter(|event| concerns(prefix, event.kv.key));
            let change = |event: watch::Event<'_>| Event {
                revision: event.kv.mod_revision,
                key: event.kv.key.to_vec(),
                value: (!event.deleted).then(|| event.kv.value.to_vec()),
            };
            let skipped = concerning.by_ref().take(skip).count();
            // A revision may come in parts.
            skip = if batch.more { skip - skipped } else { 0 };
            *handed_out = skipped + if batch.begun > 0 { *handed_out } else { 0 };
            open.rest = concerning.map(change).collect();
            open.more = batch.more;
        }
    }
}

/// The key and all below it are one range, with a few others in it.
fn spec(prefix: &[u8]) -> Spec {
    let (key, range_end) = match prefix {
        [] => (vec![0], vec![0]),
        // The names below end where '/' + 1 begins.
        [name @ .., b'/'] | name => (prefix.to_vec(), [name, b"0"].concat()),
    };
    Spec::new(key, range_end)
}

fn concerns(prefix: &[u8], key: &[u8]) -> bool {
    let Some(rest) = key.strip_prefix(prefix) else { return false };
    rest.is_empty() || rest[0] == b'/' || prefix.is_empty() || prefix.ends_with(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::methods::{COMPACT, DELETE};
    use crate::client::{Client, Deadline, Options, Servers};
    use crate::status::{ETCD_ERR_CLOSED, ETCD_ERR_COMPACTED};
    use crate::wire::proto::{
        CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse,
    };

    fn session(store: &str, limit: usize) -> Session {
        let options = Options {
            servers: Servers::Embedded { store: store.to_owned() },
            timeout: None,
            auto_sync: None,
            max_send: limit,
            max_receive: limit,
            key_prefix: Vec::new(),
            log: Default::default(),
        };
        Session::new(Client::open(options).unwrap())
    }

    #[test]
    fn a_revision_that_comes_in_parts_is_handed_out_once() {
        let session = session("classic-watch-parts", 1000);
        let keys: Vec<_> = (0..50).map(|i| format!("large/{i:02}").into_bytes()).collect();
        for key in &keys {
            session.set(key, b"v", None, 0).unwrap();
        }
        let range =
            DeleteRangeRequest { key: "large/".into(), range_end: "large0".into(), prev_kv: false };
        let deleted: DeleteRangeResponse = session.ask(DELETE, &range, Deadline::NEVER).unwrap();
        let index = deleted.header.unwrap().revision as i32;
        for i in 0..=MAX_OPEN {
            session.set(format!("other/{i}").as_bytes(), b"v", None, 0).unwrap();
        }
        let mut next = index;
        for (i, key) in keys.iter().enumerate() {
            let change = session.watch(b"large/", Some(next)).unwrap();
            assert_eq!((change.index, &change.key, change.value), (index, key, None));
            next = index + 1;
            // After the last of a part, and in the middle of one: the watch is closed, and opened again.
            if [13, 20].contains(&i) {
                for i in 0..=MAX_OPEN {
                    session.watch(format!("other/{i}").as_bytes(), Some(next)).unwrap();
                }
            }
        }
        session.close();
    }

    #[test]
    fn an_index_that_is_compacted_away_is_refused() {
        let session = session("classic-watch", 1 << 20);
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
            assert_eq!(concerns(prefix.as_bytes(), key.as_bytes()), expected, "{prefix} {key}");
            let Spec { key: from, range_end: end, .. } = spec(prefix.as_bytes());
            let in_range = from <= key.as_bytes() && (end == b"\0"[..] || end > key.as_bytes());
            assert!(in_range || !expected, "{prefix} {key}");
        }
    }
}
