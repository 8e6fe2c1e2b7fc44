//! Which answers to progress requests are exact, and for which watches they count.

#![forbid(unsafe_code)]

use crate::client::call::{Call, Deadline, Progress};
use crate::client::cluster::Cluster;
use crate::client::methods::STATUS;
use crate::error::Result;
use crate::status::ETCD_ERR_PERMISSION_DENIED;
use crate::transport::Subchannel;
use crate::wire::proto::{StatusRequest, StatusResponse};
use std::sync::Arc;
use std::time::Duration;

/// The progress requests on one stream. Servers process creations and progress requests
/// in order, but confirm them in any order: an answer that is received after a watch was
/// confirmed may be older than the watch, and then does not include its events. Progress
/// requests are answered in order, or not at all.
#[derive(Default)]
pub struct Requests {
    sent: u64,
    /// At least so many are answered by now, or never will be.
    done: u64,
    /// A revision, and the requests that the server had processed by then.
    seen: (i64, u64),
}

impl Requests {
    pub fn send(&mut self) {
        self.sent += 1;
    }

    /// How many must be answered before an answer includes a watch that is requested now.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// A watch exists since a revision, and was requested after so many progress requests.
    /// The server may not have processed those that were sent since.
    pub fn created(&mut self, revision: i64, after: u64) {
        self.seen = (revision, after);
    }

    /// A message that neither creates nor ends a watch was received.
    pub fn received(&mut self, revision: i64) {
        if revision > self.seen.0 {
            self.done = self.done.max(self.seen.1);
        }
    }

    /// Whether the next answer includes a watch.
    pub fn includes(&self, created: u64) -> bool {
        self.done >= created
    }

    pub fn answered(&mut self) {
        self.done = (self.done + 1).min(self.sent);
    }
}

/// Whether a member answers progress requests with a revision up to which it has sent
/// everything. Old servers may answer with a later one (etcd #15220). None if unknown.
pub async fn is_exact(cluster: &Arc<Cluster>, member: &Arc<Subchannel>) -> Option<bool> {
    let until = Deadline::after(Some(Duration::from_secs(5)));
    let call = STATUS.call(&StatusRequest {}, until).ok()?;
    let call = Call { member: Some(member.clone()), ..call };
    let reply = cluster.run(&call, &Progress::default()).await;
    exactness(reply.and_then(|reply| STATUS.reply(reply)))
}

fn exactness(status: Result<StatusResponse>) -> Option<bool> {
    match status {
        Ok(status) => Some(answers_exactly(&status.version)),
        // 3.6, and patches that are as new, hide the version from users.
        Err(error) if error.status == ETCD_ERR_PERMISSION_DENIED => Some(true),
        Err(_) => None,
    }
}

fn answers_exactly(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map_while(|number| number.parse().ok());
    let version: [u32; 3] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
    match version {
        [3, 4, patch] => patch >= 25,
        [3, 5, patch] => patch >= 8,
        [3, minor, _] => minor >= 6,
        [major, ..] => major >= 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::status::{ETCD_ERR_INVALID_AUTH_TOKEN, ETCD_ERR_UNAVAILABLE};

    #[test]
    fn an_answer_may_be_older_than_a_watch() {
        let mut requests = Requests::default();
        let created = |requests: &mut Requests, revision| {
            let after = requests.sent();
            requests.created(revision, after);
            after
        };
        let first = created(&mut requests, 10);
        assert!(requests.includes(first));
        requests.send();
        let second = created(&mut requests, 12);
        assert!(requests.includes(first) && !requests.includes(second));
        // The answer to what was asked before the second.
        requests.received(12);
        assert!(!requests.includes(second));
        requests.answered();
        assert!(requests.includes(second));
        // Two requests, of which one is not answered. Messages of later revisions come after both.
        requests.send();
        requests.send();
        let third = created(&mut requests, 12);
        requests.answered();
        requests.received(12);
        assert!(!requests.includes(third));
        requests.received(13);
        assert!(requests.includes(third));
        requests.send();
        requests.answered();
        requests.answered();
        requests.send();
        let fourth = created(&mut requests, 14);
        assert!(!requests.includes(fourth));
    }

    #[test]
    fn a_request_during_a_creation_is_not_answered_by_it() {
        let mut requests = Requests::default();
        let first = requests.sent();
        // Before the server has confirmed the first watch, and still on its way
        // when it reports something newer.
        requests.send();
        requests.created(10, first);
        requests.received(11);
        assert!(requests.includes(first));
        // Of this one, which goes on with what is old, that answer knows nothing.
        let second = requests.sent();
        requests.created(11, second);
        assert!(!requests.includes(second));
        requests.answered();
        assert!(requests.includes(second));
    }

    #[test]
    fn a_server_that_keeps_its_version_from_users_is_new() {
        let refused = |status| exactness(Err(Error::new(status, "")));
        assert_eq!(refused(ETCD_ERR_PERMISSION_DENIED), Some(true));
        // Of a server before 3.4 too, or of none: ask again.
        assert_eq!(refused(ETCD_ERR_INVALID_AUTH_TOKEN), None);
        assert_eq!(refused(ETCD_ERR_UNAVAILABLE), None);
    }

    #[test]
    fn versions_that_answer_exactly() {
        for (version, exact) in [
            ("3.4.23", false),
            ("3.4.25", true),
            ("3.5.7", false),
            ("3.5.8", true),
            ("3.3.99", false),
            ("3.6.0-rc.1", true),
            ("3.10.0", true),
            ("4.0", true),
            ("", false),
            ("?", false),
        ] {
            assert_eq!(answers_exactly(version), exact, "{version}");
        }
    }
}
