//! Sessions, locks and elections, in a form that is easy to test with.

use super::ffi::*;
use etcd::capi::options::*;
use etcd::capi::recipes::election::*;
use etcd::capi::recipes::mutex::*;
use etcd::capi::recipes::ownership::*;
use etcd::capi::recipes::session::*;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Closed when dropped.
pub struct Session(pub *mut etcd_lease_session_t);
pub struct Mutex(pub *mut etcd_mutex_t);
unsafe impl Send for Session {}
unsafe impl Sync for Session {}
unsafe impl Send for Mutex {}
unsafe impl Sync for Mutex {}

impl Drop for Session {
    fn drop(&mut self) {
        unsafe { etcd_lease_session_close(self.0) };
    }
}

impl Drop for Mutex {
    fn drop(&mut self) {
        unsafe { etcd_mutex_close(self.0) };
    }
}

/// What a lock call returns: the key, the revision of its creation, the lease, and whether it is held.
pub type Lock = (Vec<u8>, i64, i64, bool);

pub fn within(timeout_ms: u32) -> etcd_call_options_t {
    etcd_call_options_t { size: size_of::<etcd_call_options_t>(), timeout_ms, flags: 0 }
}

impl Session {
    pub fn open_with(client: &Client, lease: i64, ttl: i64, flags: u32) -> Session {
        let size = size_of::<etcd_lease_session_options_t>();
        let options = etcd_lease_session_options_t { size, lease, ttl, flags, reserved: 0 };
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_lease_session_open(client.0, &options, &mut out, &mut error);
            check(status, error).unwrap();
        }
        Session(out)
    }

    pub fn open(client: &Client, ttl: i64) -> Session {
        Session::open_with(client, 0, ttl, 0)
    }

    pub fn lease(&self) -> Result<i64> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_lease_session_lease(self.0, &within(10_000), &mut out, &mut error);
            check(status, error)?;
            let lease = (*out).lease;
            etcd_lease_session_response_free(out);
            Ok(lease)
        }
    }

    pub fn lost(&self, lease: i64, timeout_ms: u32) -> Failure {
        let (how, mut error) = (within(timeout_ms), null_mut());
        let status =
            unsafe { etcd_lease_session_lost(self.0, lease, &how, null_mut(), &mut error) };
        unsafe { check(status, error) }.unwrap_err()
    }

    pub fn end(&self) -> Result<()> {
        let mut error = null_mut();
        unsafe { check(etcd_lease_session_end(self.0, null(), null_mut(), &mut error), error) }
    }

    pub fn mutex(&self, name: &[u8]) -> Mutex {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            check(etcd_mutex_open(self.0, bytes(name), &mut out, &mut error), error).unwrap()
        };
        Mutex(out)
    }
}

pub unsafe fn read(out: *mut etcd_ownership_response_t) -> Lock {
    let r = &*out;
    let key = std::slice::from_raw_parts(r.key.data, r.key.len).to_vec();
    let lock = (key, r.create_revision, r.lease, r.held);
    etcd_ownership_response_free(out);
    lock
}

impl Mutex {
    pub fn close(&self) {
        unsafe { etcd_mutex_close(self.0) };
    }

    pub fn lock(&self, timeout_ms: u32) -> Result<Lock> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_mutex_lock(self.0, &within(timeout_ms), &mut out, &mut error);
            check(status, error).map(|()| read(out))
        }
    }

    pub fn try_lock(&self) -> Result<Lock> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_mutex_try_lock(self.0, null(), &mut out, &mut error);
            check(status, error).map(|()| read(out))
        }
    }

    pub fn unlock(&self) -> Result<()> {
        let mut error = null_mut();
        unsafe { check(etcd_mutex_unlock(self.0, null(), null_mut(), &mut error), error) }
    }

    pub fn check(&self) -> Result<()> {
        let mut error = null_mut();
        unsafe { check(etcd_mutex_check(self.0, null(), null_mut(), &mut error), error) }
    }

    pub fn lost(&self, timeout_ms: u32) -> Failure {
        let mut error = null_mut();
        let status =
            unsafe { etcd_mutex_lost(self.0, &within(timeout_ms), null_mut(), &mut error) };
        unsafe { check(status, error) }.unwrap_err()
    }
}

pub fn line(client: &Client, name: &str) -> usize {
    client.get(format!("{name}/").as_bytes(), flags(ETCD_PREFIX)).unwrap().kvs.len()
}

pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(10));
    }
}

/// Closed when dropped.
pub struct Election(pub *mut etcd_election_t);
pub struct Observer(pub *mut etcd_election_observer_t);
unsafe impl Send for Election {}
unsafe impl Sync for Election {}
unsafe impl Send for Observer {}

impl Drop for Election {
    fn drop(&mut self) {
        unsafe { etcd_election_close(self.0) };
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        unsafe { etcd_election_observer_close(self.0) };
    }
}

impl Election {
    pub fn open(session: &Session, name: &[u8]) -> Election {
        let (mut out, mut error) = (null_mut(), null_mut());
        let status = unsafe { etcd_election_open(session.0, bytes(name), &mut out, &mut error) };
        unsafe { check(status, error) }.unwrap();
        Election(out)
    }

    pub fn campaign(&self, value: &[u8], timeout_ms: u32) -> Result<Lock> {
        let (how, mut out, mut error) = (within(timeout_ms), null_mut(), null_mut());
        unsafe {
            let status = etcd_election_campaign(self.0, bytes(value), &how, &mut out, &mut error);
            check(status, error).map(|()| read(out))
        }
    }

    pub fn resume(&self, create_revision: i64) -> Result<Lock> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status =
                etcd_election_resume(self.0, create_revision, null(), &mut out, &mut error);
            check(status, error).map(|()| read(out))
        }
    }

    pub fn proclaim(&self, value: &[u8]) -> Result<()> {
        let mut error = null_mut();
        unsafe {
            let status =
                etcd_election_proclaim(self.0, bytes(value), null(), null_mut(), &mut error);
            check(status, error)
        }
    }

    pub fn resign(&self) -> Result<()> {
        let mut error = null_mut();
        unsafe { check(etcd_election_resign(self.0, null(), null_mut(), &mut error), error) }
    }

    pub fn lost(&self, timeout_ms: u32) -> Failure {
        let (how, mut error) = (within(timeout_ms), null_mut());
        let status = unsafe { etcd_election_lost(self.0, &how, null_mut(), &mut error) };
        unsafe { check(status, error) }.unwrap_err()
    }
}

/// The value of the leader, and the revision of its creation.
pub type Leader = Option<(Vec<u8>, i64)>;

unsafe fn read_leader(out: *mut etcd_election_leader_response_t) -> Leader {
    assert!((*out).header.revision > 0);
    let leader = (*out).leader.as_ref().map(|leader| kv(leader));
    etcd_election_leader_response_free(out);
    leader.map(|kv| (kv.value, kv.create_revision))
}

pub fn leader(client: &Client, name: &[u8]) -> Leader {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        let status = etcd_election_leader(client.0, bytes(name), null(), &mut out, &mut error);
        check(status, error).unwrap();
        read_leader(out)
    }
}

impl Observer {
    pub fn open(client: &Client, name: &[u8], queue: Option<&Queue>) -> Observer {
        let (mut out, mut error) = (null_mut(), null_mut());
        let queue = queue.map_or(null_mut(), |queue| queue.0);
        unsafe {
            let status = etcd_election_observer_open(
                client.0,
                bytes(name),
                null(),
                queue,
                null_mut(),
                &mut out,
                &mut error,
            );
            check(status, error).unwrap();
        }
        Observer(out)
    }

    /// None if nothing comes.
    pub fn next(&self, wait_ms: i32) -> Result<Option<Leader>> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_election_observer_next(self.0, wait_ms, &mut out, &mut error);
            check(status, error)?;
            Ok((status == ETCD_OK).then(|| read_leader(out)))
        }
    }
}
