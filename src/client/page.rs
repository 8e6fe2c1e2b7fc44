//! Huge ranges, page by page, all of one revision.
//!
//! The first page is a get like any other; its revision is that of all others.
//! What is left is streamed where the server can: then it need not count, for
//! each page, the keys that are still to come. A stream that breaks is followed
//! by a get, which has all the patience of gets, and then by another stream. A
//! server that cannot is asked for more and more pages at once.

#![forbid(unsafe_code)]

use super::call::{Deadline, Progress};
use super::core::{Core, Server};
use super::methods::{GET, GET_STREAM};
use crate::error::{Error, Result};
use crate::status::*;
use crate::transport::now_ms;
use crate::transport::Selected;
use crate::transport::{Request, Stream};
use crate::wire::decode::{self, Header, PART_TOTALS, RANGE};
use crate::wire::encode;
use crate::wire::proto::range_request::SortOrder;
use crate::wire::proto::RangeRequest;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedSemaphorePermit};
use tokio::time::{sleep, timeout};

/// Keys in a page by default.
const PAGE: i64 = 1000;
/// Bytes and keys to ask for beyond a page, going by the size of the last reply.
const AHEAD: usize = 1 << 20;
const AHEAD_KEYS: usize = 10_000;
/// For the first keys of a stream, of which servers send a few at once; after
/// that for any sign of life.
const SILENCE: Duration = Duration::from_secs(2);
/// How long a stream is kept for a reader who does not come.
const IDLE: Duration = Duration::from_secs(1);

/// Some keys of a range, in their order.
pub struct Page {
    /// Of the first page's reply; the revision is that of all pages.
    pub header: Header,
    /// Keys in the whole range, as the first page's reply had it.
    pub count: i64,
    /// Other pages follow.
    pub more: bool,
    /// The fields of a RangeResponse; of these only the pairs mean something.
    pub message: Bytes,
}

/// A range that is read page by page. An error does not move it.
pub struct Pages {
    /// For what has not arrived.
    request: RangeRequest,
    require_leader: bool,
    /// Keys in a page at most.
    most: i64,
    /// Keys to ask for as a page: fewer after a reply that was too large.
    ask: i64,
    /// Pages to ask for at once; 0 for never more than one again.
    ahead: i64,
    /// The first reply's.
    origin: Option<(Header, i64)>,
    /// What has arrived and was not handed out.
    waiting: Option<Bytes>,
    /// There is more to be asked for.
    more: bool,
    stream: Option<Open>,
    /// A stream may be tried: none was, or the last one brought something.
    worth: bool,
    /// The last step was a get, so that whatever broke a stream is over.
    settled: bool,
    /// Times that the reader came.
    visits: u64,
}

struct Open {
    stream: Stream,
    on: Selected,
    begun: bool,
    _permit: OwnedSemaphorePermit,
}

impl Pages {
    /// For keys sorted by nothing but themselves. The request's limit is for each
    /// page; 0 is [`PAGE`].
    pub fn new(request: RangeRequest, require_leader: bool) -> Pages {
        let most = if request.limit == 0 { PAGE } else { request.limit };
        let filtered = [
            request.min_mod_revision,
            request.max_mod_revision,
            request.min_create_revision,
            request.max_create_revision,
        ];
        // Servers stream neither of these.
        let worth = !is_descending(&request) && filtered == [0; 4];
        Pages {
            request,
            require_leader,
            most,
            ask: most,
            ahead: 1,
            origin: None,
            waiting: None,
            more: true,
            stream: None,
            worth,
            settled: false,
            visits: 0,
        }
    }

    /// The next page; None after the last. The first one may be empty. May be
    /// called again after an error.
    pub async fn next(&mut self, core: &Core, until: Deadline) -> Result<Option<Page>> {
        self.visits += 1;
        loop {
            if let Some(page) = self.hand_out()? {
                return Ok(Some(page));
            }
            if !self.more {
                return Ok(None);
            }
            if self.worth && self.settled {
                (self.worth, self.settled) = (false, false);
                self.stream = self.open(core, until).await;
            }
            match &mut self.stream {
                None => self.get(core, until).await?,
                Some(_) => self.listen(until).await,
            }
            if self.waiting.is_none() && is_over(until) {
                return Err(Error::new(ETCD_ERR_TIMEOUT, "no page before the deadline"));
            }
        }
    }

    /// A page of what has arrived, if something has.
    fn hand_out(&mut self) -> Result<Option<Page>> {
        let (Some((header, count)), Some(mut rest)) = (self.origin, self.waiting.take()) else {
            return Ok(None);
        };
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let cut = decode::cut(&rest, most).map_err(Error::from);
        let cut = cut.and_then(|cut| match cut.last {
            Some(last) if !goes_on(&mut self.request, last) => {
                Err(protocol("a page goes back in the range"))
            }
            None if self.more => Err(protocol("an empty page, and more to come")),
            _ => Ok((cut.at, cut.more)),
        });
        // What it had is to be asked for again, and a stream would go on behind it.
        let (at, cut_off) = cut.inspect_err(|_| (self.more, self.stream) = (true, None))?;
        let message = rest.split_to(at);
        self.waiting = cut_off.then_some(rest);
        Ok(Some(Page { header, count, more: cut_off || self.more, message }))
    }

    /// Asks for a page, or for several, which are then waiting.
    async fn get(&mut self, core: &Core, until: Deadline) -> Result<()> {
        let began = Instant::now();
        let message = loop {
            self.request.limit = self.ask.saturating_mul(self.ahead.max(1));
            let mut call = GET.call(&self.request, until)?;
            call.request.require_leader = self.require_leader;
            call.ordered = !self.request.serializable;
            let reply = core.run(&call, &Progress::default()).await;
            match reply.as_ref().map_err(|error| error.status) {
                // A member that is behind the one that answered first.
                Err(ETCD_ERR_FUTURE_REVISION)
                    if self.request.serializable && self.origin.is_some() =>
                {
                    self.request.serializable = false;
                }
                Err(_) if self.ahead > 1 => self.ahead = 0,
                Err(ETCD_ERR_REPLY_TOO_LARGE) if self.ask > 1 => self.ask /= 2,
                _ => break Bytes::from(reply?),
            }
        };
        let mut keys = 0;
        let reply = RANGE.decode(&message, |_, _| keys += 1)?;
        // Four times as much would come with time to spare.
        let soon = until.left().is_none_or(|left| 8 * began.elapsed() < left);
        self.grow(core, soon, keys, message.len());
        if self.origin.is_none() {
            let mut header = reply.header;
            match self.request.revision {
                0 => self.request.revision = header.revision,
                asked => header.revision = asked,
            }
            self.origin = Some((header, reply.count));
        }
        self.more = reply.more && !self.request.range_end.is_empty();
        (self.waiting, self.settled) = (Some(message), true);
        Ok(())
    }

    /// Sees how much to ask for after a reply of so many keys and bytes.
    fn grow(&mut self, core: &Core, soon: bool, keys: usize, bytes: usize) {
        let room = match &core.server {
            Server::Cluster(cluster) if soon => AHEAD.min(cluster.max_receive / 2),
            // The engine counts once.
            _ => 0,
        };
        let fitting = (keys.saturating_mul(room) / bytes.max(1)).min(AHEAD_KEYS) as i64;
        if self.ask == self.most {
            self.ahead = (4 * self.ahead).min((fitting / self.most).max(1));
        }
        self.ask = self.ask.saturating_mul(2).min(self.most);
    }

    /// A stream of what is left; none if it is not to be had now.
    async fn open(&self, core: &Core, until: Deadline) -> Option<Open> {
        let Server::Cluster(cluster) = &core.server else { return None };
        let permit = cluster.range_streams.clone().try_acquire_owned().ok()?;
        let open = async {
            let token = cluster.token().await.ok()?;
            let selected = cluster.channel.pick(None)?;
            let request = RangeRequest { limit: 0, ..self.request.clone() };
            let frame = encode::frame(&request)?;
            let path = GET_STREAM.path;
            let request = Request { path, frame, require_leader: self.require_leader };
            let limit = cluster.max_receive;
            let stream = Stream::open(&selected, &request, true, token.value.as_ref(), limit).await;
            Some(Open { stream: stream.ok()?, on: selected, begun: false, _permit: permit })
        };
        timeout(patience(until), open).await.ok()?
    }

    /// Waits for what the stream brings next, or for its end.
    async fn listen(&mut self, until: Deadline) {
        let Some(mut open) = self.stream.take() else { return };
        let state = open.on.connection.state.clone();
        let message = loop {
            let began = now_ms();
            match timeout(patience(until), open.stream.next()).await {
                Ok(Ok(Some(message))) => break Bytes::from(message),
                Err(_) if open.begun && state.heard_since(began) && !is_over(until) => {}
                // The last part, which says so, has not come.
                _ => return,
            }
        };
        open.begun = true;
        let part = decode::streamed(&message).map(|part| message.slice_ref(part));
        let Ok((part, totals)) =
            part.and_then(|part| Ok((part.clone(), PART_TOTALS.decode(&part, |_, _| ())?)))
        else {
            return;
        };
        // Only the last part has a header.
        self.more = totals.header.revision == 0;
        (self.waiting, self.worth) = (Some(part), true);
        self.stream = self.more.then_some(open);
    }
}

impl Pages {
    /// Goes on with this key, which comes after all that was handed out.
    pub fn skip_to(&mut self, key: Bytes) {
        self.request.key = key;
        // What was asked for ahead is in vain.
        self.ahead = self.ahead.min(1);
        (self.waiting, self.stream, self.more) = (None, None, true);
    }

    /// Leaves nothing with a server while the reader is somewhere else.
    pub fn rest(&mut self) {
        self.stream = None;
    }
}

fn is_descending(request: &RangeRequest) -> bool {
    request.sort_order == SortOrder::Descend as i32
}

/// Leaves what comes after this key; false if it is not in the range.
fn goes_on(request: &mut RangeRequest, last: &[u8]) -> bool {
    let before_end = matches!(*request.range_end, [] | [0]) || *last < *request.range_end;
    if *last < *request.key || !before_end {
        return false;
    }
    if is_descending(request) {
        request.range_end = Bytes::copy_from_slice(last);
    } else {
        request.key = [last, &[0]].concat().into();
    }
    true
}

fn patience(until: Deadline) -> Duration {
    until.left().map_or(SILENCE, |left| left.min(SILENCE))
}

fn is_over(until: Deadline) -> bool {
    until.left() == Some(Duration::ZERO)
}

fn protocol(why: &str) -> Error {
    Error::new(ETCD_ERR_BAD_REPLY, why)
}

/// Pages that any number of callers read.
pub type Shared = Arc<Mutex<Pages>>;

/// The next page; as [`Pages::next`]. `start` runs a task in the background.
pub async fn next(
    pages: &Shared,
    core: &Core,
    until: Deadline,
    start: impl FnOnce(BoxFuture<'static, ()>),
) -> Result<Option<Page>> {
    let mut ours = pages.lock().await;
    let had = ours.stream.is_some();
    let page = ours.next(core, until).await?;
    if !had && ours.stream.is_some() {
        start(Box::pin(end_idle_stream(Arc::downgrade(pages))));
    }
    Ok(page)
}

/// The server and the connection must not keep what is not read.
async fn end_idle_stream(pages: Weak<Mutex<Pages>>) {
    let mut seen = None;
    loop {
        sleep(IDLE).await;
        let Some(pages) = pages.upgrade() else { return };
        let mut pages = pages.lock().await;
        if pages.stream.is_none() {
            return;
        }
        if seen.replace(pages.visits) == Some(pages.visits) {
            pages.stream = None;
        }
    }
}
