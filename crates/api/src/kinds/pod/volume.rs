//! Volumes and where they come from.

use std::collections::{BTreeMap, BTreeSet};

use meta::names;
use serde_json::Value;

use super::{env, mount};
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

/// Sources with the field that each has to have; in the order in which a second one is refused.
const SOURCES: [(&str, &str); 29] = [
    ("emptyDir", ""),
    ("hostPath", "path"),
    ("gitRepo", "repository"),
    ("gcePersistentDisk", "pdName"),
    ("awsElasticBlockStore", "volumeID"),
    ("secret", "secretName"),
    ("nfs", "server"),
    ("iscsi", "targetPortal"),
    ("glusterfs", "endpoints"),
    ("flocker", ""),
    ("persistentVolumeClaim", "claimName"),
    ("rbd", "image"),
    ("cinder", "volumeID"),
    ("cephfs", ""),
    ("quobyte", "registry"),
    ("downwardAPI", ""),
    ("fc", ""),
    ("flexVolume", "driver"),
    ("configMap", "name"),
    ("azureFile", "secretName"),
    ("vsphereVolume", "volumePath"),
    ("photonPersistentDisk", "pdID"),
    ("portworxVolume", "volumeID"),
    ("azureDisk", "diskName"),
    ("storageos", ""),
    ("scaleIO", "gateway"),
    ("projected", ""),
    ("csi", "driver"),
    ("ephemeral", "volumeClaimTemplate"),
];
const HOST_PATH_TYPES: [&str; 8] = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];
const FIELDS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];
const TOKEN_SECONDS_MIN: i64 = 600;
const TOKEN_SECONDS_MAX: i64 = 1 << 32;

/// Checks the volumes and gives them by name.
pub(super) fn validate<'a>(
    path: &Path<'_>,
    spec: &'a Value,
    errors: &mut Errors,
) -> BTreeMap<&'a str, &'a Value> {
    let mut names = BTreeSet::new();
    let volumes = json::list(spec, "volumes");
    for (index, volume) in volumes.iter().enumerate() {
        let path = path.index(index);
        source(&path, volume, errors);
        super::unique_label(&path, volume, &mut names, errors);
    }
    volumes.iter().map(|volume| (json::text(volume, "name"), volume)).collect()
}

fn source(path: &Path<'_>, volume: &Value, errors: &mut Errors) {
    let mut given = SOURCES.iter().filter(|(name, _)| json::field(volume, name).is_some());
    let Some((name, needed)) = given.next() else {
        if let Some(image) = json::field(volume, "image") {
            image_reference(&path.child("image"), image, errors);
        }
        return;
    };
    let (first, value) = (path.child(name), &volume[*name]);
    if !needed.is_empty() && json::is_empty(value, needed) {
        errors.push(FieldError::required(&first.child(needed), ""));
    }
    match *name {
        "hostPath" => host_path(&first, value, errors),
        "nfs" => nfs(&first, value, errors),
        "secret" | "configMap" => files(&first, value, errors),
        "downwardAPI" => {
            mode(&first.child("defaultMode"), value, "defaultMode", errors);
            downward(&first, value, errors);
        }
        "projected" => projected(&first, value, errors),
        _ => {}
    }
    let image = json::field(volume, "image").map(|_| "image");
    for second in given.map(|(name, _)| *name).chain(image) {
        let text = "may not specify more than 1 volume type";
        let shown = if second == "downwardAPI" { "downwarAPI" } else { second };
        errors.push(FieldError::forbidden(&path.child(shown), text));
    }
}

fn image_reference(path: &Path<'_>, image: &Value, errors: &mut Errors) {
    rules::required(&path.child("reference"), json::text(image, "reference"), errors);
    let policy = json::text(image, "pullPolicy");
    let known = ["Always", "IfNotPresent", "Never"];
    rules::one_of(&path.child("pullPolicy"), policy, &known, errors);
}

fn host_path(path: &Path<'_>, source: &Value, errors: &mut Errors) {
    mount::no_backsteps(&path.child("path"), json::text(source, "path"), errors);
    let kind = json::text(source, "type");
    rules::one_of(&path.child("type"), kind, &HOST_PATH_TYPES, errors);
}

fn nfs(path: &Path<'_>, source: &Value, errors: &mut Errors) {
    let at = json::text(source, "path");
    let path = path.child("path");
    if rules::required(&path, at, errors) && !at.starts_with('/') {
        errors.push(FieldError::invalid(&path, at, "must be an absolute path"));
    }
}

fn mode(path: &Path<'_>, holder: &Value, field: &str, errors: &mut Errors) {
    let number = json::number(holder, field);
    if let Some(number) = number.filter(|number| !(0..=0o777).contains(number)) {
        let text = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.push(FieldError::invalid(path, number, text));
    }
}

/// Keys that become files.
fn files(path: &Path<'_>, source: &Value, errors: &mut Errors) {
    mode(&path.child("defaultMode"), source, "defaultMode", errors);
    let items = path.child("items");
    for (index, item) in json::list(source, "items").iter().enumerate() {
        let path = items.index(index);
        rules::required(&path.child("key"), json::text(item, "key"), errors);
        file(&path, item, errors);
    }
}

fn file(path: &Path<'_>, item: &Value, errors: &mut Errors) {
    mode(&path.child("mode"), item, "mode", errors);
    let at = json::text(item, "path");
    let path = path.child("path");
    if !rules::required(&path, at, errors) {
        return;
    }
    mount::local_path(&path, at, errors);
    if at.starts_with("..") && !at.split('/').any(|part| part == "..") {
        errors.push(FieldError::invalid(&path, at, "must not start with '..'"));
    }
}

/// Fields of the pod that become files; the errors name no item.
fn downward(path: &Path<'_>, source: &Value, errors: &mut Errors) {
    for item in json::list(source, "items") {
        file(path, item, errors);
        if let Some(reference) = json::field(item, "fieldRef") {
            env::field_reference(&path.child("fieldRef"), reference, &FIELDS, errors);
        } else if let Some(reference) = json::field(item, "resourceFieldRef") {
            let path = path.child("resourceFieldRef");
            let container = json::text(reference, "containerName");
            rules::required(&path.child("containerName"), container, errors);
            env::resource_reference(&path, reference, errors);
        } else {
            let text = "one of fieldRef and resourceFieldRef is required";
            errors.push(FieldError::required(path, text));
        }
    }
}

fn projected(path: &Path<'_>, source: &Value, errors: &mut Errors) {
    mode(&path.child("defaultMode"), source, "defaultMode", errors);
    let sources = path.child("sources");
    for (index, part) in json::list(source, "sources").iter().enumerate() {
        let path = sources.index(index);
        let given: Vec<(&String, &Value)> =
            part.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).collect();
        for (name, value) in &given {
            let path = path.child(name);
            match name.as_str() {
                "secret" | "configMap" => {
                    rules::required(&path.child("name"), json::text(value, "name"), errors);
                    files(&path, value, errors);
                }
                "downwardAPI" => downward(&path, value, errors),
                "serviceAccountToken" => token(&path, value, errors),
                "clusterTrustBundle" => trust_bundle(&path, value, errors),
                _ => {}
            }
        }
        if given.len() > 1 {
            let text = "may not specify more than 1 volume type per source";
            errors.push(FieldError::forbidden(&path, text));
        }
    }
}

fn token(path: &Path<'_>, token: &Value, errors: &mut Errors) {
    let seconds = json::number(token, "expirationSeconds").unwrap_or(TOKEN_SECONDS_MIN);
    let text = match seconds {
        ..TOKEN_SECONDS_MIN => "may not specify a duration less than 10 minutes",
        TOKEN_SECONDS_MIN..=TOKEN_SECONDS_MAX => "",
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    if !text.is_empty() {
        errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, text));
    }
    rules::required(&path.child("path"), json::text(token, "path"), errors);
}

fn trust_bundle(path: &Path<'_>, bundle: &Value, errors: &mut Errors) {
    if json::is_empty(bundle, "name") && json::is_empty(bundle, "signerName") {
        errors.push(FieldError::required(path, "either name or signerName must be specified"));
    }
    let at = json::text(bundle, "path");
    if rules::required(&path.child("path"), at, errors) {
        mount::local_path(&path.child("path"), at, errors);
    }
}

/// Names that a claim made for an ephemeral volume cannot have, checked once the pod has its name.
pub(super) fn claim_names(pod: &Value, errors: &mut Errors) {
    let path = Path::new("spec.volumes");
    let pod_name = json::text(&pod["metadata"], "name");
    for (index, volume) in json::list(&pod["spec"], "volumes").iter().enumerate() {
        if json::field(volume, "ephemeral").is_none() {
            continue;
        }
        let name = json::text(volume, "name");
        let claim = format!("{pod_name}-{name}");
        let path = path.index(index);
        for message in names::dns_1123_subdomain(&claim) {
            let text = format!("PVC name {claim:?}: {message}");
            errors.push(FieldError::invalid(&path.child("name"), name, text));
        }
    }
}
