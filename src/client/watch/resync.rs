//! When a watch's history is compacted away, the current keys are delivered in place of
//! the missing events, and the watch goes on after them.

#![forbid(unsafe_code)]

use super::{Message, Spec};
use crate::client::call::{retry_backoff, Deadline};
use crate::client::core::Core;
use crate::client::namespace::own_name;
use crate::client::page::{Page, Pages};
use crate::error::Result;
use crate::status::{is_retryable, ETCD_ERR_COMPACTED};
use crate::sync::mailbox::Mailbox;
use crate::wire::decode::RANGE_PART;
use crate::wire::memory_cost::EVENT;
use crate::wire::proto::RangeRequest;
use bytes::Bytes;
use tokio::time::sleep;

/// A page of a range at one revision, and the client's key prefix.
pub struct Listed {
    pub page: Page,
    pub prefix: Bytes,
}

/// Delivers all keys. Returns the revision from which the watch goes on.
pub async fn list(core: &Core, spec: &Spec, mailbox: &Mailbox<Message>) -> Result<i64> {
    let mut backoff = retry_backoff();
    loop {
        match list_once(core, spec, mailbox).await {
            // A compaction came before the end: from the beginning.
            Err(error) if error.status == ETCD_ERR_COMPACTED => {}
            Err(error) if is_retryable(error.status) => {}
            result => return result.map(|revision| revision + 1),
        }
        sleep(backoff.next()).await;
    }
}

async fn list_once(core: &Core, spec: &Spec, mailbox: &Mailbox<Message>) -> Result<i64> {
    let range = RangeRequest {
        key: spec.key.clone(),
        range_end: spec.range_end.clone(),
        ..Default::default()
    };
    let mut pages = Pages::new(range, false);
    let mut revision = 0;
    // There is always a first page, and the last one is marked.
    while let Some(page) = pages.next(core, Deadline::NEVER).await? {
        let (more, size) = (page.more, size(&page, &spec.prefix)?);
        revision = page.header.revision;
        if mailbox.room() == 0 {
            pages.rest();
        }
        let keys = Listed { page, prefix: spec.prefix.clone() };
        if !mailbox.push_when_room(Message::Keys(keys), size).await || !more {
            break;
        }
    }
    Ok(revision)
}

/// The memory that it takes; an error if a key lacks the prefix.
fn size(page: &Page, prefix: &[u8]) -> Result<usize> {
    let (mut count, mut foreign) = (0, None);
    RANGE_PART.decode(&page.message, |kv, _| {
        count += 1;
        foreign = foreign.take().or(own_name(prefix, kv.key).err());
    })?;
    match foreign {
        Some(error) => Err(error),
        None => Ok(page.message.len() + count * EVENT),
    }
}
