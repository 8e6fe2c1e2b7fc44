//! Frames that a server might send.

#![forbid(unsafe_code)]

use super::message::Message;

const PATHS: [&str; 8] = [
    "/etcdserverpb.KV/Range",
    "/etcdserverpb.KV/RangeStream",
    "/etcdserverpb.KV/DeleteRange",
    "/etcdserverpb.KV/Txn",
    "/etcdserverpb.Watch/Watch",
    "/etcdserverpb.Lease/LeaseLeases",
    "/etcdserverpb.Lease/LeaseTimeToLive",
    "/etcdserverpb.Cluster/MemberList",
];

/// Messages until one is refused, received piece by piece, within a limit.
pub fn frames(data: &[u8]) {
    let &[path, piece, limit, ref frames @ ..] = data else { return };
    let path = PATHS[usize::from(path) % PATHS.len()];
    let limit = usize::from(limit) * 16;
    let mut message = Message::new(path, limit);
    for piece in frames.chunks(usize::from(piece).max(1)) {
        let mut left = piece;
        loop {
            let before = left.len();
            let Ok(rest) = message.take(left) else { return };
            left = rest;
            if message.is_whole() {
                let whole = std::mem::replace(&mut message, Message::new(path, limit));
                let Ok(whole) = whole.finish() else { return };
                assert!(whole.len() <= limit);
            } else {
                assert!(left.is_empty() && message.is_begun());
            }
            if left.is_empty() {
                break;
            }
            assert!(left.len() < before);
        }
    }
    assert!(message.is_whole() || message.finish().is_err());
}
