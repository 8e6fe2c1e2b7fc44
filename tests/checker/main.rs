//! The checker of histories itself: it takes right ones for right, and finds what is wrong with doctored ones.

mod doctor_ops;
mod doctor_watchers;
mod invent;
#[path = "../support/mod.rs"]
mod support;

use invent::history;
use support::checker::{check, report, Kind};
use support::history::{History, Kv};
use support::proxy::Rng;
use support::{scaled, seed};

/// Makes one thing wrong, if the history has a place for it.
type Doctor = fn(&mut History, &mut Rng) -> Option<()>;
type Doctored = &'static [(&'static str, Kind, Doctor)];

#[test]
fn right_histories_are_taken_for_right() {
    let seed = seed("right_histories_are_taken_for_right");
    for i in 0..200 {
        let violations = check(&history(seed.wrapping_add(i)));
        assert!(violations.is_empty(), "seed {seed} + {i}:\n{}", report(&violations));
    }
}

#[test]
fn doctored_histories_are_found_out() {
    let seed = seed("doctored_histories_are_found_out");
    let seeds = scaled(300);
    let all: Vec<_> = doctor_ops::ALL.iter().chain(doctor_watchers::ALL).collect();
    let mut counts = vec![0; all.len()];
    for i in 0..seeds as u64 {
        let right = history(seed.wrapping_add(i));
        for ((name, kind, doctor), count) in all.iter().zip(&mut counts) {
            let (mut history, mut rng) = (right.clone(), Rng::new(seed.wrapping_add(i)));
            if doctor(&mut history, &mut rng).is_none() {
                continue; // this history has no place for it
            }
            *count += 1;
            let violations = check(&history);
            let caught = violations.iter().any(|violation| violation.kind == *kind);
            assert!(caught, "{name}, seed {seed} + {i}:\n{}", report(&violations));
        }
    }
    for ((name, ..), count) in all.iter().zip(counts) {
        assert!(count * 2 > seeds, "{name}: only {count} of {seeds} histories");
    }
}

fn pick<T>(candidates: impl IntoIterator<Item = T>, rng: &mut Rng) -> Option<T> {
    let mut candidates: Vec<T> = candidates.into_iter().collect();
    (!candidates.is_empty())
        .then(|| candidates.swap_remove(rng.below(candidates.len() as u64) as usize))
}

/// The states of a key through a revision, and those after it.
fn states(history: &History, key: &str, revision: i64) -> (Vec<Kv>, Vec<Kv>) {
    let puts = history.truth.events().filter(|event| event.kv.key == key && !event.deleted);
    puts.map(|event| event.kv.clone()).partition(|kv| kv.revision <= revision)
}
