//! What is read of a CronJob.

use meta::{
    object::{ObjectMeta, Uid},
    text::Text,
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind;

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJob {
    pub metadata: ObjectMeta,
    pub spec: CronJobSpec,
    pub status: CronJobStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobSpec {
    pub schedule: String,
    pub time_zone: Option<Text>,
    pub starting_deadline_seconds: Option<i64>,
    pub concurrency_policy: ConcurrencyPolicy,
    pub suspend: Option<bool>,
    /// The template of its Jobs as stored.
    pub job_template: Value,
    pub successful_jobs_history_limit: Option<i32>,
    pub failed_jobs_history_limit: Option<i32>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub enum ConcurrencyPolicy {
    #[default]
    Allow,
    Forbid,
    Replace,
    /// A policy of a later release.
    #[serde(untagged)]
    Other(String),
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobStatus {
    pub active: Vec<JobReference>,
    pub last_schedule_time: Option<Time>,
    pub last_successful_time: Option<Time>,
}
/// A Job that a CronJob has started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobReference {
    pub api_version: Text,
    pub kind: Text,
    pub namespace: Text,
    pub name: Text,
    pub uid: Uid,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub resource_version: Text,
}
kind!(CronJob, crate::resources::CRON_JOBS);
