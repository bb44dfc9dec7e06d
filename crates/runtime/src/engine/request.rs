//! A step's action as the request that is sent: preconditions, kind and version are added here.

use client::{DeleteOptions, PatchKind, Preconditions, Request, WriteOptions};
use meta::resource::Resource;
use serde_json::{Value, json};

use crate::{Action, Guard, Target};

/// The request of an action; `None` for one that writes nothing.
pub(crate) fn request(action: &Action, field_manager: &str) -> Option<Request> {
    let options = WriteOptions { field_manager: field_manager.to_owned() };
    Some(match action {
        Action::Create { resource, namespace, object } => {
            Request::create(resource, namespace, &typed(object, resource), &options)
        }
        Action::Patch { target, kind, patch, subresource, guard } => {
            let patch = guarded(patch, *kind, target, *guard);
            let request = Request::patch(&target.resource, &target.key, *kind, &patch, &options);
            to_subresource(request, subresource)
        }
        Action::CreateSubresource { target, subresource, object } => {
            let object = named(object, subresource, target);
            let request = Request::update(&target.resource, &target.key, &object, &options);
            Request { method: client::Method::Post, ..request.subresource(subresource) }
        }
        Action::Replace { target, subresource, object } => {
            let mut object = typed(object, &target.resource);
            if *subresource == "scale" {
                object["apiVersion"] = "autoscaling/v1".into();
                object["kind"] = "Scale".into();
            }
            let metadata = &mut object["metadata"];
            metadata["name"] = json!(target.key.name);
            if !target.key.namespace.is_empty() {
                metadata["namespace"] = json!(target.key.namespace);
            }
            metadata["uid"] = json!(target.uid);
            metadata["resourceVersion"] = json!(target.version);
            let request = Request::update(&target.resource, &target.key, &object, &options);
            to_subresource(request, subresource)
        }
        Action::Delete { target, propagation, grace_period_seconds, guard } => {
            let options = DeleteOptions {
                propagation: *propagation,
                grace_period_seconds: *grace_period_seconds,
                preconditions: preconditions(target, *guard),
            };
            Request::delete(&target.resource, &target.key, &options)
        }
        Action::DeleteCollection { resource, namespace, options } => {
            Request::delete_collection(resource, namespace, options)
        }
        Action::Announce => return None,
    })
}

/// What an action does, in a few words: `patch deployments.apps/status shop/web`.
pub(crate) fn summary(action: &Action) -> String {
    match action {
        Action::Create { resource, namespace, object } => {
            let metadata = |field: &str| object.pointer(&format!("/metadata/{field}"))?.as_str();
            let generated = metadata("generateName").map(|prefix| format!("{prefix}…"));
            let name = metadata("name").map(str::to_owned).or(generated).unwrap_or_default();
            let place = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
            format!("create {resource} {place}{name}")
        }
        Action::Patch { target, subresource, .. } => on("patch", target, subresource),
        Action::CreateSubresource { target, subresource, .. } => on("create", target, subresource),
        Action::Replace { target, subresource, .. } => on("replace", target, subresource),
        Action::Delete { target, .. } => on("delete", target, ""),
        Action::DeleteCollection { resource, namespace, .. } => {
            format!("delete all {resource} in {namespace}")
        }
        Action::Announce => "tell".to_owned(),
    }
}

fn on(verb: &str, target: &Target, subresource: &str) -> String {
    let slash = if subresource.is_empty() { "" } else { "/" };
    format!("{verb} {}{slash}{subresource} {}", target.resource, target.key)
}

fn to_subresource(request: Request, name: &str) -> Request {
    if name.is_empty() { request } else { request.subresource(name) }
}

fn preconditions(target: &Target, guard: Guard) -> Preconditions {
    let resource_version = match guard {
        Guard::Uid => None,
        Guard::Version => Some(target.version),
    };
    Preconditions { uid: Some(target.uid.clone()), resource_version }
}

fn guarded(patch: &Value, kind: PatchKind, target: &Target, guard: Guard) -> Value {
    let wanted = preconditions(target, guard);
    let mut patch = patch.clone();
    match kind {
        PatchKind::Json => {
            let uid = json!({"op": "test", "path": "/metadata/uid", "value": target.uid});
            let version = wanted.resource_version.map(
                |version| json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}),
            );
            let operations = patch.as_array().cloned().unwrap_or_default();
            std::iter::once(uid).chain(version).chain(operations).collect()
        }
        PatchKind::Apply(_) => {
            // The identity is no field that becomes the applier's; a version would be a needless race.
            patch["metadata"]["uid"] = json!(target.uid);
            patch["apiVersion"] = target.resource.api_version().into();
            patch["kind"] = json!(target.resource.kind);
            patch
        }
        PatchKind::Merge | PatchKind::Strategic => {
            patch["metadata"]["uid"] = json!(target.uid);
            if let Some(version) = wanted.resource_version {
                patch["metadata"]["resourceVersion"] = json!(version);
            }
            patch
        }
    }
}

fn typed(object: &Value, resource: &Resource) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = resource.api_version().into();
    object["kind"] = json!(resource.kind);
    object
}

/// Bodies of subresources name the object they belong to, by UID where the server looks at it.
fn named(object: &Value, subresource: &str, target: &Target) -> Value {
    let mut object = object.clone();
    let kind = match subresource {
        "binding" => Some(("v1", "Binding")),
        "eviction" => Some(("policy/v1", "Eviction")),
        "token" => Some(("authentication.k8s.io/v1", "TokenRequest")),
        _ => None,
    };
    if let Some((api_version, kind)) = kind {
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
    }
    object["metadata"]["name"] = json!(target.key.name);
    object["metadata"]["namespace"] = json!(target.key.namespace);
    object["metadata"]["uid"] = json!(target.uid);
    if subresource == "eviction" {
        object["deleteOptions"]["preconditions"]["uid"] = json!(target.uid);
    }
    object
}

#[cfg(test)]
mod tests {
    use api::resources::PODS;
    use expect_test::{Expect, expect};
    use meta::object::{ObjectKey, ResourceVersion};

    use super::*;

    fn pod() -> Target {
        Target {
            resource: PODS,
            key: ObjectKey::new("shop", "a"),
            uid: "u".into(),
            version: ResourceVersion(7),
        }
    }
    fn patch(kind: PatchKind, patch: Value, guard: Guard) -> Action {
        Action::Patch { target: pod(), kind, patch, subresource: "status", guard }
    }
    fn check(action: Action, expected: Expect) {
        let request = request(&action, "kube-controller-manager").expect("it writes");
        let body = String::from_utf8_lossy(&request.body).into_owned();
        expected.assert_eq(&format!(
            "{}\n{:?} {}\n{body}",
            summary(&action),
            request.method,
            request.path
        ));
    }

    #[test]
    fn a_merge_patch_carries_uid_and_version() {
        check(
            patch(PatchKind::Merge, json!({"status": {"replicas": 3}}), Guard::Version),
            expect![[r#"
                patch pods/status shop/a
                Patch /api/v1/namespaces/shop/pods/a/status?fieldManager=kube-controller-manager
                {"metadata":{"resourceVersion":"7","uid":"u"},"status":{"replicas":3}}"#]],
        );
    }
    #[test]
    fn a_json_patch_tests_the_uid_first() {
        check(
            patch(PatchKind::Json, json!([{"op": "remove", "path": "/x"}]), Guard::Uid),
            expect![[r#"
                patch pods/status shop/a
                Patch /api/v1/namespaces/shop/pods/a/status?fieldManager=kube-controller-manager
                [{"op":"test","path":"/metadata/uid","value":"u"},{"op":"remove","path":"/x"}]"#]],
        );
    }
    #[test]
    fn a_delete_has_preconditions() {
        check(
            Action::Delete {
                target: pod(),
                propagation: Some(client::Propagation::Background),
                grace_period_seconds: None,
                guard: Guard::Version,
            },
            expect![[r#"
                delete pods shop/a
                Delete /api/v1/namespaces/shop/pods/a
                {"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"resourceVersion":"7","uid":"u"},"propagationPolicy":"Background"}"#]],
        );
    }
    #[test]
    fn a_create_says_what_it_creates() {
        check(
            Action::Create {
                resource: PODS,
                namespace: "shop".into(),
                object: json!({"metadata": {"generateName": "web-"}}),
            },
            expect![[r#"
                create pods shop/web-…
                Post /api/v1/namespaces/shop/pods?fieldManager=kube-controller-manager
                {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-"}}"#]],
        );
    }
    #[test]
    fn a_binding_names_its_pod() {
        check(
            Action::CreateSubresource {
                target: pod(),
                subresource: "binding",
                object: json!({"target": {"kind": "Node", "name": "node-0"}}),
            },
            expect![[r#"
                create pods/binding shop/a
                Post /api/v1/namespaces/shop/pods/a/binding?fieldManager=kube-controller-manager
                {"apiVersion":"v1","kind":"Binding","metadata":{"name":"a","namespace":"shop","uid":"u"},"target":{"kind":"Node","name":"node-0"}}"#]],
        );
    }
    #[test]
    fn a_scale_is_a_kind_of_its_own() {
        let object = json!({"spec": {"replicas": 3}});
        check(
            Action::Replace { target: pod(), subresource: "scale", object },
            expect![[r#"
                replace pods/scale shop/a
                Put /api/v1/namespaces/shop/pods/a/scale?fieldManager=kube-controller-manager
                {"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"a","namespace":"shop","resourceVersion":"7","uid":"u"},"spec":{"replicas":3}}"#]],
        );
    }
    #[test]
    fn a_replacement_keeps_the_version_it_was_decided_on() {
        check(
            Action::Replace { target: pod(), subresource: "", object: json!({"spec": {}}) },
            expect![[r#"
                replace pods shop/a
                Put /api/v1/namespaces/shop/pods/a?fieldManager=kube-controller-manager
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"shop","resourceVersion":"7","uid":"u"},"spec":{}}"#]],
        );
    }
}
