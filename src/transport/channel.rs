//! All endpoints of a client, and which of them takes the next call.

#![forbid(unsafe_code)]

use super::endpoint::Endpoint;
use super::jitter::chance;
use super::link::{Connection, Link, Timing};
use super::tls::Tls;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub struct Channel {
    links: Vec<Arc<Link>>,
    /// The last that answered: staying there keeps one connection warm, and
    /// clients spread over members by who is first to answer.
    preferred: AtomicUsize,
    up: Arc<Notify>,
}

/// A link that is up, for one attempt.
pub struct Picked {
    pub index: usize,
    pub link: Arc<Link>,
    pub connection: Connection,
}

impl Channel {
    pub fn new(endpoints: Vec<Endpoint>) -> Result<Channel> {
        let links: Result<Vec<_>, _> =
            endpoints.into_iter().map(|endpoint| Link::new(endpoint).map(Arc::new)).collect();
        let links = links.map_err(Error::invalid)?;
        let preferred = AtomicUsize::new(chance().usize(..links.len()));
        Ok(Channel { links, preferred, up: Arc::new(Notify::new()) })
    }

    /// Starts to keep every endpoint connected, in tasks that end with `tasks`.
    pub fn start(&self, tls: Option<&Tls>, timing: Timing, tasks: &mut JoinSet<()>) {
        for link in &self.links {
            tasks.spawn(link.clone().maintain(tls.cloned(), timing, self.up.clone()));
        }
    }

    pub fn name(&self, index: usize) -> &str {
        &self.links[index].endpoint.name
    }

    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// The best link that is up; `avoid` only if there is no other.
    pub fn pick(&self, avoid: Option<usize>) -> Option<Picked> {
        let count = self.links.len();
        // In turn, or two that fail would be taken by turns while others are well.
        let first = avoid.map_or_else(|| self.preferred.load(Relaxed), |avoid| avoid + 1);
        let best = (0..count)
            .map(|step| (first + step) % count)
            .filter_map(|i| Some((self.links[i].rank()? + 10 * u32::from(avoid == Some(i)), i)))
            .min_by_key(|&(rank, _)| rank)?;
        let link = self.links[best.1].clone();
        let connection = link.connection()?;
        Some(Picked { index: best.1, link, connection })
    }

    /// A certain one, if it is up.
    pub fn member(&self, index: usize) -> Option<Picked> {
        let link = self.links[index].clone();
        Some(Picked { index, connection: link.connection()?, link })
    }

    /// As [`Channel::pick`], once a link is up.
    pub async fn ready(&self, avoid: Option<usize>) -> Picked {
        loop {
            // Registered before looking, so that no link comes up unseen.
            let mut up = std::pin::pin!(self.up.notified());
            up.as_mut().enable();
            match self.pick(avoid) {
                Some(picked) => return picked,
                None => up.await,
            }
        }
    }

    pub fn prefer(&self, index: usize) {
        self.preferred.store(index, Relaxed);
    }

    /// Each endpoint that is down, with the reason.
    pub fn why_down(&self) -> String {
        let down = self
            .links
            .iter()
            .filter_map(|link| link.why_down().map(|why| format!("{}: {why}", link.endpoint.name)));
        down.collect::<Vec<_>>().join("; ")
    }
}
