//! The state of each endpoint, and the observers of their changes.

#![forbid(unsafe_code)]

use crate::error::Error;
use crate::sync::mailbox::Mailbox;
use crate::sync::IgnorePoison;
use std::sync::{Arc, Mutex, MutexGuard};

/// Lock order: this one, then an endpoint's or a mailbox's.
#[derive(Default)]
pub struct Connections(Mutex<All>);

#[derive(Default)]
struct All {
    endpoints: Vec<Arc<Endpoint>>,
    observers: Vec<Arc<Mailbox<Notice>>>,
    /// After this nothing changes any more.
    end: Option<Error>,
}

/// An endpoint, for as long as it is in the client's list.
pub struct Endpoint {
    name: String,
    seen: Mutex<Seen>,
}

impl Endpoint {
    pub fn is_gone(&self) -> bool {
        self.seen.lock().ignore_poison().state == State::Gone
    }

    fn notice(self: &Arc<Self>) -> Notice {
        Notice { endpoint: self.clone(), seen: self.seen.lock().ignore_poison().clone() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub state: State,
    /// How often it has come up.
    pub opened: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Up,
    /// With the reason.
    Down(String),
    /// It has left the client's list.
    Gone,
}

/// An endpoint and its state. At most one waits for each observer and endpoint: a
/// newer one replaces it, so that a slow observer misses what is over.
#[derive(Clone)]
pub struct Notice {
    endpoint: Arc<Endpoint>,
    seen: Seen,
}

impl Notice {
    pub fn read(&self) -> (&str, &Seen) {
        (&self.endpoint.name, &self.seen)
    }
}

/// An observer's end; closed when it is dropped.
pub struct Changes(Arc<Mailbox<Notice>>);

impl Changes {
    pub fn mailbox(&self) -> &Mailbox<Notice> {
        &self.0
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Connections {
    /// A new endpoint.
    pub fn add(&self, name: &str, state: State) -> Arc<Endpoint> {
        let opened = u64::from(state == State::Up);
        let seen = Mutex::new(Seen { state, opened });
        let endpoint = Arc::new(Endpoint { name: name.to_owned(), seen });
        let mut all = self.0.lock().ignore_poison();
        all.endpoints.push(endpoint.clone());
        publish(all, &endpoint);
        endpoint
    }

    /// Sets an endpoint's state; without effect after it was removed.
    pub fn change(&self, endpoint: &Arc<Endpoint>, state: State) {
        let all = self.0.lock().ignore_poison();
        if all.end.is_some() || !all.endpoints.iter().any(|it| Arc::ptr_eq(it, endpoint)) {
            return;
        }
        let mut seen = endpoint.seen.lock().ignore_poison();
        seen.opened += u64::from(state == State::Up);
        seen.state = state;
        drop(seen);
        publish(all, endpoint);
    }

    /// The endpoint leaves: observers get one last notice of it.
    pub fn remove(&self, endpoint: &Arc<Endpoint>) {
        self.change(endpoint, State::Gone);
        self.0.lock().ignore_poison().endpoints.retain(|it| !Arc::ptr_eq(it, endpoint));
    }

    /// A new observer. It gets the state of all endpoints first, then each change.
    pub fn open(&self) -> Changes {
        let mut all = self.0.lock().ignore_poison();
        all.observers.retain(|observer| !observer.is_closed());
        let mailbox = Arc::new(Mailbox::new(1, Arc::new(|| ())));
        mailbox.push(all.endpoints.iter().map(|endpoint| (endpoint.notice(), 0)));
        match &all.end {
            Some(error) => mailbox.end(error.clone()),
            None => all.observers.push(mailbox.clone()),
        }
        Changes(mailbox)
    }

    pub fn end(&self, error: Error) {
        let mut all = self.0.lock().ignore_poison();
        let observers = std::mem::take(&mut all.observers);
        all.end.get_or_insert_with(|| error.clone());
        drop(all);
        observers.iter().for_each(|observer| observer.end(error.clone()));
    }

    /// Each endpoint and whether it is up.
    pub fn all(&self) -> Vec<(String, bool)> {
        let all = self.0.lock().ignore_poison();
        let up = |it: &Arc<Endpoint>| it.seen.lock().ignore_poison().state == State::Up;
        all.endpoints.iter().map(|it| (it.name.clone(), up(it))).collect()
    }
}

/// Sends an endpoint's state to all observers: in the order of the changes, so with
/// the lock held, which the notifiers must not be.
fn publish(all: MutexGuard<'_, All>, endpoint: &Arc<Endpoint>) {
    let notice = endpoint.notice();
    let same = |waiting: &Notice| Arc::ptr_eq(&waiting.endpoint, endpoint);
    let replace = |it: &Arc<Mailbox<Notice>>| it.replace(notice.clone(), same);
    let notifiers: Vec<_> = all.observers.iter().filter_map(replace).collect();
    drop(all);
    notifiers.iter().for_each(|notify| notify());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::mailbox::Taken;
    use std::time::Duration;

    fn next(changes: &Changes) -> Option<(String, State, u64)> {
        match changes.mailbox().next(Some(Duration::ZERO)) {
            Taken::Item(notice) => {
                let (name, seen) = notice.read();
                Some((name.to_owned(), seen.state.clone(), seen.opened))
            }
            _ => None,
        }
    }

    fn down(why: &str) -> State {
        State::Down(why.to_owned())
    }

    #[test]
    fn a_slow_observer_gets_the_newest_of_each_endpoint() {
        let connections = Connections::default();
        let a = connections.add("a", down("not yet"));
        connections.add("b", State::Up);
        let changes = connections.open();
        for _ in 0..1000 {
            connections.change(&a, State::Up);
            connections.change(&a, down("cut"));
        }
        connections.add("c", State::Up);
        assert_eq!(next(&changes), Some(("a".into(), down("cut"), 1000)));
        connections.change(&a, State::Up);
        assert_eq!(next(&changes), Some(("b".into(), State::Up, 1)));
        assert_eq!(next(&changes), Some(("c".into(), State::Up, 1)));
        assert_eq!(next(&changes), Some(("a".into(), State::Up, 1001)));
        assert_eq!(next(&changes), None);
        connections.end(Error::invalid("over"));
        connections.change(&a, down("late"));
        assert!(matches!(changes.mailbox().next(None), Taken::End(_)));
        let late = connections.open();
        assert_eq!(next(&late), Some(("a".into(), State::Up, 1001)));
    }

    #[test]
    fn an_endpoint_that_leaves_is_told_of_once_and_may_come_back_as_another() {
        let connections = Connections::default();
        let old = connections.add("a", State::Up);
        let changes = connections.open();
        assert_eq!(next(&changes), Some(("a".into(), State::Up, 1)));
        connections.remove(&old);
        let new = connections.add("a", down("not yet"));
        // Late changes of the old one have no effect.
        connections.change(&old, State::Up);
        connections.remove(&old);
        assert_eq!(next(&changes), Some(("a".into(), State::Gone, 1)));
        assert_eq!(next(&changes), Some(("a".into(), down("not yet"), 0)));
        assert_eq!(next(&changes), None);
        assert_eq!(connections.all(), [("a".to_owned(), false)]);
        connections.change(&new, State::Up);
        assert_eq!(next(&changes), Some(("a".into(), State::Up, 1)));
        assert_eq!(connections.0.lock().unwrap().endpoints.len(), 1);
    }

    #[test]
    fn observers_that_are_gone_leave_nothing() {
        let connections = Connections::default();
        connections.add("a", State::Up);
        // Nothing changes, so only open() can forget them.
        (0..100).for_each(|_| drop(connections.open()));
        assert_eq!(connections.0.lock().unwrap().observers.len(), 1);
    }
}
