//! Host names, by the system's resolver: `getaddrinfo` honours the machine's
//! configuration, but may block for as long as a name server is silent.

#![forbid(unsafe_code)]

use super::off_thread::OffThread;
use super::reason::io_reason;
use crate::sys::ForkLocal;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

type Answer = Result<Vec<SocketAddr>, String>;

/// Apart for each process: a fork leaves the threads behind.
static RESOLVER: ForkLocal<OffThread<String, Answer>> = ForkLocal::new();

pub async fn resolve(host: &str, port: u16) -> Answer {
    // An IPv6 zone ("fe80::1%eth0") is for getaddrinfo.
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let name = host.to_owned();
    let ask = move || match (name.as_str(), 0).to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
        Err(e) => Err(io_reason(&e)),
    };
    let mut addresses = RESOLVER.get().run(host.to_owned(), "etcd-resolve", ask).await??;
    addresses.iter_mut().for_each(|address: &mut SocketAddr| address.set_port(port));
    Ok(addresses)
}
