//! Calls of administration, for include/etcd-admin.h: blocking only.

pub mod cluster;
pub mod lock;
pub mod maintenance;

use super::c_string;
use super::response::first;
use super::types::etcd_header_t;
use crate::error::Result;
use crate::wire::decode::{Malformed, MAX_REVISION};
use etcd_client::ResponseHeader;
use std::ffi::{c_char, CString};

/// The texts of a response, as C reads them.
#[derive(Default)]
pub struct Texts {
    texts: Vec<CString>,
    lists: Vec<Vec<*const c_char>>,
}

impl Texts {
    fn text(&mut self, text: &str) -> *const c_char {
        let text = c_string(text);
        let pointer = text.as_ptr();
        self.texts.push(text);
        pointer
    }

    fn list(&mut self, texts: &[String]) -> *const *const c_char {
        let list: Vec<_> = texts.iter().map(|text| self.text(text)).collect();
        let pointer = first(&list);
        self.lists.push(list);
        pointer
    }
}

fn header(header: Option<&ResponseHeader>) -> Result<etcd_header_t> {
    // etcd has never sent a reply without one.
    let header = header.filter(|header| (0..=MAX_REVISION).contains(&header.revision()));
    let header = header.ok_or(Malformed)?;
    Ok(etcd_header_t {
        cluster_id: header.cluster_id(),
        member_id: header.member_id(),
        revision: header.revision(),
        raft_term: header.raft_term(),
    })
}
