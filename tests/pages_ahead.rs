//! Ranges page by page, of which several pages are asked for at once.

mod support;

use etcd::capi::kv::*;
use etcd::capi::options::*;
use std::time::Duration;
use support::backend::Backend;
use support::ffi::*;
use support::pages::*;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{shared, versions_or_skip};

/// Bytes that a server has sent to clients.
fn sent(backend: &Backend) -> u64 {
    counted(backend, "etcd_network_client_grpc_sent_bytes_total", "")
}

#[test]
fn a_server_that_counts_for_each_reply_is_asked_for_many_pages_at_once() {
    let test = "a_server_that_counts_for_each_reply_is_asked_for_many_pages_at_once";
    on_every_backend(test, |backend, client| {
        if backend.cluster.is_none() || has_streams(backend) {
            return;
        }
        fill(client, "m/", 20_000, b"value");
        let before = calls(backend, "Range");
        let options = CallOptions { limit: 70, ..flags(ETCD_PREFIX) };
        let all = pages(client, b"m/", options);
        assert_whole(&all, "m/", 20_000);
        let (last, others) = all.split_last().unwrap();
        assert!(others.iter().all(|page| page.kvs.len() == 70) && last.kvs.len() == 20_000 % 70);
        // 1, 4, 16, 64 and then 142 pages, which are less than 10,000 keys; one probe of each connection.
        let asked = calls(backend, "Range") - before;
        assert!((5..12).contains(&asked), "{asked}");

        // Who reads two pages has cost five.
        let before = sent(backend);
        let iter = Pages::open(client, b"m/", options).unwrap();
        let two = [iter.next().unwrap().unwrap(), iter.next().unwrap().unwrap()];
        assert!(two.iter().all(|page| page.kvs.len() == 70));
        let each = 40;
        let bytes = sent(backend) - before;
        assert!(bytes < 10 * 70 * each, "{bytes}");
    });
}

#[test]
fn what_is_asked_for_ahead_may_be_too_large() {
    let test = "what_is_asked_for_ahead_may_be_too_large";
    on_every_backend(test, |backend, client| {
        // One page of the large ones is below the limit, two are not.
        fill(client, "l/", 3000, &[b'v'; 9000]);
        for first in (0..3000).step_by(1500) {
            fill_from(client, "l/", first..first + 1000, b"small");
        }
        let options = Options { max_receive_bytes: 1 << 20, ..Options::default() };
        let narrow = Client::with(&backend.endpoints, options).unwrap();
        for sort_order in [ETCD_SORT_ASCEND, ETCD_SORT_DESCEND] {
            let options = CallOptions { limit: 100, sort_order, ..flags(ETCD_PREFIX) };
            let mut all = pages(&narrow, b"l/", options);
            assert!(has_streams(backend) || all.iter().all(|page| page.kvs.len() == 100));
            if sort_order == ETCD_SORT_DESCEND {
                let more: Vec<_> = all.iter().map(|page| page.more).collect();
                all.reverse();
                for (page, more) in all.iter_mut().zip(more) {
                    page.kvs.reverse();
                    page.more = more;
                }
            }
            assert_whole(&all, "l/", 3000);
        }
    });
}

#[test]
fn a_slow_connection_is_asked_for_one_page_at_a_time() {
    let test = "a_slow_connection_is_asked_for_one_page_at_a_time";
    let _alone = alone();
    for version in versions_or_skip(test) {
        if version.number >= (3, 7, 0) {
            continue;
        }
        let cluster = shared(&version);
        let client = Client::open(&cluster.endpoints());
        fill(&client, "s/", 3000, &[b'v'; 100]);
        let proxy = Proxy::to_port(cluster.port(0), 1);
        let through = Client::open(&proxy.endpoint());
        through.get(b"s/", DEFAULT).unwrap();
        // A page takes half a second.
        proxy.set(Fault::Drip(Dir::ToClient, 6000, Duration::from_millis(50)));
        let options = CallOptions { limit: 500, timeout_ms: 1500, ..flags(ETCD_PREFIX) };
        assert_whole(&pages(&through, b"s/", options), "s/", 3000);
        client.delete(b"s/", flags(ETCD_PREFIX)).unwrap();
    }
}
