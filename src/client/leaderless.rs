//! Members that have said, one after the other, that they know of no leader.

#![forbid(unsafe_code)]

use crate::transport::Subchannel;
use std::sync::Arc;

#[derive(Default)]
pub struct Leaderless(Vec<Arc<Subchannel>>);

impl Leaderless {
    /// One of `members` has said so. Whether no other is left to ask: then all have said so, or
    /// this one for a second time, because the others cannot be reached.
    pub fn add(&mut self, member: &Arc<Subchannel>, members: &[Arc<Subchannel>]) -> bool {
        if self.has(member) {
            return true;
        }
        self.0.push(member.clone());
        members.iter().all(|member| self.has(member))
    }

    fn has(&self, member: &Arc<Subchannel>) -> bool {
        self.0.iter().any(|other| Arc::ptr_eq(other, member))
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
