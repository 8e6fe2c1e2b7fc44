//! The library as a user gets it: installed, found by pkg-config and CMake, and used by the examples.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use support::cc;
use support::process::temp_dir;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, shared, Cluster, TlsMode};

const LIMIT: Duration = Duration::from_secs(60);
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"];

fn make(target: &str, variables: &[String]) {
    let mut make = Command::new("make");
    make.arg("-s").arg("-C").arg(cc::root()).arg(target).args(variables);
    // This run's library in place of a release build, which takes minutes.
    make.arg(format!("OUT={}", cc::library().parent().unwrap().display()));
    cc::finish(make, LIMIT);
}

fn scratch(name: &str) -> PathBuf {
    temp_dir(name).keep()
}

/// One installation for all tests that only read it.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("prefix-");
        make("install", &[format!("PREFIX={}", prefix.display())]);
        prefix
    })
}

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
        "pkgconfig/libetcd.pc",
    ] {
        all.push(format!("{libdir}/{name}"));
    }
    all.sort();
    all
}

/// The shell sees the command as a user would type it, after `cd c-examples`.
fn build(command: &str, pkg_config: &[(&str, &Path)]) {
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(command).current_dir(cc::root().join("c-examples"));
    shell.envs(pkg_config.iter().copied());
    cc::finish(shell, LIMIT);
}

/// Compiles c-examples/NAME.c as the README says, and returns the program, which finds the library.
fn example(name: &str, standard: &str) -> Command {
    let program = scratch("example-").join(name);
    let flags = STRICT.join(" ");
    let out = program.display();
    build(
        &format!(
            "cc -std={standard} {flags} -o {out} {name}.c $(pkg-config --cflags --libs libetcd)"
        ),
        &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))],
    );
    run(&program)
}

fn run(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix().join("lib")).stdin(Stdio::null());
    command
}

/// One at a time: the same example twice would delete its keys under itself.
fn output(mut command: Command, argument: &str) -> String {
    static RUNNING: Mutex<()> = Mutex::new(());
    let _alone = RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    command.arg(argument);
    cc::finish(command, LIMIT)
}

#[test]
fn uninstall_removes_what_install_brought() {
    let prefix = scratch("uninstall-");
    let variables = [format!("PREFIX={}", prefix.display())];
    make("install", &variables);
    assert_eq!(files(&prefix), installed("lib"));
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

#[test]
fn every_example() {
    let Some(version) = newest_or_skip("every_example") else { return };
    let at = shared(&version).endpoints();
    for standard in ["c99", "c11"] {
        let demo = output(example("demo", standard), &at);
        assert!(demo.contains("demo/banana = yellow (revision "), "{demo}");
        assert!(demo.ends_with("deleted 3 keys\n"), "{demo}");

        let calls = output(example("get-put-delete", standard), &at);
        assert!(calls.starts_with("put: replaced \"old\" at revision "), "{calls}");
        assert!(
            calls.ends_with("get: \"new\", version 2\ndelete: 1 key\nget: no such key\n"),
            "{calls}"
        );

        let range = output(example("range", standard), &at);
        assert!(range.contains("begin with range/: range/a range/b range/c range/d\n"), "{range}");
        assert!(range.contains("range/b up to range/d: range/b range/c\n"), "{range}");
        assert!(range.contains("range/c and after: range/c range/d"), "{range}");

        let puts = output(example("queue-poll", standard), &at);
        let mut numbers: Vec<_> =
            puts.lines().map(|line| line.split(": revision").next()).collect();
        numbers.sort();
        let expected: Vec<_> = (0..10).map(|i| format!("put {i}")).collect();
        assert_eq!(numbers.into_iter().flatten().collect::<Vec<_>>(), expected);

        let errors = output(example("errors", standard), &at);
        assert!(errors.contains("ETCD_ERR_UNAVAILABLE"), "{errors}");
        assert!(errors.contains("no key: given up\n"), "{errors}");
        assert!(errors.ends_with("a good put: done\n"), "{errors}");
    }
}

#[test]
fn the_errors_example_with_late_replies() {
    let Some(version) = newest_or_skip("the_errors_example_with_late_replies") else { return };
    let proxy = Proxy::to_port(shared(&version).port(0), 1);
    let mut errors = example("errors", "c99");
    errors.arg(proxy.endpoint());
    // Longer than the example waits for one.
    proxy.set(Fault::Delay(Dir::ToClient, Duration::from_millis(700)));
    let running = cc::Running::start(errors, LIMIT);
    std::thread::sleep(Duration::from_secs(3));
    proxy.set(Fault::Pass);
    let said = running.finish();
    assert!(said.contains("ETCD_ERR_TIMEOUT"), "{said}");
    assert!(said.contains("  may have been applied, may succeed later\n"), "{said}");
    assert!(said.ends_with("a good put: done\n"), "{said}");
}

#[test]
fn the_tls_example() {
    let Some(version) = newest_or_skip("the_tls_example") else { return };
    let cluster =
        Cluster::builder(&version).tls(TlsMode::Mutual).password("alice", "secret").start();
    let files = cluster.cert_files().unwrap();
    let login = |password: &str| {
        let path = scratch("password-").join("password");
        fs::write(&path, format!("{password}\n")).unwrap();
        let mut command = example("tls-and-password", "c99");
        command.args(["-e", &cluster.endpoints(), "-u", "alice", "-a"]).arg(&files.ca);
        command.arg("-c").arg(&files.client_cert).arg("-k").arg(&files.client_key);
        command.stdin(fs::File::open(path).unwrap());
        command
    };
    let said = cc::finish(login("secret"), LIMIT);
    assert!(said.starts_with("cluster ") && said.contains(", revision "), "{said}");
    let refused = login("wrong").output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.starts_with("ETCD_ERR_AUTH_FAILED: "), "{said}");
}

#[test]
fn the_python_example() {
    let Some(version) = newest_or_skip("the_python_example") else { return };
    let mut python = python3();
    python.arg(cc::root().join("c-examples/python.py"));
    let said = output(python, &shared(&version).endpoints());
    assert!(said.contains("example/cherry = CHERRY\n") && said.ends_with("deleted: 3\n"), "{said}");
}

/// The first block in a language in README.md, for another endpoint than its own.
fn readme(language: &str, endpoints: &str, target: &Path) {
    let text = fs::read_to_string(cc::root().join("README.md")).unwrap();
    let block =
        text.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap();
    assert!(block.contains("localhost:2379"));
    fs::write(target, block.replace("localhost:2379", endpoints)).unwrap();
}

#[test]
fn the_programs_in_the_readme() {
    let Some(version) = newest_or_skip("the_programs_in_the_readme") else { return };
    let at = shared(&version).endpoints();
    let dir = scratch("readme-");
    let (c, python) = (dir.join("hello.c"), dir.join("hello.py"));
    readme("c", &at, &c);
    readme("python", &at, &python);
    let flags = STRICT.join(" ");
    let program = dir.join("hello");
    let command = format!(
        "cc -std=c99 {flags} {} -o {} $(pkg-config --cflags --libs libetcd)",
        c.display(),
        program.display()
    );
    build(&command, &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))]);
    assert_eq!(cc::finish(run(&program), LIMIT), "hello\n");
    let mut script = python3();
    script.arg(python);
    assert_eq!(cc::finish(script, LIMIT), "hello\n");
}

/// Finds the module and, by its name, the library, as it would find installed ones.
fn python3() -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", cc::root().join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("LD_LIBRARY_PATH", prefix().join("lib"));
    python
}

#[test]
fn cplusplus_and_static_linking() {
    let Some(version) = newest_or_skip("cplusplus_and_static_linking") else { return };
    let at = shared(&version).endpoints();
    let pc = prefix().join("lib/pkgconfig");
    let out = scratch("link-");
    let flags = STRICT.join(" ");
    let from = "$(pkg-config --cflags --libs libetcd)";
    let static_from = "$(pkg-config --static --cflags --libs libetcd | sed s/-letcd/-l:libetcd.a/)";
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
