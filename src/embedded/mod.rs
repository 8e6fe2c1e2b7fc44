//! The in-process engine: etcd without a server, behind `mem:`.

#![forbid(unsafe_code)]

mod clock;
mod duplicates;
mod engine;
mod fragment;
mod lessor;
mod range;
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
pub use watch::WatchStream;

use crate::status::{self, etcd_status_t};
use crate::sys::ForkLocal;
use crate::wire::proto::ResponseHeader;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};

/// Why a call was not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As in gRPC.
    pub code: i32,
    /// etcd's own text.
    pub message: String,
}

/// The refusal that the table of status codes describes.
fn refuse(code: etcd_status_t) -> Refusal {
    let (grpc, text) = status::find(code).map_or((13, ""), |status| (status.grpc, status.text));
    Refusal { code: grpc, message: text.trim_end_matches('\0').to_owned() }
}

/// As it is in the replies inside of a transaction; the engine adds who it is.
fn header(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader { revision, ..ResponseHeader::default() })
}

/// For ids, not for secrets.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

type Engines = Mutex<BTreeMap<String, Arc<Engine>>>;

fn engines() -> &'static Engines {
    static ENGINES: ForkLocal<Engines> = ForkLocal::new();
    ENGINES.get()
}

/// The engine of this name in this process, kept until it is forgotten.
pub fn open(name: &str) -> Arc<Engine> {
    let mut engines = engines().lock().unwrap();
    engines.entry(name.to_owned()).or_insert_with(|| Engine::new(Clock::system())).clone()
}

/// The next [`open`] makes a new engine; who has the old one keeps it.
pub fn forget(name: &str) {
    engines().lock().unwrap().remove(name);
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

    #[test]
    fn refusals_are_what_the_table_says() {
        let compacted = refuse(status::ETCD_ERR_COMPACTED);
        assert_eq!(compacted.code, 11);
        assert_eq!(compacted.message, "etcdserver: mvcc: required revision has been compacted");
    }
}
