//! Child processes, ports and directories that never outlive the test program, however it ends.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A port of 127.0.0.1 that no other helper in this or another test program takes while this value lives, also
/// between two runs of a server on it. The lease is an abstract socket name, so it ends with its owner. The range
/// lies below the one from which the kernel takes ports for outgoing connections.
pub struct Port {
    number: u16,
    _lease: UnixDatagram,
}

impl Port {
    pub fn lease() -> Port {
        const FIRST: u32 = 12_000;
        const COUNT: u32 = 20_000;
        static NEXT: AtomicU32 = AtomicU32::new(0);
        for _ in 0..COUNT {
            // Programs that run side by side start apart.
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let number = (FIRST + (std::process::id().wrapping_mul(97) + step) % COUNT) as u16;
            let name = format!("libetcd-test-port-{number}");
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
            let Ok(lease) = UnixDatagram::bind_addr(&address) else {
                continue;
            };
            if TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Port { number, _lease: lease };
            }
        }
        panic!("no free port on 127.0.0.1");
    }

    pub fn number(&self) -> u16 {
        self.number
    }
}

/// The directory of this test program and the pipe that guards it.
struct Root {
    path: PathBuf,
    /// Write end of the watchdog's pipe. Every server holds it too (as its standard input), so the watchdog sees
    /// the end of the pipe, and removes the directory, once this program AND its servers are gone.
    guard: OwnedFd,
    _watchdog: Child,
}

fn root() -> &'static Root {
    static ROOT: OnceLock<Root> = OnceLock::new();
    ROOT.get_or_init(|| {
        let path =
            tempfile::Builder::new().prefix("libetcd-test-").tempdir_in(base()).unwrap().keep();
        let mut ends = [0; 2];
        assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
        let [read, guard] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
        let watchdog = Command::new("sh")
            .args([
                "-c",
                r#"trap '' HUP INT TERM; while read -r _; do :; done; rm -rf -- "$1""#,
                "sh",
            ])
            .arg(&path)
            .stdin(read)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh");
        Root { path, guard, _watchdog: watchdog }
    })
}

/// Memory is quicker than a disk, but each etcd member preallocates 128 MB, and /dev/shm may be tiny (containers).
fn base() -> PathBuf {
    let shm = c"/dev/shm";
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    let known = unsafe { libc::statvfs(shm.as_ptr(), &mut stat) } == 0;
    if known && stat.f_bavail as u64 * stat.f_frsize as u64 >= 6 << 30 {
        return "/dev/shm".into();
    }
    std::env::temp_dir()
}

/// A fresh directory, gone at the latest shortly after this program has ended.
pub fn temp_dir(prefix: &str) -> tempfile::TempDir {
    tempfile::Builder::new().prefix(prefix).tempdir_in(&root().path).unwrap()
}

/// Starts a server that is killed when this program ends, even by SIGKILL. Its output is appended to `log`.
pub fn spawn_server(mut command: Command, log: &Path) -> io::Result<Child> {
    let output = File::options().create(true).append(true).open(log)?;
    command.stdin(root().guard.try_clone()?).stdout(output.try_clone()?).stderr(output);
    let parent = std::process::id() as i32;
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // The parent may have gone before the line above took effect.
            if libc::getppid() != parent {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
    // PR_SET_PDEATHSIG watches the THREAD that started the child, and a test's thread ends with the test: one thread
    // that lives as long as the program starts them all.
    type Job = (Command, Sender<io::Result<Child>>);
    static SPAWNER: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, reply) in jobs {
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    let (reply, result) = channel();
    spawner.lock().unwrap().send((command, reply)).unwrap();
    result.recv().unwrap()
}

/// GET over plain HTTP; None when there is no complete answer in time.
pub fn http_get(port: u16, path: &str, timeout: Duration) -> Option<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Processor time of this program so far.
pub fn cpu_time() -> Duration {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) }, 0);
    let time = |it: libc::timeval| Duration::new(it.tv_sec as u64, it.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// By how much this program's memory grows, at most, from now on.
pub struct PeakMemory(u64);

impl PeakMemory {
    pub fn start() -> PeakMemory {
        // Forgets the peak so far.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        PeakMemory(status("VmRSS:"))
    }

    pub fn grown(&self) -> u64 {
        status("VmHWM:").saturating_sub(self.0)
    }
}

fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
