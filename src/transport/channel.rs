//! All endpoints of a client, and which of them takes the next call.

#![forbid(unsafe_code)]

use super::backoff::rng;
use super::endpoint::Endpoint;
use super::history::History;
use super::link::{Connection, Link, Network, Timing};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::observe::Telemetry;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub struct Channel {
    list: Mutex<List>,
    /// Tells the keeper of the links that the list is another.
    changed: Notify,
    network: Arc<Network>,
}

struct List {
    links: Vec<Arc<Link>>,
    /// The last that answered: staying there keeps one connection warm, and
    /// clients spread over members by who is first to answer.
    preferred: usize,
}

/// A link that is up, for one attempt.
pub struct Picked {
    pub link: Arc<Link>,
    pub connection: Connection,
}

impl Picked {
    /// A certain one, if it is up.
    pub fn of(link: &Arc<Link>) -> Option<Picked> {
        Some(Picked { link: link.clone(), connection: link.connection()? })
    }
}

/// Above what any state of a link counts.
const AVOIDED: u32 = 10;

impl Channel {
    pub fn new(
        endpoints: Vec<Endpoint>,
        tls: Option<Tls>,
        timing: Timing,
        telemetry: Arc<Telemetry>,
    ) -> Result<Channel> {
        let (news, history) = (Notify::new(), History::default());
        let channel = Channel {
            list: Mutex::new(List { links: Vec::new(), preferred: 0 }),
            changed: Notify::new(),
            network: Arc::new(Network { tls, timing, news, history, telemetry }),
        };
        channel.set(endpoints)?;
        Ok(channel)
    }

    pub fn has_tls(&self) -> bool {
        self.network.tls.is_some()
    }

    /// What the servers have said of their store.
    pub fn history(&self) -> &History {
        &self.network.history
    }

    /// Keeps every endpoint of the list connected, until dropped.
    pub async fn run(&self) {
        let mut links = JoinSet::new();
        loop {
            for link in self.links().into_iter().filter(|link| link.begin()) {
                links.spawn(link.maintain(self.network.clone()));
            }
            self.changed.notified().await;
            while links.try_join_next().is_some() {}
        }
    }

    /// Takes another list. Endpoints that were in the old one too stay as they
    /// are; calls in progress on those that are gone end as they may.
    pub fn set(&self, endpoints: Vec<Endpoint>) -> Result<()> {
        let mut list = self.list.lock().unwrap();
        let old = &list.links;
        let link = |endpoint: Endpoint| match old.iter().find(|link| link.endpoint.is(&endpoint)) {
            Some(same) => Ok(same.clone()),
            None => Link::new(endpoint, self.network.telemetry.clone()).map(Arc::new),
        };
        let links: Result<Vec<_>, _> = endpoints.into_iter().map(link).collect();
        let links = links.map_err(Error::invalid)?;
        let stays = |link: &&Arc<Link>| links.iter().any(|other| Arc::ptr_eq(other, link));
        let gone: Vec<_> = old.iter().filter(|link| !stays(link)).cloned().collect();
        let warm = old.get(list.preferred).and_then(|last| position(&links, last));
        list.preferred = warm.unwrap_or_else(|| rng().usize(..links.len()));
        list.links = links;
        drop(list);
        gone.iter().for_each(|link| link.leave());
        self.changed.notify_one();
        self.network.news.notify_waiters();
        Ok(())
    }

    pub fn links(&self) -> Vec<Arc<Link>> {
        self.list.lock().unwrap().links.clone()
    }

    pub fn len(&self) -> usize {
        self.list.lock().unwrap().links.len()
    }

    /// The best link that is up; `avoid` only if there is no other.
    pub fn pick(&self, avoid: Option<&Arc<Link>>) -> Option<Picked> {
        let list = self.list.lock().unwrap();
        // In turn, or two that fail would be taken by turns while others are well.
        let after = avoid.and_then(|avoid| Some(position(&list.links, avoid)? + 1));
        let (before, after) = list.links.split_at(after.unwrap_or(list.preferred));
        let rank = |link: &Arc<Link>| {
            let avoided = avoid.is_some_and(|avoid| Arc::ptr_eq(avoid, link));
            Some(link.rank()? + AVOIDED * u32::from(avoided))
        };
        let ranked = after.iter().chain(before).filter_map(|link| Some((rank(link)?, link)));
        let (_, link) = ranked.min_by_key(|&(rank, _)| rank)?;
        Picked::of(link)
    }

    /// As [`Channel::pick`], once a link is up; an error if none ever will be.
    pub async fn ready(&self, avoid: Option<&Arc<Link>>) -> Result<Picked> {
        loop {
            // Registered before looking, so that nothing happens unseen.
            let mut news = std::pin::pin!(self.network.news.notified());
            news.as_mut().enable();
            match (self.pick(avoid), self.barred()) {
                (Some(picked), _) => return Ok(picked),
                (None, Some(error)) => return Err(error),
                (None, None) => news.await,
            }
        }
    }

    pub fn prefer(&self, link: &Arc<Link>) {
        let mut list = self.list.lock().unwrap();
        if !list.links.get(list.preferred).is_some_and(|last| Arc::ptr_eq(last, link)) {
            list.preferred = position(&list.links, link).unwrap_or(list.preferred);
        }
    }

    /// Why no endpoint may be used, however long one waits.
    fn barred(&self) -> Option<Error> {
        let errors: Option<Vec<_>> = self.links().iter().map(|link| link.barred()).collect();
        errors?.pop()
    }

    /// Each endpoint that is down, with the reason.
    pub fn why_down(&self) -> String {
        let down = |link: &Arc<Link>| Some(format!("{}: {}", link.name(), link.why_down()?));
        self.links().iter().filter_map(down).collect::<Vec<_>>().join("; ")
    }
}

fn position(links: &[Arc<Link>], link: &Arc<Link>) -> Option<usize> {
    links.iter().position(|other| Arc::ptr_eq(other, link))
}
