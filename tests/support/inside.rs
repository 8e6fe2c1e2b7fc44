//! What a client shows of itself, in a form that is easy to test with.

use super::ffi::*;
use super::watch::{Watch, WatchOptions};
use etcd::capi::counters::*;
use etcd::capi::log::*;
use etcd::capi::options::ETCD_PREFIX;
use etcd::status::*;
use std::ffi::{c_void, CString};
use std::ptr::null_mut;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub fn counters(client: &Client) -> etcd_counters_t {
    let mut counters: etcd_counters_t = unsafe { std::mem::zeroed() };
    counters.size = size_of::<etcd_counters_t>();
    assert_eq!(unsafe { etcd_client_counters(client.0, &mut counters, null_mut()) }, ETCD_OK);
    counters
}

pub fn page(client: &Client, label: &str) -> String {
    let (mut out, label) = (null_mut(), CString::new(label).unwrap());
    unsafe {
        let status = etcd_client_counters_text(client.0, label.as_ptr(), &mut out, null_mut());
        assert_eq!(status, ETCD_OK);
        let copy = text(out);
        etcd_text_free(out);
        copy
    }
}

pub fn within_10_s(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(10));
    }
}

pub fn watch_from(client: &Client, prefix: &str, start: i64) -> Watch {
    let options = WatchOptions { start, flags: ETCD_PREFIX, ..Default::default() };
    Watch::open(client, prefix.as_bytes(), options).unwrap()
}

/// A line of a log: level, status, what, endpoint, message.
pub type Line = (u32, etcd_status_t, String, String, String);

#[derive(Debug, Default)]
pub struct Lines(pub Mutex<Vec<Line>>);

unsafe extern "C" fn note(record: *const etcd_log_record_t, arg: *mut c_void) {
    let record = &*record;
    let (what, endpoint) = (text(record.what), text(record.endpoint));
    let line = (record.level, record.status, what, endpoint, text(record.message));
    (*arg.cast::<Lines>()).0.lock().unwrap().push(line);
}

impl Lines {
    pub fn options(&self, level: u32) -> Options<'static> {
        let log_arg = std::ptr::from_ref(self) as usize;
        Options { log_callback: Some(note), log_arg, log_level: level, ..Options::default() }
    }

    pub fn find(&self, what: &str, status: etcd_status_t, message: &str) -> Option<Line> {
        let lines = self.0.lock().unwrap();
        let fits = |line: &&Line| line.2 == what && line.1 == status && line.4.contains(message);
        lines.iter().find(fits).cloned()
    }

    pub fn expect(&self, level: u32, what: &str, status: etcd_status_t, message: &str, at: &str) {
        let start = Instant::now();
        let line = loop {
            match self.find(what, status, message) {
                Some(line) => break line,
                None if start.elapsed() < Duration::from_secs(10) => {
                    sleep(Duration::from_millis(10));
                }
                None => panic!("{what}, {message}: {:#?}", self.0.lock().unwrap()),
            }
        };
        assert_eq!((line.0, &*line.3), (level, at), "{line:?}");
    }
}
