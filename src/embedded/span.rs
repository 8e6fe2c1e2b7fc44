//! The keys that a request selects.

#![forbid(unsafe_code)]

use std::ops::Bound;

/// A span as the bounds of a map.
pub type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The order in which keys are visited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

/// A key and a range end, as in etcd's messages.
#[derive(Clone, Copy)]
pub enum Span<'a> {
    One(&'a [u8]),
    From(&'a [u8]),
    /// Empty if the end is not above the start.
    Between(&'a [u8], &'a [u8]),
}

impl<'a> Span<'a> {
    pub fn new(key: &'a [u8], range_end: &'a [u8]) -> Span<'a> {
        match range_end {
            [] => Span::One(key),
            [0] => Span::From(key),
            end => Span::Between(key, end),
        }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        match *self {
            Span::One(one) => key == one,
            Span::From(start) => key >= start,
            Span::Between(start, end) => key >= start && key < end,
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Span::Between(start, end) if start >= end)
    }

    /// Whether it has just the keys that begin with its start.
    pub fn is_prefix(&self) -> bool {
        let Span::Between(start, end) = self else { return false };
        // The end is the start without its last bytes of 0xff, and then one higher.
        let (Some((last, rest)), Some(cut)) = (end.split_last(), start.get(..end.len())) else {
            return false;
        };
        cut.split_last()
            .is_some_and(|(byte, kept)| kept == rest && byte.checked_add(1) == Some(*last))
            && start[end.len()..].iter().all(|byte| *byte == 0xff)
    }

    /// Bounds for a map of keys; None for an empty span, on which a map panics.
    pub fn bounds(&self) -> Option<Bounds<'a>> {
        let (start, end) = match *self {
            Span::One(key) => (key, Bound::Included(key)),
            Span::From(key) => (key, Bound::Unbounded),
            Span::Between(key, end) => (key, Bound::Excluded(end)),
        };
        (!self.is_empty()).then_some((Bound::Included(start), end))
    }

    /// Bounds of what is left behind a key of the span that was visited.
    pub fn bounds_after<'b>(&self, key: &'b [u8], way: Way) -> Option<Bounds<'b>>
    where
        'a: 'b,
    {
        let (start, end) = self.bounds()?;
        Some(match way {
            Way::Up => (Bound::Excluded(key), end),
            Way::Down => (start, Bound::Excluded(key)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_told_from_other_ranges() {
        let cases: [(&[u8], &[u8], bool); 12] = [
            (b"a", b"b", true),
            (b"ab", b"ac", true),
            (b"a\xff", b"b", true),
            (b"a\xff\xff", b"b", true),
            (b"\0", b"\x01", true),
            (b"a", b"", false),
            (b"a", b"\0", false),
            (b"a", b"c", false),
            (b"ab", b"b", false),
            (b"a", b"bb", false),
            (b"a\xff", b"a\xff\0", false),
            (b"b", b"a", false),
        ];
        for (key, end, is_prefix) in cases {
            assert_eq!(Span::new(key, end).is_prefix(), is_prefix, "{key:?} {end:?}");
        }
    }

    #[test]
    fn range_ends_mean_what_they_mean_in_etcd() {
        // Key, range end, and which of a, b, c are meant.
        let cases: [(&[u8], &[u8], &str); 8] = [
            (b"b", b"", "b"),
            (b"b", b"\0", "bc"),
            (b"\0", b"\0", "abc"),
            (b"a", b"c", "ab"),
            (b"a", b"a\0", "a"),
            (b"b", b"b", ""),
            (b"c", b"a", ""),
            (b"aa", b"\xff", "bc"),
        ];
        let keys = ["a", "b", "c"];
        for (key, end, meant) in cases {
            let span = Span::new(key, end);
            let within: String = keys.into_iter().filter(|k| span.contains(k.as_bytes())).collect();
            assert_eq!(within, meant, "{key:?} {end:?}");
            assert_eq!(span.bounds().is_none(), span.is_empty());
        }
    }
}
