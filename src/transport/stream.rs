//! One gRPC call on one connection in which both sides send messages.

#![forbid(unsafe_code)]

use super::channel::Picked;
use super::exchange::{accepted, head, lost, ready, refusal, Counted, Message};
use super::{Failure, Request};
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
    counted: Counted,
    request: SendStream<Bytes>,
    reply: Reply,
    path: PathAndQuery,
    limit: usize,
    message: Message,
    /// What has arrived and belongs to later messages.
    rest: Bytes,
}

impl Stream {
    /// Begins the call, with a first message unless that is empty, to which others may
    /// be added unless it is the only one; `limit` is for each message to come.
    pub async fn open(
        picked: &Picked,
        first: &Request,
        only: bool,
        token: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Stream, Failure> {
        let (mut sender, counted) = ready(picked).await?;
        let head = head(&picked.link, first, token);
        let (reply, mut request) = sender.send_request(head, false).map_err(|e| {
            picked.link.retire(&picked.connection);
            Failure::NotSent(e.to_string())
        })?;
        if !first.frame.is_empty() {
            request.send_data(first.frame.clone(), only).map_err(lost)?;
        }
        Ok(Stream {
            counted,
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

    /// The next message. May be dropped while it waits, and called again.
    pub async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let traffic = self.counted.traffic().clone();
        tokio::select! {
            biased;
            message = self.receive() => message,
            () = traffic.left() => {
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
                    accepted(&head)?;
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
