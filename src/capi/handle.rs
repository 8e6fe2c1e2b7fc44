//! Handles: numbers that look like pointers and are never followed.
//!
//! Each names its kind, the process that made it, and a place in a table with
//! the number of times that place was used before. A handle that is stale, of
//! another kind, inherited over a fork, or no handle at all is told apart by
//! looking, not by crashing.

use super::call::etcd_call_t;
use super::client::etcd_client_t;
use super::connection::etcd_connection_watch_t;
use super::keepalive::etcd_lease_keep_alive_t;
use super::page::{etcd_range_t, RangeIter};
use super::queue::{etcd_queue_t, EventQueue};
use super::request::etcd_op_t;
use super::stream::Stream;
use super::txn::etcd_txn_t;
use super::watch::etcd_watch_t;
use crate::classic::Session;
use crate::client::keepalive::KeepAlive;
use crate::client::txn::{Op, Txn};
use crate::client::watch::Watch;
use crate::client::AbortHandle;
use crate::error::{Error, Result};
use crate::observe::connections::Changes;
use crate::observe::log;
use crate::status::{
    ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES, ETCD_ERR_UNSUPPORTED,
};
use crate::sys::{self, ForkLocal};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, RwLock};

const PLACE_BITS: u32 = 20;
const USE_BITS: u32 = 32;
const FORK_BITS: u32 = 8;

pub enum Object {
    Client(Arc<Session>),
    Queue(Arc<EventQueue>),
    Op(Arc<AbortHandle>),
    Txn(Arc<Mutex<Txn>>),
    Watch(Arc<Stream<Watch>>),
    KeepAlive(Arc<Stream<KeepAlive>>),
    Connection(Arc<Stream<Changes>>),
    RangeIter(Arc<RangeIter>),
    Request(Arc<Op>),
}

/// What a C handle type stands for.
pub trait Kind {
    type Target;
    const NUMBER: u64;
    const NAME: &'static str;
    fn of(object: &Object) -> Option<&Arc<Self::Target>>;
    fn object(target: Arc<Self::Target>) -> Object;
}

macro_rules! kinds {
    ($($number:literal $handle:ident $variant:ident($target:ty) $name:literal;)*) => {$(
        impl Kind for $handle {
            type Target = $target;
            const NUMBER: u64 = $number;
            const NAME: &'static str = $name;
            fn of(object: &Object) -> Option<&Arc<$target>> {
                match object {
                    Object::$variant(target) => Some(target),
                    _ => None,
                }
            }
            fn object(target: Arc<$target>) -> Object {
                Object::$variant(target)
            }
        }
    )*};
}

kinds! {
    1 etcd_client_t Client(Session) "client";
    2 etcd_queue_t Queue(EventQueue) "queue";
    3 etcd_call_t Op(AbortHandle) "op";
    4 etcd_txn_t Txn(Mutex<Txn>) "txn";
    5 etcd_watch_t Watch(Stream<Watch>) "watch";
    6 etcd_lease_keep_alive_t KeepAlive(Stream<KeepAlive>) "keep_alive";
    8 etcd_connection_watch_t Connection(Stream<Changes>) "connection";
    10 etcd_range_t RangeIter(RangeIter) "range";
    11 etcd_op_t Request(Op) "request";
}

struct Place {
    uses: u32,
    object: Option<Object>,
}

#[derive(Default)]
struct Table {
    places: Vec<Place>,
    free: VecDeque<u32>,
}

fn table() -> &'static RwLock<Table> {
    static TABLE: ForkLocal<RwLock<Table>> = ForkLocal::new();
    TABLE.get()
}

fn forks() -> u64 {
    u64::from(sys::fork_generation()) % (1 << FORK_BITS)
}

/// Differs between processes, so that a handle whose number of forks comes round
/// again is still told apart.
fn first_use() -> u32 {
    sys::fork_generation().wrapping_mul(0x9e37_79b9)
}

fn number(kind: u64, uses: u32, place: u32) -> u64 {
    kind << (PLACE_BITS + USE_BITS + FORK_BITS)
        | forks() << (PLACE_BITS + USE_BITS)
        | u64::from(uses) << PLACE_BITS
        | u64::from(place)
}

/// The place that a handle of this process and kind names, and its use.
fn locate<K: Kind>(handle: u64) -> Result<(usize, u32)> {
    let bad = |why: &str| Error::new(ETCD_ERR_BAD_HANDLE, format!("{}: {why}", K::NAME));
    not_in_a_log_callback()?;
    if handle == 0 {
        return Err(bad("NULL"));
    }
    if handle >> (PLACE_BITS + USE_BITS + FORK_BITS) != K::NUMBER {
        return Err(bad("not a handle of this kind"));
    }
    let of_fork = handle >> (PLACE_BITS + USE_BITS) & ((1 << FORK_BITS) - 1);
    if of_fork != forks() {
        let why = format!("{}: made before a fork; open a new one", K::NAME);
        return Err(Error::new(ETCD_ERR_FORKED, why));
    }
    Ok(((handle & ((1 << PLACE_BITS) - 1)) as usize, (handle >> PLACE_BITS) as u32))
}

/// One that calls back may hold what the call would wait for.
pub fn not_in_a_log_callback() -> Result<()> {
    match log::in_log_callback() {
        true => Err(Error::new(ETCD_ERR_UNSUPPORTED, "called by a log callback")),
        false => Ok(()),
    }
}

fn stale<K: Kind>() -> Error {
    Error::new(ETCD_ERR_BAD_HANDLE, format!("{}: closed, or never open", K::NAME))
}

/// Makes a handle for the object.
pub fn insert<K: Kind>(target: Arc<K::Target>) -> Result<*mut K> {
    let mut table = table().write().unwrap();
    let table = &mut *table;
    // The place that has rested longest: stale handles stay recognisable longest.
    let place = match table.free.pop_front() {
        Some(place) => place,
        None if table.places.len() < 1 << PLACE_BITS => {
            table.places.push(Place { uses: first_use(), object: None });
            (table.places.len() - 1) as u32
        }
        None => return Err(Error::new(ETCD_ERR_NO_RESOURCES, "too many handles are open")),
    };
    let entry = &mut table.places[place as usize];
    entry.object = Some(K::object(target));
    Ok(number(K::NUMBER, entry.uses, place) as *mut K)
}

/// What the handle stands for.
pub fn get<K: Kind>(handle: *const K) -> Result<Arc<K::Target>> {
    let (place, uses) = locate::<K>(handle as u64)?;
    let table = table().read().unwrap();
    let entry = table.places.get(place).filter(|entry| entry.uses == uses);
    let object = entry.and_then(|entry| entry.object.as_ref()).and_then(K::of);
    object.cloned().ok_or_else(stale::<K>)
}

/// What the handle stood for; from now on it is stale.
pub fn remove<K: Kind>(handle: *const K) -> Result<Arc<K::Target>> {
    let (place, uses) = locate::<K>(handle as u64)?;
    let mut table = table().write().unwrap();
    let table = &mut *table;
    let entry = table.places.get_mut(place).filter(|entry| entry.uses == uses);
    let entry = entry.ok_or_else(stale::<K>)?;
    let target = entry.object.as_ref().and_then(K::of).cloned().ok_or_else(stale::<K>)?;
    entry.object = None;
    entry.uses = entry.uses.wrapping_add(1);
    table.free.push_back(place as u32);
    Ok(target)
}
