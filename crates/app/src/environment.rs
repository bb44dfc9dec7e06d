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

/// `host:port` of the API server, as every pod is told it; `None` outside of pods.
pub fn api_server_of_pod() -> Option<String> {
    let host = text("KUBERNETES_SERVICE_HOST")?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Some(format!("{host}:{}", text("KUBERNETES_SERVICE_PORT")?))
}

fn path(name: &str) -> Option<PathBuf> {
    text(name).map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "this is the place where the environment is read")]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
