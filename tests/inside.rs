//! Counters, and the state of connections.

mod support;

use etcd::capi::client::*;
use etcd::capi::connection::*;
use etcd::capi::counters::*;
use etcd::capi::event::*;
use etcd::capi::log::*;
use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::queue::etcd_queue_next;
use etcd::capi::watch::*;
use etcd::status::*;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::ptr::null_mut;
use support::backend::{on_all_at_once, on_versions_at_once};
use support::ffi::*;
use support::inside::*;
use support::leases::{grant, keep, revoke};
use support::proxy::{Fault, Proxy};
use support::server::{newest_or_skip, Cluster};
use support::watch::{Watch, WatchOptions};

#[test]
fn counters_move_by_what_was_done() {
    on_all_at_once("counters_move_by_what_was_done", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let first = client.put(b"count/a", b"", DEFAULT).unwrap().revision;
        let before = counters(&client);
        let watch = watch_from(&client, "count/", first);
        for _ in 0..9 {
            client.put(b"count/a", &[b'x'; 1000], DEFAULT).unwrap();
        }
        client.get(b"count/a", CallOptions { revision: i64::MAX, ..DEFAULT }).unwrap_err();
        let queue = Queue::new();
        queue.put(&client, b"count/a", b"", 1).unwrap();
        queue.next(10_000).unwrap().result.unwrap();
        for _ in 0..11 {
            watch.told();
        }
        let after = counters(&client);
        assert_eq!(after.calls - before.calls, 11);
        assert_eq!(after.calls_failed - before.calls_failed, 1);
        assert_eq!(after.watch_events - before.watch_events, 11);
        assert_eq!((after.watches_resumed, after.watch_duplicates), (0, 0));
        assert_eq!((after.retries, after.connections_lost, after.token_refreshes), (0, 0, 0));
        let network = u64::from(backend.cluster.is_some());
        assert!(after.connections_opened >= network);
        let (sent, received) =
            (after.bytes_sent - before.bytes_sent, after.bytes_received - before.bytes_received);
        // The watch brings the values back.
        assert!((9_000 * network..20_000 * network + 1).contains(&sent), "{sent}");
        assert!((9_000 * network..20_000 * network + 1).contains(&received), "{received}");
        let fresh = Client::open(&backend.endpoints);
        assert_eq!(counters(&fresh).calls, 0, "each client has its own");
    });
}

#[test]
fn what_becomes_of_watches_is_counted() {
    on_all_at_once("what_becomes_of_watches_is_counted", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let first = client.put(b"seen/a", b"", DEFAULT).unwrap().revision;
        let last = client.put(b"seen/a", b"", DEFAULT).unwrap().revision;
        client.compact(last, DEFAULT).unwrap();
        let flags = ETCD_PREFIX | ETCD_WATCH_RESYNC;
        let options = WatchOptions { start: first, flags, ..Default::default() };
        let watch = Watch::open(&client, b"seen/", options).unwrap();
        assert_eq!(watch.told().kind, ETCD_WATCH_RESPONSE_SNAPSHOT);
        assert_eq!(counters(&client).watches_resynced, 1);
        assert_eq!(counters(&client).watches_paused, 0);
        // More than the reader has room for, and he does not come.
        let options = WatchOptions { start: last, max_bytes: 1, flags, ..Default::default() };
        let slow = Watch::open(&client, b"seen/", options).unwrap();
        (0..5).for_each(|_| drop(client.put(b"seen/a", &[0; 1000], DEFAULT).unwrap()));
        within_10_s("a pause", || counters(&client).watches_paused >= 1);
        let mut events = 0;
        while events < 6 {
            events += slow.told().events.len();
        }
        let after = counters(&client);
        assert_eq!((events, after.watches_resumed, after.watch_duplicates), (6, 0, 0));
    });
}

#[test]
fn leases_kept_alive_are_counted() {
    on_all_at_once("leases_kept_alive_are_counted", &[], |backend| {
        let lines = Lines::default();
        let client = Client::with(&backend.endpoints, lines.options(ETCD_LOG_WARN)).unwrap();
        let [mine, other] = [9, 9].map(|ttl| grant(&client, ttl));
        let kept = [mine, other].map(|id| keep(&client, id));
        within_10_s("renewals", || counters(&client).keep_alives_answered >= 4);
        let now = counters(&client);
        assert!(now.keep_alives_sent >= now.keep_alives_answered);
        // The client knows of its own end, and finds the other.
        revoke(&client, mine).unwrap();
        assert_eq!(counters(&client).leases_lost, 0);
        assert!(lines.0.lock().unwrap().is_empty(), "{lines:?}");
        revoke(&Client::open(&backend.endpoints), other).unwrap();
        within_10_s("a loss", || counters(&client).leases_lost == 1);
        let lost = format!("{other:x}: ");
        lines.expect(ETCD_LOG_WARN, "lease", ETCD_ERR_LEASE_NOT_FOUND, &lost, "");
        let third = grant(&client, 60);
        let closed = keep(&client, third);
        drop((kept, closed));
        assert_eq!(counters(&client).leases_lost, 1);
    });
}

#[test]
fn a_lease_that_no_server_can_renew_is_counted_and_logged() {
    on_versions_at_once("a_lease_that_no_server_can_renew_is_counted_and_logged", |version| {
        let cluster = Cluster::builder(version).start();
        let proxy = Proxy::to_port(cluster.port(0), 7);
        let lines = Lines::default();
        let client = Client::with(&proxy.endpoint(), lines.options(ETCD_LOG_INFO)).unwrap();
        let [short, long] = [2, 20].map(|ttl| grant(&client, ttl));
        let kept = [short, long].map(|id| keep(&client, id));
        within_10_s("renewals", || counters(&client).keep_alives_answered >= 2);
        proxy.set(Fault::Refuse);
        proxy.once(Fault::Cut);
        let (no, at) = ("no renewals for now: ", proxy.endpoint());
        lines.expect(ETCD_LOG_WARN, "lease", ETCD_ERR_UNAVAILABLE, no, &at);
        let lost = format!("{short:x}: the lease was not renewed in time");
        lines.expect(ETCD_LOG_WARN, "lease", ETCD_ERR_LEASE_LOST, &lost, &at);
        assert_eq!(counters(&client).leases_lost, 1);
        proxy.set(Fault::Pass);
        lines.expect(ETCD_LOG_INFO, "lease", ETCD_OK, "renewals go on", "");
        drop(kept);
        assert_eq!(counters(&client).leases_lost, 1);
        // A stream that breaks is one line, however often it breaks until there is an answer.
        let all = lines.0.lock().unwrap();
        let said = all.iter().filter(|line| line.4.starts_with(no)).count();
        assert_eq!(said, 1, "{all:?}");
    });
}

/// Reads Prometheus' text format, and takes nothing that it does not allow: each
/// sample's value by its name and labels.
fn samples(text: &str) -> HashMap<String, String> {
    let is_name = |name: &str| {
        let all = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(all) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let (mut samples, mut names) = (HashMap::new(), HashSet::new());
    let mut family = (String::new(), String::new(), String::new());
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
    for line in text.lines() {
        assert_eq!(line.trim(), line);
        if let Some(line) = line.strip_prefix("# HELP ") {
            let (name, help) = line.split_once(' ').unwrap();
            assert!(is_name(name) && names.insert(name.to_owned()), "{name} comes twice");
            assert!(!help.contains('\\') && help.ends_with('.'), "{help}");
            family = (name.to_owned(), help.to_owned(), String::new());
        } else if let Some(line) = line.strip_prefix("# TYPE ") {
            let (name, kind) = line.split_once(' ').unwrap();
            assert_eq!((name, &*family.2), (&*family.0, ""), "after its help, and once");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            kind.clone_into(&mut family.2);
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let (name, mut labels) = sample.split_once('{').unwrap_or((sample, "}"));
            assert_eq!(name, family.0, "among its own");
            assert!(!family.2.is_empty());
            while labels != "}" {
                let (label, rest) = labels.split_once("=\"").expect(line);
                assert!(is_name(label), "{line}");
                let mut end = None;
                let mut chars = rest.char_indices();
                while let Some((at, c)) = chars.next() {
                    match c {
                        '"' => {
                            end = Some(at);
                            break;
                        }
                        '\\' => assert!(matches!(chars.next(), Some((_, '\\' | '"' | 'n')))),
                        _ => {}
                    }
                }
                labels = &rest[end.expect(line) + 1..];
                labels = labels.strip_prefix(',').unwrap_or(labels);
            }
            value.parse::<u64>().unwrap();
            let before = samples.insert(sample.to_owned(), value.to_owned());
            assert_eq!(before, None, "{sample} comes twice");
        }
    }
    samples
}

#[test]
fn the_text_is_what_prometheus_reads() {
    on_all_at_once("the_text_is_what_prometheus_reads", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.put(b"prom", b"", DEFAULT).unwrap();
        for (label, expected) in [
            ("", ""),
            ("api", "client=\"api\""),
            ("a\"b\\c\nd, e={f} \u{e4}", "client=\"a\\\"b\\\\c\\nd, e={f} \u{e4}\""),
        ] {
            let samples = samples(&page(&client, label));
            let comma = if expected.is_empty() { "" } else { "," };
            let up = format!(
                "libetcd_connection_up{{{expected}{comma}endpoint=\"{}\"}}",
                backend.endpoints
            );
            assert_eq!(samples[&up], "1");
            let braced = if expected.is_empty() { "".into() } else { format!("{{{expected}}}") };
            assert_eq!(samples[&format!("libetcd_calls_total{braced}")], "1");
            assert_eq!(samples.len(), size_of::<etcd_counters_t>() / 8);
        }
        // The numbers of the text are those of the structure, by their names.
        let (now, samples) = (counters(&client), samples(&page(&client, "")));
        for (name, value) in [
            ("calls", now.calls),
            ("connections_opened", now.connections_opened),
            ("watches_resynced", now.watches_resynced),
            ("token_refreshes", now.token_refreshes),
            ("bytes_sent", now.bytes_sent),
            ("bytes_received", now.bytes_received),
        ] {
            assert_eq!(samples[&format!("libetcd_{name}_total")], value.to_string(), "{name}");
        }
    });
}

#[derive(Debug, PartialEq)]
struct Now {
    endpoint: String,
    state: i32,
    reason: String,
    opened: u64,
}

unsafe fn now(response: *const etcd_connection_watch_response_t) -> Now {
    let response = &*response;
    let state = response.state;
    let (endpoint, reason) = (text(response.endpoint), text(response.reason));
    assert_eq!(state != ETCD_CONNECTION_DOWN, reason.is_empty());
    Now { endpoint, state, reason, opened: response.opened }
}

/// A stream; closed when dropped.
struct States(*mut etcd_connection_watch_t);

impl States {
    fn open(client: &Client, queue: Option<&Queue>, tag: usize) -> States {
        let (mut out, mut error) = (null_mut(), null_mut());
        let queue = queue.map_or(null_mut(), |queue| queue.0);
        let tag = tag as *mut c_void;
        unsafe {
            let status = etcd_connection_watch_open(client.0, queue, tag, &mut out, &mut error);
            check(status, error).unwrap();
        }
        States(out)
    }

    fn next(&self, wait_ms: i32) -> Result<Option<Now>> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_connection_watch_next(self.0, wait_ms, &mut out, &mut error);
            check(status, error)?;
            let read = (status != ETCD_EMPTY).then(|| now(out));
            etcd_connection_watch_response_free(out);
            Ok(read)
        }
    }

    fn told(&self) -> Now {
        self.next(10_000).unwrap().expect("something within 10 s")
    }

    fn until(&self, state: i32) -> Now {
        loop {
            let told = self.told();
            if told.state == state {
                return told;
            }
        }
    }
}

impl Drop for States {
    fn drop(&mut self) {
        unsafe { etcd_connection_watch_close(self.0) };
    }
}

#[test]
fn the_present_state_comes_first_and_the_end_last() {
    on_all_at_once("the_present_state_comes_first_and_the_end_last", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        client.put(b"state", b"", DEFAULT).unwrap();
        let states = States::open(&client, None, 0);
        let endpoint = backend.endpoints.clone();
        let up = Now { endpoint, state: ETCD_CONNECTION_UP, reason: String::new(), opened: 1 };
        assert_eq!(states.told(), up);
        assert_eq!(states.next(50), Ok(None));
        let queue = Queue::new();
        let on_queue = States::open(&client, Some(&queue), 77);
        let mut event = null_mut();
        unsafe {
            assert_eq!(etcd_queue_next(queue.0, 10_000, &mut event, null_mut()), ETCD_OK);
            assert_eq!(etcd_event_kind(event), ETCD_EVENT_CONNECTION_WATCH);
            assert_eq!(etcd_event_user_data(event) as usize, 77);
            assert_eq!(now(support::ffi::response(event, ETCD_EVENT_CONNECTION_WATCH)), up);
            assert!(etcd_event_response(event, ETCD_EVENT_WATCH).is_null());
            etcd_event_free(event);
        }
        let refused = on_queue.next(0).unwrap_err();
        assert_eq!(refused.status, ETCD_ERR_INVALID_ARGUMENT);
        unsafe { etcd_client_close(client.0) };
        for _ in 0..2 {
            assert_eq!(states.next(0).unwrap_err().status, ETCD_ERR_CLOSED);
        }
        unsafe {
            assert_eq!(etcd_queue_next(queue.0, 10_000, &mut event, null_mut()), ETCD_OK);
            assert_eq!(etcd_event_status(event), ETCD_ERR_CLOSED);
            assert!(etcd_event_response(event, ETCD_EVENT_CONNECTION_WATCH).is_null());
            etcd_event_free(event);
            assert_eq!(etcd_queue_next(queue.0, 50, &mut event, null_mut()), ETCD_EMPTY);
        }
    });
}

#[test]
fn a_cut_connection_is_told_with_its_reason() {
    on_versions_at_once("a_cut_connection_is_told_with_its_reason", |version| {
        let cluster = Cluster::builder(version).start();
        let proxy = Proxy::to_port(cluster.port(0), 4);
        let client = Client::open(&proxy.endpoint());
        let states = States::open(&client, None, 0);
        let up = states.until(ETCD_CONNECTION_UP);
        assert_eq!((up.endpoint, up.opened), (proxy.endpoint(), 1));
        proxy.set(Fault::Refuse);
        proxy.once(Fault::Cut);
        let down = states.until(ETCD_CONNECTION_DOWN);
        assert_eq!((down.endpoint, down.opened), (proxy.endpoint(), 1));
        proxy.set(Fault::Pass);
        assert_eq!(states.until(ETCD_CONNECTION_UP).opened, 2);
        // Nobody reads: what comes is the newest, and only that.
        for times in 3..6 {
            proxy.once(Fault::Cut);
            within_10_s("up", || counters(&client).connections_opened == times);
        }
        let newest = states.told();
        assert_eq!((newest.state, newest.opened), (ETCD_CONNECTION_UP, 5));
        assert_eq!(states.next(50), Ok(None));
    });
}

#[test]
fn each_endpoint_has_its_state() {
    let Some(version) = newest_or_skip("each_endpoint_has_its_state") else { return };
    let cluster = Cluster::builder(&version).members(3).start();
    let client = Client::open(&cluster.endpoints());
    let states = States::open(&client, None, 0);
    let mut up = HashSet::new();
    while up.len() < 3 {
        up.insert(states.until(ETCD_CONNECTION_UP).endpoint);
    }
    cluster.kill(1);
    let down = states.until(ETCD_CONNECTION_DOWN);
    assert_eq!(down.endpoint, cluster.endpoint(1));
    let text = page(&client, "x");
    let gone =
        format!("libetcd_connection_up{{client=\"x\",endpoint=\"{}\"}} 0", cluster.endpoint(1));
    assert!(text.contains(&gone), "{text}");
    let others = text.lines().filter(|line| line.ends_with("\"} 1"));
    assert_eq!(others.filter(|line| line.contains("connection_up")).count(), 2, "{text}");
    cluster.restart(1);
    let back = states.until(ETCD_CONNECTION_UP);
    assert_eq!((back.endpoint, back.opened), (cluster.endpoint(1), 2));
    // One leaves the list, and comes back as another.
    let lost = counters(&client).connections_lost;
    let list = format!("{},{}", cluster.endpoint(0), cluster.endpoint(2));
    client.set_endpoints(&list).unwrap();
    assert_eq!(states.until(ETCD_CONNECTION_GONE).endpoint, cluster.endpoint(1));
    assert!(!page(&client, "x").contains(&cluster.endpoint(1)));
    client.put(b"state", b"", DEFAULT).unwrap();
    client.set_endpoints(&cluster.endpoints()).unwrap();
    let new = states.until(ETCD_CONNECTION_UP);
    assert_eq!((new.endpoint, new.opened), (cluster.endpoint(1), 1));
    assert_eq!(counters(&client).connections_lost, lost, "the client has closed it");
}
