//! Probes: small calls that ask a server whether it is alive, and which cluster it
//! belongs to. They replace HTTP/2 pings: etcd closes connections that are pinged
//! more than once in 5 s.

#![forbid(unsafe_code)]

use super::connection::now_ms;
use super::failure::Failure;
use super::grpc::Request;
use super::subchannel::Selected;
use super::unary::unary;
use crate::status::{is_about_token, of_server_error};
use bytes::Bytes;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::timeout;

/// A reply to a probe has some hundred bytes.
const REPLY_LIMIT: usize = 64 * 1024;

/// A call that every server answers, if only by refusing it.
struct Probe {
    path: &'static str,
    frame: &'static [u8],
}

/// Whether a certain key exists, answered by the member alone: the cheapest call
/// whose reply carries the cluster's id.
const KEY: Probe = Probe {
    path: "/etcdserverpb.KV/Range",
    // Key "\0", serializable, count_only.
    frame: &[0, 0, 0, 0, 7, 0x0a, 1, 0, 0x38, 1, 0x48, 1],
};

/// Needs no token, but goes through the server's consensus and its files.
const STATUS: Probe = Probe { path: "/etcdserverpb.Maintenance/Status", frame: &[0; 5] };

impl Probe {
    async fn send(&self, selected: &Selected, sent: &AtomicBool) -> Result<Vec<u8>, Failure> {
        let frame = Bytes::from_static(self.frame);
        let request = Request { path: self.path, frame, require_leader: false };
        unary(selected, &request, None, REPLY_LIMIT, sent).await
    }
}

/// A reply that carries the server's cluster id, as far as it is given without a token.
pub async fn identify(selected: &Selected) -> Result<Vec<u8>, Failure> {
    let sent = AtomicBool::new(false);
    match KEY.send(selected, &sent).await {
        Err(Failure::Refused { code, message })
            if is_about_token(of_server_error(code, &message)) =>
        {
            STATUS.send(selected, &sent).await
        }
        result => result,
    }
}

/// Probes the server when it is silent for `interval` while calls wait for it, and when a
/// call asks for it. Returns the reason when it does not answer within `limit`, unless
/// `interval` is for ever.
pub async fn watch_over(selected: &Selected, interval: Duration, limit: Duration) -> String {
    let state = &*selected.connection.state;
    loop {
        let silent = || Duration::from_millis(now_ms().saturating_sub(state.heard.load(Relaxed)));
        let pause = match interval.saturating_sub(silent()) {
            // No call was waiting.
            Duration::ZERO => interval,
            left => left,
        };
        let asked = timeout(pause, state.probe.notified()).await.is_ok();
        let due = asked || silent() >= interval;
        if !due || state.streams.load(Relaxed) == 0 {
            continue;
        }
        let (began, sent) = (now_ms(), AtomicBool::new(false));
        let mut probe = pin!(KEY.send(selected, &sent));
        let mut answer = timeout(state.patience().min(limit), probe.as_mut()).await;
        if answer.is_err() {
            if sent.load(Relaxed) && !state.heard_since(began) {
                state.owes_since(began);
            }
            answer = timeout(limit.saturating_sub(state.patience()), probe).await;
        }
        if matches!(answer, Ok(Ok(_) | Err(Failure::Refused { .. }))) {
            state.trust();
        }
        // A probe that could not be sent, because the server accepts no more calls
        // at once, proves nothing.
        let may_end = interval != Duration::MAX;
        if may_end && answer.is_err() && sent.load(Relaxed) && !state.heard_since(began) {
            let waited = limit.as_millis();
            return format!("no sign of life within {waited} ms of asking for one");
        }
    }
}
