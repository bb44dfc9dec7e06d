//! The `Scale` of a workload: its replicas seen through a kind of their own.

use api::{
    catalog::{self, TypeId},
    custom::ScalePaths,
    json,
    validation::{FieldError, Path},
};
use meta::selector::Selector;
use serde_json::{Value, json};

use super::{
    Inner, apply, body, failure, ownership,
    replace::{Proposal, Replaced, Tracking},
    storage::Present,
    update::RACES_MAX,
};
use crate::{
    Content, Object, Operation, Outcome, PatchType, Status,
    managed_fields::{self, OnConflict, SCALE_VERSION},
    patch,
};

/// What a client wants of a workload's scale.
enum Wanted {
    Whole(Value),
    Patched(PatchType, Content),
}

/// The scale of a workload that was read.
pub(super) fn show(operation: &Operation, object: &Object) -> Outcome {
    let value = scale_of(operation, &object.value());
    Outcome::Value { value, code: 200, warnings: Vec::new() }
}

impl Inner {
    pub(super) async fn update_scale(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let body = read(operation, content)?;
        body::same_name(operation, &body.value)?;
        self.set_scale(operation, &Wanted::Whole(body.value), body.warnings).await
    }

    pub(super) async fn patch_scale(
        &self,
        operation: &Operation,
        kind: PatchType,
        patch: Content,
    ) -> Result<Outcome, Status> {
        self.set_scale(operation, &Wanted::Patched(kind, patch), Vec::new()).await
    }

    pub(super) async fn apply_scale(
        &self,
        operation: &Operation,
        applied: &Content,
        on_conflict: OnConflict,
    ) -> Result<Outcome, Status> {
        apply::check_kind(&applied.value, SCALE_VERSION, "Scale")?;
        let facts = &operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &operation.name))?;
            let proposal = self.propose_scale(operation, &present, applied, on_conflict)?;
            match self.replace(operation, &present, proposal).await? {
                Replaced::Done(outcome) => return Ok(shown_as_scale(operation, outcome)),
                Replaced::Raced => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }

    /// The workload after an apply to its scale, which knows the owners of the replicas alone.
    fn propose_scale(
        &self,
        operation: &Operation,
        present: &Present,
        applied: &Content,
        on_conflict: OnConflict,
    ) -> Result<Proposal, Status> {
        let mut scale = scale_of(operation, &present.value);
        scale["metadata"]["managedFields"] = managed_fields::scale_entries(&present.value);
        let on_conflict = (on_conflict, self.world.clock.wall());
        let applied_scale = ownership::applied_scale(
            operation,
            scale_type()?,
            &scale,
            (&applied.value, on_conflict),
        )
        .map_err(|error| apply::refused(applied, &error))?;
        let entries = applied_scale["metadata"]["managedFields"].clone();
        let content = Content { value: applied_scale, ..Content::default() };
        let scale = read(operation, content)?.value;
        body::same_name(operation, &scale)?;
        let mut value = scaled(operation, present, &scale)?;
        let version = operation.resource.resource.api_version();
        managed_fields::put_scale_entries(&mut value, &version, &entries);
        let warnings = apply::duplicates(operation, applied)?;
        Ok(Proposal { value, warnings, tracking: Tracking::Done })
    }

    async fn set_scale(
        &self,
        operation: &Operation,
        wanted: &Wanted,
        warnings: Vec<String>,
    ) -> Result<Outcome, Status> {
        let facts = &operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &operation.name))?;
            let scale = match wanted {
                Wanted::Whole(scale) => scale.clone(),
                Wanted::Patched(kind, content) => {
                    let scale = scale_of(operation, &present.value);
                    let value = patch::apply(*kind, facts, &scale, content)?;
                    read(operation, Content { value, ..Content::default() })?.value
                }
            };
            let value = scaled(operation, &present, &scale)?;
            let proposal = Proposal { value, warnings: warnings.clone(), tracking: Tracking::Due };
            match self.replace(operation, &present, proposal).await? {
                Replaced::Done(outcome) => return Ok(shown_as_scale(operation, outcome)),
                Replaced::Raced => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }
}

fn read(operation: &Operation, content: Content) -> Result<body::Body, Status> {
    body::of_type(operation, scale_type()?, "Scale", content)
}

fn scale_type() -> Result<TypeId, Status> {
    let type_id = catalog::builtin().type_of_kind("autoscaling", "v1", "Scale");
    type_id.ok_or_else(failure::method_not_allowed)
}

/// The workload with the replicas of the scale.
fn scaled(operation: &Operation, present: &Present, scale: &Value) -> Result<Value, Status> {
    let (facts, name) = (&operation.resource, operation.name.as_str());
    let replicas = json::number(&scale["spec"], "replicas").unwrap_or(0);
    if replicas < 0 {
        let path = Path::new("spec.replicas");
        let error = FieldError::invalid(&path, replicas, "must be greater than or equal to 0");
        return Err(failure::invalid_kind("Scale", "autoscaling", name, &[error]));
    }
    let version = body::text(scale, "resourceVersion");
    let uid = body::text(scale, "uid");
    let is_other = !uid.is_empty() && uid != body::text(&present.value, "uid");
    if is_other || (!version.is_empty() && version != present.modified.to_string()) {
        return Err(failure::modified(facts, name));
    }
    let mut value = present.value.clone();
    match paths(operation) {
        Some(paths) => paths.set_replicas(&mut value, replicas),
        None => value["spec"]["replicas"] = replicas.into(),
    }
    Ok(value)
}

/// Where a custom resource has its replicas; `None` for built-in workloads.
fn paths(operation: &Operation) -> Option<&ScalePaths> {
    operation.resource.custom.as_ref().and_then(|custom| custom.version.scale.as_ref())
}

/// Replicas that are there, replicas that are wanted, and whom the workload selects.
fn figures(operation: &Operation, workload: &Value) -> (i64, i64, String) {
    if let Some(paths) = paths(operation) {
        let selector = paths.selector(workload).to_owned();
        return (paths.present(workload), paths.replicas(workload).unwrap_or(0), selector);
    }
    let replicas = |part: &str| json::number(&workload[part], "replicas").unwrap_or(0);
    let selector = selector_of(operation, &workload["spec"]["selector"]);
    (replicas("status"), replicas("spec"), selector)
}

/// The `Scale` of a workload.
fn scale_of(operation: &Operation, workload: &Value) -> Value {
    let metadata = &workload["metadata"];
    let (present, wanted, selector) = figures(operation, workload);
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {}, "spec": {},
        "status": {"replicas": present},
    });
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        json::copy(&mut scale["metadata"], metadata, field);
    }
    if wanted != 0 {
        scale["spec"]["replicas"] = wanted.into();
    }
    if !selector.is_empty() {
        scale["status"]["selector"] = selector.into();
    }
    scale
}

/// Replication controllers select by plain labels, the others by a label selector.
fn selector_of(operation: &Operation, selector: &Value) -> String {
    if operation.resource.resource.group.is_empty() {
        let labels = json::labels(selector);
        return Selector::from_labels(&labels).to_string();
    }
    Selector::from_json(selector).map(|selector| selector.to_string()).unwrap_or_default()
}

fn shown_as_scale(operation: &Operation, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Object { object, warnings, .. } => {
            Outcome::Value { value: scale_of(operation, &object.value()), code: 200, warnings }
        }
        Outcome::Value { value, code, warnings } => {
            Outcome::Value { value: scale_of(operation, &value), code, warnings }
        }
        Outcome::List(_) | Outcome::Watch(_) => outcome,
    }
}
