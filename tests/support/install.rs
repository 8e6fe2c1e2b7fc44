//! The library as `make install` brings it, and programs that are built against it.

use super::cc;
use super::process::temp_dir;
use super::server::shared;
use super::versions::newest_or_skip;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

pub const LIMIT: Duration = Duration::from_secs(60);
pub const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"];

pub fn scratch(name: &str) -> PathBuf {
    temp_dir(name).keep()
}

pub fn make(target: &str, variables: &[String]) {
    let mut make = Command::new("make");
    make.arg("-s").arg("-C").arg(cc::root()).arg(target).args(variables);
    // This run's library in place of a release build, which takes minutes.
    make.arg(format!("OUT={}", cc::library().parent().unwrap().display()));
    cc::finish(make, LIMIT);
}

/// One installation for all tests that only read it.
pub fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("prefix-");
        make("install", &[format!("PREFIX={}", prefix.display())]);
        prefix
    })
}

/// The engine in the process, and the newest etcd if there is one.
pub fn places(test: &str) -> Vec<String> {
    let newest = newest_or_skip(test).map(|version| shared(&version).endpoints());
    std::iter::once("mem:".to_owned()).chain(newest).collect()
}

/// The shell sees the command as a user would type it, after `cd c-examples`.
pub fn build(command: &str, pkg_config: &[(&str, &Path)]) {
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(command).current_dir(cc::root().join("c-examples"));
    shell.envs(pkg_config.iter().copied());
    cc::finish(shell, LIMIT);
}

pub fn run(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix().join("lib")).stdin(Stdio::null());
    command
}

pub fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::new(());
    RUNNING.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// One at a time: the same example twice would delete its keys under itself.
pub fn output(mut command: Command, argument: &str) -> String {
    let _alone = alone();
    command.arg(argument);
    cc::finish(command, LIMIT)
}

/// Finds the module and, by its name, the library, as it would find installed ones.
pub fn python3() -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", cc::root().join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("LD_LIBRARY_PATH", prefix().join("lib"));
    python
}
