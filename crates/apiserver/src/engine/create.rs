//! Creating objects: identity, admission, preparation, validation, and one write.

use std::sync::Arc;

use api::{catalog::builtin, kinds};
use meta::time::Time;
use serde_json::Value;
use store::{Compare, Revision};
use world::Dice;

use super::{
    Inner,
    body::{self, Body},
    failure, owners, ownership,
    replace::Tracking,
    storage::{self, Along, Write, Written},
};
use crate::{Content, Operation, Outcome, Status, admission::Action};

/// A generated name is tried this often before the client is asked to.
const NAMES_TRIED_MAX: usize = 8;
/// A base of a generated name is cut to this, so that the whole stays a DNS label.
const NAME_BASE_BYTES_MAX: usize = 58;
const NAME_SUFFIX_LETTERS: usize = 5;
/// A create whose namespace or address changed meanwhile is decided anew this often.
const CHANGES_MAX: usize = 4;

/// How one try ended.
enum Attempt {
    Created(Outcome),
    NameTaken(Status),
    /// What it was decided on has changed; the refusal if this goes on.
    Overtaken(Status),
}

impl Inner {
    pub(super) async fn create(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        if !operation.subresource.is_empty() {
            return self.create_subresource(operation, content).await;
        }
        if !super::is_stored(&operation.resource) {
            return self.create_virtual(operation, content).await;
        }
        if !operation.resource.has_verb("create") {
            return Err(failure::method_not_allowed());
        }
        refuse_if_terminating(operation, body::text(&content.value, "name"))?;
        let mut body = body::object(operation, content)?;
        body::place(operation, &mut body.value)?;
        self.create_object(operation, body, Tracking::Due).await
    }

    /// Creates an object that is decoded and in its place.
    pub(super) async fn create_object(
        &self,
        operation: &Operation,
        body: Body,
        tracking: Tracking,
    ) -> Result<Outcome, Status> {
        if !body::text(&body.value, "resourceVersion").is_empty() {
            return Err(failure::unexplained(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let generated = body::text(&body.value, "name").is_empty()
            && !body::text(&body.value, "generateName").is_empty();
        let (mut names, mut changes) = (1, 1);
        loop {
            match self.create_once(operation, body.clone(), tracking).await? {
                Attempt::Created(outcome) => return Ok(outcome),
                Attempt::NameTaken(_) if generated && names < NAMES_TRIED_MAX => names += 1,
                Attempt::NameTaken(status) if generated => return Err(no_unique_name(status)),
                Attempt::Overtaken(_) if changes < CHANGES_MAX => {
                    changes += 1;
                    self.caches.reach_newest().await?;
                }
                Attempt::NameTaken(status) | Attempt::Overtaken(status) => return Err(status),
            }
        }
    }

    async fn create_once(
        &self,
        operation: &Operation,
        body: Body,
        tracking: Tracking,
    ) -> Result<Attempt, Status> {
        let Body { mut value, mut warnings } = body;
        body::warn(&mut warnings, owners::deduplicate(&mut value));
        let fence = self.namespace_fence(operation).await?;
        let now = self.world.clock.wall();
        identify(&mut value, now, &*self.world.dice);
        if tracking == Tracking::Due {
            ownership::created(operation, &mut value, now);
        }
        self.admission.admit(operation, Action::Create, &mut value).await?;
        self.guard_rights(operation, Action::Create, &value).await?;
        let context = self.context(operation);
        kinds::prepare_create(&context, &mut value);
        let name = body::text(&value, "name").to_owned();
        let errors = kinds::validate_create(&context, &value);
        if !errors.is_empty() {
            return Err(failure::invalid(&operation.resource, &name, &errors));
        }
        body::warn(&mut warnings, kinds::warnings(&context, &value, None));
        let remarks = self.admission.check(operation, Action::Create, &value).await?;
        body::warn(&mut warnings, remarks);
        let charge = self.charge_quotas(operation, Action::Create, &value).await?;
        if operation.dry_run {
            self.refuse_if_taken(operation, &name).await?;
            let outcome = Outcome::Value { value, code: 201, warnings };
            return Ok(Attempt::Created(outcome));
        }
        let (mut along, _held) = self.allocate(operation, &mut value).await?;
        along.compare.extend(fence);
        self.store_new(operation, value, along.and(&charge.along), warnings).await
    }

    /// Holds while the namespace is the one that admission saw: an object that is created in the
    /// moment its namespace begins to go would be left behind.
    async fn namespace_fence(&self, operation: &Operation) -> Result<Option<Compare>, Status> {
        let facts = builtin().resource("", "v1", "namespaces");
        let Some(facts) = facts.filter(|_| !operation.namespace.is_empty()) else {
            return Ok(None);
        };
        let cache = self.caches.of(facts).await?;
        let mut namespace = cache.get("", &operation.namespace);
        if namespace.is_none() {
            // It may have been created just now.
            self.caches.reach_newest().await?;
            namespace = cache.get("", &operation.namespace);
        }
        let key = storage::key(facts, "", &operation.namespace);
        Ok(namespace.map(|seen| Compare { key, modified: Revision(seen.version.0) }))
    }

    async fn store_new(
        &self,
        operation: &Operation,
        value: Value,
        along: Along,
        warnings: Vec<String>,
    ) -> Result<Attempt, Status> {
        let facts = &operation.resource;
        let name = body::text(&value, "name").to_owned();
        let write = Write {
            facts: Arc::clone(facts),
            namespace: operation.namespace.clone(),
            name: name.clone(),
            value,
            over: Revision(0),
            along,
            epoch: operation.epoch.clone(),
        };
        match self.write(write).await? {
            Written::Done(object) => {
                Ok(Attempt::Created(Outcome::Object { object, created: true, warnings }))
            }
            Written::Raced(present) => {
                let mut status = failure::already_exists(facts, &name);
                if present.is_some_and(|pair| is_deleting(&pair.value)) {
                    status.message = format!("object is being deleted: {}", status.message);
                }
                Ok(Attempt::NameTaken(status))
            }
            Written::Elsewhere => {
                let reason = "its namespace or what it needs changed meanwhile";
                Ok(Attempt::Overtaken(failure::conflict(facts, &name, reason)))
            }
        }
    }

    async fn refuse_if_taken(&self, operation: &Operation, name: &str) -> Result<(), Status> {
        let facts = &operation.resource;
        match self.load_raw(facts, &operation.namespace, name).await? {
            Some(_) => Err(failure::already_exists(facts, name)),
            None => Ok(()),
        }
    }
}

/// Nothing new comes to a definition that goes.
pub(super) fn refuse_if_terminating(operation: &Operation, name: &str) -> Result<(), Status> {
    let facts = &operation.resource;
    if facts.custom.as_ref().is_none_or(|custom| !custom.is_terminating) {
        return Ok(());
    }
    let reason = "create not allowed while custom resource definition is terminating";
    Err(failure::forbidden(facts, name, reason))
}

/// Gives a new object what only the server gives: uid, age, and a name if the client wants one made.
fn identify(value: &mut Value, now: Time, dice: &dyn Dice) {
    let metadata = body::metadata(value);
    for field in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"]
    {
        metadata.remove(field);
    }
    metadata.insert("uid".to_owned(), dice.uuid().into());
    metadata.insert("creationTimestamp".to_owned(), now.to_string().into());
    let text = |field: &str| metadata.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("name").is_empty() && !text("generateName").is_empty() {
        let name = format!("{}{}", base(text("generateName")), dice.suffix(NAME_SUFFIX_LETTERS));
        metadata.insert("name".to_owned(), name.into());
    }
}

fn base(generate_name: &str) -> &str {
    let mut end = generate_name.len().min(NAME_BASE_BYTES_MAX);
    while !generate_name.is_char_boundary(end) {
        end -= 1;
    }
    &generate_name[..end]
}

fn is_deleting(stored: &[u8]) -> bool {
    let value: Value = serde_json::from_slice(stored).unwrap_or_default();
    !body::text(&value, "deletionTimestamp").is_empty()
}

/// What the last try was refused for.
fn no_unique_name(mut status: Status) -> Status {
    status.message.push_str(", the server was not able to generate a unique name for the object");
    status.retry_after_seconds = 1;
    status
}
