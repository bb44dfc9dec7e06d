//! Endpoint slices of a service: which they are, whom their changes concern, and how they are written.

use std::sync::Arc;

use api::{
    resources::ENDPOINT_SLICES,
    views::{AddressType, Endpoint, EndpointPort, EndpointSlice},
};
use meta::{
    names,
    object::{Labels, ObjectKey, ObjectMeta},
    resource::Resource,
    text::Text,
};
use runtime::{
    Action, Cache, Change, Guard, Index, PatchKind, Target, owners::controller_reference,
};
use serde_json::{Value, json};

use super::patch::Difference;

/// Names the service that a slice belongs to.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Names the controller that looks after a slice.
pub(crate) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// Slices by `namespace/name` of the service they belong to.
pub(crate) static SLICES_BY_SERVICE: Index<EndpointSlice> = Index {
    name: "service",
    values: |slice| {
        let service = service_of(&slice.metadata);
        service.map(|key| Text::from(key.to_string())).into_iter().collect()
    },
};

/// The slices that `manager` looks after for a service, in key order; not those that are going.
pub(crate) fn managed(
    slices: &Cache<EndpointSlice>,
    service: &ObjectKey,
    manager: &str,
) -> Vec<Arc<EndpointSlice>> {
    let mut slices = slices.by_index(&SLICES_BY_SERVICE, &service.to_string());
    slices.retain(|slice| is_managed(&slice.metadata, manager) && !slice.metadata.is_deleting());
    slices
}

/// The services whose slices somebody has changed: what `manager` looks after, or did.
pub(crate) fn concerned(change: &Change<EndpointSlice>, manager: &str) -> Vec<ObjectKey> {
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && old.metadata.generation == new.metadata.generation
        && old.metadata.labels == new.metadata.labels
    {
        return Vec::new();
    }
    let states = change.old.iter().chain(&change.new).map(|slice| &slice.metadata);
    let mut services: Vec<ObjectKey> =
        states.filter(|state| is_managed(state, manager)).filter_map(service_of).collect();
    services.dedup();
    services
}

fn service_of(slice: &ObjectMeta) -> Option<ObjectKey> {
    let name = slice.labels.get(SERVICE_NAME)?;
    Some(ObjectKey::new(slice.namespace.clone(), name.clone()))
}

fn is_managed(slice: &ObjectMeta, manager: &str) -> bool {
    slice.labels.get(MANAGED_BY).is_some_and(|known| *known == *manager)
}

/// What a slice lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) address_type: AddressType,
    pub(crate) ports: Vec<EndpointPort>,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Content {
    /// What a slice lists now.
    pub(crate) fn of(slice: &EndpointSlice) -> Self {
        Self {
            address_type: slice.address_type,
            ports: slice.ports.clone(),
            endpoints: slice.endpoints.clone(),
        }
    }
}

/// Whose slices they are.
#[derive(Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) resource: Resource,
    pub(crate) metadata: &'a ObjectMeta,
}

impl Owner<'_> {
    /// Whether a slice says that it belongs to this very owner.
    pub(crate) fn owns(&self, slice: &EndpointSlice) -> bool {
        let mut references = slice.metadata.owner_references.iter();
        references.any(|reference| {
            reference.uid == self.metadata.uid && *reference.kind == *self.resource.kind
        })
    }
    /// Makes a new slice.
    pub(crate) fn create(
        &self,
        content: &Content,
        labels: &Labels,
        annotations: &Labels,
    ) -> Action {
        let namespace = self.metadata.namespace.clone();
        let object = json!({
            "metadata": {
                "generateName": self.prefix(), "namespace": namespace,
                "labels": labels, "annotations": annotations,
                "ownerReferences": [controller_reference(&self.resource, self.metadata)],
            },
            "addressType": content.address_type,
            "endpoints": null_if_empty(&content.endpoints),
            "ports": null_if_empty(&content.ports),
        });
        Action::Create { resource: ENDPOINT_SLICES, namespace, object }
    }
    /// Makes a slice list something else; writes only what differs.
    pub(crate) fn update(
        &self,
        slice: &EndpointSlice,
        content: &Content,
        labels: &Labels,
        annotations: &Labels,
    ) -> Action {
        let mut metadata = Difference::default();
        metadata.map("labels", &slice.metadata.labels, labels);
        metadata.map("annotations", &slice.metadata.annotations, annotations);
        let mut difference = Difference::default();
        difference.within("metadata", metadata);
        difference.list("endpoints", &slice.endpoints, &content.endpoints);
        difference.list("ports", &slice.ports, &content.ports);
        let mut patch = difference.into_patch().unwrap_or_else(|| json!({}));
        if !self.owns(slice) {
            patch["metadata"]["ownerReferences"] =
                json!([controller_reference(&self.resource, self.metadata)]);
        }
        Action::Patch {
            target: Target::of(slice),
            kind: PatchKind::Merge,
            patch,
            subresource: "",
            guard: Guard::Version,
        }
    }

    /// The dash is left out where it would make the name too long.
    fn prefix(&self) -> String {
        let prefix = format!("{}-", self.metadata.name);
        // The prefix is followed by more: what counts is the name up to the dash, and the length.
        if names::dns_1123_subdomain(&format!("{prefix}a")).is_empty() {
            return prefix;
        }
        self.metadata.name.to_string()
    }
}

/// Deletes a slice.
pub(crate) fn delete(slice: &EndpointSlice) -> Action {
    Action::Delete {
        target: Target::of(slice),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Version,
    }
}

fn null_if_empty<T: serde::Serialize>(list: &[T]) -> Value {
    if list.is_empty() { Value::Null } else { json!(list) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(manager: &str, service: &str, generation: i64) -> Arc<EndpointSlice> {
        let slice = json!({"metadata": {"namespace": "shop", "generation": generation,
            "labels": {MANAGED_BY: manager, SERVICE_NAME: service}}});
        Arc::new(serde_json::from_value(slice).expect("a slice"))
    }
    fn check(old: Option<Arc<EndpointSlice>>, new: Option<Arc<EndpointSlice>>, expected: &[&str]) {
        let services = concerned(&Change { old, new }, "me");
        let names: Vec<&str> = services.iter().map(|key| &*key.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn slices_of_others_concern_nobody() {
        check(None, Some(slice("other", "web", 1)), &[]);
    }
    #[test]
    fn a_slice_that_comes_or_goes_or_lists_something_else_concerns_its_service() {
        check(None, Some(slice("me", "web", 1)), &["web"]);
        check(Some(slice("me", "web", 1)), None, &["web"]);
        check(Some(slice("me", "web", 1)), Some(slice("me", "web", 2)), &["web"]);
        check(Some(slice("me", "web", 1)), Some(slice("me", "web", 1)), &[]);
    }
    #[test]
    fn a_slice_that_changes_hands_concerns_both_sides() {
        check(Some(slice("me", "web", 1)), Some(slice("me", "db", 2)), &["web", "db"]);
        check(Some(slice("me", "web", 1)), Some(slice("other", "web", 2)), &["web"]);
    }
}
