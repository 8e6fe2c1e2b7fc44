//! Options that may grow: structures that begin with their own size.

use super::types::{etcd_bytes_t, ETCD_TIMEOUT_NONE};
use super::{bytes, known_flags};
use crate::client::kv::Keys;
use crate::client::{CallOptions, Timeout};
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_UNSUPPORTED;
use std::mem::{size_of, MaybeUninit};
use std::time::Duration;

/// A caller compiled against a later version may know more fields than we do,
/// but hardly this many bytes of them.
const MAX_TAIL: usize = 4096;

/// An options structure: plain data that begins with its size, without
/// padding, where all zeroes mean all defaults.
pub(super) unsafe trait Options: Copy {
    const NAME: &'static str;
    /// The size it had when it was first published.
    const FIRST_SIZE: usize;
}

// Flags. A test reads the rule below from the header.
//
// Bits 0 to 7 are never a flag, so that no number of another sort, such as a kind or an order, is taken for one.
// Bits 8 to 15 mean the same in every call. Bits 16 to 29 belong to one family of calls (kv, watch, lease ...) and are
// reused by the others. Bits 30 and 31 are those of etcd_client_options_t.

/// For any call's flags: a member that knows of no leader refuses the call at
/// once, and it goes to another; ETCD_ERR_NO_LEADER if none does by the deadline.
pub const ETCD_REQUIRE_LEADER: u32 = 1 << 8;
/// For calls on keys: all keys that begin with the key; with an empty key, all keys.
pub const ETCD_PREFIX: u32 = 1 << 9;
/// For calls on keys: the key and all after it; with an empty key, all keys.
pub const ETCD_FROM_KEY: u32 = 1 << 10;
/// For calls that change keys, and watches: return what is replaced or deleted.
pub const ETCD_PREV_KV: u32 = 1 << 11;
/// For reads: answered by one member from what it has, quicker and perhaps stale.
pub const ETCD_SERIALIZABLE: u32 = 1 << 12;

/// Options of the calls that need no more. Begin with ETCD_CALL_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_call_options_t {
    /// Set by ETCD_CALL_OPTIONS_INIT.
    pub size: usize,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_REQUIRE_LEADER, and what the call's own comment names.
    pub flags: u32,
}

unsafe impl Options for etcd_call_options_t {
    const NAME: &'static str = "etcd_call_options_t";
    const FIRST_SIZE: usize = 16;
}

/// Copies the caller's options. NULL means defaults; fields that the caller
/// does not have are zero; fields that we do not have must be.
pub(super) unsafe fn copy<T: Options>(options: *const T) -> Result<T> {
    let mut copy = MaybeUninit::<T>::zeroed();
    if options.is_null() {
        return Ok(copy.assume_init());
    }
    let theirs = options.cast::<u8>();
    let size = size_given(options)?;
    let ours = size.min(size_of::<T>());
    let tail = std::slice::from_raw_parts(theirs.add(ours), size - ours);
    if tail.iter().any(|&byte| byte != 0) {
        let why = format!("{}: uses a field that this version does not have", T::NAME);
        return Err(Error::new(ETCD_ERR_UNSUPPORTED, why));
    }
    std::ptr::copy_nonoverlapping(theirs, copy.as_mut_ptr().cast(), ours);
    Ok(copy.assume_init())
}

/// Fills the caller's structure, as far as it goes; what we do not have is zero.
pub(super) unsafe fn fill<T: Options>(structure: *mut T, values: T) -> Result<()> {
    let size = size_given(structure)?;
    let (to, from) = (structure.cast::<u8>(), (&raw const values).cast::<u8>());
    let ours = size.min(size_of::<T>());
    let own_size = size_of::<usize>();
    std::ptr::copy_nonoverlapping(from.add(own_size), to.add(own_size), ours - own_size);
    std::ptr::write_bytes(to.add(ours), 0, size - ours);
    Ok(())
}

unsafe fn size_given<T: Options>(structure: *const T) -> Result<usize> {
    let size = structure.cast::<usize>().read_unaligned();
    if size < T::FIRST_SIZE || size > size_of::<T>() + MAX_TAIL {
        let why = format!("{}: size is {size}; begin with {}", T::NAME, init(T::NAME));
        return Err(Error::new(ETCD_ERR_UNSUPPORTED, why));
    }
    Ok(size)
}

fn init(name: &str) -> String {
    format!("{}_INIT", name.trim_end_matches("_t").to_uppercase())
}

pub(super) fn common(timeout_ms: u32, flags: u32, known: u32) -> Result<CallOptions> {
    known_flags(flags, known | ETCD_REQUIRE_LEADER)?;
    Ok(CallOptions {
        timeout: timeout(timeout_ms),
        require_leader: flags & ETCD_REQUIRE_LEADER != 0,
    })
}

pub(super) fn timeout(timeout_ms: u32) -> Option<Timeout> {
    match timeout_ms {
        0 => None,
        ETCD_TIMEOUT_NONE => Some(Timeout::Never),
        millis => Some(Timeout::After(Duration::from_millis(millis.into()))),
    }
}

/// Which keys the key, the range's end and the flags mean together.
pub(super) unsafe fn keys<'a>(
    key: etcd_bytes_t,
    end: etcd_bytes_t,
    flags: u32,
) -> Result<Keys<'a>> {
    let key = bytes(key, "key")?;
    let end = bytes(end, "range_end")?;
    match (end, flags & (ETCD_PREFIX | ETCD_FROM_KEY)) {
        ([], 0) => Ok(Keys::One(key)),
        ([], ETCD_PREFIX) => Ok(Keys::Prefix(key)),
        ([], ETCD_FROM_KEY) => Ok(Keys::From(key)),
        (end, 0) => Ok(Keys::Range(key, end)),
        _ => Err(Error::invalid("range_end, ETCD_PREFIX and ETCD_FROM_KEY exclude each other")),
    }
}
