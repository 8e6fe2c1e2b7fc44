//! The memory that a reply takes after it is read. An element of two bytes on the wire
//! may take a hundred in memory, so that a limit on the size of messages alone would not
//! limit the memory that a server can make the client use.

#![forbid(unsafe_code)]

use super::decode::{Fields, Value};

/// A repeated element: its field, its cost in memory, and the repeated elements in it.
pub struct Element {
    field: u64,
    cost: usize,
    inside: Inside,
}

enum Inside {
    Nothing,
    Elements(&'static [Element]),
    /// A message that is not described here: each field may be an element.
    Anything,
}

/// For any field of a message that is not described here.
const ANY_FIELD: u64 = 0;
/// Strings, small messages.
const ANY: usize = 96;
/// A key with its value, as `etcd_kv_t` and as the messages' own type.
const PAIR: usize = 96;
/// An event with its pair and the one before.
pub const EVENT: usize = 208;
/// `etcd_op_response_t` and the response that it points to, with their bookkeeping.
const OPERATION: usize = 256;
/// A key, and the view of it.
const KEY: usize = 48;
const NUMBER: usize = 16;
/// Nested transactions are examined as deep as they are read.
const MAX_DEPTH: usize = 64;

const fn plain(field: u64, cost: usize) -> Element {
    Element { field, cost, inside: Inside::Nothing }
}

static PAIRS: [Element; 1] = [plain(2, PAIR)];
static DELETED: [Element; 1] = [plain(3, PAIR)];
static OPERATIONS: [Element; 1] =
    [Element { field: 3, cost: OPERATION, inside: Inside::Elements(&RESPONSES) }];
static RESPONSES: [Element; 4] = [
    Element { field: 1, cost: 0, inside: Inside::Elements(&PAIRS) },
    Element { field: 2, cost: 0, inside: Inside::Elements(&PAIRS) },
    Element { field: 3, cost: 0, inside: Inside::Elements(&DELETED) },
    Element { field: 4, cost: 0, inside: Inside::Elements(&OPERATIONS) },
];
static STREAMED: [Element; 1] = [Element { field: 1, cost: 0, inside: Inside::Elements(&PAIRS) }];
static EVENTS: [Element; 1] = [plain(11, EVENT)];
static LEASES: [Element; 1] = [plain(2, NUMBER)];
static KEYS: [Element; 1] = [plain(5, KEY)];
static ANYTHING: [Element; 1] = [Element { field: ANY_FIELD, cost: ANY, inside: Inside::Anything }];

/// The elements of the reply to the call with this path.
pub fn elements(path: &str) -> &'static [Element] {
    match path {
        "/etcdserverpb.KV/Range" | "/etcdserverpb.KV/Put" => &PAIRS,
        "/etcdserverpb.KV/RangeStream" => &STREAMED,
        "/etcdserverpb.KV/DeleteRange" => &DELETED,
        "/etcdserverpb.KV/Txn" => &OPERATIONS,
        "/etcdserverpb.Watch/Watch" => &EVENTS,
        "/etcdserverpb.Lease/LeaseLeases" => &LEASES,
        "/etcdserverpb.Lease/LeaseTimeToLive" => &KEYS,
        // It has one block of bytes, which is no message.
        "/etcdserverpb.Maintenance/Snapshot" => &[],
        _ => &ANYTHING,
    }
}

/// Whether the elements of a reply take more memory than the limit.
pub fn exceeds(elements: &'static [Element], message: &[u8], limit: usize) -> bool {
    let mut left = limit;
    subtract(elements, message, &mut left, 0).is_none()
}

/// Subtracts the cost from what is left; None if that is too little. A malformed message
/// is reported by its reader.
fn subtract(elements: &[Element], message: &[u8], left: &mut usize, depth: usize) -> Option<()> {
    let mut fields = Fields(message);
    while let Ok(Some((number, value))) = fields.next() {
        let fits = |e: &&Element| e.field == number || e.field == ANY_FIELD;
        let Some(element) = elements.iter().find(fits) else { continue };
        *left = left.checked_sub(element.cost)?;
        match (&element.inside, value) {
            (Inside::Elements(inside), Value::Bytes(bytes)) if depth < 2 * MAX_DEPTH => {
                subtract(inside, bytes, left, depth + 1)?;
            }
            (Inside::Anything, Value::Bytes(bytes)) => {
                subtract(&[plain(ANY_FIELD, ANY)], bytes, left, depth + 1)?;
            }
            // Numbers of a list may come packed: some to the byte.
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode::Encoder;
    use crate::wire::proto::*;

    fn repeated(field: u32, element: &[u8], count: usize) -> Vec<u8> {
        let tag = (field << 3 | 2) as u8;
        let one = [&[tag, element.len() as u8], element].concat();
        one.repeat(count)
    }

    #[test]
    fn small_elements_cost_what_they_become() {
        const COUNT: usize = 1000;
        // Any element that a server can make small, where it goes, and what it becomes at least.
        let operation = repeated(3, &[0x0a, 4, 0x0a, 2, 0x18, 1], COUNT);
        let nested = repeated(3, &[0x22, operation.len() as u8 & 0x7f], 1);
        assert!(!exceeds(elements("/etcdserverpb.KV/Txn"), &nested, OPERATION));
        for (path, message, least) in [
            ("/etcdserverpb.KV/Range", repeated(2, b"", COUNT), size_of::<KeyValue>()),
            ("/etcdserverpb.KV/DeleteRange", repeated(3, b"", COUNT), size_of::<KeyValue>()),
            ("/etcdserverpb.KV/Txn", operation, size_of::<ResponseOp>()),
            ("/etcdserverpb.Watch/Watch", repeated(11, b"", COUNT), size_of::<Event>()),
            ("/etcdserverpb.Lease/LeaseLeases", repeated(2, b"", COUNT), size_of::<LeaseStatus>()),
            ("/etcdserverpb.Lease/LeaseTimeToLive", repeated(5, b"", COUNT), 32 + 16),
            ("/etcdserverpb.Cluster/MemberList", repeated(2, b"", COUNT), 48),
            (
                "/etcdserverpb.Cluster/MemberList",
                repeated(2, &repeated(3, b"", 20), COUNT / 20),
                24,
            ),
        ] {
            assert!(exceeds(elements(path), &message, COUNT * least - 1), "{path}");
            assert!(!exceeds(elements(path), &message, COUNT * 300), "{path}");
        }
    }

    #[test]
    fn what_lies_deep_in_a_transaction_counts() {
        let pairs = repeated(2, b"", 40);
        let mut message = Encoder::new(0).unwrap().bytes(1, &pairs).finish()[5..].to_vec();
        for _ in 0..20 {
            let operations = Encoder::new(0).unwrap().bytes(3, &message).finish();
            message = Encoder::new(0).unwrap().bytes(4, &operations[5..]).finish()[5..].to_vec();
        }
        let message = Encoder::new(0).unwrap().bytes(3, &message).finish();
        let txn = elements("/etcdserverpb.KV/Txn");
        assert!(exceeds(txn, &message[5..], 20 * OPERATION + 40 * PAIR));
        assert!(!exceeds(txn, &message[5..], 21 * OPERATION + 40 * PAIR));
    }

    #[test]
    fn what_is_in_keys_and_values_costs_nothing() {
        let pair = KeyValue { value: repeated(1, b"", 10_000).into(), ..Default::default() };
        let reply = RangeResponse { kvs: vec![pair], ..Default::default() };
        let message = prost::Message::encode_to_vec(&reply);
        assert!(!exceeds(elements("/etcdserverpb.KV/Range"), &message, PAIR));
        assert!(exceeds(elements("/etcdserverpb.KV/Range"), &message, PAIR - 1));
    }
}
