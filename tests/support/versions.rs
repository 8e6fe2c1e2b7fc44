//! The etcd versions at hand (`make servers` sees to it that there are three).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// An etcd at hand.
#[derive(Clone, Debug)]
pub struct Version {
    /// As the program itself says, e.g. "3.6.16".
    pub name: String,
    /// The same as numbers: `version.number >= (3, 6, 0)`.
    pub number: (u32, u32, u32),
    /// It is the one of Debian's package.
    pub debian: bool,
    pub etcd: PathBuf,
    pub etcdctl: Option<PathBuf>,
    /// Not part of 3.4.
    pub etcdutl: Option<PathBuf>,
    pub unsafe_no_fsync: bool,
}

impl Version {
    fn find(dir: &Path, debian: bool) -> Option<Version> {
        let tool = |name: &str| Some(dir.join(name)).filter(|path| path.is_file());
        let etcd = tool("etcd")?;
        let ask = |args: &[&str]| {
            tool_command(&etcd).args(args).output().ok().filter(|out| out.status.success())
        };
        let text = String::from_utf8(ask(&["--version"])?.stdout).ok()?;
        let name =
            text.lines().find_map(|line| line.strip_prefix("etcd Version: "))?.trim().to_string();
        let mut numbers = name.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
        let mut number = || numbers.next().unwrap_or(0);
        Some(Version {
            number: (number(), number(), number()),
            debian,
            etcdctl: tool("etcdctl"),
            etcdutl: tool("etcdutl"),
            // Asked this way because 3.4 knows the flag and does not list it in its help.
            unsafe_no_fsync: ask(&["--unsafe-no-fsync", "--version"]).is_some(),
            name,
            etcd,
        })
    }
}

/// A command that no etcd variable of the caller's environment can disturb.
pub fn tool_command(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ETCD"))
    {
        command.env_remove(name);
    }
    command
}

/// Where `make servers` puts them, one folder a version.
fn cache() -> PathBuf {
    let env =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    env("LIBETCD_SERVERS").unwrap_or_else(|| {
        let cache =
            env("XDG_CACHE_HOME").unwrap_or_else(|| env("HOME").unwrap_or_default().join(".cache"));
        cache.join("libetcd/servers")
    })
}

/// All versions at hand, oldest first. With LIBETCD_REQUIRE_SERVERS=1 a missing one is a panic.
pub fn versions() -> Vec<Version> {
    static FOUND: OnceLock<Vec<Version>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let folders = fs::read_dir(cache())
            .into_iter()
            .flatten()
            .flatten()
            // A name with a dot is one that make servers has not finished.
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path());
        // The marker file is written by tools/servers.sh beside what came out of Debian's package.
        let mut found: Vec<_> =
            folders.filter_map(|dir| Version::find(&dir, dir.join("debian").exists())).collect();
        found.extend(Version::find(Path::new("/usr/bin"), true));
        found.sort_by_key(|version| (version.number, !version.debian, version.etcdctl.is_none()));
        found.dedup_by_key(|version| version.number);
        found
    });
    if std::env::var("LIBETCD_REQUIRE_SERVERS").is_ok_and(|value| value == "1") {
        let need = |what: &str, there: &dyn Fn(&Version) -> bool| {
            let cache = cache();
            assert!(
                found.iter().any(there),
                "{what} is missing in {}: run make servers",
                cache.display()
            );
        };
        need("the etcd of Debian's etcd-server", &|version| version.debian);
        need("an etcd 3.6", &|version| (version.number.0, version.number.1) == (3, 6));
        need("an etcd 3.7", &|version| (version.number.0, version.number.1) == (3, 7));
    }
    found.clone()
}

pub fn newest() -> Option<Version> {
    versions().pop()
}

/// `versions()` for a test to loop over; says so when there is nothing to loop over.
pub fn versions_or_skip(test: &str) -> Vec<Version> {
    let versions = versions();
    if versions.is_empty() {
        // Not println!: the test harness would swallow it.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: no etcd found, run make servers");
    }
    versions
}

/// The newest version, for tests that run on one only.
pub fn newest_or_skip(test: &str) -> Option<Version> {
    versions_or_skip(test).pop()
}
