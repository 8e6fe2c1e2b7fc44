//! The ABI as compilers, linkers and loaders see it.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use support::cc::{library, root, source, Compiler};
use support::process::temp_dir;

fn output(program: &str, args: &[&str]) -> String {
    let out =
        Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn library_path() -> String {
    library().to_str().unwrap().to_owned()
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// What the library declares.
fn headers() -> String {
    let read = |name| fs::read_to_string(root().join("include").join(name)).unwrap();
    read("etcd.h") + &read("etcd-admin.h") + &read("etcd-api.h")
}

/// The compilers that are here, each with the standards that users have.
fn compilers() -> Vec<(Compiler, &'static str, String)> {
    let mut all = Vec::new();
    for standard in ["c99", "c11", "c17", "c++11", "c++14", "c++17", "c++20"] {
        let (default, clang, extension) = match standard.contains("++") {
            true => (Compiler::cxx(standard), "clang++", "cc"),
            false => (Compiler::c(standard), "clang", "c"),
        };
        assert!(default.is_there(), "no compiler for {standard}");
        all.push((default, extension, format!("the compiler at hand, {standard}")));
        let clang_here = Compiler::new(clang, standard);
        if clang_here.is_there() {
            all.push((clang_here, extension, format!("{clang}, {standard}")));
        }
    }
    all
}

#[test]
fn the_headers_stand_alone_and_together_in_every_standard() {
    let dir = temp_dir("header-");
    let dir = dir.path();
    // First, twice, every options structure made, and in two units of one program.
    let options =
        ["client", "call", "get", "put", "delete", "lease_grant", "compare", "watch", "range"].map(
            |name| {
                let upper = name.to_uppercase();
                format!(
                    "  etcd_{name}_options_t of_{name} = ETCD_{upper}_OPTIONS_INIT;\n  \
             if (of_{name}.size != sizeof of_{name}) return 1;\n"
                )
            },
        );
    let main = format!(
        "#include <etcd.h>\n#include <etcd.h>\nuint32_t other(void);\nint main(void) {{\n{}  \
         return etcd_version_number() == ETCD_VERSION_NUMBER && other() == ETCD_VERSION_NUMBER ? 0 : 1;\n}}\n",
        options.concat() + "  etcd_counters_t counters = ETCD_COUNTERS_INIT;\n  if (counters.size != sizeof counters) return 1;\n"
    );
    let other = "#include <etcd.h>\nuint32_t other(void);\nuint32_t other(void) { return etcd_version_number(); }\n";
    let classic = "  etcd_session session = etcd_open_str(\"mem:\");
  etcd_result set = etcd_set(session, \"k\", \"v\", NULL, 0);
  if (set == ETCD_PROTOCOL_ERROR || set == ETCD_WTF || set != ETCD_OK) return 1;\n";
    let both = "  etcd_get_response_t *found = NULL;
  etcd_bytes_t key = { (const uint8_t *)\"k\", 1 };
  if (etcd_kv_get((etcd_client_t *)session, key, NULL, &found, NULL) != ETCD_OK) return 2;
  if (found->kv_count != 1) return 3;
  etcd_get_response_free(found);\n";
    let whole = |includes: &[&str], body: &str| {
        let includes: String = includes.iter().map(|name| format!("#include <{name}>\n")).collect();
        format!("{includes}int main(void) {{\n{body}  etcd_close_str(session);\n  return 0;\n}}\n")
    };
    let admin = "  etcd_session session = etcd_open_str(\"mem:\");
  etcd_member_list_response_t *members = NULL;
  if (etcd_member_list((etcd_client_t *)session, NULL, &members, NULL) != ETCD_OK) return 2;
  if (members->member_count != 1 || members->members[0]->id == 0) return 3;
  etcd_member_list_response_free(members);\n";
    let admin_first = whole(&["etcd-admin.h", "etcd.h", "etcd-api.h", "etcd-admin.h"], admin);
    let admin_last = whole(&["etcd-api.h", "etcd.h", "etcd-admin.h"], admin);
    let alone = whole(&["etcd-api.h", "etcd-api.h"], classic);
    let first = whole(&["etcd-api.h", "etcd.h"], &format!("{classic}{both}"));
    let last = whole(&["etcd.h", "etcd-api.h"], &format!("{classic}{both}"));
    for (compiler, extension, name) in compilers() {
        let file = |stem: &str, text: &str| write(dir, &format!("{stem}.{extension}"), text);
        for sources in [
            vec![file("main", &main), file("other", other)],
            vec![file("alone", &alone)],
            vec![file("first", &first)],
            vec![file("last", &last)],
            vec![file("admin_first", &admin_first)],
            vec![file("admin_last", &admin_last)],
        ] {
            let program = compiler
                .try_program("header", &sources)
                .unwrap_or_else(|words| panic!("{name}: {words}"));
            program.run::<&str>(&[], Duration::from_secs(10));
        }
    }
}

/// A program that others may lack; in CI all are there.
fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    let required = std::env::var("LIBETCD_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
    assert!(there || !required, "no {program}");
    if !there {
        eprintln!("skipped: no {program}");
    }
    there
}

#[test]
fn no_compiler_warns_of_the_headers() {
    const C: [&str; 5] = ["c89", "c99", "c11", "c17", "c2x"];
    const CXX: [&str; 6] = ["c++98", "c++11", "c++14", "c++17", "c++20", "c++2b"];
    let dir = temp_dir("warnings-");
    let header = headers();
    let macros = header.lines().filter_map(|line| {
        let name = line.strip_prefix("#define ")?.strip_suffix("_INIT \\")?;
        let upper = name.to_owned();
        let lower = upper.to_lowercase();
        Some(format!("  {{ {lower}_t made = {upper}_INIT; (void)made; }}\n"))
    });
    let macros: Vec<String> = macros.collect();
    assert!(macros.len() > 8, "{macros:?}");
    let text = format!(
        "#include <etcd-api.h>\n#include <etcd-admin.h>\n#include <etcd.h>\n#include <etcd-api.h>\n\
         #include <etcd.h>\n#include <etcd-admin.h>\n\
         #if ETCD_VERSION_NUMBER < 0x000100u\n#error \"an old header\"\n#endif\n\
         void function(void);\nvoid function(void) {{\n{}}}\n",
        macros.concat()
    );
    let sources = [write(dir.path(), "header.c", &text), write(dir.path(), "header.cc", &text)];
    let all = [("gcc", &C[..]), ("clang", &C[..]), ("g++", &CXX[..]), ("clang++", &CXX[..])];
    for (compiler, standards) in all {
        if !is_there(compiler) {
            continue;
        }
        for standard in standards {
            let cxx = standard.contains("++");
            let mut command = Command::new(compiler);
            command.arg(format!("-std={standard}")).args(["-fsyntax-only", "-pedantic-errors"]);
            command.args(["-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wsign-conversion"]);
            match cxx {
                true => command.args([
                    "-Wold-style-cast",
                    "-Wzero-as-null-pointer-constant",
                    "-Wextra-semi",
                ]),
                false => command.arg("-Wstrict-prototypes"),
            };
            // What stdint.h and stdbool.h need.
            match (*standard, compiler) {
                ("c89", "clang") => command.args(["-Wno-long-long", "-Wno-c99-extensions"]),
                ("c89" | "c++98", _) => command.arg("-Wno-long-long"),
                _ => &mut command,
            };
            command.arg("-I").arg(root().join("include")).arg(&sources[usize::from(cxx)]);
            let out = command.output().unwrap();
            let words = String::from_utf8_lossy(&out.stderr);
            assert!(out.status.success() && words.is_empty(), "{command:?}\n{words}");
        }
    }
}

/// The default configuration, but for what it reads and where it writes.
#[test]
fn doxygen_documents_every_function() {
    if !is_there("doxygen") {
        return;
    }
    let dir = temp_dir("doxygen-");
    let include = root().join("include");
    let settings = format!(
        "INPUT = {}\nOUTPUT_DIRECTORY = {}\nHAVE_DOT = NO\nGENERATE_LATEX = NO\n\
         GENERATE_HTML = NO\nGENERATE_XML = YES\nQUIET = YES\n",
        include.display(),
        dir.path().display()
    );
    let settings = write(dir.path(), "Doxyfile", &settings);
    let out = Command::new("doxygen").arg(&settings).output().unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && words.is_empty(), "{words}");
    let files = fs::read_dir(dir.path().join("xml")).unwrap();
    let xml: String =
        files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok()).collect();
    let header = headers();
    let names = header.lines().filter(|line| line.contains("ETCD_API ")).filter_map(|line| {
        let name = line.split_once('(')?.0.rsplit([' ', '*']).next()?;
        name.starts_with("etcd_").then_some(name)
    });
    let names: Vec<_> = names.collect();
    assert!(names.len() > 100, "{}", names.len());
    for name in names {
        let documented = xml.split("<memberdef kind=\"function\"").skip(1).any(|member| {
            let member = member.split("</memberdef>").next().unwrap();
            member.contains(&format!("<name>{name}</name>")) && member.contains("<para>")
        });
        assert!(documented, "{name} has no documentation");
    }
}

#[test]
fn nothing_in_the_structures_has_moved() {
    Compiler::c("c11").program("layout", &[source("layout")]);
    // Nothing may be added to the header and be forgotten here.
    let layout = fs::read_to_string(source("layout")).unwrap();
    let header = headers();
    for structure in header.split("\nstruct ").skip(1) {
        let (name, body) = structure.split_once(" {").unwrap();
        let body = body.split("\n};").next().unwrap();
        assert!(layout.contains(&format!("SIZE({name}, ")), "tests/c/layout.c lacks {name}");
        for line in body.lines().map(str::trim).filter(|line| line.ends_with(';')) {
            let field = line.trim_end_matches(';').rsplit([' ', '*']).next().unwrap();
            let pinned = format!("AT({name}, {field}, ");
            assert!(layout.contains(&pinned), "tests/c/layout.c lacks {name}.{field}");
        }
    }
}

#[test]
fn the_library_needs_only_what_every_system_has() {
    let dynamic = output("readelf", &["-dW", &library_path()]);
    let entries = |tag: &str| -> Vec<String> {
        let lines = dynamic.lines().filter(|line| line.contains(&format!("({tag})")));
        lines
            .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()))
            .collect()
    };
    assert_eq!(entries("SONAME"), ["libetcd.so.0"]);
    for needed in entries("NEEDED") {
        let known = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-"];
        assert!(known.iter().any(|known| needed.starts_with(known)), "needs {needed}");
    }
    assert!(entries("RPATH").is_empty() && entries("RUNPATH").is_empty());
    // Never unmapped; all symbols bound at the start, nothing writable that need not be.
    for flag in ["NODELETE", "NOW"] {
        let has = dynamic.lines().any(|line| line.contains("FLAGS") && line.contains(flag));
        assert!(has, "no flag {flag} in\n{dynamic}");
    }
    assert!(!dynamic.contains("TEXTREL"));
    let segments = output("readelf", &["-lW", &library_path()]);
    let stack = segments.lines().find(|line| line.contains("GNU_STACK")).unwrap();
    assert!(stack.contains("RW ") && !stack.contains("RWE"), "{stack}");
    assert!(segments.contains("GNU_RELRO"));
}

#[test]
fn the_library_exports_just_what_is_listed() {
    let list = root().join("tests/symbols.txt");
    let symbols = output("nm", &["-D", "--defined-only", "--format=posix", &library_path()]);
    let exported: BTreeSet<_> = symbols.lines().filter_map(|line| line.split(' ').next()).collect();
    for symbol in &exported {
        assert!(symbol.starts_with("etcd_"), "{symbol} is exported");
    }
    // Made from the headers, so each that is declared is there.
    let listed = fs::read_to_string(&list).unwrap_or_default();
    let listed: BTreeSet<_> = listed.lines().collect();
    let (gone, fresh): (Vec<_>, Vec<_>) =
        (listed.difference(&exported).collect(), exported.difference(&listed).collect());
    assert!(
        gone.is_empty() && fresh.is_empty(),
        "missing in the library: {gone:?}; declared nowhere: {fresh:?}"
    );
}

/// Without this a missing tool would be a puzzling failure of the others.
#[test]
fn the_tools_are_there() {
    for tool in ["readelf", "nm", "strip"] {
        if Command::new(tool).arg("--version").output().is_err() {
            let _ = writeln!(std::io::stderr(), "{tool} (binutils) is missing");
            panic!("{tool} is missing");
        }
    }
}
