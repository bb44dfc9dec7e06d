//! The vocabulary of what a user does.

use std::{fmt, time::Duration};

use meta::int_or_string::IntOrString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{NAMESPACE, text::milliseconds};

/// One thing a user does, and how long they wait before it. They do it again until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    #[serde(rename = "wait_milliseconds", with = "milliseconds", default)]
    pub wait: Duration,
    pub verb: Verb,
}

/// What a user does; objects are in [`NAMESPACE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// A Deployment.
    Create(Draft),
    /// A new image of a Deployment; an older one again is an undo.
    SetImage {
        name: String,
        image: String,
    },
    /// A Deployment's size.
    Scale {
        name: String,
        replicas: i32,
    },
    Pause {
        name: String,
    },
    Resume {
        name: String,
    },
    /// A Deployment; the user waits until it is gone.
    Delete {
        name: String,
        propagation: Propagation,
    },
    /// One of the pods with the label `app=NAME`; `lot` says which.
    DeletePod {
        name: String,
        lot: u64,
    },
    Cordon {
        node: u32,
    },
    Uncordon {
        node: u32,
    },
    /// [`NAMESPACE`] itself.
    DeleteNamespace,
    /// An object of any kind; `apiVersion` and `kind` say which.
    CreateObject {
        object: Value,
    },
    /// A merge patch of an object; `resource` is `plural.group` or `plural/subresource`, as kubectl has it.
    PatchObject {
        resource: String,
        name: String,
        patch: Value,
    },
    /// An object of any kind, without waiting for its end.
    DeleteObject {
        resource: String,
        name: String,
        propagation: Propagation,
    },
}

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    Background,
    Foreground,
    Orphan,
}

impl From<Propagation> for client::Propagation {
    fn from(propagation: Propagation) -> Self {
        match propagation {
            Propagation::Background => Self::Background,
            Propagation::Foreground => Self::Foreground,
            Propagation::Orphan => Self::Orphan,
        }
    }
}

/// A Deployment to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub name: String,
    /// One that begins with `no-such` cannot be pulled.
    pub image: String,
    pub replicas: i32,
    pub strategy: Strategy,
    pub deadline_seconds: i32,
    pub min_ready_seconds: i32,
    pub history_limit: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    Recreate,
    Rolling { surge: IntOrString, unavailable: IntOrString },
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(draft) => draft.fmt(f),
            Self::SetImage { name, image } => write!(f, "set image of {name} to {image}"),
            Self::Scale { name, replicas } => write!(f, "scale {name} to {replicas}"),
            Self::Pause { name } => write!(f, "pause {name}"),
            Self::Resume { name } => write!(f, "resume {name}"),
            Self::Delete { name, propagation } => write!(f, "delete {name}, {propagation:?}"),
            Self::DeletePod { name, .. } => write!(f, "delete a pod of {name}"),
            Self::Cordon { node } => write!(f, "cordon node-{node}"),
            Self::Uncordon { node } => write!(f, "uncordon node-{node}"),
            Self::DeleteNamespace => write!(f, "delete namespace {NAMESPACE}"),
            Self::CreateObject { object } => {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                write!(f, "create {} {name}", object["kind"].as_str().unwrap_or_default())
            }
            Self::PatchObject { resource, name, patch } => {
                write!(f, "patch {resource} {name}: {patch}")
            }
            Self::DeleteObject { resource, name, propagation } => {
                write!(f, "delete {resource} {name}, {propagation:?}")
            }
        }
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "create {}: {} × {}", self.name, self.replicas, self.image)?;
        match &self.strategy {
            Strategy::Recreate => f.write_str(", recreate")?,
            Strategy::Rolling { surge, unavailable } => write!(f, ", +{surge} -{unavailable}")?,
        }
        let (deadline, limit) = (self.deadline_seconds, self.history_limit);
        write!(f, ", deadline {deadline} s, ready for {} s", self.min_ready_seconds)?;
        write!(f, ", history {limit}")
    }
}
