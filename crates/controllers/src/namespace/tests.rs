//! Rows of namespaces on their way out.

use expect_test::{Expect, expect};
use meta::time::Time;
use serde_json::{Value, json};

use super::{
    observe::{Content, Left},
    plan::plan,
};

fn content(left: Vec<(&str, Vec<Value>)>) -> Content {
    let live = json!({
        "metadata": {"name": "n", "uid": "u", "deletionTimestamp": "1970-01-01T00:00:00Z"},
        "spec": {"finalizers": ["kubernetes"]},
    });
    let left = left.into_iter().map(|(plural, objects)| Left {
        resource: meta::resource::Resource {
            plural: plural.to_owned().into(),
            ..api::resources::CONFIG_MAPS
        },
        objects: objects
            .into_iter()
            .map(|o| serde_json::from_value(json!({"metadata": o})).expect("valid"))
            .collect(),
        can_delete_collection: plural != "services",
    });
    Content {
        namespace: serde_json::from_value(live.clone()).expect("a namespace"),
        live,
        left: left.collect(),
        pods_grace_seconds: 0,
        discovery_errors: Vec::new(),
        read_errors: Vec::new(),
    }
}

fn check(content: &Content, expected: Expect) {
    let plan = plan(content, Time::from_seconds(0));
    let mut lines: Vec<String> = plan.steps().map(|step| step.why.to_string()).collect();
    for step in plan.steps() {
        if let runtime::Action::Patch { patch, .. } = &step.action {
            let conditions = patch.pointer("/status/conditions").and_then(Value::as_array);
            let bad = conditions.into_iter().flatten().filter(|c| c["status"] == "True");
            lines.push(bad.filter_map(|c| c["message"].as_str()).collect::<Vec<_>>().join("; "));
        }
    }
    lines.push(format!("wake after {:?}", plan.wake_after));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn an_empty_namespace_tells_so_and_goes() {
    check(
        &content(vec![]),
        expect![[r#"
        the conditions do not tell what is left
        nothing is left in the namespace

        wake after None"#]],
    );
}

#[test]
fn content_is_asked_to_go_once() {
    let plain = json!({"name": "a"});
    check(
        &content(vec![
            ("configmaps", vec![plain.clone(), plain.clone()]),
            ("services", vec![plain]),
        ]),
        expect![[r#"
            the namespace is being deleted and holds 2 configmaps
            the namespace is being deleted and holds 1 services
            the conditions do not tell what is left

            wake after Some(50ms)"#]],
    );
}

#[test]
fn what_others_hold_is_waited_for_and_told_of() {
    let held = json!({"name": "a", "deletionTimestamp": "1970-01-01T00:00:00Z", "finalizers": ["example.com/hold"]});
    check(
        &content(vec![("configmaps", vec![held])]),
        expect![[r#"
        the conditions do not tell what is left
        Some resources are remaining: configmaps. has 1 resource instances; Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances
        wake after Some(8s)"#]],
    );
}

#[test]
fn a_namespace_is_not_let_go_while_something_could_not_be_read() {
    let mut unread = content(vec![]);
    unread.read_errors.push("no".to_owned());
    check(
        &unread,
        expect![[r#"
        the conditions do not tell what is left
        Failed to delete all resource types, 1 remaining: no
        wake after Some(8s)"#]],
    );
}

#[test]
fn a_person_is_told_what_is_left_and_what_holds_it() {
    let held = json!({"name": "b", "finalizers": ["example.com/hold"]});
    let mut content = content(vec![("configmaps", vec![json!({"name": "a"}), held])]);
    content.pods_grace_seconds = 30;
    content.read_errors.push("cannot list secrets".to_owned());
    expect![[r#"
        left: 2 configmaps, 1 of them held by finalizers
        pods may still take 30s
        not known: cannot list secrets"#]]
    .assert_eq(&super::describe::lines(&content).join("\n"));
}

/// All five conditions, in full.
fn told(content: &Content) -> String {
    let plan = plan(content, Time::from_seconds(0));
    let patch = plan.steps().find_map(|step| match &step.action {
        runtime::Action::Patch { patch, .. } => patch.pointer("/status/conditions").cloned(),
        runtime::Action::Create { .. }
        | runtime::Action::CreateSubresource { .. }
        | runtime::Action::Replace { .. }
        | runtime::Action::Delete { .. }
        | runtime::Action::DeleteCollection { .. }
        | runtime::Action::Announce => None,
    });
    let conditions = patch.as_ref().and_then(Value::as_array).into_iter().flatten();
    let text =
        |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let line = |it: &Value| {
        let words = ["type", "status", "reason", "message"].map(|field| text(it, field));
        let [kind, status, reason, message] = words;
        format!("{kind}={status} {reason}: {message}\n")
    };
    conditions.map(line).collect()
}

#[test]
fn the_five_conditions_are_in_the_references_words() {
    expect![[r#"
        NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered
        NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed
        NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization
        NamespaceContentRemaining=False ContentRemoved: All content successfully removed
        NamespaceFinalizersRemaining=False ContentHasNoFinalizers: All content-preserving finalizers finished
    "#]].assert_eq(&told(&content(vec![])));
    let held = json!({"name": "a", "deletionTimestamp": "1970-01-01T00:00:00Z", "finalizers": ["example.com/hold"]});
    let mut stuck = content(vec![("configmaps", vec![held])]);
    stuck.discovery_errors.push("example.com/v1: down".to_owned());
    stuck.read_errors.push("no".to_owned());
    expect![[r#"
        NamespaceDeletionDiscoveryFailure=True DiscoveryFailed: Discovery failed for some groups, 1 failing: example.com/v1: down
        NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed
        NamespaceDeletionContentFailure=True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: no
        NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances
        NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances
    "#]].assert_eq(&told(&stuck));
}
