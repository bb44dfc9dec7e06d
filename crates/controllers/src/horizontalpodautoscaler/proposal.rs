//! What one metric proposes: a number of replicas, the metric's name in messages, and its status.

use api::views::{MetricSource, MetricSpec, MetricTarget, TargetKind};
use meta::quantity::{Format, Quantity};
use serde_json::{Value, json};

use super::{
    count::Trouble,
    measure::{Gauge, Measure, times},
    reading::{Measured, Reading},
};
use crate::shared::{
    float::{ceil, ceil_amount, float},
    go_text,
};

/// What a metric proposes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposal {
    pub(super) replicas: i32,
    /// As in messages.
    pub(super) metric: String,
    /// One entry of `status.currentMetrics`.
    pub(super) status: Value,
}

/// Why a metric proposes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: &'static str,
    /// Of its own event and condition.
    pub(super) text: String,
    /// Before the text where all metrics are told of together.
    pub(super) prefix: String,
}

impl Failure {
    /// Whether the autoscaler itself is at fault.
    pub(super) fn trouble(&self) -> Trouble {
        if self.reason == UNKNOWN_KIND { Trouble::Spec } else { Trouble::Internal }
    }
}

const UNKNOWN_KIND: &str = "InvalidMetricSourceType";
const NO_RESOURCE_TARGET: &str = "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set";

impl Gauge<'_> {
    /// What a metric proposes by its reading.
    pub(super) fn propose(
        self,
        metric: &MetricSpec,
        reading: &Reading,
    ) -> Result<Proposal, Failure> {
        let kind: &str = &metric.kind;
        let Some(source) = metric.source() else {
            return Err(Failure {
                reason: UNKNOWN_KIND,
                text: format!("unknown metric source type {kind:?}"),
                prefix: String::new(),
            });
        };
        let (reason, what, proposed) = match kind {
            "Resource" => {
                let what = format!("{} resource", source.name);
                ("FailedGetResourceMetric", what, self.resource(source, reading))
            }
            "ContainerResource" => {
                let what = format!("{} container", source.container);
                ("FailedGetContainerResourceMetric", what, self.resource(source, reading))
            }
            "Pods" => ("FailedGetPodsMetric", "pods".to_owned(), self.pods(source, reading)),
            "Object" => {
                ("FailedGetObjectMetric", "object".to_owned(), self.object(source, reading))
            }
            _ => {
                let what = format!("{} external", source.metric.name);
                ("FailedGetExternalMetric", what, self.external(source, reading))
            }
        };
        let prefix = format!("failed to get {what} metric value: ");
        proposed.map_err(|text| Failure { reason, text, prefix })
    }

    fn resource(self, source: &MetricSource, reading: &Reading) -> Result<Proposal, String> {
        let Reading::Pods(samples) = reading else { return Err(NO_RESOURCE_TARGET.to_owned()) };
        let resource: &str = &source.name;
        let samples = samples
            .as_ref()
            .map_err(|error| format!("unable to get metrics for resource {resource}: {error}"));
        if let Some(target) = source.target.average_value {
            let measure =
                samples.and_then(|samples| self.average(samples, resource, target.millis()));
            let measure =
                measure.map_err(|error| format!("failed to get {resource} usage: {error}"))?;
            return Ok(proposal_of_resource(source, measure, format!("{resource} resource")));
        }
        let target = source.target.average_utilization.ok_or(NO_RESOURCE_TARGET)?;
        let measured = Measured { resource, container: &source.container };
        let measure = samples.and_then(|samples| self.utilization(samples, measured, target));
        let measure =
            measure.map_err(|error| format!("failed to get {resource} utilization: {error}"))?;
        let container = if source.container.is_empty() { "" } else { "container " };
        let metric = format!("{resource} {container}resource utilization (percentage of request)");
        Ok(proposal_of_resource(source, measure, metric))
    }

    fn pods(self, source: &MetricSource, reading: &Reading) -> Result<Proposal, String> {
        let name = &source.metric.name;
        let Reading::Pods(Ok(samples)) = reading else {
            return Err(failed(reading, &format!("unable to get metric {name}")));
        };
        let target = source.target.average_value.unwrap_or_default();
        let measure = self.average(samples, "", target.millis())?;
        let current = json!({"averageValue": amount(measure.average, Format::DecimalSi)});
        Ok(Proposal {
            replicas: measure.replicas,
            metric: format!("pods metric {name}"),
            status: json!({"type": "Pods", "pods": {"metric": identifier(source), "current": current}}),
        })
    }

    fn object(self, source: &MetricSource, reading: &Reading) -> Result<Proposal, String> {
        let (name, object) = (&source.metric.name, &source.described_object);
        let Goal { target, kind } = goal(&source.target, "object")?;
        let Reading::Values(Ok(values)) = reading else {
            let what = format!("unable to get metric {name} on {} ", object.kind);
            return Err(failed(reading, &format!("{what}{}/{}", self.namespace, object.name)));
        };
        let value = values.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
        let (replicas, current) = self.judge(kind, value, target)?;
        let metric = match kind {
            GoalKind::Whole => format!("{} metric {name}", object.kind),
            GoalKind::EachPod => external_name(source),
        };
        let described = json!({
            "apiVersion": object.api_version, "kind": object.kind, "name": object.name,
        });
        let status = json!({"type": "Object", "object": {
            "metric": identifier(source), "current": current, "describedObject": described}});
        Ok(Proposal { replicas, metric, status })
    }

    fn external(self, source: &MetricSource, reading: &Reading) -> Result<Proposal, String> {
        let Goal { target, kind } = goal(&source.target, "external")?;
        let Reading::Values(Ok(values)) = reading else {
            let selector = go_text::label_selector(&source.metric.selector);
            let (namespace, name) = (self.namespace, &source.metric.name);
            let what = format!("unable to get external metric {namespace}/{name}/{selector}");
            return Err(failed(reading, &what));
        };
        let value = values.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
        let (replicas, current) = self.judge(kind, value, target)?;
        let status = json!({"type": "External", "external": {
            "metric": identifier(source), "current": current}});
        Ok(Proposal { replicas, metric: external_name(source), status })
    }

    /// Replicas for a value that belongs to no pod, and the value as the status tells it.
    fn judge(self, kind: GoalKind, value: i64, target: i64) -> Result<(i32, Value), String> {
        match kind {
            GoalKind::Whole => {
                let replicas = self.by_ratio(float(value) / float(target))?;
                Ok((replicas, json!({"value": amount(value, Format::DecimalSi)})))
            }
            GoalKind::EachPod => {
                let (replicas, each) = self.by_share(value, target);
                Ok((replicas, json!({"averageValue": amount(each, Format::DecimalSi)})))
            }
        }
    }

    /// As many times the pods that serve as the value is of its target.
    fn by_ratio(self, ratio: f64) -> Result<i32, String> {
        if self.replicas == 0 {
            return Ok(ceil(ratio));
        }
        if self.tolerance.covers(ratio) {
            return Ok(self.replicas);
        }
        if self.pods.is_empty() {
            return Err("unable to calculate ready pods: no pods returned by selector while calculating replica count".to_owned());
        }
        Ok(self.in_direction(ratio, times(ratio, self.ready_pods())))
    }

    /// As many replicas as bring each one's share of the value to its target; and the share now.
    fn by_share(self, value: i64, target: i64) -> (i32, i64) {
        let there = self.status_replicas;
        let wanted = ceil(float(value) / float(target));
        if there == 0 {
            return (wanted, value);
        }
        let ratio = float(value) / (float(target) * float(there.into()));
        let replicas = if self.tolerance.covers(ratio) { there } else { wanted };
        (replicas, ceil_amount(float(value) / float(there.into())))
    }
}

/// What a value that belongs to no pod should be.
struct Goal {
    target: i64,
    kind: GoalKind,
}

/// Whether a target is for all pods together or for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoalKind {
    Whole,
    EachPod,
}

fn goal(target: &MetricTarget, what: &str) -> Result<Goal, String> {
    let goal = match target.kind {
        TargetKind::Value => target.value.map(|value| (value, GoalKind::Whole)),
        TargetKind::AverageValue => target.average_value.map(|value| (value, GoalKind::EachPod)),
        TargetKind::Utilization | TargetKind::Other => None,
    };
    let (target, kind) = goal.ok_or_else(|| {
        format!("invalid {what} metric source: neither a value target nor an average value target was set")
    })?;
    Ok(Goal { target: target.millis(), kind })
}

/// The text of a reading that failed.
fn failed(reading: &Reading, what: &str) -> String {
    let error = match reading {
        Reading::Pods(Err(error)) | Reading::Values(Err(error)) => error.as_str(),
        Reading::Pods(Ok(_)) | Reading::Values(Ok(_)) | Reading::Unknown => "no reading",
    };
    format!("{what}: {error}")
}

fn proposal_of_resource(source: &MetricSource, measure: Measure, metric: String) -> Proposal {
    let format = if source.name == *"memory" { Format::BinarySi } else { Format::DecimalSi };
    let mut current = json!({"averageValue": amount(measure.average, format)});
    if let Some(utilization) = measure.utilization {
        current["averageUtilization"] = utilization.into();
    }
    let status = if source.container.is_empty() {
        json!({"type": "Resource", "resource": {"name": source.name, "current": current}})
    } else {
        json!({"type": "ContainerResource", "containerResource": {
            "name": source.name, "container": source.container, "current": current}})
    };
    Proposal { replicas: measure.replicas, metric, status }
}

fn amount(millis: i64, format: Format) -> String {
    Quantity::from_millis(millis, format).to_string()
}

fn identifier(source: &MetricSource) -> Value {
    let mut identifier = json!({"name": source.metric.name});
    if !source.metric.selector.is_null() {
        identifier["selector"] = source.metric.selector.clone();
    }
    identifier
}

fn external_name(source: &MetricSource) -> String {
    let selector = go_text::label_selector(&source.metric.selector);
    format!("external metric {}({selector})", source.metric.name)
}
