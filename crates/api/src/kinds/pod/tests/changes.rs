//! Pods by what becomes of them: updates, preparation, warnings.

use serde_json::{Value, json};

use super::{PODS, with_container, with_spec};

#[test]
fn an_update_changes_images_and_little_else() {
    let old = with_container(json!({}));
    let mut new = old.clone();
    new["spec"]["containers"][0]["image"] = json!("j");
    new["spec"]["activeDeadlineSeconds"] = json!(5);
    new["spec"]["tolerations"] = json!([{"key": "a"}]);
    PODS.update("", new, &old, &[]);
    let mut new = old.clone();
    new["spec"]["nodeName"] = json!("n");
    PODS.update(
        "",
        new,
        &old,
        &["spec: Forbidden: pod updates may not change fields other than \
           `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
           `spec.tolerations` (only additions to existing tolerations),\
           `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously \
           negative)\n+ nodeName: \"n\"\n"],
    );
    let mut new = old.clone();
    new["spec"]["containers"] = json!([]);
    PODS.update(
        "",
        new,
        &old,
        &[
            "spec.containers: Required value",
            "spec.containers: Forbidden: pod updates may not add or remove containers",
        ],
    );
}

#[test]
fn a_deadline_only_comes_nearer() {
    let old = with_spec(json!({"activeDeadlineSeconds": 5}));
    PODS.update(
        "",
        with_spec(json!({"activeDeadlineSeconds": 6})),
        &old,
        &["spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"],
    );
    PODS.update(
        "",
        with_spec(json!({})),
        &old,
        &["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer \
           to nil value"],
    );
}

#[test]
fn gates_go_and_do_not_come() {
    let gated = |names: &[&str]| {
        let gates: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        with_spec(json!({"schedulingGates": gates}))
    };
    PODS.update("", gated(&["a"]), &gated(&["a", "b"]), &[]);
    let mut narrowed = gated(&["a"]);
    narrowed["spec"]["nodeSelector"] = json!({"zone": "a"});
    PODS.update("", narrowed, &gated(&["a"]), &[]);
    PODS.update(
        "",
        gated(&["a", "c"]),
        &gated(&["a"]),
        &["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new \
           scheduling gate 'c'"],
    );
}

#[test]
fn a_status_leaves_the_spec_alone() {
    let old = PODS.prepared(with_container(json!({})));
    let mut new = old.clone();
    new["spec"]["nodeName"] = json!("n");
    new["status"] = json!({"phase": "Running"});
    let new = PODS.changed("status", new, &old);
    assert_eq!(new["spec"], old["spec"]);
    assert_eq!(new["status"], json!({"phase": "Running", "qosClass": "BestEffort"}));
    assert_eq!(new["metadata"]["generation"], 1);
}

#[test]
fn a_resize_takes_resources_alone() {
    let resources = json!({"requests": {"cpu": "1"}});
    let old = PODS.prepared(with_container(json!({ "resources": resources })));
    let mut new = old.clone();
    new["spec"]["containers"][0]["image"] = json!("j");
    new["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "2"}});
    let new = PODS.changed("resize", new, &old);
    assert_eq!(new["spec"]["containers"][0]["image"], "i");
    assert_eq!(new["spec"]["containers"][0]["resources"]["requests"]["cpu"], "2");
    assert_eq!(new["metadata"]["generation"], 2);
}

#[test]
fn label_keys_become_requirements() {
    let mut object = with_spec(json!({"topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {}, "matchLabelKeys": ["hash", "other"],
    }]}));
    object["metadata"]["labels"] = json!({"hash": "x"});
    let object = PODS.prepared(object);
    assert_eq!(
        object["spec"]["topologySpreadConstraints"][0]["labelSelector"],
        json!({"matchExpressions": [{"key": "hash", "operator": "In", "values": ["x"]}]})
    );
    PODS.create(object, &[]);
}

#[test]
fn likely_mistakes_are_told() {
    let mut object = with_container(json!({
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
        "ports": [{"containerPort": 80}, {"containerPort": 80}],
        "resources": {"requests": {"memory": "100m"}},
    }));
    object["spec"]["imagePullSecrets"] = json!([{}]);
    PODS.warn(
        object,
        &[
            "spec.imagePullSecrets[0].name: invalid empty name \"\"",
            "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped \
             when using apply",
            "spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is \
             invalid, must be an integer",
            "spec.containers[0].ports[1]: duplicate port definition with \
             spec.containers[0].ports[0]",
        ],
    );
}

#[test]
fn what_has_ended_for_good_stays_ended() {
    let status = |state: Value| json!({"containerStatuses": [{"name": "c", "state": state}]});
    let ended = |code: i32| status(json!({"terminated": {"exitCode": code}}));
    let rows = [
        ("Always", ended(0), true),
        ("OnFailure", ended(1), true),
        ("OnFailure", ended(0), false),
        ("Never", ended(1), false),
    ];
    for (policy, before, allowed) in rows {
        let mut old = with_spec(json!({"restartPolicy": policy}));
        old["status"] = before;
        let mut new = old.clone();
        new["status"] = status(json!({"running": {}}));
        let refused = "status.containerStatuses[0].state: Forbidden: may not be transitioned to \
                       non-terminated state";
        let expected = if allowed { vec![] } else { vec![refused] };
        PODS.update("status", new, &old, &expected);
    }
}
