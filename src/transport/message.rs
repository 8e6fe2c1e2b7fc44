//! A gRPC message, collected from the pieces in which it arrives.

#![forbid(unsafe_code)]

use super::failure::Failure;
use crate::sys;
use crate::wire::encode::PREFIX;
use crate::wire::memory_cost::{self, Element};

/// No byte of a reply becomes more bytes in memory; see [`memory_cost`].
const MAX_GROWTH: usize = 128;

/// It says which watch a response is for, and of which revision.
const BEGINNING: usize = 4096;
const WATCH: &str = "/etcdserverpb.Watch/Watch";

/// Collects one message in memory of its own: the pieces from HTTP/2 would keep far
/// larger buffers alive.
pub struct Message {
    limit: usize,
    /// How much to read of a message that is too large.
    beginning: usize,
    elements: &'static [Element],
    prefix: [u8; PREFIX],
    /// How many bytes of the prefix have arrived.
    begun: usize,
    /// The message's length, once its frame header has arrived.
    length: Option<usize>,
    data: Vec<u8>,
}

impl Message {
    /// A reply to the call with this path.
    pub fn new(path: &str, limit: usize) -> Message {
        Message {
            limit,
            beginning: if path == WATCH { BEGINNING } else { 0 },
            elements: memory_cost::elements(path),
            prefix: [0; PREFIX],
            begun: 0,
            length: None,
            data: Vec::new(),
        }
    }

    /// Takes what belongs to the message and returns the rest.
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
            self.length = Some(length);
            let wanted = self.wanted();
            if !sys::reserve(&mut self.data, wanted) {
                return Err(Failure::NoMemory(length));
            }
        }
        let missing = self.wanted() - self.data.len();
        let (ours, rest) = chunk.split_at(chunk.len().min(missing));
        self.data.extend_from_slice(ours);
        match self.length {
            Some(length) if length > self.limit && self.data.len() == self.wanted() => {
                Err(self.too_large(length))
            }
            _ => Ok(rest),
        }
    }

    /// How much of the message is of use.
    fn wanted(&self) -> usize {
        match self.length.unwrap_or(0) {
            // Larger than gRPC allows: no more will come.
            length if length > i32::MAX as usize => 0,
            length if length > self.limit => self.beginning.min(self.limit),
            length => length,
        }
    }

    fn too_large(&mut self, size: usize) -> Failure {
        let mut beginning = std::mem::take(&mut self.data);
        beginning.truncate(self.beginning);
        Failure::TooLarge { size, limit: self.limit, beginning }
    }

    pub fn is_whole(&self) -> bool {
        self.length == Some(self.data.len())
    }

    pub fn is_begun(&self) -> bool {
        self.begun > 0
    }

    pub fn finish(mut self) -> Result<Vec<u8>, Failure> {
        if !self.is_whole() {
            let why = match self.begun {
                0 => "the reply is without a message",
                _ => "the reply ends in the middle of a message",
            };
            return Err(Failure::Malformed(why.to_owned()));
        }
        // The message and what is made of it take less than three times the limit.
        let (size, room) = (self.data.len(), self.limit.saturating_mul(2));
        let small = size < room / MAX_GROWTH;
        if !small && memory_cost::exceeds(self.elements, &self.data, room) {
            return Err(self.too_large(size + room));
        }
        Ok(self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(chunks: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let mut message = Message::new("/etcdserverpb.KV/Range", 100);
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
    fn of_a_response_to_a_watch_the_beginning_is_kept() {
        let mut message = Message::new(WATCH, 5000);
        assert!(message.take(b"\0\0\0\x20\0").is_ok_and(<[u8]>::is_empty));
        assert!(message.take(&[7; BEGINNING - 1]).is_ok_and(<[u8]>::is_empty));
        let failure = message.take(&[8; 2]).unwrap_err();
        let Failure::TooLarge { size: 0x2000, limit: 5000, beginning } = failure else { panic!() };
        assert_eq!((beginning.len(), beginning[0], beginning[BEGINNING - 1]), (BEGINNING, 7, 8));
        let mut message = Message::new(WATCH, 5000);
        message.take(&[&b"\0\0\0\x03\xe8"[..], &[11 << 3 | 2, 0].repeat(500)].concat()).unwrap();
        let failure = message.finish().unwrap_err();
        let Failure::TooLarge { size: 11_000, beginning, .. } = failure else { panic!() };
        assert_eq!(beginning.len(), 1000);
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
}
