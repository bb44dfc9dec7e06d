//! `KubeSchedulerConfiguration` of `kubescheduler.config.k8s.io/v1`: what a file may say.

mod build;
mod duration;
mod merge;
#[cfg(test)]
mod tests;
mod validate;

use std::time::Duration;

use meta::text::Text;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use build::Built;
pub use build::Settings;

/// The profile of pods that name no scheduler.
pub(crate) const DEFAULT_SCHEDULER: &str = "default-scheduler";
const API_VERSION: &str = "kubescheduler.config.k8s.io/v1";
const KIND: &str = "KubeSchedulerConfiguration";

/// What a configuration file says. What is left out has the reference's default.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Configuration {
    api_version: String,
    kind: String,
    /// Accepted and checked; cycles run on one thread.
    parallelism: i64,
    /// Which lease is stood for, and how.
    pub leader_election: LeaderElection,
    /// How the API server is reached.
    pub client_connection: ClientConnection,
    enable_profiling: bool,
    enable_contention_profiling: bool,
    percentage_of_nodes_to_score: Option<i64>,
    pod_initial_backoff_seconds: i64,
    pod_max_backoff_seconds: i64,
    profiles: Vec<ProfileConfiguration>,
    extenders: Vec<Value>,
    delay_cache_until_active: bool,
}

/// Which lease is stood for, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LeaderElection {
    /// Whether the lease must be held to act.
    pub leader_elect: bool,
    /// Others wait so long after the last sign of life.
    #[serde(deserialize_with = "duration::read")]
    pub lease_duration: Duration,
    /// A leader that could not renew for so long stops.
    #[serde(deserialize_with = "duration::read")]
    pub renew_deadline: Duration,
    /// Between two attempts.
    #[serde(deserialize_with = "duration::read")]
    pub retry_period: Duration,
    resource_lock: String,
    /// Name of the lease.
    pub resource_name: String,
    /// Namespace of the lease.
    pub resource_namespace: String,
}

/// How the API server is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientConnection {
    /// Path of the kubeconfig; empty leaves it to the command line.
    pub kubeconfig: String,
    accept_content_types: String,
    content_type: String,
    qps: Option<f64>,
    burst: Option<i64>,
}

/// One profile as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ProfileConfiguration {
    scheduler_name: Option<Text>,
    percentage_of_nodes_to_score: Option<i64>,
    plugins: PluginSets,
    plugin_config: Vec<PluginConfiguration>,
}

/// What is turned on and off at each point.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PluginSets {
    pre_enqueue: PluginSet,
    queue_sort: PluginSet,
    pre_filter: PluginSet,
    filter: PluginSet,
    post_filter: PluginSet,
    pre_score: PluginSet,
    score: PluginSet,
    reserve: PluginSet,
    permit: PluginSet,
    pre_bind: PluginSet,
    bind: PluginSet,
    post_bind: PluginSet,
    multi_point: PluginSet,
}

/// What is turned on and off at one point; `*` turns off all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PluginSet {
    enabled: Vec<PluginChoice>,
    disabled: Vec<PluginChoice>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PluginChoice {
    name: String,
    weight: i64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PluginConfiguration {
    name: String,
    args: Value,
}

/// A configuration cannot be used; every fault is named with the path of its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfiguration {
    /// The text is no YAML, or no configuration: a field is unknown, is there twice, or has another
    /// type.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(String),
    /// Fields have values that they may not have.
    #[error("{}", .0.join(", "))]
    Fields(Vec<String>),
    /// A profile cannot be made of its plugins.
    #[error("initializing profiles: creating profile for scheduler name {profile}: {reason}")]
    Profile {
        /// Its scheduler name.
        profile: Text,
        /// What is wrong.
        reason: String,
    },
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            parallelism: 16,
            leader_election: LeaderElection::default(),
            client_connection: ClientConnection::default(),
            enable_profiling: true,
            enable_contention_profiling: true,
            percentage_of_nodes_to_score: None,
            pod_initial_backoff_seconds: 1,
            pod_max_backoff_seconds: 10,
            profiles: Vec::new(),
            extenders: Vec::new(),
            delay_cache_until_active: false,
        }
    }
}

impl Default for LeaderElection {
    fn default() -> Self {
        Self {
            leader_elect: true,
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
            resource_lock: "leases".to_owned(),
            resource_name: "kube-scheduler".to_owned(),
            resource_namespace: "kube-system".to_owned(),
        }
    }
}

impl Configuration {
    /// Reads a configuration file. What needs the plugins is checked by [`Settings::new`].
    ///
    /// # Errors
    /// It cannot be used.
    pub fn parse(yaml: &str) -> Result<Self, InvalidConfiguration> {
        let mut read: Self = serde_saphyr::from_str(yaml).map_err(|error| {
            // Only the first line: the others draw a picture of the place.
            let text = error.to_string().lines().next().unwrap_or_default().replace("error: ", "");
            InvalidConfiguration::Unreadable(text)
        })?;
        read.complete();
        let faults = validate::faults(&read);
        if faults.is_empty() { Ok(read) } else { Err(InvalidConfiguration::Fields(faults)) }
    }

    /// A sole profile needs no name.
    fn complete(&mut self) {
        if self.profiles.is_empty() {
            self.profiles.push(ProfileConfiguration::default());
        }
        if let [only] = self.profiles.as_mut_slice() {
            only.scheduler_name.get_or_insert_with(|| DEFAULT_SCHEDULER.into());
        }
    }
}
