//! The history of templates that `StatefulSet`s and `DaemonSet`s keep as `ControllerRevision`s.

use std::{fmt::Write, sync::Arc};

use api::{
    catalog::builtin,
    defaults,
    resources::CONTROLLER_REVISIONS,
    views::{ControllerRevision, Kind, Template},
};
use meta::{
    object::{Labels, ObjectMeta},
    resource::Resource,
    text::Text,
    time::Time,
};
use runtime::{Action, Guard, Index, PatchKind, Target, owners::controller_reference};
use serde_json::{Value, json};

use super::claims::index_values;

/// `ControllerRevision`s by controlling owner, and the orphans of each namespace.
pub(crate) static REVISIONS_BY_OWNER: Index<ControllerRevision> =
    Index { name: "owner", values: |revision| index_values(&revision.metadata) };

/// What a revision holds: the patch that brings the template back.
pub(crate) fn data(template: &Template) -> Value {
    let mut template = template.json().clone();
    prune(&mut template);
    template["$patch"] = "replace".into();
    json!({"spec": {"template": template}})
}

/// The template that a revision holds.
pub(crate) fn template(revision: &ControllerRevision) -> Template {
    let template = revision.data.pointer("/spec/template").cloned();
    let mut template = template.unwrap_or_default();
    if let Some(template) = template.as_object_mut() {
        template.remove("$patch");
    }
    Template::from(template)
}

/// The text that is hashed and compared by others: compact, keys sorted, and what HTML would
/// understand escaped.
pub(crate) fn canonical(data: &Value) -> String {
    let text = data.to_string();
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        // These occur in strings alone, so that escaping the text escapes the strings.
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a text cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a revision holds this.
pub(crate) fn holds(revision: &ControllerRevision, data: &Value) -> bool {
    if revision.data == *data {
        return true;
    }
    let mut held = revision.data.clone();
    prune(&mut held);
    held == *data
}

/// Whether a revision, written by a release that knew fewer defaults, means this.
pub(crate) fn means<K: Kind>(revision: &ControllerRevision, data: &Value) -> bool {
    let Resource { group, version, plural, .. } = K::RESOURCE;
    let Some(facts) = builtin().resource(&group, &version, &plural) else { return false };
    let mut owner = json!({"spec": {"template": template(revision).json()}});
    defaults::apply(facts, &mut owner);
    self::data(&Template::from(owner["spec"]["template"].take())) == *data
}

/// Sorts oldest first.
pub(crate) fn age(revision: &ControllerRevision) -> (i64, Option<Time>, Text) {
    let metadata = &revision.metadata;
    (revision.revision, metadata.creation_timestamp, metadata.name.clone())
}

/// What the number after all these is.
pub(crate) fn next_number(revisions: &[Arc<ControllerRevision>]) -> i64 {
    revisions.iter().map(|revision| revision.revision).max().unwrap_or(0) + 1
}

/// Makes a revision of an owner's template; `label` names it by its hash.
pub(crate) fn create<K: Kind>(
    owner: &K,
    template: &Template,
    name: &str,
    label: (&str, &str),
    number: i64,
) -> Action {
    let metadata = owner.metadata();
    let mut labels = template.labels().clone();
    labels.insert(label.0.into(), label.1.into());
    let object = json!({
        "metadata": {
            "name": name,
            "namespace": metadata.namespace,
            "labels": labels,
            "annotations": metadata.annotations,
            "ownerReferences": [controller_reference(&K::RESOURCE, metadata)],
        },
        "data": data(template),
        "revision": number,
    });
    let namespace = metadata.namespace.clone();
    Action::Create { resource: CONTROLLER_REVISIONS, namespace, object }
}

/// Gives a revision another number: it is current again.
pub(crate) fn renumber(revision: &ControllerRevision, number: i64) -> Action {
    patch(revision, json!({ "revision": number }))
}

/// Adds a label to a revision.
pub(crate) fn label(revision: &ControllerRevision, label: &str, value: &str) -> Action {
    patch(revision, json!({"metadata": {"labels": {label: value}}}))
}

/// Forgets a revision.
pub(crate) fn delete(revision: &ControllerRevision) -> Action {
    Action::Delete {
        target: Target::of(revision),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    }
}

/// The value of a label, empty where there is none.
pub(crate) fn labelled<'a>(metadata: &'a ObjectMeta, label: &str) -> &'a str {
    let labels: &Labels = &metadata.labels;
    labels.get(label).map_or("", Text::as_str)
}

fn patch(revision: &ControllerRevision, patch: Value) -> Action {
    Action::Patch {
        target: Target::of(revision),
        kind: PatchKind::Merge,
        patch,
        subresource: "",
        guard: Guard::Version,
    }
}

/// Takes out what older releases wrote for an absent field.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use api::views::StatefulSet;
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_text_of_a_revision_is_the_one_that_others_compare() {
        let template = json!({
            "spec": {"containers": [{"name": "c", "env": [{"name": "X", "value": "a<b"}]}]},
            "metadata": {"labels": {"app": "web"}, "creationTimestamp": null},
        });
        expect![[r#"{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"env":[{"name":"X","value":"a\u003cb"}],"name":"c"}]}}}}"#]]
        .assert_eq(&canonical(&data(&Template::from(template))));
    }
    #[test]
    fn the_template_of_a_revision_is_the_one_it_was_made_of() {
        let original = Template::from(json!({"metadata": {"labels": {"app": "web"}}, "spec": {}}));
        let revision =
            ControllerRevision { data: data(&original), ..ControllerRevision::default() };
        assert_eq!(template(&revision).json(), original.json());
    }
    #[test]
    fn a_revision_from_before_a_default_means_the_same() {
        let container = json!({"name": "c", "image": "img:1"});
        let old = json!({"spec": {"containers": [container]}});
        let revision = ControllerRevision {
            data: data(&Template::from(old.clone())),
            ..ControllerRevision::default()
        };
        let facts = builtin().resource("apps", "v1", "statefulsets").expect("a known kind");
        let mut set = json!({"spec": {"template": old}});
        defaults::apply(facts, &mut set);
        let now = data(&Template::from(set["spec"]["template"].take()));
        assert!(!holds(&revision, &now) && means::<StatefulSet>(&revision, &now));
    }
    #[test]
    fn a_revision_with_empty_times_holds_the_same() {
        let data = data(&Template::from(json!({"metadata": {}, "spec": {}})));
        let mut old = data.clone();
        old["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
        let revision = ControllerRevision { data: old, ..ControllerRevision::default() };
        assert!(holds(&revision, &data));
    }
}
