//! Random calls do the same on every backend.

use super::support::seed;
use super::*;

/// What one call did, to be compared with the same call on another backend.
#[derive(Debug, PartialEq)]
enum Did {
    Result(etcd_result),
    Text(Option<String>),
    Change(Result<Change, etcd_result>),
    Lock(Result<(), etcd_result>),
}

/// A caller that makes random calls; another one with the same seed makes the same.
struct Caller {
    session: Session,
    random: fastrand::Rng,
    /// Key and index of each change so far.
    history: Vec<(String, i32)>,
    locks: VecDeque<(String, String)>,
}

impl Caller {
    fn new(endpoints: &str, seed: u64) -> Caller {
        let random = fastrand::Rng::with_seed(seed);
        let session = Session::open(endpoints);
        Caller { session, random, history: Vec::new(), locks: VecDeque::new() }
    }

    fn pick(&mut self, from: &[&str]) -> String {
        self.random.choice(from).unwrap().to_string()
    }

    fn key(&mut self) -> String {
        self.pick(&["a", "a/b", "a/b/c", "a/c", "a-b", "a b", "/a", "/a/b", "d//e", "d/", "é&?%/x"])
    }

    /// Notes a change that this call has made.
    fn changed(&mut self, key: String, result: etcd_result) -> Did {
        if result == ETCD_OK {
            let index = revision(&self.session);
            self.history.push((key, index));
        }
        Did::Result(result)
    }

    fn call(&mut self) -> Did {
        match self.random.u32(0..100) {
            0..20 => {
                let key = self.key();
                Did::Text(self.session.get(&key))
            }
            20..30 => {
                let dir = self.pick(&["", "/", "a", "a/", "d", "d/", "é&?%", "none"]);
                Did::Text(self.session.get(&dir))
            }
            30..60 => {
                let (key, value) = (self.key(), self.pick(&["", "x", "y", "z z&z=z"]));
                let precond = self.pick(&["", "x", "y", "-", "-", "-"]);
                let precond = Some(&*precond).filter(|value| *value != "-");
                let ttl = *self.random.choice(&[0, 0, 0, 1000]).unwrap();
                let result = self.session.set(&key, &value, precond, ttl);
                self.changed(key, result)
            }
            60..72 => {
                let key = self.key();
                let result = self.session.delete(&key);
                self.changed(key, result)
            }
            72..86 => {
                // From an index on of which the history has something for it.
                let Some(at) = self.random.choice(0..self.history.len()) else {
                    return Did::Text(None);
                };
                let (key, index) = self.history[at].clone();
                let prefix = match self.random.bool() {
                    true => key,
                    false => key.split_once('/').map_or(key.clone(), |(dir, _)| dir.to_owned()),
                };
                let back = self.random.i32(0..5).min(index - 1);
                let change = self.session.watch(&prefix, Some(index - back));
                // The last part of a lock's key is a lease, another one everywhere.
                Did::Change(change.map(|(index, key, value)| match key.strip_prefix("lock/") {
                    Some(_) => (index, key.rsplit_once('/').unwrap().0.to_owned(), value),
                    None => (index, key, value),
                }))
            }
            86..90 => Did::Result(self.session.set("", "v", None, 0)),
            90..94 => {
                let name = format!("lock/{}", self.random.u32(..));
                let index = self.session.lock(&name, 1000);
                let done = index.map(|index| self.locks.push_back((name, index)));
                Did::Lock(done)
            }
            94..97 => match self.locks.front() {
                Some((name, index)) => Did::Result(self.session.renew(name, 1000, index)),
                None => Did::Result(self.session.renew("lock/none", 5, "123abc.45")),
            },
            _ => match self.locks.pop_front() {
                Some((name, index)) => Did::Result(self.session.unlock(&name, &index)),
                None => Did::Result(self.session.unlock("lock/none", "123abc.45")),
            },
        }
    }
}

#[test]
fn random_calls_do_the_same_everywhere() {
    let seed = seed("random_calls_do_the_same_everywhere");
    scope(|threads| {
        for version in versions_or_skip("random_calls_do_the_same_everywhere") {
            threads.spawn(move || {
                // Nobody else's writes: the revisions are compared too.
                let cluster = Cluster::builder(&version).start();
                let mut real = Caller::new(&cluster.endpoints(), seed);
                let mut embedded = Caller::new(&format!("mem:{}", version.name), seed);
                for i in 0..scaled(10_000) {
                    let (expected, got) = (real.call(), embedded.call());
                    assert_eq!(got, expected, "call {i} on {}, seed {seed}", version.name);
                    let (expected, got) = (revision(&real.session), revision(&embedded.session));
                    assert_eq!(got, expected, "after call {i} on {}, seed {seed}", version.name);
                }
            });
        }
    });
}
