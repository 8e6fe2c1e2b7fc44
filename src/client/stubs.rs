//! etcd-client's calls on this client: one service below it, made for each call, which is what
//! etcd-client takes for its connection.
//!
//! So these calls have the deadline, the retries, the token, the outcome and the counters of
//! all others, and `mem:` answers them. What etcd-client has no place for, such as the member to
//! ask, goes down with the service. Passwords do not come this way: etcd-client would leave
//! them in memory.

#![forbid(unsafe_code)]

use super::call::{Call, CallOptions, Deadline, Method, Progress};
use super::core::Core;
use crate::error::{printable, Error, Result};
use crate::status::*;
use crate::transport::{Failure, Subchannel};
use crate::wire::encode::PREFIX;
use bytes::Bytes;
use etcd_client::Channel;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service};

/// Etcd-client reads no larger reply.
const LARGEST_REPLY: usize = 4 << 20;

/// One call: what etcd-client does not know of it, and how far it has come.
#[derive(Clone)]
pub struct Stub {
    core: Arc<Core>,
    method: Method,
    until: Deadline,
    require_leader: bool,
    member: Option<Arc<Subchannel>>,
    /// Fields of the request that etcd-client does not send.
    fields: &'static [u8],
    progress: Arc<Progress>,
}

/// A call that is made when the future is awaited.
pub struct Asked<F> {
    pub stub: Stub,
    pub future: F,
}

impl<R, F: Future<Output = Result<R>>> Asked<F> {
    pub fn then<T>(
        self,
        read: impl FnOnce(Result<R>) -> Result<T>,
    ) -> Asked<impl Future<Output = Result<T>>> {
        Asked { stub: self.stub, future: async { read(self.future.await) } }
    }
}

/// Our error on its way up through etcd-client.
#[derive(Debug)]
struct Whole(Error);

impl fmt::Display for Whole {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0.message)
    }
}

impl std::error::Error for Whole {}

impl Stub {
    /// Its time begins to run.
    pub fn new(core: &Arc<Core>, method: Method, options: CallOptions) -> Stub {
        Stub {
            core: core.clone(),
            method,
            until: core.until(options),
            require_leader: options.require_leader,
            member: None,
            fields: &[],
            progress: Arc::default(),
        }
    }

    /// Only this member is asked; None stands for any.
    pub fn on(self, member: Option<Arc<Subchannel>>) -> Stub {
        Stub { member, ..self }
    }

    /// The request has these fields, encoded, as well.
    pub fn with(self, fields: &'static [u8]) -> Stub {
        Stub { fields, ..self }
    }

    /// The call with an etcd-client that serves for it alone.
    pub fn ask<R>(
        self,
        call: impl AsyncFnOnce(etcd_client::Client) -> Result<R, etcd_client::Error>,
    ) -> Asked<impl Future<Output = Result<R>>> {
        let stub = self.clone();
        let future = async move {
            let changes = self.method.effect.changes();
            let channel = Channel::Custom(BoxCloneSyncService::new(self));
            // On the heap: the caller may have little stack.
            let asked = Box::pin(async {
                call(etcd_client::Client::from_channel(channel, None).await?).await
            });
            asked.await.map_err(|error| whole(error, changes))
        };
        Asked { stub, future }
    }

    /// Whether it changes the store, and how far it has come.
    pub fn progress(&self) -> (bool, Arc<Progress>) {
        (self.method.effect.changes(), self.progress.clone())
    }

    async fn serve(self, request: Request<Body>) -> Result<Response<Body>> {
        debug_assert_eq!(request.uri().path(), self.method.path);
        let unread = |why: tonic::Status| Error::new(ETCD_ERR_INTERNAL, why.message());
        let frame = request.into_body().collect().await.map_err(unread)?.to_bytes();
        let request = [&frame[PREFIX..], self.fields].concat();
        self.core.fits(request.len())?;
        let call = self.method.framed(framed(&request), self.until.left());
        let mut call = Call { member: self.member, ..call };
        call.request.require_leader = self.require_leader;
        let reply = self.core.run(&call, &self.progress).await?;
        if reply.len() > LARGEST_REPLY {
            let (size, limit) = (reply.len(), LARGEST_REPLY);
            let failure = Failure::TooLarge { size, limit, beginning: Vec::new() };
            return Err(failure.into_error(call.effect.changes()));
        }
        let mut response = Response::new(Body::new(Full::new(framed(&reply))));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static("0"));
        Ok(response)
    }
}

fn framed(message: &[u8]) -> Bytes {
    // Limits on both sides are far lower.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat().into()
}

impl Service<Request<Body>> for Stub {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let served = self.clone().serve(request);
        Box::pin(async { served.await.map_err(|error| Whole(error).into()) })
    }
}

/// The error as the service gave it; another one is etcd-client's, of a reply.
fn whole(error: etcd_client::Error, changes: bool) -> Error {
    let status = match error {
        etcd_client::Error::GRpcStatus(status) => status,
        error => return Error::new(ETCD_ERR_INTERNAL, error.to_string()).maybe_applied(changes),
    };
    let source = std::error::Error::source(&status);
    match source.and_then(|source| source.downcast_ref::<Whole>()) {
        Some(Whole(error)) => error.clone(),
        None => {
            let why = format!("the reply cannot be read: {}", printable(status.message()));
            Error::new(ETCD_ERR_BAD_REPLY, why).maybe_applied(changes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::methods::{LOCK, MEMBER_LIST, UNLOCK};
    use super::super::{Client, Options, Timeout};
    use super::*;
    use crate::error::Outcome;
    use crate::wire::proto::LeaseGrantResponse;
    use etcd_client::LockOptions;
    use std::time::{Duration, Instant};

    fn open(store: &str) -> Client {
        let timeout = Some(Duration::from_secs(10));
        Client::open(Options { timeout, ..Options::of_store(store) }).unwrap()
    }

    fn after(millis: u64) -> CallOptions {
        let timeout = Some(Timeout::After(Duration::from_millis(millis)));
        CallOptions { timeout, ..Default::default() }
    }

    fn grant(client: &Client) -> i64 {
        let call = client.grant(60, 0, CallOptions::default()).unwrap();
        let reply = client.run(call).unwrap();
        <LeaseGrantResponse as prost::Message>::decode(&reply[..]).unwrap().id
    }

    fn lock(client: &Client, lease: i64, options: CallOptions) -> Result<Vec<u8>> {
        let how = Some(LockOptions::new().with_lease(lease));
        let asked = client.stub(LOCK, options).ask(async move |mut etcd| etcd.lock("n", how).await);
        let locked = client.wait_through(Some(asked.stub), false, asked.future);
        locked.map(|locked| locked.key().to_vec())
    }

    #[test]
    fn an_error_comes_up_as_it_was() {
        let client = open("stubs-error");
        let below = Error {
            grpc: Some(5),
            revision: 7,
            ..Error::new(ETCD_ERR_MEMBER_NOT_FOUND, "in\twords")
        };
        let below = below.at("somewhere:1").maybe_applied(true);
        let through = tonic::Status::from_error(Box::new(Whole(below.clone())));
        let up = whole(etcd_client::Error::GRpcStatus(through), true);
        assert_eq!(format!("{up:?}"), format!("{below:?}"));

        let refused = lock(&client, 9, CallOptions::default()).unwrap_err();
        assert_eq!((refused.status, refused.grpc), (ETCD_ERR_LEASE_NOT_FOUND, Some(5)));
        assert_eq!(
            (&refused.endpoint[..], refused.outcome),
            ("mem:stubs-error", Outcome::NotApplied)
        );
        // The limit of the client holds.
        let long = vec![b'k'; 2000];
        let asked = client.stub(UNLOCK, CallOptions::default());
        let asked = asked.ask(async move |mut etcd| etcd.unlock(long).await);
        let refused = client.wait_through(Some(asked.stub), false, asked.future).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_SEND_TOO_LARGE);
        client.close();
    }

    #[test]
    fn what_etcd_client_cannot_read_is_a_bad_reply() {
        for (code, changes) in [(tonic::Code::Internal, false), (tonic::Code::OutOfRange, true)] {
            let theirs = etcd_client::Error::GRpcStatus(tonic::Status::new(code, "no\nmessage"));
            let error = whole(theirs, changes);
            assert_eq!(error.status, ETCD_ERR_BAD_REPLY);
            assert_eq!(error.message, "the reply cannot be read: no\\nmessage");
            assert_eq!(error.outcome == Outcome::MaybeApplied, changes);
        }
    }

    #[test]
    fn its_time_runs_from_when_it_is_made() {
        let client = open("stubs-deadline");
        lock(&client, grant(&client), CallOptions::default()).unwrap();
        let lease = grant(&client);
        let how = Some(LockOptions::new().with_lease(lease));
        let asked =
            client.stub(LOCK, after(600)).ask(async move |mut etcd| etcd.lock("n", how).await);
        // It is made on the caller's stack.
        assert!(size_of_val(&asked.future) < 1024, "{}", size_of_val(&asked.future));
        // As long as other work keeps the runtime busy.
        std::thread::sleep(Duration::from_millis(500));
        let began = Instant::now();
        let late = client.wait_through(Some(asked.stub), false, asked.future).unwrap_err();
        assert!(began.elapsed() < Duration::from_millis(550), "{:?}", began.elapsed());
        assert_eq!((late.status, late.outcome), (ETCD_ERR_TIMEOUT, Outcome::MaybeApplied));
        client.close();
    }

    #[test]
    fn a_call_that_is_cut_short_says_how_far_it_has_come() {
        let client = Arc::new(open("stubs-close"));
        lock(&client, grant(&client), CallOptions::default()).unwrap();
        let (ours, lease) = (client.clone(), grant(&client));
        let waits = std::thread::spawn(move || lock(&ours, lease, CallOptions::default()));
        std::thread::sleep(Duration::from_millis(100));
        client.close();
        let closed = waits.join().unwrap().unwrap_err();
        assert_eq!((closed.status, closed.outcome), (ETCD_ERR_CLOSED, Outcome::MaybeApplied));
        assert_eq!(closed.endpoint, "mem:stubs-close");
        // After the close nothing is sent any more.
        let unsent = lock(&client, 1, CallOptions::default()).unwrap_err();
        assert_eq!((unsent.status, unsent.outcome), (ETCD_ERR_CLOSED, Outcome::NotApplied));
    }

    #[test]
    fn each_call_is_counted_once() {
        let client = open("stubs-counters");
        for _ in 0..3 {
            let asked = client.stub(MEMBER_LIST, after(1000)).with(&[0x08, 1]);
            let asked = asked.ask(async |mut etcd| etcd.member_list().await);
            let list = client.wait_through(Some(asked.stub), false, asked.future).unwrap();
            assert_eq!(list.members()[0].name(), "mem");
        }
        let counters = client.telemetry.counters.all();
        assert_eq!(counters[..2], [3, 0]);
        client.close();
    }
}
