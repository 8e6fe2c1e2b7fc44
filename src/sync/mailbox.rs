//! A bounded mailbox from a task of the runtime to one reader, which takes the items by
//! waiting, by awaiting, or when it is notified.

#![forbid(unsafe_code)]

use super::IgnorePoison;
use crate::error::Error;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Called without any lock held. It must not block.
pub type Callback = Arc<dyn Fn() + Send + Sync>;

pub struct Mailbox<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    filled_async: Notify,
    /// Notifies the writer that a full mailbox has room again, or was closed.
    on_room: Callback,
    room: Notify,
}

struct State<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    bound: usize,
    /// The writer has found no room.
    full: bool,
    /// What the reader gets after the last item.
    end: Option<Error>,
    /// Closed by the reader.
    closed: bool,
    notifier: Option<Callback>,
    /// The notifier was called, and the reader has taken nothing since.
    signalled: bool,
    /// Threads that wait in [`Mailbox::next`]: to wake none would cost a system call too.
    sleepers: usize,
}

/// What a reader takes.
#[derive(Debug)]
pub enum Taken<T> {
    Item(T),
    /// Nothing in time.
    Nothing,
    /// There will be no more items.
    End(Error),
    /// The reader has closed it.
    Closed,
}

impl<T> State<T> {
    fn is_readable(&self) -> bool {
        !self.items.is_empty() || self.end.is_some()
    }

    /// The end is returned as often as the reader asks.
    fn take(&mut self) -> Taken<T> {
        if self.closed {
            return Taken::Closed;
        }
        match (self.items.pop_front(), &self.end) {
            (Some((item, size)), _) => {
                self.bytes -= size;
                Taken::Item(item)
            }
            (None, Some(end)) => Taken::End(end.clone()),
            (None, None) => Taken::Nothing,
        }
    }
}

impl<T> Mailbox<T> {
    /// Full when the items in it have `bound` bytes or more.
    pub fn new(bound: usize, on_room: Callback) -> Mailbox<T> {
        let state = State {
            items: VecDeque::new(),
            bytes: 0,
            bound,
            full: false,
            end: None,
            closed: false,
            notifier: None,
            signalled: false,
            sleepers: 0,
        };
        let (filled, filled_async, room) = (Condvar::new(), Notify::new(), Notify::new());
        Mailbox { state: Mutex::new(state), filled, filled_async, on_room, room }
    }

    /// Returns the notifier too, if it is to be called.
    fn change_quietly<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> (R, Option<Callback>) {
        let mut state = self.state.lock().ignore_poison();
        let result = change(&mut state);
        let signal = state.is_readable() && !state.signalled && !state.closed;
        let notifier = state.notifier.clone().filter(|_| signal);
        state.signalled |= notifier.is_some();
        let awaited = state.sleepers > 0;
        drop(state);
        if awaited {
            self.filled.notify_all();
        }
        self.filled_async.notify_one();
        (result, notifier)
    }

    fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let (result, notifier) = self.change_quietly(change);
        if let Some(notify) = notifier {
            notify();
        }
        result
    }

    /// Adds items with their sizes as long as there is room; gives back the first
    /// that found none.
    pub fn push(&self, items: impl IntoIterator<Item = (T, usize)>) -> Option<T> {
        self.change(|state| {
            for (item, size) in items {
                // Nothing comes after the end.
                if state.end.is_some() {
                    return None;
                }
                if state.closed || state.bytes >= state.bound {
                    state.full = true;
                    return Some(item);
                }
                state.bytes += size;
                state.items.push_back((item, size));
            }
            None
        })
    }

    /// Replaces the first item that is the `same`, or adds one of size 0. Returns the
    /// notifier, which the caller calls when it holds no lock any more.
    pub fn replace(&self, item: T, same: impl Fn(&T) -> bool) -> Option<Callback> {
        let replaced = |state: &mut State<T>| {
            if state.closed || state.end.is_some() {
                return;
            }
            match state.items.iter_mut().find(|(waiting, _)| same(waiting)) {
                Some((waiting, _)) => *waiting = item,
                None => state.items.push_back((item, 0)),
            }
        };
        self.change_quietly(replaced).1
    }

    /// Adds an item when there is room. False if the reader has closed the mailbox.
    pub async fn push_when_room(&self, item: T, size: usize) -> bool {
        let mut item = item;
        loop {
            match self.push([(item, size)]) {
                None => return true,
                Some(_) if self.is_closed() => return false,
                Some(refused) => item = refused,
            }
            self.room.notified().await;
        }
    }

    /// How many bytes there is room for.
    pub fn room(&self) -> usize {
        let state = self.state.lock().ignore_poison();
        state.bound.saturating_sub(state.bytes)
    }

    /// Ends the mailbox; the first end is kept.
    pub fn end(&self, error: Error) {
        self.change(|state| {
            state.end.get_or_insert(error);
        });
    }

    /// Ends it at once: items that wait are dropped.
    pub fn cut(&self, error: Error) {
        let overtaken = self.change(|state| {
            state.end.get_or_insert(error);
            state.bytes = 0;
            std::mem::take(&mut state.items)
        });
        drop(overtaken);
    }

    /// The reader wants no more items; those that wait are dropped.
    pub fn close(&self) {
        let (items, notifier) = self.change(|state| {
            state.closed = true;
            (std::mem::take(&mut state.items), state.notifier.take())
        });
        drop((items, notifier));
        self.notify_writer();
    }

    fn notify_writer(&self) {
        self.room.notify_one();
        (self.on_room)();
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().ignore_poison().closed
    }

    /// Has `notifier` called whenever there is an item that was not signalled yet.
    pub fn attach(&self, notifier: Callback) {
        self.change(|state| state.notifier = Some(notifier));
    }

    fn taken(&self, taken: Taken<T>, had_room_again: bool) -> Taken<T> {
        if had_room_again {
            self.notify_writer();
        }
        taken
    }

    /// Waits for an item; `None` waits for ever.
    pub fn next(&self, wait: Option<Duration>) -> Taken<T> {
        let deadline = wait.and_then(|wait| Instant::now().checked_add(wait));
        let mut state = self.state.lock().ignore_poison();
        loop {
            match state.take() {
                Taken::Nothing => {}
                taken => {
                    let room = state.room_again();
                    drop(state);
                    return self.taken(taken, room);
                }
            }
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Taken::Nothing;
            }
            state.sleepers += 1;
            state = match left {
                None => self.filled.wait(state).ignore_poison(),
                Some(left) => self.filled.wait_timeout(state, left).ignore_poison().0,
            };
            state.sleepers -= 1;
        }
    }

    /// The same for a task. The future may be dropped: no item is lost.
    pub async fn next_async(&self) -> Taken<T> {
        loop {
            match self.look() {
                Taken::Nothing => self.filled_async.notified().await,
                taken => return taken,
            }
        }
    }

    fn look(&self) -> Taken<T> {
        let mut state = self.state.lock().ignore_poison();
        let (taken, room) = (state.take(), state.room_again());
        drop(state);
        self.taken(taken, room)
    }

    /// One item for a reader that was notified, or the end once. The notifier is called
    /// again if there is more.
    pub fn take_one(&self) -> Taken<T> {
        let (taken, room) = self.change(|state| {
            let taken = state.take();
            // After the end there is nothing to notify of.
            match taken {
                Taken::End(_) => state.notifier = None,
                _ => state.signalled = false,
            }
            (taken, state.room_again())
        });
        self.taken(taken, room)
    }
}

impl<T> State<T> {
    /// Half empty: a writer that is notified of every byte would make no progress.
    fn room_again(&mut self) -> bool {
        let room = self.full && self.bytes <= self.bound / 2;
        self.full &= !room;
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::ETCD_ERR_CLOSED;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    fn counter() -> (Arc<AtomicUsize>, Callback) {
        let count = Arc::new(AtomicUsize::new(0));
        let ours = count.clone();
        let call = Arc::new(move || {
            ours.fetch_add(1, SeqCst);
        });
        (count, call)
    }

    fn item<T>(taken: Taken<T>) -> T {
        match taken {
            Taken::Item(item) => item,
            _ => panic!("no item"),
        }
    }

    #[test]
    fn a_full_mailbox_takes_no_more_and_says_when_it_is_half_empty() {
        let (room, on_room) = counter();
        let mailbox = Mailbox::new(4, on_room);
        assert_eq!(mailbox.push([(1, 2), (2, 2), (3, 2)]), Some(3));
        assert_eq!(mailbox.push([(3, 2)]), Some(3));
        assert_eq!(room.load(SeqCst), 0);
        assert_eq!(item(mailbox.next(None)), 1);
        assert_eq!(room.load(SeqCst), 1);
        assert_eq!(item(mailbox.next(None)), 2);
        assert_eq!(room.load(SeqCst), 1);
        assert_eq!(mailbox.push([(3, 100)]), None);
        assert!(matches!(item(mailbox.next(Some(Duration::ZERO))), 3));
        assert!(matches!(mailbox.next(Some(Duration::ZERO)), Taken::Nothing));
    }

    #[test]
    fn the_notifier_is_called_once_for_all_that_was_not_taken_yet() {
        let (calls, notifier) = counter();
        let mailbox = Mailbox::new(100, Arc::new(|| ()));
        mailbox.push([(1, 1), (2, 1)]);
        mailbox.attach(notifier);
        assert_eq!(calls.load(SeqCst), 1);
        mailbox.push([(3, 1)]);
        assert_eq!(calls.load(SeqCst), 1);
        for (expected, called) in [(1, 2), (2, 3), (3, 3)] {
            assert_eq!((item(mailbox.take_one()), calls.load(SeqCst)), (expected, called));
        }
        assert!(matches!(mailbox.take_one(), Taken::Nothing));
        mailbox.push([(4, 1)]);
        assert_eq!(calls.load(SeqCst), 4);
        mailbox.end(Error::new(ETCD_ERR_CLOSED, ""));
        assert_eq!((item(mailbox.take_one()), calls.load(SeqCst)), (4, 5));
        assert!(matches!(mailbox.take_one(), Taken::End(_)));
        mailbox.push([(5, 1)]);
        assert_eq!(calls.load(SeqCst), 5);
    }

    #[test]
    fn an_item_that_waits_is_replaced_in_its_place() {
        let (calls, notifier) = counter();
        let mailbox = Mailbox::new(1, Arc::new(|| ()));
        mailbox.attach(notifier);
        let put = |key, value| {
            if let Some(notify) = mailbox.replace((key, value), |waiting| waiting.0 == key) {
                notify();
            }
        };
        put('a', 1);
        put('b', 1);
        put('a', 2);
        assert_eq!(calls.load(SeqCst), 1);
        assert_eq!(item(mailbox.take_one()), ('a', 2));
        put('a', 3);
        assert_eq!(item(mailbox.take_one()), ('b', 1));
        assert_eq!(item(mailbox.take_one()), ('a', 3));
        mailbox.end(Error::new(ETCD_ERR_CLOSED, ""));
        put('c', 1);
        assert!(matches!(mailbox.take_one(), Taken::End(_)));
    }

    #[test]
    fn closing_ends_the_wait_and_notifies_the_writer() {
        let (room, on_room) = counter();
        let mailbox = Arc::new(Mailbox::<i32>::new(4, on_room));
        let reader = mailbox.clone();
        let waits = std::thread::spawn(move || matches!(reader.next(None), Taken::Closed));
        mailbox.close();
        assert!(waits.join().unwrap());
        assert_eq!(room.load(SeqCst), 1);
        assert_eq!(mailbox.push([(1, 1)]), Some(1));
    }
}
