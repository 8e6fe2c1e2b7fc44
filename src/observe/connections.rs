//! Which endpoints are up, and who wants to be told of changes.

use crate::error::Error;
use crate::sync::mailbox::Mailbox;
use std::sync::{Arc, Mutex, MutexGuard};

/// Locks are taken in this order: this one, an endpoint's. Mailboxes are filled with
/// neither, since that may ring a bell.
#[derive(Default)]
pub struct Connections(Mutex<All>);

#[derive(Default)]
struct All {
    endpoints: Vec<Arc<Endpoint>>,
    readers: Vec<Reader>,
    /// Nothing changes any more.
    end: Option<Error>,
}

/// What is known of an endpoint, for as long as the client has it.
pub struct Endpoint {
    name: String,
    seen: Mutex<Seen>,
}

impl Endpoint {
    pub fn is_gone(&self) -> bool {
        self.seen.lock().unwrap().state == State::Gone
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
    /// And why.
    Down(String),
    /// It is none of the client's endpoints any more.
    Gone,
}

struct Reader {
    mailbox: Arc<Mailbox<Notice>>,
    /// One for each endpoint.
    notices: Vec<Notice>,
}

/// The word that an endpoint has changed. A reader has one of each endpoint at
/// most, which says what is when it is read: a slow one misses what is over.
#[derive(Clone)]
pub struct Notice {
    endpoint: Arc<Endpoint>,
    /// Not read yet; looked at while the endpoint is locked.
    waits: Arc<Mutex<bool>>,
}

impl Notice {
    /// The endpoint and how it is now.
    pub fn read(&self) -> (&str, Seen) {
        let seen = self.endpoint.seen.lock().unwrap();
        *self.waits.lock().unwrap() = false;
        (&self.endpoint.name, seen.clone())
    }
}

type Letter = (Arc<Mailbox<Notice>>, Notice);

impl Reader {
    /// What the reader has to be given, if the last was read.
    fn letter(&mut self, endpoint: &Arc<Endpoint>) -> Option<Letter> {
        let known = self.notices.iter().position(|it| Arc::ptr_eq(&it.endpoint, endpoint));
        let at = known.unwrap_or_else(|| {
            let (endpoint, waits) = (endpoint.clone(), Arc::default());
            self.notices.push(Notice { endpoint, waits });
            self.notices.len() - 1
        });
        let notice = &self.notices[at];
        let waited = std::mem::replace(&mut *notice.waits.lock().unwrap(), true);
        (!waited).then(|| (self.mailbox.clone(), notice.clone()))
    }
}

fn send(letters: Vec<Letter>) {
    letters.into_iter().for_each(|(mailbox, notice)| drop(mailbox.push([(notice, 0)])));
}

/// A reader's end; closed when it is dropped.
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
        let mut all = self.0.lock().unwrap();
        all.endpoints.push(endpoint.clone());
        tell(all, &endpoint);
        endpoint
    }

    /// What it has become; of no account once it was removed.
    pub fn change(&self, endpoint: &Arc<Endpoint>, state: State) {
        let all = self.0.lock().unwrap();
        if all.end.is_some() || !all.endpoints.iter().any(|it| Arc::ptr_eq(it, endpoint)) {
            return;
        }
        let mut seen = endpoint.seen.lock().unwrap();
        seen.opened += u64::from(state == State::Up);
        seen.state = state;
        drop(seen);
        tell(all, endpoint);
    }

    /// It leaves: readers are told that, and then nothing more.
    pub fn remove(&self, endpoint: &Arc<Endpoint>) {
        self.change(endpoint, State::Gone);
        let mut all = self.0.lock().unwrap();
        all.endpoints.retain(|it| !Arc::ptr_eq(it, endpoint));
        for reader in &mut all.readers {
            reader.notices.retain(|it| !Arc::ptr_eq(&it.endpoint, endpoint));
        }
    }

    /// Begins with how all endpoints are now.
    pub fn open(&self) -> Changes {
        let mut all = self.0.lock().unwrap();
        all.readers.retain(|reader| !reader.mailbox.is_closed());
        let mailbox = Arc::new(Mailbox::new(1, Arc::new(|| ())));
        let mut reader = Reader { mailbox: mailbox.clone(), notices: Vec::new() };
        let letters = all.endpoints.iter().filter_map(|endpoint| reader.letter(endpoint));
        // Nobody has it yet, so there is no bell.
        send(letters.collect());
        match &all.end {
            Some(error) => mailbox.end(error.clone()),
            None => all.readers.push(reader),
        }
        Changes(mailbox)
    }

    pub fn end(&self, error: Error) {
        let mut all = self.0.lock().unwrap();
        let readers = std::mem::take(&mut all.readers);
        all.end.get_or_insert_with(|| error.clone());
        drop(all);
        readers.iter().for_each(|reader| reader.mailbox.end(error.clone()));
    }

    /// Each endpoint and whether it is up.
    pub fn all(&self) -> Vec<(String, bool)> {
        let all = self.0.lock().unwrap();
        let up = |it: &Arc<Endpoint>| it.seen.lock().unwrap().state == State::Up;
        all.endpoints.iter().map(|it| (it.name.clone(), up(it))).collect()
    }
}

/// Tells all readers of a change.
fn tell(mut all: MutexGuard<'_, All>, endpoint: &Arc<Endpoint>) {
    let seen = endpoint.seen.lock().unwrap();
    let letters = all.readers.iter_mut().filter_map(|reader| reader.letter(endpoint)).collect();
    drop(seen);
    drop(all);
    send(letters);
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
                Some((name.to_owned(), seen.state, seen.opened))
            }
            _ => None,
        }
    }

    fn down(why: &str) -> State {
        State::Down(why.to_owned())
    }

    #[test]
    fn a_slow_reader_gets_the_newest_of_each_endpoint() {
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
        // What the old one still does is nobody's business.
        connections.change(&old, State::Up);
        connections.remove(&old);
        assert_eq!(next(&changes), Some(("a".into(), State::Gone, 1)));
        assert_eq!(next(&changes), Some(("a".into(), down("not yet"), 0)));
        assert_eq!(next(&changes), None);
        assert_eq!(connections.all(), [("a".to_owned(), false)]);
        connections.change(&new, State::Up);
        assert_eq!(next(&changes), Some(("a".into(), State::Up, 1)));
        let all = connections.0.lock().unwrap();
        assert_eq!((all.endpoints.len(), all.readers[0].notices.len()), (1, 1));
    }

    #[test]
    fn readers_that_are_gone_leave_nothing() {
        let connections = Connections::default();
        connections.add("a", State::Up);
        // Nothing changes: nobody else comes by.
        (0..100).for_each(|_| drop(connections.open()));
        assert_eq!(connections.0.lock().unwrap().readers.len(), 1);
    }
}
