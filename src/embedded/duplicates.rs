//! No path through a transaction may change a key twice.

#![forbid(unsafe_code)]

use super::reply::{refuse, RpcStatus};
use crate::status::ETCD_ERR_DUPLICATE_KEY;
use crate::wire::proto::request_op::Request;
use crate::wire::proto::RequestOp;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that a list of operations may put and delete.
#[derive(Default)]
struct Written<'a> {
    puts: BTreeSet<&'a [u8]>,
    deletes: BTreeSet<&'a [u8]>,
    /// Starts and ends of deleted ranges; adjacent ones are joined.
    ranges: BTreeMap<&'a [u8], &'a [u8]>,
}

impl<'a> Written<'a> {
    fn deletes(&self, key: &[u8]) -> bool {
        let range = self.ranges.range(..=key).next_back();
        self.deletes.contains(key) || range.is_some_and(|(_, end)| *end > key)
    }

    /// The end is compared as it is, so "from a key on" overlaps nothing: etcd accepts
    /// such a delete together with a put.
    fn delete_range(&mut self, mut start: &'a [u8], mut end: &'a [u8]) {
        while let Some((&before, &its_end)) = self.ranges.range(..=end).next_back() {
            if its_end < start {
                break;
            }
            self.ranges.remove(before);
            (start, end) = (start.min(before), end.max(its_end));
        }
        self.ranges.insert(start, end);
    }

    fn add(&mut self, branch: Written<'a>) {
        self.puts.extend(branch.puts);
        self.deletes.extend(branch.deletes);
        for (start, end) in branch.ranges {
            self.delete_range(start, end);
        }
    }
}

/// Refuses operations that put a key twice, or put and delete it, by etcd's rules: a
/// nested transaction may delete a key that an earlier one has put.
pub fn check(ops: &[RequestOp]) -> Result<(), RpcStatus> {
    written(ops).map(|_| ())
}

fn written(ops: &[RequestOp]) -> Result<Written<'_>, RpcStatus> {
    let duplicate = || Err(refuse(ETCD_ERR_DUPLICATE_KEY));
    let mut all = Written::default();
    for op in ops {
        match &op.request {
            Some(Request::RequestDeleteRange(delete)) if delete.range_end.is_empty() => {
                all.deletes.insert(&delete.key);
            }
            Some(Request::RequestDeleteRange(delete)) if delete.key < delete.range_end => {
                all.delete_range(&delete.key, &delete.range_end);
            }
            _ => {}
        }
    }
    for op in ops {
        if let Some(Request::RequestTxn(txn)) = &op.request {
            // Only one of the two runs, so they may share keys.
            let branches = [written(&txn.success)?, written(&txn.failure)?];
            let mut puts = branches.iter().flat_map(|branch| &branch.puts);
            if puts.any(|key| all.puts.contains(key) || all.deletes(key)) {
                return duplicate();
            }
            branches.into_iter().for_each(|branch| all.add(branch));
        }
    }
    for op in ops {
        if let Some(Request::RequestPut(put)) = &op.request {
            if all.deletes(&put.key) || !all.puts.insert(&put.key) {
                return duplicate();
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn keys_that_can_be_changed_twice_are_found() {
        let puts = |keys: &str| keys.chars().map(|key| put_op(&key.to_string(), "")).collect();
        let branches = |then: &str, or_else: &str| txn_op(vec![], puts(then), puts(or_else));
        let nested = |op: RequestOp| txn_op(vec![], vec![op], vec![]);
        let cases = [
            (vec![put_op("a", ""), put_op("b", "")], true),
            (vec![put_op("a", ""), put_op("a", "")], false),
            (vec![delete_op("a", ""), put_op("a", "")], false),
            (vec![put_op("a", ""), delete_op("a", "")], false),
            (vec![delete_op("a", ""), delete_op("a", "c"), put_op("c", "")], true),
            (vec![delete_op("a", "c"), put_op("b", "")], false),
            (vec![delete_op("a", "c"), put_op("a\0", "")], false),
            (vec![delete_op("c", "a"), put_op("b", ""), put_op("c", "")], true),
            // Ranges that meet, overlap, lie in one another, or apart.
            (vec![delete_op("b", "d"), delete_op("a", "b"), put_op("c", "")], false),
            (vec![delete_op("a", "z"), delete_op("c", "d"), put_op("e", "")], false),
            (vec![delete_op("c", "d"), delete_op("a", "z"), put_op("e", "")], false),
            (
                vec![
                    delete_op("a", "b"),
                    delete_op("e", "f"),
                    delete_op("c", "d"),
                    put_op("b", ""),
                    put_op("d", ""),
                ],
                true,
            ),
            (vec![delete_op("a", "\0"), put_op("b", "")], true),
            // Branches exclude each other; transactions side by side do not.
            (vec![branches("ab", "bc")], true),
            (vec![branches("aa", "")], false),
            (vec![branches("a", "b"), branches("c", "b")], false),
            (vec![branches("a", "b"), put_op("b", "")], false),
            (vec![branches("a", "b"), put_op("c", "")], true),
            (vec![branches("a", "b"), delete_op("b", "c")], false),
            (vec![nested(delete_op("a", "")), put_op("a", "")], false),
            (vec![nested(delete_op("a", "c")), branches("", "b")], false),
            (vec![branches("b", ""), nested(delete_op("a", "c"))], true),
            (vec![nested(nested(put_op("a", ""))), nested(put_op("a", ""))], false),
        ];
        for (n, (ops, fine)) in cases.into_iter().enumerate() {
            let refusal = check(&ops).err();
            assert_eq!(refusal.is_none(), fine, "case {n}");
            assert!(refusal.is_none_or(|refusal| refusal.code == 3));
        }
    }
}
