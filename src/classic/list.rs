//! Keys as a tree: what is directly below a key, where '/' divides names.

#![forbid(unsafe_code)]

use super::Session;
use crate::client::kv::Keys;
use crate::client::namespace::own_name;
use crate::client::page::Pages;
use crate::client::{Core, Deadline};
use crate::error::Result;
use crate::status::ETCD_ERR_COMPACTED;
use crate::wire::decode::RANGE_PART;
use crate::wire::proto::RangeRequest;

/// Keys asked for at once.
const PAGE: i64 = 1000;

/// The names directly below `key`, whole and sorted, as of a revision (0: now).
/// The empty key is the root.
pub fn children(
    session: &Session,
    key: &[u8],
    mut revision: i64,
    until: Deadline,
) -> Result<Vec<Vec<u8>>> {
    let mut prefix = key.to_vec();
    if !key.is_empty() && !key.ends_with(b"/") {
        prefix.push(b'/');
    }
    let core = session.core().clone();
    session.wait(async move {
        loop {
            match names(&core, &prefix, revision, until).await {
                // The pages before are of a revision that is gone.
                Err(error) if error.status == ETCD_ERR_COMPACTED => revision = 0,
                names => return names,
            }
        }
    })
}

async fn names(core: &Core, prefix: &[u8], revision: i64, until: Deadline) -> Result<Vec<Vec<u8>>> {
    let namespace = &core.namespace;
    let (first, end) = Keys::Prefix(prefix).span()?;
    let request = RangeRequest {
        key: namespace.key(first),
        range_end: namespace.end(&end),
        limit: PAGE,
        revision,
        keys_only: true,
        ..Default::default()
    };
    let mut pages = Pages::new(request, false);
    let mut names: Vec<Vec<u8>> = Vec::new();
    while let Some(page) = pages.next(core, until).await? {
        let mut keys = Vec::new();
        RANGE_PART.decode(&page.message, |kv, _| keys.push(own_name(&namespace.prefix, kv.key)))?;
        let keys = keys.into_iter().collect::<Result<Vec<_>>>()?;
        for name in keys.iter().filter_map(|key| child(prefix, key)) {
            if names.last().map(|last| &last[..]) != Some(name) {
                names.push(name.to_vec());
            }
        }
        if !page.more {
            break;
        }
        if let Some(next) = keys.last().and_then(|key| behind(prefix, key)) {
            pages.skip_to(namespace.key(&next));
        }
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

/// For a key that is further below a name: the first key behind that.
fn behind(prefix: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let name = child(prefix, key)?;
    (name.len() < key.len()).then(|| [name, b"0"].concat())
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
        assert_eq!(behind(b"dir/", b"dir/a/b").unwrap(), b"dir/a0");
        assert_eq!(behind(b"dir/", b"dir/a"), None);
    }
}
