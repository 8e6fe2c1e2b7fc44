//! Numbers that only grow.

#![forbid(unsafe_code)]

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($counter:ident $name:literal $help:literal;)*) => {
        #[derive(Clone, Copy)]
        pub enum Counter {
            $($counter),*
        }
        /// Name and description of each, in the order of etcd_counters_t.
        const ALL: &[(&str, &str)] = &[$(($name, $help)),*];
    };
}

counters! {
    Calls "calls" "Calls begun, each once however often it was sent.";
    CallsFailed "calls_failed" "Calls that ended with an error, or were given up.";
    Retries "retries" "Times that a call was sent again.";
    ConnectionsOpened "connections_opened" "Connections that servers have taken.";
    ConnectionsLost "connections_lost" "Connections that have ended.";
    WatchesResumed "watches_resumed" "Times that a watch went on after a break.";
    WatchesPaused "watches_paused" "Times that a watch was called off until its reader had room.";
    WatchesResynced "watches_resynced" "Times that the keys took the place of compacted events.";
    WatchEvents "watch_events" "Events handed to watches' readers.";
    WatchDuplicates "watch_duplicates" "Events that came again and were dropped.";
    TokenRefreshes "token_refreshes" "Authentication tokens fetched, the first included.";
    KeepAlivesSent "keep_alives_sent" "Renewals that were asked for, of leases kept alive.";
    KeepAlivesAnswered "keep_alives_answered" "Renewals that were answered.";
    LeasesLost "leases_lost" "Leases kept alive that ended otherwise than by this client.";
    BytesSent "bytes_sent" "Bytes written to connections.";
    BytesReceived "bytes_received" "Bytes read from connections.";
}

pub const COUNT: usize = ALL.len();

#[derive(Default)]
pub struct Counters([AtomicU64; COUNT]);

impl Counters {
    pub fn add(&self, counter: Counter, count: u64) {
        self.0[counter as usize].fetch_add(count, Relaxed);
    }

    pub fn all(&self) -> [u64; COUNT] {
        std::array::from_fn(|at| self.0[at].load(Relaxed))
    }

    /// Counts a call that begins now.
    pub fn call(&self) -> InProgress<'_> {
        self.add(Counter::Calls, 1);
        InProgress(self)
    }
}

/// A call in progress. One that is dropped has failed.
pub struct InProgress<'a>(&'a Counters);

impl InProgress<'_> {
    pub fn ended<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() {
            std::mem::forget(self);
        }
        result
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.add(Counter::CallsFailed, 1);
    }
}

/// The counters in Prometheus' text format; `up` has each endpoint and whether it is up.
pub fn text(counters: &Counters, client: &str, up: &[(String, bool)]) -> String {
    let client = match client {
        "" => String::new(),
        name => format!("client=\"{}\"", escaped(name)),
    };
    let braced = match &*client {
        "" => String::new(),
        label => format!("{{{label}}}"),
    };
    let mut text = String::new();
    for ((name, help), value) in ALL.iter().zip(counters.all()) {
        let name = format!("libetcd_{name}_total");
        let _ =
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name}{braced} {value}");
    }
    let name = "libetcd_connection_up";
    let _ = writeln!(text, "# HELP {name} Whether an endpoint is connected.\n# TYPE {name} gauge");
    let comma = if client.is_empty() { "" } else { "," };
    for (endpoint, up) in up {
        let (endpoint, up) = (escaped(endpoint), u8::from(*up));
        let _ = writeln!(text, "{name}{{{client}{comma}endpoint=\"{endpoint}\"}} {up}");
    }
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
