//! Where each metric is read: paths of the three metrics APIs.

use api::views::{MetricIdentifier, MetricSource, MetricSpec};
use meta::selector::Selector;
use runtime::{Answers, Discovery, Read};

use super::{
    reading::{self, Measured, Reading},
    target::{self, Found},
};

/// Versions of the custom metrics API that are understood, as `group/version`s name them.
const CUSTOM_VERSIONS: [&str; 2] = ["v1beta2", "v1beta1"];
const CUSTOM: &str = "custom.metrics.k8s.io";
const EXTERNAL: &str = "external.metrics.k8s.io";

/// Whose metrics are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) namespace: &'a str,
    /// Of the target's pods.
    pub(super) selector: &'a str,
    pub(super) answers: &'a Answers,
}

impl Place<'_> {
    /// What is known of a metric, or what to ask first.
    pub(super) fn read(self, metric: &MetricSpec) -> Result<Reading, Read> {
        let Some(source) = metric.source() else { return Ok(Reading::Unknown) };
        match &*metric.kind {
            "Resource" | "ContainerResource" => self.resource(source),
            "Pods" => self.pods(source),
            "Object" => self.object(source),
            _ => self.external(source),
        }
    }

    fn resource(self, source: &MetricSource) -> Result<Reading, Read> {
        let read = Read::path(
            &["apis", "metrics.k8s.io", "v1beta1", "namespaces", self.namespace, "pods"],
            &[("labelSelector", self.selector)],
        );
        let Some(answer) = self.answers.get(&read) else { return Err(read) };
        let measured = Measured { resource: &source.name, container: &source.container };
        let samples = answer
            .as_ref()
            .map_err(|error| reading::refusal(error, "resource", "pods.metrics.k8s.io"))
            .and_then(|list| reading::pod_metrics(list, measured));
        Ok(Reading::Pods(samples))
    }

    fn pods(self, source: &MetricSource) -> Result<Reading, Read> {
        let wanted = match metric_selector(&source.metric) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Reading::Pods(Err(error))),
        };
        let version = match self.custom_version()? {
            Ok(version) => version,
            Err(error) => return Ok(Reading::Pods(Err(error))),
        };
        let metric = &source.metric.name;
        let read = Read::path(
            &["apis", CUSTOM, &version, "namespaces", self.namespace, "pods", "*", metric],
            &[("labelSelector", self.selector), ("metricLabelSelector", &wanted)],
        );
        let Some(answer) = self.answers.get(&read) else { return Err(read) };
        let samples = answer
            .as_ref()
            .map_err(|error| reading::refusal(error, "custom", &format!("pods.{CUSTOM} *")))
            .and_then(reading::pod_values);
        Ok(Reading::Pods(samples))
    }

    fn object(self, source: &MetricSource) -> Result<Reading, Read> {
        let wanted = match metric_selector(&source.metric) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Reading::Values(Err(error))),
        };
        let version = match self.custom_version()? {
            Ok(version) => version,
            Err(error) => return Ok(Reading::Values(Err(error))),
        };
        let object = &source.described_object;
        let resource = match target::resource(object, self.answers) {
            Found::Ask(read) => return Err(read),
            Found::Known(Err(error)) => return Ok(Reading::Values(Err(failed(&error)))),
            Found::Known(Ok(resource)) => resource,
        };
        let (plural, metric) = (resource.qualified(), &*source.metric.name);
        let described = [&*plural, &*object.name, metric];
        let of_namespace = ["metrics", metric];
        let is_namespace = resource.group.is_empty() && resource.kind == "Namespace";
        let rest = if is_namespace { &of_namespace[..] } else { &described[..] };
        let mut segments = vec!["apis", CUSTOM, &version, "namespaces", self.namespace];
        segments.extend(rest);
        let read = Read::path(&segments, &[("metricLabelSelector", &wanted)]);
        let Some(answer) = self.answers.get(&read) else { return Err(read) };
        let what = format!("{}.{CUSTOM} {}", resource.plural, object.name);
        let values = answer
            .as_ref()
            .map_err(|error| reading::refusal(error, "custom", &what))
            .and_then(reading::object_value);
        Ok(Reading::Values(values))
    }

    fn external(self, source: &MetricSource) -> Result<Reading, Read> {
        let wanted = match metric_selector(&source.metric) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(Reading::Values(Err(error))),
        };
        let metric = &source.metric.name;
        let read = Read::path(
            &["apis", EXTERNAL, "v1beta1", "namespaces", self.namespace, metric],
            &[("labelSelector", &wanted)],
        );
        let Some(answer) = self.answers.get(&read) else { return Err(read) };
        let values = answer
            .as_ref()
            .map_err(|error| reading::refusal(error, "external", &format!("{metric}.{EXTERNAL}")))
            .and_then(reading::external_values);
        Ok(Reading::Values(values))
    }

    /// The version under which custom metrics are served.
    fn custom_version(self) -> Result<Result<String, String>, Read> {
        let discovery = self.answers.discovery().ok_or(Read::Discovery)?;
        Ok(discovery
            .map_err(|error| failed(&error.to_string()))
            .and_then(|discovery| custom_version(&discovery).map_err(|error| failed(&error))))
    }
}

fn custom_version(discovery: &Discovery) -> Result<String, String> {
    let versions = discovery
        .versions
        .get(CUSTOM)
        .ok_or_else(|| format!("no custom metrics API ({CUSTOM}) registered"))?;
    let known = versions.iter().find(|version| CUSTOM_VERSIONS.contains(&version.as_str()));
    known.cloned().ok_or_else(|| "no known available metric versions found".to_owned())
}

fn failed(error: &str) -> String {
    format!("unable to fetch metrics from custom metrics API: {error}")
}

/// The selector of a metric in query form; empty if it has none.
fn metric_selector(metric: &MetricIdentifier) -> Result<String, String> {
    let selector = if metric.selector.is_null() {
        Selector::everything()
    } else {
        Selector::from_json(&metric.selector).map_err(|error| error.to_string())?
    };
    Ok(selector.to_string())
}
