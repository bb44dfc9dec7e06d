//! Programs that scripts start, and where the project is.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Runs `cargo` in the root and waits for it.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    crate::say(&format!("\n$ cargo {}", arguments.join(" ")));
    let status = Command::new("cargo").args(arguments).current_dir(root()).status();
    let status = status.context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok(())
}
