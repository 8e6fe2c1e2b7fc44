//! Real etcd servers for tests: one or three members, of every version at hand.

use std::collections::HashMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::certs::{Certs, Files};
use super::process::{http_get, spawn_server, temp_dir, Port};
use super::versions::tool_command;
#[allow(unused_imports)] // each test program uses its own part
pub use super::versions::{newest, newest_or_skip, versions, versions_or_skip, Version};

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// One member for all tests of this program that leave each other alone (own key prefixes); it ends with the program.
pub fn shared(version: &Version) -> &'static Cluster {
    static SHARED: Mutex<Option<HashMap<String, &'static Cluster>>> = Mutex::new(None);
    let mut shared = unpoisoned(&SHARED);
    let clusters = shared.get_or_insert_with(HashMap::new);
    clusters
        .entry(version.name.clone())
        .or_insert_with(|| Box::leak(Box::new(Cluster::builder(version).start())))
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlsMode {
    Off,
    /// The server shows a certificate.
    Server,
    /// The client must show one too.
    Mutual,
}

pub struct Builder {
    version: Version,
    members: usize,
    tls: TlsMode,
    certs: Option<Certs>,
    user: Option<(String, String)>,
    auth_token: Option<String>,
    token_ttl: Option<u32>,
    unix_socket: bool,
    args: Vec<String>,
}

impl Builder {
    /// 1 (default) or 3, or any other number.
    pub fn members(mut self, members: usize) -> Builder {
        self.members = members;
        self
    }

    pub fn tls(mut self, mode: TlsMode) -> Builder {
        self.tls = mode;
        self
    }

    /// Other certificates than good ones.
    pub fn certs(mut self, certs: Certs) -> Builder {
        self.certs = Some(certs);
        self
    }

    /// Authentication on: user root, and `user` when it is another one, with all rights and this password.
    pub fn password(mut self, user: &str, password: &str) -> Builder {
        self.user = Some((user.into(), password.into()));
        self
    }

    /// "simple", "jwt" (a key is made), or a whole "jwt,sign-method=...".
    pub fn auth_token(mut self, kind: &str) -> Builder {
        self.auth_token = Some(kind.into());
        self
    }

    /// Life of a token of kind "simple" or "jwt".
    pub fn token_ttl(mut self, seconds: u32) -> Builder {
        self.token_ttl = Some(seconds);
        self
    }

    /// Listens on a unix socket too, see `Cluster::unix_endpoint`.
    pub fn unix_socket(mut self) -> Builder {
        self.unix_socket = true;
        self
    }

    /// Further flags for every member.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Builder {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Returns when every member answers.
    pub fn start(self) -> Cluster {
        let (tries, mut result) = (3, Err(String::new()));
        for _ in 0..tries {
            result = self.try_start();
            // Another program may take a port between our check and etcd's.
            if !matches!(&result, Err(why) if why.contains("address already in use")) {
                break;
            }
        }
        result.unwrap_or_else(|why| panic!("etcd {} does not start: {why}", self.version.name))
    }

    fn try_start(&self) -> Result<Cluster, String> {
        let dir = temp_dir("etcd-");
        let certs =
            (self.tls != TlsMode::Off).then(|| self.certs.clone().unwrap_or_else(Certs::new));
        let files = certs.as_ref().map(|certs| certs.write(&dir.path().join("certs")));
        let members: Vec<Member> =
            (0..self.members).map(|i| Member::new(dir.path().join(format!("m{i}")))).collect();
        let mut cluster = Cluster {
            version: self.version.clone(),
            members,
            certs,
            files,
            tls: self.tls,
            user: None,
            dir,
        };
        let peers: Vec<_> = cluster
            .members
            .iter()
            .enumerate()
            .map(|(i, m)| format!("m{i}={}", m.peer_url()))
            .collect();
        for i in 0..self.members {
            cluster.members[i].args = self.member_args(&cluster, i, &peers.join(","));
        }
        (0..self.members).for_each(|i| cluster.launch(i));
        (0..self.members).try_for_each(|i| cluster.healthy(i, START_LIMIT))?;
        if let Some((user, password)) = &self.user {
            cluster.enable_auth(user, password)?;
            cluster.user = self.user.clone();
        }
        Ok(cluster)
    }

    fn member_args(&self, cluster: &Cluster, i: usize, peers: &str) -> Vec<String> {
        let member = &cluster.members[i];
        let mut listen = cluster.endpoint(i);
        if self.unix_socket {
            // The one form that 3.4 accepts too: a file named "host:port" in the working directory. The host must
            // differ from that of the TCP address, or 3.4 takes both for one.
            listen += if cluster.files.is_some() {
                ",unixs://etcd.sock:1"
            } else {
                ",unix://etcd.sock:1"
            };
        }
        let mut args: Vec<String> = Vec::new();
        let mut flag =
            |name: &str, value: &str| args.extend([format!("--{name}"), value.to_string()]);
        flag("name", &format!("m{i}"));
        flag("data-dir", "data");
        flag("listen-client-urls", &listen);
        flag("advertise-client-urls", &cluster.endpoint(i));
        flag("listen-peer-urls", &member.peer_url());
        flag("initial-advertise-peer-urls", &member.peer_url());
        flag("initial-cluster", peers);
        // Health and metrics in plain HTTP whatever the clients speak.
        flag("listen-metrics-urls", &format!("http://127.0.0.1:{}", member.health.number()));
        flag("logger", "zap");
        flag("log-level", "error");
        if let Some(files) = &cluster.files {
            flag("cert-file", &files.server_cert.to_string_lossy());
            flag("key-file", &files.server_key.to_string_lossy());
            if self.tls == TlsMode::Mutual {
                flag("trusted-ca-file", &files.ca.to_string_lossy());
            }
        }
        if self.user.is_some() {
            // The default costs the server half a second a login.
            flag("bcrypt-cost", "4");
        }
        match (self.auth_token.as_deref(), self.token_ttl) {
            (Some("jwt"), ttl) => {
                let key = cluster.dir.path().join("jwt.key");
                fs::write(&key, "a secret of the test's own, 32+ bytes").unwrap();
                let ttl = format!("{}s", ttl.unwrap_or(300));
                flag(
                    "auth-token",
                    &format!("jwt,sign-method=HS256,priv-key={},ttl={ttl}", key.display()),
                );
            }
            (kind, ttl) => {
                flag("auth-token", kind.unwrap_or("simple"));
                flag("auth-token-ttl", &ttl.unwrap_or(300).to_string());
            }
        }
        if self.tls == TlsMode::Mutual {
            args.push("--client-cert-auth".into());
        }
        if self.version.unsafe_no_fsync {
            args.push("--unsafe-no-fsync".into());
        }
        args.extend(self.args.iter().cloned());
        args
    }
}

struct Member {
    client: Port,
    peer: Port,
    health: Port,
    dir: PathBuf,
    args: Vec<String>,
    child: Mutex<Option<Child>>,
}

impl Member {
    fn new(dir: PathBuf) -> Member {
        fs::create_dir_all(&dir).unwrap();
        let [client, peer, health] = std::array::from_fn(|_| Port::lease());
        Member { client, peer, health, dir, args: Vec::new(), child: Mutex::new(None) }
    }

    fn peer_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.peer.number())
    }

    fn signal(&self, signal: i32) {
        let child = unpoisoned(&self.child);
        let pid = child.as_ref().expect("the member runs").id() as i32;
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    fn end(&self) -> Option<ExitStatus> {
        let mut child = unpoisoned(&self.child).take()?;
        let _ = child.kill();
        child.wait().ok()
    }
}

/// A running cluster; dropped, it is killed and its data is gone.
pub struct Cluster {
    version: Version,
    members: Vec<Member>,
    certs: Option<Certs>,
    files: Option<Files>,
    tls: TlsMode,
    user: Option<(String, String)>,
    dir: tempfile::TempDir,
}

impl Cluster {
    pub fn builder(version: &Version) -> Builder {
        Builder {
            version: version.clone(),
            members: 1,
            tls: TlsMode::Off,
            certs: None,
            user: None,
            auth_token: None,
            token_ttl: None,
            unix_socket: false,
            args: Vec::new(),
        }
    }

    pub fn version(&self) -> &Version {
        &self.version
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// All client URLs, separated by commas.
    pub fn endpoints(&self) -> String {
        (0..self.len()).map(|i| self.endpoint(i)).collect::<Vec<_>>().join(",")
    }

    pub fn endpoint(&self, i: usize) -> String {
        let scheme = if self.files.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port(i))
    }

    /// `unix:/path`, see `Builder::unix_socket`.
    pub fn unix_endpoint(&self, i: usize) -> String {
        format!("unix:{}", self.members[i].dir.join("etcd.sock:1").display())
    }

    pub fn port(&self, i: usize) -> u16 {
        self.members[i].client.number()
    }

    pub fn peer_port(&self, i: usize) -> u16 {
        self.members[i].peer.number()
    }

    /// Plain HTTP: /health and /metrics.
    pub fn health_port(&self, i: usize) -> u16 {
        self.members[i].health.number()
    }

    pub fn pid(&self, i: usize) -> u32 {
        unpoisoned(&self.members[i].child).as_ref().expect("the member runs").id()
    }

    pub fn data_dir(&self, i: usize) -> PathBuf {
        self.members[i].dir.join("data")
    }

    pub fn certs(&self) -> Option<&Certs> {
        self.certs.as_ref()
    }

    /// Paths of the certificates; `Certs::write` to the same folder replaces them.
    pub fn cert_files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// What the member wrote, all its runs.
    pub fn log(&self, i: usize) -> String {
        fs::read(self.members[i].dir.join("log"))
            .map(|log| String::from_utf8_lossy(&log).into())
            .unwrap_or_default()
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&self, i: usize) {
        self.members[i].end().expect("the member runs");
    }

    /// SIGTERM, and waits for the end; SIGKILL after 15 s.
    pub fn terminate(&self, i: usize) {
        self.members[i].signal(libc::SIGTERM);
        let limit = Instant::now() + Duration::from_secs(15);
        while Instant::now() < limit && self.exit_status(i).is_none() {
            std::thread::sleep(POLL);
        }
        self.members[i].end();
    }

    /// SIGSTOP: the kernel still accepts connections, nobody answers.
    pub fn stop(&self, i: usize) {
        self.members[i].signal(libc::SIGSTOP);
    }

    /// SIGCONT.
    pub fn cont(&self, i: usize) {
        self.members[i].signal(libc::SIGCONT);
    }

    /// Starts a killed member on its ports and data (kills it first if it runs) and waits until it answers. Without
    /// a quorum it cannot answer: then `launch` the others first.
    pub fn restart(&self, i: usize) {
        self.launch(i);
        self.wait_healthy(i);
    }

    /// `restart` without waiting.
    pub fn launch(&self, i: usize) {
        self.launch_with(i, &[]);
    }

    /// With further flags for this run; of a flag given twice the last one counts.
    pub fn launch_with(&self, i: usize, further: &[&str]) {
        let member = &self.members[i];
        member.end();
        let _ = fs::remove_file(member.dir.join("etcd.sock:1")); // 3.4 trips over the one a killed member leaves
        let mut command = tool_command(&self.version.etcd);
        command.args(&member.args).args(further).current_dir(&member.dir);
        let child = spawn_server(command, &member.dir.join("log")).expect("etcd can be started");
        *unpoisoned(&member.child) = Some(child);
    }

    pub fn wait_healthy(&self, i: usize) {
        if let Err(why) = self.healthy(i, START_LIMIT) {
            panic!("etcd {} is not healthy: {why}", self.version.name);
        }
    }

    fn exit_status(&self, i: usize) -> Option<ExitStatus> {
        unpoisoned(&self.members[i].child).as_mut()?.try_wait().ok()?
    }

    fn healthy(&self, i: usize, within: Duration) -> Result<(), String> {
        let limit = Instant::now() + within;
        let why = loop {
            // etcd makes a linearizable read for this answer: there is a leader, and the member has caught up.
            let answer = http_get(self.health_port(i), "/health", Duration::from_secs(2))
                .unwrap_or_default();
            if answer.contains(r#""health":"true""#) {
                return Ok(());
            }
            if let Some(status) = self.exit_status(i) {
                break format!("it ended ({status}, signal {:?})", status.signal());
            }
            if Instant::now() > limit {
                break format!("not within {within:?}, last answer {answer:?}");
            }
            std::thread::sleep(POLL);
        };
        Err(format!("member {i}: {why}, log:\n{}", self.log(i)))
    }

    /// The member that leads; waits for exactly one.
    pub fn leader(&self) -> usize {
        let limit = Instant::now() + START_LIMIT;
        loop {
            let leads = |i: &usize| {
                let metrics =
                    http_get(self.health_port(*i), "/metrics", Duration::from_millis(500));
                metrics.is_some_and(|text| text.contains("\netcd_server_is_leader 1\n"))
            };
            if let [leader] = (0..self.len()).filter(leads).collect::<Vec<_>>()[..] {
                return leader;
            }
            assert!(Instant::now() < limit, "no leader");
            std::thread::sleep(POLL);
        }
    }

    /// Runs etcdctl against all endpoints, with the user and the certificates that fit.
    pub fn etcdctl(&self, args: &[&str]) -> Output {
        self.etcdctl_at(&self.endpoints(), args)
    }

    /// The same against other endpoints: one member, a proxy. (A second --endpoints would ADD to the first.)
    pub fn etcdctl_at(&self, endpoints: &str, args: &[&str]) -> Output {
        self.etcdctl_command(endpoints).args(args).output().expect("etcdctl runs")
    }

    /// Its standard output, trimmed; a failure is a panic.
    pub fn etcdctl_ok(&self, args: &[&str]) -> String {
        succeeded(args, self.etcdctl(args)).unwrap()
    }

    /// For the caller to add arguments, pipes and the like.
    pub fn etcdctl_command(&self, endpoints: &str) -> Command {
        let mut command = tool_command(self.version.etcdctl.as_ref().expect("etcdctl is there"));
        if self.version.number < (3, 5, 0) {
            command.env("ETCDCTL_API", "3");
        }
        command.args(["--endpoints", endpoints]);
        if let Some(files) = &self.files {
            command.arg("--cacert").arg(&files.ca);
            if self.tls == TlsMode::Mutual {
                command.arg("--cert").arg(&files.client_cert).arg("--key").arg(&files.client_key);
            }
        }
        if let Some((user, password)) = &self.user {
            command.args(["--user", &format!("{user}:{password}")]);
        }
        command
    }

    fn enable_auth(&self, user: &str, password: &str) -> Result<(), String> {
        let run = |args: &[&str]| succeeded(args, self.etcdctl(args));
        run(&["role", "add", "root"])?;
        let mut names = vec!["root", user];
        names.dedup();
        for name in names {
            run(&["user", "add", &format!("{name}:{password}")])?;
            run(&["user", "grant-role", name, "root"])?;
        }
        run(&["auth", "enable"]).map(drop)
    }
}

fn succeeded(args: &[&str], output: Output) -> Result<String, String> {
    if !output.status.success() {
        return Err(format!("etcdctl {args:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for member in &self.members {
            member.end();
        }
    }
}
