//! Rows for strategic merge patches, on the fields of real kinds.

use api::catalog::builtin;
use serde_json::{Value, json};

use super::*;

fn patched(plural: &str, live: &Value, patch: &Value) -> Result<Value, Error> {
    let group = if plural == "deployments" { "apps" } else { "" };
    let resource = builtin().resource(group, "v1", plural).expect("served");
    apply(builtin(), resource.type_id, live, patch)
}

fn check_pod_spec(live: Value, patch: Value, expected: Value) {
    let result = patched("pods", &json!({"spec": live}), &json!({"spec": patch}));
    assert_eq!(result, Ok(json!({"spec": expected})), "{patch}");
}

fn check_metadata(live: Value, patch: Value, expected: Value) {
    let result = patched("pods", &json!({"metadata": live}), &json!({"metadata": patch}));
    assert_eq!(result, Ok(json!({"metadata": expected})), "{patch}");
}

fn refuse(live: Value, patch: Value, code: u16, message: &str) {
    let error = patched("pods", &json!({"spec": live}), &json!({"spec": patch}));
    let status = error.expect_err("refused").into_status();
    assert_eq!((status.code, status.message.as_str()), (code, message));
}

/// Containers by name: `a b` → a list of two.
fn containers(names: &str) -> Value {
    names.split_whitespace().map(|name| json!({"name": name})).collect()
}

fn check_order(live: &str, patch: &str, expected: &str) {
    check_pod_spec(
        json!({"containers": containers(live)}),
        json!({"containers": containers(patch)}),
        json!({"containers": containers(expected)}),
    );
}

#[test]
fn containers_merge_by_name_and_keep_what_is_not_sent() {
    check_pod_spec(
        json!({"containers": [{"name": "web", "image": "a:1", "args": ["x"]}]}),
        json!({"containers": [{"name": "web", "image": "a:2"}]}),
        json!({"containers": [{"name": "web", "image": "a:2", "args": ["x"]}]}),
    );
}

#[test]
fn new_elements_come_as_early_as_possible() {
    check_order("a b c", "z b", "z a b c");
    check_order("a b c", "c a", "b c a");
    check_order("a b c", "z", "z a b c");
}

#[test]
fn finalizers_unite() {
    check_metadata(
        json!({"finalizers": ["a", "b", "c"]}),
        json!({"finalizers": ["c", "n"]}),
        json!({"finalizers": ["a", "b", "c", "n"]}),
    );
}

#[test]
fn an_order_list_alone_arranges() {
    check_pod_spec(
        json!({"containers": containers("a b c")}),
        json!({"$setElementOrder/containers": containers("c a")}),
        json!({"containers": containers("b c a")}),
    );
}

#[test]
fn an_order_list_arranges_what_is_merged() {
    check_pod_spec(
        json!({"containers": containers("a b c")}),
        json!({
            "$setElementOrder/containers": containers("c a"),
            "containers": [{"name": "a", "image": "i"}],
        }),
        json!({"containers": [{"name": "b"}, {"name": "c"}, {"name": "a", "image": "i"}]}),
    );
}

#[test]
fn an_empty_patch_list_changes_nothing() {
    check_order("a b", "", "a b");
}

#[test]
fn atomic_lists_are_replaced_and_their_directives_are_data() {
    check_pod_spec(
        json!({"tolerations": [{"key": "k1"}, {"key": "k2"}]}),
        json!({"tolerations": [{"key": "k1", "$patch": "delete"}]}),
        json!({"tolerations": [{"key": "k1", "$patch": "delete"}]}),
    );
}

#[test]
fn a_delete_directive_takes_all_elements_of_that_key() {
    check_pod_spec(
        json!({"containers": [{"name": "a", "ports": [
            {"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"},
            {"containerPort": 443},
        ]}]}),
        json!({"containers": [{"name": "a", "ports": [{"$patch": "delete", "containerPort": 80}]}]}),
        json!({"containers": [{"name": "a", "ports": [{"containerPort": 443}]}]}),
    );
}

#[test]
fn deleting_and_adding_one_name_makes_a_fresh_element() {
    check_pod_spec(
        json!({"containers": [{"name": "a", "image": "old", "tty": true}]}),
        json!({"containers": [{"name": "a", "image": "new"}, {"name": "a", "$patch": "delete"}]}),
        json!({"containers": [{"name": "a", "image": "new"}]}),
    );
}

#[test]
fn deleting_one_and_adding_another_puts_the_new_one_first() {
    check_pod_spec(
        json!({"containers": containers("a b c")}),
        json!({"containers": [{"name": "b", "$patch": "delete"}, {"name": "z"}]}),
        json!({"containers": containers("z a c")}),
    );
}

#[test]
fn a_replace_directive_in_any_element_drops_the_live_list() {
    let live = || json!({"containers": containers("a b")});
    let patch = json!({"containers": [{"$patch": "replace"}, {"name": "c"}]});
    check_pod_spec(live(), patch, json!({"containers": containers("c")}));
    let patch = json!({"containers": [{"name": "b", "$patch": "replace", "image": "r"}]});
    check_pod_spec(live(), patch, json!({"containers": []}));
}

#[test]
fn a_map_is_replaced_or_cleared_by_directive() {
    let live = || json!({"labels": {"a": "1", "b": "2"}});
    let replace = json!({"labels": {"$patch": "replace", "c": "3"}});
    check_metadata(live(), replace, json!({"labels": {"c": "3"}}));
    let delete = json!({"labels": {"$patch": "delete", "c": "3"}});
    check_metadata(live(), delete, json!({"labels": {}}));
}

#[test]
fn null_removes_and_leaves_no_trace_in_what_is_new() {
    check_pod_spec(
        json!({"nodeName": "n"}),
        json!({"nodeName": null, "hostname": null}),
        json!({}),
    );
    check_pod_spec(
        json!({"containers": [{"name": "a"}]}),
        json!({"containers": [{"name": "a", "env": [{"name": "q", "value": null}]}]}),
        json!({"containers": [{"name": "a", "env": [{"name": "q"}]}]}),
    );
}

#[test]
fn new_values_lose_their_directives() {
    check_pod_spec(
        json!({}),
        json!({
            "securityContext": {"$patch": "nonsense"},
            "containers": [{"name": "a", "$patch": "delete"}, {"name": "b"}],
        }),
        json!({"containers": [{"name": "b"}]}),
    );
}

#[test]
fn retained_keys_are_all_that_stays() {
    check_pod_spec(
        json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
        json!({"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}),
        json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
    );
    let malformed = "invalid patch format of retainKeys";
    refuse(json!({}), json!({"$retainKeys": "type"}), 400, malformed);
    refuse(json!({}), json!({"$retainKeys": ["a"], "nodeName": "n"}), 400, malformed);
}

#[test]
fn the_deployment_strategy_changes_with_retained_keys() {
    let live =
        json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
    let expected = json!({"spec": {"strategy": {"type": "Recreate"}}});
    assert_eq!(patched("deployments", &live, &patch), Ok(expected));
}

#[test]
fn a_selector_is_replaced_as_a_whole_where_its_strategy_says_so() {
    let live = json!({"spec": {"selector": {"matchLabels": {"a": "1"}}}});
    let patch = json!({"spec": {"selector": {"matchLabels": {"b": "2"}}}});
    let budgets = builtin().resource("policy", "v1", "poddisruptionbudgets").expect("served");
    let result = apply(builtin(), budgets.type_id, &live, &patch);
    assert_eq!(result, Ok(patch));
}

#[test]
fn primitives_are_deleted_whatever_the_strategy() {
    check_metadata(
        json!({"finalizers": ["a", "b"]}),
        json!({"$deleteFromPrimitiveList/finalizers": ["a"]}),
        json!({"finalizers": ["b"]}),
    );
    check_pod_spec(
        json!({"containers": [{"name": "a", "args": ["x", "y", "x"]}]}),
        json!({"containers": [{"name": "a", "$deleteFromPrimitiveList/args": ["x"]}]}),
        json!({"containers": [{"name": "a", "args": ["y"]}]}),
    );
    check_metadata(json!({}), json!({"$deleteFromPrimitiveList/finalizers": ["a"]}), json!({}));
    let malformed = "invalid patch format of primitive list";
    refuse(json!({}), json!({"$deleteFromPrimitiveList": ["a"]}), 400, malformed);
}

#[test]
fn kind_and_version_of_the_patch_are_ignored() {
    let live = json!({"apiVersion": "v1", "kind": "Pod"});
    let patch = json!({"apiVersion": "v7", "kind": "Other"});
    assert_eq!(patched("pods", &live, &patch), Ok(live));
}

#[test]
fn keys_are_compared_with_their_type() {
    check_pod_spec(
        json!({"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]}),
        json!({"containers": [{"name": "a", "ports": [{"containerPort": "80"}]}]}),
        json!({"containers": [{"name": "a", "ports": [{"containerPort": "80"}, {"containerPort": 80}]}]}),
    );
}

#[test]
fn failures_have_the_words_and_codes_of_the_reference() {
    let live = || json!({"containers": [{"name": "a"}]});
    for (patch, message) in [
        (
            json!({"$patch": "merge", "a": 1}),
            "unknown patch type: merge in map: map[$patch:merge a:1]",
        ),
        (
            json!({"containers": [{"$patch": "delete"}]}),
            "map: map[$patch:delete] does not contain declared merge key: name",
        ),
        (
            json!({"containers": [{"image": "b:2"}]}),
            "map: map[image:b:2] does not contain declared merge key: name",
        ),
        (
            json!({"containers": [{"$patch": "merge"}]}),
            "merging lists cannot yet be specified in the patch",
        ),
        (json!({"containers": ["x"]}), "list element types are not identical: [[map[name:a]] [x]]"),
        (
            json!({"$setElementOrder/nope": []}),
            "unable to find api field in struct PodSpec for the json field \"nope\"",
        ),
        (
            json!({"$setElementOrder/containers": "a"}),
            "expected a []interface {}, but received a string",
        ),
        (
            json!({"$setElementOrder/containers": containers("b a"), "containers": containers("a b")}),
            "The order in patch list:\n[map[name:a] map[name:b]]\n doesn't match \
             $setElementOrder list:\n[map[name:b] map[name:a]]\n",
        ),
    ] {
        refuse(live(), patch, 500, message);
    }
    let malformed = "invalid patch format of setElementOrder list";
    refuse(live(), json!({"$setElementOrder": []}), 400, malformed);
}

#[test]
fn a_patch_is_an_object_and_null_is_an_empty_one() {
    let live = json!({"metadata": {"name": "a"}});
    assert_eq!(patched("pods", &live, &Value::Null), Ok(live.clone()));
    let error = patched("pods", &live, &json!([])).expect_err("refused").into_status();
    assert_eq!(error.code, 400);
    assert_eq!(
        error.message,
        "json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
}

#[test]
fn patching_an_object_with_itself_changes_nothing() {
    let live = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "a", "labels": {"x": "y"}, "finalizers": ["f", "e"]},
        "spec": {
            "containers": [
                {"name": "b", "ports": [{"containerPort": 80, "protocol": "TCP"}], "args": ["1", "1"]},
                {"name": "a", "env": [{"name": "z", "value": "1"}, {"name": "y"}]},
            ],
            "tolerations": [{"key": "k"}],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    assert_eq!(patched("pods", &live, &live), Ok(live));
}

#[test]
fn conversion_has_messages_of_its_own() {
    let deployments = builtin().resource("apps", "v1", "deployments").expect("served").type_id;
    for (object, message) in [
        (json!({"spec": {"replicas": "many"}}), "unrecognized type: int32"),
        (json!({"spec": {"replicas": 1.5}}), "cannot convert float64 to int32"),
        (json!({"spec": {"paused": 1}}), "unrecognized type: bool"),
        (json!({"spec": "x"}), "cannot restore struct from: string"),
        (
            json!({"spec": {"template": {"spec": {"containers": {}}}}}),
            "cannot restore slice from map",
        ),
    ] {
        let found = super::super::convert::mismatch(builtin(), deployments, &object);
        assert_eq!(found.as_deref(), Some(message));
    }
    let fine = json!({"spec": {"replicas": 3.0, "unknown": {}}});
    assert_eq!(super::super::convert::mismatch(builtin(), deployments, &fine), None);
}
