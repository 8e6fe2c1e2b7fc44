//! The stores inside this process: who shares them, and how long they live.

mod support;

use etcd::capi::classic::ETCD_OK;
use etcd::capi::client::etcd_mem_drop;
use etcd::status::*;
use std::ffi::CString;
use std::ptr::null_mut;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};
use support::ffi::*;
use support::session::Session;

fn forget(endpoint: &str) -> etcd_status_t {
    let endpoint = CString::new(endpoint).unwrap();
    unsafe { etcd_mem_drop(endpoint.as_ptr(), null_mut()) }
}

#[test]
fn a_name_is_a_store_until_it_is_dropped() {
    let first = Client::open("mem:name");
    first.put(b"k", b"v", DEFAULT).unwrap();
    let same = Client::open("MEM:name");
    assert_eq!(same.value(b"k").unwrap().unwrap(), b"v");
    for other in ["mem:", "mem:Name", "mem:name2", "mem:nam"] {
        assert_eq!(Client::open(other).value(b"k").unwrap(), None, "{other}");
    }
    let (one, two) = (first.get(b"k", DEFAULT).unwrap(), same.get(b"k", DEFAULT).unwrap());
    assert_eq!((one.cluster_id, one.member_id), (two.cluster_id, two.member_id));
    drop((first, same));
    // Nobody has it open, and it is still there.
    let again = Client::open("mem:name");
    assert_eq!(again.value(b"k").unwrap().unwrap(), b"v");

    assert_eq!(forget("mem:name"), ETCD_OK);
    let fresh = Client::open("mem:name");
    assert_eq!(fresh.get(b"k", DEFAULT).unwrap().revision, 1);
    fresh.put(b"k", b"new", DEFAULT).unwrap();
    assert_eq!(again.value(b"k").unwrap().unwrap(), b"v", "its store is the old one");
    assert_eq!(forget("mem:never"), ETCD_OK);
    assert_eq!(forget("name"), ETCD_ERR_INVALID_ARGUMENT);
}

#[test]
fn endpoints_and_options() {
    for wrong in ["mem:,mem:b", "mem:a localhost:1", "localhost:1,mem:", "mem"] {
        let opened = Client::with(wrong, Options::default());
        match wrong {
            // A host of that name.
            "mem" => assert!(opened.is_ok()),
            _ => assert_eq!(opened.err().unwrap().status, ETCD_ERR_INVALID_ARGUMENT, "{wrong}"),
        }
    }
    let with = |options| Client::with("mem:options", options).err().map(|error| error.status);
    assert_eq!(with(Options { user: "u", password: "p", ..Options::default() }), None);
    let pem = b"-----BEGIN CERTIFICATE-----\n";
    let tls = Options { ca_pem: pem, ..Options::default() };
    assert_eq!(with(tls), Some(ETCD_ERR_INVALID_ARGUMENT));
}

/// By the clock, and whether or not somebody is there to see it.
#[test]
fn keys_with_a_ttl_go_in_time() {
    let session = Session::open("mem:ttl");
    assert_eq!(session.set("k", "v", None, 2), ETCD_OK);
    let set = Instant::now();
    let (index, _, value) = session.watch("k", Some(2)).unwrap();
    assert_eq!(value.as_deref(), Some("v"));
    let (_, _, value) = session.watch("k", Some(index + 1)).unwrap();
    assert_eq!(value, None);
    let after = set.elapsed();
    assert!(after > Duration::from_millis(1_990) && after < Duration::from_secs(3), "{after:?}");

    assert_eq!(session.set("k", "v", None, 2), ETCD_OK);
    assert_eq!(session.set("long", "v", None, 60), ETCD_OK);
    drop(session);
    sleep(Duration::from_millis(2_500));
    let session = Session::open("mem:ttl");
    assert_eq!((session.get("k"), session.get("long").as_deref()), (None, Some("v")));
}

#[test]
fn clients_watch_each_others_changes() {
    let (one, two) = (Session::open("mem:watched"), Session::open("mem:watched"));
    scope(|threads| {
        let watch = threads.spawn(|| {
            let mut next = 2;
            (0..1000).for_each(|i| {
                let (index, key, value) = two.watch("k", Some(next)).unwrap();
                assert_eq!((index, key, value), (next, "k".to_owned(), Some(i.to_string())));
                next += 1;
            });
        });
        for i in 0..1000 {
            assert_eq!(one.set("k", &i.to_string(), None, 0), ETCD_OK);
        }
        watch.join().unwrap();
    });
}
