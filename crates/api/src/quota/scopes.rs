//! Which objects a quota with scopes is about.

use super::Subject;
use crate::views::{
    Container, PersistentVolumeClaim, Pod, PodAffinityTerm, ResourceQuotaSpec, ScopeRequirement,
};

/// Whether all scopes and all requirements of the scope selector hold.
pub(super) fn fit(subject: &Subject<'_>, spec: &ResourceQuotaSpec) -> bool {
    let exists = |scope: &meta::text::Text| ScopeRequirement {
        scope_name: scope.clone(),
        operator: "Exists".into(),
        values: Vec::new(),
    };
    let scopes = spec.scopes.iter().map(exists);
    let required = scopes.chain(spec.scope_selector.match_expressions.iter().cloned());
    let holds = |requirement: ScopeRequirement| match subject {
        Subject::Pod(pod) => pod_fits(pod, &requirement),
        Subject::Claim(claim) => claim_fits(claim, &requirement),
        // No scope is about these.
        Subject::Service(_) | Subject::Counted(_) => false,
    };
    required.into_iter().all(holds)
}

/// Whether a pod ends by itself after a time.
pub fn is_terminating(pod: &Pod) -> bool {
    matches!(pod.spec.active_deadline_seconds, Some(0..))
}

fn pod_fits(pod: &Pod, requirement: &ScopeRequirement) -> bool {
    match &*requirement.scope_name {
        "Terminating" => is_terminating(pod),
        "NotTerminating" => !is_terminating(pod),
        "BestEffort" => is_best_effort(pod),
        "NotBestEffort" => !is_best_effort(pod),
        "PriorityClass" => named(requirement, &[&pod.spec.priority_class_name]),
        "CrossNamespacePodAffinity" => reaches_other_namespaces(pod),
        _ => false,
    }
}

fn claim_fits(claim: &PersistentVolumeClaim, requirement: &ScopeRequirement) -> bool {
    if requirement.scope_name != "VolumeAttributesClass" {
        return false;
    }
    let target = claim.status.modify_volume_status.as_ref();
    let target = target.map(|status| &*status.target_volume_attributes_class_name);
    let spec = &*claim.spec.volume_attributes_class_name;
    let current = &*claim.status.current_volume_attributes_class_name;
    named(requirement, &[spec, current, target.unwrap_or_default()])
}

/// Whether one of the names is as required; no name at all is for `DoesNotExist` and `NotIn`.
fn named(requirement: &ScopeRequirement, names: &[&str]) -> bool {
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    let listed = names.iter().any(|name| requirement.values.iter().any(|value| *value == **name));
    match &*requirement.operator {
        "Exists" => !names.is_empty(),
        "DoesNotExist" => names.is_empty(),
        "In" => listed,
        "NotIn" => !listed,
        _ => false,
    }
}

/// Nothing above zero of processors and memory is asked for or limited.
fn is_best_effort(pod: &Pod) -> bool {
    let own = &pod.spec.resources;
    let containers = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let of_container = |container: &Container| asks(&container.resources);
    !asks(own) && !containers.into_iter().any(of_container)
}

fn asks(resources: &crate::views::Resources) -> bool {
    let amounts = resources.requests.iter().chain(&resources.limits);
    let mut computing = amounts.filter(|(name, _)| matches!(&***name, "cpu" | "memory"));
    computing.any(|(_, text)| {
        text.parse::<meta::quantity::Quantity>().is_ok_and(|amount| !amount.is_zero())
    })
}

fn reaches_other_namespaces(pod: &Pod) -> bool {
    let affinity = &pod.spec.affinity;
    let sides = affinity.pod_affinity.iter().chain(&affinity.pod_anti_affinity);
    let reaches =
        |term: &PodAffinityTerm| !term.namespaces.is_empty() || term.namespace_selector.is_some();
    sides.into_iter().any(|side| {
        side.required.iter().any(reaches)
            || side.preferred.iter().any(|weighted| reaches(&weighted.pod_affinity_term))
    })
}
