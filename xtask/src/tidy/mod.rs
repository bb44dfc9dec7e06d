//! `cargo xtask tidy`: what the style forbids and the compiler does not see.

mod arrows;
mod links;
mod sources;
mod walkthrough;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{process::root, say};

pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut complaints = arrows::complaints()?;
    complaints.extend(sources::complaints()?);
    complaints.extend(links::complaints()?);
    complaints.extend(walkthrough::complaints()?);
    if complaints.is_empty() {
        say("tidy: nothing to complain about");
        return Ok(());
    }
    bail!("{} complaints:\n  {}", complaints.len(), complaints.join("\n  "))
}

/// All files of the project with that ending, in order.
pub(crate) fn files(ending: &str) -> Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", &format!("*.{ending}")])
        .current_dir(root())
        .output()
        .context("cannot list the project's files with git")?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let paths = names.lines().map(|name| root().join(name));
    Ok(paths.filter(|path| path.exists()).collect())
}

/// A path as people name it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
