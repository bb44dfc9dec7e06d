//! An etcd cluster of one's own: its processes, certificates and users, copies of it, and drills.

mod backup;
mod certificates;
mod cluster;
mod drill;
mod layout;
mod load;
mod manifest;
mod restore;
mod retention;
mod shell;

pub use backup::{Backup, backup, verify};
pub use cluster::{Cluster, MemberStatus, ready, statuses};
pub use drill::{Drill, drill};
pub use layout::{Layout, MEMBERS};
pub use manifest::Manifest;
pub use restore::{Tool, lift, restore};
pub use retention::{Kept, expired};

use store::StoreError;
use world::{DiskError, ProcessError};

/// Something about the cluster could not be done.
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("the certificate of {name} cannot be made: {reason}")]
    Certificate { name: String, reason: String },
    #[error("{program} failed: {said}")]
    Failed { program: String, said: String },
    #[error("{what}: {reason}")]
    Refused { what: String, reason: String },
}

impl EtcdError {
    fn refused(what: impl ToString, reason: impl ToString) -> Self {
        Self::Refused { what: what.to_string(), reason: reason.to_string() }
    }
}
