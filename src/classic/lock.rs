//! The classic lock: granted, and from then on renewed by its holder or lost.

#![forbid(unsafe_code)]

use super::Session;
use crate::error::{Error, Result};
use crate::recipes::line::{self, Place};
use crate::recipes::lock;

impl Session {
    /// Waits for the lock and returns the index that renews and releases it.
    pub fn lock(&self, name: &[u8], ttl: u32) -> Result<String> {
        not_empty(name)?;
        self.fits(name.len())?;
        let granted = self.wait(lock::lock(self.handle(), name.to_vec(), ttl.into()))?;
        Ok(format!("{:x}.{}", granted.lease, granted.create_revision))
    }

    /// Gives a lock that is still held its whole ttl again.
    pub fn renew(&self, name: &[u8], index: &[u8]) -> Result<()> {
        let (client, lock, until) = (self.handle(), granted(name, index)?, self.deadline());
        self.wait(async move { lock::renew(&client, &lock, until).await })
    }

    pub fn unlock(&self, name: &[u8], index: &[u8]) -> Result<()> {
        let (client, lock, until) = (self.handle(), granted(name, index)?, self.deadline());
        self.wait(async move { lock::unlock(&client, &lock, until).await })
    }
}

fn not_empty(name: &[u8]) -> Result<()> {
    match name.is_empty() {
        true => Err(Error::invalid("key: a lock needs a name")),
        false => Ok(()),
    }
}

/// The lock that an index is of.
fn granted(name: &[u8], index: &[u8]) -> Result<Place> {
    not_empty(name)?;
    let bad = || Error::invalid("index: not one that etcd_lock() has returned");
    let index = std::str::from_utf8(index).map_err(|_| bad())?;
    let (lease, revision) = index.split_once('.').ok_or_else(bad)?;
    // What Rust's parsers would let pass: signs.
    if !index.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'.') {
        return Err(bad());
    }
    let lease = i64::from_str_radix(lease, 16).map_err(|_| bad())?;
    let create_revision = revision.parse().map_err(|_| bad())?;
    if lease == 0 || create_revision == 0 {
        return Err(bad());
    }
    Ok(Place { key: line::key(name, lease), lease, create_revision })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_the_lease_and_the_revision() {
        let lock = granted(b"name", b"694d81417acd4d0e.42").unwrap();
        assert_eq!((lock.lease, lock.create_revision), (0x694d81417acd4d0e, 42));
        assert_eq!(lock.key, b"name/694d81417acd4d0e");
        for bad in ["", ".", "1", "1.", ".1", "0.1", "1.0", "-1.1", "1.+1", "g.1", "1.1.1", "1.a"] {
            assert!(granted(b"name", bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(not_empty(b"").is_err());
        assert!(granted(b"name", b"ffffffffffffffff.1").is_err());
    }
}
