//! Roles and bindings in force: what they allow to whom, and which rules somebody holds.

use std::sync::Arc;

use api::{
    catalog::{self, ResourceFacts},
    rbac::{Asked, Binding, PolicyRule, RoleRef, Subject},
    resources::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES},
};
use meta::resource::Resource;
use parking_lot::RwLock;

use super::{Attributes, Decision, Grant, Target, index::Index};
use crate::{Status, User, cache::Caches, engine::failure};

/// An index over the caches of the four kinds. It is brought up to date when it is asked.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    index: RwLock<Index>,
}

/// What somebody may do, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) rules: Vec<PolicyRule>,
    /// Why it may be more.
    pub(crate) problems: Vec<String>,
    /// Not all rights are rules.
    pub(crate) is_incomplete: bool,
}

impl Policy {
    /// The roles and bindings that every cluster has.
    #[cfg(test)]
    pub(super) fn of_bootstrap() -> Self {
        let objects = api::rbac::bootstrap_policy();
        let of_kind = |resource: &Resource| -> Vec<std::sync::Arc<crate::Object>> {
            let objects = objects.iter().filter(|object| object["kind"] == *resource.kind);
            let stored = objects.map(|object| {
                let bytes = crate::object::encode(object);
                let version = meta::object::ResourceVersion(1);
                crate::Object::from_stored(facts(resource).unwrap(), version, &bytes).unwrap()
            });
            stored.map(std::sync::Arc::new).collect()
        };
        let mut index = Index::default();
        index.cluster_roles.take(1, &of_kind(&CLUSTER_ROLES));
        index.roles.take(1, &of_kind(&ROLES));
        for (resource, table) in [(CLUSTER_ROLE_BINDINGS, false), (ROLE_BINDINGS, true)] {
            let objects = of_kind(&resource);
            let bindings = if table { &mut index.bindings } else { &mut index.cluster_bindings };
            let turnover = bindings.take(1, &objects);
            index.turn_over(&turnover);
        }
        Self { index: RwLock::new(index) }
    }

    /// Takes over what the caches hold by now.
    ///
    /// # Errors
    /// The store does not answer, and a cache was not loaded yet.
    pub(crate) async fn refresh(&self, caches: &Caches) -> Result<(), Status> {
        let kinds = [CLUSTER_ROLES, ROLES, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS];
        let mut loaded = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let cache = caches.of(facts(&kind)?).await?;
            let applied = cache.applied();
            loaded.push((cache, applied));
        }
        let is_current = {
            let index = self.index.read();
            let known = [
                index.cluster_roles.applied,
                index.roles.applied,
                index.cluster_bindings.applied,
                index.bindings.applied,
            ];
            loaded.iter().map(|(_, applied)| *applied).eq(known)
        };
        let [cluster_roles, roles, cluster_bindings, bindings] = loaded.as_slice() else {
            return Ok(());
        };
        if is_current {
            return Ok(());
        }
        let mut index = self.index.write();
        if cluster_roles.1 > index.cluster_roles.applied {
            index.cluster_roles.take(cluster_roles.1, &cluster_roles.0.all(""));
        }
        if roles.1 > index.roles.applied {
            index.roles.take(roles.1, &roles.0.all(""));
        }
        if cluster_bindings.1 > index.cluster_bindings.applied {
            let turnover =
                index.cluster_bindings.take(cluster_bindings.1, &cluster_bindings.0.all(""));
            index.turn_over(&turnover);
        }
        if bindings.1 > index.bindings.applied {
            let turnover = index.bindings.take(bindings.1, &bindings.0.all(""));
            index.turn_over(&turnover);
        }
        Ok(())
    }

    /// Whether a rule allows it.
    pub(super) fn decide(&self, attributes: &Attributes<'_>) -> Decision {
        let (asked, namespace) = asked(attributes);
        let index = self.index.read();
        let mut problems = Vec::new();
        for (binding, subject) in index.bindings_of(attributes.user, namespace) {
            let Some(rules) = index.rules_of(&binding.role_ref, &binding.metadata.namespace) else {
                problems.push(not_found(&binding.role_ref));
                continue;
            };
            let allowing = rules.iter().position(|rule| rule.allows(attributes.verb, asked));
            if let Some(rule) = allowing {
                let grant = Some(Grant { role: role_of(binding), rule });
                return Decision::Allow { reason: reason(binding, subject), grant };
            }
        }
        if problems.is_empty() {
            return Decision::deny("");
        }
        Decision::Deny { reason: format!("RBAC: {}", aggregate(problems)) }
    }

    /// All rules that hold for a user in a namespace.
    pub(crate) fn rules(&self, user: &User, namespace: &str) -> Held {
        let index = self.index.read();
        let mut held = Held::default();
        for (binding, _) in index.bindings_of(user, namespace) {
            match index.rules_of(&binding.role_ref, &binding.metadata.namespace) {
                Some(rules) => held.rules.extend_from_slice(rules),
                None => held.problems.push(not_found(&binding.role_ref)),
            }
        }
        held
    }

    /// The rules of a role that is to be bound in a namespace; `None` if there is no such role.
    pub(crate) fn rules_of(&self, role: &RoleRef, namespace: &str) -> Option<Vec<PolicyRule>> {
        self.index.read().rules_of(role, namespace).map(<[_]>::to_vec)
    }
}

impl Held {
    pub(super) fn everything() -> Self {
        Self { rules: super::FULL_AUTHORITY.clone(), ..Self::default() }
    }
    pub(super) fn extend(&mut self, more: Self) {
        self.rules.extend(more.rules);
        self.problems.extend(more.problems);
        self.is_incomplete |= more.is_incomplete;
    }
    /// The problems in one text; empty if there are none.
    pub(crate) fn problem(self) -> String {
        if self.problems.is_empty() { String::new() } else { aggregate(self.problems) }
    }
}

fn facts(resource: &Resource) -> Result<&'static Arc<ResourceFacts>, Status> {
    let facts = catalog::builtin().resource(&resource.group, &resource.version, &resource.plural);
    facts.ok_or_else(failure::method_not_allowed)
}

fn asked<'a>(attributes: &Attributes<'a>) -> (Asked<'a>, &'a str) {
    match attributes.target {
        Target::Path(path) => (Asked::Path(path), ""),
        Target::Resource(path) => {
            let asked = Asked::Resource {
                group: &path.group,
                resource: &path.resource,
                subresource: &path.subresource,
                name: &path.name,
            };
            (asked, &path.namespace)
        }
    }
}

fn role_of(binding: &Binding) -> String {
    let role = &binding.role_ref;
    if role.kind == "ClusterRole" {
        return format!("ClusterRole/{}", role.name);
    }
    format!("{}/{}/{}", role.kind, binding.metadata.namespace, role.name)
}

fn reason(binding: &Binding, subject: &Subject) -> String {
    let (namespace, name) = (&binding.metadata.namespace, &binding.metadata.name);
    let role = &binding.role_ref;
    let binding = if namespace.is_empty() {
        format!("ClusterRoleBinding {name:?}")
    } else {
        format!("RoleBinding \"{name}/{namespace}\"")
    };
    let (kind, role, subject) = (&role.kind, &role.name, subject.describe(namespace));
    format!("RBAC: allowed by {binding} of {kind} {role:?} to {subject}")
}

fn not_found(role: &RoleRef) -> String {
    let kind = role.kind.to_lowercase();
    format!("{kind}.rbac.authorization.k8s.io {:?} not found", role.name)
}

/// Several problems as the reference joins them: each once, in brackets if there are several.
fn aggregate(problems: Vec<String>) -> String {
    let mut told: Vec<String> = Vec::new();
    for problem in problems {
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    match told.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestInfo;

    fn check(name: &str, groups: &[&str], method: &http::Method, target: &str, wanted: &str) {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let user = User { name: name.to_owned(), groups, ..User::default() };
        let request = RequestInfo::parse(method, target);
        let attributes = Attributes::of(&user, &request);
        let shown = match Policy::of_bootstrap().decide(&attributes) {
            Decision::Allow { reason, .. } => reason,
            Decision::Deny { reason } => format!("denied {reason}"),
        };
        assert_eq!(shown, wanted, "{name} {method} {target}");
    }

    #[test]
    fn a_reason_names_binding_role_and_subject() {
        use http::Method;
        check(
            "ann",
            &["system:masters"],
            &Method::DELETE,
            "/api/v1/nodes/n",
            r#"RBAC: allowed by ClusterRoleBinding "cluster-admin" of ClusterRole "cluster-admin" to Group "system:masters""#,
        );
        check(
            "system:serviceaccount:kube-system:deployment-controller",
            &[],
            &Method::POST,
            "/apis/apps/v1/namespaces/a/replicasets",
            r#"RBAC: allowed by ClusterRoleBinding "system:controller:deployment-controller" of ClusterRole "system:controller:deployment-controller" to ServiceAccount "deployment-controller/kube-system""#,
        );
        check(
            "system:kube-scheduler",
            &[],
            &Method::GET,
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/other",
            r#"RBAC: allowed by RoleBinding "system::leader-locking-kube-scheduler/kube-system" of Role "system::leader-locking-kube-scheduler" to User "system:kube-scheduler""#,
        );
    }

    #[test]
    fn what_no_rule_allows_is_denied() {
        use http::Method;
        let scheduler = "system:kube-scheduler";
        check(scheduler, &[], &Method::POST, "/api/v1/namespaces/a/secrets", "denied ");
        check(
            scheduler,
            &[],
            &Method::GET,
            "/apis/coordination.k8s.io/v1/namespaces/a/leases/other",
            "denied ",
        );
        check("system:anonymous", &["system:unauthenticated"], &Method::GET, "/api", "denied ");
    }

    #[test]
    fn problems_are_told_once_each() {
        let told = |problems: &[&str]| {
            aggregate(problems.iter().map(|problem| (*problem).to_owned()).collect())
        };
        assert_eq!(told(&["a", "a"]), "a");
        assert_eq!(told(&["a", "b", "a"]), "[a, b]");
    }
}
