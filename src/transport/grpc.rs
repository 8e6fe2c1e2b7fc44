//! gRPC over HTTP/2: a request's headers, and what a reply's headers and trailers say.

#![forbid(unsafe_code)]

use super::failure::Failure;
use super::reason::h2_reason;
use super::subchannel::Subchannel;
use crate::error::printable;
use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue, CONTENT_TYPE, TE, USER_AGENT};
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Method, StatusCode};

const GRPC: &str = "application/grpc";

/// One request, framed once and sent as often as needed.
#[derive(Clone)]
pub struct Request {
    pub path: &'static str,
    /// With its gRPC frame header.
    pub frame: Bytes,
    pub require_leader: bool,
}

pub fn request_head(
    subchannel: &Subchannel,
    request: &Request,
    token: Option<&HeaderValue>,
) -> http::Request<()> {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if subchannel.endpoint.tls { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(subchannel.authority.clone());
    uri.path_and_query = Some(PathAndQuery::from_static(request.path));
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

/// The connection broke, or the server reset the stream.
pub fn lost(e: h2::Error) -> Failure {
    Failure::Lost(format!("connection lost: {}", h2_reason(&e)))
}

/// Checks whether a reply's headers announce a message.
pub fn check_head(head: &http::response::Parts) -> Result<(), Failure> {
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
        message => percent_decoded(message),
    };
    Some(Failure::Refused { code, message })
}

/// Undoes gRPC's percent-encoding.
fn percent_decoded(encoded: &[u8]) -> String {
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

/// The gRPC code for an HTTP status that is not 200.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_text_cannot_steer_a_terminal() {
        assert_eq!(percent_decoded(b"a%20b%e2%82%ac%"), "a b\u{20ac}%");
        assert_eq!(percent_decoded(b"x\x1b[2J%0a"), "x\\u{1b}[2J\\n");
        assert!(percent_decoded(&[b'a'; 5000]).len() < 1100);
    }
}
