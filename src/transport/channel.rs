//! All endpoints of a client, and which of them gets the next call.

#![forbid(unsafe_code)]

use super::backoff::rng;
use super::endpoint::Endpoint;
use super::maintain::{maintain, try_out, Network, Timing};
use super::store_identity::StoreIdentity;
use super::subchannel::{down, Selected, Subchannel};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::observe::Telemetry;
use crate::sync::IgnorePoison;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub struct Channel {
    list: Mutex<List>,
    /// Notifies [`Channel::run`] that the list has changed.
    changed: Notify,
    network: Arc<Network>,
}

struct List {
    subchannels: Vec<Arc<Subchannel>>,
    /// The last one that answered: staying there keeps one connection warm. Clients
    /// spread over members by which one is first to answer.
    preferred: usize,
}

/// Endpoints in one message.
const MAX_REASONS: usize = 16;
/// More than any rank of a subchannel.
const AVOIDED: u32 = 10;
/// How long one that is on trial may take after another one has come up.
const TRIAL_PATIENCE: Duration = Duration::from_millis(100);
/// How many calls may be sent before the server is known.
const READS_ON_TRIAL: usize = 64;

impl Channel {
    pub fn new(
        endpoints: Vec<Endpoint>,
        tls: Option<Tls>,
        timing: Timing,
        telemetry: Arc<Telemetry>,
    ) -> Result<Channel> {
        let (changed, store, demand) = Default::default();
        let channel = Channel {
            list: Mutex::new(List { subchannels: Vec::new(), preferred: 0 }),
            changed: Notify::new(),
            network: Arc::new(Network { tls, timing, changed, demand, store, telemetry }),
        };
        channel.set(endpoints)?;
        Ok(channel)
    }

    pub fn has_tls(&self) -> bool {
        self.network.tls.is_some()
    }

    /// The store that the servers have named so far.
    pub fn store(&self) -> &StoreIdentity {
        &self.network.store
    }

    /// Keeps every endpoint of the list connected until it is dropped.
    pub async fn run(&self) {
        let mut tasks = JoinSet::new();
        loop {
            for subchannel in self.subchannels().into_iter().filter(|it| it.begin()) {
                tasks.spawn(maintain(subchannel, self.network.clone()));
            }
            self.changed.notified().await;
            while tasks.try_join_next().is_some() {}
        }
    }

    /// Replaces the list. Endpoints that were in the old list stay connected; calls in
    /// progress on those that have left go on.
    pub fn set(&self, endpoints: Vec<Endpoint>) -> Result<()> {
        let mut list = self.list.lock().ignore_poison();
        let old = &list.subchannels;
        let subchannel = |endpoint: Endpoint| match old.iter().find(|it| it.endpoint.is(&endpoint))
        {
            Some(same) => Ok(same.clone()),
            None => Subchannel::new(endpoint, self.network.telemetry.clone()).map(Arc::new),
        };
        let subchannels: Result<Vec<_>, _> = endpoints.into_iter().map(subchannel).collect();
        let subchannels = subchannels.map_err(Error::invalid)?;
        let stays = |it: &&Arc<Subchannel>| position(&subchannels, it).is_some();
        let gone: Vec<_> = old.iter().filter(|it| !stays(it)).cloned().collect();
        let warm = old.get(list.preferred).and_then(|last| position(&subchannels, last));
        list.preferred = warm.unwrap_or_else(|| rng().usize(..subchannels.len()));
        list.subchannels = subchannels;
        let witnesses = list.subchannels.iter().map(|it| it.witness.clone());
        self.network.store.set_witnesses(witnesses.collect());
        drop(list);
        gone.iter().for_each(|it| it.leave());
        self.changed.notify_one();
        self.network.changed.notify_waiters();
        Ok(())
    }

    /// Returns when one of the endpoints has answered; why none does otherwise.
    pub async fn one_answers(&self, endpoints: &[Endpoint]) -> Result<(), String> {
        let is_up = |it: &Arc<Subchannel>| {
            it.connection().is_some() && endpoints.iter().any(|one| one.is(&it.endpoint))
        };
        if self.subchannels().iter().any(is_up) {
            return Ok(());
        }
        let tried = endpoints.iter().map(|endpoint| async {
            let result = try_out(endpoint, &self.network).await;
            result.map_err(|e| format!("{}: {}", endpoint.name, e.message))
        });
        let mut tried: FuturesUnordered<_> = tried.collect();
        let mut reasons = Vec::new();
        while let Some(result) = tried.next().await {
            match result {
                Ok(()) => return Ok(()),
                Err(why) => reasons.push(why),
            }
        }
        Err(listed(reasons))
    }

    pub fn subchannels(&self) -> Vec<Arc<Subchannel>> {
        self.list.lock().ignore_poison().subchannels.clone()
    }

    pub fn len(&self) -> usize {
        self.list.lock().ignore_poison().subchannels.len()
    }

    /// Selects the best subchannel that is up, and `avoid` only if there is no other.
    pub fn pick(&self, avoid: Option<&Arc<Subchannel>>) -> Option<Selected> {
        let list = self.list.lock().ignore_poison();
        // In order, or two that fail would be tried by turns while others are well.
        let after = avoid.and_then(|avoid| Some(position(&list.subchannels, avoid)? + 1));
        let (before, after) = list.subchannels.split_at(after.unwrap_or(list.preferred));
        let rank = |subchannel: &Arc<Subchannel>| {
            let avoided = avoid.is_some_and(|avoid| Arc::ptr_eq(avoid, subchannel));
            Some(subchannel.rank()? + AVOIDED * u32::from(avoided))
        };
        let ranked = after.iter().chain(before).filter_map(|it| Some((rank(it)?, it)));
        let (rank, subchannel) = ranked.min_by_key(|&(rank, _)| rank)?;
        if rank > 0 {
            self.network.demand.wish();
        }
        Selected::of(subchannel)
    }

    /// Waits until [`Channel::pick`] finds one; an error if it never will.
    pub async fn ready(&self, avoid: Option<&Arc<Subchannel>>) -> Result<Selected> {
        self.until(|| self.pick(avoid), || self.quarantined()).await
    }

    /// The same, or one that is on trial.
    pub async fn ready_for_reads(&self, avoid: Option<&Arc<Subchannel>>) -> Result<Selected> {
        self.until(|| self.pick(avoid).or_else(|| self.on_trial()), || self.quarantined()).await
    }

    fn on_trial(&self) -> Option<Selected> {
        let list = self.list.lock().ignore_poison();
        let (before, after) = list.subchannels.split_at(list.preferred);
        after.iter().chain(before).find_map(|subchannel| {
            let connection = subchannel.tried()?;
            let busy = connection.state.streams.load(Relaxed) > READS_ON_TRIAL;
            (!busy).then(|| Selected::on_trial(subchannel, &connection))
        })
    }

    /// Waits until one that is on trial is admitted; false if it is not, or not soon after
    /// another one has come up.
    pub async fn admitted(&self, Selected { subchannel, connection, .. }: &Selected) -> bool {
        let verdict = || match connection.state.admitted.load(Relaxed) {
            true => Some(true),
            false if subchannel.tried().is_some_and(|it| it.is(connection)) => None,
            false => Some(false),
        };
        let other = || self.pick(None).map(|_| None);
        let first = self.until(|| verdict().map(Some).or_else(other), || None).await;
        match first.unwrap_or(Some(false)) {
            Some(verdict) => verdict,
            None => {
                let late = timeout(TRIAL_PATIENCE, self.until(verdict, || None)).await;
                late.is_ok_and(|verdict| verdict.unwrap_or(false))
            }
        }
    }

    /// The same as [`Channel::ready`] for a certain one of the list.
    pub async fn ready_on(&self, member: &Arc<Subchannel>) -> Result<Selected> {
        let never = || match position(&self.subchannels(), member) {
            Some(_) => member.quarantined(),
            None => Some(down("the endpoint was taken out of the list").at(member.name())),
        };
        self.until(|| Selected::of(member), never).await
    }

    /// Waits until `pick` finds one, or `never` says why it will not.
    async fn until<T>(
        &self,
        pick: impl Fn() -> Option<T>,
        never: impl Fn() -> Option<Error>,
    ) -> Result<T> {
        let mut waiting = None;
        loop {
            // Registered before the check, so that no change is missed.
            let mut changed = std::pin::pin!(self.network.changed.notified());
            changed.as_mut().enable();
            match (pick(), never()) {
                (Some(picked), _) => return Ok(picked),
                (None, Some(error)) => return Err(error),
                (None, None) => {
                    waiting.get_or_insert_with(|| self.network.demand.wait());
                    changed.await;
                }
            }
        }
    }

    /// It has answered, and takes the next calls.
    pub fn prefer(&self, subchannel: &Arc<Subchannel>) {
        let mut list = self.list.lock().ignore_poison();
        if !list.subchannels.get(list.preferred).is_some_and(|last| Arc::ptr_eq(last, subchannel)) {
            list.preferred = position(&list.subchannels, subchannel).unwrap_or(list.preferred);
        }
    }

    /// Why no endpoint may be used, however long one waits.
    fn quarantined(&self) -> Option<Error> {
        let errors: Option<Vec<_>> = self.subchannels().iter().map(|it| it.quarantined()).collect();
        errors?.pop()
    }

    /// Each endpoint that is down, with the reason; of many the first ones.
    pub fn why_down(&self) -> String {
        let down = |it: &Arc<Subchannel>| Some(format!("{}: {}", it.name(), it.why_down()?));
        listed(self.subchannels().iter().filter_map(down).collect())
    }
}

fn listed(mut reasons: Vec<String>) -> String {
    let more = reasons.len().saturating_sub(MAX_REASONS);
    if more > 0 {
        reasons.truncate(MAX_REASONS);
        reasons.push(format!("and {more} more"));
    }
    reasons.join("; ")
}

fn position(subchannels: &[Arc<Subchannel>], subchannel: &Arc<Subchannel>) -> Option<usize> {
    subchannels.iter().position(|other| Arc::ptr_eq(other, subchannel))
}
