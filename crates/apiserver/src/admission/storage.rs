//! Claims and volumes: a class for claims that name none, finalizers that keep what is in use, and
//! growth only where the class allows it.

use std::cmp::Reverse;

use api::{json, resources::PERSISTENT_VOLUME_CLAIMS, views::Amounts};
use meta::resource::{Resource, Scope};
use serde::Deserialize;
use serde_json::Value;

use super::{Action, Attributes, Freshness, Link, Seen};
use crate::Status;

pub(super) const DEFAULT_CLASS: Link = Link {
    name: "DefaultStorageClass",
    reads: &[STORAGE_CLASSES],
    freshness: Freshness::Newest,
    concerns: |attributes| attributes.is_create() && attributes.is_about(&PERSISTENT_VOLUME_CLAIMS),
    mutate: |_, seen, claim| {
        choose_class(seen, claim);
        Ok(())
    },
    ..Link::IDLE
};

pub(super) const IN_USE_PROTECTION: Link = Link {
    name: "StorageObjectInUseProtection",
    concerns: |attributes| attributes.is_create() && finalizer(attributes).is_some(),
    mutate: |attributes, _, object| {
        protect(object, finalizer(attributes).unwrap_or_default());
        Ok(())
    },
    ..Link::IDLE
};

pub(super) const RESIZE: Link = Link {
    name: "PersistentVolumeClaimResize",
    reads: &[STORAGE_CLASSES],
    concerns: |attributes| {
        !attributes.is_create() && attributes.is_about(&PERSISTENT_VOLUME_CLAIMS)
    },
    validate: |attributes, seen, claim, _| may_grow(attributes, seen, claim),
    ..Link::IDLE
};

const STORAGE_CLASSES: Resource =
    Resource::new("storage.k8s.io", "v1", "storageclasses", "StorageClass", Scope::Cluster);
/// Marks of the default class, the newer one first.
const DEFAULT_MARKS: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];
/// How the class of a claim was named before there was a field.
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn choose_class(seen: &Seen, claim: &mut Value) {
    let has_class = json::field(&claim["metadata"]["annotations"], CLASS).is_some()
        || json::field(&claim["spec"], "storageClassName").is_some();
    if has_class {
        return;
    }
    if let Some(class) = default_class(seen.all(&STORAGE_CLASSES).iter().map(|o| o.value())) {
        json::object_mut(claim, "spec")["storageClassName"] = class.into();
    }
}

/// The newest of the classes that claim to be the default; of equally old ones the first by name.
fn default_class(classes: impl Iterator<Item = Value>) -> Option<String> {
    let is_default = |class: &Value| {
        DEFAULT_MARKS.iter().any(|mark| class["metadata"]["annotations"][mark] == "true")
    };
    let text = |class: &Value, field| json::text(&class["metadata"], field).to_owned();
    classes
        .filter(is_default)
        .max_by_key(|class| (text(class, "creationTimestamp"), Reverse(text(class, "name"))))
        .map(|class| text(&class, "name"))
}

fn finalizer(attributes: &Attributes<'_>) -> Option<&'static str> {
    let operation = attributes.operation;
    let resource = &operation.resource.resource;
    if !operation.subresource.is_empty() {
        return None;
    }
    match (&*resource.group, &*resource.plural) {
        ("", "persistentvolumeclaims") => Some("kubernetes.io/pvc-protection"),
        ("", "persistentvolumes") => Some("kubernetes.io/pv-protection"),
        ("storage.k8s.io", "volumeattributesclasses") => Some("kubernetes.io/vac-protection"),
        _ => None,
    }
}

fn protect(object: &mut Value, finalizer: &str) {
    let metadata = json::object_mut(object, "metadata");
    if !json::list(metadata, "finalizers").iter().any(|known| known == finalizer) {
        json::push(&mut metadata["finalizers"], finalizer.into());
    }
}

fn may_grow(attributes: &Attributes<'_>, seen: &Seen, claim: &Value) -> Result<(), Status> {
    let Action::Update { old } = attributes.action else { return Ok(()) };
    if requested(claim).get("storage") <= requested(old).get("storage") {
        return Ok(());
    }
    if old["status"]["phase"] != "Bound" {
        let reason = "Only bound persistent volume claims can be expanded";
        return Err(attributes.forbidden(claim, reason));
    }
    let class = class_of(claim);
    let allows = |class: &Value| json::is_true(class, "allowVolumeExpansion");
    let found = seen.get(&STORAGE_CLASSES, "", class).is_some_and(|found| allows(&found.value()));
    if class.is_empty() || class != class_of(old) || !found {
        let reason = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
        return Err(attributes.forbidden(claim, reason));
    }
    Ok(())
}

fn requested(claim: &Value) -> Amounts {
    Amounts::deserialize(&claim["spec"]["resources"]["requests"]).unwrap_or_default()
}

fn class_of(claim: &Value) -> &str {
    match json::text(&claim["metadata"]["annotations"], CLASS) {
        "" => json::text(&claim["spec"], "storageClassName"),
        class => class,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(name: &str, created: u8, mark: &str) -> Value {
        json!({"metadata": {"name": name, "creationTimestamp": format!("2026-01-0{created}T00:00:00Z"),
            "annotations": {mark: "true"}}})
    }

    #[test]
    fn the_newest_of_several_defaults_is_meant() {
        let [mark, beta] = DEFAULT_MARKS;
        let chosen = |classes: Vec<Value>| default_class(classes.into_iter());
        assert_eq!(chosen(vec![class("a", 1, "other")]), None);
        let three = vec![class("b", 2, beta), class("a", 1, mark), class("c", 2, mark)];
        assert_eq!(chosen(three).as_deref(), Some("b"));
    }

    #[test]
    fn what_is_protected_is_so_once() {
        let mut object = json!({"metadata": {"finalizers": ["a"]}});
        for _ in 0..2 {
            protect(&mut object, "kubernetes.io/pv-protection");
        }
        assert_eq!(object["metadata"]["finalizers"], json!(["a", "kubernetes.io/pv-protection"]));
    }
}
