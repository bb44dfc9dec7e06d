//! Creates that store nothing of their own: subresources that act, and reviews that answer.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Inner, failure};
use crate::{Content, Operation, Outcome, Status};

impl Inner {
    pub(super) async fn create_subresource(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let resource = &operation.resource.resource;
        match (&*resource.plural, operation.subresource.as_str()) {
            ("pods", "binding") => self.bind(operation, content).await,
            ("pods", "eviction") => self.evict(operation, content).await,
            ("serviceaccounts", "token") => self.issue_token(operation, content).await,
            _ => Err(failure::method_not_allowed()),
        }
    }

    pub(super) async fn create_virtual(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let resource = &operation.resource.resource;
        match &*resource.plural {
            "bindings" => self.bind(operation, content).await,
            _ => self.review(operation, content).await,
        }
    }
}

/// Reading one object of a kind that is not stored.
pub(super) fn get(operation: &Operation) -> Result<Outcome, Status> {
    let facts = &operation.resource;
    if !facts.has_verb("get") {
        return Err(failure::method_not_allowed());
    }
    Err(failure::not_found(facts, &operation.name))
}

/// Listing a kind that is not stored.
pub(super) fn list(operation: &Operation) -> Result<Outcome, Status> {
    if !operation.resource.has_verb("list") {
        return Err(failure::method_not_allowed());
    }
    Ok(Outcome::List(crate::Listed::default()))
}

/// The answer of an action that created nothing to show.
pub(super) fn done() -> Outcome {
    let value = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "code": 201});
    Outcome::Value { value, code: 201, warnings: Vec::new() }
}

/// The operation on the pod that a subresource or a virtual kind is about.
pub(super) fn on_pod(operation: &Operation, name: &str) -> Result<Operation, Status> {
    let pods = api::catalog::builtin().resource("", "v1", "pods");
    let mut on_pod = operation.clone();
    on_pod.resource = pods.map(Arc::clone).ok_or_else(failure::method_not_allowed)?;
    on_pod.subresource.clear();
    name.clone_into(&mut on_pod.name);
    Ok(on_pod)
}

/// A text of a tree, empty if it is not there.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
