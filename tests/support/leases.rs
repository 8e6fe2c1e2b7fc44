//! Leases, and what keeps them alive.

use super::ffi::*;
use etcd::capi::keepalive::*;
use etcd::capi::lease::*;
use etcd::capi::options::*;
use etcd::status::*;
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

pub fn grant(client: &Client, ttl: i64) -> i64 {
    let (mut out, mut error) = (null_mut(), null_mut());
    unsafe {
        check(etcd_lease_grant(client.0, ttl, null(), &mut out, &mut error), error).unwrap();
        assert_eq!((*out).ttl, ttl);
        let id = (*out).id;
        etcd_lease_grant_response_free(out);
        id
    }
}

pub fn revoke(client: &Client, id: i64) -> Result<()> {
    let mut error = null_mut();
    unsafe { check(etcd_lease_revoke(client.0, id, null(), null_mut(), &mut error), error) }
}

/// Closed when dropped.
pub struct KeepAlive(pub *mut etcd_lease_keep_alive_t);
unsafe impl Send for KeepAlive {}
unsafe impl Sync for KeepAlive {}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        unsafe { etcd_lease_keep_alive_close(self.0) };
    }
}

pub fn begin(
    client: &Client,
    id: i64,
    flags: u32,
    timeout_ms: u32,
    queue: Option<&Queue>,
) -> Result<KeepAlive> {
    let size = size_of::<etcd_call_options_t>();
    let options = etcd_call_options_t { size, timeout_ms, flags };
    let (mut out, mut error) = (null_mut(), null_mut());
    let queue = queue.map_or(null_mut(), |queue| queue.0);
    let tag = id as *mut std::ffi::c_void;
    unsafe {
        let status =
            etcd_lease_keep_alive_open(client.0, id, &options, queue, tag, &mut out, &mut error);
        check(status, error).map(|()| KeepAlive(out))
    }
}

/// Told of the end alone.
pub fn keep(client: &Client, id: i64) -> KeepAlive {
    begin(client, id, 0, 0, None).unwrap()
}

/// Told of renewals too.
pub fn follow(client: &Client, id: i64) -> KeepAlive {
    begin(client, id, ETCD_LEASE_KEEP_ALIVE_NOTIFY, 0, None).unwrap()
}

impl KeepAlive {
    /// Of the next renewal the cluster, the lease and the ttl; None if nothing came in time.
    fn take(&self, wait_ms: i32) -> Result<Option<(u64, i64, i64)>> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_lease_keep_alive_next(self.0, wait_ms, &mut out, &mut error);
            check(status, error)?;
            assert_eq!(status == ETCD_EMPTY, out.is_null());
            let taken = out.as_ref().map(|it| (it.header.cluster_id, it.id, it.ttl));
            etcd_lease_keep_alive_response_free(out);
            Ok(taken)
        }
    }

    /// The ttl of a renewal; None if nothing came in time.
    pub fn next(&self, wait_ms: i32) -> Result<Option<i64>> {
        Ok(self.take(wait_ms)?.map(|(cluster, id, ttl)| {
            assert!(cluster != 0 && id != 0);
            ttl
        }))
    }

    /// The ttl of the next renewal, within 15 s and of whatever server.
    pub fn ttl(&self) -> Result<i64> {
        let (_, _, ttl) = self.take(15_000)?.expect("a renewal within 15 s");
        Ok(ttl)
    }

    pub fn left(&self) -> Duration {
        let left = unsafe { etcd_lease_keep_alive_left_ms(self.0) };
        Duration::from_millis(left.try_into().unwrap())
    }

    pub fn renewed(&self) {
        assert!(self.next(5_000).unwrap().is_some(), "no renewal");
    }

    /// Waits for the end; a second time it is the same.
    pub fn end(&self, wait_ms: i32) -> Failure {
        let until = Instant::now() + Duration::from_millis(wait_ms as u64);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.next(left.as_millis() as i32) {
                Ok(None) => panic!("no end within {wait_ms} ms"),
                Ok(Some(_)) => {}
                Err(end) => {
                    assert_eq!(self.next(0), Err(end.clone()));
                    assert_eq!(self.left(), Duration::ZERO);
                    assert!(!end.maybe_applied);
                    return end;
                }
            }
        }
    }

    pub fn lives(&self) {
        assert!(self.left() > Duration::ZERO);
        while self.next(0).unwrap().is_some() {}
    }
}
