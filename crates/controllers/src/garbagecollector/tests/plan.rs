//! What becomes of an object.

use expect_test::{Expect, expect};
use meta::object::OwnerReference;
use runtime::{Action, Controller, EventType};
use serde_json::{Value, json};
use testkit::refusal;

use super::{
    super::{
        GarbageCollector, Memory,
        graph::{FOREGROUND, Graph, Node, ORPHAN},
        observe::{Knowledge, Observed, Owner, Situation},
        plan::plan,
    },
    THEN, reference,
};

fn node(metadata: Value) -> Node {
    let mut graph = Graph::default();
    let object = serde_json::from_value(json!({ "metadata": metadata })).expect("an object");
    graph.insert(&api::resources::CONFIG_MAPS, &object, true);
    graph.node(&object.metadata.uid).expect("just inserted").clone()
}

/// An object with these owners; its dependents are made of the second list.
fn situation(owners: &[(&str, Owner)], dependents: Vec<Value>) -> Situation {
    let references: Vec<Value> = owners.iter().map(|(uid, _)| reference(uid)).collect();
    let owners = owners.iter().map(|(uid, owner)| {
        let reference: OwnerReference =
            serde_json::from_value(reference(uid)).expect("a reference");
        (reference, owner.clone())
    });
    Situation {
        node: node(json!({"name": "x", "uid": "x", "ownerReferences": references})),
        owners: owners.collect(),
        dependents: dependents.into_iter().map(node).collect(),
        knowledge: Knowledge::Complete,
        foreign_owner: None,
    }
}

fn check(situation: &Situation, expected: Expect) {
    let plan = plan(&mut Memory::default(), situation);
    let mut lines: Vec<String> = plan
        .steps()
        .map(|step| {
            let action = if let Action::Delete { propagation, .. } = &step.action {
                format!("delete {propagation:?}")
            } else if let Action::Patch { target, patch, .. } = &step.action {
                format!("patch {} {patch}", target.key)
            } else {
                "announce".to_owned()
            };
            format!("{action}: {}", step.why)
        })
        .collect();
    lines.extend(plan.wake_after.map(|wake| format!("wake after {wake:?}")));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn what_is_told_anew_is_taken_up_again() {
    for finalizer in [ORPHAN, FOREGROUND] {
        let mut graph = Graph::default();
        let metadata =
            json!({"name": "x", "uid": "x", "finalizers": [finalizer], "deletionTimestamp": THEN});
        let object = serde_json::from_value(json!({ "metadata": metadata })).expect("an object");
        let mut dirty = |anew| graph.insert(&api::resources::CONFIG_MAPS, &object, anew).len();
        assert_eq!([dirty(true), dirty(false), dirty(true)], [1, 0, 1], "{finalizer}");
    }
}

#[test]
fn an_object_without_owners_left_goes() {
    check(
        &situation(&[("a", Owner::Absent)], vec![]),
        expect!["delete Some(Background): none of its owners is left"],
    );
}

#[test]
fn one_solid_owner_keeps_it_and_the_dangling_reference_goes() {
    check(
        &situation(&[("a", Owner::Absent), ("b", Owner::Solid)], vec![]),
        expect![[
            r#"patch x {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"a"}]}}: some of its owners are gone and one is there"#
        ]],
    );
}

#[test]
fn a_waiting_owner_pulls_its_tree_down_from_the_top() {
    let child = json!({"name": "c", "uid": "c", "ownerReferences": [reference("x")]});
    check(
        &situation(&[("a", Owner::Waiting)], vec![]),
        expect!["delete Some(Background): its owners wait for it to go"],
    );
    check(
        &situation(&[("a", Owner::Waiting)], vec![child]),
        expect!["delete Some(Foreground): its owners wait for it to go"],
    );
}

#[test]
fn a_cycle_is_opened_first() {
    let child = json!({"name": "c", "uid": "c", "ownerReferences": [reference("x")],
        "deletionTimestamp": THEN, "finalizers": [FOREGROUND]});
    check(
        &situation(&[("a", Owner::Waiting)], vec![child]),
        expect![[r#"
        patch x {"metadata":{"ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":false,"kind":"ConfigMap","name":"a","uid":"a"}]}}: it and its dependents wait for each other
        wake after 5ms"#]],
    );
}

#[test]
fn an_owner_of_unknown_kind_keeps_it() {
    check(&situation(&[("a", Owner::Unclear)], vec![]), expect!["wake after 30s"]);
    check(&situation(&[("a", Owner::Impossible)], vec![]), expect![[""]]);
}

#[test]
fn a_foreground_deletion_waits_for_blocking_dependents() {
    let mut leaving =
        situation(&[], vec![json!({"name": "c", "uid": "c", "ownerReferences": [reference("x")]})]);
    leaving.node = node(
        json!({"name": "x", "uid": "x", "deletionTimestamp": THEN, "finalizers": [FOREGROUND, "other"]}),
    );
    check(&leaving, expect![[""]]);
    leaving.dependents.clear();
    check(
        &leaving,
        expect![[
            r#"patch x {"metadata":{"finalizers":["other"]}}: no dependent holds it back any more"#
        ]],
    );
}

#[test]
fn an_orphaning_owner_lets_its_dependents_go_first() {
    let mut leaving = situation(
        &[],
        vec![json!({"name": "c", "uid": "c", "ownerReferences": [reference("x"), reference("y")]})],
    );
    leaving.node =
        node(json!({"name": "x", "uid": "x", "deletionTimestamp": THEN, "finalizers": [ORPHAN]}));
    check(
        &leaving,
        expect![[r#"
        patch c {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"x"}]}}: its owner x leaves it behind
        patch x {"metadata":{"finalizers":null}}: its dependents have been let go"#]],
    );
}

#[test]
fn an_owner_stays_while_its_dependents_may_not_all_be_known() {
    for finalizer in [ORPHAN, FOREGROUND] {
        let mut leaving = situation(&[], vec![]);
        leaving.node = node(
            json!({"name": "x", "uid": "x", "deletionTimestamp": THEN, "finalizers": [finalizer]}),
        );
        for knowledge in [Knowledge::Unsynced, Knowledge::Unread] {
            leaving.knowledge = knowledge;
            check(&leaving, expect!["wake after 1s"]);
        }
    }
}

#[test]
fn a_resource_that_is_never_listed_does_not_hold_owners_for_ever() {
    let mut leaving = situation(&[], vec![]);
    leaving.node =
        node(json!({"name": "x", "uid": "x", "deletionTimestamp": THEN, "finalizers": [ORPHAN]}));
    leaving.knowledge = Knowledge::Unsynced;
    let mut memory = Memory::default();
    let waits = (0..100).take_while(|_| plan(&mut memory, &leaving).steps().count() == 0).count();
    assert_eq!(waits, 30);
}

#[test]
fn the_kinds_that_built_in_owners_have_are_known_from_the_start() {
    let graph = Graph::default();
    let children = |kind: &str| graph.children_of(&kind.into());
    assert!(children("Deployment").contains(&api::resources::REPLICA_SETS));
    assert!(children("ReplicaSet").contains(&api::resources::PODS));
    assert!(children("Widget").is_empty());
}

#[test]
fn an_object_goes_as_its_own_finalizers_ask() {
    for (finalizer, wanted) in [
        ("orphan", expect!["delete Some(Orphan): none of its owners is left"]),
        ("foregroundDeletion", expect!["delete Some(Foreground): none of its owners is left"]),
        ("other", expect!["delete Some(Background): none of its owners is left"]),
    ] {
        let mut held = situation(&[("a", Owner::Absent)], vec![]);
        held.node.metadata.finalizers = vec![finalizer.into()].into();
        check(&held, wanted);
    }
}

#[test]
fn an_owner_in_another_namespace_is_told_of() {
    let mut stray = situation(&[("a", Owner::Absent)], vec![]);
    stray.node.metadata.namespace = "shop".into();
    stray.foreign_owner = Some(node(json!({"name": "a", "uid": "a", "namespace": "elsewhere"})));
    let told = plan(&mut Memory::default(), &stray);
    let event = told.steps().find_map(|step| step.on_success.clone()).expect("an event");
    assert_eq!((event.kind, event.reason), (EventType::Warning, "OwnerRefInvalidNamespace"));
    assert_eq!(
        event.message,
        r#"ownerRef [v1/ConfigMap, namespace: shop, name: a, uid: a] does not exist in namespace "shop""#
    );
}

#[test]
fn custom_resources_are_patched_in_the_form_they_take() {
    let mut custom = situation(&[("a", Owner::Absent), ("b", Owner::Solid)], vec![]);
    custom.node.resource.group = "example.com".into();
    check(
        &custom,
        expect![[
            r#"patch x {"metadata":{"ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":true,"kind":"ConfigMap","name":"b","uid":"b"}]}}: some of its owners are gone and one is there"#
        ]],
    );
}

#[test]
fn an_object_whose_owners_are_all_there_is_left_alone() {
    check(&situation(&[("a", Owner::Solid)], vec![]), expect![[""]]);
}

#[test]
fn what_nobody_waits_for_goes_before_its_own_dependents() {
    let child = json!({"name": "c", "uid": "c", "ownerReferences": [reference("x")]});
    check(
        &situation(&[("a", Owner::Absent)], vec![child]),
        expect!["delete Some(Background): none of its owners is left"],
    );
}

#[test]
fn what_takes_no_strategic_patch_is_told_the_references_that_stay() {
    let dangling = situation(&[("a", Owner::Absent), ("b", Owner::Solid)], vec![]);
    let gone = situation(&[("a", Owner::Absent)], vec![]);
    let mut memory = Memory::default();
    let mut fail = |situation: &Situation, code| {
        let step = plan(&mut memory, situation).steps().next().expect("a step").clone();
        GarbageCollector::failed(&mut memory, &step, &refusal(code, "Refused", "no"));
        let step = plan(&mut memory, &dangling).steps().next().expect("a patch").clone();
        let Action::Patch { patch, .. } = step.action else { panic!("{step:?}") };
        patch["metadata"]["ownerReferences"].clone()
    };
    let strategic = json!([{"$patch": "delete", "uid": "a"}]);
    assert_eq!(fail(&dangling, 409), strategic);
    assert_eq!(fail(&gone, 415), strategic);
    assert_eq!(fail(&dangling, 415), json!([reference("b")]));
}

#[test]
fn what_is_served_is_looked_at_again() {
    let looked = Observed::Resources { unread: 0 };
    let now = meta::time::Time::from_seconds(0);
    let plan = GarbageCollector::plan(&mut Memory::default(), &looked, now);
    assert_eq!(plan.wake_after.map(|wake| wake.as_secs()), Some(30));
}
