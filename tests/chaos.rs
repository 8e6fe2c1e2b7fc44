//! Writers, readers and watchers while the leader is killed again and again: nothing lost, done twice or lied about.

mod support;

use etcd::capi::options::*;
use etcd::capi::watch::*;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Barrier;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};
use support::checker::{check, report};
use support::ffi::{Client, DEFAULT};
use support::history::*;
use support::leases::grant;
use support::proxy::Rng;
use support::recorder::{now, Pulse, Recorder};
use support::server::{newest_or_skip, Cluster};
use support::session::Session;
use support::watchers::{watch, watch_classic, Goal, Plan, ALL};
use support::{scaled, seed};

const WRITERS: usize = 8;
/// A write that a follower has sent to a leader that died is not heard of before its deadline. So that there are new
/// calls when a leader is back, one writer has a shorter one.
const TIMEOUT_MS: [u32; WRITERS] = [300, 5000, 5000, 5000, 5000, 5000, 5000, 5000];
const KILL_EVERY: Duration = Duration::from_secs(8);
const DEAD_FOR: Duration = Duration::from_secs(2);
const SECOND: u64 = 1_000_000;

const EVERYTHING: Plan = Plan { key: "chaos/", ..ALL };
const WATCHES: [Plan; 10] = [
    Plan { name: "everything from now on", from_now: true, ..EVERYTHING },
    Plan { name: "one key", key: "chaos/put/1", flags: ETCD_PREV_KV, ..ALL },
    Plan {
        name: "a range",
        key: "chaos/put/2",
        range_end: "chaos/txn/3",
        flags: ETCD_WATCH_MERGE | ETCD_PREV_KV,
        ..ALL
    },
    Plan { name: "queued", flags: ETCD_PREFIX | ETCD_PREV_KV, queued: true, ..EVERYTHING },
    Plan {
        name: "deletes",
        flags: ETCD_PREFIX | ETCD_PREV_KV | ETCD_WATCH_NO_PUT,
        asks: true,
        ..EVERYTHING
    },
    Plan { name: "puts", flags: ETCD_PREFIX | ETCD_WATCH_NO_DELETE, ..EVERYTHING },
    // The servers give notice of these by themselves, as they change so seldom.
    Plan {
        name: "progress",
        key: "chaos/rare/",
        flags: ETCD_PREFIX | ETCD_PREV_KV | ETCD_WATCH_PROGRESS_NOTIFY,
        asks: true,
        ..ALL
    },
    Plan { name: "opened again", reopens: true, asks: true, ..EVERYTHING },
    Plan { name: "queued and opened again", queued: true, reopens: true, ..EVERYTHING },
    Plan {
        name: "slow",
        flags: ETCD_PREFIX | ETCD_WATCH_MERGE,
        max_bytes: 16_384,
        pauses: true,
        ..EVERYTHING
    },
];
/// By the classic calls: prefix and start.
const CLASSIC: [(&str, i64); 2] = [("chaos/put/", 0), ("chaos/", 1)];

const COUNTER: [&str; 2] = ["chaos/count/n", "chaos/count/log"];
const TOGETHER: [&str; 5] =
    ["chaos/txn/0", "chaos/txn/1", "chaos/txn/2", "chaos/txn/3", "chaos/txn/4"];
const RARE: &str = "chaos/rare/a";

fn put_keys() -> impl Iterator<Item = String> {
    (0..12).map(|i| format!("chaos/put/{i}"))
}

fn all_keys() -> Vec<String> {
    put_keys()
        .chain([&COUNTER[..], &TOGETHER, &[RARE]].concat().into_iter().map(Into::into))
        .collect()
}

/// As a key was when it was last looked at; or, for a condition that does not hold, as it was not.
fn seen(kv: Option<&Kv>, rng: &mut Rng) -> Seen {
    match (kv, rng.below(4)) {
        (_, 0) => Seen::Revision(0),
        (Some(kv), 1 | 2) => Seen::Value(kv.value.clone()),
        (kv, _) => Seen::Revision(kv.map_or(0, |kv| kv.revision)),
    }
}

/// One more call, of any kind; with one of the leases, or with none.
fn step(recorder: &mut Recorder<'_>, rng: &mut Rng, counter: &mut i64, leases: &[i64]) {
    let key = match rng.below(400) {
        0 => RARE.to_owned(),
        any => format!("chaos/put/{}", any % 12),
    };
    recorder.lease = leases[rng.below(leases.len() as u64) as usize];
    match rng.below(20) {
        0..6 => recorder.put(&key),
        6..8 => recorder.delete(&key),
        8..10 => {
            let op = recorder.transact(&COUNTER, &[], Some(Seen::Revision(*counter)));
            // Where it was put now, or was put when this one saw it.
            *counter = match op.outcome {
                Outcome::Done { revision, changed: true, .. } => revision,
                _ => op.saw().map_or(*counter, |kv| kv.revision),
            };
            op
        }
        10..13 => {
            // Some of them put, some deleted, some left alone.
            let (mut puts, mut deletes) = (vec![TOGETHER[rng.below(5) as usize]], Vec::new());
            for key in TOGETHER.into_iter().filter(|key| *key != puts[0]).collect::<Vec<_>>() {
                match rng.below(3) {
                    0 => puts.push(key),
                    1 => deletes.push(key),
                    _ => {}
                }
            }
            recorder.transact(&puts, &deletes, None)
        }
        13..15 => {
            let seen = seen(recorder.get(&key, true).saw(), rng);
            recorder.put_if(&key, &seen)
        }
        15..17 => {
            // That what is not there can be deleted is no news.
            let seen = match seen(recorder.get(&key, true).saw(), rng) {
                Seen::Revision(0) => Seen::Value("never put".into()),
                seen => seen,
            };
            recorder.delete_if(&key, &seen)
        }
        17..19 => recorder.get(&key, false),
        _ => recorder.get(&key, true),
    };
}

/// Ends all threads, also when the test fails while they run.
struct AtEnd<F: Fn()>(F);

impl<F: Fn()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// Kills the leader: when it was dead, and when another one led.
fn kill(cluster: &Cluster) -> (u64, u64) {
    let leader = cluster.leader();
    cluster.kill(leader);
    let dead = (now(), Instant::now());
    let next = cluster.leader();
    let led = now();
    assert_ne!(leader, next);
    sleep(DEAD_FOR.saturating_sub(dead.1.elapsed()));
    cluster.launch(leader);
    (0..3).for_each(|member| cluster.wait_healthy(member));
    (dead.0, led)
}

#[test]
fn the_leader_is_killed_again_and_again() {
    let test = "the_leader_is_killed_again_and_again";
    let Some(version) = newest_or_skip(test) else { return };
    let seed = seed(test);
    let notices = "--watch-progress-notify-interval=100ms";
    let cluster = Cluster::builder(&version).members(3).args([notices]).start();
    let endpoints = cluster.endpoints();
    let (clients, session) =
        ([(); WRITERS].map(|()| Client::open(&endpoints)), Session::open(&endpoints));
    let watching = Client::open(&endpoints);
    let leases = [0, 0, grant(&clients[0], 36_000), grant(&clients[0], 36_000)];
    let mut last = Recorder::new(&clients[0], WRITERS, 30_000);
    let start = last.get(COUNTER[0], false).revision().expect("a healthy cluster") + 1;
    let (stop, goal) = (AtomicBool::new(false), Goal::unknown());
    let ready = Barrier::new(WRITERS + WATCHES.len() + CLASSIC.len() + 1);

    let pulse = Pulse::start();
    let (ops, kills, mut watchers) = scope(|threads| {
        let writers = clients.iter().enumerate().map(|(number, client)| {
            let (stop, ready, leases) = (&stop, &ready, &leases);
            threads.spawn(move || {
                let mut rng = Rng::new(seed.wrapping_add(number as u64));
                let mut recorder = Recorder::new(client, number, TIMEOUT_MS[number]);
                let mut counter = 0;
                ready.wait();
                while !stop.load(SeqCst) {
                    step(&mut recorder, &mut rng, &mut counter, leases);
                    sleep(Duration::from_micros(rng.below(4000)));
                }
                recorder.ops
            })
        });
        let writers: Vec<_> = writers.collect();
        let (session, watching, goal, ready) = (&session, &watching, &goal, &ready);
        let v3 = WATCHES.iter().zip(1..).map(|(plan, number)| {
            threads.spawn(move || {
                ready.wait();
                watch(watching, plan, start, goal, seed.wrapping_sub(number))
            })
        });
        let classic = CLASSIC.map(|(keys, from)| {
            threads.spawn(move || {
                ready.wait();
                watch_classic(session, keys, from.max(start * (1 - from)), goal)
            })
        });
        let watchers: Vec<_> = v3.chain(classic).collect();
        let end = AtEnd(|| {
            stop.store(true, SeqCst);
            goal.set(0);
            session.close();
        });
        ready.wait();
        let (began, length) = (Instant::now(), Duration::from_secs(scaled(300) as u64));
        let mut kills = Vec::new();
        loop {
            let next = KILL_EVERY * (kills.len() as u32 + 1);
            if next >= length {
                break;
            }
            sleep(next.saturating_sub(began.elapsed()));
            kills.push(kill(&cluster));
        }
        sleep(length.saturating_sub(began.elapsed()));
        stop.store(true, SeqCst);
        let mut ops: Vec<Op> = writers.into_iter().flat_map(|it| it.join().unwrap()).collect();
        pulse.in_time(&ops, |op| TIMEOUT_MS[op.client]);
        goal.set(last.get(COUNTER[0], false).revision().unwrap());
        // Every watcher has come so far once it is told of one write more, of whatever kind it is for.
        for key in all_keys() {
            assert!(last.put(&key).changed(), "{}", last.ops.last().unwrap());
            assert!(last.delete(&key).changed(), "{}", last.ops.last().unwrap());
            last.get(&key, false);
        }
        let limit = Instant::now() + Duration::from_secs(90);
        while Instant::now() < limit && !watchers.iter().all(|it| it.is_finished()) {
            sleep(Duration::from_millis(20));
        }
        session.close();
        let watchers: Vec<Watcher> = watchers.into_iter().map(|it| it.join().unwrap()).collect();
        drop(end);
        ops.append(&mut last.ops);
        (ops, kills, watchers)
    });

    let revision = ops.iter().filter_map(Op::revision).max().unwrap();
    let merged = EVERYTHING.flags | ETCD_WATCH_MERGE | ETCD_PREV_KV;
    let truth = Plan { name: "truth", flags: merged, asks: true, ..EVERYTHING };
    let truth = watch(&watching, &truth, 1, &Goal::at(revision), seed);
    // What is left when a half of it is compacted away.
    let middle = truth.events().nth(truth.events().count() / 2).unwrap().kv.revision;
    // On one member, as others may hear of it later.
    let member = Client::open(&cluster.endpoint(0));
    member.compact(middle, DEFAULT).unwrap();
    for (name, start) in [("too late", middle - 1), ("just in time", middle)] {
        let plan = Plan { name, flags: merged, ..EVERYTHING };
        let watcher = watch(&member, &plan, start, &Goal::at(revision), seed);
        watchers.push(Watcher { compacted: middle, ..watcher });
    }
    let compacted = watchers.iter().filter(|it| it.told.contains(&Told::Compacted(middle)));
    assert_eq!(compacted.map(|it| it.name.as_str()).collect::<Vec<_>>(), ["too late"]);

    let history = History { ops, truth, watchers, revision };
    let violations = check(&history);
    assert!(violations.is_empty(), "seed {seed}:\n{}", report(&violations));
    for watcher in &history.watchers {
        let of = |fits: &dyn Fn(&Told) -> bool| watcher.told.iter().filter(|it| fits(it)).count();
        eprintln!(
            "{test}: {}: {} events in {} deliveries, {} progress",
            watcher.name,
            watcher.events().count(),
            of(&|it| matches!(it, Told::Events(_))),
            of(&|it| matches!(it, Told::Progress(_)))
        );
    }

    let writes: Vec<&Op> = history.ops.iter().filter(|op| !op.writes.is_empty()).collect();
    let count = |fits: &dyn Fn(&Op) -> bool| writes.iter().filter(|op| fits(op)).count();
    let (acknowledged, maybe) =
        (count(&|op| op.changed()), count(&|op| op.outcome == Outcome::Maybe));
    let refused = count(&|op| op.outcome == Outcome::NotApplied);
    let told: usize = history.watchers.iter().map(|watcher| watcher.events().count()).sum();
    eprintln!(
        "{test}: {} calls, {} writes: {acknowledged} done, {maybe} in doubt, {refused} refused; {told} events",
        history.ops.len(),
        writes.len()
    );
    let over = |op: &Op| (op.returned - op.called) as i64 / 1000 - i64::from(TIMEOUT_MS[op.client]);
    let latest = history.ops.iter().filter(|op| op.client < WRITERS).map(over).max().unwrap();
    eprintln!("{test}: the latest call returned {latest} ms after its deadline");
    for (dead, led) in &kills {
        let called_since = |op: &&&Op| op.called > *dead && op.changed();
        let first = writes.iter().filter(called_since).map(|op| op.returned).min().unwrap();
        eprintln!(
            "{test}: kill: a leader after {} ms, a write after {} ms",
            (led - dead) / 1000,
            (first - dead) / 1000
        );
        assert!(first <= led + SECOND, "later than a second after a leader was back");
    }
    assert!(maybe * 50 < writes.len(), "{maybe} of {} in doubt", writes.len());
    assert!(told > acknowledged, "too little happened");
}
