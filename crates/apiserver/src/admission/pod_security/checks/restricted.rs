//! What level restricted has against pods beyond baseline: everything that good practice does not need.

use std::collections::BTreeSet;

use api::json;
use serde_json::Value;

use super::{
    Violation,
    baseline::{added, is_confining, seccomp_type},
    pod::{Pod, plural, quoted, set},
};

/// What a volume may be made of.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
/// What else there is, for the text.
const OTHER_VOLUMES: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];
const ALLOWED_CAPABILITY: &str = "NET_BIND_SERVICE";

pub(super) fn privilege_escalation(pod: &Pod<'_>) -> Option<Violation> {
    let may_rise =
        |container: &Value| container["securityContext"]["allowPrivilegeEscalation"] != false;
    let offenders = pod.offenders(may_rise)?;
    let detail = format!("{offenders} must set securityContext.allowPrivilegeEscalation=false");
    Some(Violation { reason: "allowPrivilegeEscalation != false", detail })
}

pub(super) fn privilege_escalation_1_25(pod: &Pod<'_>) -> Option<Violation> {
    if pod.is_windows() { None } else { privilege_escalation(pod) }
}

pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Violation> {
    let keeps_some = |container: &Value| {
        let dropped = json::list(&container["securityContext"]["capabilities"], "drop");
        !dropped.iter().any(|name| name == "ALL")
    };
    let more = |container| added(container).filter(|name| *name != ALLOWED_CAPABILITY);
    let keeping = pod.offenders(keeps_some).map(|offenders| {
        format!("{offenders} must set securityContext.capabilities.drop=[\"ALL\"]")
    });
    let adding = pod.offenders(|container| more(container).next().is_some()).map(|offenders| {
        let names = quoted(set(pod.containers().flat_map(more)));
        format!("{offenders} must not include {names} in securityContext.capabilities.add")
    });
    let details: Vec<String> = keeping.into_iter().chain(adding).collect();
    let detail = details.join("; ");
    (!details.is_empty()).then_some(Violation { reason: "unrestricted capabilities", detail })
}

pub(super) fn capabilities_1_25(pod: &Pod<'_>) -> Option<Violation> {
    if pod.is_windows() { None } else { capabilities(pod) }
}

pub(super) fn volumes(pod: &Pod<'_>) -> Option<Violation> {
    let has = |volume: &Value, field: &&&str| json::field(volume, field).is_some();
    let is_bad = |volume: &&Value| !VOLUMES.iter().any(|field| has(volume, &field));
    let bad: Vec<&Value> = json::list(pod.spec, "volumes").iter().filter(is_bad).collect();
    if bad.is_empty() {
        return None;
    }
    let kind = |volume: &Value| {
        OTHER_VOLUMES.iter().find(|field| has(volume, field)).copied().unwrap_or("unknown")
    };
    let kinds: BTreeSet<&str> = bad.iter().map(|volume| kind(volume)).collect();
    let detail = format!(
        "{} {} {} {} {}",
        plural("volume", bad.len()),
        quoted(bad.iter().map(|volume| json::text(volume, "name"))),
        if bad.len() == 1 { "uses" } else { "use" },
        plural("restricted volume type", kinds.len()),
        quoted(kinds)
    );
    Some(Violation { reason: "restricted volume types", detail })
}

pub(super) fn non_root(pod: &Pod<'_>) -> Option<Violation> {
    let reason = "runAsNonRoot != true";
    if let Some(setters) = pod.setters(|context| context["runAsNonRoot"] == false) {
        let detail = format!("{setters} must not set securityContext.runAsNonRoot=false");
        return Some(Violation { reason, detail });
    }
    if pod.spec["securityContext"]["runAsNonRoot"] == true {
        return None;
    }
    let silent = |container: &Value| container["securityContext"]["runAsNonRoot"].is_null();
    let offenders = pod.offenders(silent)?;
    let detail = format!("pod or {offenders} must set securityContext.runAsNonRoot=true");
    Some(Violation { reason, detail })
}

pub(super) fn non_root_1_35(pod: &Pod<'_>) -> Option<Violation> {
    if pod.has_own_users() { None } else { non_root(pod) }
}

pub(super) fn user(pod: &Pod<'_>) -> Option<Violation> {
    let setters = pod.setters(|context| json::number(context, "runAsUser") == Some(0))?;
    Some(Violation { reason: "runAsUser=0", detail: format!("{setters} must not set runAsUser=0") })
}

pub(super) fn user_1_35(pod: &Pod<'_>) -> Option<Violation> {
    if pod.has_own_users() { None } else { user(pod) }
}

pub(super) fn seccomp(pod: &Pod<'_>) -> Option<Violation> {
    if let Some(violation) = super::baseline::seccomp_1_19(pod) {
        return Some(violation);
    }
    if seccomp_type(&pod.spec["securityContext"]).is_some_and(is_confining) {
        return None;
    }
    let silent = |container: &Value| seccomp_type(&container["securityContext"]).is_none();
    let offenders = pod.offenders(silent)?;
    let detail = format!(
        "pod or {offenders} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
    );
    Some(Violation { reason: "seccompProfile", detail })
}

pub(super) fn seccomp_1_25(pod: &Pod<'_>) -> Option<Violation> {
    if pod.is_windows() { None } else { seccomp(pod) }
}
