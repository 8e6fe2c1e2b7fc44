//! The queue alone. They lie here because `tests/driver/` takes the queue into its model.

use super::queue::{Next, Queue};
use std::os::fd::RawFd;
use std::sync::Arc;

fn next<T>(queue: &Queue<T>) -> Next<T> {
    loop {
        match queue.take() {
            Next::Empty => queue.wait(None),
            next => return next,
        }
    }
}

fn readable(fd: RawFd) -> bool {
    let path = format!("/proc/self/fdinfo/{fd}");
    let info = std::fs::read_to_string(path).unwrap();
    let count = info.lines().find_map(|line| line.strip_prefix("eventfd-count:")).unwrap();
    count.trim() != "0"
}

#[test]
fn the_descriptor_is_readable_exactly_while_there_is_something() {
    let queue = Queue::default();
    queue.push(1);
    let fd = queue.fd().unwrap();
    assert!(readable(fd));
    queue.push(2);
    assert_eq!(next(&queue), Next::Item(1));
    assert!(readable(fd));
    assert_eq!(next(&queue), Next::Item(2));
    assert!(!readable(fd));
    queue.wake();
    assert!(readable(fd));
    assert_eq!(next(&queue), Next::Woken);
    assert!(!readable(fd));
    assert_eq!(queue.take(), Next::Empty);
    queue.close();
    assert!(readable(fd));
    assert_eq!(next(&queue), Next::Closed);
}

#[test]
fn readers_on_many_threads_get_each_item_once() {
    let queue = Arc::new(Queue::default());
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            std::thread::spawn(move || {
                let mut got = Vec::new();
                while let Next::Item(item) = next(&queue) {
                    got.push(item);
                }
                got
            })
        })
        .collect();
    for item in 0..1000 {
        queue.push(item);
    }
    while queue.len() > 0 {
        std::thread::yield_now();
    }
    queue.close();
    let mut all: Vec<i32> = readers.into_iter().flat_map(|r| r.join().unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..1000).collect::<Vec<_>>());
}
