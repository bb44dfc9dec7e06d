//! Server-side apply: over the newest state as often as it takes, or a create where there is none.

use api::{catalog::ResourceFacts, schema};
use serde_json::Value;

use super::{
    Inner,
    body::{self, Body},
    create::refuse_if_terminating,
    failure, ownership,
    patch::fit,
    replace::{Proposal, Replaced, Tracking},
    storage::Present,
    update::RACES_MAX,
};
use crate::{
    Cause, Content, FieldValidation, Operation, Outcome, PatchType, Reason, Status,
    managed_fields::{ApplyError, OnConflict},
    patch,
};

impl Inner {
    pub(super) async fn apply(
        &self,
        operation: &Operation,
        content: &Content,
        on_conflict: OnConflict,
    ) -> Result<Outcome, Status> {
        if operation.subresource == "scale" {
            return self.apply_scale(operation, content, on_conflict).await;
        }
        let facts = &operation.resource;
        let name = &operation.name;
        check_kind(&content.value, &facts.resource.api_version(), &facts.resource.kind)?;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, name).await?;
            let Some(present) = present else {
                match self.create_by_apply(operation, content).await {
                    Err(status) if status.reason == Reason::AlreadyExists => continue,
                    outcome => return outcome,
                }
            };
            let proposal = self.propose(operation, &present, content, on_conflict)?;
            match self.replace(operation, &present, proposal).await? {
                Replaced::Done(outcome) => return Ok(outcome),
                Replaced::Raced => {}
            }
        }
        Err(failure::modified(facts, name))
    }

    fn propose(
        &self,
        operation: &Operation,
        present: &Present,
        content: &Content,
        on_conflict: OnConflict,
    ) -> Result<Proposal, Status> {
        let now = self.world.clock.wall();
        let live = Some(&present.value);
        let applied = ownership::applied(operation, live, &content.value, (on_conflict, now))
            .map_err(|error| refused(content, &error))?;
        let Body { value, warnings } = decoded(operation, content, applied)?;
        fit(operation, present, Proposal { value, warnings, tracking: Tracking::Done })
    }

    async fn create_by_apply(
        &self,
        operation: &Operation,
        content: &Content,
    ) -> Result<Outcome, Status> {
        let facts = &operation.resource;
        if !operation.subresource.is_empty() || !facts.has_verb("create") {
            return Err(failure::not_found(facts, &operation.name));
        }
        refuse_if_terminating(operation, &operation.name)?;
        let now = self.world.clock.wall();
        let applied =
            ownership::applied(operation, None, &content.value, (OnConflict::Refuse, now))
                .map_err(|error| refused(content, &error))?;
        let mut body = decoded(operation, content, applied)?;
        body::complete(facts, &mut body.value);
        body::same_name(operation, &body.value)?;
        body::place(operation, &mut body.value)?;
        let uid = body::text(&body.value, "uid");
        if !uid.is_empty() {
            let reason = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(failure::conflict(facts, &operation.name, &reason));
        }
        body::metadata(&mut body.value).remove("resourceVersion");
        self.may_create(operation).await?;
        self.create_object(operation, body, Tracking::Done).await
    }
}

/// The kind that is applied must be the one of the URL, version included.
pub(super) fn check_kind(applied: &Value, api_version: &str, kind: &str) -> Result<(), Status> {
    let text = |field: &str| applied[field].as_str().unwrap_or_default();
    if text("apiVersion") == api_version && text("kind") == kind {
        return Ok(());
    }
    let (group, version) = text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
    Err(failure::bad_request(format!(
        "invalid object type: {group}/{version}, Kind={}",
        text("kind")
    )))
}

/// The answer to an apply that cannot be.
pub(super) fn refused(content: &Content, error: &ApplyError) -> Status {
    match error {
        ApplyError::ManagedFields => failure::bad_request(error),
        ApplyError::Schema(_) => {
            let object = described(&content.value);
            failure::unexplained(format!("failed to create typed patch object ({object}): {error}"))
        }
        ApplyError::Conflicts(conflicts) => {
            let mut status = Status::new(409, Reason::Conflict, error.to_string());
            status.has_details = true;
            let causes = conflicts.iter().map(|conflict| Cause {
                reason: "FieldManagerConflict".to_owned(),
                message: format!("conflict with {}", conflict.owner),
                field: conflict.path.clone(),
            });
            status.causes = causes.collect();
            status
        }
    }
}

/// `NAMESPACE/NAME; GROUP/VERSION, Kind=KIND`, as the object itself says.
fn described(applied: &Value) -> String {
    let text = |field: &str| applied[field].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
    let (namespace, name) = (body::text(applied, "namespace"), body::text(applied, "name"));
    format!("{namespace}/{name}; {group}/{version}, Kind={}", text("kind"))
}

/// What came of an apply as an object of the kind, with what field validation finds in the body.
fn decoded(operation: &Operation, content: &Content, applied: Value) -> Result<Body, Status> {
    let facts: &ResourceFacts = &operation.resource;
    let refuse = |problem: &str| {
        let (object, version) = (described(&content.value), facts.resource.api_version());
        failure::unexplained(format!(
            "failed to convert new object ({object}) to proper version ({version}): {problem}"
        ))
    };
    let mismatch = match facts.custom {
        Some(_) => None,
        None => patch::mismatch(PatchType::Strategic, facts, &applied),
    };
    if let Some(problem) = mismatch {
        return Err(refuse(&problem));
    }
    let decoded =
        schema::decode_object(facts, applied).map_err(|error| refuse(&error.to_string()))?;
    let warnings = duplicates(operation, content)?;
    Ok(Body { value: decoded.value, warnings })
}

/// Keys that are there twice: ignored, told, or refused.
pub(super) fn duplicates(operation: &Operation, content: &Content) -> Result<Vec<String>, Status> {
    match operation.field_validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(content.duplicates.clone()),
        FieldValidation::Strict if content.duplicates.is_empty() => Ok(Vec::new()),
        FieldValidation::Strict => {
            let lines: Vec<String> =
                content.duplicates.iter().map(|problem| format!("\n  {problem}")).collect();
            Err(failure::bad_request(format!(
                "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:{}",
                lines.concat()
            )))
        }
    }
}
