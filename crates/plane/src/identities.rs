//! In whose name each component of a plane asks.

use std::sync::Arc;

use apiserver::{Service, User};
use client::Transport;
use serde_json::{Value, json};
use world::World;

use crate::{InProcess, Part};

/// User and role of all simulated nodes: one transport serves them, so none is a node of its own.
const SIMULATED_NODES: &str = "pilothouse:simulated-nodes";

/// In whose name a component asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A part's own, under which it reads for its caches.
    Part(Part),
    /// A service account of `kube-system`, under which one controller acts.
    Account(&'static str),
}

/// Ways to the API server, one for each identity.
pub type Identities = Arc<dyn Fn(Identity) -> Arc<dyn Transport> + Send + Sync>;

impl Identity {
    /// A way to a service of the same process.
    pub fn join(self, world: &World, service: &Service) -> InProcess {
        let (name, groups) = match self {
            Self::Part(Part::Controllers) => ("system:kube-controller-manager".to_owned(), vec![]),
            Self::Part(Part::Scheduler) => ("system:kube-scheduler".to_owned(), vec![]),
            Self::Part(Part::Nodes) => (SIMULATED_NODES.to_owned(), vec![]),
            Self::Account(account) => (
                format!("system:serviceaccount:kube-system:{account}"),
                vec!["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            ),
        };
        let groups = groups.into_iter().map(ToOwned::to_owned).collect();
        let user = User { name, groups, ..User::default() };
        InProcess::new(world.clone(), service.clone(), user, self.user_agent())
    }

    const fn user_agent(self) -> &'static str {
        match self {
            Self::Part(part) => part.field_manager(),
            Self::Account(_) => Part::Controllers.field_manager(),
        }
    }
}

/// The role of the simulated nodes and its binding: what their agents need, for every node, and
/// nothing that no kubelet may do.
pub(crate) fn simulated_nodes_policy() -> [Value; 2] {
    let allow = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let read = ["get", "list", "watch"];
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": SIMULATED_NODES},
        "rules": [
            allow("", &["nodes", "pods", "namespaces"], &read),
            allow("", &["nodes"], &["create", "patch", "update"]),
            allow("", &["nodes/status", "pods/status"], &["patch", "update"]),
            allow("", &["pods"], &["delete"]),
            allow("", &["events"], &["create", "patch", "update"]),
            allow("coordination.k8s.io", &["leases"], &[
                "create", "get", "list", "patch", "update", "watch",
            ]),
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": SIMULATED_NODES},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
            "name": SIMULATED_NODES},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User",
            "name": SIMULATED_NODES}],
    });
    [role, binding]
}

/// Every identity, joined to a service of the same process.
pub fn identities_in_process(world: &World, service: &Service) -> Identities {
    let (world, service) = (world.clone(), service.clone());
    Arc::new(move |identity| Arc::new(identity.join(&world, &service)))
}
