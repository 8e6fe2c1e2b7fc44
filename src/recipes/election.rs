//! Elections, by the rules of etcd's concurrency package: candidates wait in line with a value,
//! and the first one leads. They exclude Go programs and `etcdctl elect` on the same name.

#![forbid(unsafe_code)]

use super::line::{self, Place};
use super::mutex::Mutex;
use super::session::Session;
use crate::client::kv::{GetOptions, KeyValue, Keys, SortOrder};
use crate::client::namespace::prefix_end;
use crate::client::watch::Spec;
use crate::client::{Deadline, Handle, Retry};
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::mailbox::Mailbox;
use crate::wire::proto::ResponseHeader;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub struct Election {
    /// The leader holds it.
    place: Mutex,
}

impl Election {
    pub fn new(session: Arc<Session>, name: Vec<u8>) -> Election {
        Election { place: Mutex::new(session, name) }
    }

    /// Waits until this candidate leads.
    pub async fn campaign(&self, value: &[u8], until: Deadline) -> Result<Place> {
        self.place.take(value, until).await
    }

    /// Changes the value of the leader.
    pub async fn proclaim(&self, value: &[u8], until: Deadline) -> Result<ResponseHeader> {
        self.place.write(value, until).await
    }

    /// Leads no longer. It may be called again after an error.
    pub async fn resign(&self, until: Deadline) -> Result<ResponseHeader> {
        self.place.unlock(until).await
    }

    /// Leads again after a restart of the program, if the key of that time is still there.
    pub async fn resume(&self, create_revision: i64, until: Deadline) -> Result<Place> {
        self.place.resume(create_revision, until).await
    }

    /// Waits until this candidate does not lead any more, and says why.
    pub async fn lost(&self) -> Error {
        self.place.lost().await
    }

    pub fn place(&self) -> Result<Place> {
        self.place.place()
    }

    pub fn close(&self) {
        self.place.close();
    }
}

/// Who leads, or that nobody does.
#[derive(Clone, Debug, PartialEq)]
pub struct Leadership {
    pub leader: Option<KeyValue>,
    /// The revision since which, or at which, it is so.
    pub header: ResponseHeader,
}

/// Who leads now.
pub async fn leader(client: &Handle, name: &[u8], until: Deadline) -> Result<Leadership> {
    let how = line::one_of_line(SortOrder::Ascend, 0);
    let reply = client.get(Keys::Prefix(&line::prefix(name)), &how, until).await?;
    let header = reply.header.unwrap_or_default();
    Ok(Leadership { leader: reply.kvs.into_iter().next(), header })
}

/// Puts every change of the leader, and of its value, into the mailbox, the present one first.
/// Returns why it cannot go on.
pub async fn observe(client: &Handle, name: &[u8], mailbox: &Mailbox<Leadership>) -> Error {
    let mut retry = Retry::new(Deadline::NEVER);
    let (mut seen, mut told) = (None, None);
    loop {
        match follow(client, name, mailbox, &mut seen, &mut told).await {
            Ok(()) => return Error::new(ETCD_ERR_CLOSED, "nobody listens"),
            // The candidates are read again, which misses only what nobody can know any more.
            Err(error) if error.status == ETCD_ERR_COMPACTED => seen = None,
            Err(error) if !retry.after(&error).await => return error,
            Err(_) => {}
        }
    }
}

/// Follows the line from where it was seen last until the watch ends; Ok if nobody listens any
/// more.
async fn follow(
    client: &Handle,
    name: &[u8],
    mailbox: &Mailbox<Leadership>,
    seen: &mut Option<Candidates>,
    told: &mut Option<Option<KeyValue>>,
) -> Result<()> {
    let line = line::prefix(name);
    let candidates = match seen {
        Some(candidates) => candidates,
        None => {
            let how = GetOptions::default();
            let reply = client.get(Keys::Prefix(&line), &how, Deadline::NEVER).await?;
            let header = reply.header.unwrap_or_default();
            let mut candidates = Candidates { header, ..Default::default() };
            reply.kvs.into_iter().for_each(|kv| candidates.put(kv));
            seen.insert(candidates)
        }
    };
    let next = candidates.header.revision.checked_add(1).ok_or_else(line::lost)?;
    let spec = Spec { require_leader: true, ..Spec::new(line.clone(), prefix_end(&line)) };
    let watch = client.watch(spec, Some(next));
    loop {
        let leader = candidates.line.values().next();
        // Others may come and go behind the leader.
        if told.as_ref().map(Option::as_ref) != Some(leader) {
            *told = Some(leader.cloned());
            let size = leader.map_or(0, |kv| kv.key.len() + kv.value.len());
            let leadership = Leadership { leader: leader.cloned(), header: candidates.header };
            if !mailbox.push_when_room(leadership, size + size_of::<Leadership>()).await {
                return Ok(());
            }
        }
        let mut changes = Vec::new();
        loop {
            let batch = watch.next_async().await?;
            changes.extend(batch.events().map(|event| (event.deleted, event.kv.to_owned())));
            // A revision counts only as a whole.
            if !batch.more {
                candidates.header.revision = batch.revision;
                break;
            }
        }
        for (deleted, kv) in changes {
            match deleted {
                true => candidates.remove(&kv.key),
                false => candidates.put(kv),
            }
        }
    }
}

#[derive(Default)]
struct Candidates {
    /// Of the revision that they are of.
    header: ResponseHeader,
    /// In the order of their creation; keys of one transaction in theirs.
    line: BTreeMap<(i64, Bytes), KeyValue>,
    created: HashMap<Bytes, i64>,
}

impl Candidates {
    fn put(&mut self, kv: KeyValue) {
        self.remove(&kv.key);
        self.created.insert(kv.key.clone(), kv.create_revision);
        self.line.insert((kv.create_revision, kv.key.clone()), kv);
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some((key, created)) = self.created.remove_entry(key) {
            self.line.remove(&(created, key));
        }
    }
}
