//! The programs in c-examples and in the README, each built against an installed library and run.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::backend::on_all_at_once;
use support::cc;
use support::install::*;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, shared, Cluster, TlsMode};

/// Compiles c-examples/NAME.c as the README says, and returns the program, which finds the library.
fn example(name: &str, standard: &str) -> Command {
    example_with(name, standard, "libetcd")
}

fn example_with(name: &str, standard: &str, packages: &str) -> Command {
    let program = scratch("example-").join(name);
    let flags = STRICT.join(" ");
    let out = program.display();
    build(
        &format!(
            "cc -std={standard} {flags} -pthread -o {out} {name}.c \
             $(pkg-config --cflags --libs {packages})"
        ),
        &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))],
    );
    run(&program)
}

#[test]
fn every_example() {
    let standards = ["c99", "c11"];
    for (at, standard) in places("every_example").iter().flat_map(|at| standards.map(|it| (at, it)))
    {
        let demo = output(example("demo", standard), at);
        assert!(demo.contains("demo/banana = yellow (revision "), "{demo}");
        assert!(demo.ends_with("deleted 3 keys\n"), "{demo}");

        let calls = output(example("get-put-delete", standard), at);
        assert!(calls.starts_with("put: replaced \"old\" at revision "), "{calls}");
        assert!(
            calls.ends_with("get: \"new\", version 2\ndelete: 1 key\nget: no such key\n"),
            "{calls}"
        );

        let range = output(example("range", standard), at);
        assert!(range.contains("begin with range/: range/a range/b range/c range/d\n"), "{range}");
        assert!(range.contains("range/b up to range/d: range/b range/c\n"), "{range}");
        assert!(range.contains("range/c and after: range/c range/d"), "{range}");

        let moved = output(example("transaction", standard), at);
        assert_eq!(moved, "transferred\nnot transferred: found 30 from alice to bob 70\n");

        let session = output(example("session", standard), at);
        let working = "here, and working\n".repeat(3);
        assert_eq!(session, format!("lease of 10 s\n{working}gone\n"));
        let pages = output(example("paging", standard), at);
        let key = |name| format!(" paging/{name}");
        let page = |names: &str| names.chars().map(key).collect::<String>();
        let expected = ["abc", "def", "g"];
        let expected: String = expected
            .iter()
            .map(|names| format!("{} of 7 keys:{}\n", names.len(), page(names)))
            .collect();
        assert_eq!(pages, expected + "the last one: paging/z\n");

        let conditions = output(example("conditions", standard), at);
        let expected = "create: done\ncreate again: no, it is red\nred to green: done\n\
                        red to blue: no, it is green\ndelete green: done\n\
                        delete green again: no, there is none\ncounted: 1\ncounted: 2\n\
                        gone in 60 s\n";
        assert_eq!(conditions, expected);

        let inside = output(example("inside", standard), at);
        assert!(inside.contains("connected to "), "{inside}");
        assert!(inside.contains("\n2 calls, 0 failed\n"), "{inside}");
        assert!(inside.contains("libetcd_calls_total{client=\"example\"} 2\n"), "{inside}");

        let admin = output(example("admin", standard), at);
        let lines: Vec<_> = admin.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("member "), "{admin}");
        assert!(lines[1].starts_with(&format!("{at}: etcd 3.")), "{admin}");
        assert!(lines[1].contains(", the leader, "), "{admin}");

        let lock = output(example("lock", standard), at);
        let (first, rest) = lock.split_once('\n').unwrap();
        assert!(first.starts_with("locked: job/lock/"), "{lock}");
        let expected = "step 1\nlost: the lock is no longer held\nstep 2 is left to others\n";
        assert_eq!(rest, expected);

        let transfer = output(example("transfer", standard), at);
        assert_eq!(transfer, "account/ann gave 30\naccount/ann has not got 90\n");

        let errors = output(example("errors", standard), at);
        assert!(errors.contains("ETCD_ERR_UNAVAILABLE"), "{errors}");
        assert!(errors.contains("no key: given up\n"), "{errors}");
        assert!(errors.ends_with("a good put: done\n"), "{errors}");
    }
}

const CLASSIC: &str = "\
get classic/color: red
set again, if it is red: ETCD_PROTOCOL_ERROR
get classic/color: green
get classic: classic/color
classic/shape
get classic/color: (nothing)
watch: classic/watched/a 1
watch: classic/watched/b 2
watch: classic/watched/a is gone
watch: classic/watched/b is gone
the program has the lock
the program gives it back
the thread has the lock
renew what was given back: ETCD_PROTOCOL_ERROR
";

#[test]
fn the_classic_example() {
    let by_string = places("the_classic_example").into_iter().map(|at| vec![at]);
    let newest = newest_or_skip("the_classic_example");
    let by_list = newest.map(|version| ("127.0.0.1".to_owned(), shared(&version).port(0)));
    let by_list = [("mem:".to_owned(), 0)].into_iter().chain(by_list);
    let by_list = by_list.map(|(host, port)| vec![host, port.to_string()]);
    for arguments in by_string.chain(by_list) {
        let mut classic = example("classic", "c99");
        classic.args(&arguments);
        let _alone = alone();
        let said = cc::finish(classic, LIMIT);
        let (leader, rest) = said.split_once('\n').unwrap();
        let id = leader.strip_prefix("leader: ").unwrap();
        assert!(u64::from_str_radix(id, 16).is_ok_and(|id| id != 0), "{arguments:?}: {said}");
        assert_eq!(rest, CLASSIC, "{arguments:?}");
    }
}

#[test]
fn the_election_example() {
    for at in places("the_election_example") {
        let said = output(example("leader-election", "c99"), &at);
        let who = |end: &str| -> Vec<_> {
            said.lines().filter_map(|line| line.strip_suffix(end)).collect()
        };
        let [first, second] = who(" is elected")[..] else { panic!("{at}: {said}") };
        assert_ne!(first, second);
        assert_eq!(who(" falls asleep"), [first]);
        assert_eq!(who(" steps down: too late to renew"), [first]);
        assert_eq!(who(" resigns"), [second]);
        let published = said.lines().filter_map(|line| line.split_once(": "));
        let published: Vec<_> = published
            .filter(|(key, _)| *key == "leader-election/leader")
            .map(|(_, leader)| leader)
            .collect();
        assert_eq!(published, [first, second], "{at}: {said}");
        assert_eq!(said.lines().count(), 7, "{at}: {said}");
    }
}

#[test]
fn an_election_between_processes() {
    let Some(version) = newest_or_skip("an_election_between_processes") else { return };
    let _alone = alone();
    let candidate = |name: &str, seconds: &str| {
        let mut candidate = example("leader-election", "c99");
        candidate.args([&*shared(&version).endpoints(), name, seconds]);
        cc::Running::start(candidate, LIMIT)
    };
    // The second one is still there when the first one ends, and long before that in line.
    let first = candidate("one", "5");
    std::thread::sleep(Duration::from_secs(1));
    let second = candidate("two", "8");
    assert_eq!(first.finish(), "one is elected\none resigns\n");
    assert_eq!(second.finish(), "two is elected\ntwo resigns\n");
}

/// What an example says on every backend, line by line and sorted: who is first, a put or its watch, is open.
fn says_everywhere(test: &str, program: &Command, expected: &[&str]) {
    let program = Path::new(program.get_program());
    on_all_at_once(test, &[], |backend| {
        let said = output(run(program), &backend.endpoints);
        let mut lines: Vec<_> = said.lines().collect();
        lines.sort();
        assert_eq!(lines, expected, "{}: {said}", backend.name);
    });
}

#[test]
fn the_watch_example() {
    let program = example("watch", "c99");
    let program = Path::new(program.get_program());
    on_all_at_once("the_watch_example", &[], |backend| {
        let said = output(run(program), &backend.endpoints);
        let expected = "history is gone\nthere is watch/a = 2\nput watch/b = 3\n\
                        delete watch/a\nput watch/stop = now\n";
        assert_eq!(said, expected, "{}", backend.name);
    });
}

#[test]
fn the_poll_example() {
    // A get may come after the next put.
    let program = example("poll", "c99");
    let program = Path::new(program.get_program());
    on_all_at_once("the_poll_example", &[], |backend| {
        let said = output(run(program), &backend.endpoints);
        let (gets, told): (Vec<_>, Vec<_>) =
            said.lines().partition(|line| line.starts_with("get "));
        assert_eq!(told, ["watch 1", "watch 2", "watch 3"], "{}: {said}", backend.name);
        assert_eq!((gets.len(), gets[2]), (3, "get 3"), "{}: {said}", backend.name);
    });
}

#[test]
fn the_epoll_example() {
    let mut expected: Vec<_> = (0..12).map(|i| format!("put {i}: done")).collect();
    expected.sort();
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    says_everywhere("the_epoll_example", &example("epoll", "c99"), &expected);
}

#[test]
fn the_epoll_example_when_time_is_up() {
    let Some(version) = newest_or_skip("the_epoll_example_when_time_is_up") else { return };
    let proxy = Proxy::to_port(shared(&version).port(0), 1);
    proxy.set(Fault::Delay(Dir::ToClient, Duration::from_secs(20)));
    let epoll = example("epoll", "c99").arg(proxy.endpoint()).arg("500").output().unwrap();
    let said = String::from_utf8(epoll.stdout).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert!(!epoll.status.success() && lines.len() == 5 && lines[0] == "time is up", "{said}");
    assert!(lines[1..].iter().all(|line| line.contains(": ETCD_ERR_CANCELLED, ")), "{said}");
}

#[test]
fn the_libuv_example() {
    let there = Command::new("pkg-config").args(["--exists", "libuv"]).status().unwrap();
    if !there.success() {
        let required = std::env::var("LIBETCD_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "libuv is missing: run tools/deps.sh");
        // Not println!: the test harness would swallow it.
        let _ = writeln!(std::io::stderr(), "skipped: the_libuv_example: no libuv found");
        return;
    }
    let expected = ["put 1", "put 2", "put 3", "watch 1", "watch 2", "watch 3"];
    says_everywhere("the_libuv_example", &example_with("libuv", "c99", "libetcd libuv"), &expected);
}

#[test]
fn the_callbacks_example() {
    let expected = ["put", "put", "put", "watch one", "watch three", "watch two"];
    says_everywhere("the_callbacks_example", &example("callbacks", "c99"), &expected);
}

#[test]
fn the_owned_queue_example_loses_no_memory() {
    let source = cc::root().join("c-examples/owned-queue.c");
    let (plain, checked) =
        (example("owned-queue", "c99"), cc::sanitized_from("owned-queue", source));
    let expected = "10 taken, 90 dropped";
    says_everywhere("the_owned_queue_example_loses_no_memory", &plain, &[expected]);
    on_all_at_once("the_owned_queue_example_loses_no_memory", &[], |backend| {
        assert_eq!(checked.run(&[&*backend.endpoints], LIMIT).trim(), expected);
    });
}

/// A service knows of itself and of the others.
#[test]
fn the_registry_example() {
    let program = example("registry", "c99");
    let program = Path::new(program.get_program());
    on_all_at_once("the_registry_example", &[], |backend| {
        let start = |name: &str| {
            let mut service = run(program);
            service.args([&format!("services/{name}"), "host:80", &*backend.endpoints]);
            let mut service = service.stdout(Stdio::piped()).spawn().unwrap();
            let said = BufReader::new(service.stdout.take().unwrap()).lines();
            (service, said.map(Result::unwrap))
        };
        let stop = |mut service: Child| {
            let kill = Command::new("kill").args(["-INT", &service.id().to_string()]).status();
            assert!(kill.unwrap().success() && service.wait().unwrap().success());
        };
        let (one, mut told) = start("one");
        assert_eq!(told.next().unwrap(), "up services/one host:80");
        if backend.cluster.is_some() {
            let (two, _said) = start("two");
            assert_eq!(told.next().unwrap(), "up services/two host:80");
            stop(two);
            assert_eq!(told.next().unwrap(), "down services/two ");
        }
        stop(one);
    });
}

const EMBEDDED: &str = " a key moves
  embedded/new = value
  1 in all
 nothing moves
  no such key
  0 in all
";

#[test]
fn the_embedded_example() {
    let memory = format!("in memory:\n{EMBEDDED}");
    let said = cc::finish(example("embedded", "c99"), LIMIT);
    assert_eq!(said, memory);
    let Some(version) = newest_or_skip("the_embedded_example") else { return };
    let said = output(example("embedded", "c11"), &shared(&version).endpoints());
    assert_eq!(said, format!("{memory}in a cluster:\n{EMBEDDED}"));
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
fn the_python_examples() {
    for at in places("the_python_examples") {
        let run = |name: &str| {
            let mut python = python3();
            python.arg(cc::root().join("c-examples").join(name));
            output(python, &at)
        };
        let said = run("python.py");
        assert!(said.contains("example/cherry = CHERRY\n"), "{said}");
        assert!(said.ends_with("deleted: 3\n"), "{said}");

        let said = run("lock.py");
        let expected = "counter = 1\ntaken\nlost: ETCD_ERR_LOCK_LOST\n\
                        nobody leads\nleader: 10.0.0.1:80\nnobody leads\n";
        assert_eq!(said, expected);

        let said = run("classic.py");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[0], "get: red");
        assert!(lines[1].starts_with("refused: etcd_set: ETCD_ERR_PRECONDITION"), "{said}");
        assert!(lines[2].starts_with("lost: etcd_lock: ETCD_ERR_LOCK_LOST"), "{said}");
        let number = |line: &&str| -> Option<u32> {
            line.strip_prefix("watch: classic.py/number ")?.parse().ok()
        };
        let numbers: Vec<_> = lines[3..].iter().filter_map(number).collect();
        let first = numbers[0];
        assert_eq!(numbers, [first, first + 1, first + 2], "{said}");

        let said = run("aio.py");
        let expected = "fruit/apple = 1\nfruit/banana = 2\nfruit/cherry = 3\nfruit/apple is gone\n\
                        2 left\ntoo late: the call is cancelled\n";
        assert_eq!(said, expected);
    }
}

/// The blocks in a language in README.md, for other endpoints than `mem:`.
fn readme(language: &str, endpoints: &str) -> Vec<String> {
    let text = fs::read_to_string(cc::root().join("README.md")).unwrap();
    let opening = format!("```{language}\n");
    let blocks = text.split(&opening).skip(1);
    blocks.map(|it| it.split("```").next().unwrap().replace("mem:", endpoints)).collect()
}

#[test]
fn the_programs_in_the_readme() {
    let dir = scratch("readme-");
    let flags = STRICT.join(" ");
    for at in places("the_programs_in_the_readme") {
        let programs = readme("c", &at);
        assert_eq!(programs.len(), 2);
        for text in programs {
            let (source, program) = (dir.join("hello.c"), dir.join("hello"));
            fs::write(&source, &text).unwrap();
            let command = format!(
                "cc -std=c99 {flags} {} -o {} $(pkg-config --cflags --libs libetcd)",
                source.display(),
                program.display()
            );
            build(&command, &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))]);
            assert_eq!(cc::finish(run(&program), LIMIT), "hello\n", "on {at}: {text}");
        }
        for text in readme("python", &at) {
            let mut python = python3();
            python.arg("-c").arg(&text);
            assert_eq!(cc::finish(python, LIMIT), "hello\n", "on {at}: {text}");
        }
    }
    // The first one says what is wrong, in the words that the page shows.
    let source = dir.join("hello.c");
    fs::write(&source, &readme("c", "localhost:1")[0]).unwrap();
    let program = dir.join("hello");
    let command = format!(
        "cc {} -o {} $(pkg-config --cflags --libs libetcd)",
        source.display(),
        program.display()
    );
    build(&command, &[("PKG_CONFIG_PATH", &prefix().join("lib/pkgconfig"))]);
    let refused = run(&program).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    let shown = readme("", "mem:")
        .into_iter()
        .find(|block| block.starts_with("ETCD_ERR_UNAVAILABLE"))
        .unwrap();
    assert_eq!(said, shown.replace("localhost:2379", "localhost:1"));
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn the_commands_in_the_readme() {
    let dir = scratch("readme-");
    fs::write(dir.join("hello.c"), &readme("c", "mem:")[0]).unwrap();
    let lib = prefix().join("lib");
    let path = format!("{}:{}", prefix().join("bin").display(), std::env::var("PATH").unwrap());
    let mut said = Vec::new();
    // Not those that build, test and install; other tests do.
    for block in readme("sh", "mem:").into_iter().filter(|block| !block.starts_with("make")) {
        let mut shell = Command::new("sh");
        shell.args(["-ec", &format!("{block}\n[ ! -x hello ] || {{ ./hello; rm hello; }}")]);
        shell.current_dir(&dir).env("PATH", &path).env("LD_LIBRARY_PATH", &lib);
        shell.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        said.push(cc::finish(shell, LIMIT));
    }
    let [shared, linked_in, session] = &said[..] else { panic!("{said:?}") };
    assert_eq!((&**shared, &**linked_in), ("hello\n", "hello\n"));
    assert!(session.ends_with("getting greeting\ngot value: goodbye\n"), "{session}");
}

/// Each file that a page for developers names is there.
#[test]
fn the_pages_for_developers_are_up_to_date() {
    for page in ["CONTRIBUTING.md", "docs/architecture.md", "README.md"] {
        let text = fs::read_to_string(cc::root().join(page)).unwrap();
        // Of a command, its program.
        let named = text.split('`').skip(1).step_by(2).filter_map(|it| it.split(' ').next());
        let tops = ["src/", "tests/", "tools/", "docs/", "python/", "include/", "c-examples/"];
        for path in named.filter(|name| tops.iter().any(|top| name.starts_with(top))) {
            // A pattern stands for what its folder holds.
            let path =
                path.split('*').next().unwrap().rsplit_once('/').map_or(path, |(folder, _)| {
                    if path.contains('*') {
                        folder
                    } else {
                        path
                    }
                });
            assert!(cc::root().join(path).exists(), "{page} names {path}");
        }
    }
}
