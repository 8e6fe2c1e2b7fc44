//! Which endpoints a client has: given by the program, or by the cluster itself.

#![forbid(unsafe_code)]

use super::call::{CallOptions, Deadline, Progress};
use super::core::{Core, Server};
use super::methods::MEMBER_LIST;
use crate::error::{printable, Error, Result};
use crate::observe::log::Level;
use crate::status::ETCD_ERR_UNAVAILABLE;
use crate::transport::backoff::jittered;
use crate::transport::endpoint::{Endpoint, Endpoints};
use crate::transport::Subchannel;
use crate::wire::proto::{MemberListRequest, MemberListResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// For one round of auto-sync.
const ROUND: Duration = Duration::from_secs(5);

impl Core {
    /// As they were given.
    pub fn endpoints(&self) -> Vec<String> {
        match &self.server {
            Server::Cluster(cluster) => cluster
                .channel
                .subchannels()
                .iter()
                .map(|subchannel| subchannel.name().to_owned())
                .collect(),
            Server::Embedded(embedded) => vec![embedded.name.clone()],
        }
    }

    /// The member that one of the endpoints names, for a call that is about it; None for the
    /// engine.
    pub fn member_at(&self, endpoint: &str) -> Result<Option<Arc<Subchannel>>> {
        let (policy, subchannels) = match &self.server {
            Server::Embedded(embedded) if embedded.name == endpoint => return Ok(None),
            Server::Embedded(_) => (None, Vec::new()),
            Server::Cluster(cluster) => (Some(cluster.policy), cluster.channel.subchannels()),
        };
        let parsed = policy.map(|policy| policy.parse(endpoint)).transpose()?;
        let found = match parsed {
            Some(Endpoints::Members(named)) if named.len() == 1 => {
                subchannels.into_iter().find(|subchannel| subchannel.endpoint.is(&named[0]))
            }
            _ => None,
        };
        let why = || format!("endpoint \"{}\" is not one of the client's", printable(endpoint));
        found.map(Some).ok_or_else(|| Error::invalid(why()))
    }

    pub fn set_endpoints(&self, list: &str) -> Result<()> {
        let Server::Cluster(cluster) = &self.server else {
            return Err(Error::invalid("a client of mem: stays with its store"));
        };
        let endpoints = match cluster.policy.parse(list)? {
            Endpoints::Members(endpoints) => endpoints,
            Endpoints::Embedded(_) => {
                return Err(Error::invalid("mem: is for a client of its own"));
            }
        };
        match (cluster.channel.has_tls(), endpoints.iter().any(|endpoint| endpoint.tls)) {
            (false, true) => Err(Error::invalid("https, and the client was opened without TLS")),
            // Somebody who had TLS believes that the connection is encrypted.
            (true, false) => Err(Error::invalid("the client uses TLS, but no endpoint does")),
            _ => cluster.channel.set(endpoints),
        }
    }
}

/// Does so again and again, whatever comes of it.
pub async fn sync_for_ever(core: Arc<Core>, interval: Duration) {
    let mut failed = false;
    loop {
        sleep(jittered(interval)).await;
        let result = sync(&core, Deadline::after(Some(ROUND)).into()).await;
        match &result {
            Err(error) if !failed => {
                let message = format_args!("no list from the cluster: {}", error.message);
                let log = &core.telemetry.log;
                log.emit(Level::Warn, "connection", &error.endpoint, error.status, message);
            }
            _ => {}
        }
        failed = result.is_err();
    }
}

/// Takes the endpoints from the cluster.
pub async fn sync(core: &Core, options: CallOptions) -> Result<()> {
    let call = core.message(MEMBER_LIST, &MemberListRequest { linearizable: true }, options)?;
    let reply = core.run(&call, &Progress::default()).await?;
    let reply: MemberListResponse = MEMBER_LIST.reply(reply)?;
    // The engine is its only member.
    let Server::Cluster(cluster) = &core.server else { return Ok(()) };
    // One without a name has not started yet; a learner answers few calls.
    let serving =
        reply.members.iter().filter(|member| !member.name.is_empty() && !member.is_learner);
    let urls: Vec<_> = serving.flat_map(|member| &member.client_urls).collect();
    let usable = |url: &&String| match cluster.policy.parse(url) {
        Ok(Endpoints::Members(of_url)) => {
            of_url.into_iter().next().filter(|one| one.tls == cluster.channel.has_tls())
        }
        _ => None,
    };
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for endpoint in urls.iter().filter_map(usable) {
        if !endpoints.iter().any(|other| other.is(&endpoint)) {
            endpoints.push(endpoint);
        }
    }
    if endpoints.is_empty() {
        let why = format!("none of the members' {} URLs can be used by this client", urls.len());
        return Err(Error::new(ETCD_ERR_UNAVAILABLE, why));
    }
    cluster.channel.set(endpoints)
}
