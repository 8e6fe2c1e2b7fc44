//! The driver's protocol under every order in which threads may take their steps, with a
//! flag in the place of tokio: `shuttle` runs the library's own files on its own locks.

mod model;

use model::driver::STREAK;
use model::queue::Next;
use model::{check, check_with_clock, join, long_waits, Ends, Runtime};
use shuttle::thread;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;

// Where the library's files look for them.
use model::{sync, sys};

/// Two readers and a caller; whether the thread had to take over from a reader.
fn together() -> bool {
    Runtime::run(|runtime| {
        let read = |runtime: Runtime| {
            let (ends, mut late) = (Ends::default(), false);
            for flight in [2, 1, 0, 2, 0] {
                (0..flight).for_each(|_| runtime.submit(&ends));
                assert!(runtime.next(&ends, &mut late));
            }
            assert_eq!(ends.queue.take(), Next::Empty);
            late
        };
        let readers = [runtime.clone(), runtime.clone()];
        let readers = readers.map(|runtime| thread::spawn(move || read(runtime)));
        for _ in 0..4 {
            runtime.call();
        }
        readers.into_iter().any(|reader| reader.join().unwrap())
    })
}

#[test]
fn no_call_is_forgotten() {
    check_with_clock(300, || {
        together();
    });
}

#[test]
fn no_wake_up_needs_time_and_no_reader_is_late_for_others() {
    check(1_000, || assert!(!together()));
}

#[test]
fn a_call_that_is_handed_in_while_a_leader_leaves_is_made() {
    check(4_000, || {
        Runtime::run(|runtime| {
            runtime.0.begin();
            let alone = |calls, _| calls == 1;
            let lead = runtime.0.lead_as_reader(None, true, &alone, || ()).unwrap();
            let ours = runtime.clone();
            let caller = thread::spawn(move || assert!(!ours.call()));
            drop(lead);
            // Nobody else comes who would drive.
            join([caller]);
            runtime.0.end();
        });
    });
}

#[test]
fn others_need_not_wait_for_a_reader_that_is_away() {
    check(1_000, || {
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            runtime.submit(&ends);
            runtime.submit(&ends);
            assert!(runtime.next(&ends, &mut late));
            assert!(runtime.next(&ends, &mut late));
            let ours = runtime.clone();
            join([thread::spawn(move || assert!(!ours.call()))]);
            runtime.submit(&ends);
            assert!(runtime.next(&ends, &mut late));
            assert!(!late, "for what others did");
            runtime.submit(&ends);
            // What was left is the end that another reader waits for, which does not drive.
            let ours = runtime.clone();
            let other = move || {
                while ends.queue.take() == Next::Empty {
                    ours.sleep(&ends);
                }
            };
            join([thread::spawn(other)]);
        });
    });
}

#[test]
fn what_a_reader_leaves_is_done_soon() {
    check_with_clock(1_000, || {
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            runtime.submit(&ends);
            runtime.submit(&ends);
            for _ in 0..2 {
                assert!(runtime.next(&ends, &mut late));
                assert_eq!(long_waits(), 0, "the thread looks too seldom");
            }
            runtime.submit(&ends);
            // Without a look at the runtime.
            while ends.queue.take() == Next::Empty {
                ends.queue.wait(None);
            }
        });
    });
}

/// The same of a reader that waits for a stream, for long.
#[test]
fn a_reader_that_leaves_after_a_long_wait_is_missed_soon() {
    check_with_clock(1_000, || {
        Runtime::run(|runtime| {
            let ends = Ends::default();
            let _stream = runtime.open(&ends);
            for _ in 0..3 {
                let server = thread::spawn({
                    let (runtime, ends) = (runtime.clone(), ends.clone());
                    move || {
                        (0..20).for_each(|_| thread::yield_now());
                        runtime.receive(&ends);
                    }
                });
                assert!(runtime.next(&ends, &mut false));
                assert_eq!(long_waits(), 0, "the thread looks too seldom");
                server.join().unwrap();
            }
        });
    });
}

#[test]
fn a_reader_leads_for_its_streams_and_their_events_need_no_time() {
    let kept = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = kept.clone();
    check(1_000, move || {
        let kept = count.clone();
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            let _stream = runtime.open(&ends);
            let (ours, events) = (runtime.clone(), ends.clone());
            let server = thread::spawn(move || (0..5).for_each(|_| ours.receive(&events)));
            for _ in 0..5 {
                assert!(runtime.next(&ends, &mut late));
            }
            server.join().unwrap();
            assert!(!late);
            // It drove last, so its own call needs no other thread.
            kept.fetch_add(runtime.call().into(), Relaxed);
        });
    });
    assert!(kept.load(Relaxed) > 0, "it never led");
}

/// A reader of a stream without events, and somebody that makes calls meanwhile.
fn beside_a_reader(calls: impl FnOnce(&Runtime)) {
    Runtime::run(|runtime| {
        let ends = Ends::default();
        let _stream = runtime.open(&ends);
        let (ours, events) = (runtime.clone(), ends.clone());
        let reader = thread::spawn(move || while ours.next(&events, &mut false) {});
        calls(runtime);
        ends.queue.close();
        reader.join().unwrap();
    });
}

#[test]
fn a_reader_that_waits_for_streams_gives_way_to_callers() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (by_callers, by_readers) = (led.clone(), led.clone());
    // No request may wait for time.
    check(200, move || {
        let led = by_callers.clone();
        beside_a_reader(|runtime| {
            let calls = (0..2 * STREAK).filter(|_| runtime.call()).count();
            led.fetch_add(calls, Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0, "no caller led");
    check(200, move || {
        let led = by_readers.clone();
        beside_a_reader(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            for flight in [2, 1, 1, 1, 0] {
                (0..flight).for_each(|_| runtime.submit(&ends));
                assert!(runtime.next(&ends, &mut late));
            }
            led.fetch_add(usize::from(late), Relaxed);
        });
    });
}

#[test]
fn events_come_whoever_else_makes_calls() {
    check_with_clock(500, || {
        Runtime::run(|runtime| {
            let ends = Ends::default();
            let _stream = runtime.open(&ends);
            let server = thread::spawn({
                let (runtime, ends) = (runtime.clone(), ends.clone());
                move || (0..5).for_each(|_| runtime.receive(&ends))
            });
            let caller = thread::spawn({
                let runtime = runtime.clone();
                move || {
                    for _ in 0..STREAK + 4 {
                        runtime.call();
                    }
                }
            });
            for _ in 0..5 {
                assert!(runtime.next(&ends, &mut false));
            }
            join([server, caller]);
        });
    });
}

#[test]
fn a_lone_caller_of_slow_calls_leads_too() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = led.clone();
    check(50, move || {
        let led = count.clone();
        Runtime::run(|runtime| {
            let slow = Duration::from_millis(3);
            let calls = (0..2 * STREAK).filter(|_| runtime.call_for(slow)).count();
            led.fetch_add(calls, Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0);
}

#[test]
fn a_lone_caller_leads_until_there_is_another() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = led.clone();
    check_with_clock(50, move || {
        let led = count.clone();
        Runtime::run(|runtime| {
            let ours = runtime.clone();
            let caller = thread::spawn(move || {
                let led = (0..2 * STREAK).filter(|_| ours.call()).count();
                ours.call();
                led
            });
            runtime.call();
            led.fetch_add(caller.join().unwrap(), Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0);
}

#[test]
fn readers_of_runtimes_that_have_ended_are_woken() {
    check(500, || {
        let ends = Ends::default();
        let readers = [(); 2].map(|()| {
            Runtime::run(|runtime| {
                runtime.0.begin();
                ends.owed.fetch_add(1, Relaxed);
                let (runtime, ours) = (runtime.clone(), ends.clone());
                let reader = thread::spawn(move || while runtime.next(&ours, &mut false) {});
                thread::yield_now();
                // The end of its call goes to one that only looks.
                ends.owed.fetch_sub(1, Relaxed);
                ends.queue.push(());
                ends.queue.take();
                reader
            })
        });
        ends.queue.close();
        join(readers);
    });
}

#[test]
fn who_opens_a_client_leads_at_once_and_what_it_leaves_is_done_soon() {
    check(1_000, || {
        Runtime::run_for(true, |runtime| {
            runtime.open_client(&Ends::default());
            assert!(runtime.call() && runtime.call());
            let other = runtime.clone();
            join([thread::spawn(move || assert!(!other.call()))]);
            drop(runtime.0.lead_unattended());
        });
    });
    check_with_clock(1_000, || {
        Runtime::run_for(true, |runtime| {
            let ends = Ends::default();
            for _ in 0..2 {
                runtime.open_client(&ends);
                while ends.queue.take() == Next::Empty {
                    ends.queue.wait(None);
                }
                runtime.call();
            }
        });
    });
}
