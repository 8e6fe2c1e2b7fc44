//! WatchResponse, read in place: most of what a watching client receives.

#![forbid(unsafe_code)]

use super::decode::{Fields, Header, KeyValue, Malformed, Result, Value, MAX_REVISION};
use std::ops::Range;

/// A response without its events.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    pub header: Header,
    pub watch_id: i64,
    pub created: bool,
    pub canceled: bool,
    pub compact_revision: i64,
    pub cancel_reason: &'a [u8],
    /// The next response continues the revision of the last event.
    pub fragment: bool,
    /// The part of the message that has the events.
    pub events: Range<usize>,
}

const EVENTS: u64 = 11;

pub fn head(message: &[u8]) -> Result<Head<'_>> {
    let mut head = Head::default();
    let mut fields = Fields(message);
    loop {
        let at = message.len() - fields.0.len();
        let Some(field) = fields.next()? else { return Ok(head) };
        match field {
            (1, Value::Bytes(header)) => head.header = Header::decode(header)?,
            (2, Value::Number(id)) => head.watch_id = id as i64,
            (3, Value::Number(created)) => head.created = created != 0,
            (4, Value::Number(canceled)) => head.canceled = canceled != 0,
            (5, Value::Number(revision)) => head.compact_revision = revision as i64,
            (6, Value::Bytes(reason)) => head.cancel_reason = reason,
            (7, Value::Number(fragment)) => head.fragment = fragment != 0,
            (EVENTS, Value::Bytes(_)) => {
                let end = message.len() - fields.0.len();
                match head.events.is_empty() {
                    true => head.events = at..end,
                    false if head.events.end == at => head.events.end = end,
                    // Every encoder writes them together.
                    false => return Err(Malformed),
                }
            }
            _ => {}
        }
    }
}

/// The watch that a response is for, and the revision of its first event, 0 if it comes later:
/// from the beginning of the response.
pub fn beginning(message: &[u8]) -> Option<(i64, i64)> {
    let (mut watch_id, mut revision) = (0, 0);
    let event = find(message, EVENTS, |number, value| {
        watch_id = if number == 2 { value as i64 } else { watch_id };
    })?;
    if let Some(kv) = find(event, 2, |_, _| ()) {
        find(kv, 5, |number, value| revision = if number == 3 { value as i64 } else { revision });
    }
    Some((watch_id, revision.clamp(0, MAX_REVISION)))
}

/// A field of a message that may be cut off within it; `number` is called with those before.
fn find(message: &[u8], wanted: u64, mut number: impl FnMut(u64, u64)) -> Option<&[u8]> {
    let mut fields = Fields(message);
    loop {
        let mut cut = Fields(fields.0);
        match fields.next() {
            Ok(Some((field, Value::Bytes(bytes)))) if field == wanted => return Some(bytes),
            Ok(Some((field, Value::Number(value)))) => number(field, value),
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(Malformed) => {
                let (tag, _length) = (cut.varint().ok()?, cut.varint().ok()?);
                return (tag == wanted << 3 | 2).then_some(cut.0);
            }
        }
    }
}

/// One change, with references into the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub deleted: bool,
    /// Of a deleted key: the key, and the revision of the deletion.
    pub kv: KeyValue<'a>,
    pub prev_kv: Option<KeyValue<'a>>,
}

/// The events in the part of a message that [`head`] returned, or in a part of that.
pub struct Events<'a>(Fields<'a>);

impl<'a> Events<'a> {
    pub fn new(part: &'a [u8]) -> Events<'a> {
        Events(Fields(part))
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0 .0.len()
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>>;

    fn next(&mut self) -> Option<Result<Event<'a>>> {
        match self.0.next() {
            Ok(Some((EVENTS, Value::Bytes(event)))) => Some(Event::decode(event)),
            Ok(None) => None,
            Ok(Some(_)) | Err(Malformed) => Some(Err(Malformed)),
        }
    }
}

impl<'a> Event<'a> {
    fn decode(buffer: &'a [u8]) -> Result<Event<'a>> {
        let (mut deleted, mut kv, mut prev_kv) = (false, None, None);
        let mut fields = Fields(buffer);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Number(0)) => {}
                (1, Value::Number(1)) => deleted = true,
                (1, _) => return Err(Malformed),
                (2, Value::Bytes(bytes)) => kv = Some(KeyValue::read(bytes)?),
                (3, Value::Bytes(bytes)) => prev_kv = Some(KeyValue::decode(bytes)?),
                _ => {}
            }
        }
        // etcd sends no other; one would cost us many times what it takes on the wire.
        let kv = kv.filter(|kv: &KeyValue<'_>| match deleted {
            true => !kv.key.is_empty() && kv.has_revision(),
            false => kv.is_stored(),
        });
        Ok(Event { deleted, kv: kv.ok_or(Malformed)?, prev_kv })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto;
    use prost::Message;

    fn kv(key: &'static str, mod_revision: i64, version: i64) -> proto::KeyValue {
        proto::KeyValue { key: key.into(), mod_revision, version, ..Default::default() }
    }

    fn event(kind: i32, kv: proto::KeyValue, prev: Option<proto::KeyValue>) -> proto::Event {
        proto::Event { r#type: kind, kv: Some(kv), prev_kv: prev }
    }

    #[test]
    fn a_response_is_read_as_it_was_written() {
        let response = proto::WatchResponse {
            header: Some(proto::ResponseHeader { revision: 9, ..Default::default() }),
            watch_id: 3,
            created: true,
            canceled: true,
            compact_revision: 5,
            cancel_reason: "why".to_owned(),
            fragment: true,
            events: vec![
                event(0, kv("a", 7, 1), None),
                event(1, kv("b", 8, 0), Some(kv("b", 6, 2))),
            ],
        };
        let message = response.encode_to_vec();
        let head = head(&message).unwrap();
        assert_eq!((head.header.revision, head.watch_id, head.compact_revision), (9, 3, 5));
        assert!(head.created && head.canceled && head.fragment);
        assert_eq!(head.cancel_reason, b"why");
        let mut events = Events::new(&message[head.events]);
        let first = events.next().unwrap().unwrap();
        assert_eq!((first.deleted, first.kv.key, first.kv.mod_revision), (false, &b"a"[..], 7));
        let second = events.next().unwrap().unwrap();
        assert_eq!((second.deleted, second.kv.key, second.kv.mod_revision), (true, &b"b"[..], 8));
        assert_eq!(second.prev_kv.unwrap().version, 2);
        assert!(events.next().is_none());
    }

    #[test]
    fn the_beginning_says_what_a_response_is_for() {
        let before = proto::KeyValue { value: vec![1; 500].into(), ..kv("b", 6, 2) };
        let large = proto::KeyValue { value: vec![1; 500].into(), ..kv("a", 7, 1) };
        for (event, watch_id) in
            [(event(0, large, None), 3), (event(1, kv("b", 7, 0), Some(before)), 0)]
        {
            let header = Some(proto::ResponseHeader {
                revision: 9,
                cluster_id: 1 << 63,
                ..Default::default()
            });
            let events = vec![event];
            let response = proto::WatchResponse { header, watch_id, events, ..Default::default() };
            let message = response.encode_to_vec();
            for length in 0..message.len() {
                let found = beginning(&message[..length]);
                match length {
                    ..15 => assert_eq!(found, None),
                    15..40 => assert!(found.is_none_or(|it| it.0 == watch_id)),
                    _ => assert_eq!(found, Some((watch_id, 7)), "{length}"),
                }
            }
        }
        assert_eq!(beginning(b"\x10\x03\x20\x01"), None);
    }

    #[test]
    fn what_etcd_would_not_send_is_refused() {
        for bad in [
            event(0, kv("", 7, 1), None),
            event(0, kv("a", 0, 1), None),
            event(0, kv("a", 7, 0), None),
            event(1, kv("", 7, 0), None),
            event(2, kv("a", 7, 1), None),
            event(1, kv("a", 7, 0), Some(kv("a", 0, 0))),
            proto::Event::default(),
        ] {
            let response = proto::WatchResponse { events: vec![bad], ..Default::default() };
            let message = response.encode_to_vec();
            let head = head(&message).unwrap();
            let events: Vec<_> = Events::new(&message[head.events]).collect();
            assert_eq!(events, [Err(Malformed)], "{response:?}");
        }
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_survived() {
        let events = vec![event(0, kv("a", 7, 1), None); 3];
        let message = proto::WatchResponse { events, ..Default::default() }.encode_to_vec();
        let read = |message: &[u8]| {
            head(message).map(|head| Events::new(&message[head.events]).flatten().count())
        };
        for length in 0..message.len() {
            let _ = read(&message[..length]);
            for bit in 0..8 {
                let mut flipped = message.clone();
                flipped[length] ^= 1 << bit;
                let _ = read(&flipped);
            }
        }
    }
}
