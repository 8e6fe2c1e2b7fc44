//! Ranges that are too large for one reply.

use super::call::etcd_call_t;
use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::kv::*;
use super::options::*;
use super::pairs::{etcd_get_response_t, ETCD_EVENT_GET_RESPONSE};
use super::queue::etcd_queue_t;
use super::submit::{submit_work, Destination};
use super::types::etcd_bytes_t;
use super::{bytes, clear, guard, handle, known_flags, out, quiet};
use crate::classic::Session;
use crate::client::namespace::{prefix_end, Named};
use crate::client::page::{Page, Pages, Shared};
use crate::client::{CallOptions, Client};
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use std::ffi::c_void;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;

/// A range that is being read page by page. Opaque; goes with its client.
pub struct etcd_range_t(());

handle::kind!(10, etcd_range_t, RangeIter, "range");

/// Options of etcd_range_open(). Begin with ETCD_RANGE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_range_options_t {
    /// Set by ETCD_RANGE_OPTIONS_INIT.
    pub size: usize,
    /// When not empty: all keys from the key up to, but not with, this one.
    /// Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
    /// check an end that was computed.
    pub range_end: etcd_bytes_t,
    /// Deadline of each page in milliseconds; 0 for the client's,
    /// ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_PREFIX or ETCD_FROM_KEY, ETCD_SERIALIZABLE, ETCD_GET_KEYS_ONLY,
    /// ETCD_REQUIRE_LEADER.
    pub flags: u32,
    /// Read the keys as they were at this revision; 0 for that of the first page.
    pub revision: i64,
    /// Keys in a page at most; 0 for 1000. Fewer where they would be more than
    /// max_receive_bytes of the client.
    pub limit: i64,
    /// As in etcd_get_options_t. With any of these four, or with
    /// ETCD_SORT_DESCEND, a server reads for each page all that is left of the range.
    pub min_mod_revision: i64,
    /// As in etcd_get_options_t.
    pub max_mod_revision: i64,
    /// As in etcd_get_options_t.
    pub min_create_revision: i64,
    /// As in etcd_get_options_t.
    pub max_create_revision: i64,
    /// ETCD_SORT_NONE or ETCD_SORT_ASCEND, which are the same here, or
    /// ETCD_SORT_DESCEND: by key.
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

/// What the handle stands for. It keeps no client open.
pub struct RangeIter {
    client: Weak<Session>,
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

/// Begins to read a range page by page. Asks no server yet.
///
/// All pages are of one revision, whatever is written meanwhile: together they
/// have every key of the range once. Good for any number of keys, since neither
/// side ever holds more than a page and what is on its way. From servers that can
/// (etcd 3.7) all but the first page come as one stream, elsewhere one by one.
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
        out.write(handle::insert(Arc::new(RangeIter {
            client: Arc::downgrade(&client),
            pages,
            common,
            kept,
        }))?);
        Ok(ETCD_OK)
    })
}

/// The next page of a range.
///
/// The first page always comes, with no keys if there are none; later ones have
/// keys. In each, header is that of the first reply with the revision that all
/// pages are of, and from which, plus 1, a watch would go on; count is the number
/// of keys in the whole range; more says whether other pages follow.
///
/// After an error the iterator is where it was, so that a call that failed for
/// want of a server may be made again; after ETCD_ERR_COMPACTED the rest of the
/// revision is gone. Blocks until the page, its deadline or etcd_client_close();
/// like etcd_kv_get() it is repeated until then.
///
/// @param iter     Iterator.
/// @param[out] out The page; free it with etcd_get_response_free(). NULL after the last.
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK with a page, ETCD_END after the last one, or an error as
///         etcd_kv_get(); ETCD_ERR_REPLY_TOO_LARGE only for a key that alone is too
///         large, ETCD_ERR_CLOSED when the client is closed.
/// @par Thread safety  Any thread; of several at once, each gets another page.
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
        let (iter, client) = open(iter)?;
        let page = match iter.kept() {
            None => client.wait(client.next_page(&iter.pages, iter.common)),
            kept => Ok(kept),
        };
        match iter.response(page, &client.namespace().prefix) {
            Ok(response) => out.write(response),
            Err(Error { status: ETCD_END, .. }) => return Ok(ETCD_END),
            Err(error) => return Err(error),
        }
        Ok(ETCD_OK)
    })
}

/// Starts etcd_range_next() and returns at once.
///
/// Its end arrives on the queue as ETCD_EVENT_GET_RESPONSE with the page; after
/// the last one with the status ETCD_END and neither response nor error. Start
/// the next one when it is there: of several at once each gets another page, in
/// no certain order. Cancelled, it leaves the iterator where it was.
///
/// @param iter      Iterator.
/// @param queue     As etcd_kv_get_async().
/// @param user_data As etcd_kv_get_async().
/// @param[out] op   As etcd_kv_get_async().
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
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let (iter, client) = open(iter)?;
        let (ours, next) = (iter.clone(), client.next_page(&iter.pages, iter.common));
        // Not taken before it can be handed out: the call may fail, or be cancelled.
        let work = async move {
            match ours.kept() {
                None => next.await,
                kept => Ok(kept),
            }
        };
        let prefix = client.namespace().prefix.clone();
        let response = move |page| iter.response(page, &prefix);
        let to = Destination { kind: ETCD_EVENT_GET_RESPONSE, queue, user_data, call: op };
        submit_work(&client, work, response, to)
    })
}

unsafe fn open(iter: *mut etcd_range_t) -> Result<(Arc<RangeIter>, Arc<Session>)> {
    let iter = handle::get(iter)?;
    let closed = || Error::new(ETCD_ERR_CLOSED, "the client was closed");
    let client = iter.client.upgrade().ok_or_else(closed)?;
    Ok((iter, client))
}

impl RangeIter {
    fn kept(&self) -> Option<Page> {
        self.kept.lock().ignore_poison().take()
    }

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

/// Ends the reading of a range, at any point. Pages stay valid.
///
/// @param iter  May be NULL, or closed already. A call in progress on it goes on to its end.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_range_close(iter: *mut etcd_range_t) {
    quiet(|| {
        let _ = handle::remove(iter);
    });
}

/// The end of the range that has just the keys with a prefix: for range_end, with
/// the prefix as the key.
///
/// It is never longer than the prefix, or one byte for an empty prefix or one of
/// nothing but 0xff, where it is "\0", the end of all keys. (In a range that is
/// given by its end an empty key is refused: begin with "\0" then.)
///
/// @param prefix   Any bytes.
/// @param[out] end Where to write it; may be NULL if capacity is 0, and may be the prefix itself.
/// @param capacity Number of bytes there. Nothing is written if they are too few.
/// @return Number of bytes of the end; 0 only if the prefix has a length and no data.
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
            *pages.kept.lock().unwrap() = Some(Page { header, count: 0, more: false, message });
            let no_queue = null_mut();
            let failed = etcd_range_next_async(iter, no_queue, null_mut(), null_mut(), null_mut());
            assert_eq!(failed, ETCD_ERR_BAD_HANDLE);
            assert!(pages.kept().is_some());
            etcd_range_close(iter);
            etcd_client_close(client);
        }
    }
}
