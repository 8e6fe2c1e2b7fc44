//! The log: lines for the program's sink, or nothing without one.

#![forbid(unsafe_code)]

use crate::status::{etcd_status_t, ETCD_ERR_UNSUPPORTED};
use crate::sync::IgnorePoison;
use std::cell::Cell;
use std::fmt::Arguments;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::RwLock;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Level {
    Error = 3,
    Warn = 4,
    Info = 6,
    Debug = 7,
}

pub struct Record<'a> {
    pub level: Level,
    /// The subject, one word of a few.
    pub what: &'static str,
    /// Empty for none.
    pub endpoint: &'a str,
    pub status: etcd_status_t,
    /// Formatted only if there is a sink.
    pub message: Arguments<'a>,
}

pub type Sink = Box<dyn Fn(&Record<'_>) + Send + Sync>;

/// Without a sink the level is 0, below all levels.
#[derive(Default)]
pub struct Log {
    level: AtomicU8,
    sink: RwLock<Option<Sink>>,
}

impl Log {
    pub fn new(level: Level, sink: Sink) -> Log {
        Log { level: AtomicU8::new(level as u8), sink: RwLock::new(Some(sink)) }
    }

    pub fn emit(
        &self,
        level: Level,
        what: &'static str,
        endpoint: &str,
        status: etcd_status_t,
        message: Arguments<'_>,
    ) {
        if level as u8 > self.level.load(Relaxed) {
            return;
        }
        // Held while the sink is called: close() waits for it.
        let sink = self.sink.read().ignore_poison();
        if let Some(sink) = &*sink {
            let before = IN_CALLBACK.replace(true);
            sink(&Record { level, what, endpoint, status, message });
            // Functions without a result have no other way to say so.
            if REFUSED.replace(false) && Level::Warn as u8 <= self.level.load(Relaxed) {
                sink(&Record {
                    level: Level::Warn,
                    what: "call",
                    endpoint: "",
                    status: ETCD_ERR_UNSUPPORTED,
                    message: format_args!("refused in a log callback; nothing was done or closed"),
                });
                REFUSED.set(false);
            }
            IN_CALLBACK.set(before);
        }
    }

    /// After this the sink is not called any more.
    pub fn close(&self) {
        self.level.store(0, Relaxed);
        let sink = self.sink.write().ignore_poison().take();
        drop(sink);
    }
}

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    /// It has called the library.
    static REFUSED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the sink is being called on this thread: what waits for it would wait for ever. A call
/// that asks is refused then.
pub fn in_log_callback() -> bool {
    let inside = IN_CALLBACK.get();
    REFUSED.set(inside);
    inside
}
