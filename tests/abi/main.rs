//! What the ABI publishes may only grow: the header, the symbols, the layouts.

mod source;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A header of the ABI.
struct Header {
    file: &'static str,
    /// In the order in which the header presents them.
    sources: &'static [&'static str],
    about: &'static str,
    /// Between the includes and the first item.
    preamble: String,
}

const API: &str = r#"
#ifndef ETCD_API
#define ETCD_API extern
#endif"#;

fn headers() -> [Header; 2] {
    let (major, minor, patch) = (
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    );
    let versions = format!(
        r#"
#define ETCD_VERSION_MAJOR {major}
#define ETCD_VERSION_MINOR {minor}
#define ETCD_VERSION_PATCH {patch}
/** The version of this header: major << 16 | minor << 8 | patch. */
#define ETCD_VERSION_NUMBER \
  ((uint32_t)ETCD_VERSION_MAJOR << 16 | (uint32_t)ETCD_VERSION_MINOR << 8 | \
   (uint32_t)ETCD_VERSION_PATCH)
{API}

#if defined(__GNUC__)
#define ETCD_MUST_USE __attribute__((warn_unused_result))
#else
#define ETCD_MUST_USE
#endif"#
    );
    [
        Header {
            file: "etcd.h",
            sources: &[
                "src/error/status.rs",
                "src/capi/types.rs",
                "src/capi/options.rs",
                "src/capi/version.rs",
                "src/capi/error.rs",
                "src/capi/log.rs",
                "src/capi/client.rs",
                "src/capi/connection.rs",
                "src/capi/counters.rs",
                "src/capi/endpoints.rs",
                "src/capi/kv.rs",
                "src/capi/pairs.rs",
                "src/capi/page.rs",
                "src/capi/condition.rs",
                "src/capi/txn.rs",
                "src/capi/request.rs",
                "src/capi/watch.rs",
                "src/capi/lease.rs",
                "src/capi/keepalive.rs",
                "src/capi/event.rs",
                "src/capi/queue.rs",
            ],
            about: "libetcd: etcd v3 for C.\n *\n * Ownership, threads, errors, queues, fork and \
                    signals: see docs/c-api.md.",
            preamble: versions,
        },
        Header {
            file: "etcd-api.h",
            sources: &["src/capi/classic.rs"],
            about: "libetcd: the classic interface, that of the old etcd-api, on etcd v3.\n *\n * \
                    Programs written for it compile without a change; see docs/etcd-api.md. It goes \
                    together with\n * etcd.h, in either order.",
            preamble: API.to_owned(),
        },
    ]
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generate(header: &Header) -> String {
    let mut config = cbindgen::Config::from_root_or_default(root());
    config.include_guard = Some(header.file.to_uppercase().replace(['.', '-'], "_"));
    let about = header.about;
    config.header =
        Some(format!("/* {about}\n *\n * SPDX-License-Identifier: MIT OR Apache-2.0\n */"));
    config.after_includes = Some(header.preamble.clone());
    let mut builder = cbindgen::Builder::new().with_config(config);
    let expanded = tempfile::tempdir().unwrap();
    for (number, source) in header.sources.iter().enumerate() {
        let file = expanded.path().join(format!("{number}.rs"));
        std::fs::write(&file, source::expanded(&root().join(source))).unwrap();
        builder = builder.with_src(file);
    }
    let mut text = Vec::new();
    builder.generate().expect("cbindgen").write(&mut text);
    let text = unsigned(&String::from_utf8(text).unwrap());
    // Before the guard's end, so that a second inclusion stays empty.
    let guard = text.rfind("#endif").unwrap();
    format!("{}{}\n{}", &text[..guard], initialisers(&text), &text[guard..])
}

/// Flags as unsigned numbers: `~` of one warns nowhere, and bit 31 is no sign.
fn unsigned(header: &str) -> String {
    let lines = header.lines().map(|line| match line.split_once(" (1 << ") {
        Some((define, bit)) if define.starts_with("#define ETCD_") => {
            let bit: u32 = bit.trim_end_matches(')').parse().unwrap();
            format!("{define} {:#x}u\n", 1u32 << bit)
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// An INIT macro for each structure that begins with its size; every field is listed, because
/// some compilers warn of fields that are not.
fn initialisers(header: &str) -> String {
    let mut macros = String::new();
    for structure in header.split("typedef struct ").skip(1) {
        let name = structure.split_whitespace().next().unwrap();
        let body = structure.split('}').next().unwrap();
        if !body.contains(" size_t size;") {
            continue;
        }
        let fields = body.lines().map(str::trim).filter(|line| line.ends_with(';'));
        let values = fields.map(|field| match field {
            "size_t size;" => format!("sizeof({name})"),
            _ if field.contains('*') => "NULL".to_owned(),
            _ if field.starts_with("struct etcd_bytes_t ") => "{ NULL, 0 }".to_owned(),
            _ => "0".to_owned(),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let upper = name.trim_end_matches("_t").to_uppercase();
        let _ = write!(
            macros,
            "/** For initialising an {name}. */\n#define {upper}_INIT \\\n  {{ {values} }}\n\n"
        );
    }
    macros
}

#[test]
fn the_headers_are_up_to_date() {
    for header in headers() {
        let path = root().join("include").join(header.file);
        let generated = generate(&header);
        if std::env::var_os("LIBETCD_BLESS").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed != generated {
            let dir = tempfile::tempdir().unwrap();
            let new = dir.path().join(header.file);
            std::fs::write(&new, &generated).unwrap();
            let diff = Command::new("diff").arg("-u").arg(&path).arg(&new).output();
            let diff = diff.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
            panic!(
                "include/{} is not what the sources say.\n{}\nIf the change is meant, run: make \
                 header",
                header.file,
                diff.unwrap_or_default()
            );
        }
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
    if std::env::var_os("LIBETCD_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(now, published, "append only; then run: make header");
}
