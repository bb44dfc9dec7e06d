//! Updates: a whole object in place of another.

use api::validation::{FieldError, Path};
use serde_json::Value;

use super::{
    Inner,
    body::{self, Body},
    failure,
    replace::{Proposal, Replaced, Tracking},
    storage::Present,
};
use crate::{Content, Operation, Outcome, Status};

/// A write without version is decided anew this often when others write at the same time.
pub(crate) const RACES_MAX: usize = 64;

impl Inner {
    pub(super) async fn update(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        if operation.subresource == "scale" {
            return self.update_scale(operation, content).await;
        }
        let mut body = body::object(operation, content)?;
        body::place(operation, &mut body.value)?;
        body::same_name(operation, &body.value)?;
        let facts = &operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let Some(present) = present else {
                return self.create_by_update(operation, body).await;
            };
            check_preconditions(operation, &present, &body.value)?;
            let Body { value, warnings } = body.clone();
            let proposal = Proposal { value, warnings, tracking: Tracking::Due };
            match self.replace(operation, &present, proposal).await? {
                Replaced::Done(outcome) => return Ok(outcome),
                Replaced::Raced => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }

    async fn create_by_update(&self, operation: &Operation, body: Body) -> Result<Outcome, Status> {
        let facts = &operation.resource;
        let missing = failure::not_found(facts, &operation.name);
        if !facts.create_on_update || !operation.subresource.is_empty() {
            return Err(missing);
        }
        if !body::text(&body.value, "resourceVersion").is_empty() {
            return Err(missing);
        }
        self.may_create(operation).await?;
        self.create_object(operation, body, Tracking::Due).await
    }
}

/// The client's uid and version must be those of the object.
fn check_preconditions(
    operation: &Operation,
    present: &Present,
    sent: &Value,
) -> Result<(), Status> {
    let (facts, name) = (&operation.resource, operation.name.as_str());
    let (uid, known) = (body::text(sent, "uid"), body::text(&present.value, "uid"));
    if !uid.is_empty() && uid != known {
        let key = super::storage::key(facts, &operation.namespace, name);
        let reason = format!(
            "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {known}",
            String::from_utf8_lossy(&key)
        );
        return Err(failure::conflict(facts, name, &reason));
    }
    match body::text(sent, "resourceVersion") {
        "" | "0" if facts.unconditional_update => Ok(()),
        "" | "0" => {
            let path = Path::new("metadata.resourceVersion");
            let error = FieldError::invalid(&path, 0, "must be specified for an update");
            let resource = &facts.resource;
            Err(failure::invalid_kind(&resource.plural, &resource.group, name, &[error]))
        }
        version if version == present.modified.to_string() => Ok(()),
        version if version.parse::<u64>().is_err() => {
            let text = format!(
                "resourceVersion: Invalid value: {version:?}: strconv.ParseUint: parsing {version:?}: invalid syntax"
            );
            Err(failure::bad_request(format!("invalid resource version: {text}")))
        }
        _ => Err(failure::modified(facts, name)),
    }
}
