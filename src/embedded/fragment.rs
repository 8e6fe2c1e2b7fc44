//! Splits large watch responses into pieces that a client can receive.

#![forbid(unsafe_code)]

use crate::wire::proto::{Event, WatchResponse};
use prost::Message;

/// etcd's largest request and half a megabyte.
const MAX_RESPONSE: usize = 2 << 20;
/// Tag and length of an event in a response.
const FRAME: usize = 6;

/// Each piece but the last is marked as a fragment. An event is never split.
pub fn fragments(mut whole: WatchResponse) -> impl Iterator<Item = WatchResponse> {
    let mut events = std::mem::take(&mut whole.events).into_iter().peekable();
    let room = MAX_RESPONSE - whole.encoded_len() - FRAME;
    std::iter::from_fn(move || {
        let first = events.next()?;
        let mut size = framed(&first);
        let mut piece = vec![first];
        while let Some(event) = events.next_if(|event| size + framed(event) < room) {
            size += framed(&event);
            piece.push(event);
        }
        Some(WatchResponse { events: piece, fragment: events.peek().is_some(), ..whole.clone() })
    })
}

fn framed(event: &Event) -> usize {
    event.encoded_len() + FRAME
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::KeyValue;

    #[test]
    fn pieces_are_as_large_as_may_be_and_make_up_the_whole() {
        // Sizes of events, and how many go into each piece.
        let cases: [(&[usize], &[usize]); 6] = [
            (&[1], &[1]),
            (&[1 << 20, 1000, 1000], &[3]),
            (&[1 << 20, 1 << 20], &[1, 1]),
            (&[3 << 20, 1, 3 << 20], &[1, 1, 1]),
            (&[1 << 20, 1000, 1 << 20, 1000, 1000], &[2, 3]),
            (&[700_000; 7], &[2, 2, 2, 1]),
        ];
        for (sizes, counts) in cases {
            let event = |size: &usize| Event {
                kv: Some(KeyValue { value: vec![0; *size].into(), ..KeyValue::default() }),
                ..Event::default()
            };
            let events: Vec<_> = sizes.iter().map(event).collect();
            let whole = WatchResponse { watch_id: 7, events: events.clone(), ..Default::default() };
            let pieces: Vec<_> = fragments(whole).collect();
            assert_eq!(pieces.iter().map(|p| p.events.len()).collect::<Vec<_>>(), counts);
            assert!(pieces.iter().all(|p| p.watch_id == 7));
            assert!(pieces.iter().all(|p| p.encoded_len() < MAX_RESPONSE || p.events.len() == 1));
            let last = pieces.len() - 1;
            assert!(pieces.iter().enumerate().all(|(n, p)| p.fragment == (n < last)));
            assert!(pieces.into_iter().flat_map(|p| p.events).eq(events));
        }
    }
}
