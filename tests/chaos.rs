//! Writers, readers and watchers while the leader is killed again and again: nothing lost, done twice or lied about.

mod support;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::sync::Barrier;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};
use support::checker::{check, report};
use support::ffi::Client;
use support::history::{History, Op, Outcome};
use support::proxy::Rng;
use support::recorder::{now, watch_classic, Pulse, Recorder};
use support::server::{newest_or_skip, Cluster};
use support::session::Session;
use support::{scaled, seed};

const WRITERS: usize = 8;
/// A write that a follower has sent to a leader that died is not heard of before its deadline. So that there are new
/// calls when a leader is back, one writer has a shorter one.
const TIMEOUT_MS: [u32; WRITERS] = [300, 5000, 5000, 5000, 5000, 5000, 5000, 5000];
const KILL_EVERY: Duration = Duration::from_secs(8);
const DEAD_FOR: Duration = Duration::from_secs(2);
const SECOND: u64 = 1_000_000;

const COUNTER: [&str; 2] = ["chaos/count/n", "chaos/count/log"];
/// Of the watchers: prefixes, keys, and all of it from revision 1 on.
const WATCHED: [(&str, i64); 8] = [
    ("chaos/", 0),
    ("chaos/put/", 0),
    ("chaos/count/", 0),
    ("chaos/", 0),
    ("chaos/put/1", 0),
    ("chaos/count/n", 0),
    ("chaos/put/", 1),
    ("chaos/", 1),
];

fn keys() -> Vec<String> {
    let puts = (0..12).map(|i| format!("chaos/put/{i}"));
    puts.chain(COUNTER.map(str::to_owned)).collect()
}

/// One more call, of any kind.
fn step(recorder: &mut Recorder<'_>, rng: &mut Rng, counter: &mut i64) {
    let key = format!("chaos/put/{}", rng.below(12));
    match rng.below(10) {
        0..4 => recorder.put(&key),
        4 => recorder.delete(&key),
        5..7 => {
            let op = recorder.swap(COUNTER, *counter);
            // Where it was put now, or was put when this one saw it.
            *counter = match op.outcome {
                Outcome::Done { revision, changed: true, .. } => revision,
                _ => op.saw().map_or(*counter, |kv| kv.revision),
            };
            op
        }
        7..9 => recorder.get(&key, false),
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
    let cluster = Cluster::builder(&version).members(3).start();
    let endpoints = cluster.endpoints();
    let (clients, session) =
        ([(); WRITERS].map(|()| Client::open(&endpoints)), Session::open(&endpoints));
    let mut last = Recorder::new(&clients[0], WRITERS, 30_000);
    let start = last.get(COUNTER[0], false).revision().expect("a healthy cluster") + 1;
    let (stop, until) = (AtomicBool::new(false), AtomicI64::new(i64::MAX));
    let ready = Barrier::new(WRITERS + WATCHED.len() + 1);

    let pulse = Pulse::start();
    let (ops, kills, watchers) = scope(|threads| {
        let writers = clients.iter().enumerate().map(|(number, client)| {
            let (stop, ready) = (&stop, &ready);
            threads.spawn(move || {
                let mut rng = Rng::new(seed.wrapping_add(number as u64));
                let mut recorder = Recorder::new(client, number, TIMEOUT_MS[number]);
                let mut counter = 0;
                ready.wait();
                while !stop.load(SeqCst) {
                    step(&mut recorder, &mut rng, &mut counter);
                    sleep(Duration::from_micros(rng.below(4000)));
                }
                recorder.ops
            })
        });
        let writers: Vec<_> = writers.collect();
        let watchers = WATCHED.map(|(keys, from)| {
            let (session, until, ready) = (&session, &until, &ready);
            threads.spawn(move || {
                ready.wait();
                watch_classic(session, keys, from.max(start * (1 - from)), || until.load(SeqCst))
            })
        });
        let end = AtEnd(|| {
            stop.store(true, SeqCst);
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
        // Every watcher has come so far once it is told of one write more.
        until.store(last.get(COUNTER[0], false).revision().unwrap(), SeqCst);
        for key in keys() {
            assert!(last.put(&key).changed(), "{}", last.ops.last().unwrap());
            last.get(&key, false);
        }
        let limit = Instant::now() + Duration::from_secs(30);
        while Instant::now() < limit && !watchers.iter().all(|it| it.is_finished()) {
            sleep(Duration::from_millis(20));
        }
        drop(end);
        ops.append(&mut last.ops);
        (ops, kills, watchers.map(|it| it.join().unwrap()))
    });

    let revision = ops.iter().filter_map(Op::revision).max().unwrap();
    let truth = watch_classic(&Session::open(&endpoints), "chaos/", 1, || revision);
    let history = History { ops, truth, watchers: watchers.into(), revision, compacted: 0 };
    let violations = check(&history);
    assert!(violations.is_empty(), "seed {seed}:\n{}", report(&violations));

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
