//! What is read of a `HorizontalPodAutoscaler`, in the form of autoscaling/v2.

use meta::{object::ObjectMeta, quantity::Quantity, text::Text, time::Time};
use serde::Deserialize;
use serde_json::Value;

use super::{Condition, kind, null_is_empty};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct HorizontalPodAutoscaler {
    pub metadata: ObjectMeta,
    pub spec: HorizontalPodAutoscalerSpec,
    pub status: HorizontalPodAutoscalerStatus,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerSpec {
    pub scale_target_ref: TargetObject,
    /// One, if `None`.
    pub min_replicas: Option<i32>,
    pub max_replicas: i32,
    pub metrics: Vec<MetricSpec>,
    pub behavior: Option<ScalingBehavior>,
}
/// An object of the same namespace, by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetObject {
    pub api_version: Text,
    pub kind: Text,
    pub name: Text,
}
/// What one metric should be. The source that its type names may be missing in an object that was
/// written past validation.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricSpec {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    #[serde(rename = "type")]
    pub kind: Text,
    pub resource: Option<MetricSource>,
    pub container_resource: Option<MetricSource>,
    pub pods: Option<MetricSource>,
    pub object: Option<MetricSource>,
    pub external: Option<MetricSource>,
}
/// Where a metric comes from: each type uses some of the fields.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricSource {
    /// Of the resource, such as `cpu`.
    pub name: Text,
    pub container: Text,
    pub metric: MetricIdentifier,
    pub described_object: TargetObject,
    pub target: MetricTarget,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct MetricIdentifier {
    pub name: Text,
    /// The label selector as stored; `null` means that there is none.
    pub selector: Value,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricTarget {
    #[serde(rename = "type")]
    pub kind: TargetKind,
    pub value: Option<Quantity>,
    pub average_value: Option<Quantity>,
    pub average_utilization: Option<i32>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum TargetKind {
    Utilization,
    Value,
    AverageValue,
    /// None, or one of a later release.
    #[default]
    #[serde(other)]
    Other,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingBehavior {
    pub scale_up: ScalingRules,
    pub scale_down: ScalingRules,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingRules {
    /// `None` is the controller's flag for scaling down.
    pub stabilization_window_seconds: Option<i32>,
    pub select_policy: SelectPolicy,
    pub policies: Vec<ScalingPolicy>,
    /// Share of the target that is no reason to scale; `None` is the controller's flag.
    pub tolerance: Option<Quantity>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum SelectPolicy {
    #[default]
    Max,
    Min,
    Disabled,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingPolicy {
    #[serde(rename = "type")]
    pub kind: ScalingPolicyType,
    pub value: i32,
    pub period_seconds: i32,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum ScalingPolicyType {
    #[default]
    Pods,
    Percent,
}
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerStatus {
    pub observed_generation: Option<i64>,
    pub last_scale_time: Option<Time>,
    pub current_replicas: i32,
    pub desired_replicas: i32,
    /// As stored.
    #[serde(deserialize_with = "null_is_empty")]
    pub current_metrics: Vec<Value>,
    #[serde(deserialize_with = "null_is_empty")]
    pub conditions: Vec<Condition>,
}

impl MetricSpec {
    /// The source that the type names, if it is there.
    pub fn source(&self) -> Option<&MetricSource> {
        match &*self.kind {
            "Resource" => self.resource.as_ref(),
            "ContainerResource" => self.container_resource.as_ref(),
            "Pods" => self.pods.as_ref(),
            "Object" => self.object.as_ref(),
            "External" => self.external.as_ref(),
            _ => None,
        }
    }
}
kind!(HorizontalPodAutoscaler, crate::resources::HORIZONTAL_POD_AUTOSCALERS);
