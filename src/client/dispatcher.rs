//! Takes up a client's work on the runtime, and completes each piece of it once, whatever
//! happens.

#![forbid(unsafe_code)]

use super::call::{closed, Call, Progress};
use super::core::Core;
use super::stubs::Stub;
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::status::ETCD_ERR_CANCELLED;
use crate::sync::oneshot::Oneshot;
use crate::sync::IgnorePoison;
use futures_util::future::{AbortRegistration, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::FutureExt;
use std::any::Any;
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::{yield_now, JoinSet};

/// Work that is taken up in one turn: a great deal must not keep other tasks waiting, nor the
/// close.
const MAX_TAKEN: usize = 1024;

/// Takes a result, on the thread that drives the runtime; must not block.
pub type Done<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// Work on its way to the runtime; dropped, unfinished, when the client is closed.
pub enum Work {
    Call(Job),
    /// Anything else; it catches its own panics.
    Task(Pin<Box<dyn Future<Output = ()> + Send>>),
}

pub struct Job {
    pub call: Call,
    pub abort: Option<AbortRegistration>,
    pub completion: Completion<Vec<u8>>,
}

/// Completes work with its result, or with an error if it is dropped half way.
pub struct Completion<T, P: Borrow<Progress> = Progress> {
    core: Arc<Core>,
    changes: bool,
    progress: P,
    done: Option<Done<T>>,
}

impl<T> Completion<T> {
    pub fn of_call(core: Arc<Core>, call: &Call, done: Done<T>) -> Completion<T> {
        let (changes, progress) = (call.effect.changes(), Progress::default());
        Completion { core, changes, progress, done: Some(done) }
    }
}

impl<T> Completion<T, Arc<Progress>> {
    /// Of work that is one call through etcd-client, or else may change the store at any
    /// moment.
    pub fn of_task(core: Arc<Core>, stub: Option<Stub>, done: Done<T>) -> Self {
        let (changes, progress) = match stub {
            Some(stub) => stub.progress(),
            None => (true, Progress { doubt: true.into(), ..Progress::default() }.into()),
        };
        Completion { core, changes, progress, done: Some(done) }
    }
}

impl<T, P: Borrow<Progress>> Completion<T, P> {
    fn maybe_applied(&self) -> bool {
        self.changes && self.progress.borrow().sent()
    }

    /// Runs the work, and completes it.
    pub async fn run(self, work: impl Future<Output = Result<T>>) {
        let result = AssertUnwindSafe(work).catch_unwind().await;
        self.complete(result);
    }

    /// Completes it with a result, or with a caught panic.
    fn complete(mut self, result: std::thread::Result<Result<T>>) {
        let result = result.unwrap_or_else(|panic| {
            Err(defect(&self.core, &*panic).maybe_applied(self.maybe_applied()))
        });
        if let Some(done) = self.done.take() {
            done(result);
        }
    }
}

impl<T, P: Borrow<Progress>> Drop for Completion<T, P> {
    fn drop(&mut self) {
        let Some(done) = self.done.take() else { return };
        let error = match self.core.closed.load(Relaxed) {
            true => closed(),
            false => Error::new(ETCD_ERR_CANCELLED, "the call was cancelled"),
        };
        let error = error.maybe_applied(self.maybe_applied());
        done(Err(error.at(&self.core.member(self.progress.borrow()))));
    }
}

/// A caught panic, which is logged.
fn defect(core: &Core, panic: &(dyn Any + Send)) -> Error {
    let error = Error::defect(panic);
    let message = format_args!("{}", error.message);
    core.telemetry.log.emit(Level::Error, "call", "", error.status, message);
    error
}

/// Work that the dispatcher has not taken yet. None once the client is closed: work is
/// either taken or refused.
pub struct Inbox {
    waiting: Mutex<Option<VecDeque<Work>>>,
    pub changed: Arc<Notify>,
}

impl Inbox {
    pub fn new() -> Inbox {
        Inbox { waiting: Mutex::new(Some(VecDeque::new())), changed: Arc::default() }
    }

    pub fn put(&self, work: Work) {
        if self.add(work) {
            self.changed.notify_one();
        }
    }

    /// True if the dispatcher has to be notified.
    #[must_use]
    pub fn add(&self, work: Work) -> bool {
        let mut inbox = self.waiting.lock().ignore_poison();
        let Some(waiting) = &mut *inbox else {
            // Its drop completes it, outside the lock.
            drop(inbox);
            drop(work);
            return false;
        };
        waiting.push_back(work);
        waiting.len() == 1
    }

    /// Adds the work to what is left; false once the inbox is closed.
    fn take(&self, left: &mut VecDeque<Work>) -> bool {
        let mut waiting = self.waiting.lock().ignore_poison();
        let Some(waiting) = &mut *waiting else { return false };
        if left.is_empty() {
            std::mem::swap(waiting, left);
        }
        left.append(waiting);
        true
    }

    /// The dispatcher has to be notified.
    pub fn close(&self) {
        let left = self.waiting.lock().ignore_poison().take();
        drop(left);
    }
}

/// Closes the inbox and tells who closes the client when the dispatcher has ended, even by a
/// panic.
pub struct Ending {
    pub inbox: Arc<Inbox>,
    pub ended: Arc<Ended>,
}

/// For a thread that waits, and for one that drives.
#[derive(Default)]
pub struct Ended {
    pub filled: Oneshot<()>,
    pub notified: Notify,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.inbox.close();
        self.ended.filled.fill(());
        self.ended.notified.notify_one();
    }
}

/// Does a client's work until it is closed.
pub async fn dispatch(core: &Arc<Core>, inbox: &Inbox, tasks: &mut JoinSet<()>) {
    let mut calls = FuturesUnordered::new();
    let mut fresh = VecDeque::new();
    let mut changed = Box::pin(inbox.changed.notified());
    loop {
        tokio::select! {
            biased;
            _ = &mut changed => {
                changed.set(inbox.changed.notified());
                if !inbox.take(&mut fresh) {
                    return;
                }
                while tasks.try_join_next().is_some() {}
            }
            Some(()) = calls.next(), if !calls.is_empty() => continue,
            () = yield_now(), if !fresh.is_empty() => {}
        }
        for work in fresh.drain(..fresh.len().min(MAX_TAKEN)) {
            match work {
                Work::Call(job) => calls.push(serve(core, job)),
                Work::Task(task) => drop(tasks.spawn(task)),
            }
        }
    }
}

/// Runs a call, and completes it.
pub async fn serve(core: &Arc<Core>, job: Job) {
    let Job { call, abort, completion } = job;
    let work = AssertUnwindSafe(core.run(&call, &completion.progress)).catch_unwind();
    let result = match abort {
        None => Ok(work.await),
        Some(registration) => Abortable::new(work, registration).await,
    };
    if let Ok(result) = result {
        completion.complete(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::methods::GET;
    use crate::client::{CallOptions, Client, Options};
    use crate::status::ETCD_ERR_CLOSED;
    use crate::wire::proto::RangeRequest;
    use futures_util::future::{select, Either};
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_close_overtakes_a_great_deal_of_work() {
        const ALL: usize = 50 * MAX_TAKEN;
        let client = Client::open(Options::of_store("overtaken")).unwrap();
        let core = client.core();
        let inbox = Inbox::new();
        let (done, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..ALL {
            let request = RangeRequest { key: "k".into(), ..Default::default() };
            let call = core.message(GET, &request, CallOptions::default()).unwrap();
            let (done, refused) = (done.clone(), refused.clone());
            let count: Done<Vec<u8>> = Box::new(move |result: Result<_>| {
                match result {
                    Ok(_) => done.fetch_add(1, Relaxed),
                    Err(error) if error.status == ETCD_ERR_CLOSED => refused.fetch_add(1, Relaxed),
                    Err(error) => panic!("{error:?}"),
                };
            });
            let completion = Completion::of_call(core.clone(), &call, count);
            inbox.put(Work::Call(Job { call, abort: None, completion }));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            let work = pin!(dispatch(core, &inbox, &mut tasks));
            // Another task, whose turn comes soon.
            let close = pin!(async {
                yield_now().await;
                core.closed.store(true, Relaxed);
                inbox.close();
                inbox.changed.notify_one();
            });
            match select(work, close).await {
                Either::Right(((), work)) => work.await,
                Either::Left(_) => panic!("nobody has closed it"),
            }
        });
        let (done, refused) = (done.load(Relaxed), refused.load(Relaxed));
        assert_eq!(done + refused, ALL);
        assert!(done < ALL / 2, "{done} calls were made");
        client.close();
    }

    /// Each call's future is moved to where it runs: what it does not need on
    /// the common path must be boxed.
    #[test]
    fn a_call_is_small() {
        fn size<'a, F>(_: fn(&'a Arc<Core>, Job) -> F) -> usize {
            size_of::<F>()
        }
        assert!(size(serve) <= 2048, "{}", size(serve));
    }
}
