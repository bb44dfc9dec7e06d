//! Definitions of custom resources: what is wrong with one, and what of it is the server's.

mod lists;
mod parts;
mod schema;
mod structural;

use meta::names;
use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    custom::naming,
    json,
    validation::{Errors, FieldError, Path, Shown, rules},
};

pub(super) const RULES: Rules = Rules {
    prepare_create: |_, definition| {
        definition["status"] = json!({
            "acceptedNames": {"plural": "", "kind": ""}, "conditions": null, "storedVersions": [],
        });
        note_stored_version(definition);
    },
    prepare_update: |ctx, definition, _| {
        if ctx.subresource.is_empty() {
            note_stored_version(definition);
        }
    },
    validate: |ctx, definition, errors| validate(ctx, definition, errors),
    validate_create: |_, definition, errors| {
        refuse_unpruned(definition, errors);
        approval(definition, errors);
    },
    validate_update: |ctx, new, old, errors| {
        if ctx.subresource.is_empty() {
            update(new, old, errors);
        }
    },
    ..Rules::GENERIC
};

/// The version in which objects are stored from now on is among those that were ever used.
fn note_stored_version(definition: &mut Value) {
    let versions = json::list(&definition["spec"], "versions");
    let stored = versions.iter().find(|version| json::is_true(version, "storage"));
    let Some(name) = stored.map(|version| version["name"].clone()) else { return };
    let status = json::object_mut(definition, "status");
    let mut known = json::list(status, "storedVersions").to_vec();
    if !known.contains(&name) {
        known.push(name);
    }
    status["storedVersions"] = known.into();
}

fn validate(ctx: &Context<'_>, definition: &Value, errors: &mut Errors) {
    if ctx.subresource.is_empty() {
        spec(&definition["spec"], errors);
    }
    let path = Path::new("status.acceptedNames");
    shapes_of_names(&path, &definition["status"]["acceptedNames"], errors);
    stored_versions(definition, errors);
}

fn spec(spec: &Value, errors: &mut Errors) {
    let path = Path::new("spec");
    group(&path.child("group"), json::text(spec, "group"), errors);
    let scope = json::text(spec, "scope");
    if rules::required(&path.child("scope"), scope, errors) {
        rules::one_of(&path.child("scope"), scope, &["Cluster", "Namespaced"], errors);
    }
    versions(spec, errors);
    let names = path.child("names");
    for field in ["plural", "singular", "kind", "listKind"] {
        rules::required(&names.child(field), json::text(&spec["names"], field), errors);
    }
    shapes_of_names(&names, &spec["names"], errors);
    parts::validate(spec, errors);
    parts::conversion(&path.child("conversion"), &spec["conversion"], errors);
}

fn group(path: &Path<'_>, group: &str, errors: &mut Errors) {
    if !rules::required(path, group, errors) {
        return;
    }
    let problems = names::dns_1123_subdomain(group);
    if !problems.is_empty() {
        errors.push(FieldError::invalid(path, group, problems.join(",")));
    } else if !group.contains('.') {
        let text = "should be a domain with at least one dot";
        errors.push(FieldError::invalid(path, group, text));
    }
}

fn versions(spec: &Value, errors: &mut Errors) {
    let path = Path::new("spec.versions");
    let versions = json::list(spec, "versions");
    let mut known: Vec<&str> = Vec::new();
    let mut is_unique = true;
    for (index, version) in versions.iter().enumerate() {
        let name = json::text(version, "name");
        is_unique &= !known.contains(&name);
        known.push(name);
        let item = path.index(index);
        label(&item.child("name"), name, errors);
        let warning = json::text(version, "deprecationWarning");
        if !warning.is_empty() && !json::is_true(version, "deprecated") {
            let text = "can only be set for deprecated versions";
            errors.push(FieldError::invalid(&item.child("deprecationWarning"), warning, text));
        }
    }
    if !is_unique {
        let text = "must contain unique version names";
        errors.push(FieldError::invalid(&path, internal(versions), text));
    }
    if versions.iter().filter(|version| json::is_true(version, "storage")).count() != 1 {
        let text = "must have exactly one version marked as storage version";
        errors.push(FieldError::invalid(&path, internal(versions), text));
    }
    if let Some(first) = versions.first() {
        label(&Path::new("spec.version"), json::text(first, "name"), errors);
    }
}

/// Versions as the reference shows them, which is as it holds them; what they have in common is not
/// among it.
fn internal(versions: &[Value]) -> Shown {
    let version = |version: &Value| {
        let flag = |field: &str| json::is_true(version, field);
        format!(
            "{{\"Name\":{:?},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\
             \"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,\
             \"SelectableFields\":null}}",
            json::text(version, "name"),
            flag("served"),
            flag("storage"),
            flag("deprecated"),
            json::field(version, "deprecationWarning").unwrap_or(&Value::Null),
        )
    };
    let versions: Vec<String> = versions.iter().map(version).collect();
    Shown::Written(format!("[{}]", versions.join(",")))
}

fn label(path: &Path<'_>, text: &str, errors: &mut Errors) {
    let problems = names::dns_1035_label(text);
    if !problems.is_empty() {
        errors.push(FieldError::invalid(path, text, problems.join(",")));
    }
}

/// Names that are there are labels; kinds may have capitals.
fn shapes_of_names(path: &Path<'_>, names: &Value, errors: &mut Errors) {
    for field in ["plural", "singular"] {
        let name = json::text(names, field);
        if !name.is_empty() {
            label(&path.child(field), name, errors);
        }
    }
    for field in ["kind", "listKind"] {
        let name = json::text(names, field);
        let problems = names::dns_1035_label(&name.to_lowercase());
        if !name.is_empty() && !problems.is_empty() {
            let text =
                format!("may have mixed case, but should otherwise match: {}", problems.join(","));
            errors.push(FieldError::invalid(&path.child(field), name, text));
        }
    }
    let (kind, list_kind) = (json::text(names, "kind"), json::text(names, "listKind"));
    for list in ["shortNames", "categories"] {
        if list == "categories" && !kind.is_empty() && kind == list_kind {
            let text = "kind and listKind may not be the same";
            errors.push(FieldError::invalid(&path.child("listKind"), list_kind, text));
        }
        let list_path = path.child(list);
        for (index, name) in json::list(names, list).iter().enumerate() {
            label(&list_path.index(index), name.as_str().unwrap_or_default(), errors);
        }
    }
}

fn stored_versions(definition: &Value, errors: &mut Errors) {
    let path = Path::new("status.storedVersions");
    let stored = json::list(&definition["status"], "storedVersions");
    if stored.is_empty() {
        let text = "must have at least one stored version";
        errors.push(FieldError::invalid(&path, Value::Null, text));
    }
    let versions = json::list(&definition["spec"], "versions");
    for (index, name) in stored.iter().enumerate() {
        if !versions.iter().any(|version| version["name"] == *name) {
            let name = name.as_str().unwrap_or_default();
            let text = format!(
                "missing from spec.versions; {name} was previously a storage version, and must \
                 remain in spec.versions until a storage migration ensures no data remains \
                 persisted in {name} and removes {name} from status.storedVersions"
            );
            errors.push(FieldError::invalid(&path.index(index), name, text));
        }
    }
}

fn refuse_unpruned(definition: &Value, errors: &mut Errors) {
    if json::is_true(&definition["spec"], "preserveUnknownFields") {
        let text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in \
                    spec.versions[*].schema instead";
        let path = Path::new("spec.preserveUnknownFields");
        errors.push(FieldError::invalid(&path, json!(true), text));
    }
}

fn approval(definition: &Value, errors: &mut Errors) {
    if !naming::is_protected(json::text(&definition["spec"], "group")) {
        return;
    }
    let approval = naming::approval(&definition["metadata"]);
    let Some(problem) = approval.problem() else { return };
    let path = Path::new("metadata.annotations");
    let path = path.key(naming::APPROVAL);
    errors.push(match approval {
        naming::Approval::Missing => FieldError::required(&path, problem),
        naming::Approval::Approved(_)
        | naming::Approval::Bypassed(_)
        | naming::Approval::Invalid => {
            let text = &definition["metadata"]["annotations"][naming::APPROVAL];
            FieldError::invalid(&path, text, problem)
        }
    });
}

fn update(new: &Value, old: &Value, errors: &mut Errors) {
    if !json::is_true(&old["spec"], "preserveUnknownFields") {
        refuse_unpruned(new, errors);
    }
    let mut fixed = vec!["group", "names.plural"];
    if naming::is_served(old) {
        // Objects are stored under these.
        fixed.splice(0..0, ["scope", "names.kind"]);
    }
    let path = Path::new("spec");
    for field in fixed {
        let [new, old] = [new, old].map(|definition| json::at(&definition["spec"], field));
        rules::immutable(&path.child(field), new, old, errors);
    }
    if naming::approval(&old["metadata"]).problem().is_none() {
        approval(new, errors);
    }
}

#[cfg(test)]
mod tests;
