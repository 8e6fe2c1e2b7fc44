//! The command etcd-test, by what it prints and how it ends: scripts read its output. It is built with the address
//! sanitizer, so that every test also shows that nothing leaks on the way out.

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::backend::on_versions_at_once;
use support::cc::{root, source, Compiler, Program};
use support::process::Port;
use support::proxy::{Dir, Fault, Proxy};
use support::server::{newest_or_skip, shared, versions_or_skip, Cluster};

const SOON: Duration = Duration::from_secs(30);
/// Long enough to see that something does not happen.
const NOT_NOW: Duration = Duration::from_millis(500);

fn program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
        let source = root().join("cmd/etcd-test.c");
        Compiler::c("c99").flags(&flags).program("etcd-test", &[source])
    })
}

/// Without input, its output in pipes.
fn etcd_test(args: &[&str]) -> Command {
    let mut command = program().command(args);
    command.env_remove("ETCD_SERVERS").stdout(Stdio::piped());
    command
}

fn at(servers: &str, args: &[&str]) -> Command {
    etcd_test(&[&["-s", servers], args].concat())
}

/// A command in progress.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Receiver<String>,
    err: Receiver<String>,
}

/// What it printed, and how it ended.
struct Said {
    out: String,
    err: String,
    status: ExitStatus,
}

impl Running {
    fn start(mut command: Command) -> Running {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let (out, err) = (lines(child.stdout.take()), lines(child.stderr.take()));
        Running { child, stdin, out, err }
    }

    /// A session.
    fn session(servers: &str) -> Running {
        let mut command = at(servers, &[]);
        command.stdin(Stdio::piped());
        Running::start(command)
    }

    fn tell(&mut self, text: &str) {
        // It may have ended early; then its exit code says so.
        let _ = self.stdin.as_ref().unwrap().write_all(text.as_bytes());
    }

    /// The next line of its standard output.
    fn line(&self) -> String {
        match self.out.recv_timeout(SOON) {
            Ok(line) => line,
            Err(_) => panic!("no line came; on standard error: {:?}", self.err.try_recv()),
        }
    }

    fn expect(&self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.line(), format!("{line}\n"));
        }
    }

    fn expect_silence(&self) {
        assert!(self.out.recv_timeout(NOT_NOW).is_err(), "it goes on");
    }

    fn interrupt(&self) {
        // Its number is its own until it is waited for.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGINT) };
    }

    fn finish(mut self) -> Said {
        self.stdin = None;
        let limit = Instant::now() + SOON;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < limit, "it does not end: {:?}", self.err.try_recv());
            sleep(Duration::from_millis(5));
        };
        Said { out: self.out.iter().collect(), err: self.err.iter().collect(), status }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Each as it comes, with its end.
fn lines(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let Some(mut pipe) = pipe.map(BufReader::new) else { return };
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender.send(String::from_utf8_lossy(&line).into()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

fn end(command: Command) -> Said {
    Running::start(command).finish()
}

fn session(servers: &str, script: &str) -> Said {
    let mut running = Running::session(servers);
    running.tell(script);
    running.finish()
}

impl Said {
    /// All of its standard output, and the beginning of each line on standard error: the end is the library's words.
    fn is(&self, out: &str, errors: &[String]) {
        let code = i32::from(!errors.is_empty());
        let same = self.out == out
            && self.err.lines().count() == errors.len()
            && self.err.lines().zip(errors).all(|(line, begin)| line.starts_with(begin))
            && self.status.code() == Some(code);
        if !same {
            let brief = |text: &str| text.chars().take(2_000).collect::<String>();
            panic!(
                "expected, with exit code {code}:\n{}{errors:#?}\ngot, with {}:\n{}{}",
                brief(out),
                self.status,
                brief(&self.out),
                brief(&self.err)
            );
        }
    }

    fn succeeded(&self, out: &str) {
        self.is(out, &[]);
    }

    fn failed(&self, out: &str, error: &str) {
        self.is(out, &[error.to_owned()]);
    }
}

/// A command line with what it prints; `err` is empty if it succeeds.
struct Step {
    args: Vec<String>,
    out: String,
    err: &'static str,
}

fn step(args: &[&str], out: &str, err: &'static str) -> Step {
    Step { args: args.iter().map(|arg| arg.to_string()).collect(), out: out.into(), err }
}

/// Each step by a process of its own.
fn one_by_one(servers: &str, steps: &[Step]) {
    for Step { args, out, err } in steps {
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let said = end(at(servers, &args));
        said.is(out, &[err.to_string()][..usize::from(!err.is_empty())]);
    }
}

/// All of them in one session, each word in quotes.
fn all_at_once(servers: &str, steps: &[Step]) {
    let (mut script, mut out, mut errors) = (String::new(), String::new(), Vec::new());
    for (i, step) in steps.iter().enumerate() {
        let quoted = |arg: &String| format!("'{}'", arg.replace('\'', r"'\''"));
        script += &(step.args.iter().map(quoted).collect::<Vec<_>>().join(" ") + "\n");
        out += &step.out;
        if !step.err.is_empty() {
            errors.push(format!("line {}: {}", i + 1, step.err));
        }
    }
    session(servers, &script).is(&out, &errors);
}

/// The embedded etcd lives in a process, so that its steps are those of a session; a server gets them both ways.
/// `steps` is told what its keys must begin with.
fn everywhere(test: &str, steps: impl Fn(&str) -> Vec<Step>) {
    all_at_once("mem:", &steps(""));
    for version in versions_or_skip(test) {
        let servers = shared(&version).endpoints();
        one_by_one(&servers, &steps(&format!("{test}/each/")));
        all_at_once(&servers, &steps(&format!("{test}/session/")));
    }
}

#[test]
fn get_set_delete() {
    everywhere("get_set_delete", |p| {
        let a = &format!("{p}a");
        let (got, getting) =
            (|v| format!("getting {a}\ngot value: {v}\n"), format!("getting {a}\n"));
        let (set, deleting) = (|v| format!("setting {a} to {v}\n"), format!("deleting {a}\n"));
        let missing = "etcd_get failed: ETCD_ERR_KEY_NOT_FOUND: ";
        vec![
            step(&["get", a], &getting, missing),
            step(&["set", a, "1"], &set("1"), ""),
            step(&["get", a], &got("1"), ""),
            step(&["SET", a, ""], &set(""), ""),
            step(&["Get", a], &got(""), ""),
            step(&["delete", a], &deleting, ""),
            step(&["get", a], &getting, missing),
            step(&["delete", a], &deleting, "etcd_delete failed: ETCD_ERR_KEY_NOT_FOUND: "),
        ]
    });
}

#[test]
fn set_with_precond() {
    everywhere("set_with_precond", |p| {
        let a = &format!("{p}a");
        let with = |v, now| format!("setting {a} to {v}\n  precond = {now}\n");
        let got = |v| format!("getting {a}\ngot value: {v}\n");
        vec![
            step(&["set", "-p", "1", a, "2"], &with("2", "1"), "etcd_set failed: ETCD_ERR_"),
            step(&["set", a, "1"], &format!("setting {a} to 1\n"), ""),
            step(&["set", "-p", "1", a, "2"], &with("2", "1"), ""),
            step(&["set", a, "3", "--precond=1"], &with("3", "1"), "etcd_set failed: ETCD_ERR_"),
            step(&["get", a], &got("2"), ""),
            step(
                &["--ttl", "3600", "set", a, "--precond", "2", "3"],
                &(with("3", "2") + "  ttl = 3600\n"),
                "",
            ),
            step(&["get", a], &got("3"), ""),
        ]
    });
}

#[test]
fn listings() {
    everywhere("listings", |p| {
        let dir = &format!("{p}dir");
        let set = |key: &str| {
            let key = &format!("{dir}{key}");
            step(&["set", key, "v"], &format!("setting {key} to v\n"), "")
        };
        let children = &format!("{dir}/a b\n{dir}/x\n{dir}/y\n");
        let slash = &format!("{dir}/");
        vec![
            step(&["ls", dir], "", ""),
            set("/x"),
            set("/y/z"),
            set("/a b"),
            set("2/other"),
            step(&["get", dir], &format!("getting {dir}\ngot value: {children}"), ""),
            step(&["ls", dir], children, ""),
            set(""),
            step(&["get", dir], &format!("getting {dir}\ngot value: v\n"), ""),
            step(&["get", slash], &format!("getting {slash}\ngot value: {children}"), ""),
            step(&["ls", dir], children, ""),
            step(&["LS", slash], children, ""),
            step(&["ls", &format!("{dir}/nothing")], "", ""),
        ]
    });
    let out = "setting b/x to 1\nsetting a to 2\na\nb\na\nb\n";
    session("mem:", "ls\nset b/x 1\nset a 2\nls\nls ''").succeeded(out);
    for version in versions_or_skip("listings") {
        let said = end(at(&shared(&version).endpoints(), &["ls"]));
        assert!(said.status.success() && said.out.lines().any(|line| line == "listings"));
    }
}

#[test]
fn strange_keys_and_values() {
    let strange =
        ["two  words", "a?b=c", "x&y;z", "100%41+", "grüße 日本", "'\"\\", "#", "-k", "--"];
    everywhere("strange_keys_and_values", |p| {
        let steps = strange.iter().enumerate().flat_map(|(i, key)| {
            let (key, value) = (&format!("{p}{key}"), strange[(i + 1) % strange.len()]);
            [
                step(&["set", "--", key, value], &format!("setting {key} to {value}\n"), ""),
                step(&["get", "--", key], &format!("getting {key}\ngot value: {value}\n"), ""),
            ]
        });
        steps.collect()
    });
}

#[test]
fn a_mebibyte() {
    // More than the system takes as an argument.
    let value = "0123456789abcde\u{e9}".repeat((1 << 20) / 17);
    everywhere_in_a_session("a_mebibyte", |servers, p| {
        let out = format!("setting {p}a to {value}\ngetting {p}a\ngot value: {value}\n");
        session(servers, &format!("set {p}a {value}\nget {p}a\n")).succeeded(&out);
        if servers != "mem:" {
            end(at(servers, &["get", &format!("{p}a")]))
                .succeeded(&format!("getting {p}a\ngot value: {value}\n"));
        }
    });
}

fn everywhere_in_a_session(test: &str, run: impl Fn(&str, &str)) {
    run("mem:", "");
    for version in versions_or_skip(test) {
        run(&shared(&version).endpoints(), &format!("{test}/"));
    }
}

#[test]
fn a_ttl_ends_a_key() {
    everywhere_in_a_session("a_ttl_ends_a_key", |servers, p| {
        let mut running = Running::session(servers);
        running.tell(&format!("set {p}a 1 -t 2\nset {p}b 1 -t 2\nset {p}b 2\nget {p}a\n"));
        running.expect(&[&format!("setting {p}a to 1"), "  ttl = 2"]);
        running.expect(&[&format!("setting {p}b to 1"), "  ttl = 2"]);
        running.expect(&[&format!("setting {p}b to 2")]);
        running.expect(&[&format!("getting {p}a"), "got value: 1"]);
        let limit = Instant::now() + SOON;
        while running.err.try_recv().is_err() {
            assert!(Instant::now() < limit, "the key stays");
            sleep(Duration::from_millis(100));
            running.tell(&format!("get {p}a\n"));
        }
        // Set again without a ttl, it stays.
        running.tell(&format!("get {p}b\n"));
        let said = running.finish();
        assert!(said.out.ends_with(&format!("getting {p}b\ngot value: 2\n")), "{}", said.out);
        assert_eq!(said.status.code(), Some(1));
    });
}

#[test]
fn the_leader() {
    let said = session("mem:", "leader");
    let id = said.out.strip_prefix("finding leader\nleader is ").unwrap().trim_end();
    assert!(!id.is_empty() && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    assert!(said.err.is_empty() && said.status.success());
    for version in versions_or_skip("the_leader") {
        let cluster = shared(&version);
        let status = cluster.etcdctl_ok(&["endpoint", "status", "--write-out=json"]);
        let id = status.split("\"leader\":").nth(1).unwrap().split(|c: char| !c.is_ascii_digit());
        let id: u64 = id.into_iter().next().unwrap().parse().unwrap();
        let out = format!("finding leader\nleader is {id:x}\n");
        end(at(&cluster.endpoints(), &["leader"])).succeeded(&out);
        session(&cluster.endpoints(), "LEADER").succeeded(&out);
    }
}

/// The index at the end of what it printed.
fn index(line: &str) -> String {
    line.strip_prefix("got back index number ").unwrap_or_else(|| panic!("{line}")).trim().into()
}

#[test]
fn locks_in_a_session() {
    everywhere_in_a_session("locks_in_a_session", |servers, p| {
        let mut running = Running::session(servers);
        running.tell(&format!("lock -t 60 '{p}a'\n"));
        running.expect(&[&format!("locking {p}a for 60")]);
        let first = index(&running.line());
        running.tell(&format!("lock -t 61 -i '{first}' '{p}a'\n"));
        running.expect(&[&format!("locking {p}a ({first}) for 61")]);
        let renewed = index(&running.line());
        running.tell(&format!("unlock -i '{renewed}' '{p}a'\n"));
        running.expect(&[&format!("unlocking {p}a ({renewed})")]);
        running.tell(&format!("lock --ttl=60 --index='{renewed}' '{p}a'\n"));
        running.expect(&[&format!("locking {p}a ({renewed}) for 60")]);
        running.finish().failed("", "line 4: etcd_lock failed: ETCD_ERR_");
    });
}

#[test]
fn a_lock_is_waited_for() {
    on_versions_at_once("a_lock_is_waited_for", |version| {
        let cluster = shared(version);
        let servers = &cluster.endpoints();
        let key = "a_lock_is_waited_for";
        let said = end(at(servers, &["lock", "-t", "60", key]));
        let (line, held) = said.out.split_once('\n').unwrap();
        assert_eq!(line, format!("locking {key} for 60"));
        let held = index(held);

        let next = Running::start(at(servers, &["lock", "-t", "60", key]));
        next.expect(&[&format!("locking {key} for 60")]);
        next.expect_silence();
        let out = format!("unlocking {key} ({held})\n");
        end(at(servers, &["unlock", key, "-i", &held])).succeeded(&out);
        let held = index(&next.line());
        next.finish().succeeded("");

        let mut etcdctl = cluster.etcdctl_command(servers);
        etcdctl.args(["lock", key, "echo", "held"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let etcdctl = Running::start(etcdctl);
        etcdctl.expect_silence();
        let out = format!("unlocking {key} ({held})\n");
        end(at(servers, &["unlock", "--index", &held, key])).succeeded(&out);
        etcdctl.expect(&["held"]);
        assert!(etcdctl.finish().status.success());
    });
}

#[test]
fn a_lock_lapses() {
    on_versions_at_once("a_lock_lapses", |version| {
        let servers = &shared(version).endpoints();
        let lock = || end(at(servers, &["lock", "a_lock_lapses", "-t", "2"]));
        let first = index(lock().out.lines().last().unwrap());
        assert!(lock().status.success());
        let late = at(servers, &["lock", "a_lock_lapses", "-t", "2", "-i", &first]);
        let out = format!("locking a_lock_lapses ({first}) for 2\n");
        end(late).failed(&out, "etcd_lock failed: ETCD_ERR_");
    });
}

/// Index, and the line after it.
fn event(watch: &Running) -> (i32, String) {
    let line = watch.line();
    let index = line.strip_prefix("index is ").unwrap_or_else(|| panic!("{line}"));
    (index.trim().parse().unwrap(), watch.line())
}

#[test]
fn watch_shows_each_event_as_it_happens() {
    for version in versions_or_skip("watch_shows_each_event_as_it_happens") {
        let servers = &shared(&version).endpoints();
        let (p, other) = ("watch/dir", "watch/dir2");
        let set =
            |key: &str, value| assert!(end(at(servers, &["set", key, value])).status.success());
        set(p, "before");
        let watch = Running::start(at(servers, &["watch", p, "-i", "1"]));
        watch.expect(&[&format!("getting {p}")]);
        let mut last = 1;
        let mut expect = |expected: &str| {
            let (index, line) = event(&watch);
            assert_eq!(line, format!("{expected}\n"));
            assert!(index > last, "{index} after {last}");
            last = index;
        };
        expect(&format!("key {p} was set to before"));
        for value in ["1", "", "two words"] {
            set(&format!("{p}/below/a"), value);
            expect(&format!("key {p}/below/a was set to {value}"));
        }
        set(other, "");
        assert!(end(at(servers, &["delete", &format!("{p}/below/a")])).status.success());
        expect(&format!("key {p}/below/a was deleted"));
        watch.expect_silence();
        watch.interrupt();
        let said = watch.finish();
        assert_eq!(said.status.signal(), Some(libc::SIGINT));
        assert_eq!(said.out + &said.err, "");
    }
}

#[test]
fn watch_begins_now_without_an_index() {
    for version in versions_or_skip("watch_begins_now_without_an_index") {
        let servers = &shared(&version).endpoints();
        let set = |value: &str| assert!(end(at(servers, &["set", "now", value])).status.success());
        set("before");
        let watch = Running::start(at(servers, &["watch", "now"]));
        watch.expect(&["getting now"]);
        // It may not be in place at once.
        let first = (0..100).find_map(|i| {
            set(&i.to_string());
            watch.out.recv_timeout(Duration::from_millis(200)).ok()
        });
        assert!(first.unwrap().starts_with("index is "));
        let line = watch.line();
        let value = line.strip_prefix("key now was set to ").unwrap_or_else(|| panic!("{line}"));
        assert_ne!(value, "before\n");
    }
}

/// One process watches and another writes, while the server is killed and started again under both.
#[test]
fn watch_misses_nothing_when_the_server_is_killed() {
    let count = 1_000;
    let writer = Compiler::c("c99").program("writer", &[source("writer")]);
    for version in versions_or_skip("watch_misses_nothing_when_the_server_is_killed") {
        let cluster = Cluster::builder(&version).start();
        let servers = &cluster.endpoints();
        assert!(end(at(servers, &["set", "k", "first"])).status.success());
        let watch = Running::start(at(servers, &["watch", "k", "-i", "1"]));
        watch.expect(&["getting k"]);
        assert_eq!(event(&watch).1, "key k was set to first\n");

        let mut command = writer.command(&[servers, "k", &count.to_string()]);
        command.stdout(Stdio::piped());
        let writing = Running::start(command);
        for i in 1..=count {
            assert_eq!(writing.line(), format!("{i}\n"));
            if i % (count / 4) == 0 && i < count {
                cluster.kill(0);
                sleep(Duration::from_millis(300));
                cluster.restart(0);
            }
        }
        let said = writing.finish();
        assert!(said.status.success(), "{}", said.err);
        eprintln!("etcd {}: {}", version.name, said.err.trim());

        let mut txn = cluster.etcdctl_command(servers);
        txn.arg("txn").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut txn = Running::start(txn);
        txn.stdin.take().unwrap().write_all(b"\nput k/b 1\nput k/a 2\nput k 3\n\n\n").unwrap();
        assert!(txn.finish().status.success());

        let mut last = 0;
        for i in 1..=count {
            let (index, line) = event(&watch);
            assert_eq!(line, format!("key k/{i} was set to {i}\n"));
            assert!(index > last, "{index} after {last}");
            last = index;
        }
        for expected in ["k/b was set to 1", "k/a was set to 2", "k was set to 3"] {
            assert_eq!(event(&watch), (last + 1, format!("key {expected}\n")));
        }
        watch.expect_silence();
    }
}

#[test]
fn watch_in_a_session() {
    let mut running = Running::session("mem:");
    running.tell("set a 1\nset b x\nset a/c 2\ndelete a\nwatch -i 1 a\nget a\n");
    running.expect(&["setting a to 1", "setting b to x", "setting a/c to 2", "deleting a"]);
    running.expect(&["getting a"]);
    let events: Vec<_> = (0..3).map(|_| event(&running)).collect();
    assert_eq!(events[0].1, "key a was set to 1\n");
    assert_eq!(events[1].1, "key a/c was set to 2\n");
    assert_eq!(events[2].1, "key a was deleted\n");
    assert!(events[0].0 < events[1].0 && events[1].0 < events[2].0, "{events:?}");
    running.expect_silence();
    running.interrupt();
    assert_eq!(running.finish().status.signal(), Some(libc::SIGINT));
}

#[test]
fn watch_of_compacted_revisions_fails() {
    let Some(version) = newest_or_skip("watch_of_compacted_revisions_fails") else { return };
    let cluster = Cluster::builder(&version).start();
    for value in ["1", "2", "3"] {
        cluster.etcdctl_ok(&["put", "a", value]);
    }
    cluster.etcdctl_ok(&["compact", "3"]);
    let command = at(&cluster.endpoints(), &["watch", "a", "--index=1"]);
    end(command).failed("getting a\n", "etcd_watch failed: ETCD_ERR_");
}

#[test]
fn wrong_usage() {
    let ttl = |from, what| format!("-t: not a whole number from {from} to 4294967295: {what}");
    let index = |what| format!("-i: not a whole number from 0 to 2147483647: {what}");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (args, reason) in [
        (words("frobnicate"), "unknown command: frobnicate".to_owned()),
        (vec![String::new()], "unknown command: ".into()),
        (words("-t 5"), "no command".into()),
        (words("get"), "too few words: get KEY".into()),
        (words("get a b"), "too many words: get KEY".into()),
        (words("set a"), "too few words: set [-p PRECOND] [-t TTL] KEY VALUE".into()),
        (words("set a b c d"), "too many words: set [-p PRECOND] [-t TTL] KEY VALUE".into()),
        (words("leader a"), "too many words: leader".into()),
        (words("help a"), "too many words: help".into()),
        (words("get a -t 5"), "get takes no -t".into()),
        (words("--index 5 get a"), "get takes no -i".into()),
        (words("lock a -t 5 -p x"), "lock takes no -p".into()),
        (words("ls -i 1"), "ls takes no -i".into()),
        (words("lock a"), "lock needs -t: lock -t TTL [-i INDEX] KEY".into()),
        (words("unlock a"), "unlock needs -i: unlock -i INDEX KEY".into()),
        (words("lock a -t 0"), ttl(1, "0")),
        (words("set a b -t 4294967296"), ttl(0, "4294967296")),
        (words("set a b -t 99999999999999999999999"), ttl(0, "99999999999999999999999")),
        (words("set a b -t -5"), ttl(0, "-5")),
        (words("set a b --ttl=5s"), ttl(0, "5s")),
        (words("set a b --ttl="), ttl(0, "")),
        (words("set a b --ttl=+5"), ttl(0, "+5")),
        (words("watch a -i 2147483648"), index("2147483648")),
        (words("watch a -i 0x1"), index("0x1")),
        (words("watch a --index=-1"), index("-1")),
        (words("get a -x"), "unknown option: -x".into()),
        (words("--frobnicate get a"), "unknown option: --frobnicate".into()),
        (words("get a --help=x"), "unknown option: --help=x".into()),
        (words("set a b -t"), "option without its value: -t".into()),
        (words("set a b --ttl"), "option without its value: --ttl".into()),
    ] {
        let mut line: Vec<_> = args.iter().map(String::as_str).collect();
        let ask = |line: &[&str]| {
            let said = end(etcd_test(line));
            let expected = format!("etcd-test: {reason}\nusage: etcd-test ");
            assert!(said.err.starts_with(&expected), "{line:?}: {}", said.err);
            assert!(said.err.contains("\n  set [-p PRECOND] [-t TTL] KEY VALUE "), "{}", said.err);
            assert_eq!((&*said.out, said.status.code()), ("", Some(1)), "{line:?}");
        };
        ask(&line);
        line.splice(0..0, ["-s", "mem:"]);
        ask(&line);
    }
    for mut command in [etcd_test(&["get", "a"]), etcd_test(&[]), at("", &["get", "a"])] {
        command.env("ETCD_SERVERS", "");
        let said = end(command);
        let expected = "etcd-test: no servers: give -s or set ETCD_SERVERS\nusage: etcd-test ";
        assert!(said.err.starts_with(expected), "{}", said.err);
        assert_eq!((&*said.out, said.status.code()), ("", Some(1)));
    }
}

#[test]
fn help_and_version() {
    let help = end(etcd_test(&["--help"]));
    assert!(help.out.starts_with("usage: etcd-test ") && help.out.contains("\nexamples:\n"));
    assert!(help.out.lines().all(|line| line.len() <= 100), "{}", help.out);
    help.succeeded(&help.out);
    for args in [
        &["help"][..],
        &["HELP"],
        &["-h"],
        &["get", "-h"],
        &["get", "--help"],
        &["--he", "-s", "x"],
    ] {
        end(etcd_test(args)).succeeded(&help.out);
    }
    let version = format!("etcd-test (libetcd) {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["--version"][..], &["version"], &["get", "a", "--version"]] {
        end(etcd_test(args)).succeeded(&version);
    }
    session("mem:", "-h\nversion\n--version").succeeded(&(help.out + &version + &version));
}

#[test]
fn the_manual_knows_each_command() {
    let help = end(etcd_test(&["help"])).out;
    let manual = std::fs::read_to_string(root().join("cmd/etcd-test.1")).unwrap();
    let commands = help.split("\n\n").nth(1).unwrap().lines().skip(1);
    for name in commands.map(|line| line.split_whitespace().next().unwrap()) {
        assert!(manual.contains(&format!("\n.It Ic {name}")), "{name}");
    }
}

#[test]
fn where_the_servers_are() {
    let wrong = "localhost:no-port";
    let error = "etcd_open failed: ETCD_ERR_INVALID_ARGUMENT: ";
    end(at(wrong, &["get", "a"])).failed("", error);
    session(wrong, "get a").failed("", error);
    let mut command = etcd_test(&["leader"]);
    command.env("ETCD_SERVERS", wrong);
    end(command).failed("", error);
    session("mem:where_the_servers_are", "set a 1").succeeded("setting a to 1\n");

    let Some(version) = newest_or_skip("where_the_servers_are") else { return };
    let cluster = Cluster::builder(&version).unix_socket().start();
    let (_nobody, dead) = unreachable();
    let endpoint = cluster.endpoint(0);
    for servers in [
        endpoint.clone(),
        format!("{dead},{endpoint}"),
        format!("127.0.0.1:{}", cluster.port(0)),
        cluster.unix_endpoint(0),
    ] {
        end(at(&servers, &["set", "a", "1"])).succeeded("setting a to 1\n");
        let mut command = etcd_test(&["get", "a"]);
        command.env("ETCD_SERVERS", &servers);
        end(command).succeeded("getting a\ngot value: 1\n");
        // The option has the last word.
        let mut command = at(&servers, &["get", "a"]);
        command.env("ETCD_SERVERS", wrong);
        end(command).succeeded("getting a\ngot value: 1\n");
    }
}

/// Where nobody listens.
fn unreachable() -> (Port, String) {
    let port = Port::lease();
    let endpoint = format!("127.0.0.1:{}", port.number());
    (port, endpoint)
}

#[test]
fn no_server_is_an_error_in_time() {
    let (_nobody, servers) = unreachable();
    let begin = Instant::now();
    let running = [
        (&["get", "a"][..], "getting a\n", "etcd_get failed: ETCD_ERR_UNAVAILABLE: "),
        (&["set", "a", "b"], "setting a to b\n", "etcd_set failed: ETCD_ERR_UNAVAILABLE: "),
        (&["delete", "a"], "deleting a\n", "etcd_delete failed: ETCD_ERR_UNAVAILABLE: "),
        (&["leader"], "finding leader\n", "etcd_leader failed: ETCD_ERR_UNAVAILABLE: "),
        (&["ls"], "", "etcd_get failed: ETCD_ERR_UNAVAILABLE: "),
    ]
    .map(|(args, out, err)| (Running::start(at(&servers, args)), out, err));
    for (command, out, err) in running {
        let said = command.finish();
        said.failed(out, err);
        assert!(!said.err.contains("may have been applied"), "{}", said.err);
    }
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
}

#[test]
fn a_write_without_an_answer_may_have_been_applied() {
    let test = "a_write_without_an_answer_may_have_been_applied";
    let Some(version) = newest_or_skip(test) else { return };
    let proxy = Proxy::to_port(shared(&version).port(0), 1);
    let mut running = Running::session(&proxy.endpoint());
    running.tell(&format!("set {test} 1\nget {test}\n"));
    running.expect(&[&format!("setting {test} to 1"), &format!("getting {test}"), "got value: 1"]);
    proxy.set(Fault::BlackHole(Dir::ToClient));
    running.tell(&format!("set {test} 2\n"));
    let said = running.finish();
    said.failed(&format!("setting {test} to 2\n"), "line 3: etcd_set failed: ETCD_ERR_");
    assert!(said.err.ends_with(" (may have been applied)\n"), "{}", said.err);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let error = "etcd-test: standard output: No space left on device";
    for args in [&["help"][..], &["version"], &["get", "a"], &["set", "a", "b"], &["watch", "a"]] {
        let mut command = at("mem:", args);
        command.stdout(full());
        end(command).failed("", error);
    }
    // The rest of a session would be for nobody.
    let mut command = at("mem:", &[]);
    command.stdin(Stdio::piped()).stdout(full());
    let mut running = Running::start(command);
    running.tell("# a comment\nset a 1\nget a\n");
    running.finish().failed("", "line 2: standard output: No space left on device");

    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" >&-", "sh"]).arg(program().path());
    shell.args(["-s", "mem:", "leader"]).stdin(Stdio::null()).stdout(Stdio::piped());
    end(shell).failed("", "etcd-test: standard output: Bad file descriptor");
}

#[test]
fn a_session_reads_lines_as_a_shell_does() {
    let script = r##"
  # Nothing but a comment

set "two words" 'it''s "so"' # and a comment
set	tab\ s	a#b"#c"   
set 'back\slash' "q\"q\\b\n"
set empty ''
get "two words"
get 'tab s'
get back\\slash
get empty
  get	two' 'words  "##;
    let out = r#"setting two words to its "so"
setting tab s to a#b#c
setting back\slash to q"q\b\n
setting empty to 
getting two words
got value: its "so"
getting tab s
got value: a#b#c
getting back\slash
got value: q"q\b\n
getting empty
got value: 
getting two words
got value: its "so"
"#;
    session("mem:", script).succeeded(out);
    session("mem:", "set a 1\r\nget a\r\n").succeeded("setting a to 1\ngetting a\ngot value: 1\n");
}

#[test]
fn a_session_goes_on_after_an_error() {
    let many = vec!["x"; 31].join(" ");
    let wrong = [
        ("get 'a", "no closing '"),
        ("get \"a\\", "no closing \""),
        ("get a\\", "nothing after the backslash"),
        ("get a\0b", "a NUL byte"),
        (&many, "more than 30 words"),
        ("get a -s mem:", "-s: the servers are those of the session"),
        ("-s mem: get a", "-s: the servers are those of the session"),
        ("frobnicate", "unknown command: frobnicate"),
        ("quit now", "unknown command: quit"),
        ("--", "no command"),
        ("-t 5", "no command"),
        ("set a", "too few words: set [-p PRECOND] [-t TTL] KEY VALUE"),
        ("get a -t 5", "get takes no -t"),
        ("set a b -t x", "-t: not a whole number from 0 to 4294967295: x"),
        ("get a --foo", "unknown option: --foo"),
        ("lock a -t", "option without its value: -t"),
    ];
    let script: String = wrong.iter().map(|(line, _)| format!("{line}\n")).collect();
    let errors: Vec<_> = (1..).zip(wrong).map(|(i, (_, why))| format!("line {i}: {why}")).collect();
    let said = session("mem:", &(script + "set a 1\nGet a"));
    said.is("setting a to 1\ngetting a\ngot value: 1\n", &errors);
    // Here no words are the library's.
    assert!(said.err.lines().eq(errors.iter().map(String::as_str)), "{}", said.err);
}

#[test]
fn a_session_ends() {
    session("mem:", "").succeeded("");
    for last in ["quit", "EXIT", "  exit  # now"] {
        session("mem:", &format!("set a 1\n{last}\nget b\n")).succeeded("setting a to 1\n");
    }
    let said = session("mem:", "get b\nexit\n");
    said.failed("getting b\n", "line 1: etcd_get failed: ETCD_ERR_KEY_NOT_FOUND: ");
    let mut command = at("mem:", &[]);
    command.stdin(File::open("/").unwrap());
    end(command).failed("", "etcd-test: standard input: Is a directory");
}

#[test]
fn a_terminal_gets_a_prompt() {
    let (mut master, mut slave) = (0, 0);
    let (name, modes, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
    let opened = unsafe { libc::openpty(&mut master, &mut slave, name, modes, size) };
    assert_eq!(opened, 0);
    let [master, slave] = [master, slave].map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    let mut command = at("mem:", &[]);
    command.stdin(slave);
    let running = Running::start(command);
    // Control-D ends the input.
    File::from(master.try_clone().unwrap()).write_all(b"set a b\nget\nget a\n\x04").unwrap();
    let said = running.finish();
    assert_eq!(said.out, "setting a to b\ngetting a\ngot value: b\n");
    let prompt = "etcd-test> ";
    let expected = format!("{prompt}{prompt}etcd-test: too few words: get KEY\n{prompt}{prompt}\n");
    assert_eq!((said.err, said.status.code()), (expected, Some(1)));
}
