//! The robust client: each call ends with one reply or one true error, whatever happens to
//! servers, connections and tokens.

#![forbid(unsafe_code)]

mod call;
mod cluster;
mod config;
mod core;
mod dispatcher;
mod handle;
mod hedge;
pub mod keepalive;
pub mod kv;
mod leaderless;
pub mod lease;
mod members;
pub mod methods;
pub mod namespace;
mod options;
pub mod page;
mod stream;
pub mod stubs;
mod ticker;
mod token;
pub mod txn;
pub mod watch;

pub use crate::transport::backoff::rng;
pub use call::{closed, retry_backoff, Call, CallOptions, Deadline, Method, Retry, Timeout};
pub use config::{Config, PemSource};
pub use core::Core;
pub use handle::Handle;
pub use options::{Options, Servers};

use crate::embedded;
use crate::error::Result;
use crate::observe::connections;
use crate::observe::Telemetry;
use crate::runtime::{InProgress, Open, Runtime};
use crate::sync::oneshot::Oneshot;
use crate::sync::IgnorePoison;
use crate::transport::{Channel, CONNECTION_WINDOW, STREAM_WINDOW};
use cluster::Cluster;
use core::{Embedded, Server};
use dispatcher::{dispatch, serve, Completion, Done, Ended, Ending, Inbox, Job, Work};
use futures_util::future::Abortable;
pub use futures_util::future::{AbortHandle, AbortRegistration};
use futures_util::FutureExt;
use keepalive::{KeepAlive, Keeper, Renewer, Wants};
use namespace::Namespace;
use prost::Message;
use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stubs::Stub;
use ticker::Ticker;
use token::Tokens;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use watch::{Hub, Spec, Watch};

const MAX_RANGE_STREAMS: usize = 2;
/// Streams that nobody reads leave room for the replies to calls.
const _: () = assert!(
    (MAX_RANGE_STREAMS + watch::MAX_STREAMS) * (STREAM_WINDOW as usize)
        <= CONNECTION_WINDOW as usize * 2 / 3
);
/// Callers do not drive for replies of this size: malloc keeps such memory for our thread, and
/// gives it back to the system each time on theirs.
const LARGE: usize = 64 << 10;
/// How long close waits for the runtime to drop a client's calls.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(900);

pub struct Client {
    core: Arc<Core>,
    hub: Arc<Hub>,
    keeper: Arc<Keeper>,
    inbox: Arc<Inbox>,
    /// Filled when the dispatcher has ended.
    ended: Arc<Ended>,
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
                    hedges: Default::default(),
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
        let inbox = Arc::new(Inbox::new());
        let ended = Arc::<Ended>::default();
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
            below.shutdown().await;
            drop(ending);
        });
        Ok(Client { core, hub, keeper, inbox, ended, led: Mutex::new(None), runtime })
    }

    /// Ends every call in progress; returns when the runtime has dropped them.
    pub fn close(&self) {
        self.core.closed.store(true, Relaxed);
        self.inbox.close();
        if let Some(led) = self.led.lock().ignore_poison().take() {
            led.abort();
        }
        self.core.telemetry.connections.end(closed());
        self.runtime.defer(&self.inbox.changed);
        if let Some(lead) = self.runtime.lead_unattended() {
            let ended = self.ended.notified.notified();
            let _ = lead.drive(async { timeout(CLOSE_TIMEOUT, ended).await });
        } else {
            self.runtime.ensure_driven();
            self.ended.filled.wait_for(CLOSE_TIMEOUT);
        }
        self.core.telemetry.log.close();
    }

    /// Runs a call and waits for its end on this thread.
    pub fn run(&self, call: Call) -> Result<Vec<u8>> {
        if let Some(result) = self.core.run_embedded(&call) {
            return result;
        }
        let slot = Arc::new(Oneshot::default());
        let fill = slot.clone();
        let done: Done<Vec<u8>> = Box::new(move |result| fill.fill(result));
        let in_progress = self.runtime.begin();
        let lead = self.runtime.lead();
        let led = lead.is_some();
        match lead {
            None => {
                self.submit_begun(call, None, done, in_progress);
                self.runtime.ensure_driven();
            }
            Some(lead) => {
                let (handle, registration) = AbortHandle::new_pair();
                *self.led.lock().ignore_poison() = Some(handle);
                let job = self.job(call, Some(registration), done);
                // Close may have come before the handle was stored; then the job is
                // dropped, which completes it.
                if !self.core.closed.load(Relaxed) {
                    lead.drive(serve(&self.core, job));
                }
                // Before another thread leads, and stores its handle.
                self.led.lock().ignore_poison().take();
                drop(lead);
            }
        }
        let result = slot.wait();
        if result.as_ref().is_ok_and(|reply| reply.len() >= LARGE) {
            self.runtime.end_streak();
        } else if !led {
            self.runtime.waited();
        }
        result
    }

    /// Notes a stream, also in the count of its reader, until the result is dropped.
    pub fn open_stream(&self, of_reader: &Arc<AtomicUsize>) -> Open {
        self.runtime.open(of_reader)
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

    /// The prefix of this client's keys.
    pub fn namespace(&self) -> &Namespace {
        &self.core.namespace
    }

    /// The client for tasks of [`Client::wait`] and [`Client::start`].
    pub fn handle(&self) -> Handle {
        let (hub, keeper) = (self.hub.clone(), self.keeper.clone());
        Handle::new(self.core.clone(), hub, keeper, self.inbox.clone())
    }

    /// What tasks of [`Client::wait`] work on; it does not add the key prefix.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub fn grant(&self, ttl: i64, id: i64, options: CallOptions) -> Result<Call> {
        self.core.grant(ttl, id, &self.keeper, options)
    }

    pub fn keep_alive_once(&self, id: i64, options: CallOptions) -> Result<Call> {
        self.core.keep_alive_once(id, &self.keeper, options)
    }

    /// For one call through etcd-client.
    pub fn stub(&self, method: Method, options: CallOptions) -> Stub {
        Stub::new(&self.core, method, options)
    }

    pub fn revoke(&self, id: i64, options: CallOptions) -> Result<Call> {
        self.core.revoke(id, &self.keeper, options)
    }

    /// As [`KeepAlive::open`].
    pub fn keep_alive(&self, id: i64, first: Option<Duration>, wants: Wants) -> Result<KeepAlive> {
        let keep_alive = KeepAlive::open(&self.keeper, id, first, wants)?;
        self.runtime.ensure_driven();
        Ok(keep_alive)
    }

    /// Begins with the events of revision `start`, or with those to come.
    pub fn watch(&self, spec: Spec, start: Option<i64>) -> Watch {
        let watch = Watch::open(&self.hub, spec.within(&self.core.namespace), start);
        self.runtime.ensure_driven();
        watch
    }

    /// Begins with the events to come; returns when a server has the watch.
    pub fn watch_from_now(&self, spec: Spec, limit: Option<Duration>) -> Result<Watch> {
        let _in_progress = self.runtime.begin();
        let (watch, begun) = Watch::begin(&self.hub, spec.within(&self.core.namespace));
        self.runtime.ensure_driven();
        let result = limit.and_then(|limit| {
            let result = begun.wait_for(limit);
            if result.is_none() {
                watch.give_up(limit);
                self.runtime.ensure_driven();
            }
            result
        });
        result.unwrap_or_else(|| begun.wait()).map(|()| watch)
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
        // It changes nothing, also when it is cut short.
        synced.map_err(|error| error.maybe_applied(false))
    }

    /// Does something longer on the runtime, and waits for its end on this thread.
    pub fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.wait_through(None, false, work)
    }

    /// The same of work that is one call through etcd-client.
    pub fn wait_through<T: Send + 'static>(
        &self,
        stub: Option<Stub>,
        waits: bool,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let slot = Arc::new(Oneshot::default());
        let fill = slot.clone();
        self.start(stub, waits, work, None, move |result| fill.fill(result));
        self.runtime.ensure_driven();
        slot.wait()
    }

    /// Does something longer in the background; it may be one call through etcd-client. If it
    /// `waits` for what others do, it does not count as a call in progress.
    pub fn start<T: Send + 'static>(
        &self,
        stub: Option<Stub>,
        waits: bool,
        work: impl Future<Output = Result<T>> + Send + 'static,
        abort: Option<AbortRegistration>,
        done: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        let in_progress = (!waits).then(|| self.runtime.begin());
        // What it waits for comes at any time.
        let open = waits.then(|| self.open_stream(&Arc::default()));
        let completion = Completion::of_task(self.core.clone(), stub, Box::new(done));
        let work = async move {
            completion.run(work).await;
            drop((in_progress, open));
        };
        self.hand_in(Work::Task(match abort {
            None => Box::pin(work),
            Some(registration) => Box::pin(Abortable::new(work, registration).map(drop)),
        }));
    }

    /// Does something in the background that counts as no call, and may wait as long as it likes.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.hand_in(Work::Task(Box::pin(work)));
    }

    /// Runs a call in the background.
    pub fn submit(&self, call: Call, abort: Option<AbortRegistration>, done: Done<Vec<u8>>) {
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
        done: Done<Vec<u8>>,
        in_progress: InProgress,
    ) {
        let done = Box::new(move |result| {
            drop(in_progress);
            done(result);
        });
        self.hand_in(Work::Call(self.job(call, abort, done)));
    }

    fn hand_in(&self, work: Work) {
        let changed = self.inbox.add(work).then_some(&self.inbox.changed);
        self.runtime.hand_in(changed);
    }

    fn job(&self, call: Call, abort: Option<AbortRegistration>, done: Done<Vec<u8>>) -> Job {
        let completion = Completion::of_call(self.core.clone(), &call, done);
        Job { call, abort, completion }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Outcome;
    use crate::observe::log::{Level, Log};
    use crate::status::ETCD_ERR_INTERNAL;

    #[test]
    fn work_that_panics_may_be_done_and_is_in_the_log() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let ours = lines.clone();
        let log = Log::new(
            Level::Error,
            Box::new(move |line| ours.lock().unwrap().push(line.message.to_string())),
        );
        let client = Client::open(Options { log, ..Options::of_store("panics") }).unwrap();
        let error = client.wait::<()>(async { panic!("on purpose") }).unwrap_err();
        assert_eq!((error.status, error.outcome), (ETCD_ERR_INTERNAL, Outcome::MaybeApplied));
        assert!(lines.lock().unwrap().iter().any(|line| line.contains("on purpose")));
        client.close();
    }
}
