//! The eleven calls of the old etcd-api, on etcd v3: what each means there.
//!
//! Built on a client as any user could. Errors are those of the v3 calls; the
//! ABI makes the three results of old out of them.

#![forbid(unsafe_code)]

mod list;
mod lock;
mod watch;

use crate::client::kv::{GetOptions, Keys, PutOptions};
use crate::client::lease::with_new_lease;
use crate::client::methods::{STATUS, TXN};
use crate::client::txn::{if_unchanged, Op, Seen};
use crate::client::{CallOptions, Client, Core};
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::decode::{DELETE_RANGE, RANGE};
use crate::wire::proto::{StatusRequest, StatusResponse, TxnResponse};
use std::ops::Deref;
use std::sync::Mutex;
use std::time::Duration;
use watch::Cursors;

const DEFAULT: CallOptions = CallOptions { timeout: None, require_leader: false };
/// While a cluster elects a leader.
const LEADER_PAUSE: Duration = Duration::from_millis(50);

/// A client, with what the classic calls remember from one to the next.
pub struct Session {
    client: Client,
    cursors: Cursors,
    /// How the latest classic call failed, if it did.
    last: Mutex<Option<Error>>,
}

impl Deref for Session {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Session {
    pub fn new(client: Client) -> Session {
        Session { client, cursors: Cursors::default(), last: Mutex::new(None) }
    }

    /// Notes how a classic call ended.
    pub fn note(&self, failed: Option<Error>) {
        *self.last.lock().ignore_poison() = failed;
    }

    pub fn last_error(&self) -> Option<Error> {
        self.last.lock().ignore_poison().clone()
    }

    /// The value of a key, or the names of what is directly below it.
    pub fn get(&self, key: &[u8]) -> Result<Vec<u8>> {
        let until = self.deadline();
        let mut revision = 0;
        if !key.is_empty() {
            let reply =
                self.run(Core::get(self, Keys::One(key), &GetOptions::default(), DEFAULT)?)?;
            let mut value = None;
            let header = RANGE.decode(&reply, |kv, _| value = Some(kv.value.to_vec()));
            revision = header?.header.revision;
            if let Some(value) = value {
                return Ok(value);
            }
        }
        let names = list::children(self, key, revision, until)?;
        match names.is_empty() {
            true => Err(Error::new(ETCD_ERR_KEY_NOT_FOUND, "no such key")),
            false => Ok(names.join(&b'\n')),
        }
    }

    /// Sets a key, if it has the value `precond` where that is given; a `ttl`
    /// of 0 seconds keeps it for ever.
    pub fn set(&self, key: &[u8], value: &[u8], precond: Option<&[u8]>, ttl: u32) -> Result<()> {
        let (name, _) = Keys::One(key).span()?;
        let size = self.namespace().prefix.len() + name.len();
        self.fits(size.saturating_add(value.len()))?;
        let options = CallOptions { require_leader: false, ..self.deadline().into() };
        let (core, key, value) = (self.core().clone(), key.to_vec(), value.to_vec());
        let guarded = precond.is_some();
        let precond = precond.map(<[u8]>::to_vec);
        let write = move |lease| {
            let how = PutOptions { lease, ..Default::default() };
            let Some(precond) = precond else { return core.put(&key, &value, &how, options) };
            let put = Op::put(&key, &value, &how)?;
            core.commit(&if_unchanged(&key, Seen::Value(&precond), put)?, options)
        };
        let check = move |reply: &[u8]| if guarded { was_done(reply) } else { Ok(()) };
        if ttl == 0 {
            return check(&self.run(write(0)?)?);
        }
        let grant = self.grant(ttl.into(), 0, DEFAULT)?;
        let core = self.core().clone();
        let work = async move { with_new_lease(&core, grant, write, check).await.map(drop) };
        self.wait(work)
    }

    /// Deletes a key that exists, and has the value `precond` where that is given.
    pub fn delete(&self, key: &[u8], precond: Option<&[u8]>) -> Result<()> {
        if let Some(precond) = precond {
            let delete = Op::delete(Keys::One(key), false)?;
            let txn = if_unchanged(key, Seen::Value(precond), delete)?;
            return was_done(&self.run(self.commit(&txn, DEFAULT)?)?);
        }
        let reply = self.run(Core::delete(self, Keys::One(key), false, DEFAULT)?)?;
        let deleted = DELETE_RANGE.decode(&reply, |_, _| ());
        match deleted.map_err(|bad| Error::from(bad).maybe_applied(true))?.count {
            0 => Err(Error::new(ETCD_ERR_KEY_NOT_FOUND, "no such key")),
            _ => Ok(()),
        }
    }

    /// The id of the member that leads, in hexadecimal.
    pub fn leader(&self) -> Result<String> {
        let until = self.deadline();
        loop {
            let status: StatusResponse = self.ask(STATUS, &StatusRequest {}, until)?;
            if status.leader != 0 {
                return Ok(format!("{:x}", status.leader));
            }
            if until.left().is_some_and(|left| left < LEADER_PAUSE) {
                return Err(Error::new(ETCD_ERR_NO_LEADER, "the cluster has no leader"));
            }
            std::thread::sleep(LEADER_PAUSE);
        }
    }
}

/// Whether the condition of such a transaction held.
fn was_done(reply: &[u8]) -> Result<()> {
    match TXN.reply::<TxnResponse>(reply.to_vec())?.succeeded {
        true => Ok(()),
        false => {
            let why = "the key does not have the value that was given as precondition";
            Err(Error::new(ETCD_ERR_PRECONDITION, why))
        }
    }
}
