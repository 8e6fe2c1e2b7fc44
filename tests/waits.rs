//! Waits for a key: on every backend.

mod support;

use etcd::capi::options::*;
use etcd::capi::pairs::*;
use etcd::capi::recipes::wait::etcd_kv_wait_for;
use etcd::status::*;
use std::ptr::null_mut;
use std::thread::{scope, sleep};
use std::time::Duration;
use support::backend::on_all_at_once;
use support::ffi::*;

fn wait_for(client: &Client, key: &[u8], exists: bool, timeout_ms: u32) -> Result<Reply> {
    let size = size_of::<etcd_call_options_t>();
    let options = etcd_call_options_t { size, timeout_ms, flags: 0 };
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let status = etcd_kv_wait_for(client.0, bytes(key), exists, &options, &mut out, &mut error);
        check(status, error)?;
        let reply = range_reply(&*out);
        etcd_get_response_free(out);
        Ok(reply)
    }
}

#[test]
fn a_wait_ends_when_the_key_is_there_or_gone() {
    on_all_at_once("a_wait_ends_when_the_key_is_there", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let late = wait_for(&client, b"waits/k", true, 50).unwrap_err();
        assert_eq!((late.status, late.maybe_applied), (ETCD_ERR_TIMEOUT, false));
        assert_eq!(wait_for(&client, b"", true, 50).unwrap_err().status, ETCD_ERR_EMPTY_KEY);
        assert!(wait_for(&client, b"waits/k", false, 50).unwrap().kvs.is_empty());
        scope(|scope| {
            let there = scope.spawn(|| wait_for(&client, b"waits/k", true, 10_000).unwrap());
            sleep(Duration::from_millis(50));
            let put = client.put(b"waits/k", b"v", flags(0)).unwrap().revision;
            let reply = there.join().unwrap();
            assert!(reply.revision >= put && reply.kvs.len() == 1);
            let kv = &reply.kvs[0];
            assert_eq!(
                (&kv.key[..], &kv.value[..], kv.mod_revision),
                (&b"waits/k"[..], &b"v"[..], put)
            );
        });
        let again = wait_for(&client, b"waits/k", true, 10_000).unwrap();
        assert_eq!(again.kvs[0].value, b"v");
        scope(|scope| {
            let gone = scope.spawn(|| wait_for(&client, b"waits/k", false, 10_000).unwrap());
            sleep(Duration::from_millis(50));
            let deleted = client.delete(b"waits/k", flags(0)).unwrap().revision;
            let reply = gone.join().unwrap();
            assert!(reply.revision >= deleted && reply.kvs.is_empty());
        });
    });
}

/// The history that the wait would need is compacted while it waits.
#[test]
fn a_wait_goes_on_after_a_compaction() {
    on_all_at_once("a_wait_goes_on_after_a_compaction", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        scope(|scope| {
            let there = scope.spawn(|| wait_for(&client, b"waits/c", true, 20_000).unwrap());
            for round in 0..20 {
                let put = client.put(b"waits/other", b"v", flags(0)).unwrap().revision;
                let _ = client.compact(put, flags(0));
                sleep(Duration::from_millis(round));
            }
            client.put(b"waits/c", b"v", flags(0)).unwrap();
            assert_eq!(there.join().unwrap().kvs[0].value, b"v");
        });
        client.delete(b"waits/c", flags(0)).unwrap();
    });
}

#[test]
fn the_close_of_the_client_ends_a_wait_with_an_error() {
    on_all_at_once("the_close_of_the_client_ends_a_wait", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        scope(|scope| {
            let ended = scope.spawn(|| wait_for(&client, b"waits/never", true, 0));
            sleep(Duration::from_millis(50));
            unsafe { etcd::capi::client::etcd_client_close(client.0) };
            let error = ended.join().unwrap().unwrap_err();
            assert_eq!((error.status, error.maybe_applied), (ETCD_ERR_CLOSED, false));
        });
    });
}
