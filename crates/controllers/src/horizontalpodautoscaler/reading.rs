//! What the metrics APIs answer, read into numbers. All numbers are thousandths.

use std::{collections::BTreeMap, time::Duration};

use meta::{object::ObjectMeta, quantity::Quantity, text::Text, time::Time};
use runtime::ClientError;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::shared::duration;

/// The answer about one metric, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// A sample of each pod that has one.
    Pods(Result<Samples, String>),
    /// Values that belong to no pod.
    Values(Result<Vec<i64>, String>),
    /// The metric's type is none that we know, or its source is missing.
    Unknown,
}

/// By the pod's name.
pub(super) type Samples = BTreeMap<Text, Sample>;

/// What one pod used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) value: i64,
    /// When it was taken; `None` for one that is assumed.
    pub(super) at: Option<Time>,
    /// How long was measured.
    pub(super) window: Duration,
}

/// Of metrics that do not say over which time they were taken.
const WINDOW: Duration = Duration::from_mins(1);

/// Which part of a pod is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured<'a> {
    /// `cpu`, `memory`, …
    pub(super) resource: &'a str,
    /// One container; all of them if it is empty.
    pub(super) container: &'a str,
}

/// The samples of a `PodMetricsList`. A pod lacks one if a container's usage is not known.
pub(super) fn pod_metrics(list: &Value, measured: Measured<'_>) -> Result<Samples, String> {
    let list: List<PodMetrics> = parse(list, "resource")?;
    let mut samples = Samples::new();
    for pod in list.items {
        if !measured.container.is_empty()
            && !pod.containers.iter().any(|container| *container.name == *measured.container)
        {
            let (container, key) = (measured.container, pod.metadata.key());
            return Err(format!(
                "failed to get container metrics: container {container} not present in metrics for pod {key}"
            ));
        }
        if let Some(value) = pod.usage(measured) {
            let window = duration::parse(&pod.window).unwrap_or_default();
            samples.insert(pod.metadata.name, Sample { value, at: pod.timestamp, window });
        }
    }
    Ok(samples)
}

/// The samples of a `MetricValueList` about pods.
pub(super) fn pod_values(list: &Value) -> Result<Samples, String> {
    let list: List<MetricValue> = parse(list, "custom")?;
    let sample = |item: MetricValue| {
        let window = item.window_seconds.map_or(WINDOW, Duration::from_secs);
        let sample = Sample { value: item.value.millis(), at: item.timestamp, window };
        (item.described_object.name, sample)
    };
    Ok(list.items.into_iter().map(sample).collect())
}

/// The one value of a `MetricValueList` about an object.
pub(super) fn object_value(list: &Value) -> Result<Vec<i64>, String> {
    let list: List<MetricValue> = read(list)
        .map_err(|error| format!("unable to fetch metrics from custom metrics API: {error}"))?;
    match list.items.as_slice() {
        [one] => Ok(vec![one.value.millis()]),
        several => {
            let number = several.len();
            Err(format!(
                "unable to fetch metrics from custom metrics API: the custom metrics API server returned {number} results when we asked for exactly one"
            ))
        }
    }
}

/// The values of an `ExternalMetricValueList`.
pub(super) fn external_values(list: &Value) -> Result<Vec<i64>, String> {
    let list: List<MetricValue> = parse(list, "external")?;
    Ok(list.items.iter().map(|item| item.value.millis()).collect())
}

/// Why an API did not answer. `what` is how clients of the reference name it.
pub(super) fn refusal(error: &ClientError, api: &str, what: &str) -> String {
    let text = match error.api() {
        // No `Status` came: nobody serves the API.
        Some(refused) if refused.reason.is_empty() && refused.code == 404 => {
            format!("the server could not find the requested resource (get {what})")
        }
        Some(refused) if refused.reason.is_empty() && refused.code == 503 => {
            format!("the server is currently unable to handle the request (get {what})")
        }
        _ => error.to_string(),
    };
    format!("unable to fetch metrics from {api} metrics API: {text}")
}

/// A list that must not be empty.
fn parse<T: DeserializeOwned>(list: &Value, api: &str) -> Result<List<T>, String> {
    let list: List<T> = read(list)
        .map_err(|error| format!("unable to fetch metrics from {api} metrics API: {error}"))?;
    if list.items.is_empty() {
        return Err(format!("no metrics returned from {api} metrics API"));
    }
    Ok(list)
}

fn read<T: DeserializeOwned>(list: &Value) -> Result<List<T>, serde_json::Error> {
    List::deserialize(list)
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct List<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct PodMetrics {
    metadata: ObjectMeta,
    timestamp: Option<Time>,
    window: String,
    containers: Vec<ContainerMetrics>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct ContainerMetrics {
    name: Text,
    usage: BTreeMap<Text, Quantity>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetricValue {
    #[serde(default)]
    described_object: DescribedObject,
    timestamp: Option<Time>,
    #[serde(alias = "window")]
    window_seconds: Option<u64>,
    value: Quantity,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct DescribedObject {
    name: Text,
}

impl PodMetrics {
    fn usage(&self, measured: Measured<'_>) -> Option<i64> {
        if self.containers.is_empty() {
            return None;
        }
        let is_meant = |container: &&ContainerMetrics| {
            measured.container.is_empty() || *container.name == *measured.container
        };
        let usage = |container: &ContainerMetrics| {
            container.usage.get(measured.resource).map(Quantity::millis)
        };
        self.containers.iter().filter(is_meant).map(usage).sum()
    }
}
