//! What the tests share.

pub mod cc;
