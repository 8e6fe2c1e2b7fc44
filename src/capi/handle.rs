//! Handles: numbers that look like pointers and are never followed.
//!
//! Each names its kind, the process that made it, and a place in a table with
//! the number of times that place was used before. A handle that is stale, of
//! another kind, inherited over a fork, or no handle at all is told apart by
//! looking, not by crashing.

use crate::error::{Error, Result};
use crate::observe::log;
use crate::status::{
    ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES, ETCD_ERR_UNSUPPORTED,
};
use crate::sync::IgnorePoison;
use crate::sys::{self, ForkLocal};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, RwLock};

const PLACE_BITS: u32 = 20;
const USE_BITS: u32 = 28;
const FORK_BITS: u32 = 8;
pub const KIND_BITS: u32 = 8;
const _: () = assert!(PLACE_BITS + USE_BITS + FORK_BITS + KIND_BITS == u64::BITS);
/// Uses of a place before its handles come round again.
const USES: u32 = 1 << USE_BITS;

/// What a C handle type stands for: see the macro `kind!`.
pub trait Kind {
    type Target: Any + Send + Sync;
    /// The number in its handles, which no other kind has; not 0.
    const NUMBER: u64;
    /// What error messages call it.
    const NAME: &'static str;
}

/// Makes a kind of a handle type: its number, what it stands for, and its name in messages.
///
/// Numbers: 1 client, 2 queue, 3 call, 4 txn, 5 watch, 6 keep_alive, 8 connection, 10 range,
/// 11 op, 12 session, 13 mutex, 14 election, 15 observer, 16 stm. The next is 17.
macro_rules! kind {
    ($number:literal, $handle:ty, $target:ty, $name:literal) => {
        impl $crate::capi::handle::Kind for $handle {
            type Target = $target;
            const NUMBER: u64 = $number;
            const NAME: &'static str = $name;
        }
        const _: () = assert!($number > 0 && $number < 1 << $crate::capi::handle::KIND_BITS);
    };
}
pub(super) use kind;

struct Place {
    uses: u32,
    /// The number of the kind, and what the handle stands for.
    object: Option<(u64, Arc<dyn Any + Send + Sync>)>,
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
/// again is still distinguished.
fn first_use() -> u32 {
    sys::fork_generation().wrapping_mul(0x9e37_79b9) % USES
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
    if handle == 0 {
        return Err(bad("NULL"));
    }
    not_in_a_log_callback()?;
    if handle >> (PLACE_BITS + USE_BITS + FORK_BITS) != K::NUMBER {
        return Err(bad("not a handle of this kind"));
    }
    let of_fork = handle >> (PLACE_BITS + USE_BITS) & ((1 << FORK_BITS) - 1);
    if of_fork != forks() {
        let why = format!("{}: made before a fork; open a new one", K::NAME);
        return Err(Error::new(ETCD_ERR_FORKED, why));
    }
    let uses = (handle >> PLACE_BITS) as u32 % USES;
    Ok(((handle & ((1 << PLACE_BITS) - 1)) as usize, uses))
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
    let mut table = table().write().ignore_poison();
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
    entry.object = Some((K::NUMBER, target));
    Ok(number(K::NUMBER, entry.uses, place) as *mut K)
}

impl Place {
    /// What it holds for the handle of that kind and use.
    fn object<K: Kind>(&self, uses: u32) -> Option<Arc<K::Target>> {
        let (kind, object) = self.object.as_ref().filter(|_| self.uses == uses)?;
        if *kind != K::NUMBER {
            return None;
        }
        object.clone().downcast().ok()
    }
}

/// What the handle stands for.
pub fn get<K: Kind>(handle: *const K) -> Result<Arc<K::Target>> {
    let (place, uses) = locate::<K>(handle as u64)?;
    let table = table().read().ignore_poison();
    let object = table.places.get(place).and_then(|place| place.object::<K>(uses));
    object.ok_or_else(stale::<K>)
}

/// What the handle stood for; from now on it is stale.
pub fn remove<K: Kind>(handle: *const K) -> Result<Arc<K::Target>> {
    let (place, uses) = locate::<K>(handle as u64)?;
    let mut table = table().write().ignore_poison();
    let table = &mut *table;
    let entry = table.places.get_mut(place).ok_or_else(stale::<K>)?;
    let target = entry.object::<K>(uses).ok_or_else(stale::<K>)?;
    entry.object = None;
    entry.uses = (entry.uses + 1) % USES;
    table.free.push_back(place as u32);
    Ok(target)
}
