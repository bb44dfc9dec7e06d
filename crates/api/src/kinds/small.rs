//! Kinds with one rule or two: service accounts, leases, volumes, definitions, devices.

use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, difference, immutable, rules, schema},
};

pub(super) const SERVICE_ACCOUNT: Rules = Rules {
    prepare_create: |_, account| only_names(account),
    prepare_update: |_, account, _| only_names(account),
    ..Rules::GENERIC
};

pub(super) const LEASE: Rules = Rules {
    prepare_create: |_, lease| drop_strategy(lease),
    prepare_update: |_, lease, _| drop_strategy(lease),
    validate: |_, lease, errors| self::lease(&lease["spec"], errors),
    ..Rules::GENERIC
};

pub(super) const CLAIM: Rules = Rules {
    prepare_create: |_, claim| {
        claim["status"] = json!({"phase": "Pending"});
        one_source(&mut claim["spec"]);
    },
    validate: |ctx, claim, errors| schema::validate(ctx.resource.type_id, claim, errors),
    validate_update: claim_update,
    ..Rules::GENERIC
};

pub(super) const VOLUME: Rules = Rules {
    prepare_create: |ctx, volume| {
        let now = ctx.now.to_string();
        volume["status"] = json!({"phase": "Pending", "lastPhaseTransitionTime": now});
    },
    validate: |ctx, volume, errors| schema::validate(ctx.resource.type_id, volume, errors),
    validate_update: |ctx, new, old, errors| immutable::validate(ctx.resource, new, old, errors),
    ..Rules::GENERIC
};

pub(super) const DEVICE_TAINTS: Rules = Rules {
    prepare_create: |ctx, object| stamp_taints(ctx, object),
    prepare_update: |ctx, object, _| stamp_taints(ctx, object),
    ..Rules::BY_SCHEMA
};

/// A taint of a device counts from when it was set.
fn stamp_taints(ctx: &Context<'_>, object: &mut Value) {
    let now = ctx.now.to_string();
    let Some(spec) = object.get_mut("spec") else { return };
    let stamp = |taint: &mut Value| {
        if json::is_empty(taint, "timeAdded") {
            taint["timeAdded"] = now.as_str().into();
        }
    };
    spec.get_mut("taint").into_iter().for_each(stamp);
    for device in json::list_mut(spec, "devices") {
        json::list_mut(device, "taints").iter_mut().for_each(stamp);
        if let Some(basic) = device.get_mut("basic") {
            json::list_mut(basic, "taints").iter_mut().for_each(stamp);
        }
    }
}

/// Secrets of a service account are known by name alone.
fn only_names(account: &mut Value) {
    for secret in json::list_mut(account, "secrets") {
        let mut named = json!({});
        json::copy(&mut named, secret, "name");
        *secret = named;
    }
}

/// Coordinated election is not served.
fn drop_strategy(lease: &mut Value) {
    let spec = json::object_mut(lease, "spec");
    json::remove(spec, "strategy");
    json::remove(spec, "preferredHolder");
}

fn lease(spec: &Value, errors: &mut Errors) {
    let path = Path::new("spec");
    let duration = json::number(spec, "leaseDurationSeconds");
    if let Some(seconds) = duration.filter(|seconds| *seconds <= 0) {
        let path = path.child("leaseDurationSeconds");
        errors.push(FieldError::invalid(&path, seconds, "must be greater than 0"));
    }
    rules::nonnegative(&path, spec, &["leaseTransitions"], errors);
}

/// The old and the new field for what a claim is filled from say the same.
fn one_source(spec: &mut Value) {
    let is_known = |source: &Value| {
        let group = json::text(source, "apiGroup");
        match json::text(source, "kind") {
            "PersistentVolumeClaim" => group.is_empty(),
            "VolumeSnapshot" => group == "snapshot.storage.k8s.io",
            _ => false,
        }
    };
    let reference = json::field(spec, "dataSourceRef").cloned();
    let source = json::field(spec, "dataSource").cloned();
    match (source, reference) {
        (Some(source), None) if is_known(&source) => spec["dataSourceRef"] = source,
        (Some(_), None) => {
            json::remove(spec, "dataSource");
        }
        (None, Some(reference)) if json::is_empty(&reference, "namespace") => {
            spec["dataSource"] = reference;
        }
        _ => {}
    }
}

/// A bound claim may grow; nothing else of it changes.
fn claim_update(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        return;
    }
    let [mut munged, old_spec] = [new["spec"].clone(), old["spec"].clone()];
    if json::is_empty(&old_spec, "volumeName") {
        json::copy(&mut munged, &old_spec, "volumeName");
    }
    if json::text(&old["status"], "phase") == "Bound" {
        json::copy(&mut munged, &old_spec, "volumeAttributesClassName");
        if let Some(resources) = munged.get_mut("resources") {
            json::copy(resources, &old_spec["resources"], "requests");
        }
    }
    if munged != old_spec {
        let text = "spec is immutable after creation except resources.requests and \
                    volumeAttributesClassName for bound claims";
        let text = format!("{text}\n{}", difference::lines(&old_spec, &munged));
        errors.push(FieldError::forbidden(&Path::new("spec"), text));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::Kind;

    #[test]
    fn a_service_account_knows_secrets_by_name() {
        let account = Kind("", "v1", "serviceaccounts").prepared(json!({
            "metadata": {"name": "a", "namespace": "d"},
            "secrets": [{"name": "s", "namespace": "other", "kind": "Secret"}],
        }));
        assert_eq!(account["secrets"], json!([{"name": "s"}]));
    }

    #[test]
    fn a_definition_remembers_the_versions_it_was_stored_in() {
        let kind = Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions");
        let definition = |stored: &str| {
            let version = |name: &str| json!({"name": name, "storage": name == stored});
            json!({"metadata": {"name": "a"}, "spec": {"versions": [version("v1"), version("v2")]}})
        };
        let old = kind.prepared(definition("v1"));
        assert_eq!(old["status"]["storedVersions"], json!(["v1"]));
        let new = kind.changed("", definition("v2"), &old);
        assert_eq!(new["status"]["storedVersions"], json!(["v1", "v2"]));
    }

    #[test]
    fn a_taint_of_a_device_has_a_time() {
        let slice = Kind("resource.k8s.io", "v1", "resourceslices").prepared(json!({
            "metadata": {"name": "a"},
            "spec": {"devices": [{"taints": [{"key": "k"}, {"key": "l", "timeAdded": "T"}]}]},
        }));
        let taints = &slice["spec"]["devices"][0]["taints"];
        assert_eq!(taints[0]["timeAdded"], "1970-01-01T00:00:00Z");
        assert_eq!(taints[1]["timeAdded"], "T");
    }

    #[test]
    fn a_lease_lasts() {
        let spec = json!({"leaseDurationSeconds": 0, "leaseTransitions": -1, "strategy": "x"});
        let kind = Kind("coordination.k8s.io", "v1", "leases");
        let lease =
            kind.prepared(json!({"metadata": {"name": "a", "namespace": "d"}, "spec": spec}));
        assert!(lease["spec"].get("strategy").is_none());
        kind.create(
            lease,
            &[
                "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
            ],
        );
    }

    #[test]
    fn a_claim_is_pending_and_only_a_bound_one_grows() {
        let kind = Kind("", "v1", "persistentvolumeclaims");
        let old = kind.prepared(json!({
            "metadata": {"name": "a", "namespace": "d"},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        }));
        assert_eq!(old["status"]["phase"], "Pending");
        let mut new = old.clone();
        new["spec"]["resources"]["requests"]["storage"] = json!("2Gi");
        kind.update(
            "",
            new.clone(),
            &old,
            &["spec: Forbidden: spec is immutable after creation except resources.requests and \
               volumeAttributesClassName for bound claims\n- resources.requests.storage: \"1Gi\"\n\
               + resources.requests.storage: \"2Gi\"\n"],
        );
        let mut bound = old;
        bound["status"]["phase"] = json!("Bound");
        new["status"]["phase"] = json!("Bound");
        kind.update("", new, &bound, &[]);
    }
}
