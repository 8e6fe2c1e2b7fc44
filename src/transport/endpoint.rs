//! Endpoint lists: `host:port`, `http://`, `https://`, `unix:`, or one `mem:`.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use std::net::{IpAddr, Ipv6Addr};

/// Longer lists are not lists of endpoints.
const MAX_LIST: usize = 8 * 1024;
const DEFAULT_PORT: u16 = 2379;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp { host: String, port: u16 },
    Unix(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub address: Address,
    pub tls: bool,
    /// As it is shown in errors, and what a caller would have to type.
    pub name: String,
}

impl Endpoint {
    /// Whether both are one server, reached in one way.
    pub fn is(&self, other: &Endpoint) -> bool {
        (&self.address, self.tls) == (&other.address, other.tls)
    }

    /// The `:authority` of requests: `host:port`, an IPv6 host in brackets.
    pub fn authority(&self) -> String {
        match &self.address {
            Address::Tcp { host, port } => host_port(without_zone(host), *port),
            // Go's client sends this, and servers ignore it.
            Address::Unix(_) => "localhost".to_owned(),
        }
    }

    /// What the server's certificate must be for, unless overridden.
    pub fn server_name(&self) -> &str {
        match &self.address {
            Address::Tcp { host, .. } => without_zone(host),
            Address::Unix(path) => path.rsplit('/').next().unwrap_or(path),
        }
    }

    /// Whether what is sent stays on this machine.
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Unix(_) => true,
            Address::Tcp { host, .. } => {
                let name = host.strip_suffix('.').unwrap_or(host);
                name.eq_ignore_ascii_case("localhost")
                    || self.ip().is_some_and(|ip| ip.is_loopback())
            }
        }
    }

    /// Whether it names no machine: 0.0.0.0, where a server listens everywhere.
    pub fn is_unspecified(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }

    fn ip(&self) -> Option<IpAddr> {
        match &self.address {
            Address::Unix(_) => None,
            Address::Tcp { host, .. } => {
                Some(without_zone(host).parse::<IpAddr>().ok()?.to_canonical())
            }
        }
    }
}

/// Which of this machine's networks an address is on ("fe80::1%eth0") is nobody else's
/// business.
fn without_zone(host: &str) -> &str {
    host.split('%').next().unwrap_or(host)
}

fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// What a list of endpoints names.
#[derive(Debug, PartialEq, Eq)]
pub enum Endpoints {
    Members(Vec<Endpoint>),
    /// A store inside this process, by the rest of its endpoint.
    Embedded(String),
}

/// The store that an endpoint such as `mem:NAME` names.
pub fn embedded(item: &str) -> Option<&str> {
    let (scheme, store) = item.split_once(':')?;
    scheme.eq_ignore_ascii_case("mem").then_some(store)
}

/// Parses a list separated by commas, semicolons or white space. An endpoint
/// without a scheme uses TLS when `prefer_tls` says that TLS was configured.
pub fn parse_list(list: &str, prefer_tls: bool) -> Result<Endpoints> {
    if list.len() > MAX_LIST {
        return Err(Error::invalid(format!("endpoints: longer than {MAX_LIST} bytes")));
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    let items = list.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
    if let Some(store) = items.iter().find_map(|item| embedded(item)) {
        return match &items[..] {
            [_] if !store.chars().any(char::is_control) => {
                Ok(Endpoints::Embedded(store.to_owned()))
            }
            [_] => Err(Error::invalid("endpoint \"mem:\": control character")),
            _ => Err(Error::invalid("endpoint \"mem:\": stands alone, it is a store of its own")),
        };
    }
    for item in items {
        let endpoint = parse(item, prefer_tls)
            .map_err(|why| Error::invalid(format!("endpoint \"{}\": {why}", shown(item))))?;
        // A member named twice would count twice when members are picked.
        if !endpoints.iter().any(|other| other.is(&endpoint)) {
            endpoints.push(endpoint);
        }
    }
    if endpoints.is_empty() {
        return Err(Error::invalid("endpoints: none given"));
    }
    Ok(Endpoints::Members(endpoints))
}

/// The item without user information: a password must not reach a message.
fn shown(item: &str) -> String {
    let (scheme, rest) = match item.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), item),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}{rest}").chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn parse(item: &str, prefer_tls: bool) -> Result<Endpoint, &'static str> {
    if item.chars().any(char::is_control) {
        return Err("control character");
    }
    // Schemes are the same in any case (RFC 3986); paths and hosts stay as given.
    let scheme = item.split(':').next().unwrap_or("").to_ascii_lowercase();
    let item = match scheme.as_str() {
        "http" | "https" | "unix" => format!("{scheme}{}", &item[scheme.len()..]),
        _ => item.to_owned(),
    };
    if let Some(path) = item.strip_prefix("unix:") {
        // unix:path, unix://path and unix:///path, as gRPC has them.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.len() > 107 {
            return Err("a socket path has 1 to 107 bytes");
        }
        let address = Address::Unix(path.to_owned());
        return Ok(Endpoint { address, tls: false, name: format!("unix:{path}") });
    }
    let (tls, rest, scheme) = match item.split_once("://") {
        Some(("http", rest)) => (false, rest, "http://"),
        Some(("https", rest)) => (true, rest, "https://"),
        Some(_) => return Err("the scheme must be http, https, unix or mem"),
        None => (prefer_tls, item.as_str(), ""),
    };
    // A path, query or fragment means nothing to etcd; Go's client drops it too.
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    if host.contains('@') {
        return Err("user and password belong to the options, not to the endpoint");
    }
    let (host, port) = split_port(host)?;
    let name = format!("{scheme}{}", host_port(&host.replace('%', "%25"), port));
    Ok(Endpoint { address: Address::Tcp { host, port }, tls, name })
}

fn split_port(host: &str) -> Result<(String, u16), &'static str> {
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or("no closing bracket")?;
        let address = ipv6(address)?;
        match after.strip_prefix(':') {
            Some(port) => (address, Some(port)),
            None if after.is_empty() => (address, None),
            None => return Err("only a port may follow the bracket"),
        }
    } else if host.parse::<Ipv6Addr>().is_ok() {
        return Err("an IPv6 address must be in brackets");
    } else {
        match host.split_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port)),
            None => (host.to_owned(), None),
        }
    };
    let port =
        match port {
            None => DEFAULT_PORT,
            Some("") => return Err("no port after the colon"),
            // u16's parser takes a leading plus sign, which no URL has.
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
                port.parse().ok().filter(|&port| port != 0).ok_or("a port is 1 to 65535")?
            }
            Some(_) => return Err(
                "the port must be a number; known schemes are http://, https://, unix: and mem:",
            ),
        };
    let is_ipv6 = host.starts_with('[');
    if !is_ipv6 && (name.is_empty() || name.len() > 255 || !name.bytes().all(legal)) {
        return Err("no usable host name");
    }
    Ok((name, port))
}

fn legal(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')
}

/// An address as it stands in brackets. A percent sign is written %25 in URLs (RFC 6874), also
/// before a zone; etcd takes no other form.
fn ipv6(text: &str) -> Result<String, &'static str> {
    let (address, zone) = match text.split_once('%') {
        None => (text, None),
        Some((address, zone)) => {
            let zone = zone.strip_prefix("25").ok_or("a zone stands after %25")?;
            (address, Some(zone))
        }
    };
    address.parse::<Ipv6Addr>().map_err(|_| "not an IPv6 address in brackets")?;
    match zone {
        None => Ok(address.to_owned()),
        Some(zone) if zone.is_empty() || zone.len() > 15 || !zone.bytes().all(legal) => {
            Err("no usable IPv6 zone")
        }
        Some(zone) => Ok(format!("{address}%{zone}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(list: &str, prefer_tls: bool) -> Vec<Endpoint> {
        match parse_list(list, prefer_tls).unwrap() {
            Endpoints::Members(endpoints) => endpoints,
            Endpoints::Embedded(store) => panic!("a store: {store}"),
        }
    }

    fn names(list: &str) -> Vec<String> {
        members(list, false).into_iter().map(|e| e.name).collect()
    }

    #[test]
    fn a_store_stands_alone() {
        for (list, store) in [("mem:", ""), (" mem:a b", ""), ("MEM:x:y,", "x:y"), ("mem:é", "é")]
        {
            let parsed = parse_list(list, false);
            match list.contains(" b") {
                true => assert!(parsed.is_err()),
                false => assert_eq!(parsed.unwrap(), Endpoints::Embedded(store.to_owned())),
            }
        }
        for mixed in ["mem:,a:1", "a:1 mem:x", "mem:a mem:b", "mem:\u{1}"] {
            assert!(parse_list(mixed, false).is_err(), "{mixed}");
        }
        assert_eq!(names("memx:1"), ["memx:1"]);
    }

    #[test]
    fn every_form_and_separator() {
        assert_eq!(
            names("a:1,http://b:2; https://c:3\tunix:/run/e.sock\nunix:///x [::1]:4 d ,,"),
            [
                "a:1",
                "http://b:2",
                "https://c:3",
                "unix:/run/e.sock",
                "unix:/x",
                "[::1]:4",
                "d:2379"
            ]
        );
        assert_eq!(names("http://[fe80::1%25eth0]:5/ignored?x#y"), ["http://[fe80::1%25eth0]:5"]);
        assert_eq!(names("a:1 a:1 http://a:1 https://a:1"), ["a:1", "https://a:1"]);
        assert!(members("a:1", true)[0].tls);
        assert!(!members("http://a:1", true)[0].tls);
    }

    #[test]
    fn authority_and_server_name() {
        let all = members("https://[::1]:2 https://h:3 unix:/run/etcd.sock", false);
        assert_eq!(all[0].authority(), "[::1]:2");
        let zoned = &members("https://[fe80::1%25eth0]:5", false)[0];
        assert_eq!(zoned.address, Address::Tcp { host: "fe80::1%eth0".to_owned(), port: 5 });
        assert_eq!((&zoned.authority()[..], zoned.server_name()), ("[fe80::1]:5", "fe80::1"));
        assert_eq!(all[0].server_name(), "::1");
        assert_eq!(all[1].server_name(), "h");
        assert_eq!(all[2].server_name(), "etcd.sock");
        assert!(all[0].is_local() && !all[1].is_local() && all[2].is_local());
    }

    #[test]
    fn nonsense_is_refused_and_named_without_its_password() {
        for bad in [
            "",
            " ,;",
            "ftp://a:1",
            "a:0",
            "a:65536",
            "a:+1",
            "a:",
            ":1",
            "::1",
            "[::1",
            "[x]:1",
            "[::1]2",
            "http://",
            "unix:",
            "a b:\u{1}",
            "http://a_b c:0",
            "é:1",
            "a%20b:1",
            "[fe80::1%eth0]:1",
            "[fe80::1%]:1",
            "[fe80::1%25]:1",
            "[fe80::1%25eth 0]:1",
            "[fe80::1%25a%25b]:1",
            "[fe80::1%25longer-than-15-bytes]:1",
        ] {
            assert!(parse_list(bad, false).is_err(), "{bad:?}");
        }
        let error = parse_list("http://root:secret@host:1", false).unwrap_err();
        assert!(!error.message.contains("secret"), "{}", error.message);
        assert!(parse_list(&"a".repeat(9000), false).is_err());
    }
}
