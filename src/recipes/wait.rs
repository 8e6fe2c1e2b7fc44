//! Waits until a key is there, or is gone.

#![forbid(unsafe_code)]

use crate::client::kv::{GetOptions, KeyValue, Keys};
use crate::client::watch::Spec;
use crate::client::{retry_backoff, Deadline, Handle};
use crate::error::{Error, Result};
use crate::status::*;
use crate::wire::proto::ResponseHeader;
use tokio::time::sleep;

/// What a wait has found: the key, if it is there.
pub struct Found {
    pub header: ResponseHeader,
    pub kv: Option<KeyValue>,
}

/// Waits for the key to exist, or not to; returns at once if it is so.
pub async fn wait_for(client: &Handle, key: &[u8], exists: bool) -> Result<Found> {
    loop {
        let reply = client.get(Keys::One(key), &GetOptions::default(), Deadline::NEVER).await?;
        let header = reply.header.unwrap_or_default();
        let kv = reply.kvs.into_iter().next();
        if kv.is_some() == exists {
            return Ok(Found { header, kv });
        }
        let spec = Spec { no_puts: !exists, no_deletes: exists, ..Spec::new(key.to_vec(), "") };
        if let Some((revision, kv)) = change(client, spec, header.revision).await? {
            return Ok(Found { header: ResponseHeader { revision, ..header }, kv });
        }
    }
}

/// The first event after that revision: its own, and the key if it was put. None if what happened
/// is not known, and has to be looked at.
pub async fn change(
    client: &Handle,
    spec: Spec,
    since: i64,
) -> Result<Option<(i64, Option<KeyValue>)>> {
    let next = since.checked_add(1);
    let next = next.ok_or_else(|| Error::new(ETCD_ERR_BAD_REPLY, "the revision is too large"))?;
    // A member that is cut off would never tell.
    let watch = client.watch(Spec { require_leader: true, ..spec }, Some(next));
    match watch.next_async().await {
        Ok(batch) => Ok(batch
            .events()
            .next()
            .map(|event| (event.kv.mod_revision, (!event.deleted).then(|| event.kv.to_owned())))),
        Err(error) if error.status == ETCD_ERR_COMPACTED => Ok(None),
        Err(error) if error.status == ETCD_ERR_NO_LEADER => {
            sleep(retry_backoff().next()).await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
