//! The robust client: one reply or one honest error for each call, whatever
//! happens to servers, connections and tokens underneath.

#![forbid(unsafe_code)]

mod call;

pub mod kv;
mod options;
mod token;

pub use call::Call;
pub use options::{Login, Options};

use crate::error::{Error, Result};
use crate::runtime::Runtime;
use crate::slot::Slot;
use crate::status::{ETCD_ERR_CANCELLED, ETCD_ERR_CLOSED};
use crate::transport::Channel;
use call::{Core, Progress};
use futures_util::future::Abortable;
pub use futures_util::future::{AbortHandle, AbortRegistration};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use token::Tokens;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How long close waits for the runtime to let go of a client's calls.
const CLOSE_PATIENCE: Duration = Duration::from_millis(900);

/// Takes a call's result, on the thread that drives the runtime; must not block.
pub type Done = Box<dyn FnOnce(Result<Vec<u8>>) + Send>;

pub struct Client {
    core: Arc<Core>,
    inbox: Arc<Inbox>,
    /// Filled when the dispatcher has ended.
    ended: Arc<Slot<()>>,
    /// Ends the call that a caller's own thread is driving.
    led: Mutex<Option<AbortHandle>>,
    default_timeout: Option<Duration>,
    max_send: usize,
    runtime: Runtime,
}

/// A call on its way to the runtime.
struct Job {
    call: Call,
    abort: Option<AbortRegistration>,
    report: Report,
}

/// Tells the caller how a call ended, even if it is dropped half way.
struct Report {
    core: Arc<Core>,
    write: bool,
    progress: Progress,
    done: Option<Done>,
}

impl Report {
    fn finish(mut self, result: Result<Vec<u8>>) {
        if let Some(done) = self.done.take() {
            done(result);
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let Some(done) = self.done.take() else { return };
        let (status, message) = if self.core.closed.load(Relaxed) {
            (ETCD_ERR_CLOSED, "the client was closed")
        } else {
            (ETCD_ERR_CANCELLED, "the call was cancelled")
        };
        let maybe = self.write && self.progress.sent();
        let error = Error::new(status, message).maybe_applied(maybe);
        done(Err(error.at(self.core.member(&self.progress))));
    }
}

/// Calls handed in and not yet taken up. None once the client is closed: a call
/// is either taken or refused, but never left lying.
struct Inbox {
    jobs: Mutex<Option<Vec<Job>>>,
    changed: Notify,
}

impl Inbox {
    fn put(&self, job: Job) {
        let mut jobs = self.jobs.lock().unwrap();
        let Some(waiting) = &mut *jobs else {
            // Reported as it is dropped, which is no business of the lock's.
            drop(jobs);
            return drop(job);
        };
        waiting.push(job);
        let first = waiting.len() == 1;
        drop(jobs);
        if first {
            self.changed.notify_one();
        }
    }

    /// Swaps what is there for `empty`; false once the inbox is closed.
    fn take(&self, empty: &mut Vec<Job>) -> bool {
        let mut jobs = self.jobs.lock().unwrap();
        jobs.as_mut().map(|jobs| std::mem::swap(jobs, empty)).is_some()
    }

    fn close(&self) {
        let left = self.jobs.lock().unwrap().take();
        drop(left);
        self.changed.notify_one();
    }
}

/// Closes the inbox and tells so when the dispatcher has ended, however that came.
struct Ending {
    inbox: Arc<Inbox>,
    ended: Arc<Slot<()>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.inbox.close();
        self.ended.fill(());
    }
}

impl Client {
    /// Starts to connect in the background; needs no reachable server.
    pub fn open(options: Options) -> Result<Client> {
        let runtime = Runtime::acquire()?;
        let channel = Channel::new(options.endpoints)?;
        let core = Arc::new(Core {
            channel,
            tokens: Tokens::new(options.login),
            max_receive: options.max_receive,
            closed: AtomicBool::new(false),
        });
        let jobs = Mutex::new(Some(Vec::new()));
        let inbox = Arc::new(Inbox { jobs, changed: Notify::new() });
        let ended = Arc::new(Slot::default());
        let ending = Ending { inbox: inbox.clone(), ended: ended.clone() };
        let ours = core.clone();
        let (tls, timing) = (options.tls, options.timing);
        runtime.spawn(async move {
            let mut links = JoinSet::new();
            ours.channel.start(tls.as_ref(), timing, &mut links);
            drop(tls);
            dispatch(&ours, &ending.inbox).await;
            drop(links);
            drop(ending);
        });
        Ok(Client {
            core,
            inbox,
            ended,
            led: Mutex::new(None),
            default_timeout: options.timeout,
            max_send: options.max_send,
            runtime,
        })
    }

    /// Ends every call in progress; returns when the runtime has let go of them.
    pub fn close(&self) {
        self.core.closed.store(true, Relaxed);
        self.inbox.close();
        if let Some(led) = self.led.lock().unwrap().take() {
            led.abort();
        }
        self.runtime.attend();
        self.ended.wait_for(CLOSE_PATIENCE);
    }

    /// Runs a call and waits for its end on this thread.
    pub fn run(&self, call: Call) -> Result<Vec<u8>> {
        let slot = Arc::new(Slot::default());
        let fill = slot.clone();
        let done: Done = Box::new(move |result| fill.fill(result));
        match self.runtime.lead() {
            None => self.submit(call, None, done),
            Some(lead) => {
                let (handle, registration) = AbortHandle::new_pair();
                *self.led.lock().unwrap() = Some(handle);
                let job = self.job(call, Some(registration), done);
                // Close may have come before the handle was there for it; then
                // the job is dropped, which reports that.
                if !self.core.closed.load(Relaxed) {
                    lead.drive(serve(&self.core, job));
                }
                // Before somebody else may lead, and leave a handle there.
                self.led.lock().unwrap().take();
                drop(lead);
            }
        }
        slot.wait()
    }

    /// Runs a call in the background.
    pub fn submit(&self, call: Call, abort: Option<AbortRegistration>, done: Done) {
        let in_progress = self.runtime.begin();
        let done = Box::new(move |result| {
            drop(in_progress);
            done(result);
        });
        self.inbox.put(self.job(call, abort, done));
        self.runtime.attend();
    }

    fn job(&self, call: Call, abort: Option<AbortRegistration>, done: Done) -> Job {
        let (core, write) = (self.core.clone(), call.write);
        let report = Report { core, write, progress: Progress::default(), done: Some(done) };
        Job { call, abort, report }
    }
}

/// Serves a client's calls until it is closed.
async fn dispatch(core: &Arc<Core>, inbox: &Inbox) {
    let mut calls = FuturesUnordered::new();
    let mut jobs = Vec::new();
    let mut changed = Box::pin(inbox.changed.notified());
    loop {
        tokio::select! {
            biased;
            _ = &mut changed => {
                changed.set(inbox.changed.notified());
                if !inbox.take(&mut jobs) {
                    return;
                }
                calls.extend(jobs.drain(..).map(|job| serve(core, job)));
            }
            Some(()) = calls.next(), if !calls.is_empty() => {}
        }
    }
}

async fn serve(core: &Arc<Core>, job: Job) {
    let Job { call, abort, report } = job;
    let work = AssertUnwindSafe(core.run(&call, &report.progress)).catch_unwind();
    let result = match abort {
        None => work.await,
        Some(registration) => match Abortable::new(work, registration).await {
            Ok(result) => result,
            Err(_) => return,
        },
    };
    match result {
        Ok(result) => report.finish(result),
        Err(panic) => {
            let maybe = call.write && report.progress.sent();
            report.finish(Err(Error::defect(&*panic).maybe_applied(maybe)));
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

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
