//! `PodSecurity`: pods keep to the standard that their namespace's labels name. A pod that breaks what
//! is enforced is refused; of other breaches, and of workloads whose pods would break it, the writer is
//! warned and the audit log told.

mod checks;
mod configuration;
mod level;
mod namespace;

use api::{
    json,
    resources::{
        CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, NAMESPACES, PODS, REPLICA_SETS,
        REPLICATION_CONTROLLERS, STATEFUL_SETS,
    },
};
use meta::resource::{Resource, Scope};
use serde_json::Value;

use super::{Action, Attributes, Freshness, Link, Remarks, Seen};
use crate::{Status, engine::failure};
use checks::{Pod, violations};
pub(super) use configuration::Configuration;
use level::{Level, Policy, Standard};

pub(super) const LINK: Link = Link {
    name: "PodSecurity",
    reads: &[NAMESPACES],
    concerns: |attributes| subject(attributes).is_some(),
    validate,
    ..Link::IDLE
};

/// The same for namespaces, of which each is written seldom: it tells of all pods that there are.
pub(super) const OF_NAMESPACES: Link = Link {
    name: LINK.name,
    reads: &[PODS],
    freshness: Freshness::Newest,
    concerns: |attributes| attributes.is_about(&NAMESPACES),
    validate: namespace::validate,
    ..Link::IDLE
};

/// What the link looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Pod,
    /// What pods are made of, at this path of the object.
    Template(&'static str),
}

const POD_TEMPLATES: Resource =
    Resource::new("", "v1", "podtemplates", "PodTemplate", Scope::Namespaced);
/// Where workloads have their template.
static TEMPLATES: [(Resource, &str); 8] = [
    (REPLICATION_CONTROLLERS, "spec.template"),
    (POD_TEMPLATES, "template"),
    (REPLICA_SETS, "spec.template"),
    (DEPLOYMENTS, "spec.template"),
    (STATEFUL_SETS, "spec.template"),
    (DAEMON_SETS, "spec.template"),
    (JOBS, "spec.template"),
    (CRON_JOBS, "spec.jobTemplate.spec.template"),
];
/// Prefix of what the audit log is told.
const NOTE: &str = "pod-security.kubernetes.io/";

fn subject(attributes: &Attributes<'_>) -> Option<Subject> {
    let operation = attributes.operation;
    let resource = &operation.resource.resource;
    if *resource == PODS {
        let changes_spec =
            matches!(operation.subresource.as_str(), "" | "ephemeralcontainers" | "resize");
        return changes_spec.then_some(Subject::Pod);
    }
    if !operation.subresource.is_empty() {
        return None;
    }
    let mut templates = TEMPLATES.iter();
    templates.find(|(known, _)| known == resource).map(|(_, path)| Subject::Template(path))
}

fn validate(
    attributes: &Attributes<'_>,
    seen: &Seen,
    value: &Value,
    remarks: &mut Remarks,
) -> Result<(), Status> {
    match subject(attributes) {
        None => Ok(()),
        Some(Subject::Pod) => pod(attributes, seen, value, remarks),
        Some(Subject::Template(path)) => {
            template(attributes, seen, json::at(value, path), remarks);
            Ok(())
        }
    }
}

fn pod(
    attributes: &Attributes<'_>,
    seen: &Seen,
    value: &Value,
    remarks: &mut Remarks,
) -> Result<(), Status> {
    if is_spared(attributes, remarks) {
        return Ok(());
    }
    let operation = attributes.operation;
    let Some(policy) = policy(attributes, seen, remarks) else {
        let reason = format!("failed to lookup namespace {:?}", operation.namespace);
        return Err(failure::internal(&reason));
    };
    if policy.is_privileged() {
        note(remarks, "enforce-policy", policy.enforce.to_string());
        return Ok(());
    }
    let is_as_before = match attributes.action {
        Action::Create => false,
        Action::Update { old } => runs_the_same(value, old),
    };
    let pod = Pod { metadata: &value["metadata"], spec: &value["spec"] };
    if is_as_before || is_class_spared(attributes, &pod, remarks) {
        return Ok(());
    }
    note(remarks, "enforce-policy", policy.enforce.to_string());
    let breaches = violations(policy.enforce, &pod);
    tell_audit(policy.audit, &pod, remarks);
    if breaches.is_empty() {
        warn(policy.warn, &pod, remarks);
        return Ok(());
    }
    let reason = format!("violates PodSecurity \"{}\": {}", policy.enforce, breaches.details());
    let name = json::text(pod.metadata, "name");
    Err(failure::forbidden(&operation.resource, name, &reason))
}

/// Nothing is enforced on workloads: their pods are.
fn template(attributes: &Attributes<'_>, seen: &Seen, template: &Value, remarks: &mut Remarks) {
    if !template["spec"].is_object() || is_spared(attributes, remarks) {
        return;
    }
    let Some(policy) = policy(attributes, seen, remarks) else {
        let namespace = &attributes.operation.namespace;
        let text =
            format!("failed to lookup namespace {namespace:?}: namespaces {namespace:?} not found");
        return note(remarks, "error", text);
    };
    let pod = Pod { metadata: &template["metadata"], spec: &template["spec"] };
    let is_asked = [policy.audit, policy.warn].iter().any(|s| s.level != Level::Privileged);
    if !is_asked || is_class_spared(attributes, &pod, remarks) {
        return;
    }
    tell_audit(policy.audit, &pod, remarks);
    warn(policy.warn, &pod, remarks);
}

/// The policy of the namespace; `None` if there is no such namespace.
fn policy(attributes: &Attributes<'_>, seen: &Seen, remarks: &mut Remarks) -> Option<Policy> {
    let namespace = seen.get(&NAMESPACES, "", &attributes.operation.namespace)?;
    let defaults = attributes.options.pod_security.defaults;
    let (policy, errors) = Policy::of(&namespace.labels, defaults);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match errors.as_slice() {
        [] => {}
        [one] => note(remarks, "error", format!("Failed to parse policy: {one}")),
        several => {
            let list = several.join(", ");
            note(remarks, "error", format!("Failed to parse policy: [{list}]"));
        }
    }
    Some(policy)
}

fn tell_audit(standard: Standard, pod: &Pod<'_>, remarks: &mut Remarks) {
    if let Some(text) = would_violate(standard, pod) {
        note(remarks, "audit-violations", text);
    }
}

fn warn(standard: Standard, pod: &Pod<'_>, remarks: &mut Remarks) {
    remarks.warnings.extend(would_violate(standard, pod));
}

fn would_violate(standard: Standard, pod: &Pod<'_>) -> Option<String> {
    let breaches = violations(standard, pod);
    let text = || format!("would violate PodSecurity \"{standard}\": {}", breaches.details());
    (!breaches.is_empty()).then(text)
}

/// Whether the namespace or the user is exempt.
fn is_spared(attributes: &Attributes<'_>, remarks: &mut Remarks) -> bool {
    let (operation, exempt) = (attributes.operation, &attributes.options.pod_security.exempt);
    let spared = if exempt.namespaces.contains(&operation.namespace) {
        "namespace"
    } else if exempt.usernames.contains(&operation.user.name) {
        "user"
    } else {
        return false;
    };
    note(remarks, "exempt", spared.to_owned());
    true
}

fn is_class_spared(attributes: &Attributes<'_>, pod: &Pod<'_>, remarks: &mut Remarks) -> bool {
    let is_spared = is_class_exempt(&attributes.options.pod_security, pod);
    if is_spared {
        note(remarks, "exempt", "runtimeClass".to_owned());
    }
    is_spared
}

fn is_class_exempt(configuration: &Configuration, pod: &Pod<'_>) -> bool {
    let class = json::text(pod.spec, "runtimeClassName");
    configuration.exempt.runtime_classes.iter().any(|exempt| exempt == class)
}

fn note(remarks: &mut Remarks, name: &str, text: String) {
    remarks.annotations.insert(format!("{NOTE}{name}"), text);
}

/// Whether an update leaves alone what is run: nothing else that counts may change in a pod.
fn runs_the_same(new: &Value, old: &Value) -> bool {
    let (new, old) = (&new["spec"], &old["spec"]);
    let has_same_images = |field: &str| {
        let [new, old] = [new, old].map(|spec| json::list(spec, field));
        new.len() == old.len() && new.iter().zip(old).all(|(new, old)| new["image"] == old["image"])
    };
    let was_there = |container: &Value| {
        let mut before = json::list(old, "ephemeralContainers").iter();
        let before = before.find(|before| before["name"] == container["name"]);
        before.is_some_and(|before| before["image"] == container["image"])
    };
    has_same_images("containers")
        && has_same_images("initContainers")
        && json::list(new, "ephemeralContainers").iter().all(was_there)
}
