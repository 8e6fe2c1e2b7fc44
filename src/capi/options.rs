//! Options that may grow: structures that begin with their own size.

use crate::error::{Error, Result};
use crate::status::ETCD_ERR_UNSUPPORTED;
use std::mem::{size_of, MaybeUninit};

/// A caller compiled against a later version may know more fields than we do,
/// but hardly this many bytes of them.
const MAX_TAIL: usize = 4096;

/// An options structure: plain data that begins with its size, without
/// padding, where all zeroes mean all defaults.
pub unsafe trait Options: Copy {
    const NAME: &'static str;
    /// The size it had when it was first published.
    const FIRST_SIZE: usize;
}

/// Copies the caller's options. NULL means defaults; fields that the caller
/// does not have are zero; fields that we do not have must be.
pub unsafe fn copy<T: Options>(options: *const T) -> Result<T> {
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
pub unsafe fn fill<T: Options>(structure: *mut T, values: T) -> Result<()> {
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
