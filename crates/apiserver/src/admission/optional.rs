//! Plugins that run only where an operator asks for them.

use api::{
    json,
    resources::{PODS, SERVICES},
};
use serde_json::{Value, json};

use super::{Action, Link};

/// Affinity that must hold spans no more than a node.
pub(super) const HARD_ANTI_AFFINITY: Link = Link {
    name: "LimitPodHardAntiAffinityTopology",
    concerns: |attributes| attributes.is_about(&PODS),
    validate: |attributes, _, pod, _| {
        let affinity = &pod["spec"]["affinity"]["podAntiAffinity"];
        let terms = json::list(affinity, "requiredDuringSchedulingIgnoredDuringExecution").iter();
        let mut keys = terms.map(|term| json::text(term, "topologyKey"));
        let Some(key) = keys.find(|key| *key != HOSTNAME) else { return Ok(()) };
        let reason = format!(
            "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey {key} but only key {HOSTNAME} is allowed"
        );
        Err(attributes.forbidden(pod, &reason))
    },
    ..Link::IDLE
};

/// Images are pulled for each pod, so that only who may pull them runs them.
pub(super) const PULL_IMAGES: Link = Link {
    name: "AlwaysPullImages",
    concerns: |attributes| attributes.is_about(&PODS),
    mutate: |_, _, pod| {
        for field in CONTAINERS {
            for container in json::list_mut(&mut pod["spec"], field) {
                container["imagePullPolicy"] = "Always".into();
            }
        }
        Ok(())
    },
    ..Link::IDLE
};

/// A pod tolerates the taints of nodes that have what it asks for.
pub(super) const EXTENDED_RESOURCES: Link = Link {
    name: "ExtendedResourceToleration",
    concerns: |attributes| attributes.is_about(&PODS),
    mutate: |_, _, pod| {
        for name in extended_resources(pod) {
            tolerate(&mut pod["spec"], &name);
        }
        Ok(())
    },
    ..Link::IDLE
};

/// A service takes no addresses that are not the cluster's.
pub(super) const EXTERNAL_IPS: Link = Link {
    name: "DenyServiceExternalIPs",
    concerns: |attributes| attributes.is_about(&SERVICES),
    validate: |attributes, _, service, _| {
        let ips = |service: &Value| json::list(&service["spec"], "externalIPs").to_vec();
        let known = match attributes.action {
            Action::Create => Vec::new(),
            Action::Update { old } => ips(old),
        };
        if ips(service).iter().all(|ip| known.contains(ip)) {
            return Ok(());
        }
        let reason = "Use of external IPs is denied by admission control.";
        Err(attributes.forbidden(service, reason))
    },
    ..Link::IDLE
};

/// Nothing is let in.
pub(super) const DENY: Link = Link {
    name: "AlwaysDeny",
    concerns: |_| true,
    validate: |attributes, _, value, _| {
        Err(attributes.forbidden(value, "admission control is denying all modifications"))
    },
    ..Link::IDLE
};

const HOSTNAME: &str = "kubernetes.io/hostname";
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The names with a domain of somebody's own that containers ask for.
fn extended_resources(pod: &Value) -> Vec<String> {
    let containers =
        ["initContainers", "containers"].into_iter().flat_map(|f| json::list(&pod["spec"], f));
    let names = containers.flat_map(|c| json::entries(&c["resources"], "requests")).map(|(n, _)| n);
    let is_extended = |name: &&String| {
        let domain = name.split_once('/').map(|(domain, _)| domain);
        domain.is_some_and(|domain| !domain.ends_with("kubernetes.io"))
            && !name.starts_with("requests.")
    };
    let mut names: Vec<String> = names.filter(is_extended).cloned().collect();
    names.sort();
    names.dedup();
    names
}

fn tolerate(spec: &mut Value, key: &str) {
    let is_so = |known: &Value| {
        let [name, operator, effect] = ["key", "operator", "effect"].map(|f| json::text(known, f));
        name == key && operator == "Exists" && effect.is_empty()
    };
    if !json::list(spec, "tolerations").iter().any(is_so) {
        json::push(&mut spec["tolerations"], json!({"key": key, "operator": "Exists"}));
    }
}
