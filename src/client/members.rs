//! Which endpoints a client has: given by the program, or by the cluster itself.

#![forbid(unsafe_code)]

use super::call::{CallOptions, Deadline, Progress};
use super::core::{Core, Server};
use super::methods::MEMBER_LIST;
use super::options::EndpointPolicy;
use crate::error::{printable, Error, Result};
use crate::observe::log::Level;
use crate::status::{ETCD_ERR_BAD_REPLY, ETCD_ERR_UNAVAILABLE};
use crate::sync::IgnorePoison;
use crate::transport::backoff::jittered;
use crate::transport::endpoint::{Endpoint, Endpoints};
use crate::transport::Subchannel;
use crate::wire::proto::{MemberListRequest, MemberListResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Members of a cluster are few, and each announces an address or two.
const MAX_URLS: usize = 100;
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

/// Takes the endpoints from the cluster, if one of them answers: until then what there is
/// stays.
pub async fn sync(core: &Core, options: CallOptions) -> Result<()> {
    let until = core.until(options);
    let call = core.message(MEMBER_LIST, &MemberListRequest { linearizable: true }, options)?;
    let progress = Progress::default();
    let before = core.endpoints();
    let reply = core.run(&call, &progress).await?;
    let reply: MemberListResponse = MEMBER_LIST.reply(reply)?;
    // The engine is its only member.
    let Server::Cluster(cluster) = &core.server else { return Ok(()) };
    let told_by = progress.subchannel.lock().ignore_poison().clone();
    let local = told_by.is_some_and(|member| member.endpoint.is_local());
    // One without a name has not started yet; a learner answers few calls.
    let serving =
        reply.members.into_iter().filter(|member| !member.name.is_empty() && !member.is_learner);
    let urls: Vec<_> = serving.flat_map(|member| member.client_urls).collect();
    let believed = Believed { policy: cluster.policy, tls: cluster.channel.has_tls(), local };
    let endpoints = believed.of(&urls)?;
    let limit = until.left().unwrap_or(Duration::MAX);
    match timeout(limit, cluster.channel.one_answers(&endpoints)).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => {
            let why = format!("none of the URLs that the members announce answers: {why}");
            return Err(Error::new(ETCD_ERR_UNAVAILABLE, why));
        }
        Err(_) => {
            let why = "none of the URLs that the members announce answers in time";
            return Err(Error::new(ETCD_ERR_UNAVAILABLE, why));
        }
    }
    match core.endpoints() == before {
        true => cluster.channel.set(endpoints),
        // The program has given a list meanwhile.
        false => Ok(()),
    }
}

/// Which of the URLs that members announce are believed.
struct Believed {
    policy: EndpointPolicy,
    tls: bool,
    /// They were announced on this machine.
    local: bool,
}

impl Believed {
    fn of(&self, urls: &[String]) -> Result<Vec<Endpoint>> {
        if urls.len() > MAX_URLS {
            let why = format!("the members announce {} URLs; no cluster has as many", urls.len());
            return Err(Error::new(ETCD_ERR_BAD_REPLY, why));
        }
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for endpoint in urls.iter().filter_map(|url| self.endpoint(url)) {
            if !endpoints.iter().any(|other| other.is(&endpoint)) {
                endpoints.push(endpoint);
            }
        }
        match endpoints.is_empty() {
            false => Ok(endpoints),
            true => {
                let count = urls.len();
                let why = format!("none of the members' {count} URLs can be used by this client");
                Err(Error::new(ETCD_ERR_UNAVAILABLE, why))
            }
        }
    }

    fn endpoint(&self, url: &str) -> Option<Endpoint> {
        // Sockets and files of this machine are not for others to name.
        let (scheme, _) = url.split_once("://")?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let Ok(Endpoints::Members(named)) = self.policy.parse(url) else { return None };
        let [endpoint] = &named[..] else { return None };
        let usable = endpoint.tls == self.tls
            && !endpoint.is_unspecified()
            && (self.local || !endpoint.is_local());
        usable.then(|| endpoint.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_member_can_know_is_believed() {
        let policy = EndpointPolicy { configured: false, secret: None };
        let names = |local: bool, urls: &[&str]| -> Vec<String> {
            let urls: Vec<_> = urls.iter().map(|url| url.to_string()).collect();
            let believed = Believed { policy, tls: false, local }.of(&urls);
            believed.into_iter().flatten().map(|endpoint| endpoint.name).collect()
        };
        let mixed = [
            "http://10.0.0.1:1",
            "unix:/etc/passwd",
            "unix:///etc/passwd",
            "mem:",
            "ftp://10.0.0.2:1",
            "10.0.0.3:1",
            "https://10.0.0.4:1",
            "http://10.0.0.5:1,http://10.0.0.6:1",
            "http://0.0.0.0:1",
            "http://[::]:1",
            "http://[::ffff:0.0.0.0]:1",
            "HTTP://10.0.0.1:1",
        ];
        let of_this_machine = [
            "http://127.0.0.1:1",
            "http://127.9.9.9:1",
            "http://localhost:1",
            "http://LOCALHOST.:1",
            "http://[::1]:1",
            "http://[::ffff:127.0.0.1]:1",
        ];
        for local in [false, true] {
            assert_eq!(names(local, &mixed), ["http://10.0.0.1:1"]);
        }
        assert_eq!(names(false, &of_this_machine), [""; 0]);
        assert_eq!(names(true, &of_this_machine).len(), of_this_machine.len());
        let endless: Vec<_> = (0..=MAX_URLS).map(|host| format!("http://h{host}:1")).collect();
        let endless: Vec<_> = endless.iter().map(String::as_str).collect();
        assert_eq!(names(true, &endless[1..]).len(), MAX_URLS);
        assert_eq!(names(true, &endless), [""; 0]);
    }
}
