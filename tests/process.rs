//! The library as a guest in somebody's process: signals, forks, exits, threads, stacks, shortages, bad arguments.
//! Each test is a C program in tests/c; what it does, and why, is said there.

mod support;

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use support::backend::backends;
use support::cc::{
    finish, has_valgrind, library, loadable, program, release_library, root, sanitized, source,
    Compiler, Program, Running,
};
use support::process::{temp_dir, Port};
use support::proxy::{Fault, Proxy};
use support::scaled;
use support::server::{newest_or_skip, shared};

const MINUTE: Duration = Duration::from_secs(60);

fn skip(test: &str, why: &str) {
    // Not println!: the test harness would swallow it.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// The endpoint of a member of the newest version.
fn endpoint(test: &str) -> Option<String> {
    newest_or_skip(test).map(|version| shared(&version).endpoints())
}

/// The same, after the engine in the program.
fn endpoints(test: &str) -> Vec<String> {
    ["mem:".to_owned()].into_iter().chain(endpoint(test)).collect()
}

/// Where nobody listens.
fn unreachable() -> (Port, String) {
    let port = Port::lease();
    let endpoint = format!("127.0.0.1:{}", port.number());
    (port, endpoint)
}

fn proxy(test: &str, seed: u64) -> Option<Proxy> {
    newest_or_skip(test).map(|version| Proxy::to_port(shared(&version).port(0), seed))
}

#[test]
fn keys_and_queues_clean_under_the_address_sanitizer() {
    let (plain, checked) = (program("kv"), sanitized("kv"));
    for backend in backends("keys_and_queues_clean_under_the_address_sanitizer", &[]) {
        plain.run(&[&*backend.endpoints, "kv/plain", "20"], MINUTE);
        checked.run(&[&*backend.endpoints, "kv/asan", "20"], MINUTE);
    }
}

#[test]
fn keys_and_queues_clean_under_valgrind() {
    let test = "keys_and_queues_clean_under_valgrind";
    if !has_valgrind() {
        return skip(test, "no valgrind found");
    }
    let (keys, classic) = (program("kv"), program("classic"));
    for endpoints in endpoints(test) {
        keys.run_in_valgrind(&[&endpoints, "kv/valgrind", "2"], 3 * MINUTE);
        classic.run_in_valgrind(&[&*endpoints, "valgrind"], 3 * MINUTE);
    }
}

/// Breaks connections in use, in turn with FIN and then RST and with RST alone, until so many are broken. The program
/// is stopped meanwhile, so that it finds the connection broken wherever it is: about to write, too.
fn break_connections(proxy: &Proxy, running: &mut Running, count: u64) {
    let mut faults = [Fault::HalfClose, Fault::HalfClose, Fault::Reset].into_iter().cycle();
    for round in 0.. {
        if (proxy.cuts() >= count && round >= 100) || !running.is_running() {
            return;
        }
        running.signal(libc::SIGSTOP);
        proxy.once(faults.next().unwrap());
        sleep(Duration::from_millis(12));
        running.signal(libc::SIGCONT);
        sleep(Duration::from_millis(10 + round % 15));
    }
}

fn survives_broken_connections(test: &str, program: &Program, threads: u32, count: u64) {
    let Some(proxy) = proxy(test, 1) else { return };
    let endpoint = proxy.endpoint();
    let mut command = program.command(&[endpoint, threads.to_string()]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command, 9 * MINUTE);
    break_connections(&proxy, &mut running, count);
    proxy.set(Fault::Pass);
    running.close_stdin();
    running.finish();
}

#[test]
fn a_broken_connection_does_not_kill_a_program_that_leaves_sigpipe_alone() {
    let test = "a_broken_connection_does_not_kill_a_program_that_leaves_sigpipe_alone";
    let program = program("sigpipe");
    let count = scaled(2_000) as u64;
    // A lone caller may write to the sockets on its own thread.
    survives_broken_connections(test, &program, 8, count);
    survives_broken_connections(test, &program, 1, count / 10);
}

#[test]
fn a_forked_child_is_told_so_and_may_begin_anew() {
    let test = "a_forked_child_is_told_so_and_may_begin_anew";
    for endpoints in endpoints(test) {
        program("fork").run(&[&endpoints, "50"], 5 * MINUTE);
        // Not under the sanitizer: a lock of its own allocator may be held by a thread that the child does not have.
    }
}

#[test]
fn fork_upon_fork_is_still_told() {
    let test = "fork_upon_fork_is_still_told";
    let Some(endpoints) = endpoint(test) else { return };
    program("fork_deep").run(&[&endpoints, "300"], MINUTE);
}

#[test]
fn loading_and_unloading_at_run_time() {
    let test = "loading_and_unloading_at_run_time";
    let Some(endpoints) = endpoint(test) else { return };
    // Linked against nothing of ours.
    let program =
        Compiler::c("c99").flags(&["-Wl,--as-needed"]).program("dlopen", &[source("dlopen")]);
    let library = loadable();
    program.run(&[&endpoints, library.to_str().unwrap(), "100"], 2 * MINUTE);
}

#[test]
fn threads_descriptors_and_memory_come_back() {
    let test = "threads_descriptors_and_memory_come_back";
    for endpoints in endpoints(test) {
        let (_port, nobody) = unreachable();
        program("leaks").run(&[&endpoints, "500", &nobody], 5 * MINUTE);
    }
}

#[test]
fn a_silent_name_server_holds_up_nobody() {
    let test = "a_silent_name_server_holds_up_nobody";
    // Port 53 is the only one that resolv.conf can mean; loopback has room.
    let Some(silent) =
        (2..250).find_map(|host| UdpSocket::bind(SocketAddr::from(([127, 77, 53, host], 53))).ok())
    else {
        return skip(test, "port 53 needs root");
    };
    let dir = temp_dir("dns-");
    let config = dir.path().join("resolv.conf");
    fs::write(&config, format!("nameserver {}\n", silent.local_addr().unwrap().ip())).unwrap();
    let script = r#"mount --bind "$1" /etc/resolv.conf && shift && exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(&config);
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-c", script, "sh"]).arg(&config).arg("true");
    if !probe.output().is_ok_and(|out| out.status.success()) {
        return skip(test, "no mount namespace of its own allowed here");
    }
    let program = program("silent_dns");
    command.arg(program.path()).args(["silent.libetcd.example:2379", "100"]).stdin(Stdio::null());
    command.env_remove("LD_LIBRARY_PATH");
    finish(command, MINUTE);
}

#[test]
fn a_storm_of_signals() {
    for endpoints in endpoints("a_storm_of_signals") {
        let length = scaled(30_000).to_string();
        program("signals").run(&[&endpoints, &length], 2 * MINUTE);
    }
}

#[test]
fn a_program_may_end_at_any_time() {
    for endpoints in endpoints("a_program_may_end_at_any_time") {
        let program = program("exit");
        for way in ["idle", "atexit", "atexit-first", "atexit-busy", "thread"] {
            program.run(&[&*endpoints, way], MINUTE);
        }
        for _ in 0..scaled(1_000) {
            program.run(&[&*endpoints, "calls"], MINUTE);
            program.run(&[&*endpoints, "closing"], MINUTE);
        }
    }
}

#[test]
fn little_stack_and_strange_stacks() {
    for endpoints in endpoints("little_stack_and_strange_stacks") {
        let program = program("stack");
        for stack in ["small", "below", "above"] {
            program.run(&[&*endpoints, stack], 2 * MINUTE);
        }
    }
}

#[test]
fn no_memory_descriptors_or_threads() {
    let Some(endpoints) = endpoint("no_memory_descriptors_or_threads") else { return };
    let program = program("limits");
    // An https endpoint: the certificates that the system trusts are read at open.
    let (_port, nobody) = unreachable();
    let tls = format!("https://{nobody}");
    for (what, from, to, tried) in [
        ("memory", "0", "40", &endpoints),
        ("memory", "0", "40", &tls),
        ("memory-fine", "0", "100", &endpoints),
        ("memory-fine", "0", "100", &tls),
        // Below, a small allocation in the middle of a call may end the program.
        ("memory-later", "1", "6", &endpoints),
        ("big-reply", "1", "70", &endpoints),
        ("descriptors", "3", "16", &endpoints),
        ("descriptors", "3", "16", &tls),
        ("threads", "0", "3", &endpoints),
    ] {
        program.run(&[&*endpoints, what, from, to, tried], 5 * MINUTE);
    }
}

#[test]
fn a_store_in_the_process_is_full() {
    let program = program("limits");
    for (what, from, to) in [("full", "8", "24"), ("full", "57", "59"), ("big-reply", "1", "70")] {
        program.run(&["mem:", what, from, to], 5 * MINUTE);
    }
}

#[test]
fn bad_arguments_are_errors() {
    let test = "bad_arguments_are_errors";
    let (plain, checked) = (program("bad_args"), sanitized("bad_args"));
    for endpoints in endpoints(test) {
        plain.run(&[&*endpoints, "1"], MINUTE);
        checked.run(&[&*endpoints, "1"], 2 * MINUTE);
        if has_valgrind() {
            plain.run_in_valgrind(&[&*endpoints, "20"], 5 * MINUTE);
        } else {
            skip(test, "no valgrind found");
        }
    }
}

#[test]
fn there_is_an_error_exactly_if_the_status_is_negative() {
    let test = "there_is_an_error_exactly_if_the_status_is_negative";
    let (plain, checked) = (program("errors"), sanitized("errors"));
    for endpoints in endpoints(test) {
        plain.run(&[&*endpoints], MINUTE);
        checked.run(&[&*endpoints], 2 * MINUTE);
    }
}

#[test]
fn everything_at_once() {
    for endpoints in endpoints("everything_at_once") {
        let seconds = scaled(60).to_string();
        program("concurrent").run(&[&*endpoints, &seconds], 3 * MINUTE);
        sanitized("concurrent").run(&[&*endpoints, "3"], 3 * MINUTE);
    }
}

#[test]
fn a_cancelled_thread_takes_nothing_with_it() {
    for endpoints in endpoints("a_cancelled_thread_takes_nothing_with_it") {
        program("cancel").run(&[&endpoints], MINUTE);
    }
}

#[test]
fn callbacks_run_where_they_should() {
    let (plain, checked) = (program("dispatch"), sanitized("dispatch"));
    for endpoints in endpoints("callbacks_run_where_they_should") {
        plain.run(&[&*endpoints, "1000"], 2 * MINUTE);
        checked.run(&[&*endpoints, "100"], 2 * MINUTE);
    }
}

#[test]
fn a_freed_queue_gives_back_each_user_data_once() {
    let (plain, checked) = (program("drop"), sanitized("drop"));
    let (_port, unreachable) = unreachable();
    for endpoints in endpoints("a_freed_queue_gives_back_each_user_data_once") {
        plain.run(&[&*endpoints, &unreachable], 2 * MINUTE);
        checked.run(&[&*endpoints, &unreachable], 2 * MINUTE);
    }
}

/// Each function of the header that waits on a handle is in the program.
#[test]
fn closing_a_handle_ends_every_wait_on_it() {
    let header = std::fs::read_to_string(root().join("include/etcd.h")).unwrap();
    let waits = std::fs::read_to_string(source("waits")).unwrap();
    for line in header.lines().filter(|line| line.starts_with("ETCD_MUST_USE")) {
        let name = line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap();
        let is_wait = ["_next", "_next_batch", "_next_async", "_dispatch", "_dispatch_handlers"];
        if is_wait.iter().any(|end| name.ends_with(end)) {
            assert!(waits.contains(&format!("{name}(")), "{name} is not in waits.c");
        }
    }
    let (_port, unreachable) = unreachable();
    program("waits").run(&[&*unreachable], 2 * MINUTE);
    sanitized("waits").run(&[&*unreachable], 2 * MINUTE);
}

#[test]
fn what_is_opened_and_closed_at_once_costs_nothing_afterwards() {
    let program = program("storm");
    for endpoints in endpoints("what_is_opened_and_closed_at_once_costs_nothing_afterwards") {
        program.run(&[&*endpoints, &scaled(300_000).to_string()], 5 * MINUTE);
    }
}

#[test]
fn every_call_ends_when_its_client_is_closed() {
    for endpoints in endpoints("every_call_ends_when_its_client_is_closed") {
        let program = program("close_race");
        // A lone caller is at risk only for a moment of each call: it takes more rounds to meet it there.
        for (rounds, callers, submitters) in
            [(6_000, "1", "0"), (2_000, "3", "0"), (2_000, "2", "4")]
        {
            let rounds = scaled(rounds).to_string();
            program.run(&[&*endpoints, &rounds, callers, submitters], 5 * MINUTE);
        }
    }
}

#[test]
fn every_classic_call_ends_when_its_session_is_closed() {
    let (plain, checked) = (program("classic_race"), sanitized("classic_race"));
    for endpoints in endpoints("every_classic_call_ends_when_its_session_is_closed") {
        plain.run(&[&*endpoints, &scaled(600).to_string(), "8"], 5 * MINUTE);
        checked.run(&[&*endpoints, &scaled(200).to_string(), "4"], 5 * MINUTE);
    }
}

#[test]
fn the_benchmark_measures() {
    for endpoints in endpoints("the_benchmark_measures") {
        let source = root().join("benches/bench-libetcd.c");
        for name in ["bench-libetcd", "bench-libetcd-queue"] {
            let program =
                Compiler::c("c11").library(library()).program(name, std::slice::from_ref(&source));
            for workload in [&["put", "200"][..], &["putc", "400", "4"]] {
                let line = program.run(&[&[&*endpoints][..], workload].concat(), MINUTE);
                assert!(line.contains("\"ops_per_s\":") && line.contains("\"p50_us\":"), "{line}");
            }
        }
    }
}

#[test]
fn small_in_memory_and_on_disk() {
    let test = "small_in_memory_and_on_disk";
    let Some(library) = release_library() else {
        return skip(test, "no release build of the library found");
    };
    let dir = temp_dir("size-");
    let stripped = dir.path().join("libetcd.so");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&library).status();
    assert!(strip.is_ok_and(|status| status.success()), "strip failed");
    let size = fs::metadata(&stripped).unwrap().len();
    assert!(size < 8 << 20, "{size} bytes, stripped");
    let Some(endpoints) = endpoint(test) else { return };
    let program = Compiler::c("c99").library(library).program("resident", &[source("resident")]);
    let kib: u64 = program.run(&[&endpoints], MINUTE).trim().parse().unwrap();
    assert!(kib < 12 << 10, "{kib} KiB resident");
}
