//! What is read of a Node.

use std::collections::BTreeMap;

use meta::{object::ObjectMeta, text::Text, time::Time};
use serde::{Deserialize, Serialize};

use super::{Condition, Status, kind};

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    pub metadata: ObjectMeta,
    pub spec: NodeSpec,
    pub status: NodeStatus,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    #[serde(rename = "podCIDR")]
    pub pod_cidr: Text,
    #[serde(rename = "podCIDRs")]
    pub pod_cidrs: Vec<Text>,
    pub unschedulable: bool,
    pub taints: Vec<Taint>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    pub key: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub value: Text,
    pub effect: TaintEffect,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_added: Option<Time>,
}
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum TaintEffect {
    #[default]
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Quantities as written.
    pub capacity: BTreeMap<Text, Text>,
    pub allocatable: BTreeMap<Text, Text>,
    pub conditions: Vec<Condition>,
    pub images: Vec<NodeImage>,
}
/// An image that a node has, under all its names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeImage {
    pub names: Vec<Text>,
    pub size_bytes: i64,
}
impl Node {
    /// The condition of that type, if the node has one.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == *kind)
    }
    /// Whether the node can run pods; `None` while nobody has said anything of it.
    pub fn ready(&self) -> Option<Status> {
        self.condition("Ready").map(|ready| ready.status)
    }
    /// Whether it has a taint of that key and effect, whatever its value.
    pub fn has_taint(&self, key: &str, effect: TaintEffect) -> bool {
        self.spec.taints.iter().any(|taint| taint.key == *key && taint.effect == effect)
    }
}
kind!(Node, crate::resources::NODES);
