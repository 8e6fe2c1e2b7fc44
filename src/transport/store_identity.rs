//! Which store a client talks to: its cluster's id, and the revision it has reached.
//! A reply that contradicts is an error, never data.
//!
//! A store has gone back if the endpoint that named the later revision does so itself, or if
//! two have named it. The word of one endpoint alone stands until another contradicts it.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_CLUSTER_CHANGED, ETCD_ERR_REVISION_REGRESSED};
use crate::sync::IgnorePoison;
use crate::wire::decode;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

/// What one endpoint has said.
#[derive(Default)]
pub struct Witness {
    /// The highest revision that it has named.
    revision: AtomicI64,
    /// It is in the list of endpoints, and nobody has contradicted it.
    counts: AtomicBool,
}

/// What was known when a request was sent.
#[derive(Clone, Default)]
pub struct Known {
    /// The highest revision that an endpoint has named, and which one that was.
    revision: i64,
    by: Option<Arc<Witness>>,
    /// The highest that two have reached.
    agreed: i64,
}

#[derive(Default)]
struct State {
    /// The first cluster that answered; 0 = none yet.
    cluster: u64,
    witnesses: Vec<Arc<Witness>>,
    known: Known,
}

#[derive(Default)]
pub struct StoreIdentity(Mutex<State>);

/// Why a reply must not be used.
#[derive(Debug)]
pub struct Mismatch {
    pub error: Error,
    /// Nor anything else that the endpoint says.
    pub quarantine: bool,
}

impl StoreIdentity {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().ignore_poison()
    }

    /// Those in the list of endpoints, whose words count from now on.
    pub fn set_witnesses(&self, witnesses: Vec<Arc<Witness>>) {
        let mut state = self.state();
        let among = |list: &[Arc<Witness>], one| list.iter().any(|it| Arc::ptr_eq(it, one));
        for new in witnesses.iter().filter(|it| !among(&state.witnesses, it)) {
            new.counts.store(true, Relaxed);
        }
        for gone in state.witnesses.iter().filter(|it| !among(&witnesses, it)) {
            gone.counts.store(false, Relaxed);
        }
        state.witnesses = witnesses;
        state.weigh();
    }

    pub fn known(&self) -> Known {
        self.state().known.clone()
    }

    /// The highest revision that an endpoint has named.
    pub fn revision(&self) -> i64 {
        self.state().known.revision
    }

    /// Takes note of a cluster's id and revision; 0 is no information.
    pub fn observe(&self, from: &Arc<Witness>, cluster: u64, revision: i64) -> Result<()> {
        let mut state = self.state();
        if state.cluster == 0 {
            state.cluster = cluster;
        }
        if cluster != state.cluster && cluster != 0 {
            let ours = state.cluster;
            let why = format!("cluster {cluster:x} answered; the client's is {ours:x}");
            return Err(Error::new(ETCD_ERR_CLUSTER_CHANGED, why));
        }
        if revision > from.revision.load(Relaxed) {
            from.revision.store(revision, Relaxed);
            if from.counts.load(Relaxed) {
                state.known.add(from, revision);
            }
        }
        Ok(())
    }

    /// Checks a reply. `known` is what was known when the request was sent, if no older
    /// state may answer it.
    pub fn check(
        &self,
        from: &Arc<Witness>,
        reply: &[u8],
        known: Option<&Known>,
    ) -> Result<(), Mismatch> {
        let header = decode::header(reply)
            .map_err(|malformed| Mismatch { error: malformed.into(), quarantine: false })?;
        let Some(header) = header else { return Ok(()) };
        self.observe(from, header.cluster_id, header.revision)
            .map_err(|error| Mismatch { error, quarantine: true })?;
        let now = header.revision;
        let Some(Known { revision, by: Some(by), agreed }) = known else { return Ok(()) };
        if now >= *revision {
            return Ok(());
        }
        let quarantine = now < *agreed || Arc::ptr_eq(by, from);
        // The first reply that contradicts is the only one that is refused.
        if !quarantine && !self.contradict(by) {
            return Ok(());
        }
        let says = if quarantine { "was" } else { "by another endpoint's word was" };
        let why = format!(
            "the store is at revision {now} and {says} at {revision}: restored or emptied?"
        );
        Err(Mismatch { error: Error::new(ETCD_ERR_REVISION_REGRESSED, why), quarantine })
    }

    /// The words of an endpoint count no longer; false if they did not.
    fn contradict(&self, witness: &Witness) -> bool {
        let mut state = self.state();
        let counted = witness.counts.swap(false, Relaxed);
        state.weigh();
        counted
    }
}

impl State {
    fn weigh(&mut self) {
        self.known = Known::default();
        for it in self.witnesses.iter().filter(|it| it.counts.load(Relaxed)) {
            self.known.add(it, it.revision.load(Relaxed));
        }
    }
}

impl Known {
    fn add(&mut self, from: &Arc<Witness>, revision: i64) {
        let same = self.by.as_ref().is_some_and(|by| Arc::ptr_eq(by, from));
        match revision > self.revision {
            true if same => self.revision = revision,
            true => {
                self.agreed = self.revision;
                (self.revision, self.by) = (revision, Some(from.clone()));
            }
            false if same => {}
            false => self.agreed = self.agreed.max(revision),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::ETCD_ERR_BAD_REPLY;
    use crate::wire::proto::{PutResponse, ResponseHeader};
    use prost::Message;

    fn reply(cluster_id: u64, revision: i64) -> Vec<u8> {
        let header = Some(ResponseHeader { cluster_id, revision, ..Default::default() });
        PutResponse { header, prev_kv: None }.encode_to_vec()
    }

    /// A store of cluster 7 with so many witnesses.
    fn store<const COUNT: usize>() -> (StoreIdentity, [Arc<Witness>; COUNT]) {
        let (store, witnesses) = (StoreIdentity::default(), [(); COUNT].map(|()| Arc::default()));
        store.set_witnesses(witnesses.to_vec());
        (store, witnesses)
    }

    /// None if the reply passes, otherwise whether the endpoint is quarantined.
    fn refused(
        store: &StoreIdentity,
        from: &Arc<Witness>,
        now: i64,
        known: &Known,
    ) -> Option<bool> {
        let mismatch = store.check(from, &reply(7, now), Some(known)).err()?;
        assert_eq!(mismatch.error.status, ETCD_ERR_REVISION_REGRESSED);
        Some(mismatch.quarantine)
    }

    #[test]
    fn a_cluster_is_one_and_goes_forward() {
        let (store, [one]) = store();
        let check = |reply: &[u8], known: Option<&Known>| store.check(&one, reply, known);
        let before = store.known();
        assert!(
            check(b"\xff", Some(&before)).is_ok(),
            "without a header there is nothing to check"
        );
        assert!(check(&reply(0, 3), None).is_ok());
        assert!(check(&reply(u64::MAX, 5), Some(&before)).is_ok());
        let known = store.known();
        assert_eq!(known.revision, 5);
        // A member that lags behind may answer a serializable read.
        assert!(check(&reply(u64::MAX, 4), None).is_ok());
        assert!(check(&reply(u64::MAX, 5), Some(&known)).is_ok());
        let back = check(&reply(u64::MAX, 4), Some(&known)).unwrap_err();
        assert_eq!((back.error.status, back.quarantine), (ETCD_ERR_REVISION_REGRESSED, true));
        let other = check(&reply(0xabc, 9), Some(&known)).unwrap_err();
        assert_eq!((other.error.status, other.quarantine), (ETCD_ERR_CLUSTER_CHANGED, true));
        let words = other.error.message;
        assert!(words.contains("abc") && words.contains("ffffffffffffffff"));
        assert_eq!(store.known().revision, 5, "another cluster's revisions mean nothing");
    }

    #[test]
    fn a_revision_that_no_store_reaches_is_no_reply() {
        let (store, [one]) = store();
        for revision in [i64::MAX, i64::MAX / 2 + 1, -1] {
            let absurd = store.check(&one, &reply(7, revision), None).unwrap_err();
            assert_eq!((absurd.error.status, absurd.quarantine), (ETCD_ERR_BAD_REPLY, false));
        }
        assert_eq!(store.known().revision, 0);
    }

    #[test]
    fn the_word_of_one_costs_one_reply_of_another() {
        let (store, [liar, one, other]) = store();
        store.check(&one, &reply(7, 10), None).unwrap();
        store.check(&other, &reply(7, 9), None).unwrap();
        store.check(&liar, &reply(7, 1 << 61), None).unwrap();
        let known = store.known();
        assert_eq!((known.revision, known.agreed), (1 << 61, 10));
        assert_eq!(refused(&store, &one, 11, &known), Some(false));
        // Neither those on their way nor those to come.
        assert_eq!(refused(&store, &other, 11, &known), None);
        store.check(&liar, &reply(7, (1 << 61) + 1), None).unwrap();
        assert_eq!(refused(&store, &other, 12, &store.known()), None);
        assert_eq!(store.known().revision, 12);
        // The same list again gives it no other chance.
        store.set_witnesses(vec![liar, one, other]);
        assert_eq!(store.known().revision, 12);
    }

    #[test]
    fn what_two_have_reached_stands() {
        let (store, [one, other, third]) = store();
        store.check(&one, &reply(7, 20), None).unwrap();
        store.check(&other, &reply(7, 15), None).unwrap();
        let known = store.known();
        assert_eq!(refused(&store, &third, 14, &known), Some(true));
        assert_eq!(refused(&store, &other, 14, &known), Some(true));
        assert_eq!(refused(&store, &one, 19, &known), Some(true));
        assert_eq!(refused(&store, &third, 20, &known), None);
        // What came after a request was sent does not count.
        store.check(&other, &reply(7, 30), None).unwrap();
        assert_eq!(refused(&store, &other, 25, &known), None);
        assert_eq!((store.known().revision, store.known().agreed), (30, 20));
    }

    #[test]
    fn words_go_with_who_said_them() {
        let (store, [gone, one]) = store();
        store.check(&gone, &reply(7, 1000), None).unwrap();
        store.check(&one, &reply(7, 10), None).unwrap();
        let known = store.known();
        store.set_witnesses(vec![one.clone()]);
        assert_eq!(store.known().revision, 10);
        assert_eq!(refused(&store, &one, 11, &known), None);
        // A call on its way to it may still be answered.
        store.check(&gone, &reply(7, 2000), None).unwrap();
        assert_eq!(store.known().revision, 11);
        assert_eq!(refused(&store, &one, 10, &store.known()), Some(true));
    }
}
