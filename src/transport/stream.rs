//! One gRPC call on one connection in which both sides send messages.

#![forbid(unsafe_code)]

use super::failure::Failure;
use super::grpc::{check_head, lost, refusal, request_head, Request};
use super::message::Message;
use super::permit::{ready, StreamPermit};
use super::subchannel::Selected;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::uri::PathAndQuery;
use http::HeaderValue;

enum Reply {
    Awaited(ResponseFuture),
    Begun(RecvStream),
}

/// Ends the call when it is dropped.
pub struct Stream {
    permit: StreamPermit,
    request: SendStream<Bytes>,
    reply: Reply,
    path: PathAndQuery,
    limit: usize,
    message: Message,
    /// Received bytes that belong to later messages.
    rest: Bytes,
}

impl Stream {
    /// Begins the call with a first message, unless that is empty. If it is not the
    /// `only` one, others may be added. `limit` is for each message received.
    pub async fn open(
        selected: &Selected,
        first: &Request,
        only: bool,
        token: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Stream, Failure> {
        let (mut sender, permit) = ready(selected).await?;
        let head = request_head(&selected.subchannel, first, token);
        let (reply, mut request) = sender.send_request(head, false).map_err(|e| {
            selected.subchannel.retire(&selected.connection);
            Failure::NotSent(e.to_string())
        })?;
        if !first.frame.is_empty() {
            request.send_data(first.frame.clone(), only).map_err(lost)?;
        }
        Ok(Stream {
            permit,
            request,
            reply: Reply::Awaited(reply),
            path: first.path.clone(),
            limit,
            message: Message::new(&first.path, limit),
            rest: Bytes::new(),
        })
    }

    /// Another message for the server.
    pub fn send(&mut self, frame: Bytes) -> Result<(), Failure> {
        self.request.send_data(frame, false).map_err(lost)
    }

    /// The next message. The future may be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let state = self.permit.state().clone();
        tokio::select! {
            biased;
            message = self.receive() => message,
            () = state.left() => {
                let why = "the endpoint was taken out of the list";
                Err(Failure::Lost(why.to_owned()))
            }
        }
    }

    async fn receive(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            let rest = self.message.take(&self.rest)?.len();
            self.rest = self.rest.split_off(self.rest.len() - rest);
            if self.message.is_whole() {
                let next = Message::new(&self.path, self.limit);
                return std::mem::replace(&mut self.message, next).finish();
            }
            let reply = match &mut self.reply {
                Reply::Begun(reply) => reply,
                Reply::Awaited(response) => {
                    let (head, reply) = response.await.map_err(lost)?.into_parts();
                    self.reply = Reply::Begun(reply);
                    check_head(&head)?;
                    continue;
                }
            };
            match reply.data().await {
                Some(chunk) => {
                    self.rest = chunk.map_err(lost)?;
                    let _ = reply.flow_control().release_capacity(self.rest.len());
                }
                None => return Err(self.end().await),
            }
        }
    }

    /// Why the server ended the call.
    async fn end(&mut self) -> Failure {
        let Reply::Begun(reply) = &mut self.reply else { return ended() };
        match reply.trailers().await {
            Ok(trailers) => trailers.as_ref().and_then(refusal).unwrap_or_else(ended),
            Err(e) => lost(e),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.request.send_reset(h2::Reason::CANCEL);
    }
}

fn ended() -> Failure {
    Failure::Lost("the server ended the stream".to_owned())
}
