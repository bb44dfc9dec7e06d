//! Which objects an owner takes in and which it lets go, by owner reference and selector.

use client::PatchKind;
use meta::{object::ObjectMeta, resource::Resource, selector::Selector};
use serde_json::{Value, json};

use crate::{Action, Answer, Guard, Target};

/// What an owner does about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the owner's and stays so.
    Owned,
    /// Nobody's, and the selector takes it: make it the owner's, after [`may_adopt`].
    Adopt,
    /// The owner's, but the selector does not take it any more: let it go.
    Release,
    /// None of the owner's business.
    Ignore,
}

/// Decides about one object; `owner` is the metadata of the would-be owner.
pub fn claim(owner: &ObjectMeta, selector: &Selector, object: &ObjectMeta) -> Claim {
    let selected = selector.matches(&object.labels);
    match object.controller() {
        Some(controller) if controller.uid != owner.uid => Claim::Ignore,
        Some(_) if selected => Claim::Owned,
        Some(_) if owner.is_deleting() => Claim::Ignore,
        Some(_) => Claim::Release,
        None if !selected || owner.is_deleting() || object.is_deleting() => Claim::Ignore,
        None if object.namespace != owner.namespace => Claim::Ignore,
        None => Claim::Adopt,
    }
}

/// Whether a live read of the owner allows adoptions: it is the same object and not being deleted.
/// Ask for it once per look at a key, and only if something is to be adopted.
pub fn may_adopt(owner: &ObjectMeta, live: &Answer) -> bool {
    let Ok(live) = live else { return false };
    let metadata = |field: &str| live.pointer(&format!("/metadata/{field}"));
    metadata("uid").and_then(Value::as_str) == Some(owner.uid.0.as_str())
        && metadata("deletionTimestamp").is_none_or(Value::is_null)
}

/// The owner reference by which `owner` manages an object.
pub fn controller_reference(resource: &Resource, owner: &ObjectMeta) -> Value {
    json!({
        "apiVersion": resource.api_version(),
        "kind": resource.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// Makes `owner` (of kind `owner_resource`) the controller of `target`.
pub fn adopt(owner_resource: &Resource, owner: &ObjectMeta, target: Target) -> Action {
    let reference = controller_reference(owner_resource, owner);
    patch(target, json!({"metadata": {"ownerReferences": [reference]}}))
}

/// Takes `owner` out of the owners of `target`.
pub fn release(owner: &ObjectMeta, target: Target) -> Action {
    let gone = json!({"$patch": "delete", "uid": owner.uid});
    patch(target, json!({"metadata": {"ownerReferences": [gone]}}))
}

fn patch(target: Target, patch: Value) -> Action {
    // The UID is enough: a second controller is refused by the server.
    let kind = PatchKind::Strategic;
    Action::Patch { target, kind, patch, subresource: "", guard: Guard::Uid }
}

#[cfg(test)]
mod tests {
    use api::resources::REPLICA_SETS;
    use expect_test::expect;
    use meta::object::ResourceVersion;

    use super::*;

    fn metadata(json: Value) -> ObjectMeta {
        serde_json::from_value(json).expect("metadata")
    }

    /// `object` is `labels owner`, each optionally followed by `deleting`; the owner is `me`.
    fn check(owner: &str, object: &str, expected: Claim) {
        let deleting = |text: &str| text.contains("deleting").then_some("2026-11-24T08:00:00Z");
        let owner = metadata(json!({
            "name": "web", "namespace": "shop", "uid": "me", "deletionTimestamp": deleting(owner),
        }));
        let reference = ["me", "other"].into_iter().find(|uid| object.contains(*uid));
        let references: Vec<Value> = reference
            .iter()
            .map(|uid| json!({"apiVersion": "v1", "kind": "K", "name": "n", "uid": uid, "controller": true}))
            .collect();
        let object = metadata(json!({
            "name": "a",
            "namespace": if object.contains("elsewhere") { "else" } else { "shop" },
            "labels": {"app": if object.contains("match") { "web" } else { "db" }},
            "ownerReferences": references,
            "deletionTimestamp": deleting(object),
        }));
        let selector =
            Selector::from_json(&json!({"matchLabels": {"app": "web"}})).expect("a selector");
        assert_eq!(claim(&owner, &selector, &object), expected);
    }

    #[test]
    fn another_controllers_object_is_ignored() {
        check("", "match other", Claim::Ignore);
    }
    #[test]
    fn an_own_object_that_matches_is_kept_even_while_the_owner_goes() {
        check("", "match me", Claim::Owned);
        check("deleting", "match me", Claim::Owned);
    }
    #[test]
    fn an_own_object_that_matches_no_more_is_let_go_unless_the_owner_goes() {
        check("", "me", Claim::Release);
        check("deleting", "me", Claim::Ignore);
    }
    #[test]
    fn an_orphan_that_matches_is_adopted() {
        check("", "match", Claim::Adopt);
    }
    #[test]
    fn an_orphan_is_left_alone_if_it_or_the_owner_goes_or_it_lives_elsewhere() {
        check("", "", Claim::Ignore);
        check("deleting", "match", Claim::Ignore);
        check("", "match deleting", Claim::Ignore);
        check("", "match elsewhere", Claim::Ignore);
    }

    #[test]
    fn only_a_living_owner_of_the_same_uid_adopts() {
        let owner = metadata(json!({"name": "web", "uid": "me"}));
        assert!(may_adopt(&owner, &Ok(json!({"metadata": {"uid": "me"}}))));
        assert!(!may_adopt(&owner, &Ok(json!({"metadata": {"uid": "other"}}))));
        let deleting =
            json!({"metadata": {"uid": "me", "deletionTimestamp": "2026-11-24T08:00:00Z"}});
        assert!(!may_adopt(&owner, &Ok(deleting)));
    }

    #[test]
    fn adoption_and_release_are_patches_of_the_owner_references() {
        let owner = metadata(json!({"name": "web", "namespace": "shop", "uid": "me"}));
        let target = Target {
            resource: api::resources::PODS,
            key: meta::object::ObjectKey::new("shop", "a"),
            uid: "pod".into(),
            version: ResourceVersion(7),
        };
        let patch = |action| {
            let Action::Patch { patch, .. } = action else { return String::new() };
            patch.to_string()
        };
        expect![[r#"{"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"ReplicaSet","name":"web","uid":"me"}]}}"#]]
            .assert_eq(&patch(adopt(&REPLICA_SETS, &owner, target.clone())));
        expect![[r#"{"metadata":{"ownerReferences":[{"$patch":"delete","uid":"me"}]}}"#]]
            .assert_eq(&patch(release(&owner, target)));
    }
}
