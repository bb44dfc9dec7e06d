//! The kubeconfig that `up` leaves behind: written once, and never over somebody else's.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use apiserver::tls::{Pki, kubeconfig};
use world::{Disk, DiskError};

/// Every kubeconfig of ours says so.
const OURS: &str = "\n- name: pilothouse\n";

/// Refuses a file that is there and is not ours.
pub(super) fn check(disk: &dyn Disk, path: &Path) -> Result<()> {
    let content = match disk.read(path) {
        Err(DiskError::Missing { .. }) => return Ok(()),
        content => content.context("cannot look at the kubeconfig")?,
    };
    let text = String::from_utf8_lossy(&content);
    if text.trim().is_empty() || text.contains(OURS) {
        return Ok(());
    }
    bail!(
        "{} is somebody else's kubeconfig and is left as it is; choose another file with \
         --kubeconfig, or replace it with --overwrite-kubeconfig",
        path.display()
    )
}

/// Writes the administrator's kubeconfig, if it is not there as it should be.
pub(super) fn write(disk: &dyn Disk, path: &Path, server: &str, pki: &Pki) -> Result<()> {
    let text = kubeconfig::admin(server, pki);
    if let Ok(known) = disk.read(path)
        && known == text.as_bytes()
    {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        disk.create_folder(folder)?;
    }
    disk.replace(path, text.as_bytes()).context("cannot write the kubeconfig")
}
