//! What is read of a Job.

use meta::{
    object::{ObjectMeta, Uid},
    text::Text,
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Status, Template, kind};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    pub metadata: ObjectMeta,
    pub spec: JobSpec,
    pub status: JobStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSpec {
    pub parallelism: Option<i32>,
    pub completions: Option<i32>,
    pub completion_mode: CompletionMode,
    pub active_deadline_seconds: Option<i64>,
    pub backoff_limit: Option<i32>,
    pub backoff_limit_per_index: Option<i32>,
    pub max_failed_indexes: Option<i32>,
    /// The label selector as stored.
    pub selector: Value,
    pub template: Template,
    pub suspend: Option<bool>,
    #[serde(rename = "ttlSecondsAfterFinished")]
    pub ttl_seconds: Option<i64>,
    pub managed_by: Option<Text>,
    pub pod_failure_policy: Option<PodFailurePolicy>,
    pub pod_replacement_policy: PodReplacementPolicy,
    pub success_policy: Option<SuccessPolicy>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub enum CompletionMode {
    #[default]
    NonIndexed,
    Indexed,
    /// A mode of a later release.
    #[serde(untagged)]
    Other(String),
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum PodReplacementPolicy {
    #[default]
    TerminatingOrFailed,
    Failed,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PodFailurePolicy {
    pub rules: Vec<PodFailureRule>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodFailureRule {
    pub action: PodFailureAction,
    pub on_exit_codes: Option<OnExitCodes>,
    pub on_pod_conditions: Vec<OnPodCondition>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub enum PodFailureAction {
    FailJob,
    FailIndex,
    Ignore,
    #[default]
    Count,
    /// An action of a later release.
    #[serde(untagged)]
    Other(String),
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnExitCodes {
    /// `None` means any container.
    pub container_name: Option<Text>,
    /// `In` or `NotIn`.
    pub operator: Text,
    pub values: Vec<i32>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct OnPodCondition {
    #[serde(rename = "type")]
    pub kind: Text,
    pub status: Option<Status>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct SuccessPolicy {
    pub rules: Vec<SuccessRule>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SuccessRule {
    pub succeeded_indexes: Option<String>,
    pub succeeded_count: Option<i32>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    pub start_time: Option<Time>,
    pub completion_time: Option<Time>,
    pub active: i32,
    pub ready: Option<i32>,
    pub terminating: Option<i32>,
    pub succeeded: i32,
    pub failed: i32,
    pub completed_indexes: String,
    pub failed_indexes: Option<String>,
    pub uncounted_terminated_pods: Option<UncountedPods>,
    pub conditions: Vec<JobCondition>,
}
/// Pods that have ended and are not yet in the counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UncountedPods {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub succeeded: Vec<Uid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Uid>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobCondition {
    #[serde(rename = "type")]
    pub kind: Text,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_probe_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reason: Text,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl Job {
    /// The first condition by which the job has ended: `Complete` or `Failed`.
    pub fn finished(&self) -> Option<&JobCondition> {
        let ends = |condition: &&JobCondition| {
            matches!(&*condition.kind, "Complete" | "Failed") && condition.status == Status::True
        };
        self.status.conditions.iter().find(ends)
    }
    /// Whether another controller than the built-in one runs it.
    pub fn is_managed_elsewhere(&self) -> bool {
        let manager = self.spec.managed_by.as_deref();
        manager.is_some_and(|manager| manager != "kubernetes.io/job-controller")
    }
}
kind!(Job, crate::resources::JOBS);
