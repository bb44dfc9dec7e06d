//! Where the programs are that tests run: kubectl in two releases, and the binary that was built.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// A release of kubectl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kubectl {
    /// 1.37, the release that is served.
    Current,
    /// 1.20, as some distributions still ship it.
    Old,
}

impl Kubectl {
    /// The program's path.
    pub fn path(self) -> PathBuf {
        let name = match self {
            Self::Current => "kubectl-1.37/bin/kubectl",
            Self::Old => "kubectl-1.20/usr/bin/kubectl",
        };
        installed(name)
    }
}

/// A program of Prometheus: `prometheus` or `promtool`.
pub fn prometheus(program: &str) -> PathBuf {
    installed(&format!("prometheus/usr/bin/{program}"))
}

/// A program of etcd: `etcd` or `etcdctl`.
pub fn etcd(program: &str) -> PathBuf {
    installed(&format!("{program}/usr/bin/{program}"))
}

fn installed(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.exists(), "{} is not there; run `cargo xtask tools` first", path.display());
    path
}

/// Where tools are kept.
fn folder() -> PathBuf {
    env::var_os("PILOTHOUSE_TOOLS").map_or_else(|| project().join("target/tools"), PathBuf::from)
}

/// Whether this machine can build the example in Go. If it cannot, says why.
pub fn has_go() -> bool {
    go(&["mod", "download"], &project().join("examples/go-controller"))
}

/// A client in Go of the module `clients`, built when it is first asked for and kept with the tools: our own
/// `drive`, or `helm`. `None`, with the reason told, where Go cannot build it.
pub fn go_client(client: GoClient) -> Option<PathBuf> {
    let program = folder().join("go").join(client.name());
    let output = program.display().to_string();
    let mut arguments = vec!["build", "-trimpath", "-ldflags=-s -w", "-o", &output];
    arguments.extend(client.packages());
    go(&arguments, &project().join("crates/conformance/clients")).then_some(program)
}

/// A program of `crates/conformance/clients`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoClient {
    /// Our programs on client-go and controller-runtime.
    Drive,
    Helm,
}

impl GoClient {
    const fn name(self) -> &'static str {
        match self {
            Self::Drive => "drive",
            Self::Helm => "helm",
        }
    }

    const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Drive => &["./drive"],
            Self::Helm => &["-tags=helm", "helm.sh/helm/v3/cmd/helm"],
        }
    }
}

fn go(arguments: &[&str], folder: &Path) -> bool {
    let reason = match Command::new("go").args(arguments).current_dir(folder).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    tell(&format!("skipped what needs Go: {reason}"));
    false
}

/// The Python client in a folder for `PYTHONPATH`, installed when it is first asked for and kept with the tools.
/// `None`, with the reason told, where pip cannot install it.
pub fn python_client() -> Option<PathBuf> {
    let packages = folder().join("python");
    if packages.join("kubernetes").exists() {
        return Some(packages);
    }
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command.args(["--root-user-action=ignore", "--target"]).arg(&packages).arg("kubernetes");
    let reason = match command.output() {
        Ok(output) if output.status.success() => return Some(packages),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    tell(&format!("skipped what needs the Python client: {reason}"));
    None
}

/// A line for the reader of a test's output: what was left out, or how to repeat a run.
#[expect(clippy::print_stderr, reason = "a test talks to the reader of its output")]
pub fn tell(text: &str) {
    eprintln!("{text}");
}

/// Where `cargo xtask drop-in` puts the reference's programs.
pub fn reference() -> PathBuf {
    env::var_os("PILOTHOUSE_REFERENCE")
        .map_or_else(|| project().join("target/reference"), PathBuf::from)
}

/// A number that the person who runs the suites may set.
pub fn number(variable: &str) -> Option<u64> {
    env::var_os(variable)?.to_str()?.parse().ok()
}

/// The project's root.
pub fn project() -> PathBuf {
    let ancestor = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    ancestor.expect("the crate lies two folders below the root").to_path_buf()
}

/// The built `pilothouse`: what `PILOTHOUSE_BINARY` names, else the newest beside this test.
pub fn binary() -> PathBuf {
    built("pilothouse", "PILOTHOUSE_BINARY", "cargo build --bins")
}

/// The scheduler of `control-plane/custom-scheduler-plugin`: the newest that was built, or the one that
/// `PILOTHOUSE_RACK_SCHEDULER` names.
pub fn rack_scheduler() -> PathBuf {
    let build = "cargo build --manifest-path control-plane/custom-scheduler-plugin/Cargo.toml \
                 --target-dir target";
    built("rack-scheduler", "PILOTHOUSE_RACK_SCHEDULER", build)
}

fn built(name: &str, variable: &str, command: &str) -> PathBuf {
    if let Some(named) = env::var_os(variable) {
        return PathBuf::from(named);
    }
    let test = env::current_exe().expect("a test knows where it is");
    // target/PROFILE/deps/TEST
    let target = test.ancestors().nth(3).expect("a test lies in its target folder");
    let candidates = ["release", "debug"].map(|profile| target.join(profile).join(name));
    let newest = candidates.into_iter().filter_map(|path| Some((age(&path)?, path))).max();
    assert!(newest.is_some(), "no {name} is built; run `{command}` first");
    newest.map(|(_, path)| path).unwrap_or_default()
}

fn age(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
