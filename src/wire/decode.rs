//! Replies, and puts, read in place.

#![forbid(unsafe_code)]

use super::proto;
use super::proto::PutRequest;
use bytes::Bytes;

/// No store reaches a later revision: that takes millions of years. What is computed from
/// one does not overflow.
pub const MAX_REVISION: i64 = i64::MAX / 2;

/// The buffer is not the expected message.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

pub type Result<T> = std::result::Result<T, Malformed>;

pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of one message, in the order they were written.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    #[inline(always)]
    pub(super) fn varint(&mut self) -> Result<u64> {
        match self.0 {
            // Most numbers have one byte.
            [byte @ ..0x80, rest @ ..] => {
                self.0 = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64> {
        let (mut value, mut rest) = (0u64, self.0);
        for shift in (0..10).map(|at| 7 * at) {
            let [byte, behind @ ..] = rest else { break };
            rest = behind;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    #[inline(always)]
    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next field's number and value. Without inlining a large reply takes twice as
    /// long to read.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return Err(Malformed),
        };
        Ok(Some((key >> 3, value)))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub cluster_id: u64,
    pub member_id: u64,
    pub revision: i64,
    pub raft_term: u64,
}

impl Header {
    pub fn decode(buffer: &[u8]) -> Result<Header> {
        let mut header = Header::default();
        let mut fields = Fields(buffer);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Number(id)) => header.cluster_id = id,
                (2, Value::Number(id)) => header.member_id = id,
                (3, Value::Number(revision)) => header.revision = revision as i64,
                (4, Value::Number(term)) => header.raft_term = term,
                _ => {}
            }
        }
        (0..=MAX_REVISION).contains(&header.revision).then_some(header).ok_or(Malformed)
    }
}

/// A PutRequest, pointing into the request.
#[derive(Clone, Copy, Default)]
pub struct Put<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub lease: i64,
    pub prev_kv: bool,
    pub ignore_value: bool,
    pub ignore_lease: bool,
}

impl<'a> Put<'a> {
    pub fn decode(buffer: &'a [u8]) -> Result<Put<'a>> {
        let mut put = Put::default();
        let mut fields = Fields(buffer);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Bytes(key)) => put.key = key,
                (2, Value::Bytes(value)) => put.value = value,
                (3, Value::Number(lease)) => put.lease = lease as i64,
                (4, Value::Number(flag)) => put.prev_kv = flag != 0,
                (5, Value::Number(flag)) => put.ignore_value = flag != 0,
                (6, Value::Number(flag)) => put.ignore_lease = flag != 0,
                _ => {}
            }
        }
        Ok(put)
    }
}

impl<'a> From<&'a PutRequest> for Put<'a> {
    fn from(request: &'a PutRequest) -> Put<'a> {
        let PutRequest { lease, prev_kv, ignore_value, ignore_lease, .. } = *request;
        let (key, value) = (&request.key[..], &request.value[..]);
        Put { key, value, lease, prev_kv, ignore_value, ignore_lease }
    }
}

/// The token in an AuthenticateResponse, in place.
pub fn token(buffer: &[u8]) -> Result<&[u8]> {
    let mut fields = Fields(buffer);
    let mut token = None;
    while let Some(field) = fields.next()? {
        if let (2, Value::Bytes(bytes)) = field {
            token = Some(bytes);
        }
    }
    token.ok_or(Malformed)
}

/// The header of any reply from etcd, in which it is the first field.
pub fn header(reply: &[u8]) -> Result<Option<Header>> {
    match Fields(reply).next() {
        Ok(Some((1, Value::Bytes(header)))) => Header::decode(header).map(Some),
        _ => Ok(None),
    }
}

/// One key with its value, pointing into the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyValue<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub create_revision: i64,
    pub mod_revision: i64,
    pub version: i64,
    pub lease: i64,
}

impl<'a> From<&'a proto::KeyValue> for KeyValue<'a> {
    fn from(kv: &'a proto::KeyValue) -> KeyValue<'a> {
        let proto::KeyValue { key, value, create_revision, mod_revision, version, lease } = kv;
        KeyValue {
            key,
            value,
            create_revision: *create_revision,
            mod_revision: *mod_revision,
            version: *version,
            lease: *lease,
        }
    }
}

impl<'a> KeyValue<'a> {
    /// As a message of its own.
    pub fn to_owned(self) -> proto::KeyValue {
        let KeyValue { key, value, create_revision, mod_revision, version, lease } = self;
        let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
        proto::KeyValue { key, value, create_revision, mod_revision, version, lease }
    }

    pub fn read(buffer: &'a [u8]) -> Result<KeyValue<'a>> {
        let mut kv = KeyValue::default();
        let mut fields = Fields(buffer);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Bytes(key)) => kv.key = key,
                (2, Value::Number(revision)) => kv.create_revision = revision as i64,
                (3, Value::Number(revision)) => kv.mod_revision = revision as i64,
                (4, Value::Number(version)) => kv.version = version as i64,
                (5, Value::Bytes(value)) => kv.value = value,
                (6, Value::Number(lease)) => kv.lease = lease as i64,
                _ => {}
            }
        }
        Ok(kv)
    }

    /// Whether it has what every stored pair has. Pairs without would take many times
    /// more memory here than on the wire.
    pub fn is_stored(&self) -> bool {
        !self.key.is_empty() && self.has_revision() && self.version > 0
    }

    /// Whether it was written at a revision that a store may have.
    pub fn has_revision(&self) -> bool {
        (1..=MAX_REVISION).contains(&self.mod_revision)
            && (0..=MAX_REVISION).contains(&self.create_revision)
    }

    pub fn decode(buffer: &'a [u8]) -> Result<KeyValue<'a>> {
        let kv = KeyValue::read(buffer)?;
        kv.is_stored().then_some(kv).ok_or(Malformed)
    }
}

/// What RangeResponse, PutResponse and DeleteRangeResponse have besides their pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub header: Header,
    pub count: i64,
    pub more: bool,
}

/// The numbers of the fields in one of the three replies. The header is field 1.
pub struct Shape {
    pairs: u64,
    count: u64,
    more: u64,
    /// It is not a part of a reply: it has its header and its count.
    whole: bool,
}

pub const RANGE: Shape = Shape { pairs: 2, count: 4, more: 3, whole: true };
/// A part of a range reply; the header, the count and `more` come with the last.
pub const RANGE_PART: Shape = Shape { whole: false, ..RANGE };
/// The same without a look at its pairs.
pub const PART_TOTALS: Shape = Shape { pairs: 0, ..RANGE_PART };
pub const PUT: Shape = Shape { pairs: 2, count: 0, more: 0, whole: true };
/// A reply of which nothing else is wanted.
pub const HEADER_ONLY: Shape = Shape { pairs: 0, count: 0, more: 0, whole: true };
pub const DELETE_RANGE: Shape = Shape { pairs: 3, count: 2, more: 0, whole: true };

impl Shape {
    /// Reads a reply; `pair` gets each pair and about how many are to come,
    /// itself included.
    pub fn decode<'a>(
        &self,
        buffer: &'a [u8],
        mut pair: impl FnMut(KeyValue<'a>, usize),
    ) -> Result<Reply> {
        let mut reply = Reply::default();
        let mut has_header = false;
        let mut pairs = 0;
        let mut fields = Fields(buffer);
        loop {
            let left = fields.0.len();
            let Some((number, value)) = fields.next()? else { break };
            match value {
                Value::Bytes(bytes) if number == 1 => {
                    reply.header = Header::decode(bytes)?;
                    has_header = true;
                }
                Value::Bytes(bytes) if number == self.pairs => {
                    let size = left - fields.0.len();
                    pairs += 1;
                    pair(KeyValue::decode(bytes)?, left / size + 1);
                }
                Value::Number(count) if number == self.count => reply.count = count as i64,
                Value::Number(more) if number == self.more => reply.more = more != 0,
                _ => {}
            }
        }
        // etcd has never sent a reply without one, nor counted less than it sent.
        let counted = self.count == 0 || reply.count >= pairs;
        (!self.whole || has_header && counted).then_some(reply).ok_or(Malformed)
    }
}

/// The part of a range reply in a RangeStreamResponse.
pub fn streamed(buffer: &[u8]) -> Result<&[u8]> {
    match Fields(buffer).next()? {
        Some((1, Value::Bytes(part))) => Ok(part),
        Some(_) => Err(Malformed),
        None => Ok(&[]),
    }
}

/// Where to cut a range reply in two, each the fields of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Behind the last pair of the first half, or at the end.
    pub at: usize,
    /// The last key before that; none if there is no key.
    pub last: Option<&'a [u8]>,
    /// There are keys behind it.
    pub more: bool,
}

/// Cuts off so many pairs of a range reply, or all that it has.
pub fn cut(buffer: &[u8], most: usize) -> Result<Cut<'_>> {
    let mut fields = Fields(buffer);
    let (mut pairs, mut last) = (0, None);
    loop {
        let at = buffer.len() - fields.0.len();
        match fields.next()? {
            None => return Ok(Cut { at, last, more: false }),
            Some((number, Value::Bytes(pair))) if number == RANGE.pairs => {
                if pairs == most {
                    return Ok(Cut { at, last, more: true });
                }
                pairs += 1;
                last = Some(KeyValue::decode(pair)?.key);
            }
            Some(_) => {}
        }
    }
}

/// One response inside a transaction's, not read yet.
pub enum Part<'a> {
    Range(&'a [u8]),
    Put(&'a [u8]),
    Delete(&'a [u8]),
    Txn(&'a [u8]),
}

/// Reads a TxnResponse; `part` gets each response in it. The header, and
/// whether the compares held.
pub fn txn<'a>(buffer: &'a [u8], mut part: impl FnMut(Part<'a>)) -> Result<(Option<Header>, bool)> {
    let (mut header, mut succeeded) = (None, false);
    let mut fields = Fields(buffer);
    while let Some(field) = fields.next()? {
        match field {
            (1, Value::Bytes(bytes)) => header = Some(Header::decode(bytes)?),
            (2, Value::Number(number)) => succeeded = number != 0,
            (3, Value::Bytes(bytes)) => part(match Fields(bytes).next()? {
                Some((1, Value::Bytes(bytes))) => Part::Range(bytes),
                Some((2, Value::Bytes(bytes))) => Part::Put(bytes),
                Some((3, Value::Bytes(bytes))) => Part::Delete(bytes),
                Some((4, Value::Bytes(bytes))) => Part::Txn(bytes),
                _ => return Err(Malformed),
            }),
            _ => {}
        }
    }
    Ok((header, succeeded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode::Encoder;

    fn message(encoder: Encoder) -> Vec<u8> {
        encoder.finish()[5..].to_vec()
    }

    #[test]
    fn a_range_reply_is_read_in_place() {
        let pair = message(
            Encoder::new(0).unwrap().bytes(1, b"k\0").flag(3, true).flag(4, true).bytes(5, b"v"),
        );
        let header = message(Encoder::new(0).unwrap().flag(3, true));
        let reply = message(
            Encoder::new(0)
                .unwrap()
                .bytes(1, &header)
                .bytes(2, &pair)
                .bytes(2, &pair)
                .flag(3, true)
                .number(4, 2),
        );
        let mut pairs = Vec::new();
        let decoded = RANGE.decode(&reply, |kv, _| pairs.push(kv)).unwrap();
        assert_eq!(decoded.header.revision, 1);
        assert!(decoded.more);
        assert_eq!(pairs.len(), 2);
        assert_eq!((pairs[0].key, pairs[0].value, pairs[0].version), (&b"k\0"[..], &b"v"[..], 1));
    }

    #[test]
    fn what_etcd_would_never_say() {
        let new = || Encoder::new(0).unwrap();
        let pair = message(new().bytes(1, b"k").flag(3, true).flag(4, true));
        let reply = |revision, count| {
            let header = message(new().number(3, revision));
            message(new().bytes(1, &header).bytes(2, &pair).number(4, count))
        };
        assert!(RANGE.decode(&reply(1, 1), |_, _| ()).is_ok());
        // A revision before the first, fewer keys than there are, none of the three numbers.
        assert_eq!(RANGE.decode(&reply(-1, 1), |_, _| ()), Err(Malformed));
        assert_eq!(RANGE.decode(&reply(1, 0), |_, _| ()), Err(Malformed));
        assert_eq!(RANGE.decode(&reply(1, -1), |_, _| ()), Err(Malformed));
        for (key, revision, version) in
            [(&b""[..], 1, 1), (b"k", 0, 1), (b"k", -1, 1), (b"k", 1, 0)]
        {
            let pair = new().bytes(1, key).number(3, revision).number(4, version);
            assert_eq!(KeyValue::decode(&message(pair)), Err(Malformed));
        }
        // A response to nothing, and to an operation that there is not.
        assert!(txn(&[0x1a, 0], |_| ()).is_err());
        assert!(txn(&message(new().bytes(3, &[0x2a, 0])), |_| ()).is_err());
    }

    #[test]
    fn a_reply_is_cut_between_its_pairs() {
        let pair = |key: &[u8]| {
            message(Encoder::new(0).unwrap().bytes(1, key).flag(3, true).flag(4, true))
        };
        let encoder =
            Encoder::new(0).unwrap().bytes(1, &message(Encoder::new(0).unwrap().flag(3, true)));
        let encoder = encoder.bytes(2, &pair(b"a")).bytes(2, &pair(b"b")).bytes(2, &pair(b"c"));
        let reply = message(encoder.flag(3, true).number(4, 9));
        let keys = |part: &[u8]| {
            let mut keys = Vec::new();
            RANGE_PART.decode(part, |kv, _| keys.extend_from_slice(kv.key)).unwrap();
            keys
        };
        for (most, last, more) in [(1, b"a", true), (2, b"b", true), (3, b"c", false)] {
            let cut = cut(&reply, most).unwrap();
            assert_eq!((cut.last, cut.more), (Some(&last[..]), more));
            assert_eq!(keys(&reply[..cut.at]), b"abc"[..most]);
            assert_eq!(keys(&reply[cut.at..]), b"abc"[most..]);
        }
        assert_eq!(cut(&[], 1), Ok(Cut { at: 0, last: None, more: false }));
        assert_eq!(cut(&[0x12, 0x05], 1), Err(Malformed));
        assert_eq!(streamed(&message(Encoder::new(0).unwrap().bytes(1, &reply))), Ok(&reply[..]));
        assert_eq!((streamed(&[]), streamed(&[0x08, 0x01])), (Ok(&[][..]), Err(Malformed)));
    }

    #[test]
    fn every_cut_of_a_reply_is_an_error_or_a_shorter_reply_but_never_a_panic() {
        let pair = message(
            Encoder::new(0)
                .unwrap()
                .bytes(1, b"key")
                .flag(3, true)
                .flag(4, true)
                .bytes(5, b"value"),
        );
        let header = message(Encoder::new(0).unwrap().flag(3, true));
        let reply = message(Encoder::new(0).unwrap().bytes(1, &header).bytes(2, &pair));
        for length in 0..reply.len() {
            for byte in [0x00, 0x7f, 0x80, 0xff] {
                let mut cut = reply[..length].to_vec();
                cut.push(byte);
                let _ = RANGE.decode(&cut, |_, _| ());
            }
        }
        assert_eq!(RANGE.decode(&[], |_, _| ()), Err(Malformed));
        assert_eq!(RANGE.decode(&[0xff; 11], |_, _| ()), Err(Malformed));
        assert_eq!(RANGE.decode(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], |_, _| ()), Err(Malformed));
    }
}
