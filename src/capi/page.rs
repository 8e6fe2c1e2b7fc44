//! Ranges that are too large for one reply.

use super::call::etcd_call_t;
use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::kv::*;
use super::options::*;
use super::owned::{self, Owned};
use super::pairs::{etcd_get_response_t, ETCD_EVENT_GET_RESPONSE};
use super::queue::etcd_queue_t;
use super::submit::{submit_work, Destination};
use super::types::etcd_bytes_t;
use super::{bytes, clear, guard, handle, known_flags, out, quiet};
use crate::client::namespace::{prefix_end, Named};
use crate::client::page::{Page, Pages, Shared};
use crate::client::{CallOptions, Client};
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A range that is read page by page. Opaque; belongs to its client.
pub struct etcd_range_t(());

handle::kind!(10, etcd_range_t, Owned<RangeIter>, "range");

/// Options of etcd_range_open(). Begin with ETCD_RANGE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_range_options_t {
    /// Set by ETCD_RANGE_OPTIONS_INIT.
    pub size: usize,
    /// If not empty, the range is [key, range_end). Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty
    /// means the key alone, so check an end that was computed.
    pub range_end: etcd_bytes_t,
    /// The deadline of each page in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_PREFIX or ETCD_FROM_KEY, ETCD_SERIALIZABLE, ETCD_GET_KEYS_ONLY,
    /// ETCD_REQUIRE_LEADER.
    pub flags: u32,
    /// The revision to read at; 0 for the revision at the first page.
    pub revision: i64,
    /// The largest number of keys in a page; 0 for 1000. A page has fewer if it would exceed the
    /// client's max_receive_bytes.
    pub limit: i64,
    /// As in etcd_get_options_t. With any of these four, or with ETCD_SORT_DESCEND, a server reads
    /// the whole rest of the range for each page.
    pub min_mod_revision: i64,
    /// As in etcd_get_options_t.
    pub max_mod_revision: i64,
    /// As in etcd_get_options_t.
    pub min_create_revision: i64,
    /// As in etcd_get_options_t.
    pub max_create_revision: i64,
    /// The order of the keys: ETCD_SORT_NONE or ETCD_SORT_ASCEND, which are the same here, or
    /// ETCD_SORT_DESCEND.
    pub sort_order: i32,
    /// Must be 0.
    pub reserved: u32,
}

unsafe impl Options for etcd_range_options_t {
    const NAME: &'static str = "etcd_range_options_t";
    const FIRST_SIZE: usize = 88;
}

const RANGE_FLAGS: u32 =
    ETCD_PREFIX | ETCD_FROM_KEY | ETCD_SERIALIZABLE | ETCD_GET_KEYS_ONLY | ETCD_REQUIRE_LEADER;

/// What the handle stands for.
pub struct RangeIter {
    pages: Shared,
    common: CallOptions,
    /// A page that there was no memory to hand out.
    kept: std::sync::Mutex<Option<Page>>,
}

unsafe fn pages(
    client: &Client,
    key: etcd_bytes_t,
    options: *const etcd_range_options_t,
) -> Result<(Pages, CallOptions)> {
    let options = copy(options)?;
    known_flags(options.flags, RANGE_FLAGS)?;
    if options.reserved != 0 {
        return Err(Error::new(ETCD_ERR_UNSUPPORTED, "reserved must be 0"));
    }
    let get = etcd_get_options_t {
        size: size_of::<etcd_get_options_t>(),
        range_end: options.range_end,
        timeout_ms: options.timeout_ms,
        flags: options.flags,
        revision: options.revision,
        limit: options.limit,
        min_mod_revision: options.min_mod_revision,
        max_mod_revision: options.max_mod_revision,
        min_create_revision: options.min_create_revision,
        max_create_revision: options.max_create_revision,
        sort_order: options.sort_order,
        sort_target: ETCD_SORT_BY_KEY,
    };
    let (keys, reading, common) = get_options(key, &get)?;
    let mut request = reading.request(keys)?;
    request.add_prefix(client.namespace());
    Ok((Pages::new(request, common.require_leader), common))
}

/// Begins to read a range page by page. No server is asked yet.
///
/// All pages are of one revision, whatever is written meanwhile: together they have every key of
/// the range once. The number of keys does not matter, since neither side holds more than a page
/// and what is on its way. Servers that can (etcd 3.7) send all pages but the first as one stream.
/// Others count what is left of the range for each reply: they are asked for up to four times as
/// much as before each time, up to about 1 MiB or 10,000 keys, which come in pages all the same. A
/// page that is kept keeps the memory of the reply that it came in.
///
/// @param client   Open client.
/// @param key      Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
/// @param options  May be NULL for defaults. Copied.
/// @param[out] out The iterator; close it with etcd_range_close().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_SORT_OPTION,
///         ETCD_ERR_UNSUPPORTED, ETCD_ERR_NO_RESOURCES, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_range_open(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    options: *const etcd_range_options_t,
    out: *mut *mut etcd_range_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let (pages, common) = pages(&client, key, options)?;
        let pages = Arc::new(Mutex::new(pages));
        let kept = std::sync::Mutex::default();
        let iter = Arc::new(RangeIter { pages, common, kept });
        out.write(owned::insert(Arc::downgrade(&client), iter)?);
        Ok(ETCD_OK)
    })
}

/// Returns the next page of a range.
///
/// There is always a first page, without keys if the range is empty; later pages have keys. In
/// each page, header has the revision of all pages: a watch from that revision plus 1 continues
/// the range. count is the number of keys in the whole range; more says whether other pages follow.
///
/// An error does not move the iterator: a call that failed because no server was reachable may be
/// made again. After ETCD_ERR_COMPACTED the rest of the range is gone. The call blocks until the
/// page is there, its deadline passes, or the client or the iterator is closed. Like etcd_kv_get() it is retried
/// until then.
///
/// @param iter     Iterator.
/// @param[out] out The page; free it with etcd_get_response_free(). NULL after the last.
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK with a page, ETCD_END after the last one, or an error as
///         etcd_kv_get(); ETCD_ERR_REPLY_TOO_LARGE only for a single key that is too
///         large, ETCD_ERR_CLOSED if the client is closed, ETCD_ERR_BAD_HANDLE if the iterator is.
/// @par Thread safety  Any thread; calls at the same time return different pages.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_range_next(
    iter: *mut etcd_range_t,
    out: *mut *mut etcd_get_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let iter = handle::get(iter)?;
        let client = iter.open()?;
        let page = client.wait(next(&iter, &client));
        match iter.object.response(page, &client.namespace().prefix) {
            Ok(response) => out.write(response),
            Err(Error { status: ETCD_END, .. }) => return Ok(ETCD_END),
            Err(error) => return Err(error),
        }
        Ok(ETCD_OK)
    })
}

/// Starts etcd_range_next() and returns at once.
///
/// The page arrives on the queue as ETCD_EVENT_GET_RESPONSE. After the last page the event has the
/// status ETCD_END, and neither response nor error. Start the next call when the page is there:
/// calls at the same time return different pages in any order. A cancelled call does not move the
/// iterator.
///
/// @param iter      Iterator.
/// @param queue     As etcd_kv_get_async().
/// @param user_data As etcd_kv_get_async().
/// @param[out] call As etcd_kv_get_async().
/// @param[out] err  As etcd_kv_get_async().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_range_next_async(
    iter: *mut etcd_range_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    call: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(call);
        let iter = handle::get(iter)?;
        let client = iter.open()?;
        let work = next(&iter, &client);
        let prefix = client.namespace().prefix.clone();
        let response = move |page| iter.object.response(page, &prefix);
        let to = Destination { kind: ETCD_EVENT_GET_RESPONSE, queue, user_data, call };
        submit_work(&client, None, false, work, response, to)
    })
}

/// The next page, unless the iterator is closed before.
fn next(
    iter: &Owned<RangeIter>,
    client: &Client,
) -> impl Future<Output = Result<Option<Page>>> + Send + 'static {
    let object = iter.object.clone();
    let next = iter.until_closed(client.next_page(&object.pages, object.common));
    async move {
        // Not taken before it can be handed out: the call may fail, or be cancelled.
        let kept = object.kept.lock().ignore_poison().take();
        match kept {
            Some(page) => Ok(Some(page)),
            None => next.await,
        }
    }
}

impl RangeIter {
    /// A page as C sees it; ETCD_END if there are no more.
    fn response(
        &self,
        page: Result<Option<Page>>,
        prefix: &[u8],
    ) -> Result<*mut etcd_get_response_t> {
        // Nothing was to be changed.
        let page = page.map_err(|error| error.maybe_applied(false))?;
        let page = page.ok_or_else(|| Error::new(ETCD_END, "no more pages"))?;
        etcd_get_response_t::page(&page, prefix).inspect_err(|_| {
            *self.kept.lock().ignore_poison() = Some(page);
        })
    }
}

/// Closes an iterator, at any point of the range. Pages stay valid.
///
/// Calls in progress on it end with ETCD_ERR_BAD_HANDLE.
///
/// @param iter  May be NULL, or closed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_range_close(iter: *mut etcd_range_t) {
    quiet(|| owned::close(iter, |_| ()));
}

/// Computes the end of the range of all keys with a prefix: the range_end for the prefix as key.
///
/// The end is not longer than the prefix. For a prefix that is empty, or has only bytes 0xff, it is
/// one byte, "\0": the end of all keys. (With a range_end, an empty key is refused: use "\0" as
/// the key.)
///
/// @param prefix   Any bytes.
/// @param[out] end Receives the end; may be NULL if capacity is 0, and may be the prefix itself.
/// @param capacity The size of that buffer. Nothing is written if it is too small.
/// @return The length of the end; 0 only if the prefix has a length and no data.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_prefix_end(
    prefix: etcd_bytes_t,
    end: *mut u8,
    capacity: usize,
) -> usize {
    quiet(|| {
        let Ok(prefix) = bytes(prefix, "prefix") else { return 0 };
        let computed = prefix_end(prefix);
        if !end.is_null() && computed.len() <= capacity {
            std::ptr::copy_nonoverlapping(computed.as_ptr(), end, computed.len());
        }
        computed.len()
    })
}

#[cfg(test)]
mod tests {
    use super::super::client::{etcd_client_close, open_endpoints};
    use super::*;
    use crate::wire::decode::Header;
    use std::ptr::{null, null_mut};

    #[test]
    fn a_kept_page_is_not_lost_to_a_call_that_fails() {
        // SAFETY: all pointers are to what lives here, or NULL.
        unsafe {
            let client = open_endpoints(c"mem:kept".as_ptr()).unwrap();
            let (key, mut iter) = (etcd_bytes_t { data: b"k".as_ptr().cast(), len: 1 }, null_mut());
            assert_eq!(etcd_range_open(client, key, null(), &mut iter, null_mut()), ETCD_OK);
            let pages = handle::get(iter).unwrap();
            let (header, message) = (Header::default(), Default::default());
            *pages.object.kept.lock().unwrap() =
                Some(Page { header, count: 0, more: false, message });
            let no_queue = null_mut();
            let failed = etcd_range_next_async(iter, no_queue, null_mut(), null_mut(), null_mut());
            assert_eq!(failed, ETCD_ERR_BAD_HANDLE);
            assert!(pages.object.kept.lock().ignore_poison().is_some());
            etcd_range_close(iter);
            etcd_client_close(client);
        }
    }
}
