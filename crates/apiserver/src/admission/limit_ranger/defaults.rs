//! What containers get that leave something open.

use api::{json, views::Amounts};
use serde_json::{Value, json};

use super::Limits;

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Fills in what one range gives by default, and says in an annotation what that was.
pub(super) fn fill_in(limits: &[Limits], pod: &mut Value) {
    let mut told = Vec::new();
    for (field, kind) in [("containers", "container"), ("initContainers", "init container")] {
        for container in json::list_mut(&mut pod["spec"], field) {
            told.extend(fill_in_one(limits, container, kind));
        }
    }
    if !told.is_empty() {
        let text = format!("LimitRanger plugin set: {}", told.join("; "));
        json::object_mut(&mut pod["metadata"], "annotations")[ANNOTATION] = text.into();
    }
}

fn fill_in_one(limits: &[Limits], container: &mut Value, kind: &str) -> Vec<String> {
    let name = json::text(container, "name").to_owned();
    let of_containers = || limits.iter().filter(|limits| limits.kind == "Container");
    let mut told = Vec::new();
    let mut fill = |side: &str, word: &str, amounts: fn(&Limits) -> &Amounts| {
        let mut set = Vec::new();
        for (resource, amount) in of_containers().flat_map(amounts) {
            let resources = json::object_mut(container, "resources");
            let given = json::object_mut(resources, side);
            if given.get(&**resource).is_none() {
                given[&**resource] = json!(amount);
                set.push(&**resource);
            }
        }
        if !set.is_empty() {
            set.sort_unstable();
            told.push(format!("{} {word} for {kind} {name}", set.join(", ")));
        }
    };
    fill("requests", "request", |limits| &limits.default_request);
    fill("limits", "limit", |limits| &limits.default);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Vec<Limits> {
        let limits = json!([{"type": "Container", "default": {"cpu": "1"},
            "defaultRequest": {"cpu": "100m", "memory": "1Mi"}}, {"type": "Pod"}]);
        serde_json::from_value(limits).expect("limits")
    }

    #[test]
    fn what_is_left_open_is_filled_in_and_told() {
        let mut pod = json!({"metadata": {}, "spec": {
            "containers": [{"name": "a"}, {"name": "b", "resources": {
                "requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "2"}}}],
            "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "1"}}}]}});
        fill_in(&limits(), &mut pod);
        let filled = json!({"requests": {"cpu": "100m", "memory": "1Mi"}, "limits": {"cpu": "1"}});
        assert_eq!(pod["spec"]["containers"][0]["resources"], filled);
        assert_eq!(pod["spec"]["containers"][1]["resources"]["limits"], json!({"cpu": "2"}));
        assert_eq!(
            pod["metadata"]["annotations"][ANNOTATION],
            "LimitRanger plugin set: cpu, memory request for container a; cpu limit for container a; memory request for init container i; cpu limit for init container i"
        );
    }

    #[test]
    fn a_pod_that_says_everything_is_left_alone() {
        let whole = json!({"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "2"}});
        let pod = json!({"metadata": {}, "spec": {
            "containers": [{"name": "a", "resources": whole}]}});
        let mut filled = pod.clone();
        fill_in(&limits(), &mut filled);
        assert_eq!(filled, pod);
    }
}
