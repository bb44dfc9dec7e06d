//! What is read of a Pod.

use std::collections::BTreeMap;

use meta::{
    collections::tight,
    object::{Labels, ObjectMeta},
    pooled,
    shared::Shared,
    text::Text,
    time::Time,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Condition, Status, TaintEffect, kind};

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    pub metadata: ObjectMeta,
    pub spec: Shared<PodSpec>,
    pub status: PodStatus,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    pub node_name: Text,
    pub scheduler_name: Text,
    pub restart_policy: Text,
    pub host_network: bool,
    pub hostname: Text,
    pub subdomain: Text,
    pub priority: Option<i32>,
    pub termination_grace_period_seconds: Option<i64>,
    #[serde(deserialize_with = "tight")]
    pub init_containers: Vec<Container>,
    #[serde(deserialize_with = "tight")]
    pub containers: Vec<Container>,
    pub node_selector: Labels,
    pub affinity: Affinity,
    #[serde(deserialize_with = "tight")]
    pub tolerations: Vec<Toleration>,
    pub scheduling_gates: Vec<SchedulingGate>,
    pub overhead: BTreeMap<Text, Text>,
    /// Those of which something is read.
    #[serde(deserialize_with = "telling")]
    pub volumes: Vec<Volume>,
    pub active_deadline_seconds: Option<i64>,
    pub priority_class_name: Text,
    /// `Never` or `PreemptLowerPriority`; empty means the latter.
    pub preemption_policy: Text,
    #[serde(deserialize_with = "tight")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// What the pod as a whole may use, whatever its containers say.
    pub resources: Resources,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    pub name: Text,
    pub persistent_volume_claim: Option<VolumeClaim>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeClaim {
    pub claim_name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: Text,
    pub image: Text,
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub restart_policy: Text,
    pub restart_policy_rules: Vec<RestartRule>,
    #[serde(deserialize_with = "tight")]
    pub ports: Vec<ContainerPort>,
    pub resources: Resources,
    pub readiness_probe: Option<Probe>,
    pub liveness_probe: Option<Probe>,
}
/// What becomes of a container that ended so, before its restart policy is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestartRule {
    pub action: Text,
    pub exit_codes: Option<RestartOnExitCodes>,
}
/// `In` or `NotIn`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct RestartOnExitCodes {
    pub operator: Text,
    pub values: Vec<i32>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    pub name: Text,
    pub container_port: i32,
    pub host_port: i32,
    #[serde(rename = "hostIP")]
    pub host_ip: Text,
    pub protocol: Text,
}
/// Quantities as written, by resource name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    pub requests: BTreeMap<Text, Text>,
    pub limits: BTreeMap<Text, Text>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    pub initial_delay_seconds: i32,
    pub period_seconds: i32,
    pub success_threshold: i32,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct SchedulingGate {
    pub name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    pub key: Text,
    pub operator: Text,
    pub value: Text,
    pub effect: Option<TaintEffect>,
    pub toleration_seconds: Option<i64>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    pub node_affinity: Option<NodeAffinity>,
    pub pod_affinity: Option<PodAffinity>,
    pub pod_anti_affinity: Option<PodAffinity>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct PodAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Vec<PodAffinityTerm>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: Vec<WeightedPodAffinityTerm>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightedPodAffinityTerm {
    pub weight: i32,
    pub pod_affinity_term: PodAffinityTerm,
}
/// Without namespaces and selector the pod's own namespace is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinityTerm {
    /// The label selector as stored; `null` selects nothing.
    pub label_selector: Value,
    pub topology_key: Text,
    pub namespaces: Vec<Text>,
    pub namespace_selector: Option<Value>,
}
/// How evenly pods are to lie over the values of a label of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologySpreadConstraint {
    pub max_skew: i32,
    pub topology_key: Text,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    pub when_unsatisfiable: Text,
    /// The label selector as stored; `null` selects nothing.
    pub label_selector: Value,
    pub min_domains: Option<i32>,
    /// `Honor` (unset) or `Ignore`.
    pub node_affinity_policy: Text,
    /// `Honor` or `Ignore` (unset).
    pub node_taints_policy: Text,
    pub match_label_keys: Vec<Text>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct NodeAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Option<NodeSelector>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    pub preferred: Vec<PreferredSchedulingTerm>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    pub match_expressions: Vec<Requirement>,
    pub match_fields: Vec<Requirement>,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct PreferredSchedulingTerm {
    pub weight: i32,
    pub preference: NodeSelectorTerm,
}
/// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct Requirement {
    pub key: Text,
    pub operator: Text,
    pub values: Vec<Text>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    pub phase: Phase,
    pub reason: Text,
    #[serde(deserialize_with = "tight")]
    pub conditions: Vec<Condition>,
    #[serde(rename = "podIP")]
    pub pod_ip: Text,
    #[serde(rename = "podIPs", deserialize_with = "tight")]
    pub pod_ips: Vec<PodIp>,
    pub nominated_node_name: Text,
    pub start_time: Option<Time>,
    #[serde(deserialize_with = "tight")]
    pub init_container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "tight")]
    pub container_statuses: Vec<ContainerStatus>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PodIp {
    pub ip: Text,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
    #[serde(other)]
    Unknown,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    pub name: Text,
    pub ready: bool,
    pub restart_count: i32,
    pub state: ContainerState,
    pub last_state: ContainerState,
}
/// At most one of the three is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    pub waiting: Option<Box<Waiting>>,
    pub running: Option<Running>,
    pub terminated: Option<Box<Terminated>>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Waiting {
    pub reason: Text,
    pub message: Text,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Running {
    pub started_at: Option<Time>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated {
    pub exit_code: i32,
    pub reason: Text,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
}

pooled!(PodSpec);

/// Leaves out the volumes of which nothing but the name is read: that of the token is another for each
/// pod, and would keep pods of one template from sharing their spec.
fn telling<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Volume>, D::Error> {
    let mut volumes: Vec<Volume> = tight(deserializer)?;
    volumes.retain(|volume| *volume != Volume { name: volume.name.clone(), ..Volume::default() });
    volumes.shrink_to_fit();
    Ok(volumes)
}

impl Pod {
    /// How important it is; zero if nothing is said.
    pub fn priority(&self) -> i32 {
        self.spec.priority.unwrap_or(0)
    }
    /// The condition of that type, if the pod has one.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == *kind)
    }
    /// Whether the pod serves.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| ready.status == Status::True)
    }
    /// Whether its containers have ended for good.
    pub const fn is_finished(&self) -> bool {
        matches!(self.status.phase, Phase::Succeeded | Phase::Failed)
    }
    /// Neither finished nor being deleted.
    pub const fn is_active(&self) -> bool {
        !self.is_finished() && !self.metadata.is_deleting()
    }
}
kind!(Pod, crate::resources::PODS);
