//! A laboratory: one control plane of its own, and a shell in which `kubectl` and `pilothouse` reach it.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::{fs::symlink, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use expect_test::Expect;
use serde_json::Value;

use crate::{
    answer::Answer,
    background::{Background, send_terminate},
    folder::Folder,
    patience::eventually,
    tools::{self, Kubectl},
    transcript::{dedented, steps},
};

/// Two cores carry one control plane and its clients; more would only measure one another.
static TURN: Mutex<()> = Mutex::new(());
const START_TIME_MAX: Duration = Duration::from_secs(20);
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// A command that hangs is ended after so many seconds.
const COMMAND_SECONDS_MAX: &str = "120";
/// What runs beside a test is ended with it; if the test is killed, after so many seconds.
const BACKGROUND_SECONDS_MAX: &str = "3600";
/// Below the ports that systems hand out to clients, so that a restart finds its port free.
const PORT_MIN: u16 = 20_000;
const PORTS: u32 = 8_000;

/// Stops its control plane when it is dropped.
#[derive(Debug)]
pub struct Lab {
    folder: Folder,
    port: u16,
    flags: Vec<String>,
    process: Option<Child>,
    _turn: MutexGuard<'static, ()>,
}

impl Lab {
    /// A control plane on an empty data folder, ready.
    pub fn start() -> Self {
        Self::with(Kubectl::Current, &[])
    }

    /// One with more flags, and a kubectl of choice.
    pub fn with(kubectl: Kubectl, flags: &[&str]) -> Self {
        let mut lab = Self::unstarted(kubectl);
        lab.up_with(flags);
        lab
    }

    /// A shell without a control plane yet.
    pub fn unstarted(kubectl: Kubectl) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Folder::create();
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).expect("a folder can be made");
        symlink(kubectl.path(), programs.join("kubectl")).expect("a link can be made");
        symlink(tools::binary(), programs.join("pilothouse")).expect("a link can be made");
        Self { folder, port: free_port(), flags: Vec::new(), process: None, _turn: turn }
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Lets a folder of the project be found by its last name.
    pub fn show_folder(&self, folder: &str) {
        let target = tools::project().join(folder.trim_start_matches('/'));
        let name = target.file_name().unwrap_or_default().to_owned();
        symlink(target, self.folder.path().join(name)).expect("a link can be made");
    }

    /// Lets `prometheus` and `promtool` be found.
    pub fn show_prometheus(&self) {
        for program in ["prometheus", "promtool"] {
            self.show(&tools::prometheus(program));
        }
    }

    /// Lets a program be found by its name.
    pub fn show(&self, program: &Path) {
        let name = program.file_name().expect("a program has a name");
        let link = self.folder.path().join("bin").join(name);
        symlink(program, link).expect("a link can be made");
    }

    /// Lets `etcd` and `etcdctl` be found.
    pub fn show_etcd(&self) {
        for program in ["etcd", "etcdctl"] {
            self.show(&tools::etcd(program));
        }
    }

    /// Stops the control plane, if it runs, and starts it with these flags.
    pub fn up_with(&mut self, flags: &[&str]) {
        if self.process.is_some() {
            self.terminate();
        }
        self.flags = flags.iter().map(ToString::to_string).collect();
        self.up();
    }

    /// Starts the control plane (again) on the same data and waits until it says that it is ready.
    pub fn up(&mut self) {
        self.launch();
        eventually("the control plane is ready", START_TIME_MAX, || {
            let ended = self.process.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "`up` ended early with {ended:?}:\n{}", self.log());
            self.output().contains("Ready").then_some(())
        });
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) {
        let output = File::create(self.folder.path().join("up.out")).expect("a file can be made");
        let log = File::options().create(true).append(true).open(self.folder.path().join("up.log"));
        let mut command = Command::new(self.folder.path().join("bin/pilothouse"));
        command.args(["up", "--port", &self.port.to_string()]).args(&self.flags);
        self.surround(&mut command);
        command.stdout(output).stderr(log.expect("a file can be made"));
        self.process = Some(command.spawn().expect("pilothouse starts"));
    }

    /// What the control plane said when it started.
    pub fn output(&self) -> String {
        self.folder.read("up.out")
    }

    /// What it logged since the first start.
    pub fn log(&self) -> String {
        self.folder.read("up.log")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.process.take().expect("the control plane runs");
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
    }

    /// SIGTERM; how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        let mut child = self.process.take().expect("the control plane runs");
        send_terminate(&child);
        eventually("the control plane stops", STOP_TIME_MAX, || child.try_wait().ok().flatten())
    }

    /// Runs a line of shell, as a person types it, in the laboratory's folder.
    pub fn run(&self, script: &str) -> Answer {
        let output = self.shell(script).output().expect("a shell starts");
        Answer {
            command: script.to_owned(),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs what must succeed; its output.
    pub fn must(&self, script: &str) -> String {
        self.run(script).expect_success().stdout
    }

    /// Runs the commands of a transcript, lines that begin with `$ `, and compares it with what came out.
    pub fn check(&self, expected: Expect) {
        let wanted = dedented(expected.data());
        let steps = steps(&wanted).into_iter();
        let seen = steps.map(|step| format!("$ {}\n{}", step.command, self.masked(step.command)));
        expected.assert_eq(&seen.collect::<String>());
    }

    /// The masked answer of a line of shell, this laboratory's folder and port included.
    pub fn masked(&self, script: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let port = format!("127.0.0.1:{}", self.port);
        self.run(script).text_without(&[(&folder, "HOME"), (&port, "SERVER")])
    }

    /// Runs `kubectl apply` on a manifest.
    pub fn apply(&self, manifest: &str) {
        self.folder.write("manifest.yaml", manifest);
        self.must("kubectl apply -f manifest.yaml");
    }

    /// An object or list, as `kubectl get` names it.
    pub fn get(&self, what: &str) -> Value {
        self.run(&format!("kubectl get {what} -o json")).expect_success().json()
    }

    /// Starts a line of shell whose output goes to a file in the laboratory's folder.
    pub fn background(&self, script: &str, file: &str) -> Background {
        let output = File::create(self.folder.path().join(file)).expect("a file can be made");
        let mut command = self.shell_for(BACKGROUND_SECONDS_MAX, &format!("exec {script}"));
        command.stdout(output).stderr(Stdio::null());
        Background::new(command.spawn().expect("a shell starts"))
    }

    /// The program, in the laboratory's surroundings.
    pub(crate) fn pilothouse(&self) -> Command {
        let mut command = Command::new(self.folder.path().join("bin/pilothouse"));
        command.env("KUBECONFIG", self.kubeconfig());
        self.surround(&mut command);
        command
    }

    /// How clients reach the control plane.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join(".pilothouse/kubeconfig")
    }

    /// The port of the API server.
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn shell(&self, script: &str) -> Command {
        self.shell_for(COMMAND_SECONDS_MAX, script)
    }

    fn shell_for(&self, seconds: &str, script: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", seconds, "bash", "-c", script]);
        command.env("KUBECONFIG", self.kubeconfig());
        self.surround(&mut command);
        command
    }

    /// The same surroundings on every machine.
    fn surround(&self, command: &mut Command) {
        let system = std::env::var_os("PATH").unwrap_or_default();
        let mut path = self.folder.path().join("bin").into_os_string();
        path.push(":");
        path.push(system);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PATH", path).env("HOME", self.folder.path());
        command.env("PORT", self.port.to_string());
        // What Go and pip have fetched and built is kept between runs.
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        command.env("GOMODCACHE", home.join("go/pkg/mod"));
        command.env("GOCACHE", home.join(".cache/go-build"));
        command.env("PIP_CACHE_DIR", home.join(".cache/pip"));
        command.env("LC_ALL", "C").env("TZ", "UTC").env("KUBECTL_KUBERC", "false");
        // Signals for the test are not meant for what it started.
        command.process_group(0);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        let log = self.log();
        if std::thread::panicking() {
            show(&log);
            return;
        }
        let faults: Vec<&str> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
        assert!(faults.is_empty(), "errors in the log:\n{}", faults.join("\n"));
    }
}

#[expect(clippy::print_stderr, reason = "the log of a failed test belongs to its output")]
fn show(log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    eprintln!("--- log\n{}", lines[lines.len().saturating_sub(30)..].join("\n"));
}

fn free_port() -> u16 {
    let first = process::id();
    let mut ports = (0..PORTS).filter_map(|step| {
        let port = PORT_MIN + u16::try_from((first + step) % PORTS).ok()?;
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
    });
    ports.next().expect("one of thousands of ports is free")
}
