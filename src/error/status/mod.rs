//! Status codes: their numbers, and what they and etcd's errors mean.

#![forbid(unsafe_code)]

mod classes;
mod codes;
mod table;

pub use classes::*;
pub use codes::*;
pub use table::*;
