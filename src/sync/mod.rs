//! Ways for threads and tasks to pass values to each other.

#![forbid(unsafe_code)]

pub mod mailbox;
pub mod oneshot;
mod poison;
pub mod queue;

#[cfg(test)]
mod tests;

// Named here for code that `tests/driver/` runs with a model's locks and time.
pub use poison::IgnorePoison;
pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
pub use std::sync::{Condvar, Mutex, MutexGuard};
pub use std::time::Instant;
