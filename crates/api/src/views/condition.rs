//! One aspect of an object's state, as most kinds report it.

use meta::{text::Text, time::Time};
use serde::{Deserialize, Serialize};

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Status {
    True,
    False,
    #[default]
    #[serde(other)]
    Unknown,
}

/// A condition of a pod, node, ReplicaSet or namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: Text,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reason: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub message: Text,
}
