//! Security contexts of pods and containers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::mount;
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

const SYSCTL_LENGTH_MAX: usize = 253;
const SYSCTL: &str = "must have at most 253 characters and match regex \
    ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

/// `securityContext` of a pod.
pub(super) fn of_pod(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let context = &spec["securityContext"];
    let path = path.child("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        identity(&path.child(field), json::number(context, field), errors);
    }
    let groups = path.child("supplementalGroups");
    for (index, group) in json::list(context, "supplementalGroups").iter().enumerate() {
        identity(&groups.index(index), group.as_i64(), errors);
    }
    sysctls(&path.child("sysctls"), spec, errors);
    for (field, known) in [
        ("fsGroupChangePolicy", ["Always", "OnRootMismatch"]),
        ("supplementalGroupsPolicy", ["Merge", "Strict"]),
        ("seLinuxChangePolicy", ["MountOption", "Recursive"]),
    ] {
        rules::one_of(&path.child(field), json::text(context, field), &known, errors);
    }
    profiles(&path, context, errors);
}

/// `securityContext` of a container.
pub(super) fn of_container(path: &Path<'_>, context: &Value, errors: &mut Errors) {
    if context.is_null() {
        return;
    }
    for field in ["runAsUser", "runAsGroup"] {
        identity(&path.child(field), json::number(context, field), errors);
    }
    let procfs = json::text(context, "procMount");
    rules::one_of(&path.child("procMount"), procfs, &["Default", "Unmasked"], errors);
    let escalates = json::field(context, "allowPrivilegeEscalation") != Some(&Value::Bool(false));
    if !escalates && json::is_true(context, "privileged") {
        let text = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        errors.push(FieldError::invalid(path, context, text));
    }
    let added = json::list(context.get("capabilities").unwrap_or(&Value::Null), "add");
    if !escalates && added.iter().any(|capability| capability == "CAP_SYS_ADMIN") {
        let text = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` \
                    CAP_SYS_ADMIN";
        errors.push(FieldError::invalid(path, context, text));
    }
    profiles(path, context, errors);
}

fn identity(path: &Path<'_>, id: Option<i64>, errors: &mut Errors) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        let text = "must be between 0 and 2147483647, inclusive";
        errors.push(FieldError::invalid(path, id, text));
    }
}

fn sysctls(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, sysctl) in json::list(&spec["securityContext"], "sysctls").iter().enumerate() {
        let path = path.index(index);
        let path = path.child("name");
        let name = json::text(sysctl, "name");
        if !rules::required(&path, name, errors) {
            continue;
        }
        let dotted = name.replace('/', ".");
        if name.len() > SYSCTL_LENGTH_MAX || !is_sysctl(&dotted) {
            errors.push(FieldError::invalid(&path, name, SYSCTL));
        } else if !seen.insert(dotted.clone()) {
            errors.push(FieldError::duplicate(&path, name));
        }
        let on_host = |field| json::is_true(spec, field);
        let is_ipc = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
        let text = if dotted.starts_with("net.") && on_host("hostNetwork") {
            "may not be specified when 'hostNetwork' is true"
        } else if is_ipc.iter().any(|start| dotted.starts_with(start)) && on_host("hostIPC") {
            "may not be specified when 'hostIPC' is true"
        } else {
            continue;
        };
        errors.push(FieldError::invalid(&path, name, text));
    }
}

fn is_sysctl(name: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.split('.').all(|part| {
        part.starts_with(is_end)
            && part.ends_with(is_end)
            && part.chars().all(|c| is_end(c) || c == '-' || c == '_')
    })
}

fn profiles(path: &Path<'_>, context: &Value, errors: &mut Errors) {
    for (field, kind) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        if let Some(profile) = json::field(context, field) {
            self::profile(&path.child(field), field, kind, profile, errors);
        }
    }
}

fn profile(path: &Path<'_>, field: &str, kind: &str, profile: &Value, errors: &mut Errors) {
    let type_path = path.child("type");
    let profile_type = json::text(profile, "type");
    if profile_type.is_empty() {
        let text = format!("type is required when {field} is set");
        errors.push(FieldError::required(&type_path, text));
    }
    let known = ["Localhost", "RuntimeDefault", "Unconfined"];
    rules::one_of(&type_path, profile_type, &known, errors);
    let local_path = path.child("localhostProfile");
    let local = json::field(profile, "localhostProfile").and_then(Value::as_str);
    match (profile_type, local) {
        ("Localhost", None | Some("")) => {
            let text = format!("must be set when {kind} type is Localhost");
            errors.push(FieldError::required(&local_path, text));
        }
        ("Localhost", Some(local)) => mount::local_path(&local_path, local, errors),
        (_, Some(local)) => {
            let text = format!("can only be set when {kind} type is Localhost");
            errors.push(FieldError::invalid(&local_path, local, text));
        }
        (_, None) => {}
    }
}
