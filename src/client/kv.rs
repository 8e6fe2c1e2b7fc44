//! get, put and delete: from arguments to calls.

use super::call::{Call, Effect};
use super::Client;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_EMPTY_KEY, ETCD_ERR_NO_MEMORY, ETCD_ERR_SEND_TOO_LARGE};
use crate::wire::encode::Encoder;
use http::uri::PathAndQuery;
use std::time::Duration;

/// Which keys a get or delete is for.
#[derive(Clone, Copy)]
pub enum Keys<'a> {
    One(&'a [u8]),
    /// From the first up to, but not with, the second.
    Range(&'a [u8], &'a [u8]),
    /// All that begin with it; with the empty prefix, all.
    Prefix(&'a [u8]),
    /// It and all after it.
    From(&'a [u8]),
}

/// What every call may be told.
#[derive(Clone, Copy)]
pub struct Common {
    /// None: the client's own.
    pub timeout: Option<Timeout>,
    pub require_leader: bool,
}

#[derive(Clone, Copy)]
pub enum Timeout {
    After(Duration),
    Never,
}

/// The end of the range that holds just the keys with this prefix.
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|&byte| byte != 0xff);
    match kept {
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            end
        }
        // There is none: to the end of all keys.
        None => vec![0],
    }
}

pub fn no_memory(size: usize) -> Error {
    Error::new(ETCD_ERR_NO_MEMORY, format!("no memory for a request of {size} bytes"))
}

impl Keys<'_> {
    fn encode(self, expected: usize) -> Result<Encoder> {
        let one = [0u8];
        let or_first = |key| if <[u8]>::is_empty(key) { &one[..] } else { key };
        let encoder = Encoder::new(expected).ok_or_else(|| no_memory(expected))?;
        Ok(match self {
            Keys::One([]) | Keys::Range([], _) => {
                return Err(Error::new(ETCD_ERR_EMPTY_KEY, "the key is empty"))
            }
            Keys::One(key) => encoder.bytes(1, key),
            Keys::Range(first, end) => encoder.bytes(1, first).bytes(2, end),
            Keys::Prefix(prefix) => {
                encoder.bytes(1, or_first(prefix)).bytes(2, &prefix_end(prefix))
            }
            Keys::From(first) => encoder.bytes(1, or_first(first)).bytes(2, &one),
        })
    }

    fn len(self) -> usize {
        match self {
            Keys::Range(first, end) => first.len() + end.len(),
            Keys::One(key) | Keys::From(key) => key.len(),
            Keys::Prefix(prefix) => 2 * prefix.len(),
        }
    }
}

impl Client {
    pub fn get(&self, keys: Keys<'_>, common: Common) -> Result<Call> {
        self.fits(keys.len())?;
        let frame = keys.encode(keys.len())?;
        Ok(self.call("/etcdserverpb.KV/Range", Effect::Read, frame, common))
    }

    pub fn put(&self, key: &[u8], value: &[u8], prev_kv: bool, common: Common) -> Result<Call> {
        self.fits(key.len().saturating_add(value.len()))?;
        let frame = Keys::One(key).encode(key.len() + value.len())?;
        let frame = frame.bytes(2, value).flag(4, prev_kv);
        Ok(self.call("/etcdserverpb.KV/Put", Effect::Write, frame, common))
    }

    pub fn delete(&self, keys: Keys<'_>, prev_kv: bool, common: Common) -> Result<Call> {
        self.fits(keys.len())?;
        let frame = keys.encode(keys.len())?.flag(3, prev_kv);
        Ok(self.call("/etcdserverpb.KV/DeleteRange", Effect::Write, frame, common))
    }

    pub fn fits(&self, size: usize) -> Result<()> {
        if size <= self.max_send {
            return Ok(());
        }
        let why = format!("{size} bytes to send, the send limit is {}", self.max_send);
        Err(Error::new(ETCD_ERR_SEND_TOO_LARGE, why))
    }

    fn call(&self, path: &'static str, effect: Effect, frame: Encoder, common: Common) -> Call {
        let timeout = match common.timeout {
            None => self.core.timeout,
            Some(Timeout::After(timeout)) => Some(timeout),
            Some(Timeout::Never) => None,
        };
        let mut call = Call::new(PathAndQuery::from_static(path), effect, frame.finish());
        call.request.require_leader = common.require_leader;
        Call { timeout, ..call }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub fn prefix_ends() {
        assert_eq!(prefix_end(b"a"), b"b");
        assert_eq!(prefix_end(b"a\xff"), b"b");
        assert_eq!(prefix_end(b"a\xff\xff"), b"b");
        assert_eq!(prefix_end(b"\xff\xff"), b"\0");
        assert_eq!(prefix_end(b""), b"\0");
        assert_eq!(prefix_end(b"a\0"), b"a\x01");
    }
}
