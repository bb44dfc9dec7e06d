//! An etcd of a test's own: one member, without TLS, where one is installed.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

const PORT_MIN: u16 = 28_000;
const PORTS: u16 = 4_000;
/// Tests run beside each other.
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// Killed when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    arguments: Vec<String>,
    child: Child,
}

impl Server {
    /// `None` where no etcd is installed, which is said.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let program = program()?;
        let [client, peer] = [(); 2].map(|()| format!("http://127.0.0.1:{}", free_port()));
        let arguments = [
            ("data-dir", folder.join("etcd").display().to_string()),
            ("listen-client-urls", client.clone()),
            ("advertise-client-urls", client.clone()),
            ("listen-peer-urls", peer.clone()),
            ("initial-advertise-peer-urls", peer.clone()),
            ("initial-cluster", format!("default={peer}")),
            ("heartbeat-interval", "50".to_owned()),
            ("election-timeout", "500".to_owned()),
            ("logger", "zap".to_owned()),
        ];
        let arguments: Vec<String> =
            arguments.map(|(name, value)| format!("--{name}={value}")).to_vec();
        let child = spawn(&program, &arguments);
        Some(Self { url: client, arguments, child })
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it again on its data.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&program().expect("it ran before"), &self.arguments);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("etcd starts")
}

/// The system's, or the one that `cargo xtask tools` fetched.
fn program() -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    let tools = env::var_os("PILOTHOUSE_TOOLS").map_or(project, PathBuf::from);
    let folders = env::var_os("PATH").unwrap_or_default();
    let system = env::split_paths(&folders).map(|folder| folder.join("etcd"));
    let found = system.chain([tools.join("etcd/usr/bin/etcd")]).find(|path| path.is_file());
    if found.is_none() {
        tell("skipped: no etcd is installed; `cargo xtask tools` fetches one");
    }
    found
}

#[expect(clippy::print_stderr, reason = "a test talks to the reader of its output")]
fn tell(text: &str) {
    eprintln!("{text}");
}

/// Below the ports that systems hand out to clients, so that a restart finds its port free.
fn free_port() -> u16 {
    let first = u16::try_from(process::id() % u32::from(PORTS)).unwrap_or_default();
    loop {
        let step = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let port = PORT_MIN + first.wrapping_add(step) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
