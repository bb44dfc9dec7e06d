//! Where containers see volumes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::container::Container;
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

const NO_CLAIM: &str =
    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";

/// Mounts and block devices.
pub(super) fn validate(container: Container<'_>, errors: &mut Errors) {
    let list_path = container.path.child("volumeMounts");
    let mut paths = BTreeSet::new();
    for (index, mount) in json::list(container.value, "volumeMounts").iter().enumerate() {
        let path = list_path.index(index);
        known_volume(&path, mount, container, errors);
        let at = json::text(mount, "mountPath");
        rules::required(&path.child("mountPath"), at, errors);
        if !paths.insert(at) {
            errors.push(FieldError::invalid(&path.child("mountPath"), at, "must be unique"));
        }
        sub_paths(&list_path, &path, mount, errors);
        options(&list_path, mount, container, errors);
    }
    devices(container, &paths, errors);
}

fn known_volume(path: &Path<'_>, item: &Value, container: Container<'_>, errors: &mut Errors) {
    let name = json::text(item, "name");
    let path = path.child("name");
    rules::required(&path, name, errors);
    if !container.surroundings.volumes.contains_key(name) {
        errors.push(FieldError::not_found(&path, name));
    }
}

fn sub_paths(list: &Path<'_>, item: &Path<'_>, mount: &Value, errors: &mut Errors) {
    for field in ["subPath", "subPathExpr"] {
        local_path(&list.child(field), json::text(mount, field), errors);
    }
    let expression = json::text(mount, "subPathExpr");
    if !expression.is_empty() && !json::is_empty(mount, "subPath") {
        let text = "subPathExpr and subPath are mutually exclusive";
        errors.push(FieldError::invalid(&item.child("subPathExpr"), expression, text));
    }
}

/// A path that does not leave where it starts; empty is fine.
pub(super) fn local_path(path: &Path<'_>, value: &str, errors: &mut Errors) {
    if value.starts_with('/') {
        errors.push(FieldError::invalid(path, value, "must be a relative path"));
    }
    no_backsteps(path, value, errors);
}

/// A path without `..`.
pub(super) fn no_backsteps(path: &Path<'_>, value: &str, errors: &mut Errors) {
    if value.split('/').any(|part| part == "..") {
        errors.push(FieldError::invalid(path, value, "must not contain '..'"));
    }
}

fn options(list: &Path<'_>, mount: &Value, container: Container<'_>, errors: &mut Errors) {
    let propagation = json::text(mount, "mountPropagation");
    let path = list.child("mountPropagation");
    rules::one_of(&path, propagation, &["Bidirectional", "HostToContainer", "None"], errors);
    let privileged = json::field(container.value, "securityContext")
        .is_some_and(|context| json::is_true(context, "privileged"));
    if propagation == "Bidirectional" && !privileged {
        let text = "Bidirectional mount propagation is available only to privileged containers";
        errors.push(FieldError::forbidden(&path, text));
    }
    let recursive = json::text(mount, "recursiveReadOnly");
    let path = list.child("recursiveReadOnly");
    rules::one_of(&path, recursive, &["Disabled", "Enabled", "IfPossible"], errors);
    if !matches!(recursive, "Enabled" | "IfPossible") {
        return;
    }
    if !json::is_true(mount, "readOnly") {
        let text = "may only be specified when readOnly is true";
        errors.push(FieldError::forbidden(&path, text));
    }
    if !matches!(propagation, "" | "None") {
        let text = "may only be specified when mountPropagation is None or not specified";
        errors.push(FieldError::forbidden(&path, text));
    }
}

fn devices(container: Container<'_>, mounted: &BTreeSet<&str>, errors: &mut Errors) {
    let list_path = container.path.child("volumeDevices");
    let mount_names: BTreeSet<&str> = json::list(container.value, "volumeMounts")
        .iter()
        .map(|mount| json::text(mount, "name"))
        .collect();
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in json::list(container.value, "volumeDevices").iter().enumerate() {
        let path = list_path.index(index);
        known_volume(&path, device, container, errors);
        let (name, at) = (json::text(device, "name"), json::text(device, "devicePath"));
        let (name_path, at_path) = (path.child("name"), path.child("devicePath"));
        let source = container.surroundings.volumes.get(name);
        let is_claim = source.is_none_or(|volume| {
            json::field(volume, "persistentVolumeClaim")
                .or(json::field(volume, "ephemeral"))
                .is_some()
        });
        rules::required(&at_path, at, errors);
        let names_twice = !names.insert(name);
        let paths_twice = !paths.insert(at);
        let has_backsteps = at.split('/').any(|part| part == "..");
        let checks = [
            (!is_claim, &name_path, name, NO_CLAIM),
            (names_twice, &name_path, name, "must be unique"),
            (
                mount_names.contains(name),
                &name_path,
                name,
                "must not already exist in volumeMounts",
            ),
            (paths_twice, &at_path, at, "must be unique"),
            (has_backsteps, &at_path, at, "can not contain backsteps ('..')"),
            (
                mounted.contains(at),
                &at_path,
                at,
                "must not already exist as a path in volumeMounts",
            ),
        ];
        for (_, path, value, text) in checks.into_iter().filter(|(broken, ..)| *broken) {
            errors.push(FieldError::invalid(path, value, text));
        }
    }
}
