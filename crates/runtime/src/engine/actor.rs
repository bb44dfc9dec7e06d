//! Under whose name components read and write.

use std::sync::Arc;

use client::Transport;

/// Under whose name components read and write.
#[derive(Clone)]
pub struct Actor {
    /// Sends under the actor's identity.
    pub transport: Arc<dyn Transport>,
    /// Owner of the fields written, such as `kube-controller-manager`.
    pub field_manager: &'static str,
}

/// Gives the way to the API server under a service account of `kube-system`.
pub type Accounts = Arc<dyn Fn(&'static str) -> Arc<dyn Transport> + Send + Sync>;
