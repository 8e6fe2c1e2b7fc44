//! Work that may block, on a thread of its own: the runtime's must never wait for a
//! file server or a name server.
//!
//! The thread is detached, so that closing a client never waits for it. There is one at
//! most for each key: whoever asks meanwhile shares its result.

#![forbid(unsafe_code)]

use crate::error::panics::caught;
use crate::sync::IgnorePoison;
use crate::sys;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// The system's resolver has plugins with large frames.
const STACK: usize = 512 * 1024;

/// Those who wait for each piece of work.
/// Not a hash table: valgrind would take its memory for lost.
type Waiting<K, T> = BTreeMap<K, Vec<oneshot::Sender<T>>>;

#[derive(Clone)]
pub struct OffThread<K, T>(Arc<Mutex<Waiting<K, T>>>);

impl<K, T> Default for OffThread<K, T> {
    fn default() -> Self {
        OffThread(Arc::default())
    }
}

impl<K: Ord + Clone + Send + 'static, T: Clone + Send + 'static> OffThread<K, T> {
    /// The result of `work`, or of the same work that is being done already.
    pub async fn run(
        &self,
        key: K,
        thread: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.0.lock().ignore_poison();
            match waiting.get_mut(&key) {
                Some(others) => {
                    // Callers that gave up must not pile up behind work that hangs.
                    others.retain(|other| !other.is_closed());
                    others.push(sender);
                }
                None => {
                    self.start(key.clone(), thread, work).map_err(|e| format!("no thread: {e}"))?;
                    waiting.insert(key, vec![sender]);
                }
            }
        }
        receiver.await.map_err(|_| format!("a defect of {thread}"))
    }

    fn start(
        &self,
        key: K,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
        let waiting = self.0.clone();
        sys::with_signals_blocked(|| {
            thread.spawn(move || {
                let result = caught(work);
                let others = waiting.lock().ignore_poison().remove(&key);
                for other in others.into_iter().flatten() {
                    if let Ok(result) = &result {
                        let _ = other.send(result.clone());
                    }
                }
            })
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::sync::mpsc::channel;

    fn block_on<F: std::future::Future>(work: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn the_same_work_is_done_once_for_all_who_wait() {
        let (off_thread, done) = (OffThread::<u8, usize>::default(), Arc::new(AtomicUsize::new(0)));
        let (go, gate) = channel::<()>();
        let ours = done.clone();
        let first = off_thread.run(1, "test", move || {
            gate.recv().unwrap();
            ours.fetch_add(1, Relaxed)
        });
        let second = off_thread.run(1, "test", || unreachable!());
        let other = off_thread.run(2, "test", || 7);
        block_on(async {
            let both = async {
                let other = other.await;
                go.send(()).unwrap();
                other
            };
            let all = tokio::join!(first, second, both);
            assert_eq!(all, (Ok(0), Ok(0), Ok(7)));
            assert_eq!(off_thread.run(1, "test", || 8).await, Ok(8), "done anew");
        });
        assert_eq!(done.load(Relaxed), 1);
    }

    #[test]
    fn a_defect_ends_the_wait_and_is_not_kept() {
        let off_thread = OffThread::<u8, ()>::default();
        assert!(block_on(off_thread.run(1, "test", || panic!("on purpose"))).is_err());
        assert_eq!(block_on(off_thread.run(1, "test", || ())), Ok(()));
    }
}
