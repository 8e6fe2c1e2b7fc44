//! The right to send one more request on a connection.

#![forbid(unsafe_code)]

use super::connection::{ConnectionState, Sender};
use super::failure::Failure;
use super::subchannel::Selected;
use crate::sys::Unread;
use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{timeout, Instant};

/// How often to let the connection read before a request is sent on it.
const MAX_READS: usize = 8;
const STREAM_LIMIT_CHECK: Duration = Duration::from_millis(50);
/// How long to wait for the server to allow another request. After that the call
/// is tried on another server.
const STREAM_LIMIT_WAIT: Duration = Duration::from_secs(1);

/// One HTTP/2 stream of a connection, counted until the permit is dropped.
pub struct StreamPermit(Arc<ConnectionState>);

impl StreamPermit {
    /// A permit, if the server's limit allows another stream now. Beyond the limit
    /// HTTP/2 would keep the request, and it would be unknown whether it was sent.
    fn try_new(state: &Arc<ConnectionState>, sender: &Sender) -> Option<StreamPermit> {
        if state.streams.load(Relaxed) >= sender.current_max_send_streams() {
            return None;
        }
        state.streams.fetch_add(1, Relaxed);
        Some(StreamPermit(state.clone()))
    }

    pub fn state(&self) -> &Arc<ConnectionState> {
        &self.0
    }

    /// Waits for a permit.
    async fn wait(state: &Arc<ConnectionState>, sender: &Sender) -> Result<StreamPermit, Failure> {
        let end = Instant::now() + STREAM_LIMIT_WAIT;
        while Instant::now() < end {
            if let Some(permit) = StreamPermit::try_new(state, sender) {
                return Ok(permit);
            }
            // The limit itself may change, and no notification says so.
            let _ = timeout(STREAM_LIMIT_CHECK, state.stream_ended.notified()).await;
        }
        let limit = sender.current_max_send_streams();
        Err(Failure::NotSent(format!(
            "the server allows no more calls at once, its limit is {limit}"
        )))
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
        self.0.stream_ended.notify_one();
    }
}

/// Waits until another request may be sent on the connection.
pub async fn ready(selected: &Selected) -> Result<(Sender, StreamPermit), Failure> {
    let state = &selected.connection.state;
    // Nothing may be sent to a server that has died meanwhile: the outcome would be
    // unknown. What waits to be read may be its GOAWAY. If other requests wait to be
    // written, this one goes out with them, and their check is enough.
    for _ in 0..MAX_READS {
        if state.is_queueing() {
            break;
        }
        match state.unread() {
            // With other calls in progress, it is most likely a reply to one of them.
            Unread::Data if state.streams.load(Relaxed) == 0 => tokio::task::yield_now().await,
            Unread::Nothing | Unread::Data => break,
            Unread::End => {
                selected.subchannel.retire(&selected.connection);
                return Err(Failure::NotSent("the server closed the connection".to_owned()));
            }
        }
    }
    let mut sender = selected.connection.sender.clone();
    if let Err(e) = poll_fn(|cx| sender.poll_ready(cx)).await {
        selected.subchannel.retire(&selected.connection);
        return Err(Failure::NotSent(e.to_string()));
    }
    let permit = match StreamPermit::try_new(state, &sender) {
        Some(permit) => permit,
        None => Box::pin(StreamPermit::wait(state, &sender)).await?,
    };
    state.queued.store(state.sent.load(Relaxed) + 1, Relaxed);
    Ok((sender, permit))
}
