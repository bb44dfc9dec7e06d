//! Environment variables of containers.

use meta::{names, quantity::Quantity};
use serde_json::Value;

use super::container::Container;
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const SOURCES: [&str; 5] =
    ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// `env` and `envFrom`.
pub(super) fn validate(container: Container<'_>, errors: &mut Errors) {
    let env_path = container.path.child("env");
    for (index, variable) in json::list(container.value, "env").iter().enumerate() {
        let path = env_path.index(index);
        let name = json::text(variable, "name");
        if rules::required(&path.child("name"), name, errors) {
            rules::texts(&path.child("name"), name, names::variable_name(name), errors);
        }
        value_from(&path.child("valueFrom"), variable, errors);
    }
    let from_path = container.path.child("envFrom");
    for (index, source) in json::list(container.value, "envFrom").iter().enumerate() {
        let prefix = json::text(source, "prefix");
        if !prefix.is_empty() {
            let path = from_path.index(index);
            rules::texts(&path.child("prefix"), prefix, names::variable_name(prefix), errors);
        }
        env_from(&from_path, &from_path.index(index), source, errors);
    }
}

fn value_from(path: &Path<'_>, variable: &Value, errors: &mut Errors) {
    let Some(source) = json::field(variable, "valueFrom") else { return };
    let given = SOURCES.into_iter().filter(|field| json::field(source, field).is_some());
    let given: Vec<&str> = given.collect();
    for field in &given {
        let (path, reference) = (path.child(field), &source[*field]);
        match *field {
            "fieldRef" => field_reference(&path, reference, &FIELDS, errors),
            "resourceFieldRef" => resource_reference(&path, reference, errors),
            "fileKeyRef" => file_reference(&path, reference, errors),
            _ => key_reference(&path, reference, errors),
        }
    }
    if given.is_empty() {
        let text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, \
                    `secretKeyRef` or `fileKeyRef`";
        errors.push(FieldError::invalid(path, "", text));
    } else if !json::is_empty(variable, "value") {
        let text = "may not be specified when `value` is not empty";
        errors.push(FieldError::invalid(path, "", text));
    }
    if given.len() > 1 {
        let text = "may not have more than one field specified at a time";
        errors.push(FieldError::invalid(path, "", text));
    }
}

/// A reference to a field of the pod itself.
pub(super) fn field_reference(
    path: &Path<'_>,
    reference: &Value,
    known: &[&str],
    errors: &mut Errors,
) {
    let path_path = path.child("fieldPath");
    let field = json::text(reference, "fieldPath");
    if !rules::required(&path_path, field, errors) {
        return;
    }
    if let Some((map, key)) = subscript(field) {
        if !matches!(map, "metadata.labels" | "metadata.annotations") {
            let text = "error converting fieldPath: field label does not support subscript: ";
            errors.push(FieldError::invalid(&path_path, field, format!("{text}{field}")));
            return;
        }
        let key = if map == "metadata.annotations" { key.to_lowercase() } else { key.to_owned() };
        rules::texts(path, &key, names::qualified_name(&key), errors);
        return;
    }
    let convertible = FIELDS.contains(&field)
        || matches!(field, "metadata.labels" | "metadata.annotations" | "spec.restartPolicy")
        || matches!(
            field,
            "spec.schedulerName" | "spec.hostNetwork" | "status.phase" | "spec.host"
        )
        || field == "status.nominatedNodeName";
    if !convertible {
        let text = format!("error converting fieldPath: field label not supported: {field}");
        errors.push(FieldError::invalid(&path_path, field, text));
    } else if !known.contains(&field) {
        errors.push(FieldError::not_supported(&path_path, field, known));
    }
}

/// `metadata.labels['key']` as map and key.
fn subscript(field: &str) -> Option<(&str, &str)> {
    let (map, rest) = field.split_once("['")?;
    Some((map, rest.strip_suffix("']")?))
}

/// A reference to a container's resource.
pub(super) fn resource_reference(path: &Path<'_>, reference: &Value, errors: &mut Errors) {
    let resource = json::text(reference, "resource");
    let resource_path = path.child("resource");
    if !rules::required(&resource_path, resource, errors) {
        return;
    }
    let kind = resource.split_once('.').map_or("", |(_, kind)| kind);
    if !RESOURCES.contains(&resource) && !kind.starts_with("hugepages-") {
        errors.push(FieldError::not_supported(&resource_path, resource, &RESOURCES));
        return;
    }
    divisor(&path.child("divisor"), kind, reference, errors);
}

fn divisor(path: &Path<'_>, kind: &str, reference: &Value, errors: &mut Errors) {
    let text = json::text(reference, "divisor");
    let Ok(amount) = text.parse::<Quantity>() else { return };
    let known: &[&str] = if kind == "cpu" {
        &["1m", "1"]
    } else {
        &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
    };
    let is_known = |known: &&str| known.parse::<Quantity>().is_ok_and(|known| known == amount);
    if !amount.is_zero() && !known.iter().any(is_known) {
        let listed = if kind == "cpu" { known.join(" and ") } else { known.join(", ") };
        let kind = if kind == "ephemeral-storage" { "local ephemeral storage" } else { kind };
        let message =
            format!("only divisor's values {listed} are supported with the {kind} resource");
        errors.push(FieldError::invalid(path, text, message));
    }
}

fn key_reference(path: &Path<'_>, reference: &Value, errors: &mut Errors) {
    let name = json::text(reference, "name");
    rules::texts(&path.child("name"), name, names::dns_1123_subdomain(name), errors);
    let key = json::text(reference, "key");
    if rules::required(&path.child("key"), key, errors) {
        rules::texts(&path.child("key"), key, names::config_key(key), errors);
    }
}

fn file_reference(path: &Path<'_>, reference: &Value, errors: &mut Errors) {
    for field in ["key", "volumeName", "path"] {
        rules::required(&path.child(field), json::text(reference, field), errors);
    }
}

/// Errors about the choice of source name the list, those about the source its item.
fn env_from(list: &Path<'_>, item: &Path<'_>, source: &Value, errors: &mut Errors) {
    let given = ["configMapRef", "secretRef"];
    let given: Vec<&str> =
        given.into_iter().filter(|field| json::field(source, field).is_some()).collect();
    for field in &given {
        let path = item.child(field);
        let path = path.child("name");
        let name = json::text(&source[*field], "name");
        if rules::required(&path, name, errors) {
            rules::texts(&path, name, names::dns_1123_subdomain(name), errors);
        }
    }
    let text = match given.len() {
        0 => "must specify one of: `configMapRef` or `secretRef`",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.push(FieldError::invalid(list, "", text));
}
