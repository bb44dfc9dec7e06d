//! `cargo xtask drop-in`: our manager beside and in place of the reference's programs, which are built first.

use std::{env, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, cargo_with_release, root};

/// The reference's programs that the suite runs.
const PROGRAMS: [&str; 2] = ["kube-apiserver", "kube-controller-manager"];

pub(crate) fn run(_: &[String]) -> Result<()> {
    let folder = env::var_os("PILOTHOUSE_REFERENCE")
        .map_or_else(|| root().join("target/reference"), std::path::PathBuf::from);
    for program in PROGRAMS {
        if !folder.join(program).exists() {
            build(program, &folder)?;
        }
    }
    cargo(&["build", "--release", "--bins"])?;
    cargo_with_release(&[
        "test",
        "--package",
        "conformance",
        "--test",
        "drop_in",
        "--",
        "--nocapture",
    ])
}

/// From the module proxy, with the versions that `crates/conformance/reference` pins.
fn build(program: &str, folder: &Path) -> Result<()> {
    crate::say(&format!("building {program}; the first time takes ten minutes"));
    let module = root().join("crates/conformance/reference");
    let mut go = Command::new("go");
    go.args(["build", "-mod=mod", "-o"]).arg(folder.join(program));
    go.arg(format!("k8s.io/kubernetes/cmd/{program}")).current_dir(module);
    let status =
        go.status().context("cannot start go; the reference's programs are built with it")?;
    if !status.success() {
        bail!("go could not build {program}");
    }
    Ok(())
}
