//! The scale of what an autoscaler looks after, of whatever kind that is.

use api::{
    resources::{DEPLOYMENTS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS},
    views::{HorizontalPodAutoscaler, TargetObject},
};
use meta::{
    object::{ObjectKey, ObjectMeta},
    resource::Resource,
    text::Text,
};
use runtime::{Answers, Read, Target};
use serde::Deserialize;

/// What an answer that may not be there yet gives.
#[derive(Debug)]
pub(super) enum Found<T> {
    /// Ask this first.
    Ask(Read),
    /// It is known, or why it is not.
    Known(Result<T, String>),
}

/// The scale of an autoscaler's target, read live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scale {
    /// What a change is written to.
    pub(super) target: Target,
    /// As wanted.
    pub(super) replicas: i32,
    /// As there are.
    pub(super) status_replicas: i32,
    /// Of its pods, in query form.
    pub(super) selector: Text,
}

/// The kinds that need no look at what is served.
const WELL_KNOWN: [Resource; 4] =
    [DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, REPLICATION_CONTROLLERS];

/// The scale of the autoscaler's target.
pub(super) fn scale(autoscaler: &HorizontalPodAutoscaler, answers: &Answers) -> Found<Scale> {
    let reference = &autoscaler.spec.scale_target_ref;
    let resource = match resource(reference, answers) {
        Found::Known(Ok(resource)) => resource,
        Found::Known(Err(error)) => return Found::Known(Err(error)),
        Found::Ask(read) => return Found::Ask(read),
    };
    let key = ObjectKey::new(autoscaler.metadata.namespace.clone(), reference.name.clone());
    let read = Read::Subresource { resource: resource.clone(), key, name: "scale" };
    let Some(answer) = answers.get(&read) else { return Found::Ask(read) };
    Found::Known(answer.as_ref().map_err(ToString::to_string).and_then(|scale| {
        let scale = ScaleView::deserialize(scale)
            .map_err(|error| format!("the scale cannot be read: {error}"))?;
        Ok(Scale {
            target: Target::new(resource, &scale.metadata),
            replicas: scale.spec.replicas,
            status_replicas: scale.status.replicas,
            selector: scale.status.selector,
        })
    }))
}

/// The resource of a kind; the version that a reference names does not matter.
pub(super) fn resource(reference: &TargetObject, answers: &Answers) -> Found<Resource> {
    let group = match group(&reference.api_version) {
        Ok(group) => group,
        Err(error) => return Found::Known(Err(error)),
    };
    let kind: &str = &reference.kind;
    let is_meant = |resource: &Resource| resource.group == group && resource.kind == kind;
    if let Some(known) = WELL_KNOWN.into_iter().find(is_meant) {
        return Found::Known(Ok(known));
    }
    let discovery = match answers.discovery() {
        None => return Found::Ask(Read::Discovery),
        Some(Err(error)) => return Found::Known(Err(error.to_string())),
        Some(Ok(discovery)) => discovery,
    };
    let served = discovery.served.into_iter().map(|served| served.resource).find(is_meant);
    Found::Known(served.ok_or_else(|| format!("no matches for kind {kind:?} in group {group:?}")))
}

/// The group of an `apiVersion`.
fn group(api_version: &str) -> Result<&str, String> {
    match api_version.split_once('/') {
        Some((_, version)) if version.contains('/') => {
            Err(format!("unexpected GroupVersion string: {api_version}"))
        }
        Some((group, _)) => Ok(group),
        None => Ok(""),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScaleView {
    metadata: ObjectMeta,
    spec: ScaleSpec,
    status: ScaleStatus,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct ScaleSpec {
    replicas: i32,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct ScaleStatus {
    replicas: i32,
    selector: Text,
}
