//! What a task of the runtime has to say to one reader, who takes it when it
//! likes: by waiting, by awaiting, or when it is called.

#![forbid(unsafe_code)]

use crate::error::Error;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Called without any lock held; must not block.
pub type Call = Arc<dyn Fn() + Send + Sync>;

pub struct Mailbox<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    filled_async: Notify,
    /// Tells the writer that a full mailbox has room, or was closed.
    on_room: Call,
    room: Notify,
}

struct State<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    bound: usize,
    /// The writer was told that there is no room.
    full: bool,
    /// What the reader gets after the last item.
    end: Option<Error>,
    /// The reader wants no more.
    closed: bool,
    bell: Option<Call>,
    /// The bell was rung, and nobody has looked since.
    rung: bool,
}

/// What a reader finds.
#[derive(Debug)]
pub enum Taken<T> {
    Item(T),
    /// Nothing in time.
    Nothing,
    /// Nothing more will come.
    End(Error),
    /// The reader has closed it.
    Closed,
}

impl<T> State<T> {
    fn is_readable(&self) -> bool {
        !self.items.is_empty() || self.end.is_some()
    }

    /// The end is found as often as somebody looks.
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
    pub fn new(bound: usize, on_room: Call) -> Mailbox<T> {
        let state = State {
            items: VecDeque::new(),
            bytes: 0,
            bound,
            full: false,
            end: None,
            closed: false,
            bell: None,
            rung: false,
        };
        let (filled, filled_async, room) = (Condvar::new(), Notify::new(), Notify::new());
        Mailbox { state: Mutex::new(state), filled, filled_async, on_room, room }
    }

    fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let mut state = self.state.lock().unwrap();
        let result = change(&mut state);
        let ring = state.is_readable() && !state.rung && !state.closed;
        let bell = state.bell.clone().filter(|_| ring);
        state.rung |= bell.is_some();
        drop(state);
        self.filled.notify_all();
        self.filled_async.notify_one();
        if let Some(bell) = bell {
            bell();
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

    /// The same for a task that waits for room. False if the reader wants no more.
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
        let state = self.state.lock().unwrap();
        state.bound.saturating_sub(state.bytes)
    }

    /// The first end counts.
    pub fn end(&self, error: Error) {
        self.change(|state| {
            state.end.get_or_insert(error);
        });
    }

    /// The same, and what the reader has not taken is dropped.
    pub fn cut(&self, error: Error) {
        let overtaken = self.change(|state| {
            state.end.get_or_insert(error);
            state.bytes = 0;
            std::mem::take(&mut state.items)
        });
        drop(overtaken);
    }

    /// The reader wants no more; what waits for it is dropped.
    pub fn close(&self) {
        let (items, bell) = self.change(|state| {
            state.closed = true;
            (std::mem::take(&mut state.items), state.bell.take())
        });
        drop((items, bell));
        self.tell_writer();
    }

    fn tell_writer(&self) {
        self.room.notify_one();
        (self.on_room)();
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().unwrap().closed
    }

    /// Has `bell` called whenever there is something that was not announced yet.
    pub fn attach(&self, bell: Call) {
        self.change(|state| state.bell = Some(bell));
    }

    fn taken(&self, taken: Taken<T>, had_room_again: bool) -> Taken<T> {
        if had_room_again {
            self.tell_writer();
        }
        taken
    }

    /// Waits for an item; `None` waits for ever.
    pub fn next(&self, wait: Option<Duration>) -> Taken<T> {
        let deadline = wait.and_then(|wait| Instant::now().checked_add(wait));
        let mut state = self.state.lock().unwrap();
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
            state = match left {
                None => self.filled.wait(state).unwrap(),
                Some(Duration::ZERO) => return Taken::Nothing,
                Some(left) => self.filled.wait_timeout(state, left).unwrap().0,
            };
        }
    }

    /// The same for a task. May be dropped while it waits.
    pub async fn next_async(&self) -> Taken<T> {
        loop {
            match self.look() {
                Taken::Nothing => self.filled_async.notified().await,
                taken => return taken,
            }
        }
    }

    fn look(&self) -> Taken<T> {
        let mut state = self.state.lock().unwrap();
        let (taken, room) = (state.take(), state.room_again());
        drop(state);
        self.taken(taken, room)
    }

    /// What is there for a reader that the bell has called: one item, or the end
    /// once. The bell rings again if there is more.
    pub fn answer(&self) -> Taken<T> {
        let (taken, room) = self.change(|state| {
            let taken = state.take();
            // The last thing that is ever said; and the bell has nothing to add.
            match taken {
                Taken::End(_) => state.bell = None,
                _ => state.rung = false,
            }
            (taken, state.room_again())
        });
        self.taken(taken, room)
    }
}

impl<T> State<T> {
    /// Half empty again: a writer that is called for every byte gets nowhere.
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

    fn counter() -> (Arc<AtomicUsize>, Call) {
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
    fn a_full_mailbox_takes_no_more_and_tells_when_it_is_half_empty() {
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
    fn the_bell_rings_once_for_all_that_nobody_has_looked_at() {
        let (rings, bell) = counter();
        let mailbox = Mailbox::new(100, Arc::new(|| ()));
        mailbox.push([(1, 1), (2, 1)]);
        mailbox.attach(bell);
        assert_eq!(rings.load(SeqCst), 1);
        mailbox.push([(3, 1)]);
        assert_eq!(rings.load(SeqCst), 1);
        for (expected, ring) in [(1, 2), (2, 3), (3, 3)] {
            assert_eq!((item(mailbox.answer()), rings.load(SeqCst)), (expected, ring));
        }
        assert!(matches!(mailbox.answer(), Taken::Nothing));
        mailbox.push([(4, 1)]);
        assert_eq!(rings.load(SeqCst), 4);
        mailbox.end(Error::new(ETCD_ERR_CLOSED, ""));
        assert_eq!((item(mailbox.answer()), rings.load(SeqCst)), (4, 5));
        assert!(matches!(mailbox.answer(), Taken::End(_)));
        mailbox.push([(5, 1)]);
        assert_eq!(rings.load(SeqCst), 5);
    }

    #[test]
    fn closing_ends_the_wait_and_tells_the_writer() {
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
