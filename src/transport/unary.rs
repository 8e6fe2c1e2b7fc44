//! One unary gRPC call on one connection, and whether it was sent when it fails.

#![forbid(unsafe_code)]

use super::failure::Failure;
use super::grpc::{check_head, lost, refusal, request_head, Request};
use super::message::Message;
use super::permit::ready;
use super::reason::h2_reason;
use super::subchannel::Selected;
use http::HeaderValue;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Sends the request and returns the reply's message. `sent` is true from the
/// moment when the server may have received the request.
pub async fn unary(
    selected: &Selected,
    request: &Request,
    token: Option<&HeaderValue>,
    reply_limit: usize,
    sent: &AtomicBool,
) -> Result<Vec<u8>, Failure> {
    let (mut sender, _permit) = ready(selected).await?;
    let state = &*selected.connection.state;
    let head = request_head(&selected.subchannel, request, token);
    let bytes_before = state.sent.load(Relaxed);
    let (response, mut body) = sender.send_request(head, false).map_err(|e| {
        selected.subchannel.retire(&selected.connection);
        Failure::NotSent(e.to_string())
    })?;
    let unanswered = |e: h2::Error| {
        // The server says that it has not processed the request, or no byte was sent.
        let refused =
            e.is_remote() && (e.is_go_away() || e.reason() == Some(h2::Reason::REFUSED_STREAM));
        if refused || state.sent.load(Relaxed) == bytes_before {
            sent.store(false, Relaxed);
            Failure::NotSent(format!("connection lost: {}", h2_reason(&e)))
        } else {
            lost(e)
        }
    };
    sent.store(true, Relaxed);
    body.send_data(request.frame.clone(), true).map_err(unanswered)?;
    // After an answer the server has processed the request, whatever it says later.
    let (head, mut stream) = response.await.map_err(unanswered)?.into_parts();
    check_head(&head)?;
    let mut message = Message::new(request.path, reply_limit);
    while let Some(chunk) = stream.data().await {
        let chunk = chunk.map_err(lost)?;
        let _ = stream.flow_control().release_capacity(chunk.len());
        if !message.take(&chunk)?.is_empty() {
            return Err(Failure::Malformed("more than one message in the reply".to_owned()));
        }
    }
    let trailers = stream.trailers().await.map_err(lost)?;
    let trailers = trailers.as_ref().unwrap_or(&head.headers);
    match refusal(trailers) {
        Some(failure) => Err(failure),
        None if trailers.contains_key("grpc-status") => message.finish(),
        // A proxy that has lost the server ends the stream like this.
        None => Err(Failure::Lost("the reply ended without a status".to_owned())),
    }
}
