//! A new cluster from a copy. Its revisions go on beyond those that clients have seen, and what lies before
//! counts as compacted: clients list again instead of waiting for the past.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use store::{Etcd, Revision, Store, transfer};
use world::World;

use crate::{EtcdError, Layout, shell::telling_all};

/// Etcd's program for copies: `etcdutl` of later releases, `etcdctl` of 3.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool(PathBuf);

const TOOLS: [&str; 2] = ["etcdutl", "etcdctl"];

impl Tool {
    /// The one that is there, in a folder or, with `None`, where the system looks for programs.
    ///
    /// # Errors
    /// There is none.
    pub async fn find(world: &World, folder: Option<&Path>) -> Result<Self, EtcdError> {
        let mut missing = None;
        for name in TOOLS {
            let tool = Self(folder.map_or_else(|| PathBuf::from(name), |folder| folder.join(name)));
            match run(world, &tool, &["version"]).await {
                Ok(_) => return Ok(tool),
                Err(error) => missing = Some(error),
            }
        }
        Err(missing.unwrap_or_else(|| EtcdError::refused("etcdctl", "no such program")))
    }
}

/// Runs the tool to its end; what it wrote.
pub(crate) async fn run(
    world: &World,
    Tool(command): &Tool,
    arguments: &[&str],
) -> Result<Vec<u8>, EtcdError> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let finished = world.processes.run(telling_all(command, &arguments)).await?;
    if finished.code == Some(0) {
        return Ok(finished.output);
    }
    let said = last_line(&finished.output);
    Err(EtcdError::Failed { program: command.display().to_string(), said })
}

/// What counts of what a program said.
pub(crate) fn last_line(output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    output.lines().rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// Fills the members' folders from a copy. They must not be there, and no member may run.
///
/// # Errors
/// The tool refuses the copy, or a folder is there.
pub async fn restore(
    world: &World,
    layout: &Layout,
    tool: &Tool,
    file: &Path,
) -> Result<(), EtcdError> {
    for (number, name) in Layout::members() {
        let named = [
            ("name", name.clone()),
            ("initial-cluster", layout.initial_cluster()),
            ("initial-cluster-token", "pilothouse".to_owned()),
            ("initial-advertise-peer-urls", layout.peer(number)),
            ("data-dir", layout.data(&name).display().to_string()),
        ];
        let flags = named.map(|(name, value)| format!("--{name}={value}"));
        let path = file.display().to_string();
        let mut arguments = vec!["snapshot", "restore", &path];
        arguments.extend(flags.iter().map(String::as_str));
        run(world, tool, &arguments).await?;
    }
    // Whoever asks for users finds them in the copy.
    world.disk.replace(&layout.folder.join("access"), b"root, pilothouse\n")?;
    Ok(())
}

/// Raises the revision of a running cluster to `least` and compacts what lies before; answers the newest
/// revision.
///
/// # Errors
/// The cluster does not answer.
pub async fn lift(world: &World, layout: &Layout, least: Revision) -> Result<Revision, EtcdError> {
    let store: Arc<dyn Store> = Arc::new(Etcd::new(world, &layout.options(&*world.disk)?)?);
    Ok(transfer::lift(world, &store, least).await?)
}
