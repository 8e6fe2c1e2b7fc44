//! Messages that a server might send to a watch.

#![forbid(unsafe_code)]

use super::position::Position;
use crate::wire::watch;
use bytes::Bytes;

/// Until one is refused. Whatever comes: events are delivered once and in order, and
/// whole revisions unless they are too large.
pub fn watches(data: &[u8]) {
    let &[start, limit, options, ref messages @ ..] = data else { return };
    let limit = usize::from(limit) * 32;
    let mut position = Position::new(i64::from(start), limit, options & 1 != 0);
    position.prefix = Bytes::from_static(&b"a/b"[..usize::from(options >> 1) % 4]);
    let mut begun = start != 0;
    let mut delivered = i64::from(start) - 1;
    let mut begun_events = 0;
    let mut messages = Bytes::copy_from_slice(messages);
    while !messages.is_empty() {
        let length = usize::from(messages.split_to(1)[0]).min(messages.len());
        let message = messages.split_to(length);
        let Ok(head) = watch::head(&message) else { return };
        assert!(head.events.end <= message.len());
        if head.created {
            position.begin_after(head.header.revision);
            begun = true;
            continue;
        }
        if !begun {
            continue;
        }
        if head.events.is_empty() && !head.fragment && position.is_whole() {
            position.notice(head.header.revision);
            continue;
        }
        let Ok(batches) = position.take(&message, &head) else { return };
        for batch in batches {
            assert!(delivered < batch.first && batch.first <= batch.revision);
            // A part of a large revision goes on where the one before it has ended.
            assert_eq!(batch.begun, begun_events);
            assert!(begun_events == 0 || batch.first == delivered + 1);
            let mut last = batch.first;
            let mut count = 0;
            for event in batch.events() {
                assert!((last..=batch.revision).contains(&event.kv.mod_revision));
                last = event.kv.mod_revision;
                count += 1;
            }
            assert_eq!((count, last), (batch.count, batch.revision));
            assert!(!batch.more || batch.first == batch.revision);
            delivered = batch.complete();
            begun_events = if batch.more { batch.begun + batch.count } else { 0 };
        }
        assert!(position.reached() >= delivered || delivered < i64::from(start));
    }
}
