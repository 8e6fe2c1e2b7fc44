//! Transactions of memory: on every backend.

mod support;

use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::pairs::*;
use etcd::capi::recipes::stm::*;
use etcd::status::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use support::backend::on_all_at_once;
use support::ffi::*;
use support::scaled;

type Function<'a> = dyn FnMut(Stm) -> etcd_status_t + 'a;

#[derive(Clone, Copy)]
struct Stm(*mut etcd_stm_t);

unsafe extern "C" fn call(stm: *mut etcd_stm_t, arg: *mut c_void) -> etcd_status_t {
    let function = &mut *arg.cast::<&mut Function<'_>>();
    function(Stm(stm))
}

fn options(isolation: i32) -> etcd_stm_options_t {
    let size = size_of::<etcd_stm_options_t>();
    etcd_stm_options_t { size, isolation, max_tries: 0, timeout_ms: 30_000, flags: 0 }
}

fn run_with(
    client: &Client,
    options: etcd_stm_options_t,
    mut function: impl FnMut(Stm) -> etcd_status_t,
) -> Result<i64> {
    let mut function: &mut Function<'_> = &mut function;
    let arg = (&raw mut function).cast();
    let (mut out, mut error) = (null_mut::<etcd_header_response_t>(), null_mut());
    unsafe {
        let status = etcd_stm_run(client.0, Some(call), arg, &options, &mut out, &mut error);
        check(status, error)?;
        let revision = (*out).header.revision;
        etcd_header_response_free(out);
        Ok(revision)
    }
}

fn run(client: &Client, isolation: i32, function: impl FnMut(Stm) -> etcd_status_t) -> Result<i64> {
    run_with(client, options(isolation), function)
}

impl Stm {
    fn read(self, key: &str, prefix: bool) -> Result<Vec<Kv>> {
        let (mut out, mut error) = (null_mut(), null_mut());
        let read = if prefix { etcd_stm_get_prefix } else { etcd_stm_get };
        unsafe {
            check(read(self.0, bytes(key.as_bytes()), &mut out, &mut error), error)?;
            let reply = range_reply(&*out);
            etcd_get_response_free(out);
            Ok(reply.kvs)
        }
    }

    fn get(self, key: &str) -> Option<String> {
        let kvs = self.read(key, false).unwrap();
        kvs.first().map(|kv| String::from_utf8(kv.value.clone()).unwrap())
    }

    fn prefix(self, prefix: &str) -> Vec<String> {
        let kvs = self.read(prefix, true).unwrap();
        kvs.into_iter().map(|kv| String::from_utf8(kv.key).unwrap()).collect()
    }

    fn put(self, key: &str, value: &str) {
        let (key, value) = (bytes(key.as_bytes()), bytes(value.as_bytes()));
        assert_eq!(unsafe { etcd_stm_put(self.0, key, value, 0) }, ETCD_OK);
    }

    fn delete(self, key: &str) {
        assert_eq!(unsafe { etcd_stm_delete(self.0, bytes(key.as_bytes())) }, ETCD_OK);
    }
}

const ALL: [i32; 4] = [
    ETCD_STM_SERIALIZABLE_SNAPSHOT,
    ETCD_STM_SERIALIZABLE,
    ETCD_STM_REPEATABLE_READS,
    ETCD_STM_READ_COMMITTED,
];

#[test]
fn it_sees_its_own_writes_and_commits_them_at_once() {
    on_all_at_once("it_sees_its_own_writes", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        for isolation in ALL {
            client.delete(b"stm/own/", flags(ETCD_PREFIX)).unwrap();
            client.put(b"stm/own/gone", b"1", flags(0)).unwrap();
            let revision = run(&client, isolation, |stm| {
                assert_eq!(stm.get("stm/own/a"), None);
                stm.put("stm/own/a", "1");
                assert_eq!(stm.get("stm/own/a").as_deref(), Some("1"));
                stm.put("stm/own/a", "2");
                stm.put("stm/own/b", "3");
                stm.delete("stm/own/gone");
                assert_eq!(stm.prefix("stm/own/"), ["stm/own/a", "stm/own/b"]);
                ETCD_OK
            });
            let revision = revision.unwrap();
            let reply = client.get(b"stm/own/", flags(ETCD_PREFIX)).unwrap();
            let kvs: Vec<_> = reply.kvs.iter().map(|kv| (&kv.key[8..], &kv.value[..])).collect();
            assert_eq!(kvs, [(&b"a"[..], &b"2"[..]), (b"b", b"3")]);
            assert!(reply.kvs.iter().all(|kv| kv.mod_revision == revision));
        }
    });
}

#[test]
fn an_abort_writes_nothing() {
    on_all_at_once("an_abort_writes_nothing", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let aborted = run(&client, 0, |stm| {
            stm.put("stm/aborted", "v");
            -4711
        });
        let error = aborted.unwrap_err();
        assert_eq!((error.status, error.maybe_applied), (-4711, false));
        assert_eq!(client.value(b"stm/aborted").unwrap(), None);
        assert_eq!(run(&client, 0, |_| 7).unwrap_err().status, ETCD_ERR_INVALID_ARGUMENT);
        let mut kept = Stm(null_mut());
        run(&client, 0, |stm| {
            kept = stm;
            ETCD_OK
        })
        .unwrap();
        assert_eq!(kept.read("k", false).unwrap_err().status, ETCD_ERR_BAD_HANDLE);
        // A read that failed ends it, whatever the function returns.
        let failed = run(&client, 0, |stm| {
            assert_eq!(stm.read("", false).unwrap_err().status, ETCD_ERR_EMPTY_KEY);
            stm.put("stm/aborted", "v");
            ETCD_OK
        });
        assert_eq!(failed.unwrap_err().status, ETCD_ERR_EMPTY_KEY);
    });
}

/// What others write between the reads and the commit.
#[test]
fn each_level_of_isolation_checks_what_it_says() {
    on_all_at_once("each_level_of_isolation", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let tries = |isolation, key: &str, function: &dyn Fn(Stm)| {
            let key = key.as_bytes();
            let tries = AtomicUsize::new(0);
            let done = run(&client, isolation, |stm| {
                function(stm);
                if tries.fetch_add(1, Relaxed) == 0 {
                    client.put(key, b"theirs", flags(0)).unwrap();
                }
                ETCD_OK
            });
            done.unwrap();
            tries.into_inner()
        };
        let reads = |stm: Stm| {
            stm.get("stm/level/read");
            stm.put("stm/level/written", "ours");
        };
        let phantom = |stm: Stm| {
            stm.prefix("stm/level/");
            stm.put("stm/elsewhere", "ours");
        };
        let expected = [(0, 2, 2, 2), (65, 2, 1, 2), (66, 2, 1, 2), (67, 1, 1, 1)];
        for (isolation, changed, written, new) in expected {
            assert_eq!(tries(isolation, "stm/level/read", &reads), changed, "{isolation}");
            assert_eq!(tries(isolation, "stm/level/written", &reads), written, "{isolation}");
            client.delete(b"stm/level/new", flags(0)).unwrap();
            assert_eq!(tries(isolation, "stm/level/new", &phantom), new, "{isolation}");
            // One that is gone.
            let tried = AtomicUsize::new(0);
            run(&client, isolation, |stm| {
                phantom(stm);
                if tried.fetch_add(1, Relaxed) == 0 {
                    client.delete(b"stm/level/new", flags(0)).unwrap();
                }
                ETCD_OK
            })
            .unwrap();
            assert_eq!(tried.into_inner(), new, "{isolation}");
        }
    });
}

#[test]
fn reads_of_a_snapshot_are_of_one_revision() {
    on_all_at_once("reads_of_a_snapshot", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        for isolation in [ETCD_STM_SERIALIZABLE_SNAPSHOT, ETCD_STM_SERIALIZABLE] {
            for key in [b"stm/snap/a", b"stm/snap/b"] {
                client.put(key, b"old", flags(0)).unwrap();
            }
            let mut first = true;
            run(&client, isolation, |stm| {
                let a = stm.get("stm/snap/a");
                if std::mem::take(&mut first) {
                    client.put(b"stm/snap/b", b"new", flags(0)).unwrap();
                }
                let b = stm.get("stm/snap/b");
                assert!(a.as_deref() == Some("old") && b.is_some());
                stm.put("stm/snap/c", &b.unwrap());
                ETCD_OK
            })
            .unwrap();
            // The commit saw that b had changed.
            assert_eq!(client.value(b"stm/snap/c").unwrap().unwrap(), b"new");
        }
    });
}

#[test]
fn tries_have_a_bound() {
    on_all_at_once("tries_have_a_bound", &[], |backend| {
        let client = Client::open(&backend.endpoints);
        let conflict = |options| {
            let mut tries = 0;
            let result = run_with(&client, options, |stm| {
                stm.get("stm/bound");
                client.put(b"stm/bound", b"theirs", flags(0)).unwrap();
                tries += 1;
                ETCD_OK
            });
            (result.unwrap_err(), tries)
        };
        let (error, tries) = conflict(etcd_stm_options_t { max_tries: 3, ..options(0) });
        assert_eq!((error.status, error.maybe_applied, tries), (ETCD_ERR_CONFLICT, false, 3));
        let (error, tries) = conflict(etcd_stm_options_t { timeout_ms: 300, ..options(0) });
        assert!(error.status == ETCD_ERR_TIMEOUT && !error.maybe_applied && tries > 1);
    });
}

/// The sum of all accounts is the same at every revision.
#[test]
fn transfers_lose_nothing() {
    on_all_at_once("transfers_lose_nothing", &[], |backend| {
        const ACCOUNTS: u64 = 20;
        let client = Client::open(&backend.endpoints);
        let name = |account: u64| format!("stm/account/{account:02}");
        let begin = run(&client, 0, |stm| {
            (0..ACCOUNTS).for_each(|account| stm.put(&name(account), "100"));
            ETCD_OK
        });
        let begin = begin.unwrap();
        let balance = |stm: Stm, account| stm.get(&name(account)).unwrap().parse::<i64>().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (client, name) = (&client, &name);
                scope.spawn(move || {
                    let mut state = thread + 1;
                    for _ in 0..scaled(1250) {
                        let mut draw = |below: u64| {
                            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                            (state >> 33) % below
                        };
                        let (from, amount) = (draw(ACCOUNTS), draw(50) as i64);
                        let to = (from + 1 + draw(ACCOUNTS - 1)) % ACCOUNTS;
                        run(client, 0, |stm| {
                            let (of_from, of_to) = (balance(stm, from), balance(stm, to));
                            stm.put(&name(from), &(of_from - amount).to_string());
                            stm.put(&name(to), &(of_to + amount).to_string());
                            ETCD_OK
                        })
                        .unwrap();
                    }
                });
            }
        });
        let end = client.get(b"stm/account/", flags(ETCD_PREFIX)).unwrap().revision;
        for revision in (begin..=end).step_by(7).chain([end]) {
            let how = CallOptions { revision, ..flags(ETCD_PREFIX) };
            let kvs = client.get(b"stm/account/", how).unwrap().kvs;
            let value = |kv: &Kv| String::from_utf8(kv.value.clone()).unwrap();
            let sum: i64 = kvs.iter().map(|kv| value(kv).parse::<i64>().unwrap()).sum();
            assert_eq!((kvs.len(), sum), (20, 2000), "at {revision}");
        }
    });
}
