//! The in-process engine: etcd without a server, behind `mem:`.

#![forbid(unsafe_code)]

mod clock;
mod counts;
mod duplicates;
mod engine;
mod fragment;
mod interest;
mod lessor;
mod lock;
mod range;
mod reply;
mod rows;
mod service;
mod span;
mod store;
mod txn;
mod view;
mod watch;
mod write;

#[cfg(test)]
mod concurrent_tests;
#[cfg(test)]
mod model;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod watch_tests;

pub use clock::Clock;
pub use engine::Engine;
pub use reply::{RpcStatus, NO_MEMORY, NO_MEMORY_TO_REPLY};
pub use watch::WatchStream;

use crate::sync::IgnorePoison;
use crate::sys::ForkLocal;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Engines = Mutex<BTreeMap<String, Arc<Engine>>>;

fn engines() -> &'static Engines {
    static ENGINES: ForkLocal<Engines> = ForkLocal::new();
    ENGINES.get()
}

/// The engine of this name in this process, kept until it is forgotten.
pub fn open(name: &str) -> Arc<Engine> {
    let mut engines = engines().lock().ignore_poison();
    engines.entry(name.to_owned()).or_insert_with(|| Engine::new(Clock::system())).clone()
}

/// The next [`open`] makes a new engine. Clients of the old one keep it.
pub fn forget(name: &str) {
    engines().lock().ignore_poison().remove(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_engine_until_it_is_forgotten() {
        let (one, other) = (open("mod-a"), open("mod-b"));
        assert!(Arc::ptr_eq(&one, &open("mod-a")) && !Arc::ptr_eq(&one, &other));
        forget("mod-a");
        forget("mod-a");
        assert!(!Arc::ptr_eq(&one, &open("mod-a")) && Arc::ptr_eq(&other, &open("mod-b")));
    }
}
