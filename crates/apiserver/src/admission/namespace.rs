//! `NamespaceLifecycle`: nothing is created in a namespace that is missing or going.

use api::resources::NAMESPACES;
use meta::resource::Scope;
use serde_json::Value;

use super::{Attributes, Link, Seen};
use crate::{Cause, Operation, Reason, Status, engine::failure};

pub(super) const LIFECYCLE: Link = Link {
    name: "NamespaceLifecycle",
    reads: &[NAMESPACES],
    concerns: |attributes| {
        let operation = attributes.operation;
        attributes.is_create()
            && operation.resource.resource.scope == Scope::Namespaced
            && operation.subresource.is_empty()
    },
    mutate,
    ..Link::IDLE
};

pub(super) const EXISTS: Link = Link {
    name: "NamespaceExists",
    reads: &[NAMESPACES],
    concerns: |attributes| attributes.operation.resource.resource.scope == Scope::Namespaced,
    validate: |attributes, seen, _, _| {
        let namespace = &attributes.operation.namespace;
        seen.get(&NAMESPACES, "", namespace).map(|_| ()).ok_or_else(|| missing(namespace))
    },
    ..Link::IDLE
};

fn mutate(attributes: &Attributes<'_>, seen: &Seen, value: &mut Value) -> Result<(), Status> {
    let operation = attributes.operation;
    let Some(namespace) = seen.get(&NAMESPACES, "", &operation.namespace) else {
        return Err(missing(&operation.namespace));
    };
    if namespace.fields.get("status.phase").is_some_and(|phase| phase == "Terminating") {
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        return Err(terminating(operation, name));
    }
    Ok(())
}

fn missing(namespace: &str) -> Status {
    let message = format!("namespaces {namespace:?} not found");
    Status::new(404, Reason::NotFound, message).about("", "namespaces", namespace)
}

fn terminating(operation: &Operation, name: &str) -> Status {
    let namespace = &operation.namespace;
    let reason = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let mut status = failure::forbidden(&operation.resource, name, &reason);
    status.causes = vec![Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    }];
    status
}
