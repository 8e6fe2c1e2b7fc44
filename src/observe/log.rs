//! The log: lines for a sink that the program has given, or nothing at all.

use crate::status::etcd_status_t;
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
    /// What it is about, in one word of a few.
    pub what: &'static str,
    /// Empty for none.
    pub endpoint: &'a str,
    pub status: etcd_status_t,
    /// Made into text only for a sink.
    pub message: Arguments<'a>,
}

pub type Sink = Box<dyn Fn(&Record<'_>) + Send + Sync>;

/// Without a sink its level is 0, below all.
#[derive(Default)]
pub struct Log {
    level: AtomicU8,
    sink: RwLock<Option<Sink>>,
}

impl Log {
    pub fn new(level: Level, sink: Sink) -> Log {
        Log { level: AtomicU8::new(level as u8), sink: RwLock::new(Some(sink)) }
    }

    pub fn tell(
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
        // Held while the sink works: close waits for that.
        let sink = self.sink.read().unwrap();
        if let Some(sink) = &*sink {
            let before = TELLING.replace(true);
            sink(&Record { level, what, endpoint, status, message });
            TELLING.set(before);
        }
    }

    /// The sink is not called any more when this returns.
    pub fn close(&self) {
        self.level.store(0, Relaxed);
        let sink = self.sink.write().unwrap().take();
        drop(sink);
    }
}

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is a call from a sink, which would wait for itself.
pub fn is_telling() -> bool {
    TELLING.get()
}
