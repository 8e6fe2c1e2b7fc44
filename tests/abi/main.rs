//! What the ABI publishes may only grow: the header, the symbols, the layouts.

mod bad_calls;
mod errors;
mod forms;
mod fuzz_calls;
mod header;
mod numbers;
mod prototypes;
mod python;
mod source;
mod topics;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether `make header` asks to write what is made from the sources.
fn is_blessed() -> bool {
    std::env::var_os("LIBETCD_BLESS").is_some_and(|value| !value.is_empty())
}

/// A file that is made from the sources and committed.
fn is_up_to_date(file: &str, generated: &str) {
    let path = root().join(file);
    if is_blessed() {
        std::fs::write(&path, generated).unwrap();
    }
    if std::fs::read_to_string(&path).unwrap_or_default() != generated {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("generated");
        std::fs::write(&new, generated).unwrap();
        let diff = Command::new("diff").arg("-u").arg(&path).arg(&new).output();
        let diff = diff.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
        let diff = diff.unwrap_or_default();
        panic!("{file} is not what the sources say.\n{diff}\nIf that is meant, run: make header");
    }
}

#[test]
fn what_is_made_from_the_sources_is_up_to_date() {
    let mut all = String::new();
    for header in topics::headers() {
        let generated = header::generate(&header, root());
        is_up_to_date(&format!("include/{}", header.file), &generated);
        all.push_str(&generated);
    }
    is_up_to_date("tests/c/bad_calls.h", &bad_calls::generate(&all));
    is_up_to_date("tests/c/errors.h", &errors::generate(&all));
    is_up_to_date("tests/c/fuzz_calls.h", &fuzz_calls::generate(&all));
    is_up_to_date("python/_etcd_abi.py", &python::generate(&all));
    let modules = ["python/etcd.py", "python/etcd_aio.py"];
    let [etcd, aio] = modules.map(|file| std::fs::read_to_string(root().join(file)).unwrap());
    for (file, generated) in modules.iter().zip(forms::generate(&etcd, &aio)) {
        is_up_to_date(file, &generated);
    }
    let functions = prototypes::functions(&all);
    let symbols: BTreeSet<_> = functions.iter().map(|of| format!("{}\n", of.name)).collect();
    is_up_to_date("tests/symbols.txt", &symbols.into_iter().collect::<String>());
}

/// That these come without an error is seen with every function that returns them.
#[test]
fn every_status_between_success_and_error_is_tried() {
    let header = std::fs::read_to_string(root().join("include/etcd.h")).unwrap();
    let program = std::fs::read_to_string(root().join("tests/c/errors.c")).unwrap();
    let between = errors::between(&header);
    assert!(between.len() > 10, "{between:?}");
    for (function, status) in between {
        let tried = program.contains(&format!("({status}, {function}("));
        assert!(tried, "tests/c/errors.c lacks {status} of {function}()");
    }
}

/// The status numbers in the header, by name.
fn statuses() -> Vec<(String, i32)> {
    let header = std::fs::read_to_string(root().join("include/etcd.h")).unwrap();
    let lines = header.lines().filter_map(|line| line.strip_prefix("#define ETCD_"));
    let numbers = lines.filter_map(|line| {
        let (name, number) = line.split_once(' ')?;
        let status = name.starts_with("ERR_") || ["OK", "EMPTY", "WOKEN", "END"].contains(&name);
        status.then(|| (format!("ETCD_{name}"), number.parse().unwrap()))
    });
    numbers.collect()
}

#[test]
fn every_status_has_its_name_and_a_meaning() {
    let text = |text| unsafe { std::ffi::CStr::from_ptr(text) }.to_str().unwrap();
    let statuses = statuses();
    assert!(statuses.len() > 90, "{}", statuses.len());
    for (name, number) in statuses {
        assert_eq!(text(etcd::capi::error::etcd_status_name(number)), name);
        assert_ne!(text(etcd::capi::error::etcd_status_message(number)), "unknown status");
    }
    for unknown in [1, 13, -99, -100, -117, -199, -266, i32::MIN, i32::MAX] {
        assert_eq!(text(etcd::capi::error::etcd_status_name(unknown)), "ETCD_ERR_?");
    }
}

/// Once published, a number keeps its meaning for ever.
#[test]
fn no_status_number_has_changed() {
    let path = root().join("tests/statuses.txt");
    let now: String =
        statuses().iter().map(|(name, number)| format!("{number} {name}\n")).collect();
    if is_blessed() {
        std::fs::write(&path, &now).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(now, published, "append only; then run: make header");
}
