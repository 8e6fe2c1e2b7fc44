//! C and C++ programs, compiled and linked against the library that this test run has built.
//!
//! CC and CXX name other compilers than cc and c++.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::process::temp_dir;

const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror"];
const ADDRESS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `cargo test` leaves it beside the test programs.
pub fn library() -> PathBuf {
    let library = env::current_exe().unwrap().parent().unwrap().join("libetcd.so");
    assert!(library.is_file(), "{} has not been built", library.display());
    library
}

/// What `cargo build --release` has left for programs, if it was run.
pub fn release_library() -> Option<PathBuf> {
    let library = library();
    let target = library.ancestors().nth(3)?;
    Some(target.join("release/libetcd.so")).filter(|library| library.is_file())
}

/// A compiler, by default one for C programs.
#[derive(Clone)]
pub struct Compiler {
    program: String,
    standard: &'static str,
    flags: Vec<String>,
    library: PathBuf,
}

impl Compiler {
    pub fn c(standard: &'static str) -> Compiler {
        Compiler::new(env::var("CC").unwrap_or_else(|_| "cc".into()), standard)
    }

    pub fn cxx(standard: &'static str) -> Compiler {
        Compiler::new(env::var("CXX").unwrap_or_else(|_| "c++".into()), standard)
    }

    pub fn new(program: impl Into<String>, standard: &'static str) -> Compiler {
        // The one flag of them that is not for C++.
        let cxx = standard.contains("++");
        let flags = STRICT.iter().filter(|flag| !cxx || **flag != "-Wstrict-prototypes");
        let flags = flags.map(|flag| flag.to_string()).collect();
        Compiler { program: program.into(), standard, flags, library: library() }
    }

    pub fn flags(mut self, flags: &[&str]) -> Compiler {
        self.flags.extend(flags.iter().map(|flag| flag.to_string()));
        self
    }

    /// Another library than this run's.
    pub fn library(mut self, library: PathBuf) -> Compiler {
        self.library = library;
        self
    }

    pub fn is_there(&self) -> bool {
        self.command().arg("--version").output().is_ok_and(|out| out.status.success())
    }

    fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// Compiles and links; a failure is a panic with the compiler's words.
    pub fn program<S: AsRef<OsStr>>(&self, name: &str, sources: &[S]) -> Program {
        self.try_program(name, sources).unwrap_or_else(|words| panic!("{words}"))
    }

    pub fn try_program<S: AsRef<OsStr>>(
        &self,
        name: &str,
        sources: &[S],
    ) -> Result<Program, String> {
        let dir = home(&self.library);
        let path = dir.join(format!("{name}.{}", unique()));
        let mut command = self.command();
        command.arg(format!("-std={}", self.standard)).args(["-g", "-O1"]).args(&self.flags);
        command.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("tests/c"));
        command.args(sources).arg("-o").arg(&path);
        command.arg("-L").arg(dir).arg("-letcd").arg(format!("-Wl,-rpath,{}", dir.display()));
        command.args(["-pthread", "-ldl", "-lm"]);
        let out = command.output().map_err(|e| format!("{}: {e}", self.program))?;
        if !out.status.success() {
            let words = String::from_utf8_lossy(&out.stderr);
            return Err(format!("{command:?}\n{words}"));
        }
        Ok(Program { path })
    }
}

fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Relaxed)
}

/// A directory where the library goes by the names that the linker and the loader look for.
fn home(library: &Path) -> &'static Path {
    type Homes = Vec<(PathBuf, &'static Path)>;
    static HOMES: OnceLock<std::sync::Mutex<Homes>> = OnceLock::new();
    let mut homes = HOMES.get_or_init(Default::default).lock().unwrap();
    if let Some((_, home)) = homes.iter().find(|(known, _)| known == library) {
        return home;
    }
    let dir: &'static Path = Box::leak(temp_dir("c-").keep().into_boxed_path());
    symlink(library, dir.join("libetcd.so")).unwrap();
    symlink(library, dir.join("libetcd.so.0")).unwrap();
    homes.push((library.to_owned(), dir));
    dir
}

/// Where `dlopen` finds the library.
pub fn loadable() -> PathBuf {
    home(&library()).join("libetcd.so.0")
}

/// tests/c/NAME.c.
pub fn source(name: &str) -> PathBuf {
    root().join("tests/c").join(format!("{name}.c"))
}

/// tests/c/NAME.c, compiled as the strictest of users would.
pub fn program(name: &str) -> Program {
    Compiler::c("c99").program(name, &[source(name)])
}

/// The same with the program's own memory accesses checked; what the library reads and frees is checked through
/// the allocator that both share.
pub fn sanitized(name: &str) -> Program {
    sanitized_from(name, source(name))
}

pub fn sanitized_from(name: &str, source: PathBuf) -> Program {
    Compiler::c("c99").flags(&ADDRESS).program(&format!("{name}-asan"), &[source])
}

pub struct Program {
    path: PathBuf,
}

impl Program {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args);
        clean(&mut command);
        command
    }

    /// Runs it to its end and returns what it printed; a failure is a panic with all it said.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S], limit: Duration) -> String {
        finish(self.command(args), limit)
    }

    /// The same under valgrind, any finding being a failure.
    pub fn run_in_valgrind<S: AsRef<OsStr>>(&self, args: &[S], limit: Duration) -> String {
        finish(self.valgrind(args), limit)
    }

    pub fn valgrind<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("valgrind");
        command.args([
            "-q",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible",
            "--error-exitcode=9",
            // One thread waits while another holds the lock for ever: take turns.
            "--fair-sched=yes",
        ]);
        let known = root().join("tests/c/valgrind.supp");
        command.arg(format!("--suppressions={}", known.display()));
        command.arg(&self.path).args(args);
        clean(&mut command);
        command
    }
}

/// cargo points the loader at its own directories.
fn clean(command: &mut Command) {
    command.env_remove("LD_LIBRARY_PATH").stdin(Stdio::null());
}

pub fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|out| out.status.success())
}

/// Starts it, waits for its end, and panics unless it says that all is well.
pub fn finish(command: Command, limit: Duration) -> String {
    Running::start(command, limit).finish()
}

/// A program in progress.
pub struct Running {
    name: String,
    child: Child,
    limit: Instant,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
}

impl Running {
    pub fn start(mut command: Command, limit: Duration) -> Running {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let out = collect(child.stdout.take().unwrap());
        let err = collect(child.stderr.take().unwrap());
        Running {
            name: format!("{command:?}"),
            child,
            limit: Instant::now() + limit,
            out: Some(out),
            err: Some(err),
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn signal(&self, signal: i32) {
        // Its number is its own until it is waited for.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// A pipe to it, if the command asked for one.
    pub fn close_stdin(&mut self) {
        self.child.stdin = None;
    }

    pub fn finish(mut self) -> String {
        let mut story = String::new();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > self.limit {
                story = format!("did not end in time\n{}", threads(self.child.id()));
                let _ = self.child.kill();
                break self.child.wait().unwrap();
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let [out, err] = [self.out.take(), self.err.take()].map(|text| text.unwrap().join());
        let (out, err) = (out.unwrap(), err.unwrap());
        assert!(
            status.success() && story.is_empty(),
            "{}\n{}\n{story}{out}{err}",
            self.name,
            end(status)
        );
        out
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end(status: ExitStatus) -> String {
    match status.signal() {
        Some(libc::SIGALRM) => "ended by its own alarm: it hangs".into(),
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("exit code {}", status.code().unwrap_or(-1)),
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// What its threads are doing.
fn threads(pid: u32) -> String {
    let mut text = String::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let (name, call) = (read("comm"), read("wchan"));
        let _ = writeln!(text, "thread {:?} {} in {call}", task.file_name(), name.trim());
    }
    text
}
