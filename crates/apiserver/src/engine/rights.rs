//! What a writer must be allowed beyond the request itself: to create what an update or apply finds
//! missing, and to give away what a role or binding gives.

use api::rbac::{GROUP, PolicyRule, RoleRef};
use serde::Deserialize;
use serde_json::Value;

use super::{Inner, body, failure};
use crate::{
    Operation, ResourcePath, Status,
    admission::Action,
    authorization::{Attributes, Decision, FULL_AUTHORITY, is_master},
};

const ALL_OR_NOTHING: &str = "must have cluster-admin privileges to use the aggregationRule";

impl Inner {
    /// Whether whoever updates or applies may create as well.
    pub(super) async fn may_create(&self, operation: &Operation) -> Result<(), Status> {
        let path = path(operation, &operation.name);
        let attributes = Attributes::on(&operation.user, "create", &path);
        match self.authorizer.authorize(&attributes).await {
            Decision::Allow { .. } => Ok(()),
            Decision::Deny { reason } => {
                Err(failure::forbidden(&operation.resource, &operation.name, &reason))
            }
        }
    }

    /// Refuses a role or binding that gives what its writer does not hold.
    pub(super) async fn guard_rights(
        &self,
        operation: &Operation,
        action: Action<'_>,
        new: &Value,
    ) -> Result<(), Status> {
        let concerns = operation.resource.resource.group == GROUP;
        if !concerns || is_master(&operation.user) || only_lets_go(action, new) {
            return Ok(());
        }
        if new.get("roleRef").is_some() {
            return self.guard_binding(operation, new).await;
        }
        self.guard_role(operation, action, new).await
    }

    async fn guard_role(
        &self,
        operation: &Operation,
        action: Action<'_>,
        new: &Value,
    ) -> Result<(), Status> {
        if self.is_allowed(operation, "escalate", &path(operation, &operation.name)).await {
            return Ok(());
        }
        let rules: Vec<PolicyRule> =
            Option::deserialize(&new["rules"]).unwrap_or_default().unwrap_or_default();
        self.confirm(operation, new, &rules).await?;
        let gathers = |role: &Value| role["aggregationRule"].is_object();
        let gathered = match action {
            Action::Create => false,
            Action::Update { old } => gathers(old),
        };
        if !gathers(new) && !gathered {
            return Ok(());
        }
        self.confirm(operation, new, &FULL_AUTHORITY).await.map_err(|_| {
            failure::forbidden(&operation.resource, body::text(new, "name"), ALL_OR_NOTHING)
        })
    }

    async fn guard_binding(&self, operation: &Operation, new: &Value) -> Result<(), Status> {
        let role = RoleRef::deserialize(&new["roleRef"]).unwrap_or_default();
        let plural = if role.kind == "ClusterRole" { "clusterroles" } else { "roles" };
        let asked = ResourcePath {
            group: role.api_group.to_string(),
            resource: plural.to_owned(),
            subresource: String::new(),
            ..path(operation, &role.name)
        };
        if self.is_allowed(operation, "bind", &asked).await {
            return Ok(());
        }
        let rules = self.authorizer.policy().await.rules_of(&role, &operation.namespace);
        let rules = rules.ok_or_else(|| failure::not_found(&operation.resource, &role.name))?;
        self.confirm(operation, new, &rules).await
    }

    async fn is_allowed(&self, operation: &Operation, verb: &str, asked: &ResourcePath) -> bool {
        let attributes = Attributes::on(&operation.user, verb, asked);
        // What is asked on the way is no request of its own.
        self.authorizer.decide(&attributes).await.is_allowed()
    }

    async fn confirm(
        &self,
        operation: &Operation,
        new: &Value,
        rules: &[PolicyRule],
    ) -> Result<(), Status> {
        let held = self.authorizer.rules(&operation.user, &operation.namespace).await;
        held.may_grant(&operation.user, rules).map_err(|escalation| {
            let name = body::text(new, "name");
            failure::forbidden(&operation.resource, name, &escalation.to_string())
        })
    }
}

/// An operation's resource as authorization sees it.
fn path(operation: &Operation, name: &str) -> ResourcePath {
    let resource = &operation.resource.resource;
    ResourcePath {
        group: resource.group.to_string(),
        version: resource.version.to_string(),
        namespace: operation.namespace.clone(),
        resource: resource.plural.to_string(),
        name: name.to_owned(),
        subresource: operation.subresource.clone(),
        is_item: true,
        ..ResourcePath::default()
    }
}

/// Whether nothing changes but what the garbage collector needs to change.
fn only_lets_go(action: Action<'_>, new: &Value) -> bool {
    let Action::Update { old } = action else { return false };
    let rest = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
                metadata.remove(field);
            }
        }
        object
    };
    rest(new) == rest(old)
}
