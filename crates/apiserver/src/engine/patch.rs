//! Patches: applied to the newest state, as often as it takes.

use api::{
    catalog::ResourceFacts,
    schema,
    validation::{FieldError, Path},
};
use serde_json::Value;

use super::{
    Inner, body, failure,
    replace::{Proposal, Replaced, Tracking},
    storage::Present,
    update::RACES_MAX,
};
use crate::{Content, FieldValidation, Operation, Outcome, PatchType, Status, patch};

impl Inner {
    pub(super) async fn patch(
        &self,
        operation: &Operation,
        kind: PatchType,
        patch: Content,
    ) -> Result<Outcome, Status> {
        if operation.subresource == "scale" {
            return self.patch_scale(operation, kind, patch).await;
        }
        let facts = &operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &operation.name))?;
            let proposal = propose(operation, kind, &patch, &present)?;
            match self.replace(operation, &present, proposal).await? {
                Replaced::Done(outcome) => return Ok(outcome),
                Replaced::Raced => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }
}

/// What a patch makes of the present state.
fn propose(
    operation: &Operation,
    kind: PatchType,
    content: &Content,
    present: &Present,
) -> Result<Proposal, Status> {
    let (value, warnings) = apply(operation, kind, &present.value, content)?;
    fit(operation, present, Proposal { value, warnings, tracking: Tracking::Due })
}

/// Completes what a patch or apply made, which must be of the same object still.
pub(super) fn fit(
    operation: &Operation,
    present: &Present,
    mut proposal: Proposal,
) -> Result<Proposal, Status> {
    let facts = &operation.resource;
    let value = &mut proposal.value;
    body::complete(facts, value);
    body::same_name(operation, value)?;
    body::place(operation, value)?;
    if body::text(value, "uid") != body::text(&present.value, "uid")
        && !body::text(value, "uid").is_empty()
    {
        let path = Path::new("metadata.uid");
        let error = FieldError::invalid(&path, body::text(value, "uid"), "field is immutable");
        return Err(failure::invalid(facts, &operation.name, &[error]));
    }
    let version = body::text(value, "resourceVersion");
    if !version.is_empty() && version != present.modified.to_string() {
        return Err(failure::modified(facts, &operation.name));
    }
    Ok(proposal)
}

/// Patches and decodes, with the warnings or refusal that field validation asks for.
fn apply(
    operation: &Operation,
    kind: PatchType,
    original: &Value,
    content: &Content,
) -> Result<(Value, Vec<String>), Status> {
    let facts = &operation.resource;
    let patched = patch::apply(kind, facts, original, content)?;
    // A refusal quotes the patched object, which decoding takes apart: it is made once more then.
    let refuse = |reason: &str| match patch::apply(kind, facts, original, content) {
        Ok(patched) => patch::undecodable(kind, &patched, content, reason),
        Err(status) => status,
    };
    body::check_custom_kind(facts, &patched)?;
    let problem = wrong_kind(facts, kind, &patched);
    if let Some(problem) = problem.or_else(|| patch::mismatch(kind, facts, &patched)) {
        return Err(refuse(&problem));
    }
    let decoded =
        schema::decode_object(facts, patched).map_err(|error| refuse(&error.to_string()))?;
    let mut problems = patch::strict_findings(kind, content);
    body::warn(&mut problems, schema::strict_problems(&[], &decoded.unknown));
    match operation.field_validation {
        FieldValidation::Ignore => Ok((decoded.value, Vec::new())),
        FieldValidation::Strict if !problems.is_empty() => {
            Err(refuse(&schema::strict_error(&problems)))
        }
        FieldValidation::Warn | FieldValidation::Strict => Ok((decoded.value, problems)),
    }
}

/// JSON and merge patches may not make another kind of an object; strategic ones cannot.
fn wrong_kind(facts: &ResourceFacts, kind: PatchType, patched: &Value) -> Option<String> {
    if kind == PatchType::Strategic {
        return None;
    }
    let found = patched["kind"].as_str().unwrap_or_default();
    let resource = &facts.resource;
    (!found.is_empty() && found != resource.kind).then(|| {
        format!("no kind {found:?} is registered for version {:?} in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"", resource.api_version())
    })
}
