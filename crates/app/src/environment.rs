//! The environment, read in one place.

use std::path::PathBuf;

/// The home folder; the current one if there is none.
pub fn home() -> PathBuf {
    path("HOME").unwrap_or_else(|| PathBuf::from("."))
}

/// The first file that `KUBECONFIG` names.
pub fn kubeconfig() -> Option<PathBuf> {
    let list = path("KUBECONFIG")?;
    std::env::split_paths(&list).find(|path| !path.as_os_str().is_empty())
}

#[expect(clippy::disallowed_methods, reason = "this is the place where the environment is read")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from)
}
