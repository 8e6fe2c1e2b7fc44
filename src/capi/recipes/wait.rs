//! Waits for a key.

use super::patience;
use crate::capi::bytes;
use crate::capi::exports::{call, Work};
use crate::capi::options::etcd_call_options_t;
use crate::capi::pairs::{etcd_get_response_t, ETCD_EVENT_GET_RESPONSE};
use crate::capi::types::etcd_bytes_t;
use crate::recipes::wait::{wait_for, Found};

call! {
    /// Waits until a key exists, or until it does not.
    ///
    /// It returns at once if it is so already. Each state is noticed, however short, unless its
    /// history is compacted meanwhile. The wait goes on through outages.
    ///
    /// @param key Any bytes, not empty.
    /// @param exists Whether to wait until it exists.
    /// @param options timeout_ms 0 is no deadline.
    /// @param[out] out The key as it was when it was put; none if it does not exist.
    /// header.revision is the one at which it is so.
    /// @return ETCD_ERR_EMPTY_KEY; ETCD_ERR_TIMEOUT if it is not so by the deadline.
    fn etcd_kv_wait_for(
        client, key: etcd_bytes_t, exists: bool, options: *const etcd_call_options_t,
    ) -> etcd_get_response_t {
        let (key, until) = (bytes(key, "key")?.to_vec(), patience(options)?);
        let client = client.handle();
        let future = async move {
            let found = wait_for(&client, &key, exists);
            until.limit("the key is not there yet, or not gone", found).await
        };
        let response = |found: Found| {
            let kvs: Vec<_> = found.kv.into_iter().collect();
            Ok(etcd_get_response_t::made_of(found.header, &kvs))
        };
        Ok(Work { stub: None, changes: false, waits: true, future, response })
    }
    async etcd_kv_wait_for_async => ETCD_EVENT_GET_RESPONSE
}
