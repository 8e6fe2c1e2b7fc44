//! Panics are caught and become errors. Nothing is written to standard error.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

thread_local!(static SILENT: Cell<bool> = const { Cell::new(false) });

/// From now on panics of this thread are not printed. Other threads of the process, which
/// may run Rust code of the host, are not affected.
pub fn silence_thread() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !SILENT.get() {
                others(info);
            }
        }));
    });
    SILENT.set(true);
}

/// Runs the body; a panic in it is returned, not printed.
pub fn caught<T>(body: impl FnOnce() -> T) -> thread::Result<T> {
    let before = SILENT.get();
    silence_thread();
    let result = catch_unwind(AssertUnwindSafe(body));
    SILENT.set(before);
    result
}
