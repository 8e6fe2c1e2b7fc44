//! How many keys are left of ranges that are read page by page. A page counts all that
//! follows it, which would be walked again and again. A revision does not change, so
//! what was counted once for it stays true.

#![forbid(unsafe_code)]

use super::span::Way;
use crate::wire::proto::RangeRequest;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Mutex;

/// How many ranges may be paged through at once without being counted again.
const MOST: usize = 64;
/// Counting fewer keys costs less than remembering them.
const WORTH: i64 = 128;
const MAX_KEYS: usize = 8192;

#[derive(Default)]
pub struct Counts(Mutex<VecDeque<Count>>);

struct Count {
    revision: i64,
    key: Bytes,
    range_end: Bytes,
    count: i64,
}

impl Counts {
    /// What was remembered of a page's range: the count of all keys from a key on, which
    /// is the page's first one or, if the reader has skipped some, before it.
    pub fn take(&self, request: &RangeRequest) -> Option<(Bytes, i64)> {
        let of_page = request.limit > 0 && request.revision > 0;
        let mut counts = of_page.then(|| self.0.lock().unwrap())?;
        let at = best(&counts, request)?;
        counts.remove(at).map(|count| (count.key, count.count))
    }

    /// Remembers what is left behind the last key of a page, for the request of the next one.
    pub fn put(&self, request: &RangeRequest, revision: i64, last: Bytes, count: i64, way: Way) {
        let size = request.key.len() + request.range_end.len();
        if count < WORTH || size > MAX_KEYS {
            return;
        }
        let (key, range_end) = match way {
            Way::Up => ([&last[..], &[0]].concat().into(), request.range_end.clone()),
            Way::Down => (request.key.clone(), Bytes::copy_from_slice(&last)),
        };
        let mut counts = self.0.lock().unwrap();
        counts.truncate(MOST - 1);
        counts.push_front(Count { revision, key, range_end, count });
    }
}

/// The one that leaves the least to be walked.
fn best(counts: &VecDeque<Count>, page: &RangeRequest) -> Option<usize> {
    let fits = |count: &&Count| {
        count.revision == page.revision
            && count.range_end == page.range_end
            && count.key <= page.key
    };
    let fitting = counts.iter().enumerate().filter(|(_, count)| fits(count));
    fitting.max_by_key(|(_, count)| &count.key).map(|(at, _)| at)
}

#[cfg(test)]
impl Counts {
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Without taking it.
    pub fn left_of(&self, page: &RangeRequest) -> Option<i64> {
        let counts = self.0.lock().unwrap();
        best(&counts, page).map(|at| counts[at].count)
    }
}
