//! Random calls through a client with a prefix, and the same with keys mapped by hand.

use super::support::seed;
use super::*;

const ORDERS: [i32; 3] = [ETCD_SORT_NONE, ETCD_SORT_ASCEND, ETCD_SORT_DESCEND];
const SORT_TARGETS: [i32; 5] = [
    ETCD_SORT_BY_KEY,
    ETCD_SORT_BY_VERSION,
    ETCD_SORT_BY_CREATE,
    ETCD_SORT_BY_MOD,
    ETCD_SORT_BY_VALUE,
];
const TARGETS: [i32; 4] =
    [ETCD_TARGET_VERSION, ETCD_TARGET_CREATE, ETCD_TARGET_MOD, ETCD_TARGET_VALUE];
const RELATIONS: [i32; 4] =
    [ETCD_COMPARE_EQUAL, ETCD_COMPARE_GREATER, ETCD_COMPARE_LESS, ETCD_COMPARE_NOT_EQUAL];

/// Names as a client with a prefix has them, or keys made of them by hand.
pub trait Mapping {
    /// Key, end and flags, as they go into options.
    fn keys(&self, keys: &Which) -> (Vec<u8>, Vec<u8>, u32);
    fn key(&self, name: &[u8]) -> Vec<u8>;
    fn name(&self, key: &[u8]) -> Vec<u8>;
    /// Revisions are told from those of the other side by this.
    fn later(&self) -> i64;

    fn revision(&self, revision: i64) -> i64 {
        revision + if revision > 0 { self.later() } else { 0 }
    }
}

#[derive(Clone, Debug)]
pub enum Which {
    One(Vec<u8>),
    Range(Vec<u8>, Vec<u8>),
    Prefix(Vec<u8>),
    From(Vec<u8>),
}

pub struct Whole;

impl Mapping for Whole {
    fn keys(&self, keys: &Which) -> (Vec<u8>, Vec<u8>, u32) {
        match keys.clone() {
            Which::One(key) => (key, vec![], 0),
            Which::Range(key, end) => (key, end, 0),
            Which::Prefix(key) => (key, vec![], ETCD_PREFIX),
            Which::From(key) => (key, vec![], ETCD_FROM_KEY),
        }
    }
    fn key(&self, name: &[u8]) -> Vec<u8> {
        name.to_vec()
    }
    fn name(&self, key: &[u8]) -> Vec<u8> {
        key.to_vec()
    }
    fn later(&self) -> i64 {
        0
    }
}

pub struct ByHand {
    prefix: &'static [u8],
    end: &'static [u8],
}

impl Mapping for ByHand {
    fn keys(&self, keys: &Which) -> (Vec<u8>, Vec<u8>, u32) {
        let end = |end: &[u8]| if end == b"\0" { self.end.to_vec() } else { self.key(end) };
        match keys {
            Which::One(name) => (self.key(name), vec![], 0),
            Which::Range(name, last) => (self.key(name), end(last), 0),
            Which::Prefix(name) => (self.key(name), vec![], ETCD_PREFIX),
            Which::From(name) => (self.key(name), self.end.to_vec(), 0),
        }
    }
    fn key(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix, name].concat()
    }
    fn name(&self, key: &[u8]) -> Vec<u8> {
        key.strip_prefix(self.prefix).unwrap().to_vec()
    }
    fn later(&self) -> i64 {
        1
    }
}

#[derive(Clone, Debug)]
pub enum Do {
    Get(Which, CallOptions<'static>),
    Put(Vec<u8>, Vec<u8>, CallOptions<'static>),
    Delete(Which, CallOptions<'static>),
    Txn(Transaction),
}

#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// Keys, target, result, value and number.
    pub compares: Vec<(Which, i32, i32, Vec<u8>, i64)>,
    pub then: Vec<Do>,
    pub or_else: Vec<Do>,
}

#[derive(Debug, PartialEq)]
pub enum Did {
    Reply(Vec<Kv>, i64, bool),
    Txn(bool, Vec<Did>),
}

pub struct Built(pub *mut etcd_txn_t);

impl Drop for Built {
    fn drop(&mut self) {
        unsafe { etcd_txn_free(self.0) };
    }
}

impl Built {
    pub fn commit(&self, client: &Client) -> std::result::Result<(i64, Did), etcd_status_t> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_txn_commit(client.0, self.0, null(), &mut out, &mut error);
            ffi::check(status, error).map_err(|error| error.status)?;
            let did = ((*out).header.revision, of_txn(&*out));
            etcd_txn_response_free(out);
            Ok(did)
        }
    }
}

pub fn of_reply(reply: Reply) -> Did {
    Did::Reply(reply.kvs, reply.count, reply.more)
}

pub unsafe fn of_op(op: &etcd_op_response_t) -> Did {
    match (op.range.as_ref(), op.put.as_ref(), op.deleted.as_ref(), op.txn.as_ref()) {
        (Some(range), ..) => of_reply(range_reply(range)),
        (_, Some(put), ..) => of_reply(put_reply(put)),
        (_, _, Some(deleted), _) => of_reply(delete_reply(deleted)),
        (.., txn) => of_txn(txn.unwrap()),
    }
}

pub unsafe fn of_txn(response: &etcd_txn_response_t) -> Did {
    let ops = (0..response.response_count).map(|at| of_op(&*response.responses.add(at)));
    Did::Txn(response.succeeded, ops.collect())
}

pub fn with<'a>(
    map: &impl Mapping,
    options: CallOptions<'a>,
    end: &'a [u8],
    flags: u32,
) -> CallOptions<'a> {
    CallOptions {
        range_end: end,
        flags: options.flags | flags,
        revision: map.revision(options.revision),
        min_mod_revision: map.revision(options.min_mod_revision),
        ..options
    }
}

impl Transaction {
    pub fn build(&self, map: &impl Mapping) -> Built {
        let txn = unsafe { etcd_txn_new() };
        unsafe {
            for (keys, target, result, value, number) in &self.compares {
                let (key, end, flags) = map.keys(keys);
                let is_revision = [ETCD_TARGET_CREATE, ETCD_TARGET_MOD].contains(target);
                let options = etcd_compare_options_t {
                    size: size_of::<etcd_compare_options_t>(),
                    range_end: bytes(&end),
                    value: bytes(value),
                    number: if is_revision { map.revision(*number) } else { *number },
                    target: *target,
                    relation: *result,
                    flags,
                    reserved: 0,
                };
                etcd_txn_compare(txn, bytes(&key), &options);
            }
            for (branch, what) in
                [(ETCD_BRANCH_THEN, &self.then), (ETCD_BRANCH_ELSE, &self.or_else)]
            {
                for it in what {
                    match it {
                        Do::Get(keys, options) => {
                            let (key, end, flags) = map.keys(keys);
                            let options = with(map, *options, &end, flags).get();
                            etcd_txn_get(txn, branch, bytes(&key), &options)
                        }
                        Do::Put(name, value, options) => {
                            let (key, options) = (map.key(name), options.put());
                            etcd_txn_put(txn, branch, bytes(&key), bytes(value), &options)
                        }
                        Do::Delete(keys, options) => {
                            let (key, end, flags) = map.keys(keys);
                            let options = with(map, *options, &end, flags).delete();
                            etcd_txn_delete(txn, branch, bytes(&key), &options)
                        }
                        Do::Txn(nested) => {
                            let nested = nested.build(map);
                            etcd_txn_nest(txn, branch, nested.0)
                        }
                    };
                }
            }
        }
        Built(txn)
    }
}

impl Did {
    /// Without what must differ.
    fn plain(self, map: &impl Mapping) -> Did {
        let back = |revision: i64| revision - if revision > 0 { map.later() } else { 0 };
        match self {
            Did::Reply(mut kvs, count, more) => {
                for kv in &mut kvs {
                    kv.key = map.name(&kv.key);
                    kv.create_revision = back(kv.create_revision);
                    kv.mod_revision = back(kv.mod_revision);
                }
                Did::Reply(kvs, count, more)
            }
            Did::Txn(succeeded, ops) => {
                Did::Txn(succeeded, ops.into_iter().map(|op| op.plain(map)).collect())
            }
        }
    }
}

impl Do {
    fn run(
        &self,
        client: &Client,
        map: &impl Mapping,
    ) -> std::result::Result<(i64, Did), etcd_status_t> {
        let reply = match self {
            Do::Get(keys, options) => {
                let (key, end, flags) = map.keys(keys);
                client.get(&key, with(map, *options, &end, flags))
            }
            Do::Put(name, value, options) => client.put(&map.key(name), value, *options),
            Do::Delete(keys, options) => {
                let (key, end, flags) = map.keys(keys);
                client.delete(&key, with(map, *options, &end, flags))
            }
            Do::Txn(txn) => {
                return txn
                    .build(map)
                    .commit(client)
                    .map(|(revision, did)| (revision, did.plain(map)))
            }
        };
        let reply = reply.map_err(|error| error.status)?;
        Ok((reply.revision, of_reply(reply).plain(map)))
    }
}

pub struct Random {
    random: fastrand::Rng,
    /// Of the client with the prefix.
    revisions: Vec<i64>,
    /// Whether both namespaces end with a key. Where one goes on to the end of all keys, servers do not see that a
    /// transaction puts what it deletes: they overlook it in all ranges without an end.
    bounded: bool,
}

impl Random {
    fn name(&mut self) -> Vec<u8> {
        self.random.choice(NAMES).unwrap().to_vec()
    }

    fn keys(&mut self) -> Which {
        let mut name = self.name();
        let kind = self.random.u32(0..6);
        if kind >= 4 && self.random.bool() {
            name.clear();
        }
        match kind {
            0..2 => Which::One(name),
            2 => Which::Range(name, self.name()),
            3 => Which::Range(name, b"\0".to_vec()),
            4 => Which::Prefix(name),
            _ => Which::From(name),
        }
    }

    fn revision(&mut self) -> i64 {
        match self.random.u32(0..3) {
            0 => *self.random.choice(&self.revisions).unwrap_or(&0),
            _ => 0,
        }
    }

    fn value(&mut self) -> Vec<u8> {
        vec![b'v'; self.random.usize(0..3)]
    }

    fn one(&mut self, depth: u32) -> Do {
        let prev = CallOptions { flags: ETCD_PREV_KV * self.random.u32(0..2), ..DEFAULT };
        match self.random.u32(0..10) {
            0..4 => {
                let options = CallOptions {
                    flags: *self
                        .random
                        .choice(&[0, 0, ETCD_GET_KEYS_ONLY, ETCD_GET_COUNT_ONLY])
                        .unwrap(),
                    revision: if depth == 0 { self.revision() } else { 0 },
                    limit: self.random.i64(0..4),
                    min_mod_revision: self.revision(),
                    sort_order: *self.random.choice(&ORDERS).unwrap(),
                    sort_target: *self.random.choice(&SORT_TARGETS).unwrap(),
                    ..DEFAULT
                };
                Do::Get(self.keys(), options)
            }
            4..7 => Do::Put(self.name(), self.value(), prev),
            7 if depth == 0 || self.bounded => Do::Delete(self.keys(), prev),
            _ if depth < 2 => Do::Txn(Transaction {
                compares: (0..self.random.u32(0..3)).map(|_| self.compare()).collect(),
                then: (0..self.random.u32(0..4)).map(|_| self.one(depth + 1)).collect(),
                or_else: (0..self.random.u32(0..3)).map(|_| self.one(depth + 1)).collect(),
            }),
            _ => Do::Delete(Which::One(self.name()), prev),
        }
    }

    fn compare(&mut self) -> (Which, i32, i32, Vec<u8>, i64) {
        let target = *self.random.choice(&TARGETS).unwrap();
        let result = *self.random.choice(&RELATIONS).unwrap();
        let value = if target == ETCD_TARGET_VALUE { self.value() } else { vec![] };
        let number = match target {
            ETCD_TARGET_VALUE => 0,
            ETCD_TARGET_VERSION => self.random.i64(0..3),
            _ => self.revision(),
        };
        (self.keys(), target, result, value, number)
    }
}

#[test]
fn random_calls_do_what_they_do_with_whole_keys() {
    let seed = seed("names");
    on_every_backend("random_calls_do_what_they_do_with_whole_keys", |backend, plain| {
        let pairs: [(&[u8], &[u8], &[u8]); 6] = [
            (b"a/", b"b/", b"b0"),
            (b"\0", b"\x01", b"\x02"),
            (b"\xff\xff", b"\xfe", b"\xff"),
            (b"n\xff", b"m\xff", b"n"),
            (b"\xfd\xff", b"\xff", b"\0"),
            (b"\0\0", b"\0\xff", b"\x01"),
        ];
        for (number, (prefix, by_hand, end)) in pairs.into_iter().enumerate() {
            let client = below(backend, prefix);
            let bounded = end != b"\0" && prefix != b"\xff\xff";
            let by_hand = ByHand { prefix: by_hand, end };
            plain.put(prefix, b"the prefix itself", DEFAULT).unwrap();
            let random = fastrand::Rng::with_seed(seed + number as u64);
            let mut random = Random { random, revisions: Vec::new(), bounded };
            for i in 0..scaled(2_000) {
                let what = random.one(0);
                let (got, expected) = (what.run(&client, &Whole), what.run(plain, &by_hand));
                let at = format!("call {i} below {prefix:?}, LIBETCD_SEED={seed}: {what:?}");
                match (got, expected) {
                    (Ok((revision, got)), Ok((later, expected))) => {
                        assert_eq!(got, expected, "{at}");
                        assert!([revision, revision + 1].contains(&later), "{at}");
                        if later > revision {
                            random.revisions.push(revision);
                        }
                    }
                    (got, expected) => {
                        assert_eq!(got.map(|_| ()), expected.map(|_| ()), "{at}");
                    }
                }
            }
            plain.delete(b"", flags(ETCD_PREFIX)).unwrap();
        }
    });
}

#[test]
fn random_classic_calls_do_what_they_do_with_whole_keys() {
    let seed = seed("names");
    on_every_backend("random_classic_calls_do_what_they_do_with_whole_keys", |backend, plain| {
        let (below, whole) = (session(backend, "one/"), Session::open(&backend.endpoints));
        let mut random = fastrand::Rng::with_seed(seed);
        // The indexes of the changes that the session with the prefix has made.
        let mut changes: Vec<(&str, i32)> = Vec::new();
        for i in 0..scaled(2_000) {
            let key = random
                .choice(["a", "a/b", "a/b/c", "a/c", "a-b", "a b", "d//e", "é&?%/x"])
                .unwrap();
            let whole_key = format!("two/{key}");
            let value = random.choice(["", "x", "y"]).unwrap();
            let precond = random.choice([None, None, Some("x"), Some("y"), Some("")]).unwrap();
            let at = format!("call {i}, {key}, LIBETCD_SEED={seed}");
            let before = plain.get(b"x", DEFAULT).unwrap().revision;
            let (got, expected) = match random.u32(0..10) {
                0..2 => {
                    let dir = random.choice([key, "", "a", "a/", "d", "d/", "none"]).unwrap();
                    let names = |text: String| text.replace("two/", "");
                    let expected = whole.get(&format!("two/{dir}")).map(names);
                    assert_eq!(below.get(dir), expected, "{at} {dir}");
                    continue;
                }
                2..6 => {
                    (below.set(key, value, precond, 0), whole.set(&whole_key, value, precond, 0))
                }
                6..8 => (below.delete(key), whole.delete(&whole_key)),
                _ => {
                    let Some(&(key, index)) = random.choice(&changes) else { continue };
                    let dir = random.choice([key, key.split('/').next().unwrap(), ""]).unwrap();
                    let got = below.watch(dir, Some(index));
                    let expected = whole.watch(&format!("two/{dir}"), Some(index + 1));
                    let expected = expected
                        .map(|(index, key, value)| (index - 1, key.replacen("two/", "", 1), value));
                    assert_eq!(got, expected, "{at} {dir} {index}");
                    continue;
                }
            };
            assert_eq!(got, expected, "{at}");
            if got == ETCD_OK {
                changes.push((key, before as i32 + 1));
            }
        }
    });
}
