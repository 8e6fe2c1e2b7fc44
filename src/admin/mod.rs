//! Calls of administration, through etcd-client: one function each.

#![forbid(unsafe_code)]

pub mod cluster;
pub mod lock;
pub mod maintenance;
