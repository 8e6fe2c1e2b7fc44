//! etcd's messages: typed, made from etcd.proto; and readers and writers for the
//! hot ones, where keys and values stay in the buffer they came in, or go
//! straight from the caller's memory into the request. Field numbers are those
//! of etcd's rpc.proto and kv.proto (3.4 to 3.7).

#![forbid(unsafe_code)]

pub mod decode;
pub mod encode;
pub mod memory_cost;
pub mod watch;
/// As src/wire/etcd.proto describes them.
#[allow(clippy::all, dead_code)] // Generated; descriptions are whole, used or not.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/etcdserverpb.rs"));
}
