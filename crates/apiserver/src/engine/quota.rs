//! Charges quotas in the transaction that writes the object, so that nothing is paid for what was not
//! stored and nothing is stored unpaid.

use std::sync::Arc;

use api::{
    catalog::{self, ResourceFacts},
    quota::{self, Subject},
    resources::{PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, SERVICES},
    views::{Amounts, PersistentVolumeClaim, Pod, ResourceQuota, Service},
};
use meta::{mutants::mutant, resource::Scope};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Compare;
use tokio::sync::MutexGuard;

use super::{
    Inner, body, failure, ownership,
    storage::{self, Along, Present},
};
use crate::{
    Content, FieldValidation, Notes, Operation, Status, User, Verb,
    admission::{Action, quota as admission},
    object::encode,
};

/// What goes along with the write, and the lock to hold until it is done.
#[derive(Debug)]
pub(super) struct Charge<'a> {
    pub(super) along: Along,
    _held: Option<MutexGuard<'a, ()>>,
}

const MANAGER: &str = "kube-apiserver";

impl Inner {
    /// What the quotas of the namespace are charged for an object that is about to be stored.
    ///
    /// # Errors
    /// 403 if a quota refuses.
    pub(super) async fn charge_quotas(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &Value,
    ) -> Result<Charge<'_>, Status> {
        let free = Charge { along: Along::nothing(), _held: None };
        let facts = quota_facts()?;
        if !self.options.admission.charges_quotas() || !is_charged(operation, action) {
            return Ok(free);
        }
        let known = self.caches.of(facts).await?.all(&operation.namespace);
        if known.is_empty() {
            return Ok(free);
        }
        // One at a time: all would write the same quotas, and only the first would succeed.
        let held = self.charging.lock().await;
        let mut present = Vec::with_capacity(known.len());
        for quota in known {
            // The cache may be behind; what is compared in the transaction is not.
            present.extend(self.load(facts, &operation.namespace, &quota.key.name).await?);
        }
        let charged = self.decide(operation, action, value, &present)?;
        let mut along = Along::nothing();
        for (place, used) in charged {
            self.pay(&present[place], &used, &mut along)?;
        }
        if mutant("hb_32") {
            let Along { compare, then } = std::mem::take(&mut along);
            let paid = self.store.transact(store::Transaction { compare, then }).await;
            paid.map_err(|error| failure::of_store(&error))?;
        }
        Ok(Charge { along, _held: Some(held) })
    }

    fn decide(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &Value,
        present: &[Present],
    ) -> Result<Vec<(usize, Amounts)>, Status> {
        let quotas = present.iter().map(|quota| read(&quota.value));
        let quotas = quotas.collect::<Result<Vec<ResourceQuota>, Status>>()?;
        let before = match action {
            Action::Create => None,
            Action::Update { old } => Some(Counted::read(&operation.resource, old)?),
        };
        let after = Counted::read(&operation.resource, value)?;
        let change = admission::Change {
            old: before.as_ref().map(|before| before.subject(&operation.resource)),
            new: after.subject(&operation.resource),
            now: self.world.clock.wall(),
        };
        let refuse = |reason: String| {
            failure::forbidden(&operation.resource, body::text(value, "name"), &reason)
        };
        admission::charge(&quotas, &change).map_err(refuse)
    }

    /// Writes what is used up now, over the state that was decided on.
    fn pay(&self, quota: &Present, used: &Amounts, along: &mut Along) -> Result<(), Status> {
        let facts = quota_facts()?;
        let mut value = quota.value.clone();
        value["status"]["used"] = json!(used);
        let [namespace, name] = ["namespace", "name"].map(|field| body::text(&quota.value, field));
        let operation = status_write(facts, namespace, name);
        let key = storage::key(facts, namespace, name);
        ownership::changed(&operation, &quota.value, &mut value, self.world.clock.wall());
        body::metadata(&mut value).remove("resourceVersion");
        along.compare.push(Compare { key: key.clone(), modified: quota.modified });
        let value = encode(&value);
        along.then.push(store::Operation::Put { key, value, time_to_live: None });
        Ok(())
    }
}

/// Creations of whole objects, and those changes that may add to a usage.
fn is_charged(operation: &Operation, action: Action<'_>) -> bool {
    let resource = &operation.resource.resource;
    if resource.scope == Scope::Cluster || !quota::is_quotable(resource) {
        return false;
    }
    let whole = operation.subresource.is_empty();
    match action {
        Action::Create => whole,
        Action::Update { .. } if *resource == PODS => whole || operation.subresource == "resize",
        Action::Update { .. } => {
            whole && (*resource == SERVICES || *resource == PERSISTENT_VOLUME_CLAIMS)
        }
    }
}

/// What is read of an object to count it.
enum Counted {
    Pod(Box<Pod>),
    Service(Box<Service>),
    Claim(Box<PersistentVolumeClaim>),
    Object,
}

impl Counted {
    fn read(facts: &ResourceFacts, value: &Value) -> Result<Self, Status> {
        let resource = &facts.resource;
        Ok(match resource {
            _ if *resource == PODS => Self::Pod(read(value)?),
            _ if *resource == SERVICES => Self::Service(read(value)?),
            _ if *resource == PERSISTENT_VOLUME_CLAIMS => Self::Claim(read(value)?),
            _ => Self::Object,
        })
    }

    fn subject<'a>(&'a self, facts: &'a ResourceFacts) -> Subject<'a> {
        match self {
            Self::Pod(pod) => Subject::Pod(pod),
            Self::Service(service) => Subject::Service(service),
            Self::Claim(claim) => Subject::Claim(claim),
            Self::Object => Subject::Counted(&facts.resource),
        }
    }
}

fn read<'v, T: Deserialize<'v>>(value: &'v Value) -> Result<T, Status> {
    T::deserialize(value).map_err(|error| failure::internal(&error))
}

fn quota_facts() -> Result<&'static Arc<ResourceFacts>, Status> {
    let quotas = RESOURCE_QUOTAS;
    let facts = catalog::builtin().resource(&quotas.group, &quotas.version, &quotas.plural);
    facts.ok_or_else(failure::method_not_allowed)
}

/// The charge as a write of the server's own.
fn status_write(facts: &Arc<ResourceFacts>, namespace: &str, name: &str) -> Operation {
    Operation {
        resource: Arc::clone(facts),
        subresource: "status".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        verb: Verb::Update { content: Content::default() },
        user: User::default(),
        field_manager: MANAGER.to_owned(),
        epoch: None,
        dry_run: false,
        field_validation: FieldValidation::Ignore,
        notes: Notes::default(),
    }
}
