//! What a kubelet may do: read what the pods on its node need, and keep its own objects. Pods are
//! looked through when a node asks; no graph is kept, as the caches know which pods are on which node.

mod related;

use std::sync::LazyLock;

use api::rbac::{Asked, PolicyRule, bootstrap_rules};
use meta::selector::FieldSelector;

use super::{Attributes, Decision, Target};
use crate::{ResourcePath, User, cache::Caches};
use related::{Kept, Related};

const NODES_GROUP: &str = "system:nodes";
const USER_PREFIX: &str = "system:node:";
const LEASE_NAMESPACE: &str = "kube-node-lease";
/// What those hear who ask for all rights of a node.
pub(super) const NO_RULES: &str = "node authorizer does not support user rule resolution";

/// The name of the node that a user is; empty if they say only that they are one, `None` if they are
/// none.
pub(crate) fn node_of(user: &User) -> Option<&str> {
    let name = user.name.strip_prefix(USER_PREFIX)?;
    user.groups.iter().any(|group| group == NODES_GROUP).then_some(name)
}

pub(super) async fn decide(caches: &Caches, attributes: &Attributes<'_>) -> Decision {
    let Some(node) = node_of(attributes.user) else { return Decision::deny("") };
    if node.is_empty() {
        return Decision::Deny {
            reason: format!("node: unknown node for user {:?}", attributes.user.name),
        };
    }
    let answer = match attributes.target {
        Target::Path(_) => Answer::ByRules,
        Target::Resource(path) => judge(node, attributes.verb, path, attributes.field_selector),
    };
    match answer {
        Answer::Allowed => Decision::allow(),
        Answer::Refused(reason) if reason.is_empty() => Decision::deny(""),
        Answer::Refused(reason) => Decision::Deny { reason: format!("node: {reason}") },
        Answer::ByRules if rules_allow(attributes) => Decision::allow(),
        Answer::ByRules => Decision::deny(""),
        Answer::IfRelated(_, path) if path.name.is_empty() => {
            Decision::deny("node: No Object name found")
        }
        Answer::IfRelated(kept, path) => {
            let related = Related { caches, node, namespace: &path.namespace, name: &path.name };
            if related.is(kept).await {
                return Decision::allow();
            }
            Decision::Deny {
                reason: format!(
                    "node: no relationship found between node '{node}' and this object"
                ),
            }
        }
    }
}

/// What there is to say before any object is looked at.
#[derive(Debug, PartialEq, Eq)]
enum Answer<'a> {
    Allowed,
    /// An empty reason is not told.
    Refused(String),
    /// As the rules for all nodes say.
    ByRules,
    /// If the object belongs to the node or to a pod on it.
    IfRelated(Kept, &'a ResourcePath),
}

fn refused(reason: &str) -> Answer<'static> {
    Answer::Refused(reason.to_owned())
}

fn judge<'a>(node: &str, verb: &str, path: &'a ResourcePath, selector: &str) -> Answer<'a> {
    match (path.group.as_str(), path.resource.as_str()) {
        ("", "secrets") => read(Kept::Secret, verb, path),
        ("", "configmaps") => read(Kept::ConfigMap, verb, path),
        ("", "persistentvolumeclaims") if path.subresource == "status" => match verb {
            "update" | "patch" => Answer::IfRelated(Kept::Claim, path),
            _ => refused("can only get/update/patch this type"),
        },
        ("", "persistentvolumeclaims") => get(Kept::Claim, verb, path),
        ("", "persistentvolumes") => get(Kept::Volume, verb, path),
        ("resource.k8s.io", "resourceclaims") => get(Kept::ResourceClaim, verb, path),
        ("storage.k8s.io", "volumeattachments") => get(Kept::Attachment, verb, path),
        ("", "serviceaccounts") => account(verb, path),
        ("coordination.k8s.io", "leases") => lease(node, verb, path),
        ("storage.k8s.io", "csinodes") => csi_node(node, verb, path),
        ("resource.k8s.io", "resourceslices") => slice(node, verb, path, selector),
        ("", "nodes") => own_node(node, verb, path),
        ("", "pods") => pod(node, verb, path, selector),
        _ => Answer::ByRules,
    }
}

fn get<'a>(kept: Kept, verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    if verb != "get" {
        return refused("can only get individual resources of this type");
    }
    if !path.subresource.is_empty() {
        return refused("cannot get subresource");
    }
    Answer::IfRelated(kept, path)
}

fn read<'a>(kept: Kept, verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    if !matches!(verb, "get" | "list" | "watch") {
        return refused("can only read resources of this type");
    }
    if !path.subresource.is_empty() {
        return refused("cannot read subresource");
    }
    if path.namespace.is_empty() {
        return refused("can only read namespaced object of this type");
    }
    Answer::IfRelated(kept, path)
}

fn account<'a>(verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    if verb == "get" && path.subresource.is_empty() {
        return Answer::IfRelated(Kept::ServiceAccount, path);
    }
    if verb != "create" || path.name.is_empty() {
        return refused("can only create tokens for individual service accounts");
    }
    if path.subresource != "token" {
        return refused("can only create token subresource of serviceaccount");
    }
    Answer::IfRelated(Kept::ServiceAccount, path)
}

fn lease<'a>(node: &str, verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    if !matches!(verb, "get" | "create" | "update" | "patch" | "delete") {
        return refused("can only get, create, update, patch, or delete a node lease");
    }
    if path.namespace != LEASE_NAMESPACE {
        return Answer::Refused(format!(
            "can only access leases in the {LEASE_NAMESPACE:?} system namespace"
        ));
    }
    // The name of a new one is admission's to look at.
    if verb != "create" && path.name != node {
        return refused("can only access node lease with the same name as the requesting node");
    }
    Answer::Allowed
}

fn csi_node<'a>(node: &str, verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    if !matches!(verb, "get" | "create" | "update" | "patch" | "delete") {
        return refused("can only get, create, update, patch, or delete a CSINode");
    }
    if !path.subresource.is_empty() {
        return refused("cannot authorize CSINode subresources");
    }
    if verb != "create" && path.name != node {
        return refused("can only access CSINode with the same name as the requesting node");
    }
    Answer::Allowed
}

fn slice<'a>(node: &str, verb: &str, path: &'a ResourcePath, selector: &str) -> Answer<'a> {
    if !path.subresource.is_empty() {
        return refused("cannot authorize ResourceSlice subresources");
    }
    match verb {
        "create" => Answer::Allowed,
        "get" | "update" | "patch" | "delete" => Answer::IfRelated(Kept::Slice, path),
        "watch" | "list" | "deletecollection" if asks_for(selector, "spec.nodeName", node) => {
            Answer::Allowed
        }
        "watch" | "list" | "deletecollection" => refused(
            "can only list/watch/deletecollection resourceslices with nodeName field selector",
        ),
        _ => refused(
            "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
        ),
    }
}

fn own_node<'a>(node: &str, verb: &str, path: &'a ResourcePath) -> Answer<'a> {
    match (path.subresource.as_str(), verb) {
        // Whose it is, is admission's to look at.
        ("", "create" | "update" | "patch") | ("status", "update" | "patch") => Answer::Allowed,
        ("", "get" | "list" | "watch") if path.name == node => Answer::Allowed,
        ("", "get" | "list" | "watch") if path.name.is_empty() => Answer::Refused(format!(
            "node '{node}' cannot read all nodes, only its own Node object"
        )),
        ("", "get" | "list" | "watch") => Answer::Refused(format!(
            "node '{node}' cannot read '{}', only its own Node object",
            path.name
        )),
        _ => refused(""),
    }
}

fn pod<'a>(node: &str, verb: &str, path: &'a ResourcePath, selector: &str) -> Answer<'a> {
    match (path.subresource.as_str(), verb) {
        ("", "get") => Answer::IfRelated(Kept::Pod, path),
        ("", "list" | "watch") if asks_for(selector, "spec.nodeName", node) => Answer::Allowed,
        ("", "list" | "watch") if !path.name.is_empty() => Answer::IfRelated(Kept::Pod, path),
        ("", "list" | "watch") => {
            refused("can only list/watch pods with spec.nodeName field selector")
        }
        // Whose they are, is admission's to look at.
        ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => {
            Answer::Allowed
        }
        _ => refused(""),
    }
}

fn asks_for(selector: &str, field: &str, value: &str) -> bool {
    let selector: Result<FieldSelector, _> = selector.parse();
    selector.is_ok_and(|selector| selector.required(field) == Some(value))
}

/// What all nodes may do alike: the role `system:node`, whatever became of it in the cluster.
fn rules_allow(attributes: &Attributes<'_>) -> bool {
    static RULES: LazyLock<Vec<PolicyRule>> = LazyLock::new(|| bootstrap_rules("system:node"));
    let asked = match attributes.target {
        Target::Path(path) => Asked::Path(path),
        Target::Resource(path) => Asked::Resource {
            group: &path.group,
            resource: &path.resource,
            subresource: &path.subresource,
            name: &path.name,
        },
    };
    RULES.iter().any(|rule| rule.allows(attributes.verb, asked))
}

#[cfg(test)]
mod tests;
