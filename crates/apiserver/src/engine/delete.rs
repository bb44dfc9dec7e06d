//! Deleting: options, preconditions, the decision, one guarded write.

use std::sync::Arc;

use meta::object::Uid;
use serde_json::{Value, json};

use super::{
    Inner, address, failure,
    node_pods::Farewell,
    removal,
    removal::Removal,
    storage::{Along, Present, Write, Written},
    update::RACES_MAX,
};
use crate::{DeleteOptions, Object, Operation, Outcome, Status, custom};

/// Namespaces without which a cluster does not work.
const PROTECTED_NAMESPACES: [&str; 3] = ["default", "kube-public", "kube-system"];
const ORPHANS_WARNING: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

/// How a delete of one object ended.
pub(crate) struct Deleted {
    /// The last or present state.
    pub object: Arc<Object>,
    /// Whether the object is still there.
    pub stays: bool,
}

impl Inner {
    pub(super) async fn delete(
        &self,
        operation: &Operation,
        options: DeleteOptions,
    ) -> Result<Outcome, Status> {
        removal::check_options(&options)?;
        let facts = &operation.resource;
        if !facts.has_verb("delete") || !operation.subresource.is_empty() {
            return Err(failure::method_not_allowed());
        }
        self.node_lets_go(operation, Farewell::Delete).await?;
        let Deleted { object, stays } = self.delete_one(operation, &options).await?;
        let warnings = warnings(operation, &options);
        if !stays && !facts.returns_deleted {
            let value = success(operation, &object.uid);
            return Ok(Outcome::Value { value, code: 200, warnings });
        }
        if stays && options.orphan_dependents == Some(false) {
            return Ok(Outcome::Value { value: object.value(), code: 202, warnings });
        }
        Ok(Outcome::Object { object, created: false, warnings })
    }

    /// Deletes one object, as often as others change it meanwhile.
    pub(crate) async fn delete_one(
        &self,
        operation: &Operation,
        options: &DeleteOptions,
    ) -> Result<Deleted, Status> {
        let (facts, name) = (&operation.resource, operation.name.as_str());
        let is_protected = PROTECTED_NAMESPACES.contains(&name);
        if facts.resource.plural == "namespaces" && is_protected {
            return Err(failure::forbidden(facts, name, "this namespace may not be deleted"));
        }
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, name))?;
            removal::check_preconditions(facts, options, &present.value)?;
            let now = self.world.clock.wall();
            let is_definition = custom::is_definition(&facts.resource);
            let removal = if is_definition {
                let marked = custom::begin_cleanup(&present.value, now);
                removal::decide(facts, &marked, options, now)
            } else {
                removal::decide(facts, &present.value, options, now)
            };
            if let Some(deleted) = self.carry_out(operation, present, removal).await? {
                return Ok(deleted);
            }
        }
        Err(failure::modified(facts, name))
    }

    /// `None` if the object changed meanwhile.
    async fn carry_out(
        &self,
        operation: &Operation,
        present: Present,
        removal: Removal,
    ) -> Result<Option<Deleted>, Status> {
        let facts = &operation.resource;
        let write = |value: Value, along: Along| Write {
            facts: Arc::clone(facts),
            namespace: operation.namespace.clone(),
            name: operation.name.clone(),
            value,
            over: present.modified,
            along,
            epoch: operation.epoch.clone(),
        };
        let (written, stays) = match removal {
            Removal::Keep => {
                let object = present.into_object(facts);
                return Ok(Some(Deleted { object, stays: true }));
            }
            Removal::Mark(value) if operation.dry_run => {
                let object = Present { value, ..present }.into_object(facts);
                return Ok(Some(Deleted { object, stays: true }));
            }
            Removal::Remove(value) if operation.dry_run => {
                let object = Present { value, ..present }.into_object(facts);
                return Ok(Some(Deleted { object, stays: false }));
            }
            Removal::Mark(value) if value == present.value => {
                let object = present.into_object(facts);
                return Ok(Some(Deleted { object, stays: true }));
            }
            Removal::Mark(value) => (self.write(write(value, Along::nothing())).await?, true),
            Removal::Remove(value) => {
                let along = address::release(facts, &present.value);
                (self.remove(write(value, along)).await?, false)
            }
        };
        Ok(match written {
            Written::Done(object) => Some(Deleted { object, stays }),
            Written::Raced(_) | Written::Elsewhere => None,
        })
    }
}

/// Raw clients of jobs are told that pods stay.
fn warnings(operation: &Operation, options: &DeleteOptions) -> Vec<String> {
    let resource = &operation.resource.resource;
    let unsaid = options.propagation_policy.is_none() && options.orphan_dependents.is_none();
    if unsaid && resource.plural == "jobs" && resource.group == "batch" {
        return vec![ORPHANS_WARNING.to_owned()];
    }
    Vec::new()
}

/// The `Status` of a delete after which nothing is left.
fn success(operation: &Operation, uid: &Uid) -> Value {
    let resource = &operation.resource.resource;
    let mut details = json!({
        "name": operation.name, "kind": resource.plural, "uid": uid,
    });
    if !resource.group.is_empty() {
        details["group"] = (*resource.group).into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details})
}
