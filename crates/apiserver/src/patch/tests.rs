//! Rows for JSON and merge patches, and for the answers to all kinds of patches.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn content(patch: Value) -> Content {
    let raw = Bytes::from(patch.to_string());
    Content { value: patch, raw, ..Content::default() }
}

fn config_maps() -> &'static ResourceFacts {
    builtin().resource("", "v1", "configmaps").expect("served")
}

fn check(kind: PatchType, live: Value, patch: Value, expected: Value) {
    let patched = apply(kind, config_maps(), &live, &content(patch.clone()));
    assert_eq!(patched, Ok(expected), "{patch}");
}

fn check_json(live: Value, operation: Value, expected: Value) {
    check(PatchType::Json, live, json!([operation]), expected);
}

fn check_merge(live: Value, patch: Value, expected: Value) {
    check(PatchType::Merge, live, patch, expected);
}

fn refuse(kind: PatchType, live: Value, patch: Value, code: u16, message: &str) {
    let status = apply(kind, config_maps(), &live, &content(patch)).expect_err("refused");
    assert_eq!((status.code, status.message.as_str()), (code, message));
}

fn reject(live: Value, operation: Value) {
    let message = "the server rejected our request due to an error in our request";
    refuse(PatchType::Json, live, json!([operation]), 422, message);
}

#[test]
fn add_sets_a_member_or_overwrites_it() {
    check_json(json!({}), json!({"op": "add", "path": "/a", "value": 1}), json!({"a": 1}));
    check_json(json!({"a": 0}), json!({"op": "add", "path": "/a", "value": 1}), json!({"a": 1}));
}

#[test]
fn add_makes_room_in_a_list_up_to_its_end() {
    let live = || json!({"l": [1, 2]});
    check_json(live(), json!({"op": "add", "path": "/l/0", "value": 0}), json!({"l": [0, 1, 2]}));
    check_json(live(), json!({"op": "add", "path": "/l/2", "value": 3}), json!({"l": [1, 2, 3]}));
    check_json(live(), json!({"op": "add", "path": "/l/-", "value": 3}), json!({"l": [1, 2, 3]}));
    reject(live(), json!({"op": "add", "path": "/l/3", "value": 0}));
}

#[test]
fn add_needs_a_parent_but_no_value() {
    reject(json!({}), json!({"op": "add", "path": "/a/b", "value": 1}));
    check_json(json!({}), json!({"op": "add", "path": "/a"}), json!({"a": null}));
}

#[test]
fn replace_and_test_take_an_absent_member_as_null() {
    check_json(json!({}), json!({"op": "replace", "path": "/a", "value": 1}), json!({"a": 1}));
    check_json(json!({}), json!({"op": "test", "path": "/a", "value": null}), json!({}));
    reject(json!({}), json!({"op": "test", "path": "/a", "value": 1}));
    reject(json!({}), json!({"op": "replace", "path": "/a/b", "value": 1}));
}

#[test]
fn replace_in_a_list_needs_the_element() {
    let live = || json!({"l": [1, 2]});
    check_json(live(), json!({"op": "replace", "path": "/l/1", "value": 5}), json!({"l": [1, 5]}));
    reject(live(), json!({"op": "replace", "path": "/l/2", "value": 5}));
    reject(live(), json!({"op": "replace", "path": "/l/-", "value": 5}));
}

#[test]
fn remove_of_an_absent_member_fails() {
    check_json(json!({"a": 1}), json!({"op": "remove", "path": "/a"}), json!({}));
    reject(json!({}), json!({"op": "remove", "path": "/a"}));
}

#[test]
fn negative_indices_count_from_the_end() {
    let live = || json!({"l": [1, 2, 3]});
    check_json(live(), json!({"op": "remove", "path": "/l/-1"}), json!({"l": [1, 2]}));
    check_json(
        live(),
        json!({"op": "replace", "path": "/l/-3", "value": 0}),
        json!({"l": [0, 2, 3]}),
    );
    check_json(
        live(),
        json!({"op": "add", "path": "/l/-1", "value": 4}),
        json!({"l": [1, 2, 3, 4]}),
    );
    reject(live(), json!({"op": "remove", "path": "/l/-4"}));
}

#[test]
fn segments_are_unescaped() {
    let expected = json!({"a/b~c": 1});
    check_json(json!({}), json!({"op": "add", "path": "/a~1b~0c", "value": 1}), expected);
}

#[test]
fn move_is_get_remove_add_and_copy_keeps_its_source() {
    let moved = json!({"b": 1});
    check_json(json!({"a": 1}), json!({"op": "move", "from": "/a", "path": "/b"}), moved);
    let copied = json!({"a": 1, "b": 1});
    check_json(json!({"a": 1}), json!({"op": "copy", "from": "/a", "path": "/b"}), copied);
    reject(json!({"a": {}}), json!({"op": "move", "from": "/a", "path": "/a/b"}));
    reject(json!({}), json!({"op": "move", "from": "/a", "path": "/b"}));
}

#[test]
fn replacing_the_root_swaps_the_document() {
    check_json(json!({"a": 1}), json!({"op": "replace", "path": "", "value": {}}), json!({}));
    reject(json!({}), json!({"op": "add", "path": "", "value": {}}));
}

#[test]
fn an_unknown_operation_fails_and_none_at_all_is_fine() {
    reject(json!({}), json!({"op": "increment", "path": "/a"}));
    check(PatchType::Json, json!({"a": 1}), json!([]), json!({"a": 1}));
    check(PatchType::Json, json!({"a": 1}), Value::Null, json!({"a": 1}));
}

#[test]
fn the_shape_of_a_json_patch_is_checked_first() {
    let prefix = "error decoding patch: json: cannot unmarshal";
    for (patch, rest) in [
        (json!({}), "object into Go value of type []handlers.jsonPatchOp"),
        (json!([1]), "number into Go value of type handlers.jsonPatchOp"),
        (json!([{"op": 1}]), "number into Go struct field jsonPatchOp.op of type string"),
    ] {
        refuse(PatchType::Json, json!({}), patch, 400, &format!("{prefix} {rest}"));
    }
}

#[test]
fn too_many_operations_are_too_large() {
    let operation = json!({"op": "test", "path": "/a", "value": null});
    let message = "Request entity too large: The allowed maximum operations in a JSON patch is \
                   10000, got 10001";
    refuse(PatchType::Json, json!({}), json!(vec![operation; 10_001]), 413, message);
}

#[test]
fn copies_cannot_double_a_document_for_ever() {
    let mut operations = vec![json!({"op": "add", "path": "/a", "value": ["x".repeat(1000)]})];
    operations.extend((0..40).map(|_| json!({"op": "copy", "from": "/a", "path": "/a/-"})));
    let message = "the server rejected our request due to an error in our request";
    refuse(PatchType::Json, json!({}), json!(operations), 422, message);
}

#[test]
fn copies_into_itself_cannot_nest_a_document_for_ever() {
    let mut operations = vec![json!({"op": "add", "path": "/a", "value": {}})];
    operations.extend(
        (0..20).map(
            |power| json!({"op": "copy", "from": "/a", "path": "/a".repeat((1 << power) + 1)}),
        ),
    );
    let message = "the server rejected our request due to an error in our request";
    refuse(PatchType::Json, json!({}), json!(operations), 422, message);
    let fits = json!([operations[0], operations[1], operations[2]]);
    let status = apply(PatchType::Json, config_maps(), &json!({}), &content(fits));
    assert_eq!(status, Ok(json!({"a": {"a": {"a": {"a": {}}}}})));
}

#[test]
fn strict_validation_names_unknown_members_of_operations() {
    let mut patch = content(json!([{"op": "test", "path": "/a", "foo": 1}]));
    patch.duplicates = vec!["[0].op".to_owned()];
    assert_eq!(
        strict_findings(PatchType::Json, &patch),
        ["json patch duplicate field \"[0].op\"", "json patch unknown field \"[0].foo\""]
    );
}

#[test]
fn null_deletes_and_leaves_no_trace_where_nothing_was() {
    check_merge(json!({"a": 1, "b": 2}), json!({"a": null}), json!({"b": 2}));
    check_merge(json!({}), json!({"a": null, "m": {"x": null}}), json!({"m": {}}));
}

#[test]
fn maps_merge_and_lists_and_scalars_replace() {
    check_merge(
        json!({"m": {"a": 1, "b": {"c": 1}}, "l": [1, 2], "s": "x"}),
        json!({"m": {"b": {"d": 2}}, "l": [3], "s": {"t": 1}}),
        json!({"m": {"a": 1, "b": {"c": 1, "d": 2}}, "l": [3], "s": {"t": 1}}),
    );
}

#[test]
fn a_merge_patch_is_an_object() {
    let text = |kind: &str| {
        format!(
            "error decoding patch: json: cannot unmarshal {kind} into Go value of type \
             map[string]interface {{}}"
        )
    };
    refuse(PatchType::Merge, json!({}), json!([]), 400, &text("array"));
    refuse(PatchType::Merge, json!({}), json!("x"), 400, &text("string"));
    refuse(PatchType::Merge, json!({}), Value::Null, 400, "Invalid JSON Patch");
}

#[test]
fn an_undecodable_result_is_quoted_with_empty_kind_and_name() {
    let patch = content(json!({"spec": {"replicas": "many"}}));
    let reason = "unrecognized type: int32";
    let status = undecodable(PatchType::Strategic, &Value::Null, &patch, reason);
    assert_eq!(
        status.message,
        " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:many]]\": \
         unrecognized type: int32"
    );
    assert_eq!(status.causes.len(), 1);
    assert_eq!((status.name.as_str(), status.kind.as_str()), ("", ""));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn json_object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-d]", json_value(), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn a_merge_patch_applied_twice_is_applied_once(live in json_object(), patch in json_object()) {
        let once = merge::apply(&live, &patch).expect("an object");
        let twice = merge::apply(&once, &patch).expect("an object");
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_json_patch_that_removes_what_it_added_changes_nothing(
        live in json_object(), value in json_value(),
    ) {
        let patch = json!([
            {"op": "add", "path": "/new", "value": value}, {"op": "remove", "path": "/new"},
        ]);
        prop_assert_eq!(json::apply(&live, &patch).expect("applies"), live);
    }

    #[test]
    fn json_patches_never_panic(live in json_value(), path in "[/a-d0-3~-]{0,6}", from in "[/a-d0-]{0,4}") {
        for op in ["add", "remove", "replace", "move", "copy", "test"] {
            let patch = json!([{"op": op, "path": path, "from": from, "value": 1}]);
            let applied = json::apply(&live, &patch);
            prop_assert!(matches!(applied, Ok(_) | Err(Error::Rejected)));
        }
    }
}
