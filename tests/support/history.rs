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
}

/// A call. All of them see a key; some write too, all or nothing.
#[derive(Clone, Debug)]
pub struct Op {
    pub client: usize,
    pub key: String,
    /// Keys with their new values; None deletes, and then is the only write. No two ops write the same value.
    pub writes: Vec<(String, Option<String>)>,
    /// A compare: writes only if `key` was changed last at this revision (0: does not exist).
    pub only_at: Option<i64>,
    pub serializable: bool,
    /// By one clock for all clients.
    pub called: u64,
    pub returned: u64,
    pub outcome: Outcome,
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
        let what = match (&self.writes[..], self.only_at) {
            ([], _) if self.serializable => "serializable get".into(),
            ([], _) => "get".into(),
            ([(_, None)], _) => "delete".into(),
            ([(_, Some(value)), ..], None) => format!("put ({value})"),
            ([(_, Some(value)), ..], Some(at)) => format!("swap ({value} if at {at})"),
            _ => format!("{:?}", self.writes),
        };
        write!(f, "client {client}'s {what} of {key}, {called}..{returned}, ")?;
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
    pub start: i64,
    /// Through this revision it was waited for.
    pub until: i64,
    pub puts: bool,
    pub deletes: bool,
    /// Whether its events say what was there before.
    pub prev: bool,
    /// Whether they have create revision and version.
    pub fields: bool,
    pub told: Vec<Told>,
}

impl Watcher {
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
    /// Up to which it was compacted, after `truth` was read; 0 for not at all.
    pub compacted: i64,
}
