//! A call in which both sides send messages, on one member or another.

#![forbid(unsafe_code)]

use super::cluster::Cluster;
use super::token::Token;
use crate::error::Result;
use crate::transport::Selected;
use crate::transport::{Request, Stream, Subchannel};
use bytes::Bytes;
use std::sync::Arc;

impl Cluster {
    /// Begins one on the first member that takes it; waits for a connection for
    /// ever. Nothing is sent yet: the moment at which something is may count.
    pub async fn stream(
        &self,
        path: &'static str,
        mut avoid: Option<Arc<Subchannel>>,
        token: &Token,
        limit: usize,
    ) -> Result<(Stream, Selected)> {
        // A member that is cut off from the others would be silent for ever.
        let begin = Request { path, frame: Bytes::new(), require_leader: true };
        for tries in 1.. {
            let selected = match self.channel.pick(avoid.as_ref()) {
                Some(selected) => selected,
                None => self.channel.ready(avoid.as_ref()).await?,
            };
            match Stream::open(&selected, &begin, false, token.value.as_ref(), limit).await {
                Ok(stream) => return Ok((stream, selected)),
                Err(failure) if tries >= self.channel.len() => {
                    return Err(failure.into_error(false).at(selected.subchannel.name()));
                }
                Err(_) => avoid = Some(selected.subchannel),
            }
        }
        unreachable!("the loop has no end")
    }
}
