//! `NodeRestriction`: a node writes its own Node, its own Lease and the status of its own pods; it
//! gives itself no labels that steer others' work, and creates no pods but mirrors of its own. What it
//! deletes and evicts, the engine looks at.

use std::collections::BTreeSet;

use api::{
    json, references,
    resources::{LEASES, NODES, PODS},
};
use serde_json::Value;

use super::{Action, Attributes, Link};
use crate::{authorization::node_of, engine::failure};

pub(super) const LINK: Link = Link {
    name: "NodeRestriction",
    concerns: |attributes| node_of(&attributes.operation.user).is_some(),
    mutate: |attributes, _, value| {
        let node = node_of(&attributes.operation.user).unwrap_or_default();
        let operation = attributes.operation;
        let name = match attributes.action {
            Action::Create => json::text(&value["metadata"], "name"),
            Action::Update { .. } => operation.name.as_str(),
        };
        restrict(attributes, node, value)
            .map_err(|reason| failure::forbidden(&operation.resource, name, &reason))
    },
    ..Link::IDLE
};

const MIRROR: &str = "kubernetes.io/config.mirror";
const LEASE_NAMESPACE: &str = "kube-node-lease";
const RESTRICTED: &str = "node-restriction.kubernetes.io";
/// Labels of Kubernetes' own that a kubelet may set.
const KUBELET_LABELS: [&str; 13] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];
const KUBELET_NAMESPACES: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

fn restrict(attributes: &Attributes<'_>, node: &str, value: &Value) -> Result<(), String> {
    let operation = attributes.operation;
    if node.is_empty() {
        return Err(format!("could not determine node from user {:?}", operation.user.name));
    }
    let resource = &operation.resource.resource;
    let name = json::text(&value["metadata"], "name");
    if *resource == PODS {
        return pod(attributes, node, value);
    }
    if *resource == NODES {
        return own_node(attributes, node, value);
    }
    if *resource == LEASES {
        if operation.namespace != LEASE_NAMESPACE {
            return Err(format!(
                "can only access leases in the {LEASE_NAMESPACE:?} system namespace"
            ));
        }
        return same(name, node, "node lease");
    }
    match (&*resource.group, &*resource.plural) {
        ("storage.k8s.io", "csinodes") => same(name, node, "CSINode"),
        ("resource.k8s.io", "resourceslices") if json::text(&value["spec"], "nodeName") != node => {
            Err("can only create ResourceSlice with the same NodeName as the requesting node"
                .to_owned())
        }
        ("", "persistentvolumeclaims") if operation.subresource != "status" => {
            Err("may only update PVC status".to_owned())
        }
        _ => Ok(()),
    }
}

fn same(name: &str, node: &str, what: &str) -> Result<(), String> {
    if name == node {
        return Ok(());
    }
    Err(format!("can only access {what} with the same name as the requesting node"))
}

fn pod(attributes: &Attributes<'_>, node: &str, pod: &Value) -> Result<(), String> {
    let old = match (attributes.operation.subresource.as_str(), attributes.action) {
        ("", Action::Create) => return mirror(node, pod),
        ("", Action::Update { .. }) => {
            return Err(format!(
                "unexpected operation \"UPDATE\", node {node:?} can only create and delete mirror pods"
            ));
        }
        ("status", Action::Update { old }) => old,
        (subresource, _) => {
            return Err(format!(
                "unexpected pod subresource {subresource:?}, only 'status' and 'eviction' are allowed"
            ));
        }
    };
    if old["spec"]["nodeName"] != node {
        return Err(format!(
            "node {node:?} can only update pod status for pods with spec.nodeName set to itself"
        ));
    }
    let labels = |pod: &Value| json::labels(&pod["metadata"]["labels"]);
    if labels(old) != labels(pod) {
        return Err(format!("node {node:?} cannot update labels through pod status"));
    }
    if old["status"]["resourceClaimStatuses"] != pod["status"]["resourceClaimStatuses"] {
        return Err(format!("node {node:?} cannot update resource claim statues"));
    }
    Ok(())
}

fn mirror(node: &str, pod: &Value) -> Result<(), String> {
    if pod["metadata"]["annotations"].get(MIRROR).is_none() {
        return Err(format!(
            "pod does not have {MIRROR:?} annotation, node {node:?} can only create mirror pods"
        ));
    }
    if pod["spec"]["nodeName"] != node {
        return Err(format!("node {node:?} can only create pods with spec.nodeName set to itself"));
    }
    let owners = json::list(&pod["metadata"], "ownerReferences");
    let is_own = |owner: &Value| {
        owner["apiVersion"] == "v1" && owner["kind"] == "Node" && owner["name"] == node
    };
    match owners {
        [owner] if !is_own(owner) => {
            return Err(format!(
                "node {node:?} can only create pods with an owner reference set to itself"
            ));
        }
        [owner] if !json::is_true(owner, "controller") => {
            return Err(format!(
                "node {node:?} can only create pods with a controller owner reference set to itself"
            ));
        }
        [owner] if json::is_true(owner, "blockOwnerDeletion") => {
            return Err(format!(
                "node {node:?} must not set blockOwnerDeletion on an owner reference"
            ));
        }
        [_] => {}
        [] => {
            return Err(format!(
                "node {node:?} can only create pods with an owner reference set to itself"
            ));
        }
        _ => {
            return Err(format!(
                "node {node:?} can only create pods with a single owner reference set to itself"
            ));
        }
    }
    let referenced = [
        (!json::text(&pod["spec"], "serviceAccountName").is_empty(), "a service account"),
        (!references::secrets(pod).is_empty(), "secrets"),
        (!references::config_maps(pod).is_empty(), "configmaps"),
        (!references::claims(pod).is_empty(), "persistentvolumeclaims"),
    ];
    match referenced.iter().find(|(is_there, _)| *is_there) {
        Some((_, what)) => Err(format!("node {node:?} can not create pods that reference {what}")),
        None => Ok(()),
    }
}

fn own_node(attributes: &Attributes<'_>, node: &str, value: &Value) -> Result<(), String> {
    let name = json::text(&value["metadata"], "name");
    if name != node {
        return Err(format!("node {node:?} is not allowed to modify node {name:?}"));
    }
    match attributes.action {
        Action::Create => match forbidden_labels(value, &Value::Null).as_str() {
            "" => Ok(()),
            labels => {
                Err(format!("node {node:?} is not allowed to set the following labels: {labels}"))
            }
        },
        Action::Update { old } => {
            if json::list(&value["spec"], "taints") != json::list(&old["spec"], "taints") {
                return Err(format!("node {node:?} is not allowed to modify taints"));
            }
            match forbidden_labels(value, old).as_str() {
                "" => Ok(()),
                labels => Err(format!("is not allowed to modify labels: {labels}")),
            }
        }
    }
}

/// The labels that differ and that no node may set, in order.
fn forbidden_labels(new: &Value, old: &Value) -> String {
    let [new, old] = [new, old].map(|node| json::labels(&node["metadata"]["labels"]));
    let keys: BTreeSet<_> = new.keys().chain(old.keys()).collect();
    let changed = keys.into_iter().filter(|key| new.get(*key) != old.get(*key));
    let forbidden = changed.filter(|key| is_forbidden(key)).map(ToString::to_string);
    forbidden.collect::<Vec<_>>().join(", ")
}

fn is_forbidden(label: &str) -> bool {
    let Some((namespace, _)) = label.split_once('/') else { return false };
    let is_in = |domain: &str| {
        namespace == domain
            || namespace.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
    };
    let is_kubelets = KUBELET_LABELS.contains(&label) || KUBELET_NAMESPACES.into_iter().any(is_in);
    is_in(RESTRICTED) || ((is_in("kubernetes.io") || is_in("k8s.io")) && !is_kubelets)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_that_steer_work_are_not_a_nodes_to_set() {
        let node = |labels: Value| json!({"metadata": {"labels": labels}});
        let old = node(json!({"team": "a", "kubernetes.io/os": "linux"}));
        let new = node(json!({
            "team": "b", "node-restriction.kubernetes.io/x": "1", "a.k8s.io/y": "1",
            "kubernetes.io/hostname": "n1", "node.kubernetes.io/z": "1",
        }));
        assert_eq!(forbidden_labels(&new, &old), "a.k8s.io/y, node-restriction.kubernetes.io/x");
    }

    #[test]
    fn a_mirror_pod_is_its_nodes_and_names_nothing_else() {
        let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "n1", "controller": true});
        let mut pod = json!({
            "metadata": {"annotations": {MIRROR: "x"}, "ownerReferences": [owner]},
            "spec": {"nodeName": "n1"},
        });
        assert_eq!(mirror("n1", &pod), Ok(()));
        assert_eq!(
            mirror("n1", &json!({"metadata": {}})).unwrap_err(),
            r#"pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods"#
        );
        pod["spec"]["volumes"] = json!([{"name": "s", "secret": {"secretName": "s"}}]);
        assert_eq!(
            mirror("n1", &pod).unwrap_err(),
            r#"node "n1" can not create pods that reference secrets"#
        );
    }
}
