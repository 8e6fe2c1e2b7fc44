//! The members of a cluster.

use super::{header, Texts};
use crate::admin::cluster::member_list;
use crate::capi::exports::{call, response, Work};
use crate::capi::options::{common, copy, etcd_call_options_t, ETCD_SERIALIZABLE};
use crate::capi::response::{first, hand_out};
use crate::capi::types::etcd_header_t;
use crate::error::Result;
use etcd_client::MemberListResponse;
use std::ffi::c_char;

/// A member of the cluster. Made by the library; read it, never copy it or take its size:
/// later versions append fields.
#[repr(C)]
pub struct etcd_member_t {
    /// Its number; never 0.
    pub id: u64,
    /// Its name, as configured; "" until it has started for the first time. Never NULL.
    pub name: *const c_char,
    /// Where the other members reach it.
    pub peer_urls: *const *const c_char,
    /// Number of elements of peer_urls.
    pub peer_url_count: usize,
    /// Where clients reach it, as it says itself; none until it has started.
    pub client_urls: *const *const c_char,
    /// Number of elements of client_urls.
    pub client_url_count: usize,
    /// Whether it only learns: it has no vote, and answers few calls.
    pub is_learner: bool,
}

/// Reply to etcd_member_list(). Made by the library; read it, never copy it or take its size:
/// later versions append fields. Free it with etcd_member_list_response_free().
#[repr(C)]
pub struct etcd_member_list_response_t {
    /// The member that answered; the revision may be 0.
    pub header: etcd_header_t,
    /// The members; valid until the response is freed.
    pub members: *const *const etcd_member_t,
    /// Number of elements of members.
    pub member_count: usize,
}

/// The members, the pointers to them, and their texts.
pub struct Members {
    _members: Vec<etcd_member_t>,
    _pointers: Vec<*const etcd_member_t>,
    _texts: Texts,
}

response!(etcd_member_list_response_t, Members, etcd_member_list_response_free);

fn response(reply: MemberListResponse) -> Result<*mut etcd_member_list_response_t> {
    let mut texts = Texts::default();
    let members = reply.members().iter().map(|member| etcd_member_t {
        id: member.id(),
        name: texts.text(member.name()),
        peer_urls: texts.list(member.peer_urls()),
        peer_url_count: member.peer_urls().len(),
        client_urls: texts.list(member.client_urls()),
        client_url_count: member.client_urls().len(),
        is_learner: member.is_learner(),
    });
    let members: Vec<_> = members.collect();
    let pointers: Vec<_> = members.iter().map(std::ptr::from_ref).collect();
    let public = etcd_member_list_response_t {
        header: header(reply.header())?,
        members: first(&pointers),
        member_count: pointers.len(),
    };
    Ok(hand_out(public, Members { _members: members, _pointers: pointers, _texts: texts }))
}

call! {
    /// Lists the members of the cluster.
    ///
    /// The list is the one that the cluster has agreed on, unless ETCD_SERIALIZABLE asks for
    /// what one member knows of it. Servers before 3.5 always answer with the latter. With mem:
    /// there is one member, without a URL.
    ///
    /// @param options Flags: ETCD_SERIALIZABLE, ETCD_REQUIRE_LEADER.
    fn etcd_member_list(
        client, options: *const etcd_call_options_t,
    ) -> etcd_member_list_response_t {
        let options = copy(options)?;
        let serializable = options.flags & ETCD_SERIALIZABLE != 0;
        let common = common(options.timeout_ms, options.flags, ETCD_SERIALIZABLE)?;
        Ok(Work::asked(member_list(client, serializable, common), response))
    }
}
