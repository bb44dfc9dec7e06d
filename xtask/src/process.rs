//! Programs that scripts start, and where the project is.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where everything is built.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs `cargo` in the root and waits for it.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    run(Command::new("cargo").args(arguments), arguments)
}

/// The same for tests that drive the binary: they get the release build, whatever else is newer.
pub(crate) fn cargo_with_release(arguments: &[&str]) -> Result<()> {
    let binary = target().join("release/pilothouse");
    run(Command::new("cargo").args(arguments).env("PILOTHOUSE_BINARY", binary), arguments)
}

/// Runs what was built and waits for it.
pub(crate) fn program(path: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new(path).args(arguments), arguments)
}

fn run(command: &mut Command, arguments: &[&str]) -> Result<()> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let line = format!("{} {}", program.display(), arguments.join(" "));
    crate::say(&format!("\n$ {line}"));
    let status = command.current_dir(root()).status();
    let status = status.with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!("{line} failed");
    }
    Ok(())
}
