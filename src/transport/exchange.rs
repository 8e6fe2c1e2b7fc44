//! One unary gRPC call on one connection, and what was sent when it fails.
//! The parts that calls of any kind begin and end with are here too.

#![forbid(unsafe_code)]

use super::channel::Picked;
use super::connect::{describe, Sender};
use super::io::Traffic;
use super::link::Link;
use super::Failure;
use crate::error::printable;
use crate::sys::{self, Unread};
use crate::wire::encode::PREFIX;
use crate::wire::weight::{self, Element};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue, CONTENT_TYPE, TE, USER_AGENT};
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Method, StatusCode};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{timeout, Instant};

/// How often to let the connection read before a call is sent on it.
const MAX_NEWS: usize = 8;
const STREAM_LIMIT_CHECK: Duration = Duration::from_millis(50);
/// For a server to allow another call; then it is tried on another one.
const STREAM_PATIENCE: Duration = Duration::from_secs(1);
const GRPC: &str = "application/grpc";
/// No byte of a reply becomes more in memory; see [`weight`].
const MOST_GROWTH: usize = 128;

/// One request, framed once and sent as often as needed.
#[derive(Clone)]
pub struct Request {
    pub path: PathAndQuery,
    /// With its gRPC frame header.
    pub frame: Bytes,
    pub require_leader: bool,
}

/// A stream of the connection, counted for as long as it lives.
pub struct Counted(Arc<Traffic>);

impl Counted {
    /// Another one, if the server allows it now. Beyond its limit HTTP/2 would
    /// take the request and keep it: nobody could say that it has never left.
    fn now(traffic: &Arc<Traffic>, sender: &Sender) -> Option<Counted> {
        if traffic.streams.load(Relaxed) >= sender.current_max_send_streams() {
            return None;
        }
        traffic.streams.fetch_add(1, Relaxed);
        Some(Counted(traffic.clone()))
    }

    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.0
    }

    async fn later(traffic: &Arc<Traffic>, sender: &Sender) -> Result<Counted, Failure> {
        let end = Instant::now() + STREAM_PATIENCE;
        while Instant::now() < end {
            if let Some(counted) = Counted::now(traffic, sender) {
                return Ok(counted);
            }
            // The limit itself may change, of which nothing tells.
            let _ = timeout(STREAM_LIMIT_CHECK, traffic.stream_ended.notified()).await;
        }
        let limit = sender.current_max_send_streams();
        Err(Failure::NotSent(format!(
            "the server allows no more calls at once, its limit is {limit}"
        )))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
        self.0.stream_ended.notify_one();
    }
}

/// A connection that takes another request now.
pub async fn ready(picked: &Picked) -> Result<(Sender, Counted), Failure> {
    let traffic = &picked.connection.traffic;
    // A server that has died since must not be sent anything: nobody could say
    // what became of it. News that is waiting to be read may be its goodbye. Those
    // before whom others wait go with them, and one look is enough.
    for _ in 0..MAX_NEWS {
        if traffic.is_queueing() {
            break;
        }
        match traffic.unread() {
            // With other calls in progress it is most likely a reply to one of them.
            Unread::Data if traffic.streams.load(Relaxed) == 0 => tokio::task::yield_now().await,
            Unread::Nothing | Unread::Data => break,
            Unread::End => {
                picked.link.retire(&picked.connection);
                return Err(Failure::NotSent("the server closed the connection".to_owned()));
            }
        }
    }
    let mut sender = picked.connection.sender.clone();
    if let Err(e) = poll_fn(|cx| sender.poll_ready(cx)).await {
        picked.link.retire(&picked.connection);
        return Err(Failure::NotSent(e.to_string()));
    }
    let counted = match Counted::now(traffic, &sender) {
        Some(counted) => counted,
        None => Box::pin(Counted::later(traffic, &sender)).await?,
    };
    traffic.queued.store(traffic.sent.load(Relaxed) + 1, Relaxed);
    Ok((sender, counted))
}

/// Sends the request and returns the reply's message. `sent` is true from the
/// moment the server may have it.
pub async fn unary(
    picked: &Picked,
    request: &Request,
    token: Option<&HeaderValue>,
    reply_limit: usize,
    sent: &AtomicBool,
) -> Result<Vec<u8>, Failure> {
    let (mut sender, _counted) = ready(picked).await?;
    let traffic = &*picked.connection.traffic;
    let head = head(&picked.link, request, token);
    let bytes_before = traffic.sent.load(Relaxed);
    let (response, mut body) = sender.send_request(head, false).map_err(|e| {
        picked.link.retire(&picked.connection);
        Failure::NotSent(e.to_string())
    })?;
    let unanswered = |e: h2::Error| {
        // The server says it has not looked at it, or not a byte has left since.
        let refused =
            e.is_remote() && (e.is_go_away() || e.reason() == Some(h2::Reason::REFUSED_STREAM));
        if refused || traffic.sent.load(Relaxed) == bytes_before {
            sent.store(false, Relaxed);
            Failure::NotSent(format!("connection lost: {}", describe(&e)))
        } else {
            lost(e)
        }
    };
    sent.store(true, Relaxed);
    body.send_data(request.frame.clone(), true).map_err(unanswered)?;
    // Once it answers it has looked at it, whatever it says later.
    let (head, mut stream) = response.await.map_err(unanswered)?.into_parts();
    accepted(&head)?;
    let mut message = Message::new(&request.path, reply_limit);
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
        // A proxy that lost the server ends the stream like this.
        None => Err(Failure::Lost("the reply ended without a status".to_owned())),
    }
}

pub fn head(link: &Link, request: &Request, token: Option<&HeaderValue>) -> http::Request<()> {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if link.endpoint.tls { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(link.authority.clone());
    uri.path_and_query = Some(request.path.clone());
    let mut head = http::Request::new(());
    *head.method_mut() = Method::POST;
    *head.uri_mut() = Uri::from_parts(uri).unwrap_or_default();
    let headers = head.headers_mut();
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("libetcd/", env!("CARGO_PKG_VERSION"))),
    );
    if let Some(token) = token {
        headers.insert("token", token.clone());
    }
    if request.require_leader {
        headers.insert("hasleader", HeaderValue::from_static("true"));
    }
    head
}

/// The connection broke, or the server broke off the call.
pub fn lost(e: h2::Error) -> Failure {
    Failure::Lost(format!("connection lost: {}", describe(&e)))
}

/// Whether a reply's headers promise a message.
pub fn accepted(head: &http::response::Parts) -> Result<(), Failure> {
    // A refusal without a message carries everything in its only header block.
    if let Some(refusal) = refusal(&head.headers) {
        return Err(refusal);
    }
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if head.status == StatusCode::OK && kind.is_some_and(is_grpc) {
        return Ok(());
    }
    let kind = match kind {
        Some(kind) => format!("content-type \"{}\"", printable(&String::from_utf8_lossy(kind))),
        None => "no content-type".to_owned(),
    };
    let message = format!("not etcd's answer, a proxy's? HTTP status {}, {kind}", head.status);
    Err(match head.status {
        StatusCode::OK => Failure::Malformed(message),
        status => Failure::Refused { code: code_of_http(status.as_u16()), message },
    })
}

fn is_grpc(content_type: &[u8]) -> bool {
    let (name, rest) = content_type.split_at(content_type.len().min(GRPC.len()));
    name.eq_ignore_ascii_case(GRPC.as_bytes()) && matches!(rest, [] | [b'+' | b';', ..])
}

/// The status in a reply's headers or trailers, unless it says OK.
pub fn refusal(headers: &HeaderMap) -> Option<Failure> {
    let given = String::from_utf8_lossy(headers.get("grpc-status")?.as_bytes());
    let code = match given.parse() {
        Ok(0) => return None,
        Ok(code @ 1..=16) => code,
        // gRPC's "unknown".
        _ => 2,
    };
    let message = match headers.get("grpc-message").map_or(&[][..], HeaderValue::as_bytes) {
        [] => format!("grpc-status \"{}\", and no message", printable(&given)),
        message => readable(message),
    };
    Some(Failure::Refused { code, message })
}

/// Undoes gRPC's percent-encoding.
fn readable(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |b: &u8| (*b as char).to_digit(16);
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                bytes.push((hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0)) as u8);
                rest = after;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    printable(&String::from_utf8_lossy(&bytes))
}

/// What gRPC makes of an HTTP status that is not 200.
fn code_of_http(status: u16) -> i32 {
    match status {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

/// Collects one message, in memory of its own: what HTTP/2 hands out would keep
/// far larger buffers alive.
pub struct Message {
    limit: usize,
    elements: &'static [Element],
    prefix: [u8; PREFIX],
    /// How much of that has arrived.
    begun: usize,
    /// The message's length, once its frame header has arrived.
    length: Option<usize>,
    data: Vec<u8>,
}

impl Message {
    /// Of the reply to the call of this path.
    pub fn new(path: &PathAndQuery, limit: usize) -> Message {
        let elements = weight::elements(path.path());
        Message { limit, elements, prefix: [0; PREFIX], begun: 0, length: None, data: Vec::new() }
    }

    /// Takes what belongs to the message, and gives back the rest.
    pub fn take<'a>(&mut self, mut chunk: &'a [u8]) -> Result<&'a [u8], Failure> {
        if self.length.is_none() {
            let (prefix, rest) = chunk.split_at(chunk.len().min(PREFIX - self.begun));
            self.prefix[self.begun..][..prefix.len()].copy_from_slice(prefix);
            self.begun += prefix.len();
            chunk = rest;
            if self.begun < PREFIX {
                return Ok(chunk);
            }
            let [compressed, length @ ..] = self.prefix;
            if compressed != 0 {
                return Err(Failure::Malformed("the reply is compressed".to_owned()));
            }
            let length = u32::from_be_bytes(length) as usize;
            if length > self.limit {
                return Err(Failure::TooLarge { size: length, limit: self.limit });
            }
            if !sys::reserve(&mut self.data, length) {
                return Err(Failure::NoMemory(length));
            }
            self.length = Some(length);
        }
        let missing = self.length.unwrap_or(0) - self.data.len();
        let (ours, rest) = chunk.split_at(chunk.len().min(missing));
        self.data.extend_from_slice(ours);
        Ok(rest)
    }

    pub fn is_whole(&self) -> bool {
        self.length == Some(self.data.len())
    }

    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        if !self.is_whole() {
            let why = match self.begun {
                0 => "the reply is without a message",
                _ => "the reply ends in the middle of a message",
            };
            return Err(Failure::Malformed(why.to_owned()));
        }
        // The message and what it becomes stay below three times the limit.
        let (size, room) = (self.data.len(), self.limit.saturating_mul(2));
        let small = size < room / MOST_GROWTH;
        if !small && weight::exceeds(self.elements, &self.data, room) {
            return Err(Failure::TooLarge { size: size + room, limit: self.limit });
        }
        Ok(self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(chunks: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let path = PathAndQuery::from_static("/etcdserverpb.KV/Range");
        let mut message = Message::new(&path, 100);
        for chunk in chunks {
            if !message.take(chunk)?.is_empty() {
                return Err(Failure::Malformed(String::new()));
            }
        }
        message.finish()
    }

    #[test]
    fn a_message_in_any_pieces() {
        let reply = b"\0\0\0\0\x04abcd";
        for cut in 0..=reply.len() {
            let (a, b) = reply.split_at(cut);
            assert_eq!(collect(&[a, b]).unwrap(), b"abcd", "{cut}");
        }
        let single: Vec<&[u8]> = reply.chunks(1).collect();
        assert_eq!(collect(&single).unwrap(), b"abcd");
        assert_eq!(collect(&[b"\0\0\0\0\0"]).unwrap(), b"");
    }

    #[test]
    fn bad_replies_are_refused() {
        assert!(matches!(collect(&[b"\0\0\0\0\x65"]), Err(Failure::TooLarge { size: 101, .. })));
        // Three pairs of two bytes would take more than twice the limit.
        assert!(collect(&[b"\0\0\0\0\x04", b"\x12\0\x12\0"]).is_ok());
        let three = [&b"\0\0\0\0\x06"[..], b"\x12\0\x12\0\x12\0"];
        assert!(matches!(collect(&three), Err(Failure::TooLarge { size: 206, .. })));
        assert!(matches!(collect(&[b"\x01\0\0\0\x01a"]), Err(Failure::Malformed(_))));
        assert!(matches!(collect(&[b"\0\0\0\0\x01ab"]), Err(Failure::Malformed(_))));
        assert!(matches!(collect(&[b"\0\0\0\0\x01a", b"b"]), Err(Failure::Malformed(_))));
        assert!(matches!(collect(&[b"\0\0\0\0\x03ab"]), Err(Failure::Malformed(_))));
        assert!(matches!(collect(&[b"\0\0"]), Err(Failure::Malformed(_))));
        assert!(matches!(collect(&[]), Err(Failure::Malformed(_))));
    }

    #[test]
    fn a_servers_text_cannot_steer_a_terminal() {
        assert_eq!(readable(b"a%20b%e2%82%ac%"), "a b\u{20ac}%");
        assert_eq!(readable(b"x\x1b[2J%0a"), "x\\u{1b}[2J\\n");
        assert!(readable(&[b'a'; 5000]).len() < 1100);
    }
}
