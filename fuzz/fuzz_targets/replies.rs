#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd::fuzzing::replies(data));
