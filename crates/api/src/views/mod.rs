//! What controllers and plugins read of an object: a view per kind, decoding skips the rest.

mod cluster_role;
mod condition;
mod config_map;
mod controller_revision;
mod cron_job;
mod daemon_set;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod horizontal_pod_autoscaler;
mod job;
mod lease;
mod namespace;
mod node;
mod partial;
mod persistent_volume_claim;
mod placement;
mod pod;
mod pod_disruption_budget;
mod replica_set;
mod replication_controller;
mod resource_quota;
mod secret;
mod service;
mod service_account;
mod stateful_set;
mod template;

pub use cluster_role::{AggregationRule, ClusterRole};
pub use condition::{Condition, Status};
pub use config_map::ConfigMap;
pub use controller_revision::ControllerRevision;
pub use cron_job::{ConcurrencyPolicy, CronJob, CronJobSpec, CronJobStatus, JobReference};
pub use daemon_set::{
    DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetStrategy, DaemonSetStrategyType,
};
pub use deployment::{
    Deployment, DeploymentCondition, DeploymentSpec, DeploymentStatus, RollingUpdate, Strategy,
    StrategyType,
};
pub use endpoint_slice::{
    AddressType, Endpoint, EndpointConditions, EndpointHints, EndpointPort, EndpointSlice, Hint,
};
pub use endpoints::{Address, Endpoints, Subset, SubsetPort, TargetReference};
pub use horizontal_pod_autoscaler::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus,
    MetricIdentifier, MetricSource, MetricSpec, MetricTarget, ScalingBehavior, ScalingPolicy,
    ScalingPolicyType, ScalingRules, SelectPolicy, TargetKind, TargetObject,
};
pub use job::{
    CompletionMode, Job, JobCondition, JobSpec, JobStatus, OnExitCodes, OnPodCondition,
    PodFailureAction, PodFailurePolicy, PodFailureRule, PodReplacementPolicy, SuccessPolicy,
    SuccessRule, UncountedPods,
};
pub use lease::{Lease, LeaseSpec};
pub use namespace::{Namespace, NamespaceSpec, NamespaceStatus};
pub use node::{Node, NodeImage, NodeSpec, NodeStatus, Taint, TaintEffect};
pub use partial::PartialObject;
pub use persistent_volume_claim::{
    ModifyVolumeStatus, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
};
pub use pod::{
    Affinity, Container, ContainerPort, ContainerState, ContainerStatus, NodeAffinity,
    NodeSelector, NodeSelectorTerm, Phase, Pod, PodAffinity, PodAffinityTerm, PodIp, PodSpec,
    PodStatus, PreferredSchedulingTerm, Probe, Requirement, Resources, RestartOnExitCodes,
    RestartRule, Running, SchedulingGate, Terminated, Toleration, TopologySpreadConstraint, Volume,
    VolumeClaim, Waiting, WeightedPodAffinityTerm,
};
pub use pod_disruption_budget::{
    BudgetCondition, PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus,
};
pub use replica_set::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
pub use replication_controller::ReplicationController;
pub use resource_quota::{
    Amounts, ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus, ScopeRequirement, ScopeSelector,
};
pub use secret::{Secret, SecretType};
pub use service::{IpFamily, Service, ServicePort, ServiceSpec};
pub use service_account::{SecretReference, ServiceAccount};
pub use stateful_set::{
    ClaimPolicy, ClaimRetention, Ordinals, PartitionedUpdate, PodManagement, StatefulSet,
    StatefulSetSpec, StatefulSetStatus, StatefulSetStrategy, StatefulSetStrategyType,
};
pub use template::Template;

use meta::{object::ObjectMeta, resource::Resource};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// Something with metadata that decodes from an object's JSON.
pub trait Object: DeserializeOwned + Send + Sync + std::fmt::Debug + 'static {
    fn metadata(&self) -> &ObjectMeta;
}

/// A view of one kind: says which resource it is read from.
pub trait Kind: Object {
    const RESOURCE: Resource;
}

/// Implements [`Object`] and [`Kind`] for a view with a `metadata` field.
macro_rules! kind {
    ($view:ty, $resource:expr) => {
        impl $crate::views::Object for $view {
            fn metadata(&self) -> &meta::object::ObjectMeta {
                &self.metadata
            }
        }
        impl $crate::views::Kind for $view {
            const RESOURCE: meta::resource::Resource = $resource;
        }
    };
}
use kind;

/// The server writes an empty list of some kinds as `null`.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}
