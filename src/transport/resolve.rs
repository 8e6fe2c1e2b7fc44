//! Host names, by the system's resolver on a thread of its own.
//!
//! `getaddrinfo` honours the machine's configuration, but may block for as long
//! as a name server is silent. The thread is detached so that closing a client
//! never waits for it, and one at most is asking for each name.

#![forbid(unsafe_code)]

use super::reason::io_reason;
use crate::error::panics::silence_thread;
use crate::sync::IgnorePoison;
use crate::sys::{self, ForkLocal};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Mutex;
use tokio::sync::oneshot;

type Answer = Result<Vec<SocketAddr>, String>;
/// Not a hash table: valgrind would take its memory for lost.
type Waiting = BTreeMap<String, Vec<oneshot::Sender<Answer>>>;

/// The resolver's own frames are small, the system's plugins are not.
const STACK: usize = 512 * 1024;

/// Those who wait for each name, apart for each process: a fork leaves the threads behind.
fn waiting() -> &'static Mutex<Waiting> {
    static WAITING: ForkLocal<Mutex<Waiting>> = ForkLocal::new();
    WAITING.get()
}

pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    // An IPv6 zone ("fe80::1%eth0") is for getaddrinfo.
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = oneshot::channel();
    {
        let mut waiting = waiting().lock().ignore_poison();
        match waiting.get_mut(host) {
            Some(others) => {
                // Callers that gave up must not pile up behind a silent name server.
                others.retain(|other| !other.is_closed());
                others.push(sender);
            }
            None => {
                ask(host.to_owned()).map_err(|e| format!("no thread to resolve it: {e}"))?;
                waiting.insert(host.to_owned(), vec![sender]);
            }
        }
    }
    let answer = receiver.await.map_err(|_| "the resolver failed".to_owned())?;
    let mut addresses = answer?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Ok(addresses)
}

/// Starts the thread that answers everybody who waits for `host`.
fn ask(host: String) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("etcd-resolve".into()).stack_size(STACK);
    sys::with_signals_blocked(|| {
        thread.spawn(move || {
            silence_thread();
            let answer: Answer = match (host.as_str(), 0).to_socket_addrs() {
                Ok(found) => Ok(found.collect()),
                Err(e) => Err(io_reason(&e)),
            };
            let others = waiting().lock().ignore_poison().remove(&host);
            for other in others.into_iter().flatten() {
                let _ = other.send(answer.clone());
            }
        })
    })?;
    Ok(())
}
