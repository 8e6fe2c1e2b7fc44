//! Installing and removing the library, and finding it: by pkg-config, CMake, the loader, Python, C++ and static linking.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::cc;
use support::install::*;
use support::server::{newest_or_skip, shared};

/// What is below a directory, without the directories themselves.
fn files(dir: &Path) -> Vec<String> {
    let find = Command::new("find").arg(dir).args(["!", "-type", "d", "-printf", "%P\n"]).output();
    let mut files: Vec<_> =
        String::from_utf8(find.unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    files
}

fn installed(libdir: &str) -> Vec<String> {
    let version = env!("CARGO_PKG_VERSION");
    let headers = fs::read_dir(cc::root().join("include")).unwrap();
    let mut all: Vec<_> = headers
        .map(|header| format!("include/{}", header.unwrap().file_name().to_string_lossy()))
        .collect();
    for name in [
        "cmake/libetcd/libetcd-config-version.cmake",
        "cmake/libetcd/libetcd-config.cmake",
        "libetcd.a",
        "libetcd.so",
        "libetcd.so.0",
        &format!("libetcd.so.{version}"),
        "pkgconfig/libetcd-static.pc",
        "pkgconfig/libetcd.pc",
    ] {
        all.push(format!("{libdir}/{name}"));
    }
    all.extend(["bin/etcd-test", "share/man/man1/etcd-test.1"].map(str::to_owned));
    all.sort();
    all
}

/// It finds the library beside it, and nothing points the loader there.
fn runs_in_place(command: &Path) {
    let mut version = Command::new(command);
    version.arg("--version").env_remove("LD_LIBRARY_PATH");
    let expected = format!("etcd-test (libetcd) {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(cc::finish(version, LIMIT), expected);
}

#[test]
fn uninstall_removes_what_install_brought() {
    let prefix = scratch("uninstall-");
    let variables = [format!("PREFIX={}", prefix.display())];
    make("install", &variables);
    assert_eq!(files(&prefix), installed("lib"));
    runs_in_place(&prefix.join("bin/etcd-test"));
    make("install", &variables);
    make("uninstall", &variables);
    assert_eq!(files(&prefix), [""; 0]);
    make("uninstall", &variables);
}

#[test]
fn an_installation_can_be_staged() {
    let stage = scratch("stage-");
    let libdir = "lib/x86_64-linux-gnu";
    let variables = [
        format!("DESTDIR={}", stage.display()),
        "PREFIX=/opt/etcd".into(),
        format!("LIBDIR={libdir}"),
    ];
    make("install", &variables);
    let root = stage.join("opt/etcd");
    assert_eq!(files(&root), installed(libdir));
    runs_in_place(&root.join("bin/etcd-test"));
    for text in files(&root).iter().filter(|name| name.ends_with(".pc") || name.ends_with(".cmake"))
    {
        let text = fs::read_to_string(root.join(text)).unwrap();
        assert!(!text.contains(stage.to_str().unwrap()), "{text}");
    }
    let program = stage.join("version");
    build(
        &format!("cc -o {} version.c $(pkg-config --cflags --libs libetcd)", program.display()),
        &[
            ("PKG_CONFIG_SYSROOT_DIR", &stage),
            ("PKG_CONFIG_LIBDIR", &root.join(libdir).join("pkgconfig")),
        ],
    );
    let version = env!("CARGO_PKG_VERSION");
    let mut version_program = Command::new(program);
    version_program.env("LD_LIBRARY_PATH", root.join(libdir));
    let said = cc::finish(version_program, LIMIT);
    assert_eq!(said, format!("header  {version}\nlibrary {version}\n"));
    make("uninstall", &variables);
    assert_eq!(files(&root), [""; 0]);
}

/// Where the loader does not look, the README names a way.
#[test]
fn the_loader_finds_the_library_by_the_path_in_the_program() {
    let out = scratch("rpath-").join("version");
    build(
        &format!(
            "cc -o {} version.c $(pkg-config --cflags --libs libetcd) \
             -Wl,-rpath,$(pkg-config --variable=libdir libetcd)",
            out.display()
        ),
        &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))],
    );
    let mut version = Command::new(out);
    version.env_remove("LD_LIBRARY_PATH");
    assert!(cc::finish(version, LIMIT).starts_with("header  "));
}

#[test]
fn python_says_where_it_looks_for_the_library() {
    let mut python = python3();
    python.env_remove("LD_LIBRARY_PATH").args(["-c", "import etcd; etcd.version()"]);
    let said = String::from_utf8(python.output().unwrap().stderr).unwrap();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("OSError: libetcd.so.0: "), "{said}");
    assert!(last.contains("etcd.load()") && last.contains("LD_LIBRARY_PATH"), "{said}");
}

#[test]
fn make_demo_needs_no_server() {
    let root = cc::root();
    let programs = scratch("demo-");
    for (name, source) in [("demo", "../c-examples/demo.c"), ("etcd-test", "../cmd/etcd-test.c")] {
        let out = programs.join(name);
        build(
            &format!(
                "cc -std=c99 -O2 -o {} {source} $(pkg-config --cflags --libs libetcd)",
                out.display()
            ),
            &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))],
        );
    }
    for at in places("make_demo_needs_no_server") {
        let mut demo = run(&root.join("tools/demo.sh"));
        demo.arg(&programs);
        if at != "mem:" {
            demo.arg(&at);
        }
        let _alone = alone();
        let said = cc::finish(demo, LIMIT);
        assert!(said.contains("demo/banana = yellow (revision "), "{at}: {said}");
        assert!(said.contains("got value: red\n"), "{at}: {said}");
        assert!(said.contains("\ndemo/fruit/apple\ndemo/fruit/banana\n"), "{at}: {said}");
        assert!(said.contains("\nleader is "), "{at}: {said}");
    }
}

#[test]
fn cplusplus_and_static_linking() {
    let Some(version) = newest_or_skip("cplusplus_and_static_linking") else { return };
    let at = shared(&version).endpoints();
    let pc = prefix().join("lib/pkgconfig");
    let out = scratch("link-");
    let flags = STRICT.join(" ");
    let from = "$(pkg-config --cflags --libs libetcd)";
    let static_from = "$(pkg-config --cflags --libs libetcd-static)";
    for (name, compiler, source, from) in [
        ("c++11", "c++ -std=c++11", "../tests/c/install.cc", from),
        ("c++20", "c++ -std=c++20", "../tests/c/install.cc", from),
        ("c++-static", "c++ -std=c++17", "../tests/c/install.cc", static_from),
        ("c-static", "cc -std=c99", "demo.c", static_from),
    ] {
        let program = out.join(name);
        build(
            &format!("{compiler} {flags} -o {} {source} {from}", program.display()),
            &[("PKG_CONFIG_PATH", &pc)],
        );
        let needed = Command::new("objdump").arg("-p").arg(&program).output().unwrap().stdout;
        let needed = String::from_utf8(needed).unwrap();
        assert_eq!(needed.contains("libetcd.so.0"), !name.ends_with("static"), "{name}");
        let said = output(run(&program), &at);
        assert!(said == "same\n" || said.ends_with("deleted 3 keys\n"), "{name}: {said}");
        fs::remove_file(program).unwrap();
    }
}

/// The ABI only grows: a library serves every program that was written for an older one.
#[test]
fn cmake_takes_any_version_that_is_not_older() {
    if Command::new("cmake").arg("--version").output().is_err() {
        eprintln!("skipped: cmake_takes_any_version_that_is_not_older: no cmake");
        return;
    }
    let out = scratch("versions-");
    let newer = "1.2.3";
    make("install", &[format!("PREFIX={}", out.display()), format!("VERSION={newer}")]);
    fs::write(
        out.join("CMakeLists.txt"),
        "cmake_minimum_required(VERSION 3.10)\nproject(versions NONE)\n\
         foreach(wanted 0.1 0.9.9 1 1.2 1.2.3 1.2.4 1.3 2)\n\
         find_package(libetcd ${wanted} QUIET CONFIG)\n\
         message(\"libetcd ${wanted}: ${libetcd_FOUND}\")\n\
         endforeach()\n\
         find_package(libetcd 1.2.3 EXACT REQUIRED CONFIG)\n",
    )
    .unwrap();
    let configure = Command::new("cmake")
        .args(["-S", ".", "-B", "build", "-DCMAKE_PREFIX_PATH=."])
        .current_dir(&out)
        .output()
        .unwrap();
    let said = String::from_utf8(configure.stderr).unwrap();
    assert!(configure.status.success(), "{said}");
    let answers =
        ["0.1: 1", "0.9.9: 1", "1: 1", "1.2: 1", "1.2.3: 1", "1.2.4: 0", "1.3: 0", "2: 0"];
    let expected: Vec<_> = answers.iter().map(|it| format!("libetcd {it}")).collect();
    let found: Vec<_> = said.lines().filter(|line| line.starts_with("libetcd ")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_cmake_project() {
    let Some(version) = newest_or_skip("a_cmake_project") else { return };
    if Command::new("cmake").arg("--version").output().is_err() {
        eprintln!("skipped: a_cmake_project: no cmake");
        return;
    }
    let out = scratch("cmake-");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(cc::root().join("tests/cmake")).arg("-B").arg(&out);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()));
    configure.arg(format!("-DDEMO={}", cc::root().join("c-examples/demo.c").display()));
    cc::finish(configure, LIMIT);
    let mut make = Command::new("cmake");
    make.arg("--build").arg(&out);
    cc::finish(make, LIMIT);
    for name in ["shared", "static"] {
        let mut demo = Command::new(out.join(name));
        demo.env_remove("LD_LIBRARY_PATH");
        let said = output(demo, &shared(&version).endpoints());
        assert!(said.ends_with("deleted 3 keys\n"), "{name}: {said}");
    }
}
