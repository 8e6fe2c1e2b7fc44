//! Software transactional memory, as in etcd's concurrency package: a function reads and writes
//! keys, and what it wrote is committed if what it read is unchanged; else it is called again.

#![forbid(unsafe_code)]

use crate::client::kv::{GetOptions, KeyValue, Keys, PutOptions};
use crate::client::txn::{Branch, CompareResult, CompareTarget, Op, Operand, Response, Txn};
use crate::client::{Deadline, Handle};
use crate::error::{Error, Result};
use crate::wire::proto::{RangeResponse, ResponseHeader};
use std::collections::{BTreeMap, HashMap};

/// What a transaction is safe from. All reads are of the past when it commits; what differs is
/// which of them the commit checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// All reads are of one revision. Neither what was read nor what is written was changed
    /// since by others.
    SerializableSnapshot,
    /// All reads are of one revision, and unchanged.
    Serializable,
    /// Each key is read once, and unchanged.
    RepeatableReads,
    /// Reads are of what was committed.
    ReadCommitted,
}

/// One attempt.
pub struct Attempt {
    client: Handle,
    isolation: Isolation,
    until: Deadline,
    /// The revision of all reads, from the first one on.
    revision: Option<i64>,
    /// What was read, by keys or prefixes.
    reads: BTreeMap<Read, Found>,
    /// What is known of the revision without having been read.
    known: HashMap<Read, Found>,
    writes: BTreeMap<Vec<u8>, Write>,
    /// Why a read failed: it is not committed then.
    pub failed: Option<Error>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    Key(Vec<u8>),
    Prefix(Vec<u8>),
}

#[derive(Clone)]
struct Found {
    kvs: Vec<KeyValue>,
    /// Of which they are.
    revision: i64,
}

enum Write {
    Put { value: Vec<u8>, lease: i64 },
    Delete,
}

/// How a commit ended.
pub enum Commit {
    Done(ResponseHeader),
    /// Others have written meanwhile: the next attempt.
    Conflict(Box<Attempt>),
}

impl Read {
    fn keys(&self) -> Keys<'_> {
        match self {
            Read::Key(key) => Keys::One(key),
            Read::Prefix(prefix) => Keys::Prefix(prefix),
        }
    }

    fn has(&self, key: &[u8]) -> bool {
        match self {
            Read::Key(own) => own == key,
            Read::Prefix(prefix) => key.starts_with(prefix),
        }
    }
}

impl Attempt {
    pub fn new(client: Handle, isolation: Isolation, until: Deadline) -> Attempt {
        let (reads, known, writes) = Default::default();
        Attempt { client, isolation, until, revision: None, reads, known, writes, failed: None }
    }

    /// Another one, which knows nothing of this.
    pub fn again(self) -> Attempt {
        Attempt::new(self.client, self.isolation, self.until)
    }

    pub fn put(&mut self, key: &[u8], value: &[u8], lease: i64) {
        self.writes.insert(key.to_vec(), Write::Put { value: value.to_vec(), lease });
    }

    pub fn delete(&mut self, key: &[u8]) {
        self.writes.insert(key.to_vec(), Write::Delete);
    }

    /// The keys, as this transaction sees them: with what it wrote itself.
    pub async fn read(&mut self, read: Read) -> Result<Vec<KeyValue>> {
        if let Read::Key(key) = &read {
            if let Some(write) = self.writes.get(key) {
                return Ok(write.as_read(key).into_iter().collect());
            }
        }
        let found = self.stored(&read).await?.kvs;
        let written = self.writes.iter().filter(|(key, _)| read.has(key));
        let mut kvs: BTreeMap<Vec<u8>, KeyValue> =
            found.into_iter().map(|kv| (kv.key.to_vec(), kv)).collect();
        for (key, write) in written {
            match write.as_read(key) {
                Some(kv) => kvs.insert(key.clone(), kv),
                None => kvs.remove(key),
            };
        }
        Ok(kvs.into_values().collect())
    }

    /// What the store has, or had.
    async fn stored(&mut self, read: &Read) -> Result<Found> {
        let once = self.isolation != Isolation::ReadCommitted;
        if let Some(found) = self.reads.get(read).filter(|_| once) {
            return Ok(found.clone());
        }
        let found = match self.known.remove(read) {
            Some(found) => found,
            None => {
                let fetched = self.fetch(read).await;
                fetched.inspect_err(|error| self.failed = Some(error.clone()))?
            }
        };
        self.reads.insert(read.clone(), found.clone());
        Ok(found)
    }

    async fn fetch(&mut self, read: &Read) -> Result<Found> {
        let snapshot = self.snapshot();
        let how = GetOptions {
            revision: self.revision.filter(|_| snapshot).unwrap_or(0),
            serializable: !snapshot,
            ..Default::default()
        };
        let reply = self.client.get(read.keys(), &how, self.until).await?;
        let now = reply.header.unwrap_or_default().revision;
        let pinned = *self.revision.get_or_insert(now);
        Ok(Found { kvs: reply.kvs, revision: if snapshot { pinned } else { now } })
    }

    /// Whether all reads are of one revision.
    fn snapshot(&self) -> bool {
        matches!(self.isolation, Isolation::SerializableSnapshot | Isolation::Serializable)
    }

    /// Commits what was written, if what was read allows it.
    pub async fn commit(self) -> Result<Commit> {
        let mut txn = Txn::default();
        if self.isolation != Isolation::ReadCommitted {
            self.guard(&mut txn)?;
        }
        for (key, write) in &self.writes {
            txn.add(Branch::Then, write.op(key)?)?;
        }
        // For the next attempt.
        for read in self.reads.keys() {
            txn.add(Branch::Else, Op::get(read.keys(), &GetOptions::default())?)?;
        }
        let reply = self.client.txn(&txn, self.until).await?;
        let header = reply.header.unwrap_or_default();
        if reply.succeeded {
            return Ok(Commit::Done(header));
        }
        let found = reply.responses.into_iter().map(|op| match op.response {
            Some(Response::ResponseRange(RangeResponse { kvs, .. })) => kvs,
            _ => Vec::new(),
        });
        let revision = header.revision;
        let found = found.map(|kvs| Found { kvs, revision });
        let known = self.reads.into_keys().zip(found).collect();
        let next = Attempt::new(self.client, self.isolation, self.until);
        Ok(Commit::Conflict(Box::new(Attempt { known, revision: Some(revision), ..next })))
    }

    /// What must hold at the commit.
    fn guard(&self, txn: &mut Txn) -> Result<()> {
        for (read, found) in &self.reads {
            match read {
                Read::Key(key) => {
                    let revision = found.kvs.first().map_or(0, |kv| kv.mod_revision);
                    unchanged(txn, key, revision)?;
                }
                Read::Prefix(_) => {
                    // Nothing is new or changed, and nothing is gone.
                    not_since(txn, read.keys(), found.revision)?;
                    for kv in &found.kvs {
                        unchanged(txn, &kv.key, kv.mod_revision)?;
                    }
                }
            }
        }
        if let (Isolation::SerializableSnapshot, Some(revision)) = (self.isolation, self.revision) {
            for key in self.writes.keys() {
                not_since(txn, Keys::One(key), revision)?;
            }
        }
        Ok(())
    }
}

fn unchanged(txn: &mut Txn, key: &[u8], revision: i64) -> Result<()> {
    let operand = Operand::Number(revision);
    txn.compare(Keys::One(key), CompareTarget::Mod, CompareResult::Equal, operand)
}

/// None of the keys was written after that revision.
fn not_since(txn: &mut Txn, keys: Keys<'_>, revision: i64) -> Result<()> {
    let operand = Operand::Number(revision.saturating_add(1));
    txn.compare(keys, CompareTarget::Mod, CompareResult::Less, operand)
}

impl Write {
    fn as_read(&self, key: &[u8]) -> Option<KeyValue> {
        match self {
            Write::Delete => None,
            Write::Put { value, lease } => Some(KeyValue {
                key: key.to_vec().into(),
                value: value.clone().into(),
                lease: *lease,
                ..Default::default()
            }),
        }
    }

    fn op(&self, key: &[u8]) -> Result<Op> {
        match self {
            Write::Delete => Op::delete(Keys::One(key), false),
            Write::Put { value, lease } => {
                Op::put(key, value, &PutOptions { lease: *lease, ..Default::default() })
            }
        }
    }
}
