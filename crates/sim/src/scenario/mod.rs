//! What a user does in a run: values that follow from the seed, and the task that does them.

mod draft;
mod user;

use std::{fmt, time::Duration};

use client::Propagation;
use meta::int_or_string::IntOrString;

pub(crate) use self::{
    draft::draft,
    user::{Expected, Told, User, act},
};

/// Where everything happens.
pub(crate) const NAMESPACE: &str = "shop";
/// Nodes of the cluster.
pub(crate) const NODES: u32 = 3;
/// Processor time that each pod asks for, in thousandths; a node has 8,000.
pub(crate) const POD_MILLICORES: u32 = 500;

/// One thing a user does, and how long they wait before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Action {
    pub(crate) wait: Duration,
    pub(crate) verb: Verb,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verb {
    Create(Draft),
    /// A new image; an older one again is an undo.
    SetImage {
        name: &'static str,
        image: String,
    },
    Scale {
        name: &'static str,
        replicas: i32,
    },
    Pause {
        name: &'static str,
    },
    Resume {
        name: &'static str,
    },
    Delete {
        name: &'static str,
        propagation: Propagation,
    },
    /// One of the Deployment's pods; `lot` says which.
    DeletePod {
        name: &'static str,
        lot: u64,
    },
    Cordon {
        node: u32,
    },
    Uncordon {
        node: u32,
    },
    DeleteNamespace,
}

/// A Deployment to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) name: &'static str,
    pub(crate) image: String,
    pub(crate) replicas: i32,
    pub(crate) strategy: Strategy,
    pub(crate) deadline_seconds: i32,
    pub(crate) min_ready_seconds: i32,
    pub(crate) history_limit: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Strategy {
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
