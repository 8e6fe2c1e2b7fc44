//! What programs build with etcd, each on `client::Handle` as any user could.

#![forbid(unsafe_code)]

pub mod election;
pub mod line;
pub mod lock;
pub mod mutex;
pub mod session;
pub mod stm;
pub mod wait;
