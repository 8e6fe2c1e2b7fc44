//! Transactions: checked as a whole, decided on the state before them, then applied.

#![forbid(unsafe_code)]

use super::range::Found;
use super::reply::{header, refuse, RpcStatus};
use super::rows::List;
use super::span::{Span, Way};
use super::store::{State, Version, ROW};
use super::view::View;
use super::{duplicates, range, write};
use crate::status::{
    ETCD_ERR_COMPACTED, ETCD_ERR_EMPTY_KEY, ETCD_ERR_FUTURE_REVISION, ETCD_ERR_GRPC_INTERNAL,
    ETCD_ERR_KEY_NOT_FOUND, ETCD_ERR_TOO_MANY_OPS,
};
use crate::wire::proto::compare::{CompareResult, CompareTarget, TargetUnion};
use crate::wire::proto::request_op::Request;
use crate::wire::proto::response_op::Response;
use crate::wire::proto::{
    Compare, PutResponse, RangeRequest, RangeResponse, ResponseOp, TxnRequest, TxnResponse,
};
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// The limit for each list of compares or operations. The largest list of a
/// transaction reduces the limit of the transactions nested in it.
const MAX_OPS: usize = 128;

/// The checks that do not need the state.
pub fn check(request: &TxnRequest) -> Result<(), RpcStatus> {
    check_ops(request, MAX_OPS)?;
    duplicates::check(&request.success)?;
    duplicates::check(&request.failure)
}

fn check_ops(request: &TxnRequest, most: usize) -> Result<(), RpcStatus> {
    let lists = [request.compare.len(), request.success.len(), request.failure.len()];
    let left = lists
        .into_iter()
        .try_fold(most, |left, length| Some(left.min(most.checked_sub(length)?)))
        .ok_or_else(|| refuse(ETCD_ERR_TOO_MANY_OPS))?;
    if request.compare.iter().any(|compare| compare.key.is_empty()) {
        return Err(refuse(ETCD_ERR_EMPTY_KEY));
    }
    request.success.iter().chain(&request.failure).try_for_each(|op| match &op.request {
        Some(Request::RequestRange(request)) => range::check(request),
        Some(Request::RequestPut(request)) => write::check_put(request.into()),
        Some(Request::RequestDeleteRange(request)) => write::check_delete(request),
        Some(Request::RequestTxn(request)) => check_ops(request, left),
        None => Err(refuse(ETCD_ERR_KEY_NOT_FOUND)),
    })
}

pub fn is_read_only(request: &TxnRequest) -> bool {
    request.success.iter().chain(&request.failure).all(|op| match &op.request {
        Some(Request::RequestRange(_)) => true,
        Some(Request::RequestTxn(request)) => is_read_only(request),
        _ => false,
    })
}

/// Whether etcd writes it to its log: it does if anything but ranges is in it.
pub fn is_logged(request: &TxnRequest) -> bool {
    let mut ops = request.success.iter().chain(&request.failure);
    ops.any(|op| !matches!(op.request, Some(Request::RequestRange(_))))
}

/// A transaction whose compares are decided: the operations to perform.
struct Plan {
    succeeded: bool,
    steps: Vec<Step>,
}

enum Step {
    Simple(Request),
    Nested(Plan),
}

/// Compares, also nested ones, see the state before the transaction.
fn decide(view: &View<'_>, request: TxnRequest) -> Result<Plan, RpcStatus> {
    let mut succeeded = true;
    for compare in &request.compare {
        succeeded = succeeded && holds(view, compare)?;
    }
    let ops = if succeeded { request.success } else { request.failure };
    let steps = ops.into_iter().filter_map(|op| op.request).map(|request| match request {
        Request::RequestTxn(request) => Ok(Step::Nested(decide(view, request)?)),
        request => Ok(Step::Simple(request)),
    });
    Ok(Plan { succeeded, steps: steps.collect::<Result<_, _>>()? })
}

/// True if it holds for every key of the range.
fn holds(view: &View<'_>, compare: &Compare) -> Result<bool, RpcStatus> {
    let (mut found, mut all) = (false, true);
    view.walk(Span::new(&compare.key, &compare.range_end), Way::Up, 0, |_, version| {
        found = true;
        all = matches(compare, version);
        if all {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    // A key that does not exist has no value; all its numbers are 0.
    let of_value = compare.target == CompareTarget::Value as i32;
    Ok(if found { all } else { !of_value && matches(compare, &Version::default()) })
}

fn matches(compare: &Compare, version: &Version) -> bool {
    use TargetUnion as Union;
    let wanted = &compare.target_union;
    // Without an operand of the right kind: 0, or empty.
    let order = match CompareTarget::try_from(compare.target) {
        Ok(CompareTarget::Version) => version.version.cmp(match wanted {
            Some(Union::Version(wanted)) => wanted,
            _ => &0,
        }),
        Ok(CompareTarget::Create) => version.created.cmp(match wanted {
            Some(Union::CreateRevision(wanted)) => wanted,
            _ => &0,
        }),
        Ok(CompareTarget::Mod) => version.modified.cmp(match wanted {
            Some(Union::ModRevision(wanted)) => wanted,
            _ => &0,
        }),
        Ok(CompareTarget::Lease) => version.lease.cmp(match wanted {
            Some(Union::Lease(wanted)) => wanted,
            _ => &0,
        }),
        Ok(CompareTarget::Value) => version.value[..].cmp(match wanted {
            Some(Union::Value(wanted)) => wanted,
            _ => &[],
        }),
        Err(_) => Ordering::Equal,
    };
    match CompareResult::try_from(compare.result) {
        Ok(CompareResult::Equal) => order.is_eq(),
        Ok(CompareResult::NotEqual) => order.is_ne(),
        Ok(CompareResult::Greater) => order.is_gt(),
        Ok(CompareResult::Less) => order.is_lt(),
        Err(_) => true,
    }
}

impl Plan {
    /// Finds operations that would fail half way. `cleared` is the first of the keys
    /// deleted before: only a deletion "from a key on" may come before a put.
    fn check<'a>(
        &'a self,
        state: &State,
        current: i64,
        cleared: &mut Option<&'a [u8]>,
    ) -> Result<(), RpcStatus> {
        self.steps.iter().try_for_each(|step| match step {
            Step::Nested(plan) => plan.check(state, current, cleared),
            Step::Simple(Request::RequestPut(put)) => {
                let keeps = put.ignore_value || put.ignore_lease;
                if keeps && cleared.is_some_and(|start| put.key >= start) {
                    return Err(refuse(ETCD_ERR_KEY_NOT_FOUND));
                }
                state.check_kept(put.into())?;
                state.lessor.check(put.lease)
            }
            Step::Simple(Request::RequestDeleteRange(delete)) => {
                if let Span::From(start) = Span::new(&delete.key, &delete.range_end) {
                    *cleared = Some(cleared.map_or(start, |before| before.min(start)));
                }
                Ok(())
            }
            Step::Simple(Request::RequestRange(range)) => match range.revision {
                0 => Ok(()),
                future if future > current => Err(refuse(ETCD_ERR_FUTURE_REVISION)),
                past if past < state.compacted => Err(refuse(ETCD_ERR_COMPACTED)),
                _ => Ok(()),
            },
            Step::Simple(Request::RequestTxn(_)) => Ok(()),
        })
    }

    /// What it changes, and the bytes of that and of its replies.
    fn demand<'a>(&'a self, state: &State, changed: &mut Vec<Span<'a>>, bytes: &mut usize) {
        for step in &self.steps {
            match step {
                Step::Nested(plan) => plan.demand(state, changed, bytes),
                Step::Simple(Request::RequestPut(put)) => {
                    *bytes += put.key.len() + put.value.len();
                    changed.push(Span::One(&put.key));
                }
                Step::Simple(Request::RequestDeleteRange(delete)) => {
                    let span = Span::new(&delete.key, &delete.range_end);
                    *bytes += if delete.prev_kv { state.rows(span) * ROW } else { 0 };
                    changed.push(span);
                }
                Step::Simple(Request::RequestRange(range)) if !range.count_only => {
                    *bytes += state.rows(Span::new(&range.key, &range.range_end)) * ROW;
                }
                Step::Simple(_) => {}
            }
        }
    }

    fn run(
        self,
        perform: &mut impl FnMut(Request) -> Result<Response, RpcStatus>,
    ) -> Result<TxnResponse, RpcStatus> {
        let responses = self.steps.into_iter().map(|step| {
            let response = match step {
                Step::Simple(request) => perform(request)?,
                Step::Nested(plan) => Response::ResponseTxn(plan.run(perform)?),
            };
            Ok(ResponseOp { response: Some(response) })
        });
        // As in etcd, only the outermost header has the revision; it is set later.
        let responses = responses.collect::<Result<_, _>>()?;
        Ok(TxnResponse { header: header(0), succeeded: self.succeeded, responses })
    }
}

fn range_response(view: &View<'_>, request: &RangeRequest) -> Result<RangeResponse, RpcStatus> {
    let mut list = List::new();
    let Found { revision, count, more } = range::range(view, request, None, &mut list)?;
    let kvs = list.into_iter().map(|(key, version)| version.into_key_value(key)).collect();
    Ok(RangeResponse { header: header(revision), kvs, more, count })
}

pub fn read(view: &View<'_>, request: TxnRequest) -> Result<TxnResponse, RpcStatus> {
    let view = view.pinned();
    let plan = decide(&view, request)?;
    let current = view.current();
    view.look(|state| plan.check(state, current, &mut None))?;
    let mut response = plan.run(&mut |request| match request {
        Request::RequestRange(request) => {
            range_response(&view, &request).map(Response::ResponseRange)
        }
        // It has only ranges.
        _ => Err(refuse(ETCD_ERR_GRPC_INTERNAL)),
    })?;
    response.header = header(current);
    Ok(response)
}

pub fn write(state: &mut State, request: TxnRequest) -> Result<TxnResponse, RpcStatus> {
    let plan = decide(&View::held(state), request)?;
    plan.check(state, state.revision, &mut None)?;
    let (mut spans, mut bytes) = (Vec::new(), 0);
    plan.demand(state, &mut spans, &mut bytes);
    state.make_room(spans.into_iter(), bytes)?;
    let mut response = plan.run(&mut |request| match request {
        Request::RequestRange(request) => {
            range_response(&View::held(state), &request).map(Response::ResponseRange)
        }
        Request::RequestPut(request) => {
            let previous = state.put_request((&request).into(), request.value.clone());
            let prev_kv = previous.map(|(key, version)| version.into_key_value(key));
            Ok(Response::ResponsePut(PutResponse { header: header(state.revision), prev_kv }))
        }
        Request::RequestDeleteRange(request) => {
            Ok(Response::ResponseDeleteRange(state.delete_request(&request)))
        }
        Request::RequestTxn(_) => Err(refuse(ETCD_ERR_GRPC_INTERNAL)),
    })?;
    response.header = header(state.revision);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::wire::proto::{LeaseGrantRequest, PutRequest, RangeRequest, RequestOp};

    fn compare(
        key: &str,
        end: &str,
        result: CompareResult,
        target: CompareTarget,
        wanted: Option<TargetUnion>,
    ) -> Compare {
        Compare {
            result: result as i32,
            target: target as i32,
            key: bytes(key),
            range_end: bytes(end),
            target_union: wanted,
        }
    }

    fn exists(key: &str) -> Compare {
        let wanted = Some(TargetUnion::Version(0));
        compare(key, "", CompareResult::Greater, CompareTarget::Version, wanted)
    }

    #[test]
    fn compares_tell_what_etcds_do() {
        use {CompareResult as R, CompareTarget as T, TargetUnion as U};
        let engine = engine();
        engine.lease_grant(LeaseGrantRequest { ttl: 10, id: 7 }).unwrap();
        engine.put(put("a", "1")).unwrap(); // Revision 2.
        engine.put(put("a", "2")).unwrap();
        engine.put(PutRequest { lease: 7, ..put("b", "2") }).unwrap();
        // "b" is of revision 4.

        // Key, range end, target, operand, and how the state compares with it:
        // below, equal, above; "" if it compares in no way.
        let cases = [
            ("a", "", T::Version, Some(U::Version(1)), ">"),
            ("a", "", T::Version, Some(U::Version(2)), "="),
            ("a", "", T::Version, Some(U::Version(3)), "<"),
            ("a", "", T::Create, Some(U::CreateRevision(2)), "="),
            ("a", "", T::Mod, Some(U::ModRevision(3)), "="),
            ("a", "", T::Mod, Some(U::ModRevision(i64::MAX)), "<"),
            ("a", "", T::Value, Some(U::Value(bytes("2"))), "="),
            ("a", "", T::Value, Some(U::Value(bytes("10"))), ">"),
            ("a", "", T::Value, None, ">"),
            ("a", "", T::Lease, None, "="),
            ("b", "", T::Lease, Some(U::Lease(7)), "="),
            // An operand of another kind is none.
            ("b", "", T::Lease, Some(U::Version(7)), ">"),
            // A key that is not there.
            ("c", "", T::Version, None, "="),
            ("c", "", T::Create, Some(U::CreateRevision(1)), "<"),
            ("c", "", T::Mod, Some(U::ModRevision(-1)), ">"),
            ("c", "", T::Lease, Some(U::Lease(0)), "="),
            ("c", "", T::Value, Some(U::Value(bytes(""))), ""),
            // Ranges, the last two of them empty.
            ("a", "c", T::Value, Some(U::Value(bytes("2"))), "="),
            ("a", "\0", T::Mod, Some(U::ModRevision(2)), ">"),
            ("a", "c", T::Mod, Some(U::ModRevision(4)), "mixed"),
            ("b", "a", T::Version, None, "="),
            ("x", "z", T::Value, None, ""),
        ];
        for (key, end, target, wanted, how) in cases {
            let expected = match how {
                "<" => [false, false, true, true],
                "=" => [true, false, false, false],
                ">" => [false, true, false, true],
                _ => [false; 4],
            };
            for (result, expected) in
                [R::Equal, R::Greater, R::Less, R::NotEqual].into_iter().zip(expected)
            {
                let compare = compare(key, end, result, target, wanted.clone());
                let txn = TxnRequest { compare: vec![compare], ..TxnRequest::default() };
                let response = engine.txn(txn).unwrap();
                assert_eq!(response.succeeded, expected, "{key} {end} {target:?} {how} {result:?}");
                assert_eq!(revision(&response.header), 4);
            }
        }
    }

    #[test]
    fn operations_see_the_earlier_ones_and_nested_compares_do_not() {
        let engine = engine();
        engine.put(put("a", "1")).unwrap();
        let request = TxnRequest {
            compare: vec![exists("a")],
            success: vec![
                range_op("a", "\0"),
                put_op("b", "2"),
                delete_op("a", ""),
                range_op("a", "\0"),
                txn_op(vec![exists("b")], vec![], vec![put_op("c", "3"), range_op("a", "\0")]),
                op(Request::RequestRange(at("a", "\0", 2))),
            ],
            failure: vec![put_op("never", "")],
        };
        let response = engine.txn(request).unwrap();
        assert!(response.succeeded);
        assert_eq!(revision(&response.header), 3);
        let told = |op: &ResponseOp| match op.response.as_ref().unwrap() {
            Response::ResponseRange(range) => {
                format!("{}@{}", shown(range), revision(&range.header))
            }
            Response::ResponsePut(put) => format!("put@{}", revision(&put.header)),
            Response::ResponseDeleteRange(delete) => {
                format!("{} deleted@{}", delete.deleted, revision(&delete.header))
            }
            Response::ResponseTxn(txn) => format!("{}@{}", txn.succeeded, revision(&txn.header)),
        };
        let replies: Vec<_> = response.responses.iter().map(told).collect();
        let expected = ["a=1@2", "put@3", "1 deleted@3", "b=2@3", "false@0", "a=1@3"];
        assert_eq!(replies, expected);
        let Some(Response::ResponseTxn(nested)) = &response.responses[4].response else { panic!() };
        assert_eq!(nested.responses.iter().map(told).collect::<Vec<_>>(), ["put@3", "b=2 c=3@3"]);
        let after = engine.range(range("a", "\0")).unwrap();
        assert_eq!(shown(&after), "b=2 c=3");
        assert!(after.kvs.iter().all(|kv| kv.mod_revision == 3));
    }

    #[test]
    fn a_nested_delete_of_what_a_nested_put_wrote_leaves_nothing() {
        let engine = engine();
        let nested = |op| txn_op(vec![], vec![op], vec![]);
        let request = then(vec![nested(put_op("a", "1")), nested(delete_op("a", ""))]);
        assert_eq!(revision(&engine.txn(request).unwrap().header), 2);
        assert_eq!(engine.range(range("a", "")).unwrap().count, 0);
        engine.put(put("a", "2")).unwrap();
        assert_eq!(engine.range(range("a", "")).unwrap().kvs[0].version, 1);
    }

    #[test]
    fn a_refused_transaction_changes_nothing() {
        let engine = engine();
        for value in ["1", "2", "3"] {
            engine.put(put("a", value)).unwrap();
        }
        engine.compact(compact(3)).unwrap();
        let put_with = |key, change: fn(&mut PutRequest)| {
            let mut request = put(key, "");
            change(&mut request);
            op(Request::RequestPut(request))
        };
        let range_with = |change: fn(&mut RangeRequest)| {
            let mut request = range("a", "");
            change(&mut request);
            op(Request::RequestRange(request))
        };
        let nested = |op| txn_op(vec![], vec![op], vec![]);
        let cases = [
            (range_with(|r| r.revision = 5), 11, "future"),
            (range_with(|r| r.revision = 2), 11, "compacted"),
            (range_with(|r| r.revision = -1), 11, "compacted"),
            (range_with(|r| r.key.clear()), 3, "key is not provided"),
            (range_with(|r| r.sort_order = 3), 3, "invalid sort option"),
            (put_with("x", |p| p.lease = 9), 5, "requested lease not found"),
            (put_with("x", |p| p.ignore_value = true), 3, "key not found"),
            (put_with("x", |p| p.ignore_lease = true), 3, "key not found"),
            (put_with("", |_| ()), 3, "key is not provided"),
            (delete_op("", "\0"), 3, "key is not provided"),
            (put_op("z", "twice"), 3, "duplicate key"),
            (RequestOp { request: None }, 3, "key not found"),
        ];
        for (bad, code, text) in cases {
            for bad in [bad.clone(), nested(bad)] {
                let refusal = engine.txn(then(vec![put_op("z", "1"), bad])).unwrap_err();
                assert_eq!(refusal.code, code, "{text}");
                assert!(refusal.message.contains(text), "{} is not {text}", refusal.message);
            }
        }
        // etcd lets a put follow a delete "from a key on"; it must not keep what is gone.
        let keep = put_with("a", |p| p.ignore_value = true);
        let ops = vec![put_op("z", "1"), nested(delete_op("a", "\0")), keep.clone()];
        assert_eq!(engine.txn(then(ops)).unwrap_err().code, 3);
        // On a branch that is not taken the state is not asked.
        let not_taken = TxnRequest {
            failure: vec![put_with("x", |p| p.lease = 9), range_with(|r| r.revision = 99)],
            ..TxnRequest::default()
        };
        assert!(engine.txn(not_taken).unwrap().succeeded);
        let all = engine.range(range("a", "\0")).unwrap();
        assert_eq!((all.count, revision(&all.header)), (1, 4));
    }

    #[test]
    fn lists_have_a_limit_and_nested_ones_share_it() {
        let engine = engine();
        let puts = |n: usize| (0..n).map(|i| put_op(&format!("k{i}"), "")).collect::<Vec<_>>();
        let ranges = |n: usize| vec![range_op("a", ""); n];
        let cases = [
            (TxnRequest { compare: vec![exists("a"); 128], ..then(vec![]) }, true),
            (TxnRequest { compare: vec![exists("a"); 129], ..then(vec![]) }, false),
            (then(puts(128)), true),
            (then(puts(129)), false),
            (TxnRequest { failure: puts(129), ..then(vec![]) }, false),
            // 1 outside leaves 127; the longest list outside counts, not the sum.
            (then(vec![txn_op(vec![], ranges(127), ranges(127))]), true),
            (then(vec![txn_op(vec![], ranges(128), vec![])]), false),
            (
                TxnRequest {
                    compare: vec![exists("a"); 28],
                    ..then(vec![txn_op(vec![], vec![], ranges(100))])
                },
                true,
            ),
            (
                TxnRequest {
                    compare: vec![exists("a"); 28],
                    ..then(vec![txn_op(vec![], vec![], ranges(101))])
                },
                false,
            ),
            (
                TxnRequest {
                    compare: vec![exists("a"); 128],
                    ..then(vec![txn_op(vec![], vec![], vec![])])
                },
                true,
            ),
        ];
        for (n, (request, fits)) in cases.into_iter().enumerate() {
            let result = engine.txn(request).map(|_| ()).map_err(|refusal| refusal.message);
            let too_many = "etcdserver: too many operations in txn request".to_owned();
            assert_eq!(result, if fits { Ok(()) } else { Err(too_many) }, "{n}");
        }
        let deep = |levels| {
            (0..levels).fold(then(vec![]), |inner, _| then(vec![op(Request::RequestTxn(inner))]))
        };
        assert!(engine.txn(deep(128)).is_ok());
        assert_eq!(engine.txn(deep(129)).unwrap_err().code, 3);
    }
}
