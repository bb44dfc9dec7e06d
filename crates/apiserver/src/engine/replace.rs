//! One state of an object in place of another: what updates, patches and scales have in common.

use std::sync::Arc;

use api::{json, kinds};
use serde_json::Value;

use super::{
    Inner, address, body, failure, owners, ownership,
    quota::Charge,
    removal::is_ready_to_go,
    storage::{Along, Present, Write, Written},
};
use crate::{Operation, Outcome, Status, admission::Action, managed_fields};

/// An object on its way from a client into the place of the present one.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    /// Complete, defaulted, in the version of the operation.
    pub value: Value,
    pub warnings: Vec<String>,
    pub tracking: Tracking,
}

/// Who keeps the `managedFields` of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// The fields that change are the writer's.
    Due,
    /// They are in order already, as after an apply.
    Done,
}

/// How a replacement ended.
pub(crate) enum Replaced {
    Done(Outcome),
    /// The object changed meanwhile; the caller decides again.
    Raced,
}

impl Inner {
    /// Admits, prepares, validates and stores a proposal over the state that it was made from.
    pub(crate) async fn replace(
        &self,
        operation: &Operation,
        present: &Present,
        proposal: Proposal,
    ) -> Result<Replaced, Status> {
        let Proposal { value: mut new, mut warnings, tracking } = proposal;
        let old = &present.value;
        body::warn(&mut warnings, owners::deduplicate(&mut new));
        let now = self.world.clock.wall();
        if tracking == Tracking::Due {
            ownership::changed(operation, old, &mut new, now);
        }
        self.admission.admit(operation, Action::Update { old }, &mut new).await?;
        self.guard_rights(operation, Action::Update { old }, &new).await?;
        let context = self.context(operation);
        address::keep(&operation.resource, &mut new, old);
        kinds::prepare_update(&context, &mut new, old);
        json::copy(&mut new["metadata"], &old["metadata"], "resourceVersion");
        if tracking == Tracking::Done {
            managed_fields::keep_times(old, &mut new);
        }
        if new == *old {
            let object = present.clone().into_object(&operation.resource);
            return Ok(Replaced::Done(Outcome::Object { object, created: false, warnings }));
        }
        let errors = kinds::validate_update(&context, &new, old);
        if !errors.is_empty() {
            let name = body::text(old, "name");
            return Err(failure::invalid(&operation.resource, name, &errors));
        }
        body::warn(&mut warnings, kinds::warnings(&context, &new, Some(old)));
        let remarks = self.admission.check(operation, Action::Update { old }, &new).await?;
        body::warn(&mut warnings, remarks);
        let charge = self.charge_quotas(operation, Action::Update { old }, &new).await?;
        if operation.dry_run {
            return Ok(Replaced::Done(Outcome::Value { value: new, code: 200, warnings }));
        }
        self.store_over(operation, present, (new, warnings), charge).await
    }

    async fn store_over(
        &self,
        operation: &Operation,
        present: &Present,
        (mut value, warnings): (Value, Vec<String>),
        charge: Charge<'_>,
    ) -> Result<Replaced, Status> {
        let facts = &operation.resource;
        let goes = is_ready_to_go(facts, &value);
        let (along, _held) = if goes {
            (address::release(facts, &present.value), None)
        } else {
            let (along, held) = self.reallocate(operation, &mut value, &present.value).await?;
            (along.and(&charge.along), held)
        };
        let write = Write {
            facts: Arc::clone(facts),
            namespace: operation.namespace.clone(),
            name: operation.name.clone(),
            value,
            over: present.modified,
            along,
            epoch: operation.epoch.clone(),
        };
        if goes {
            // The last finalizer went: the client sees what it wrote, at the version it replaced.
            let shown = Present { value: write.value.clone(), modified: present.modified };
            return Ok(match self.remove(write).await? {
                Written::Done(_) => {
                    let object = shown.into_object(facts);
                    Replaced::Done(Outcome::Object { object, created: false, warnings })
                }
                Written::Raced(_) | Written::Elsewhere => Replaced::Raced,
            });
        }
        Ok(match self.write(write).await? {
            Written::Done(object) => {
                Replaced::Done(Outcome::Object { object, created: false, warnings })
            }
            Written::Raced(_) | Written::Elsewhere => Replaced::Raced,
        })
    }
}

impl Along {
    /// Nothing but the object itself.
    pub(crate) const fn nothing() -> Self {
        Self { compare: Vec::new(), then: Vec::new() }
    }
    /// Both together.
    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.compare.extend(other.compare.iter().cloned());
        self.then.extend(other.then.iter().cloned());
        self
    }
}
