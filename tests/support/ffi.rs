//! The exported functions, called as C calls them, in a form that is easy to test with.

use etcd::capi::call::*;
use etcd::capi::client::*;
use etcd::capi::endpoints::*;
use etcd::capi::error::*;
use etcd::capi::event::*;
use etcd::capi::kv::*;
use etcd::capi::options::*;
use etcd::capi::pairs::*;
use etcd::capi::queue::*;
use etcd::capi::types::*;
use etcd::status::*;
use std::ffi::{c_void, CStr, CString};
use std::ptr::{null, null_mut};

#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub status: etcd_status_t,
    pub grpc_code: i32,
    pub maybe_applied: bool,
    pub endpoint: String,
    pub message: String,
    /// Of a compaction.
    pub revision: i64,
}

impl Failure {
    pub fn name(&self) -> String {
        text(etcd_status_name(self.status))
    }
}

pub type Result<T> = std::result::Result<T, Failure>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kv {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub create_revision: i64,
    pub mod_revision: i64,
    pub version: i64,
    pub lease: i64,
}

/// What the three responses have, together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    pub cluster_id: u64,
    pub member_id: u64,
    pub revision: i64,
    pub raft_term: u64,
    pub kvs: Vec<Kv>,
    pub count: i64,
    pub more: bool,
}

pub fn text(text: *const std::ffi::c_char) -> String {
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

pub fn bytes(data: &[u8]) -> etcd_bytes_t {
    etcd_bytes_t { data: data.as_ptr(), len: data.len() }
}

unsafe fn vec(bytes: etcd_bytes_t) -> Vec<u8> {
    match bytes.len {
        0 => Vec::new(),
        len => std::slice::from_raw_parts(bytes.data, len).to_vec(),
    }
}

unsafe fn kvs(first: *const etcd_kv_t, count: usize) -> Vec<Kv> {
    (0..count).map(|i| kv(&*first.add(i))).collect()
}

pub unsafe fn kv(kv: &etcd_kv_t) -> Kv {
    Kv {
        key: vec(kv.key),
        value: vec(kv.value),
        create_revision: kv.create_revision,
        mod_revision: kv.mod_revision,
        version: kv.version,
        lease: kv.lease,
    }
}

fn reply(header: &etcd_header_t, kvs: Vec<Kv>, count: i64, more: bool) -> Reply {
    Reply {
        cluster_id: header.cluster_id,
        member_id: header.member_id,
        revision: header.revision,
        raft_term: header.raft_term,
        kvs,
        count,
        more,
    }
}

pub unsafe fn range_reply(r: &etcd_get_response_t) -> Reply {
    reply(&r.header, kvs(r.kvs, r.kv_count), r.count, r.more)
}

pub unsafe fn put_reply(r: &etcd_put_response_t) -> Reply {
    reply(&r.header, kvs(r.prev_kv, usize::from(!r.prev_kv.is_null())), 0, false)
}

pub unsafe fn delete_reply(r: &etcd_delete_response_t) -> Reply {
    reply(&r.header, kvs(r.prev_kvs, r.prev_kv_count), r.deleted, false)
}

pub unsafe fn failure_of(error: *const etcd_error_t) -> Failure {
    let error = &*error;
    Failure {
        status: error.status,
        grpc_code: error.grpc_code,
        maybe_applied: error.outcome == ETCD_MAYBE_APPLIED,
        endpoint: text(error.endpoint),
        message: text(error.message),
        revision: error.revision,
    }
}

pub unsafe fn check(status: etcd_status_t, error: *mut etcd_error_t) -> Result<()> {
    if status >= 0 {
        assert!(error.is_null());
        return Ok(());
    }
    let failure = failure_of(error);
    assert_eq!(failure.status, status);
    etcd_error_free(error);
    Err(failure)
}

/// Options of a client, zero unless set.
#[derive(Default)]
pub struct Options<'a> {
    pub user: &'a str,
    pub password: &'a str,
    pub ca_file: &'a str,
    pub cert_file: &'a str,
    pub key_file: &'a str,
    pub server_name: &'a str,
    pub ca_pem: &'a [u8],
    pub cert_pem: &'a [u8],
    pub key_pem: &'a [u8],
    pub timeout_ms: u32,
    pub flags: u32,
    pub connect_timeout_ms: u32,
    pub ping_interval_ms: u32,
    pub ping_timeout_ms: u32,
    pub max_send_bytes: u32,
    pub max_receive_bytes: u32,
    pub auto_sync_interval_ms: u32,
    pub crl_file: &'a str,
    pub crl_pem: &'a [u8],
    pub token: &'a str,
    pub key_prefix: &'a [u8],
    pub log_callback: etcd::capi::log::etcd_log_cb,
    /// A pointer.
    pub log_arg: usize,
    pub log_level: u32,
}

/// Options of one call, zero unless set.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallOptions<'a> {
    pub range_end: &'a [u8],
    pub timeout_ms: u32,
    pub flags: u32,
    pub revision: i64,
    pub limit: i64,
    pub min_mod_revision: i64,
    pub max_mod_revision: i64,
    pub min_create_revision: i64,
    pub max_create_revision: i64,
    pub sort_order: i32,
    pub sort_target: i32,
    pub lease: i64,
}

pub const DEFAULT: CallOptions<'static> = CallOptions {
    range_end: &[],
    timeout_ms: 0,
    flags: 0,
    revision: 0,
    limit: 0,
    min_mod_revision: 0,
    max_mod_revision: 0,
    min_create_revision: 0,
    max_create_revision: 0,
    sort_order: 0,
    sort_target: 0,
    lease: 0,
};

impl CallOptions<'_> {
    pub fn get(self) -> etcd_get_options_t {
        etcd_get_options_t {
            size: size_of::<etcd_get_options_t>(),
            range_end: bytes(self.range_end),
            timeout_ms: self.timeout_ms,
            flags: self.flags,
            revision: self.revision,
            limit: self.limit,
            min_mod_revision: self.min_mod_revision,
            max_mod_revision: self.max_mod_revision,
            min_create_revision: self.min_create_revision,
            max_create_revision: self.max_create_revision,
            sort_order: self.sort_order,
            sort_target: self.sort_target,
        }
    }

    pub fn put(self) -> etcd_put_options_t {
        assert!(self.range_end.is_empty());
        etcd_put_options_t {
            size: size_of::<etcd_put_options_t>(),
            timeout_ms: self.timeout_ms,
            flags: self.flags,
            lease: self.lease,
        }
    }

    fn compact(self) -> etcd_call_options_t {
        etcd_call_options_t {
            size: size_of::<etcd_call_options_t>(),
            timeout_ms: self.timeout_ms,
            flags: self.flags,
        }
    }

    pub fn delete(self) -> etcd_delete_options_t {
        etcd_delete_options_t {
            size: size_of::<etcd_delete_options_t>(),
            range_end: bytes(self.range_end),
            timeout_ms: self.timeout_ms,
            flags: self.flags,
        }
    }
}

pub fn flags(flags: u32) -> CallOptions<'static> {
    CallOptions { flags, ..Default::default() }
}

pub fn timeout(timeout_ms: u32) -> CallOptions<'static> {
    CallOptions { timeout_ms, ..Default::default() }
}

/// An open client; closed when dropped.
pub struct Client(pub *mut etcd_client_t);
unsafe impl Send for Client {}
unsafe impl Sync for Client {}

impl Client {
    pub fn open(endpoints: &str) -> Client {
        Client::with(endpoints, Options::default()).unwrap()
    }

    pub fn with(endpoints: &str, options: Options<'_>) -> Result<Client> {
        let c = |text: &str| CString::new(text).unwrap();
        let (endpoints, user, password) = (c(endpoints), c(options.user), c(options.password));
        let (ca, cert, key) = (c(options.ca_file), c(options.cert_file), c(options.key_file));
        let (server_name, crl, token) =
            (c(options.server_name), c(options.crl_file), c(options.token));
        let raw = etcd_client_options_t {
            size: size_of::<etcd_client_options_t>(),
            endpoints: endpoints.as_ptr(),
            user: user.as_ptr(),
            password: password.as_ptr(),
            ca_file: ca.as_ptr(),
            cert_file: cert.as_ptr(),
            key_file: key.as_ptr(),
            server_name: server_name.as_ptr(),
            ca_pem: bytes(options.ca_pem),
            cert_pem: bytes(options.cert_pem),
            key_pem: bytes(options.key_pem),
            timeout_ms: options.timeout_ms,
            flags: options.flags,
            connect_timeout_ms: options.connect_timeout_ms,
            ping_interval_ms: options.ping_interval_ms,
            ping_timeout_ms: options.ping_timeout_ms,
            max_send_bytes: options.max_send_bytes,
            max_receive_bytes: options.max_receive_bytes,
            auto_sync_interval_ms: options.auto_sync_interval_ms,
            crl_file: crl.as_ptr(),
            crl_pem: bytes(options.crl_pem),
            token: token.as_ptr(),
            key_prefix: bytes(options.key_prefix),
            log_callback: options.log_callback,
            log_arg: options.log_arg as *mut c_void,
            log_level: options.log_level,
            log_reserved: 0,
        };
        let (mut client, mut error) = (null_mut(), null_mut());
        let status = unsafe { etcd_client_open(&raw, &mut client, &mut error) };
        unsafe { check(status, error) }.map(|()| Client(client))
    }

    pub fn get(&self, key: &[u8], options: CallOptions<'_>) -> Result<Reply> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let options = options.get();
            check(etcd_kv_get(self.0, bytes(key), &options, &mut out, &mut error), error)?;
            let reply = range_reply(&*out);
            etcd_get_response_free(out);
            Ok(reply)
        }
    }

    pub fn put(&self, key: &[u8], value: &[u8], options: CallOptions<'_>) -> Result<Reply> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let options = options.put();
            let (key, value) = (bytes(key), bytes(value));
            check(etcd_kv_put(self.0, key, value, &options, &mut out, &mut error), error)?;
            let reply = put_reply(&*out);
            etcd_put_response_free(out);
            Ok(reply)
        }
    }

    pub fn delete(&self, key: &[u8], options: CallOptions<'_>) -> Result<Reply> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let options = options.delete();
            check(etcd_kv_delete(self.0, bytes(key), &options, &mut out, &mut error), error)?;
            let reply = delete_reply(&*out);
            etcd_delete_response_free(out);
            Ok(reply)
        }
    }

    pub fn compact(&self, revision: i64, options: CallOptions<'_>) -> Result<Reply> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let options = options.compact();
            check(etcd_kv_compact(self.0, revision, &options, &mut out, &mut error), error)?;
            let reply = reply(&(*out).header, Vec::new(), 0, false);
            etcd_header_response_free(out);
            Ok(reply)
        }
    }

    pub fn endpoints(&self) -> Vec<String> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            check(etcd_client_endpoints(self.0, &mut out, &mut error), error).unwrap();
            let list = &*out;
            let names = (0..list.name_count).map(|i| text(*list.names.add(i))).collect();
            etcd_client_endpoints_free(out);
            names
        }
    }

    pub fn set_endpoints(&self, list: &str) -> Result<()> {
        let (list, mut error) = (CString::new(list).unwrap(), null_mut());
        unsafe { check(etcd_client_set_endpoints(self.0, list.as_ptr(), &mut error), error) }
    }

    pub fn sync(&self) -> Result<()> {
        let mut error = null_mut();
        unsafe { check(etcd_client_sync(self.0, null(), &mut error), error) }
    }

    /// The value of one key.
    pub fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.get(key, CallOptions::default())?.kvs.pop().map(|kv| kv.value))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        unsafe { etcd_client_close(self.0) };
    }
}

/// A queue; freed when dropped.
pub struct Queue(pub *mut etcd_queue_t);
unsafe impl Send for Queue {}
unsafe impl Sync for Queue {}

/// An event, read.
#[derive(Debug)]
pub struct Event {
    pub kind: i32,
    pub user_data: usize,
    pub result: Result<Reply>,
}

/// How a wait on a queue ended without an event.
#[derive(Debug, PartialEq)]
pub enum NoEvent {
    Empty,
    Woken,
    Failed(etcd_status_t),
}

impl Queue {
    pub fn new() -> Queue {
        let (mut queue, mut error) = (null_mut(), null_mut());
        unsafe { check(etcd_queue_new(null(), &mut queue, &mut error), error) }.unwrap();
        Queue(queue)
    }

    pub fn fd(&self) -> i32 {
        unsafe { etcd_queue_fd(self.0) }
    }

    pub fn get(&self, client: &Client, key: &[u8], tag: usize) -> Result<*mut etcd_call_t> {
        let (mut op, mut error) = (null_mut(), null_mut());
        let tag = tag as *mut c_void;
        unsafe {
            let key = bytes(key);
            let status = etcd_kv_get_async(client.0, key, null(), self.0, tag, &mut op, &mut error);
            check(status, error).map(|()| op)
        }
    }

    pub fn put(&self, client: &Client, key: &[u8], value: &[u8], tag: usize) -> Result<()> {
        let mut error = null_mut();
        let tag = tag as *mut c_void;
        unsafe {
            let (key, value) = (bytes(key), bytes(value));
            let no_op = null_mut();
            let status =
                etcd_kv_put_async(client.0, key, value, null(), self.0, tag, no_op, &mut error);
            check(status, error)
        }
    }

    pub fn delete(&self, client: &Client, key: &[u8], tag: usize) -> Result<()> {
        let mut error = null_mut();
        let tag = tag as *mut c_void;
        unsafe {
            let key = bytes(key);
            let no_op = null_mut();
            let status =
                etcd_kv_delete_async(client.0, key, null(), self.0, tag, no_op, &mut error);
            check(status, error)
        }
    }

    pub fn compact(&self, client: &Client, revision: i64, tag: usize) -> Result<()> {
        let mut error = null_mut();
        let (tag, no_op) = (tag as *mut c_void, null_mut());
        unsafe {
            let status =
                etcd_kv_compact_async(client.0, revision, null(), self.0, tag, no_op, &mut error);
            check(status, error)
        }
    }

    pub fn next(&self, wait_ms: i32) -> std::result::Result<Event, NoEvent> {
        let mut event = null_mut();
        unsafe {
            match etcd_queue_next(self.0, wait_ms, &mut event, null_mut()) {
                ETCD_OK => {}
                ETCD_EMPTY => return Err(NoEvent::Empty),
                ETCD_WOKEN => return Err(NoEvent::Woken),
                status => return Err(NoEvent::Failed(status)),
            }
            let kind = etcd_event_kind(event);
            let status = etcd_event_status(event);
            let result = if status == ETCD_OK {
                assert!(etcd_event_error(event).is_null());
                Ok(match kind {
                    ETCD_EVENT_GET_RESPONSE => {
                        range_reply(&*response(event, ETCD_EVENT_GET_RESPONSE))
                    }
                    ETCD_EVENT_PUT_RESPONSE => {
                        put_reply(&*response(event, ETCD_EVENT_PUT_RESPONSE))
                    }
                    ETCD_EVENT_DELETE_RESPONSE => {
                        delete_reply(&*response(event, ETCD_EVENT_DELETE_RESPONSE))
                    }
                    ETCD_EVENT_COMPACT_RESPONSE => {
                        let compacted: &etcd_header_response_t =
                            &*response(event, ETCD_EVENT_COMPACT_RESPONSE);
                        reply(&compacted.header, Vec::new(), 0, false)
                    }
                    etcd::capi::recipes::election::ETCD_EVENT_ELECTION_OBSERVE => Reply::default(),
                    other => panic!("event type {other}"),
                })
            } else {
                Err(failure_of(etcd_event_error(event)))
            };
            let event_read =
                Event { kind, user_data: etcd_event_user_data(event) as usize, result };
            etcd_event_free(event);
            Ok(event_read)
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        unsafe { etcd_queue_free(self.0) };
    }
}

/// The response of an event that is of that kind.
pub unsafe fn response<T>(event: *const etcd_event_t, kind: i32) -> *const T {
    etcd_event_response(event, kind).cast()
}
