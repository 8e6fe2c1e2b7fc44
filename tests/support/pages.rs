//! Iterators over pages, as C opens them, in a form that is easy to test with.

use super::backend::{backends, Backend};
use super::ffi::{self, *};
use etcd::capi::call::*;
use etcd::capi::event::*;
use etcd::capi::options::*;
use etcd::capi::page::*;
use etcd::capi::pairs::*;
use etcd::capi::queue::*;
use etcd::capi::txn::*;
use etcd::status::*;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Mutex;

/// Runs the test on every backend, alone: compactions are everybody's.
pub fn on_every_backend(test: &str, body: impl Fn(&Backend, &Client)) {
    let _alone = alone();
    for backend in backends(test, &[]) {
        eprintln!("{test}: {}", backend.name);
        let client = Client::open(&backend.endpoints);
        body(&backend, &client);
        client.delete(b"", flags(ETCD_PREFIX)).unwrap();
    }
}

pub fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// An open iterator, asked by turns directly and through a queue; closed when dropped.
pub struct Pages(pub *mut etcd_range_t, Queue, AtomicBool);
unsafe impl Send for Pages {}
unsafe impl Sync for Pages {}

impl Drop for Pages {
    fn drop(&mut self) {
        unsafe { etcd_range_close(self.0) };
    }
}

impl Pages {
    pub fn open(client: &Client, key: &[u8], options: CallOptions<'_>) -> Result<Pages> {
        let get = options.get();
        let options = etcd_range_options_t {
            size: size_of::<etcd_range_options_t>(),
            range_end: get.range_end,
            timeout_ms: get.timeout_ms,
            flags: get.flags,
            revision: get.revision,
            limit: get.limit,
            min_mod_revision: get.min_mod_revision,
            max_mod_revision: get.max_mod_revision,
            min_create_revision: get.min_create_revision,
            max_create_revision: get.max_create_revision,
            sort_order: get.sort_order,
            reserved: 0,
        };
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_range_open(client.0, bytes(key), &options, &mut out, &mut error);
            ffi::check(status, error).map(|()| Pages(out, Queue::new(), AtomicBool::new(false)))
        }
    }

    pub fn next(&self) -> Result<Option<Reply>> {
        if self.2.fetch_not(Relaxed) {
            return self.start(0, null_mut()).and_then(|()| self.ended());
        }
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_range_next(self.0, &mut out, &mut error);
            ffi::check(status, error)?;
            if status == ETCD_END {
                assert!(out.is_null());
                return Ok(None);
            }
            let reply = range_reply(&*out);
            etcd_get_response_free(out);
            Ok(Some(reply))
        }
    }

    /// Asks for a page.
    pub fn start(&self, tag: usize, op: *mut *mut etcd_call_t) -> Result<()> {
        let mut error = null_mut();
        let tag = tag as *mut std::ffi::c_void;
        let status = unsafe { etcd_range_next_async(self.0, self.1 .0, tag, op, &mut error) };
        unsafe { ffi::check(status, error) }
    }

    pub fn ended(&self) -> Result<Option<Reply>> {
        let mut event = null_mut();
        unsafe {
            assert_eq!(etcd_queue_next(self.1 .0, -1, &mut event, null_mut()), ETCD_OK);
            assert_eq!(etcd_event_kind(event), ETCD_EVENT_GET_RESPONSE);
            let page: *const etcd_get_response_t = ffi::response(event, ETCD_EVENT_GET_RESPONSE);
            let page = page.as_ref().map(|page| range_reply(page));
            let (status, error) = (etcd_event_status(event), etcd_event_error(event));
            assert_eq!((page.is_some(), error.is_null()), (status == ETCD_OK, status >= 0));
            let failed = (status < 0).then(|| failure_of(error));
            etcd_event_free(event);
            failed.map_or(Ok(page), Err)
        }
    }

    /// All pages that are left.
    pub fn rest(&self) -> Vec<Reply> {
        let pages: Vec<_> = std::iter::from_fn(|| self.next().unwrap()).collect();
        assert_eq!(self.next().unwrap(), None, "and stays at the end");
        pages
    }
}

pub fn pages(client: &Client, key: &[u8], options: CallOptions<'_>) -> Vec<Reply> {
    Pages::open(client, key, options).unwrap().rest()
}

/// Puts keys 0 to count - 1 below the prefix, a hundred at once.
pub fn fill(client: &Client, prefix: &str, count: usize, value: &[u8]) {
    fill_from(client, prefix, 0..count, value);
}

pub fn fill_from(client: &Client, prefix: &str, keys: std::ops::Range<usize>, value: &[u8]) {
    for first in keys.clone().step_by(100) {
        let mut error = null_mut();
        unsafe {
            let txn = etcd_txn_new();
            for i in first..keys.end.min(first + 100) {
                let key = key(prefix, i);
                etcd_txn_put(txn, ETCD_BRANCH_THEN, bytes(&key), bytes(value), null());
            }
            let done = etcd_txn_commit(client.0, txn, null(), null_mut(), &mut error);
            ffi::check(done, error).unwrap();
            etcd_txn_free(txn);
        }
    }
}

pub fn key(prefix: &str, i: usize) -> Vec<u8> {
    format!("{prefix}{i:06}").into_bytes()
}

/// Asserts that the pages have the keys 0 to count - 1, in order and each once.
pub fn assert_whole(pages: &[Reply], prefix: &str, count: usize) {
    let keys: Vec<_> = pages.iter().flat_map(|page| page.kvs.iter().map(|kv| &kv.key)).collect();
    assert_eq!(keys.len(), count);
    for (i, found) in keys.into_iter().enumerate() {
        assert_eq!(*found, key(prefix, i));
    }
    for (i, page) in pages.iter().enumerate() {
        assert_eq!((page.revision, page.count), (pages[0].revision, count as i64));
        assert_eq!(page.more, i + 1 < pages.len());
        assert!(page.cluster_id != 0 && (i == 0 || !page.kvs.is_empty()));
    }
}

/// How many calls a server has begun, by its own count.
pub fn calls(backend: &Backend, method: &str) -> u64 {
    counted(backend, "grpc_server_started_total", &format!("\"{method}\""))
}

pub fn counted(backend: &Backend, name: &str, label: &str) -> u64 {
    let Some(cluster) = backend.cluster else { return 0 };
    let mut socket = TcpStream::connect(("127.0.0.1", cluster.port(0))).unwrap();
    socket.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    let line = text.lines().find(|line| line.starts_with(name) && line.contains(label));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64)
}

pub fn has_streams(backend: &Backend) -> bool {
    backend.name.contains("3.7")
}
