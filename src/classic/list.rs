//! Keys as a tree: what is directly below a key, where '/' divides names.

#![forbid(unsafe_code)]

use super::Session;
use crate::client::methods::GET;
use crate::client::namespace::{own_name, prefix_end};
use crate::client::Deadline;
use crate::error::Result;
use crate::status::ETCD_ERR_COMPACTED;
use crate::wire::proto::{RangeRequest, RangeResponse};

/// Keys asked for at once.
const PAGE: i64 = 1000;

/// The names directly below `key`, whole and sorted, as of a revision (0: now).
/// The empty key is the root.
pub fn children(
    session: &Session,
    key: &[u8],
    revision: i64,
    until: Deadline,
) -> Result<Vec<Vec<u8>>> {
    let mut prefix = key.to_vec();
    if !key.is_empty() && !key.ends_with(b"/") {
        prefix.push(b'/');
    }
    let end = prefix_end(&prefix);
    let first = if prefix.is_empty() { vec![0] } else { prefix.clone() };
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut from = first.clone();
    let mut revision = revision;
    loop {
        let request = RangeRequest {
            key: session.namespace().key(&from),
            range_end: session.namespace().end(&end),
            limit: PAGE,
            revision,
            keys_only: true,
            ..Default::default()
        };
        let page: RangeResponse = match session.ask(GET, &request, until) {
            Err(error) if error.status == ETCD_ERR_COMPACTED => {
                // The pages before are of a revision that is gone: begin anew.
                names.clear();
                from = first.clone();
                revision = 0;
                continue;
            }
            page => page?,
        };
        if revision == 0 {
            revision = page.header.unwrap_or_default().revision;
        }
        for kv in &page.kvs {
            let key = own_name(&session.namespace().prefix, &kv.key)?;
            let Some(name) = child(&prefix, key) else { continue };
            if names.last().map(|last| &last[..]) != Some(name) {
                names.push(name.to_vec());
            }
        }
        let Some(last) = page.kvs.last() else { break };
        if !page.more {
            break;
        }
        from = after(&prefix, own_name(&session.namespace().prefix, &last.key)?);
    }
    // "a-b" comes between "a" and "a/b", so a name may come twice.
    names.sort();
    names.dedup();
    Ok(names)
}

/// The name directly below the prefix that a key is, or is below.
fn child<'a>(prefix: &[u8], key: &'a [u8]) -> Option<&'a [u8]> {
    let rest = key.get(prefix.len()..)?;
    // At the root, and after a double slash, a slash begins a name.
    let own = rest.iter().take_while(|&&byte| byte == b'/').count();
    let length =
        rest[own..].iter().position(|&byte| byte == b'/').map_or(rest.len(), |at| own + at);
    match length {
        0 => None,
        length => Some(&key[..prefix.len() + length]),
    }
}

/// Where to go on after a key: behind all that is below the same name.
fn after(prefix: &[u8], key: &[u8]) -> Vec<u8> {
    match child(prefix, key) {
        Some(name) if name.len() < key.len() => [name, b"0"].concat(),
        _ => [key, b"\0"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_directly_below() {
        for (prefix, key, expected) in [
            ("dir/", "dir/a", Some("dir/a")),
            ("dir/", "dir/a/b/c", Some("dir/a")),
            ("dir/", "dir/", None),
            ("dir/", "dir//a", Some("dir//a")),
            ("", "a/b", Some("a")),
            ("", "/a/b", Some("/a")),
            ("/", "/a/b", Some("/a")),
        ] {
            let found = child(prefix.as_bytes(), key.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{prefix} {key}");
        }
    }

    #[test]
    fn pages_skip_what_is_further_below() {
        assert_eq!(after(b"dir/", b"dir/a/b"), b"dir/a0");
        assert_eq!(after(b"dir/", b"dir/a"), b"dir/a\0");
    }
}
