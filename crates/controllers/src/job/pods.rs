//! Pods to be made, to be stopped, and to be let go.

use std::sync::Arc;

use api::{
    resources::{JOBS, PODS},
    views::{Job, Pod},
};
use meta::object::Labels;
use runtime::{
    Action, EventType, Guard, PatchKind, Stage, Step, Target, owners::controller_reference,
};
use serde_json::{Value, json};

use super::{
    FINALIZER, Why,
    failure_policy::{self, Verdict},
    has_finalizer,
    indexes::COMPLETION_INDEX,
    metrics,
};
use crate::shared::tell::event;

/// How often the pods of an index have failed before this one.
const FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
/// The same for failures that the pod failure policy ignores.
const IGNORED_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
/// How containers learn their index.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// The server appends five characters to a generated name, and a name has 63.
const PREFIX_LENGTH_MAX: usize = 58;
/// Longest name a pod may have.
const NAME_LENGTH_MAX: usize = 253;

/// A pod that is missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Missing {
    /// Of an indexed job.
    pub(super) index: Option<i32>,
    /// The failed pod it replaces, and whether that one counts; of a job with a limit per index.
    pub(super) tries: Option<Tries>,
}

/// How often pods of an index have failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tries {
    pub(super) failed: i32,
    pub(super) ignored: i32,
}

impl Tries {
    /// Those of the pod that replaces a failed one.
    pub(super) fn after(job: &Job, failed: &Pod) -> Self {
        let tries = Self { failed: failure_count(failed), ignored: ignored_count(failed) };
        match failure_policy::judge(job, failed) {
            Verdict::Ignore => Self { ignored: tries.ignored + 1, ..tries },
            Verdict::Count | Verdict::FailIndex | Verdict::FailJob(_) => {
                Self { failed: tries.failed + 1, ..tries }
            }
        }
    }
}

pub(super) fn failure_count(pod: &Pod) -> i32 {
    number(&pod.metadata.annotations, FAILURE_COUNT)
}

pub(super) fn ignored_count(pod: &Pod) -> i32 {
    number(&pod.metadata.annotations, IGNORED_COUNT)
}

fn number(annotations: &Labels, key: &str) -> i32 {
    annotations.get(key).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Makes a pod.
pub(super) fn create(job: &Job, missing: &Missing, why: Why) -> Step<Why> {
    let namespace = job.metadata.namespace.clone();
    let action = Action::Create { resource: PODS, namespace, object: pod(job, missing) };
    let mut step = Step::new(action, why);
    step.on_success =
        Some(event(job, EventType::Normal, "SuccessfulCreate", "Created pod: {name}"));
    step.on_failure =
        Some(event(job, EventType::Warning, "FailedCreate", "Error creating: {error}"));
    step
}

/// Stops pods.
pub(super) fn delete(job: &Job, pods: &[Arc<Pod>], why: &Why) -> Stage<Why> {
    let delete = |pod: &Arc<Pod>| {
        let action = Action::Delete {
            target: Target::of(&**pod),
            propagation: None,
            grace_period_seconds: None,
            guard: Guard::Uid,
        };
        let mut step = Step::new(action, why.clone());
        let deleted = format!("Deleted pod: {}", pod.metadata.name);
        step.on_success = Some(event(job, EventType::Normal, "SuccessfulDelete", deleted));
        step.on_failure =
            Some(event(job, EventType::Warning, "FailedDelete", "Error deleting: {error}"));
        step
    };
    Stage::Together(pods.iter().map(delete).collect())
}

/// Takes the finalizer off pods that have it.
pub(super) fn let_go(pods: &[Arc<Pod>], why: &Why) -> Stage<Why> {
    let held = pods.iter().filter(|pod| has_finalizer(pod));
    let let_go = |pod: &Arc<Pod>| {
        let mut step = Step::new(without_finalizer(pod), why.clone());
        if pod.is_finished() {
            metrics::let_go(&mut step);
        }
        step
    };
    Stage::Together(held.map(let_go).collect())
}

pub(super) fn without_finalizer(pod: &Pod) -> Action {
    Action::Patch {
        target: Target::of(pod),
        kind: PatchKind::Strategic,
        patch: json!({"metadata": {"$deleteFromPrimitiveList/finalizers": [FINALIZER]}}),
        subresource: "",
        guard: Guard::Uid,
    }
}

/// The pod that the template describes.
fn pod(job: &Job, missing: &Missing) -> Value {
    let template = job.spec.template.json();
    let of_template = |field: &str| template.pointer(&format!("/metadata/{field}")).cloned();
    let mut metadata = json!({
        "generateName": prefix(&job.metadata.name, missing.index),
        "namespace": job.metadata.namespace,
        "ownerReferences": [controller_reference(&JOBS, &job.metadata)],
        "finalizers": finalizers(of_template("finalizers")),
    });
    for field in ["labels", "annotations"] {
        if let Some(value) = of_template(field) {
            metadata[field] = value;
        }
    }
    let mut spec = template.get("spec").cloned().unwrap_or_default();
    if let Some(index) = missing.index {
        let text = index.to_string();
        metadata["labels"][COMPLETION_INDEX] = json!(text);
        metadata["annotations"][COMPLETION_INDEX] = json!(text);
        spec["hostname"] = json!(format!("{}-{index}", job.metadata.name));
        tell_index(&mut spec);
    }
    if let Some(tries) = missing.tries {
        metadata["annotations"][FAILURE_COUNT] = json!(tries.failed.to_string());
        if tries.ignored > 0 {
            metadata["annotations"][IGNORED_COUNT] = json!(tries.ignored.to_string());
        }
    }
    json!({"metadata": metadata, "spec": spec})
}

fn finalizers(of_template: Option<Value>) -> Vec<Value> {
    let mut finalizers = match of_template {
        Some(Value::Array(finalizers)) => finalizers,
        _ => Vec::new(),
    };
    if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
        finalizers.push(json!(FINALIZER));
    }
    finalizers
}

fn prefix(name: &str, index: Option<i32>) -> String {
    let Some(index) = index else {
        return if name.len() < NAME_LENGTH_MAX { format!("{name}-") } else { name.to_owned() };
    };
    let suffix = format!("-{index}-");
    let kept = name.len().min(PREFIX_LENGTH_MAX - suffix.len());
    format!("{}{suffix}", name.get(..kept).unwrap_or(name))
}

/// Every container that does not say otherwise finds its index in its environment.
fn tell_index(spec: &mut Value) {
    let path = format!("metadata.labels['{COMPLETION_INDEX}']");
    let variable = json!({"name": INDEX_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            match container.get_mut("env").and_then(Value::as_array_mut) {
                Some(env) if env.iter().any(|known| known["name"] == INDEX_VARIABLE) => {}
                Some(env) => env.push(variable.clone()),
                None => container["env"] = json!([variable]),
            }
        }
    }
}
