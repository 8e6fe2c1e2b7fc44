//! Locks after a panic of a thread that held them.

#![forbid(unsafe_code)]

use std::sync::{LockResult, PoisonError};

/// A call that panics must not fail all others for ever. What these locks guard is
/// consistent after each step.
pub trait IgnorePoison<T> {
    fn ignore_poison(self) -> T;
}

impl<T> IgnorePoison<T> for LockResult<T> {
    fn ignore_poison(self) -> T {
        self.unwrap_or_else(PoisonError::into_inner)
    }
}
