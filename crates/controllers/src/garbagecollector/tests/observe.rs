//! What is asked, and what is made of the answers.

use api::{
    resources::{
        CONFIG_MAPS, CONTROLLER_REVISIONS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, NAMESPACES,
        NODES, PODS, REPLICA_SETS, STATEFUL_SETS,
    },
    views::PartialObject,
};
use expect_test::{Expect, expect};
use meta::{
    object::{ObjectKey, ResourceVersion},
    resource::Resource,
};
use runtime::{Answers, Controller, Informers, Observation, Read};
use serde_json::{Value, json};
use testkit::{not_found, refusal};

use super::{
    super::{
        GarbageCollector, Key, View,
        graph::{FOREGROUND, ORPHAN},
        observe::Observed,
    },
    THEN, reference,
};

/// A collector that knows two kinds and has seen these objects.
fn view(objects: &[(Resource, Value)]) -> View {
    let view = GarbageCollector::view(&mut Informers::default());
    for resource in [CONFIG_MAPS, NODES] {
        let name = ("v1".to_owned(), resource.kind.to_string());
        view.kinds.lock().insert(name, resource);
    }
    for (resource, metadata) in objects {
        view.graph.lock().insert(resource, &object(metadata), true);
    }
    view
}

fn object(metadata: &Value) -> PartialObject {
    serde_json::from_value(json!({ "metadata": metadata })).expect("an object")
}

/// An object of the namespace with these owners.
fn owned(owners: &[Value]) -> Value {
    json!({"name": "x", "namespace": "n", "uid": "x", "resourceVersion": "7", "ownerReferences": owners})
}

/// An object of the namespace that waits for its dependents.
fn leaving(finalizer: &str) -> Value {
    json!({"name": "x", "namespace": "n", "uid": "x", "resourceVersion": "7",
        "deletionTimestamp": THEN, "finalizers": [finalizer]})
}

fn live(resource: Resource, namespace: &str, name: &str) -> Read {
    Read::Metadata { resource, key: ObjectKey::new(namespace, name) }
}

fn list(resource: Resource) -> Read {
    Read::List { resource, namespace: "n".into() }
}

fn asked(read: &Read) -> String {
    match read {
        Read::Metadata { resource, key } => format!("{} {key}", resource.plural),
        Read::List { resource, namespace } => format!("all {} of {namespace}", resource.plural),
        Read::Object { .. }
        | Read::Objects { .. }
        | Read::Discovery
        | Read::Subresource { .. }
        | Read::Path { .. } => {
            format!("{read:?}")
        }
    }
}

/// What a look at `x` gives, with answers to what it asks.
fn look(view: &View, given: Vec<(Read, runtime::Answer)>) -> String {
    let mut answers = Answers::default();
    for (read, answer) in given {
        answers.insert(read, answer);
    }
    let situation = match GarbageCollector::observe(view, &Key::Object("x".into()), &answers) {
        Observation::Gone => return "gone".to_owned(),
        Observation::Ask(reads) => {
            let reads: Vec<String> = reads.iter().map(asked).collect();
            return format!("asks for {}", reads.join(", "));
        }
        Observation::Ready(Observed::Object(situation)) => situation,
        Observation::Ready(Observed::Resources { .. }) => return "resources".to_owned(),
    };
    let owners = situation.owners.iter().map(|(owner, state)| format!("{} {state:?}", owner.uid));
    let dependents =
        situation.dependents.iter().map(|dependent| dependent.metadata.uid.to_string());
    let foreign =
        situation.foreign_owner.as_ref().map(|owner| format!(", foreign {}", owner.key()));
    format!(
        "owners [{}], dependents [{}], {:?}{}",
        owners.collect::<Vec<_>>().join(", "),
        dependents.collect::<Vec<_>>().join(", "),
        situation.knowledge,
        foreign.unwrap_or_default(),
    )
}

fn check(view: &View, given: Vec<(Read, runtime::Answer)>, expected: Expect) {
    expected.assert_eq(&look(view, given));
}

#[test]
fn what_has_no_owner_or_goes_already_is_let_be() {
    check(&view(&[]), vec![], expect!["gone"]);
    check(&view(&[(CONFIG_MAPS, owned(&[]))]), vec![], expect!["gone"]);
    let mut going = owned(&[reference("o")]);
    going["deletionTimestamp"] = THEN.into();
    check(&view(&[(CONFIG_MAPS, going)]), vec![], expect!["gone"]);
}

#[test]
fn every_owner_is_read_before_anything_is_decided() {
    let view = view(&[(CONFIG_MAPS, owned(&[reference("o"), reference("p")]))]);
    check(&view, vec![], expect!["asks for configmaps n/o, configmaps n/p"]);
    let known = (live(CONFIG_MAPS, "n", "o"), Ok(json!({"metadata": {"uid": "o"}})));
    check(&view, vec![known], expect!["asks for configmaps n/p"]);
}

#[test]
fn an_owner_is_what_a_live_read_says() {
    let view = view(&[(CONFIG_MAPS, owned(&[reference("o")]))]);
    let check =
        |answer, expected| check(&view, vec![(live(CONFIG_MAPS, "n", "o"), answer)], expected);
    let metadata = |metadata: Value| Ok(json!({ "metadata": metadata }));
    check(metadata(json!({"uid": "o"})), expect!["owners [o Solid], dependents [], Complete"]);
    check(metadata(json!({"uid": "p"})), expect!["owners [o Absent], dependents [], Complete"]);
    check(Err(not_found()), expect!["owners [o Absent], dependents [], Complete"]);
    check(
        Err(refusal(503, "ServiceUnavailable", "not now")),
        expect!["owners [o Unclear], dependents [], Complete"],
    );
    check(
        metadata(json!({"uid": "o", "deletionTimestamp": THEN, "finalizers": [FOREGROUND]})),
        expect!["owners [o Waiting], dependents [], Complete"],
    );
    // It goes, but nobody has to go first.
    check(
        metadata(json!({"uid": "o", "deletionTimestamp": THEN, "finalizers": ["other"]})),
        expect!["owners [o Solid], dependents [], Complete"],
    );
    check(
        metadata(json!({"uid": "o", "finalizers": [FOREGROUND]})),
        expect!["owners [o Solid], dependents [], Complete"],
    );
}

#[test]
fn an_owner_is_looked_for_where_its_kind_lives() {
    let mut node = reference("o");
    node["kind"] = "Node".into();
    check(&view(&[(CONFIG_MAPS, owned(&[node]))]), vec![], expect!["asks for nodes o"]);
    let mut widget = reference("o");
    widget["kind"] = "Widget".into();
    check(
        &view(&[(CONFIG_MAPS, owned(&[widget]))]),
        vec![],
        expect!["owners [o Unclear], dependents [], Complete"],
    );
    let mut cluster_wide = owned(&[reference("o")]);
    cluster_wide["namespace"] = "".into();
    check(
        &view(&[(NAMESPACES, cluster_wide)]),
        vec![],
        expect!["owners [o Impossible], dependents [], Complete"],
    );
}

#[test]
fn an_owner_seen_in_another_namespace_is_noted() {
    let absent = || vec![(live(CONFIG_MAPS, "n", "o"), Err(not_found()))];
    let check = |resource, namespace: &str, expected| {
        let owner = json!({"name": "o", "namespace": namespace, "uid": "o"});
        check(
            &view(&[(resource, owner), (CONFIG_MAPS, owned(&[reference("o")]))]),
            absent(),
            expected,
        );
    };
    check(CONFIG_MAPS, "m", expect!["owners [o Absent], dependents [], Complete, foreign m/o"]);
    check(CONFIG_MAPS, "n", expect!["owners [o Absent], dependents [], Complete"]);
    check(NODES, "", expect!["owners [o Absent], dependents [], Complete"]);
}

#[test]
fn what_owns_pods_asks_for_pods_that_no_event_has_told_of() {
    for finalizer in [ORPHAN, FOREGROUND] {
        let seen = json!({"name": "seen", "namespace": "n", "uid": "seen", "ownerReferences": [reference("x")]});
        let view = view(&[(REPLICA_SETS, leaving(finalizer)), (PODS, seen)]);
        check(&view, vec![], expect!["asks for all pods of n"]);
        let item = |uid: &str, owner: &str| json!({"metadata": {"name": uid, "uid": uid, "ownerReferences": [reference(owner)]}});
        let items = json!([item("seen", "x"), item("unseen", "x"), item("other", "y")]);
        check(
            &view,
            vec![(list(PODS), Ok(json!({ "items": items })))],
            expect!["owners [], dependents [seen, unseen], Complete"],
        );
    }
}

#[test]
fn what_cannot_be_read_of_the_likely_is_unread_and_what_is_not_served_is_not_there() {
    let view = view(&[(REPLICA_SETS, leaving(ORPHAN))]);
    check(
        &view,
        vec![(list(PODS), Err(refusal(503, "ServiceUnavailable", "not now")))],
        expect!["owners [], dependents [], Unread"],
    );
    check(
        &view,
        vec![(list(PODS), Err(not_found()))],
        expect!["owners [], dependents [], Complete"],
    );
}

/// Makes the collector watch a resource as far as a revision.
fn watch(view: &View, resource: &Resource, version: u64) {
    view.dynamic.want(resource.clone());
    view.dynamic.fill(resource, Vec::new(), ResourceVersion(version));
}

#[test]
fn an_owner_asks_for_what_its_controller_makes_until_it_has_heard_of_all_before_its_deletion() {
    let rows = [
        (DEPLOYMENTS, expect!["asks for all replicasets of n"]),
        (REPLICA_SETS, expect!["asks for all pods of n"]),
        (JOBS, expect!["asks for all pods of n"]),
        (STATEFUL_SETS, expect!["asks for all pods of n, all controllerrevisions of n"]),
        (DAEMON_SETS, expect!["asks for all pods of n, all controllerrevisions of n"]),
        (CRON_JOBS, expect!["asks for all jobs of n"]),
        (CONFIG_MAPS, expect!["owners [], dependents [], Complete"]),
    ];
    for (owner, expected) in rows {
        let view = view(&[(owner, leaving(FOREGROUND))]);
        let children = [CONTROLLER_REVISIONS, JOBS, PODS, REPLICA_SETS];
        for child in &children {
            watch(&view, child, 6);
        }
        check(&view, vec![], expected);
        for child in &children {
            watch(&view, child, 7);
        }
        check(&view, vec![], expect!["owners [], dependents [], Complete"]);
    }
}

#[test]
fn an_orphaning_owner_asks_for_what_is_behind_its_deletion() {
    let view = view(&[(CONFIG_MAPS, leaving(ORPHAN))]);
    watch(&view, &PODS, 6);
    watch(&view, &CONFIG_MAPS, 7);
    watch(&view, &NODES, 6);
    check(&view, vec![], expect!["asks for all pods of n"]);
    check(
        &view,
        vec![(list(PODS), Err(refusal(503, "ServiceUnavailable", "not now")))],
        expect!["owners [], dependents [], Unsynced"],
    );
    watch(&view, &PODS, 7);
    check(&view, vec![], expect!["owners [], dependents [], Complete"]);
}

#[test]
fn a_cluster_wide_owner_asks_for_what_has_no_namespace_too() {
    let mut owner = leaving(ORPHAN);
    owner["namespace"] = "".into();
    let view = view(&[(NAMESPACES, owner)]);
    watch(&view, &NODES, 6);
    check(&view, vec![], expect!["asks for all nodes of "]);
}

#[test]
fn dependents_may_be_unknown_while_a_resource_was_not_listed_yet() {
    let view = view(&[(CONFIG_MAPS, leaving(FOREGROUND))]);
    check(&view, vec![], expect!["owners [], dependents [], Complete"]);
    view.dynamic.want(PODS);
    check(&view, vec![], expect!["owners [], dependents [], Unsynced"]);
}

/// The resources that are watched after a look at what the server serves.
fn watched(view: &View, group: Value) -> Vec<String> {
    let mut answers = Answers::default();
    answers.insert(Read::Discovery, Ok(json!({"items": [group]})));
    let looked = GarbageCollector::observe(view, &Key::Resources, &answers);
    assert!(matches!(looked, Observation::Ready(Observed::Resources { .. })));
    view.dynamic.wanted().iter().map(|resource| resource.plural.to_string()).collect()
}

fn served(plural: &str, verbs: &[&str]) -> Value {
    json!({"resource": plural, "responseKind": {"kind": plural}, "scope": "Namespaced", "verbs": verbs})
}

#[test]
fn what_can_be_listed_watched_and_deleted_is_watched_while_it_is_served() {
    let view = view(&[]);
    let asked = GarbageCollector::observe(&view, &Key::Resources, &Answers::default());
    assert!(matches!(asked, Observation::Ask(reads) if reads == [Read::Discovery]));
    let all = ["delete", "list", "watch"];
    let group = |resources: Value| json!({"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": resources}]});
    let resources = json!([
        served("widgets", &all),
        served("gadgets", &all),
        served("events", &all),
        served("reviews", &["create"]),
    ]);
    assert_eq!(watched(&view, group(resources)), ["gadgets", "widgets"]);
    assert!(view.kinds.lock().contains_key(&("example.com/v1".to_owned(), "widgets".to_owned())));
    assert_eq!(watched(&view, group(json!([served("widgets", &all)]))), ["widgets"]);
}

#[test]
fn what_cannot_be_discovered_now_stays_watched() {
    let view = view(&[]);
    let all = ["delete", "list", "watch"];
    let version = json!({"version": "v1", "resources": [served("widgets", &all)]});
    watched(&view, json!({"metadata": {"name": "example.com"}, "versions": [version]}));
    let stale = json!({"version": "v1", "freshness": "Stale"});
    let group = json!({"metadata": {"name": "example.com"}, "versions": [stale]});
    assert_eq!(watched(&view, group), ["widgets"]);
}
