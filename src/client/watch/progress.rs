//! Which answers to progress requests may be believed, and for which watches.

#![forbid(unsafe_code)]

use crate::client::call::Deadline;
use crate::client::cluster::Cluster;
use crate::client::methods::STATUS;
use crate::error::Result;
use crate::status::ETCD_ERR_PERMISSION_DENIED;
use crate::transport::Subchannel;
use crate::wire::proto::{StatusRequest, StatusResponse};
use std::sync::Arc;
use std::time::Duration;

/// The requests on one stream. Servers look at creations and progress requests in
/// the order in which they come, but tell of both in any order: an answer that is
/// heard after the word that a watch exists may be older than the watch, and then
/// does not speak of its events. They answer in order, or not at all.
#[derive(Default)]
pub struct Requests {
    sent: u64,
    /// So many have been answered by now, or never will be; may be more.
    done: u64,
    /// A revision, and the requests that the server had looked at by then.
    seen: (i64, u64),
}

impl Requests {
    pub fn send(&mut self) {
        self.sent += 1;
    }

    /// How many: what it takes to speak for a watch that is asked for now.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// A watch exists since a revision, that was asked for after so many requests: not
    /// those that have been sent since, which the server may not have looked at.
    pub fn created(&mut self, revision: i64, after: u64) {
        self.seen = (revision, after);
    }

    /// Anything but a creation or an end has been heard.
    pub fn heard(&mut self, revision: i64) {
        if revision > self.seen.0 {
            self.done = self.done.max(self.seen.1);
        }
    }

    /// Whether the next answer speaks for a watch.
    pub fn speak_for(&self, created: u64) -> bool {
        self.done >= created
    }

    pub fn answered(&mut self) {
        self.done = (self.done + 1).min(self.sent);
    }
}

/// Whether, as far as can be found out, a member answers progress requests with a
/// revision up to which it has sent everything: others may be ahead of what they have
/// sent (etcd #15220).
pub async fn is_exact(cluster: &Arc<Cluster>, member: &Arc<Subchannel>) -> Option<bool> {
    let until = Deadline::after(Some(Duration::from_secs(5)));
    let call = STATUS.call(&StatusRequest {}, until).ok()?;
    let status = cluster.run_on(member, &call).await.and_then(|reply| STATUS.reply(reply));
    judge(status)
}

fn judge(status: Result<StatusResponse>) -> Option<bool> {
    match status {
        Ok(status) => Some(answers_exactly(&status.version)),
        // Servers keep it from users in 3.6, and in patches that are as new.
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
        assert!(requests.speak_for(first));
        requests.send();
        let second = created(&mut requests, 12);
        assert!(requests.speak_for(first) && !requests.speak_for(second));
        // The answer to what was asked before the second.
        requests.heard(12);
        assert!(!requests.speak_for(second));
        requests.answered();
        assert!(requests.speak_for(second));
        // Two requests, of which one is not answered. What is told of later revisions comes after both.
        requests.send();
        requests.send();
        let third = created(&mut requests, 12);
        requests.answered();
        requests.heard(12);
        assert!(!requests.speak_for(third));
        requests.heard(13);
        assert!(requests.speak_for(third));
        requests.send();
        requests.answered();
        requests.answered();
        requests.send();
        let fourth = created(&mut requests, 14);
        assert!(!requests.speak_for(fourth));
    }

    #[test]
    fn what_is_asked_while_a_watch_is_created_is_not_over_with_that() {
        let mut requests = Requests::default();
        let first = requests.sent();
        // Before the server has said that the first watch exists, and on its way still
        // when it tells of something newer.
        requests.send();
        requests.created(10, first);
        requests.heard(11);
        assert!(requests.speak_for(first));
        // Of this one, which goes on with what is old, that answer knows nothing.
        let second = requests.sent();
        requests.created(11, second);
        assert!(!requests.speak_for(second));
        requests.answered();
        assert!(requests.speak_for(second));
    }

    #[test]
    fn a_server_that_keeps_its_version_from_users_is_new() {
        let refused = |status| judge(Err(Error::new(status, "")));
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
