//! The line of etcd's concurrency package: keys `NAME/LEASE` wait in the order of their
//! creation, and the first one has its turn.

#![forbid(unsafe_code)]

use super::wait::change;
use crate::client::kv::{GetOptions, KeyValue, Keys, PutOptions, SortOrder, SortTarget};
use crate::client::txn::{Branch, CompareResult, CompareTarget, Op, Operand};
use crate::client::txn::{Response, Txn, TxnResponse};
use crate::client::watch::Spec;
use crate::client::{Deadline, Handle, Retry};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::wire::proto::ResponseHeader;

/// A key in line. The revision of its creation is the fencing token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: Vec<u8>,
    pub lease: i64,
    pub create_revision: i64,
}

/// What [`enter`] found.
pub struct Entered {
    pub place: Place,
    /// The first of the line.
    pub first: KeyValue,
    /// The value that the own key had before, if it was in line already.
    pub value: Option<Vec<u8>>,
}

impl Entered {
    pub fn is_first(&self) -> bool {
        self.first.key == self.place.key
    }

    /// Whose turn it is.
    pub fn first(self) -> Place {
        let KeyValue { key, lease, create_revision, .. } = self.first;
        Place { key: key.to_vec(), lease, create_revision }
    }
}

/// The key of a lease in the line of that name.
pub fn key(name: &[u8], lease: i64) -> Vec<u8> {
    [name, format!("/{lease:x}").as_bytes()].concat()
}

/// What the keys of the line begin with.
pub fn prefix(name: &[u8]) -> Vec<u8> {
    [name, b"/"].concat()
}

pub fn lost() -> Error {
    Error::new(ETCD_ERR_LOCK_LOST, "the lock is no longer held")
}

/// The first or the last of the keys in line.
pub fn one_of_line(order: SortOrder, max_create_revision: i64) -> GetOptions {
    GetOptions {
        limit: 1,
        sort_order: order,
        sort_target: SortTarget::Create,
        max_create_revision,
        ..Default::default()
    }
}

/// Puts the key that waits, unless it waits already. Only with a lease that has no other use it
/// may be `repeatable`: a copy that comes late would put the key again after it is deleted.
pub async fn enter(
    client: &Handle,
    name: &[u8],
    lease: i64,
    value: &[u8],
    repeatable: bool,
    until: Deadline,
) -> Result<Entered> {
    let (key, line) = (key(name, lease), prefix(name));
    let first = Op::get(Keys::Prefix(&line), &one_of_line(SortOrder::Ascend, 0))?;
    let put = PutOptions { lease, ..Default::default() };
    let mut txn = created(&key, 0)?;
    txn.add(Branch::Then, Op::put(&key, value, &put)?)?;
    txn.add(Branch::Then, first.clone())?;
    txn.add(Branch::Else, get(&key)?)?;
    txn.add(Branch::Else, first)?;
    let txn = if repeatable { txn.repeatable() } else { txn };
    let reply = client.txn(&txn, until).await?;
    let (create_revision, value) = match reply.succeeded {
        true => (reply.header.unwrap_or_default().revision, None),
        // An attempt whose reply was lost has put the key.
        false => {
            let own = first_kv(&reply, 0).filter(|kv| kv.lease == lease).ok_or_else(lost)?;
            (own.create_revision, Some(own.value.to_vec()))
        }
    };
    let first = first_kv(&reply, 1).ok_or_else(lost)?.clone();
    Ok(Entered { place: Place { key, lease, create_revision }, first, value })
}

/// Reads the own key, and the one before it.
fn look_before(name: &[u8], place: &Place) -> Result<Txn> {
    let before = place.create_revision.checked_sub(1).ok_or_else(lost)?;
    let before = GetOptions { keys_only: true, ..one_of_line(SortOrder::Descend, before) };
    let mut look = Txn::default();
    look.add(Branch::Then, get(&place.key)?)?;
    look.add(Branch::Then, Op::get(Keys::Prefix(&prefix(name)), &before)?)?;
    Ok(look)
}

/// The key before the own one, and the revision at which it is.
fn before(reply: &TxnResponse, place: &Place) -> Result<(Option<Vec<u8>>, i64)> {
    if first_kv(reply, 0).map(|kv| kv.create_revision) != Some(place.create_revision) {
        return Err(lost());
    }
    let before = first_kv(reply, 1).map(|kv| kv.key.to_vec());
    Ok((before, reply.header.unwrap_or_default().revision))
}

/// Whether the place is the first of its line.
pub async fn is_first(
    client: &Handle,
    name: &[u8],
    place: &Place,
    until: Deadline,
) -> Result<bool> {
    let reply = client.txn(&look_before(name, place)?, until).await?;
    before(&reply, place).map(|(before, _)| before.is_none())
}

/// Waits until no key of the line is before the own one. Each waiter watches two keys, its own
/// and the one before it, so that the end of a turn wakes one waiter.
pub async fn turn(client: &Handle, name: &[u8], place: &Place) -> Result<()> {
    let look = look_before(name, place)?;
    loop {
        let reply = client.txn(&look, Deadline::NEVER).await?;
        let (Some(before), now) = before(&reply, place)? else { return Ok(()) };
        let (ours, theirs) = (deleted(client, &place.key, now), deleted(client, &before, now));
        // Another look says which key it was, or what the compacted events were.
        tokio::select! {
            ended = ours => ended?,
            ended = theirs => ended?,
        }
    }
}

/// Waits until the key of the place is gone.
pub async fn gone(client: &Handle, place: &Place) -> Error {
    let watch = async || -> Result<()> {
        while let (true, header) = look(client, place, Deadline::NEVER).await? {
            deleted(client, &place.key, header.revision).await?;
        }
        Ok(())
    };
    let mut retry = Retry::new(Deadline::NEVER);
    loop {
        match watch().await {
            Ok(()) => return lost(),
            Err(error) if !retry.after(&error).await => return error,
            Err(_) => {}
        }
    }
}

/// Waits until the key is deleted after that revision, or may have been.
async fn deleted(client: &Handle, key: &[u8], since: i64) -> Result<()> {
    let spec = Spec { no_puts: true, ..Spec::new(key.to_vec(), "") };
    change(client, spec, since).await.map(drop)
}

pub async fn is_held(client: &Handle, place: &Place, until: Deadline) -> Result<bool> {
    look(client, place, until).await.map(|(held, _)| held)
}

async fn look(client: &Handle, place: &Place, until: Deadline) -> Result<(bool, ResponseHeader)> {
    let reply = client.get(Keys::One(&place.key), &GetOptions::default(), until).await?;
    let own = (place.create_revision, place.lease);
    let held = reply.kvs.first().is_some_and(|kv| (kv.create_revision, kv.lease) == own);
    Ok((held, reply.header.unwrap_or_default()))
}

/// Deletes the key, and never a later one of the same name. `doubt`: it may be deleted already,
/// by an attempt whose reply was lost.
pub async fn leave(
    client: &Handle,
    place: &Place,
    mut doubt: bool,
    until: Deadline,
) -> Result<ResponseHeader> {
    let mut leave = created(&place.key, place.create_revision)?;
    leave.add(Branch::Then, Op::delete(Keys::One(&place.key), false)?)?;
    let mut retry = Retry::new(until);
    loop {
        let error = match client.txn(&leave, until).await {
            // An attempt before may have done it late.
            Ok(reply) if reply.succeeded || doubt => return Ok(reply.header.unwrap_or_default()),
            Ok(_) => return Err(lost()),
            Err(error) => error,
        };
        doubt = doubt || error.outcome == Outcome::MaybeApplied;
        let error = error.maybe_applied(doubt);
        // Whether it was that attempt or the end of the lease does not matter.
        if doubt {
            match look(client, place, until).await {
                Ok((false, header)) => return Ok(header),
                Ok((true, _)) => {}
                Err(_) => return Err(error),
            }
        }
        if !retry.after(&error).await {
            return Err(error);
        }
    }
}

/// Deletes the key of a lease, and never a later one. `place` is None if it is not known when it
/// was created. Whether it was there, or may have been.
pub async fn withdraw(
    client: &Handle,
    key: &[u8],
    lease: i64,
    place: Option<&Place>,
    until: Deadline,
) -> Result<bool> {
    if let Some(place) = place {
        return leave(client, place, true, until).await.map(|_| true);
    }
    let reply = client.get(Keys::One(key), &GetOptions::default(), until).await?;
    match reply.kvs.first().filter(|kv| kv.lease == lease) {
        None => Ok(false),
        Some(kv) => {
            let place = Place { key: key.to_vec(), lease, create_revision: kv.create_revision };
            leave(client, &place, true, until).await.map(|_| true)
        }
    }
}

/// Puts another value, if the place is held.
pub async fn write(
    client: &Handle,
    place: &Place,
    value: &[u8],
    until: Deadline,
) -> Result<ResponseHeader> {
    let mut write = created(&place.key, place.create_revision)?;
    let how = PutOptions { lease: place.lease, ..Default::default() };
    write.add(Branch::Then, Op::put(&place.key, value, &how)?)?;
    let reply = client.txn(&write, until).await?;
    match reply.succeeded {
        true => Ok(reply.header.unwrap_or_default()),
        false => Err(lost()),
    }
}

/// A transaction that is done only while the place is held.
pub fn fence(txn: &mut Txn, place: &Place) -> Result<()> {
    let operand = Operand::Number(place.create_revision);
    txn.compare(Keys::One(&place.key), CompareTarget::Create, CompareResult::Equal, operand)
}

fn get(key: &[u8]) -> Result<Op> {
    Op::get(Keys::One(key), &GetOptions::default())
}

/// A transaction for a key that was created at a revision; 0: that does not exist.
fn created(key: &[u8], revision: i64) -> Result<Txn> {
    let mut txn = Txn::default();
    let operand = Operand::Number(revision);
    txn.compare(Keys::One(key), CompareTarget::Create, CompareResult::Equal, operand)?;
    Ok(txn)
}

/// What the transaction's read number `index` found.
fn first_kv(reply: &TxnResponse, index: usize) -> Option<&KeyValue> {
    match reply.responses.get(index)?.response.as_ref()? {
        Response::ResponseRange(range) => range.kvs.first(),
        _ => None,
    }
}
