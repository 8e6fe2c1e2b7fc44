//! What clients did and what watchers were told, in the form that the checker reads.

use std::fmt;

/// A key as it was at some revision. Keys and values are text, for violations that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kv {
    pub key: String,
    pub value: String,
    pub create: i64,
    pub revision: i64,
    pub version: i64,
    pub lease: i64,
}

/// A call. All of them see a key; some write too, all or nothing.
#[derive(Clone, Debug)]
pub struct Op {
    pub client: usize,
    pub key: String,
    /// Keys with their new values; None deletes what is there. No two ops write the same value, and one with several
    /// writes has a value among them, by which it is known.
    pub writes: Vec<(String, Option<String>)>,
    /// A compare: writes only if `key` is as it was seen.
    pub only_if: Option<Seen>,
    /// Of all keys that it puts; 0 for none.
    pub lease: i64,
    pub serializable: bool,
    /// By one clock for all clients.
    pub called: u64,
    pub returned: u64,
    pub outcome: Outcome,
}

/// What a key is expected to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Changed last at this revision; 0: not there.
    Revision(i64),
    Value(String),
}

impl Seen {
    pub fn holds(&self, kv: Option<&Kv>) -> bool {
        match self {
            Seen::Revision(at) => *at == kv.map_or(0, |kv| kv.revision),
            Seen::Value(value) => kv.is_some_and(|kv| kv.value == *value),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done {
        /// The reply's.
        revision: i64,
        /// False for reads, compares that do not hold, deletes of nothing.
        changed: bool,
        /// `key` before the writes.
        saw: Option<Kv>,
    },
    NotApplied,
    Maybe,
}

impl Op {
    pub fn is_delete(&self) -> bool {
        matches!(&self.writes[..], [(_, None)])
    }

    /// The reply's revision.
    pub fn revision(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Done { revision, .. } => Some(revision),
            _ => None,
        }
    }

    pub fn saw(&self) -> Option<&Kv> {
        match &self.outcome {
            Outcome::Done { saw, .. } => saw.as_ref(),
            _ => None,
        }
    }

    pub fn changed(&self) -> bool {
        matches!(self.outcome, Outcome::Done { changed: true, .. })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Op { client, key, called, returned, .. } = self;
        let what = match &self.writes[..] {
            [] if self.serializable => "serializable get".into(),
            [] => "get".into(),
            [(_, None)] => "delete".into(),
            [(_, Some(value))] => format!("put ({value})"),
            several => format!("transaction {several:?}"),
        };
        let condition = self.only_if.as_ref().map_or(String::new(), |seen| format!(" if {seen:?}"));
        write!(f, "client {client}'s {what} of {key}{condition}, {called}..{returned}, ")?;
        match self.outcome {
            Outcome::Done { revision, changed, .. } => write!(f, "done {revision} {changed}"),
            Outcome::NotApplied => write!(f, "NOT_APPLIED"),
            Outcome::Maybe => write!(f, "MAYBE_APPLIED"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Of a delete only key and revision.
    pub kv: Kv,
    pub deleted: bool,
    pub prev: Option<Kv>,
}

/// One delivery to a watcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Events(Vec<Event>),
    /// All up to this revision has been delivered.
    Progress(i64),
    /// The end: what was asked for is compacted away up to this revision.
    Compacted(i64),
    /// The end, for another reason.
    Failed(String),
}

/// A watch from `from` up to, but not with, `to`.
#[derive(Clone, Debug)]
pub struct Watcher {
    pub name: String,
    pub from: String,
    pub to: String,
    /// No event before it is told.
    pub start: i64,
    /// All are told from it on; not before `start`. What is in between may have been before the watch began.
    pub due: i64,
    /// Through this revision it was waited for.
    pub until: i64,
    pub puts: bool,
    pub deletes: bool,
    /// Whether its events say what was there before.
    pub prev: bool,
    /// Whether they have create revision, version and lease.
    pub fields: bool,
    /// Whether several revisions may come in one delivery.
    pub merge: bool,
    /// Up to which the history was compacted at its end; 0 for not at all.
    pub compacted: i64,
    pub told: Vec<Told>,
}

impl Watcher {
    /// One that is told everything, in any deliveries.
    pub fn new(name: &str, from: &str, to: &str, start: i64) -> Watcher {
        Watcher {
            name: name.into(),
            from: from.into(),
            to: to.into(),
            start,
            due: start,
            until: 0,
            puts: true,
            deletes: true,
            prev: true,
            fields: true,
            merge: true,
            compacted: 0,
            told: Vec::new(),
        }
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.told.iter().flat_map(|told| match told {
            Told::Events(events) => &events[..],
            _ => &[],
        })
    }

    /// Whether an event is one that it asks for.
    pub fn wants(&self, event: &Event) -> bool {
        let key = &event.kv.key;
        let kind = if event.deleted { self.deletes } else { self.puts };
        kind && (&self.from..&self.to).contains(&key) && event.kv.revision >= self.start
    }
}

#[derive(Clone, Debug)]
pub struct History {
    pub ops: Vec<Op>,
    /// The whole history of these keys, from revision 1 on: what all else is compared with.
    pub truth: Watcher,
    pub watchers: Vec<Watcher>,
    /// The store's revision at the end.
    pub revision: i64,
}
