//! Range reads: filters, order, limit.

#![forbid(unsafe_code)]

use super::counts::Counts;
use super::reply::{no_memory, refuse, RpcStatus};
use super::rows::{List, Rows};
use super::span::{Span, Way};
use super::store::{Version, ROW};
use super::view::View;
use crate::status::{ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_SORT_OPTION};
use crate::wire::proto::range_request::{SortOrder, SortTarget};
use crate::wire::proto::RangeRequest;
use bytes::Bytes;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// The checks that do not need the state.
pub fn check(request: &RangeRequest) -> Result<(), RpcStatus> {
    if request.key.is_empty() {
        return Err(refuse(ETCD_ERR_EMPTY_KEY));
    }
    let order = SortOrder::try_from(request.sort_order);
    let target = SortTarget::try_from(request.sort_target);
    match order.is_ok() && target.is_ok() {
        true => Ok(()),
        false => Err(refuse(ETCD_ERR_INVALID_SORT_OPTION)),
    }
}

/// What a reply has beside its pairs.
pub struct Found {
    /// The current revision of the store.
    pub revision: i64,
    pub count: i64,
    pub more: bool,
}

/// With the counts of pages, where the revision is one that does not change.
pub fn range(
    view: &View<'_>,
    request: &RangeRequest,
    counts: Option<&Counts>,
    rows: &mut impl Rows,
) -> Result<Found, RpcStatus> {
    if request.sort_target() == SortTarget::Key {
        return visit(view, request, counts, rows);
    }
    let mut list = List::new();
    let found = visit(view, request, None, &mut list)?;
    sort(request, &mut list);
    list.truncate(limit(request));
    for (key, version) in &list {
        if !view.is_held() && !rows.make_room(key, version) {
            return Err(no_memory(list.len() * ROW));
        }
        rows.push(key, version, request.keys_only);
    }
    Ok(found)
}

fn limit(request: &RangeRequest) -> usize {
    usize::try_from(request.limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX)
}

/// Puts what is found into rows, in the order of keys: what is within the limit, or all
/// that is to be sorted before it applies.
fn visit(
    view: &View<'_>,
    request: &RangeRequest,
    counts: Option<&Counts>,
    rows: &mut impl Rows,
) -> Result<Found, RpcStatus> {
    let span = Span::new(&request.key, &request.range_end);
    let limit = limit(request);
    let by_key = request.sort_target() == SortTarget::Key;
    // The limit applies to the keys in their order. It also does for another target without
    // an order: etcd then sorts only the keys within the limit.
    let unsorted = by_key || request.sort_order() == SortOrder::None;
    let limited = !is_filtered(request) && unsorted;
    // One more key than wanted shows whether there are more.
    let enough = if limited { limit.saturating_add(1) } else { usize::MAX };
    let most = if by_key { limit } else { enough };
    let keys_only = request.keys_only && by_key;
    let pages = counts.filter(|_| enough < usize::MAX && by_key && !request.count_only);
    let known = match pages.and_then(|counts| counts.take(request)) {
        Some((from, count)) => Some(count - skipped(view, &from, request)?),
        None => None,
    };
    let (mut count, mut found, mut full, mut last) = (0, 0, false, None);
    let visit = |key: &Bytes, version: &Version| {
        count += 1;
        if !request.count_only && found < enough && passes(request, version) {
            found += 1;
            if found <= most {
                // Within a write it is known that there is room.
                full = !view.is_held() && !rows.make_room(key, version);
                if full {
                    return ControlFlow::Break(());
                }
                rows.push(key, version, keys_only);
            }
            if found == limit && pages.is_some() {
                last = Some(key.clone());
            }
        }
        match known.is_some() && found == enough {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let revision = view.walk(span, way(request), request.revision, visit)?;
    if full {
        return Err(no_memory(found * ROW));
    }
    let count = known.unwrap_or(count);
    let more = found > limit;
    if let (Some(counts), Some(last), true) = (pages, last, more) {
        let at = if request.revision > 0 { request.revision } else { revision };
        counts.put(request, at, last, count - request.limit, way(request));
    }
    Ok(Found { revision, count, more })
}

/// The number of keys from a key on that are before the page.
fn skipped(view: &View<'_>, from: &[u8], page: &RangeRequest) -> Result<i64, RpcStatus> {
    let mut count = 0;
    let skipped = Span::Between(from, &page.key);
    view.walk(skipped, Way::Up, page.revision, |_, _| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

fn way(request: &RangeRequest) -> Way {
    match (request.sort_target(), request.sort_order()) {
        (SortTarget::Key, SortOrder::Descend) => Way::Down,
        _ => Way::Up,
    }
}

/// Keys are visited in their order.
fn sort(request: &RangeRequest, list: &mut List) {
    let by: fn(&Version, &Version) -> Ordering = match request.sort_target() {
        SortTarget::Key => return,
        SortTarget::Version => |a, b| a.version.cmp(&b.version),
        SortTarget::Create => |a, b| a.created.cmp(&b.created),
        SortTarget::Mod => |a, b| a.modified.cmp(&b.modified),
        SortTarget::Value => |a, b| a.value.cmp(&b.value),
    };
    match request.sort_order() {
        SortOrder::Descend => list.sort_by(|(_, a), (_, b)| by(b, a)),
        _ => list.sort_by(|(_, a), (_, b)| by(a, b)),
    }
}

fn is_filtered(request: &RangeRequest) -> bool {
    request.min_mod_revision != 0
        || request.max_mod_revision != 0
        || request.min_create_revision != 0
        || request.max_create_revision != 0
}

fn passes(request: &RangeRequest, version: &Version) -> bool {
    let within = |revision, least, most| {
        (least == 0 || revision >= least) && (most == 0 || revision <= most)
    };
    within(version.modified, request.min_mod_revision, request.max_mod_revision)
        && within(version.created, request.min_create_revision, request.max_create_revision)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, compact, delete, engine, put, range, revision, shown};
    use super::super::Engine;
    use super::*;
    use std::sync::Arc;

    /// Revisions 2 to 8: a=3, b=1, c=2, a=2, d=2, e=9 and its deletion.
    fn filled() -> Arc<Engine> {
        let engine = engine();
        for (key, value) in [("a", "3"), ("b", "1"), ("c", "2"), ("a", "2"), ("d", "2"), ("e", "9")]
        {
            engine.put(put(key, value)).unwrap();
        }
        engine.delete_range(delete("e", "")).unwrap();
        engine
    }

    /// In both orders, while keys come and go and some are skipped: each page has the count
    /// of a walk over all that is left at its revision, and the first one was enough to
    /// know the others.
    #[test]
    fn pages_count_once_what_is_left() {
        let mut chance = fastrand::Rng::with_seed(7);
        let engine = engine();
        for n in 0..3000 {
            engine.put(put(&format!("k{n:04}"), "")).unwrap();
        }
        for (way, end) in
            [(SortOrder::None, "l"), (SortOrder::Ascend, "\0"), (SortOrder::Descend, "l")]
        {
            let mut page = RangeRequest { limit: 100, ..range("k", end) };
            page.set_sort_order(way);
            let (mut keys, mut left) = (Vec::new(), 0);
            loop {
                let known = engine.counts.left_of(&page);
                let response = engine.range(page.clone()).unwrap();
                let all = RangeRequest { limit: 0, ..page.clone() };
                let all = engine.range(all).unwrap();
                assert_eq!((response.count, response.count), (all.count, all.kvs.len() as i64));
                assert!(response.kvs == all.kvs[..response.kvs.len()]);
                assert_eq!(response.more, all.kvs.len() > 100);
                assert_eq!(known.is_some(), page.revision > 0 && left >= 128);
                left = response.count - response.kvs.len() as i64;
                if page.revision == 0 {
                    page.revision = revision(&response.header);
                }
                keys.extend(response.kvs.into_iter().map(|kv| kv.key));
                if !response.more {
                    break;
                }
                let last = keys.last().unwrap().clone();
                match way {
                    SortOrder::Descend => page.range_end = last,
                    _ if chance.bool() => page.key = [&last[..], b"5"].concat().into(),
                    _ => page.key = [&last[..last.len() - 1], b":"].concat().into(),
                }
                for _ in 0..20 {
                    let key = format!("k{:04}", chance.u32(..4000));
                    match chance.bool() {
                        true => drop(engine.put(put(&key, "")).unwrap()),
                        false => drop(engine.delete_range(delete(&key, "")).unwrap()),
                    }
                }
            }
            if way == SortOrder::Descend {
                keys.reverse();
            }
            assert!(keys.is_sorted());
        }
        // Nothing is kept of a page that does not come.
        for n in 0..1000 {
            let page = RangeRequest { limit: 1 + n, ..range("k", "l") };
            engine.range(page).unwrap();
        }
        assert!(engine.counts.len() <= 64);
    }

    #[test]
    fn keys_and_revisions() {
        let engine = filled();
        let cases = [
            ("a", "", 0, "a=2"),
            ("a", "", 4, "a=3"),
            ("a", "", 1, ""),
            ("e", "", 7, "e=9"),
            ("e", "", 8, ""),
            ("a", "c", 0, "a=2 b=1"),
            ("b", "\0", 0, "b=1 c=2 d=2"),
            ("b", "\0", 7, "b=1 c=2 d=2 e=9"),
            ("\0", "\0", 3, "a=3 b=1"),
            ("c", "b", 0, ""),
            ("c", "c", 0, ""),
            ("x", "", 0, ""),
            ("a", "", -7, "a=2"),
        ];
        for (key, end, asked, expected) in cases {
            let response = engine.range(at(key, end, asked)).unwrap();
            assert_eq!(shown(&response), expected, "{key} {end} {asked}");
            assert_eq!(revision(&response.header), 8);
            assert_eq!(response.count, response.kvs.len() as i64);
            assert!(!response.more);
        }
        let a = &engine.range(range("a", "")).unwrap().kvs[0];
        assert_eq!((a.create_revision, a.mod_revision, a.version, a.lease), (2, 5, 2, 0));
    }

    #[test]
    fn refused_ranges() {
        let engine = filled();
        engine.compact(compact(5)).unwrap();
        let cases = [
            (at("a", "", 9), 11, "etcdserver: mvcc: required revision is a future revision"),
            (at("a", "", 4), 11, "etcdserver: mvcc: required revision has been compacted"),
            (range("", ""), 3, "etcdserver: key is not provided"),
            (range("", "\0"), 3, "etcdserver: key is not provided"),
            (
                RangeRequest { sort_order: 3, ..range("a", "") },
                3,
                "etcdserver: invalid sort option",
            ),
            (
                RangeRequest { sort_target: -1, ..range("a", "") },
                3,
                "etcdserver: invalid sort option",
            ),
        ];
        for (request, code, message) in cases {
            let refusal = engine.range(request).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
        assert_eq!(shown(&engine.range(at("\0", "\0", 5)).unwrap()), "a=2 b=1 c=2");
    }

    #[test]
    fn orders_limits_and_filters() {
        use {SortOrder as O, SortTarget as T};
        let engine = filled();
        let cases: [(O, T, i64, &str, bool); 16] = [
            (O::None, T::Key, 0, "a=2 b=1 c=2 d=2", false),
            (O::None, T::Key, 4, "a=2 b=1 c=2 d=2", false),
            (O::None, T::Key, 3, "a=2 b=1 c=2", true),
            (O::None, T::Key, -1, "a=2 b=1 c=2 d=2", false),
            (O::None, T::Key, i64::MAX, "a=2 b=1 c=2 d=2", false),
            (O::Ascend, T::Key, 2, "a=2 b=1", true),
            (O::Descend, T::Key, 2, "d=2 c=2", true),
            (O::Descend, T::Create, 2, "d=2 c=2", true),
            (O::Ascend, T::Create, 0, "a=2 b=1 c=2 d=2", false),
            (O::Ascend, T::Mod, 3, "b=1 c=2 a=2", true),
            (O::Descend, T::Mod, 1, "d=2", true),
            (O::Ascend, T::Version, 0, "b=1 c=2 d=2 a=2", false),
            (O::Descend, T::Version, 1, "a=2", true),
            (O::Ascend, T::Value, 2, "b=1 a=2", true),
            // Equal ones stay in key order.
            (O::Descend, T::Value, 0, "a=2 c=2 d=2 b=1", false),
            // Of a and b and the one after them, those two come first.
            (O::None, T::Mod, 2, "b=1 c=2", true),
        ];
        for (order, target, limit, expected, more) in cases {
            let request = RangeRequest {
                limit,
                sort_order: order as i32,
                sort_target: target as i32,
                ..range("a", "\0")
            };
            let response = engine.range(request).unwrap();
            assert_eq!(shown(&response), expected, "{order:?} {target:?} {limit}");
            assert_eq!((response.more, response.count), (more, 4), "{order:?} {target:?} {limit}");
        }
        // Least and most modification, least and most creation; the limit comes after them.
        let filters = [
            ([4, 0, 0, 0], 0, "a=2 c=2 d=2", false),
            ([0, 4, 0, 0], 0, "b=1 c=2", false),
            ([0, 0, 3, 4], 0, "b=1 c=2", false),
            ([5, 0, 0, 2], 0, "a=2", false),
            ([4, 0, 0, 0], 2, "a=2 c=2", true),
            ([-5, 0, 0, -1], 0, "", false),
        ];
        for (revisions, limit, expected, more) in filters {
            let [min_mod_revision, max_mod_revision, min_create_revision, max_create_revision] =
                revisions;
            let request = RangeRequest {
                limit,
                min_mod_revision,
                max_mod_revision,
                min_create_revision,
                max_create_revision,
                ..range("a", "\0")
            };
            let response = engine.range(request).unwrap();
            assert_eq!(shown(&response), expected, "{revisions:?}");
            assert_eq!((response.more, response.count), (more, 4), "{revisions:?}");
        }
    }

    #[test]
    fn keys_only_and_count_only() {
        let engine = filled();
        let by_value = RangeRequest {
            keys_only: true,
            sort_order: SortOrder::Ascend as i32,
            sort_target: SortTarget::Value as i32,
            ..range("a", "\0")
        };
        let response = engine.range(by_value).unwrap();
        assert_eq!(shown(&response), "b= a= c= d=");
        for (limit, keys_only) in [(0, false), (1, true)] {
            let request = RangeRequest { count_only: true, keys_only, limit, ..range("a", "\0") };
            let response = engine.range(request).unwrap();
            assert_eq!((response.kvs.len(), response.count, response.more), (0, 4, false));
        }
    }

    #[test]
    fn long_walks_go_over_every_key_once() {
        let engine = engine();
        for i in 0..1000 {
            engine.put(put(&format!("k{i:03}"), "")).unwrap();
        }
        let response = engine.range(range("k", "l")).unwrap();
        assert_eq!((response.kvs.len(), response.count), (1000, 1000));
        assert!(response.kvs.windows(2).all(|pair| pair[0].key < pair[1].key));
        let response = engine.range(RangeRequest { limit: 300, ..range("k100", "\0") }).unwrap();
        assert_eq!((response.kvs.len(), response.count, response.more), (300, 900, true));
        assert_eq!(response.kvs[299].key, "k399");
    }
}
