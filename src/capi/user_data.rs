//! The user_data that calls and streams have, so that a queue that is freed loses none of it.

use super::types::UserData;
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_BAD_HANDLE;
use crate::sync::IgnorePoison;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};

/// Takes back a user_data when a queue is freed. It must not throw.
pub type etcd_drop_cb = Option<unsafe extern "C" fn(user_data: *mut c_void, arg: *mut c_void)>;

/// The user_data of one call or stream.
#[derive(Clone, Copy)]
pub struct Held {
    pub user_data: UserData,
    /// In the registry; 0 if it is in none.
    number: u64,
}

/// All user_data that is out. Without a drop callback nothing is registered.
#[derive(Default)]
pub struct Registry {
    drop: etcd_drop_cb,
    arg: Option<UserData>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    held: HashMap<u64, Entry>,
    /// Everything was dropped, or is dropped at the end of the callback that uses it.
    dropped: bool,
}

struct Entry {
    user_data: UserData,
    /// Callbacks that have it now.
    uses: usize,
}

/// A use of a user_data, during which it is not dropped.
pub struct Use<'a>(&'a Registry, Held);

impl Registry {
    pub fn new(drop: etcd_drop_cb, arg: *mut c_void) -> Registry {
        Registry { drop, arg: Some(UserData(arg)), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().ignore_poison()
    }

    /// From now on it is dropped with the queue.
    pub fn hold(&self, user_data: *mut c_void) -> Result<Held> {
        let user_data = UserData(user_data);
        if self.drop.is_none() || user_data.0.is_null() {
            return Ok(Held { user_data, number: 0 });
        }
        let mut state = self.state();
        if state.dropped {
            return Err(Error::new(ETCD_ERR_BAD_HANDLE, "the queue was freed"));
        }
        state.last += 1;
        let number = state.last;
        state.held.insert(number, Entry { user_data, uses: 0 });
        Ok(Held { user_data, number })
    }

    /// From now on it is the caller's again. False if it was dropped.
    pub fn release(&self, held: Held) -> bool {
        held.number == 0 || self.state().held.remove(&held.number).is_some()
    }

    /// False if it was dropped, or released.
    pub fn has(&self, held: Held) -> bool {
        held.number == 0 || self.state().held.contains_key(&held.number)
    }

    /// None if it was dropped, or released.
    pub fn borrow(&self, held: Held) -> Option<Use<'_>> {
        if held.number != 0 {
            self.state().held.get_mut(&held.number)?.uses += 1;
        }
        Some(Use(self, held))
    }

    /// Drops what is out, but for what callbacks have now: that is dropped when they return.
    pub fn drop_all(&self) {
        let mut state = self.state();
        state.dropped = true;
        let unused: Vec<_> = state.held.extract_if(|_, entry| entry.uses == 0).collect();
        drop(state);
        unused.into_iter().for_each(|(_, entry)| self.drop_one(entry));
    }

    fn drop_one(&self, entry: Entry) {
        if let (Some(drop), Some(UserData(arg))) = (self.drop, self.arg) {
            // SAFETY: the owner of the queue has given the callback for this.
            unsafe { drop(entry.user_data.0, arg) };
        }
    }
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        let Use(registry, Held { number: number @ 1.., .. }) = *self else { return };
        let mut state = registry.state();
        let Some(entry) = state.held.get_mut(&number) else { return };
        entry.uses -= 1;
        if entry.uses == 0 && state.dropped {
            let entry = state.held.remove(&number);
            drop(state);
            entry.into_iter().for_each(|entry| registry.drop_one(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Content;
    use super::super::handle;
    use super::super::queue::*;
    use super::*;
    use crate::status::*;
    use std::ptr::{null, null_mut};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::Arc;

    static DROPS: AtomicUsize = AtomicUsize::new(0);

    unsafe extern "C" fn count(_: *mut c_void, _: *mut c_void) {
        DROPS.fetch_add(1, SeqCst);
    }

    /// Another thread frees the queue while an event of this stream is taken.
    struct Freed(u64);

    impl OnQueue for Freed {
        fn take(&self, held: Held, user_data: &Registry) -> Option<Content> {
            // SAFETY: a handle.
            unsafe { etcd_queue_free(self.0 as *mut etcd_queue_t) };
            assert_eq!(DROPS.load(SeqCst), 1, "dropped before the free returns");
            assert!(!user_data.has(held));
            None
        }
    }

    #[test]
    fn nothing_is_dropped_after_the_free_by_one_who_takes_an_event() {
        let mut options = etcd_queue_options_t {
            size: size_of::<etcd_queue_options_t>(),
            drop_callback: Some(count),
            arg: null_mut(),
        };
        let (mut handle, mut event) = (null_mut(), null_mut());
        // SAFETY: all pointers are to what lives here, or NULL.
        unsafe {
            assert_eq!(etcd_queue_new(&options, &mut handle, null_mut()), ETCD_OK);
            let queue = handle::get(handle).unwrap();
            let held = queue.user_data.hold((&raw mut options).cast()).unwrap();
            queue.push(Pending::Stream(held, Arc::new(Freed(handle as u64))));
            let taken = etcd_queue_next(handle, 0, &mut event, null_mut());
            assert_eq!((taken, event.cast_const()), (ETCD_ERR_BAD_HANDLE, null()));
        }
        assert_eq!(DROPS.load(SeqCst), 1);
    }
}
