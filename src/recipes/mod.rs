//! What programs build with etcd, each on `client::Handle` as any user could.

#![forbid(unsafe_code)]

pub mod lock;
