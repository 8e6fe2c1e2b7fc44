//! Which library this is.

use std::ffi::c_char;

const fn part(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let (mut value, mut i) = (0, 0);
    while i < bytes.len() {
        value = value * 10 + (bytes[i] - b'0') as u32;
        i += 1;
    }
    value
}

const NUMBER: u32 = part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
    | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
    | part(env!("CARGO_PKG_VERSION_PATCH"));

/// The library's version: major << 16 | minor << 8 | patch.
///
/// Compare with ETCD_VERSION_NUMBER, the version of the header. A library is
/// compatible with programs compiled against any older header.
///
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_version_number() -> u32 {
    super::quiet(|| NUMBER)
}

/// The library's version as text, such as "0.1.0".
///
/// @return A static string.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_version_string() -> *const c_char {
    // A literal cannot panic, and a pointer has no default to fall back to.
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
