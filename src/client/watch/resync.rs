//! Where a watch's history is gone: the keys as they are take the place of the
//! events that are missing, and the watch goes on after them.

#![forbid(unsafe_code)]

use super::{Message, Spec};
use crate::client::call::{Effect, FIRST_PAUSE, LONGEST_PAUSE};
use crate::client::namespace::own_name;
use crate::client::server::{Core, Deadline, Method};
use crate::error::{Error, Result};
use crate::mailbox::Mailbox;
use crate::status::{
    is_retryable, ETCD_ERR_COMPACTED, ETCD_ERR_PROTOCOL, ETCD_ERR_REPLY_TOO_LARGE,
};
use crate::transport::jitter::jittered;
use crate::wire::decode::RANGE;
use crate::wire::proto::RangeRequest;
use bytes::Bytes;
use tokio::time::sleep;

/// Keys of a page, at first.
const PAGE: i64 = 1000;

/// A page of a range, all pages of one revision.
#[derive(Debug)]
pub struct Keys {
    /// A RangeResponse, not read yet.
    pub message: Vec<u8>,
    /// What its keys begin with, all of them.
    pub prefix: Bytes,
    pub revision: i64,
    pub count: usize,
    /// There are pages to come.
    pub more: bool,
}

/// Tells the reader of all keys; the revision from which on the events are wanted.
pub async fn list(core: &Core, spec: &Spec, mailbox: &Mailbox<Message>) -> Result<i64> {
    let mut pause = FIRST_PAUSE;
    loop {
        match list_once(core, spec, mailbox).await {
            // It took longer than compactions leave it time: from the beginning.
            Err(error) if error.status == ETCD_ERR_COMPACTED => {}
            Err(error) if is_retryable(error.status) => {}
            result => return result.map(|revision| revision + 1),
        }
        sleep(jittered(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn list_once(core: &Core, spec: &Spec, mailbox: &Mailbox<Message>) -> Result<i64> {
    let range = Method { path: "/etcdserverpb.KV/Range", effect: Effect::Read };
    let malformed = || Error::new(ETCD_ERR_PROTOCOL, "the reply is no message of etcd's");
    let mut request = RangeRequest {
        key: spec.key.clone(),
        range_end: spec.range_end.clone(),
        limit: PAGE,
        ..Default::default()
    };
    loop {
        let message = match core.ask_raw(range, &request, Deadline::NEVER).await {
            Err(error) if error.status == ETCD_ERR_REPLY_TOO_LARGE && request.limit > 1 => {
                request.limit /= 2;
                continue;
            }
            reply => reply?,
        };
        let mut last = Vec::new();
        let mut count = 0;
        let mut foreign = None;
        let reply = RANGE
            .decode(&message, |kv, _| {
                foreign = foreign.take().or(own_name(&spec.prefix, kv.key).err());
                last.clear();
                last.extend_from_slice(kv.key);
                count += 1;
            })
            .map_err(|_| malformed())?;
        if let Some(error) = foreign {
            return Err(error);
        }
        if request.revision == 0 {
            request.revision = reply.header.revision;
        }
        if reply.more && last[..] < request.key[..] {
            return Err(malformed());
        }
        last.push(0);
        request.key = last.into();
        let revision = request.revision;
        let size = message.len() + count * 64;
        let page = Keys { message, prefix: spec.prefix.clone(), revision, count, more: reply.more };
        let wanted = mailbox.push_when_room(Message::Keys(page), size).await;
        if !reply.more || !wanted {
            return Ok(revision);
        }
    }
}
