//! Namespaces themselves: labels that can be read, and a warning of the pods that a stricter standard
//! would not let in.

use std::{collections::BTreeMap, collections::BTreeSet, sync::Arc};

use api::{json, resources::PODS};
use meta::object::Labels;
use serde_json::Value;

use super::{
    Configuration, Level, Policy, Standard,
    checks::{Pod, violations},
    is_class_exempt,
    level::MODES,
};
use crate::{
    Object, Status,
    admission::{Action, Attributes, Remarks, Seen},
    engine::failure,
};

/// A change of labels looks at so many pods: it should not hold its writer up.
const PODS_LOOKED_AT_MAX: usize = 3000;

pub(super) fn validate(
    attributes: &Attributes<'_>,
    seen: &Seen,
    namespace: &Value,
    remarks: &mut Remarks,
) -> Result<(), Status> {
    let configuration = &attributes.options.pod_security;
    let name = json::text(&namespace["metadata"], "name");
    let labels = labels_of(namespace);
    let (policy, errors) = Policy::of(&labels, configuration.defaults);
    let before = match attributes.action {
        Action::Create => None,
        Action::Update { old } => Some(Policy::of(&labels_of(old), configuration.defaults)),
    };
    let is_known = before.as_ref().is_some_and(|(_, known)| *known == errors);
    if !errors.is_empty() && !is_known {
        return Err(failure::invalid(&attributes.operation.resource, name, &errors));
    }
    if before.is_some_and(|(before, _)| !is_stricter(policy.enforce, before.enforce)) {
        return Ok(());
    }
    if configuration.exempt.namespaces.iter().any(|exempt| exempt == name) {
        remarks.warnings.extend(spared(name, policy, &labels, configuration));
    } else if matches!(attributes.action, Action::Update { .. }) {
        let pods = seen.in_namespace(&PODS, name);
        remarks.warnings.extend(breaches(name, policy.enforce, pods, configuration));
    }
    Ok(())
}

fn labels_of(namespace: &Value) -> Labels {
    json::labels(&namespace["metadata"]["labels"])
}

/// Whether pods that were fine may not be any more.
fn is_stricter(new: Standard, old: Standard) -> bool {
    let is_relaxed = new.version == old.version && new.level <= old.level;
    new.level != Level::Privileged && !is_relaxed
}

/// That labels have no effect.
fn spared(
    name: &str,
    policy: Policy,
    labels: &Labels,
    configuration: &Configuration,
) -> Option<String> {
    if policy.is_privileged() || policy == configuration.defaults {
        return None;
    }
    let says = |label: &str| labels.contains_key(label);
    let told = ["enforce", "audit", "warn"].into_iter().zip(MODES).filter_map(|(word, mode)| {
        let standard = policy.of_mode(mode);
        let is_said = says(mode.level_label()) || says(mode.version_label());
        (standard.level != Level::Privileged && is_said).then(|| format!("{word}={standard}"))
    });
    let told = told.collect::<Vec<_>>().join(", ");
    Some(format!(
        "namespace \"{name}\" is exempt from Pod Security, and the policy ({told}) will be ignored"
    ))
}

/// The pods that would not be let in now, by what is wrong with them.
fn breaches(
    namespace: &str,
    standard: Standard,
    pods: Vec<Arc<Object>>,
    configuration: &Configuration,
) -> Vec<String> {
    let pods: Vec<Value> = pods.iter().map(|pod| pod.value()).collect();
    let looked_at = in_order(&pods, configuration);
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for pod in looked_at.iter().take(PODS_LOOKED_AT_MAX) {
        let breaches = violations(standard, pod);
        if !breaches.is_empty() {
            names.entry(breaches.reasons()).or_default().insert(json::text(pod.metadata, "name"));
        }
    }
    let mut warnings = Vec::new();
    if looked_at.len() > PODS_LOOKED_AT_MAX {
        warnings.push(format!(
            "new PodSecurity enforce level only checked against the first {PODS_LOOKED_AT_MAX} of {} existing pods",
            looked_at.len()
        ));
    }
    if !names.is_empty() {
        warnings.push(format!(
            "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{standard}\""
        ));
    }
    let mut told: Vec<String> =
        names.iter().map(|(reasons, names)| format!("{}: {reasons}", shown(names))).collect();
    told.sort();
    warnings.extend(told);
    warnings
}

/// One pod of each owner before its siblings, which are most likely alike.
fn in_order<'a>(pods: &'a [Value], configuration: &Configuration) -> Vec<Pod<'a>> {
    let (mut owners, mut siblings, mut ordered) = (BTreeSet::new(), Vec::new(), Vec::new());
    for pod in pods {
        let pod = Pod { metadata: &pod["metadata"], spec: &pod["spec"] };
        if is_class_exempt(configuration, &pod) {
            continue;
        }
        let mut references = json::list(pod.metadata, "ownerReferences").iter();
        let owner = references.find(|owner| owner["controller"] == true);
        if owner.is_none_or(|owner| owners.insert(json::text(owner, "uid"))) {
            ordered.push(pod);
        } else {
            siblings.push(pod);
        }
    }
    ordered.extend(siblings);
    ordered
}

fn shown(names: &BTreeSet<&str>) -> String {
    let first = names.first().copied().unwrap_or_default();
    match names.len() {
        0 | 1 => first.to_owned(),
        2 => format!("{first} (and 1 other pod)"),
        count => format!("{first} (and {} other pods)", count - 1),
    }
}
