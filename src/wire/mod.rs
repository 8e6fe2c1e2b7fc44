//! etcd's messages: types generated from etcd.proto, and readers and writers for the hot
//! ones. There keys and values stay in the received buffer, or are copied from the
//! caller's memory straight into the request. Field numbers are those of etcd's rpc.proto
//! and kv.proto (3.4 to 3.7).

#![forbid(unsafe_code)]

pub mod decode;
pub mod encode;
pub mod memory_cost;
pub mod watch;
/// Generated from src/wire/etcd.proto.
#[allow(clippy::all, dead_code)] // Generated, with messages that are not used.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/etcdserverpb.rs"));
}
