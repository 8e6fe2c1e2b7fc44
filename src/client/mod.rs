//! The robust client: one reply or one honest error for each call, whatever
//! happens to servers, connections and tokens underneath.

#![forbid(unsafe_code)]

mod call;
mod cluster;
mod config;
mod core;
mod handle;
pub mod keepalive;
pub mod kv;
pub mod lease;
mod members;
pub mod methods;
pub mod namespace;
mod options;
pub mod page;
mod stream;
mod ticker;
mod token;
pub mod txn;
pub mod watch;

pub use call::{retry_backoff, Call, CallOptions, Deadline, Method, Timeout};
pub use config::{Config, PemSource};
pub use core::Core;
pub use handle::Handle;
pub use options::{Options, Servers};

use crate::embedded;
use crate::error::{Error, Result};
use crate::observe::connections;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::runtime::{InProgress, Runtime};
use crate::status::ETCD_ERR_CANCELLED;
use crate::sync::oneshot::Oneshot;
use crate::transport::Channel;
use bytes::Bytes;
use call::{closed, Progress};
use cluster::Cluster;
use core::{Embedded, Server};
use futures_util::future::Abortable;
pub use futures_util::future::{AbortHandle, AbortRegistration};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::FutureExt;
use keepalive::{KeepAlive, Keeper, Renewer};
use namespace::Namespace;
use prost::Message;
use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ticker::Ticker;
use token::Tokens;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use watch::{Hub, Spec, Watch};

/// Half of a connection's window.
const MAX_RANGE_STREAMS: usize = 2;
/// How long close waits for the runtime to let go of a client's calls.
const CLOSE_PATIENCE: Duration = Duration::from_millis(900);

/// Takes a call's result, on the thread that drives the runtime; must not block.
pub type Done = Box<dyn FnOnce(Result<Vec<u8>>) + Send>;

pub struct Client {
    core: Arc<Core>,
    hub: Arc<Hub>,
    keeper: Arc<Keeper>,
    inbox: Arc<Inbox>,
    /// Filled when the dispatcher has ended.
    ended: Arc<Oneshot<()>>,
    /// Ends the call that a caller's own thread is driving.
    led: Mutex<Option<AbortHandle>>,
    runtime: Runtime,
}

impl Deref for Client {
    type Target = Core;
    fn deref(&self) -> &Core {
        &self.core
    }
}

/// Work on its way to the runtime; dropped, unfinished, when the client is closed.
enum Work {
    Call(Job),
    /// Anything else; it catches its own panics.
    Task(Pin<Box<dyn Future<Output = ()> + Send>>),
}

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
        let maybe = self.write && self.progress.sent();
        let error = cut_short(&self.core).maybe_applied(maybe);
        done(Err(error.at(&self.core.member(&self.progress))));
    }
}

/// What became of something that was dropped half way.
fn cut_short(core: &Core) -> Error {
    match core.closed.load(Relaxed) {
        true => closed(),
        false => Error::new(ETCD_ERR_CANCELLED, "the call was cancelled"),
    }
}

/// Work handed in and not yet taken up. None once the client is closed: it is
/// either taken or refused, but never left lying.
struct Inbox {
    waiting: Mutex<Option<Vec<Work>>>,
    changed: Arc<Notify>,
}

impl Inbox {
    fn put(&self, work: Work) {
        if self.add(work) {
            self.changed.notify_one();
        }
    }

    /// True if the dispatcher has to be told of it.
    #[must_use]
    fn add(&self, work: Work) -> bool {
        let mut inbox = self.waiting.lock().unwrap();
        let Some(waiting) = &mut *inbox else {
            // Reported as it is dropped, which is no business of the lock's.
            drop(inbox);
            drop(work);
            return false;
        };
        waiting.push(work);
        waiting.len() == 1
    }

    /// Swaps what is there for `empty`; false once the inbox is closed.
    fn take(&self, empty: &mut Vec<Work>) -> bool {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.as_mut().map(|waiting| std::mem::swap(waiting, empty)).is_some()
    }

    fn close(&self) {
        let left = self.waiting.lock().unwrap().take();
        drop(left);
        self.changed.notify_one();
    }
}

/// Closes the inbox and tells so when the dispatcher has ended, however that came.
struct Ending {
    inbox: Arc<Inbox>,
    ended: Arc<Oneshot<()>>,
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
        let max_receive = options.max_receive;
        let telemetry = Arc::new(Telemetry { log: options.log, ..Telemetry::default() });
        let server = match options.servers {
            Servers::Embedded { store } => {
                let engine = embedded::open(&store);
                let name = format!("mem:{store}");
                telemetry.connections.add(&name, connections::State::Up);
                let telemetry = telemetry.clone();
                Server::Embedded(Embedded { engine, name, max_receive, telemetry })
            }
            Servers::Cluster { endpoints, policy, tls, login, timing } => {
                let channel = Channel::new(endpoints, tls, timing, telemetry.clone())?;
                let tokens = Tokens::new(login, telemetry.clone());
                let range_streams = Arc::new(Semaphore::new(MAX_RANGE_STREAMS));
                let telemetry = telemetry.clone();
                let cluster = Cluster {
                    channel,
                    policy,
                    tokens,
                    max_receive,
                    ticker: Ticker::default(),
                    range_streams,
                    telemetry,
                };
                Server::Cluster(Arc::new(cluster))
            }
        };
        let core = Arc::new(Core {
            server,
            closed: AtomicBool::new(false),
            timeout: options.timeout,
            namespace: Namespace::new(&options.key_prefix),
            max_send: options.max_send,
            orphaned: Mutex::default(),
            telemetry: telemetry.clone(),
        });
        let hub = Arc::new(Hub::default());
        let keeper = Arc::new(Keeper::new(telemetry));
        let waiting = Mutex::new(Some(Vec::new()));
        let inbox = Arc::new(Inbox { waiting, changed: Arc::default() });
        let ended = Arc::new(Oneshot::default());
        let ending = Ending { inbox: inbox.clone(), ended: ended.clone() };
        let (ours, watches) = (core.clone(), hub.clone());
        let renewer = Renewer::new(core.clone(), keeper.clone());
        runtime.spawn(async move {
            let mut below = JoinSet::new();
            match &ours.server {
                Server::Cluster(cluster) => {
                    let cluster = cluster.clone();
                    let calls = cluster.clone();
                    below.spawn(async move { cluster.channel.run().await });
                    below.spawn(async move { calls.ticker.run().await });
                }
                Server::Embedded(embedded) => {
                    let engine = embedded.engine.clone();
                    below.spawn(async move { engine.run_leases().await });
                }
            }
            if let Some(interval) = options.auto_sync {
                below.spawn(members::sync_for_ever(ours.clone(), interval));
            }
            let mut tasks = JoinSet::new();
            tasks.spawn(watch::serve(watches, ours.clone()));
            tasks.spawn(renewer.run());
            dispatch(&ours, &ending.inbox, &mut tasks).await;
            tasks.shutdown().await;
            lease::give_back_orphaned(&ours).await;
            drop(below);
            drop(ending);
        });
        Ok(Client { core, hub, keeper, inbox, ended, led: Mutex::new(None), runtime })
    }

    /// Ends every call in progress; returns when the runtime has let go of them.
    pub fn close(&self) {
        self.core.closed.store(true, Relaxed);
        self.inbox.close();
        if let Some(led) = self.led.lock().unwrap().take() {
            led.abort();
        }
        self.core.telemetry.connections.end(closed());
        self.runtime.ensure_driven();
        self.ended.wait_for(CLOSE_PATIENCE);
        self.core.telemetry.log.close();
    }

    /// Runs a call and waits for its end on this thread.
    pub fn run(&self, call: Call) -> Result<Vec<u8>> {
        if let Some(result) = self.core.run_embedded(&call) {
            return result;
        }
        let slot = Arc::new(Oneshot::default());
        let fill = slot.clone();
        let done: Done = Box::new(move |result| fill.fill(result));
        let in_progress = self.runtime.begin();
        match self.runtime.lead() {
            None => {
                self.submit_begun(call, None, done, in_progress);
                self.runtime.ensure_driven();
            }
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

    /// A call by its messages, awaited on this thread.
    pub fn ask<R: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
        until: Deadline,
    ) -> Result<R> {
        method.reply(self.run(method.call(request, until)?)?)
    }

    /// The keys that this client's calls are about.
    pub fn namespace(&self) -> &Namespace {
        &self.core.namespace
    }

    /// The client for tasks of [`Client::wait`] and [`Client::start`].
    pub fn handle(&self) -> Handle {
        Handle::new(self.core.clone(), self.hub.clone(), self.keeper.clone())
    }

    /// What tasks of [`Client::wait`] work on; there, keys are whole.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub fn revoke(&self, id: i64, options: CallOptions) -> Result<Call> {
        self.core.revoke(id, &self.keeper, options)
    }

    /// As [`KeepAlive::open`].
    pub fn keep_alive(
        &self,
        id: i64,
        first: Option<Duration>,
        wants_renewals: bool,
    ) -> Result<KeepAlive> {
        let keep_alive = KeepAlive::open(&self.keeper, id, first, wants_renewals)?;
        self.runtime.ensure_driven();
        Ok(keep_alive)
    }

    /// Begins with the events of revision `start`, or with those to come.
    pub fn watch(&self, spec: Spec, start: Option<i64>) -> Watch {
        let watch = Watch::open(&self.hub, spec.within(&self.core.namespace), start);
        self.runtime.ensure_driven();
        watch
    }

    /// The revision that the store has come to.
    pub fn now(&self, key: &Bytes, until: Deadline) -> Result<i64> {
        let (core, key) = (self.core.clone(), self.core.namespace.key(key));
        self.wait(async move { watch::now(&core, &key, until).await.map(|now| now.revision) })
    }

    /// The next page; as [`page::next`].
    pub fn next_page(
        &self,
        pages: &page::Shared,
        options: CallOptions,
    ) -> impl Future<Output = Result<Option<page::Page>>> + Send + 'static {
        let until = self.core.until(options);
        let (core, inbox, pages) = (self.core.clone(), self.inbox.clone(), pages.clone());
        async move { page::next(&pages, &core, until, |task| inbox.put(Work::Task(task))).await }
    }

    /// Takes the endpoints from the cluster.
    pub fn sync(&self, options: CallOptions) -> Result<()> {
        let core = self.core.clone();
        let synced = self.wait(async move { members::sync(&core, options).await });
        // Nothing was to be changed there, also when it is cut short.
        synced.map_err(|error| error.maybe_applied(false))
    }

    /// Does something longer on the runtime, and waits for its end on this thread.
    pub fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let slot = Arc::new(Oneshot::default());
        let fill = slot.clone();
        self.start(work, None, move |result| fill.fill(result));
        self.runtime.ensure_driven();
        slot.wait()
    }

    /// Does something longer in the background.
    pub fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
        abort: Option<AbortRegistration>,
        done: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        let end = End { core: self.core.clone(), done: Some(done), result: PhantomData };
        let in_progress = self.runtime.begin();
        let work = async move {
            let result = AssertUnwindSafe(work).catch_unwind().await;
            // Nobody knows how far it had come.
            let result = result.unwrap_or_else(|panic| Err(defect(&end.core, &*panic, true)));
            end.tell(result);
            drop(in_progress);
        };
        self.hand_in(Work::Task(match abort {
            None => Box::pin(work),
            Some(registration) => Box::pin(Abortable::new(work, registration).map(drop)),
        }));
    }

    /// Runs a call in the background.
    pub fn submit(&self, call: Call, abort: Option<AbortRegistration>, done: Done) {
        if let Some(result) = self.core.run_embedded(&call) {
            return done(result);
        }
        let in_progress = self.runtime.begin();
        self.submit_begun(call, abort, done, in_progress);
    }

    fn submit_begun(
        &self,
        call: Call,
        abort: Option<AbortRegistration>,
        done: Done,
        in_progress: InProgress,
    ) {
        let done = Box::new(move |result| {
            drop(in_progress);
            done(result);
        });
        self.hand_in(Work::Call(self.job(call, abort, done)));
    }

    fn hand_in(&self, work: Work) {
        let news = self.inbox.add(work).then_some(&self.inbox.changed);
        self.runtime.hand_in(news);
    }

    fn job(&self, call: Call, abort: Option<AbortRegistration>, done: Done) -> Job {
        let (core, write) = (self.core.clone(), call.effect.changes());
        let report = Report { core, write, progress: Progress::default(), done: Some(done) };
        Job { call, abort, report }
    }
}

/// Tells how something longer ended, even if it is dropped half way.
struct End<T, D: FnOnce(Result<T>)> {
    core: Arc<Core>,
    done: Option<D>,
    result: PhantomData<fn(T)>,
}

impl<T, D: FnOnce(Result<T>)> End<T, D> {
    fn tell(mut self, result: Result<T>) {
        if let Some(done) = self.done.take() {
            done(result);
        }
    }
}

impl<T, D: FnOnce(Result<T>)> Drop for End<T, D> {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            done(Err(cut_short(&self.core).maybe_applied(true)));
        }
    }
}

/// Does a client's work until it is closed.
async fn dispatch(core: &Arc<Core>, inbox: &Inbox, tasks: &mut JoinSet<()>) {
    let mut calls = FuturesUnordered::new();
    let mut fresh = Vec::new();
    let mut changed = Box::pin(inbox.changed.notified());
    loop {
        tokio::select! {
            biased;
            _ = &mut changed => {
                changed.set(inbox.changed.notified());
                if !inbox.take(&mut fresh) {
                    return;
                }
                for work in fresh.drain(..) {
                    match work {
                        Work::Call(job) => calls.push(serve(core, job)),
                        Work::Task(task) => drop(tasks.spawn(task)),
                    }
                }
                while tasks.try_join_next().is_some() {}
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
            let maybe = call.effect.changes() && report.progress.sent();
            report.finish(Err(defect(core, &*panic, maybe)));
        }
    }
}

/// A caught panic, which the log is told of.
fn defect(core: &Core, panic: &(dyn Any + Send), maybe: bool) -> Error {
    let error = Error::defect(panic).maybe_applied(maybe);
    let message = format_args!("{}", error.message);
    core.telemetry.log.emit(Level::Error, "call", "", error.status, message);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Outcome;
    use crate::observe::log::Log;
    use crate::status::ETCD_ERR_INTERNAL;

    #[test]
    fn work_that_panics_may_be_done_and_is_in_the_log() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let ours = lines.clone();
        let log = Log::new(
            Level::Error,
            Box::new(move |line| ours.lock().unwrap().push(line.message.to_string())),
        );
        let options = Options {
            servers: Servers::Embedded { store: "panics".to_owned() },
            timeout: None,
            auto_sync: None,
            max_send: 1000,
            max_receive: 1000,
            key_prefix: Vec::new(),
            log,
        };
        let client = Client::open(options).unwrap();
        let error = client.wait::<()>(async { panic!("on purpose") }).unwrap_err();
        assert_eq!((error.status, error.outcome), (ETCD_ERR_INTERNAL, Outcome::MaybeApplied));
        assert!(lines.lock().unwrap().iter().any(|line| line.contains("on purpose")));
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
