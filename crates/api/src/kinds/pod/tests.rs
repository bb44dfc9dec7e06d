//! What is wrong with pods, row by row.

use serde_json::{Value, json};

use crate::kinds::testing::Kind;

const PODS: Kind = Kind("", "v1", "pods");

fn pod(spec: Value) -> Value {
    json!({"metadata": {"name": "p", "namespace": "d"}, "spec": spec})
}

/// A pod with one sound container, to which something is added.
fn with_container(more: Value) -> Value {
    let mut container = json!({"name": "c", "image": "i"});
    for (field, value) in more.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    pod(json!({"containers": [container]}))
}

/// A sound pod to whose spec something is added.
fn with_spec(more: Value) -> Value {
    let mut pod = with_container(json!({}));
    for (field, value) in more.as_object().into_iter().flatten() {
        pod["spec"][field] = value.clone();
    }
    pod
}

#[track_caller]
fn container(more: Value, expected: &[&str]) {
    let expected: Vec<String> =
        expected.iter().map(|text| format!("spec.containers[0].{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    PODS.create(with_container(more), &expected);
}

#[track_caller]
fn spec(more: Value, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|text| format!("spec.{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    PODS.create(with_spec(more), &expected);
}

#[test]
fn a_new_pod_is_pending_and_has_a_class() {
    let pod = PODS.prepared(with_spec(json!({"schedulingGates": [{"name": "a"}]})));
    assert_eq!(pod["metadata"]["generation"], 1);
    assert_eq!(pod["status"]["phase"], "Pending");
    assert_eq!(pod["status"]["qosClass"], "BestEffort");
    assert_eq!(pod["status"]["conditions"][0]["reason"], "SchedulingGated");
}

#[test]
fn a_pod_needs_a_container_with_name_and_image() {
    PODS.create(pod(json!({})), &["spec.containers: Required value"]);
    PODS.create(
        pod(json!({"containers": [{}]})),
        &["spec.containers[0].name: Required value", "spec.containers[0].image: Required value"],
    );
}

#[test]
fn container_names_are_there_once() {
    let twice = json!({"containers": [{"name": "c", "image": "i"}], "initContainers": [
        {"name": "c", "image": "i"},
    ]});
    PODS.create(pod(twice), &["spec.initContainers[0].name: Duplicate value: \"c\""]);
}

#[test]
fn an_image_has_no_blanks_around_it() {
    container(
        json!({"image": " i"}),
        &["image: Invalid value: \" i\": must not have leading or trailing whitespace"],
    );
}

#[test]
fn policies_are_one_of_a_few() {
    container(
        json!({"imagePullPolicy": "Foo", "terminationMessagePolicy": "Bar"}),
        &[
            "terminationMessagePolicy: Unsupported value: \"Bar\": supported values: \"File\", \
             \"FallbackToLogsOnError\"",
            "imagePullPolicy: Unsupported value: \"Foo\": supported values: \"Always\", \
             \"IfNotPresent\", \"Never\"",
        ],
    );
    spec(
        json!({"restartPolicy": "Foo", "dnsPolicy": "Bar"}),
        &[
            "restartPolicy: Unsupported value: \"Foo\": supported values: \"Always\", \
             \"OnFailure\", \"Never\"",
            "dnsPolicy: Unsupported value: \"Bar\": supported values: \"ClusterFirstWithHostNet\", \
             \"ClusterFirst\", \"Default\", \"None\"",
        ],
    );
}

#[test]
fn ports_are_numbers_in_range_and_names_are_there_once() {
    let ports = json!([
        {"containerPort": 80, "name": "http"}, {"containerPort": 0, "name": "http"},
        {"containerPort": 70000, "protocol": "FOO"},
    ]);
    container(
        json!({ "ports": ports }),
        &[
            "ports[1].name: Duplicate value: \"http\"",
            "ports[1].containerPort: Required value",
            "ports[2].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "ports[2].protocol: Unsupported value: \"FOO\": supported values: \"SCTP\", \"TCP\", \
             \"UDP\"",
        ],
    );
}

#[test]
fn a_port_of_the_node_is_taken_once() {
    let ports = json!([{"containerPort": 80, "hostPort": 1}, {"containerPort": 81, "hostPort": 1}]);
    container(json!({ "ports": ports }), &["ports[1].hostPort: Duplicate value: \"TCP//1\""]);
}

#[test]
fn variables_have_names_and_one_source() {
    container(
        json!({"env": [
            {"value": "x"}, {"name": "A=", "value": "x"}, {"name": "B", "valueFrom": {}},
            {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "spec.foo"}}},
            {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a b"}}},
        ]}),
        &[
            "env[0].name: Required value",
            "env[1].name: Invalid value: \"A=\": a valid environment variable name must consist \
             only of printable ASCII characters other than '='",
            "env[2].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, \
             `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            "env[3].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.foo\": error converting \
             fieldPath: field label not supported: spec.foo",
            "env[4].valueFrom.secretKeyRef.key: Invalid value: \"a b\": a valid config key must \
             consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  \
             or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ],
    );
}

#[test]
fn no_more_is_asked_for_than_is_allowed() {
    container(
        json!({"resources": {
            "limits": {"cpu": "1", "ex.com/x": "2", "foo": "1"},
            "requests": {"cpu": "2", "ex.com/x": "1", "foo": "1"},
        }}),
        &[
            "resources.limits[foo]: Invalid value: \"foo\": must be a standard resource type or \
             fully qualified",
            "resources.limits[foo]: Invalid value: \"foo\": must be a standard resource for \
             containers",
            "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            "resources.requests: Invalid value: \"1\": must be equal to ex.com/x limit of 2",
            "resources.requests[foo]: Invalid value: \"foo\": must be a standard resource type or \
             fully qualified",
            "resources.requests[foo]: Invalid value: \"foo\": must be a standard resource for \
             containers",
        ],
    );
    container(
        json!({"resources": {"limits": {"cpu": "-1"}}}),
        &[
            "resources.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
            "resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
        ],
    );
}

#[test]
fn a_probe_asks_in_one_way() {
    container(
        json!({
            "livenessProbe": {"successThreshold": 2},
            "readinessProbe": {
                "exec": {"command": ["x"]}, "tcpSocket": {"port": 1},
                "terminationGracePeriodSeconds": 1,
            },
            "startupProbe": {"httpGet": {"port": "A_"}, "periodSeconds": -1},
        }),
        &[
            "livenessProbe: Required value: must specify a handler type",
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
            "readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
            "readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for \
             readinessProbes",
            "startupProbe.httpGet.port: Invalid value: \"A_\": must contain only alpha-numeric \
             characters (a-z, 0-9), and hyphens (-)",
            "startupProbe.httpGet.port: Invalid value: \"A_\": must contain at least one letter (a-z)",
            "startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ],
    );
}

#[test]
fn an_init_container_that_ends_is_not_probed() {
    let init = json!({"name": "a", "image": "i", "readinessProbe": {"exec": {"command": ["x"]}}});
    spec(
        json!({"initContainers": [init]}),
        &[
            "initContainers[0].readinessProbe: Forbidden: may not be set for init containers without \
           restartPolicy=Always",
        ],
    );
}

#[test]
fn mounts_lead_to_volumes_and_stay_inside() {
    spec(
        json!({
            "volumes": [{"name": "v"}],
            "containers": [{"name": "c", "image": "i", "volumeMounts": [
                {"name": "v", "mountPath": "/a", "subPath": "../x"}, {"name": "w", "mountPath": "/a"},
            ]}],
        }),
        &[
            "containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'",
            "containers[0].volumeMounts[1].name: Not found: \"w\"",
            "containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
        ],
    );
}

#[test]
fn a_volume_comes_from_one_place() {
    spec(
        json!({"volumes": [
            {"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}},
            {"name": "a", "configMap": {"defaultMode": 512}},
            {"name": "c", "hostPath": {"path": "/a/../b", "type": "Foo"}},
        ]}),
        &[
            "volumes[0].secret: Forbidden: may not specify more than 1 volume type",
            "volumes[1].configMap.name: Required value",
            "volumes[1].configMap.defaultMode: Invalid value: 512: must be a number between 0 and \
             0777 (octal), both inclusive",
            "volumes[1].name: Duplicate value: \"a\"",
            "volumes[2].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
            "volumes[2].hostPath.type: Unsupported value: \"Foo\": supported values: \"\", \
             \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \
             \"FileOrCreate\", \"Socket\"",
        ],
    );
}

#[test]
fn tolerations_say_what_they_tolerate() {
    spec(
        json!({"tolerations": [
            {"operator": "Equal", "value": "x"},
            {"key": "a", "operator": "Exists", "value": "x"},
            {"key": "a", "tolerationSeconds": 5},
            {"key": "a", "operator": "Gt", "value": "1", "effect": "Foo"},
        ]}),
        &[
            "tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` \
             is empty, which means \"match all values and all keys\"",
            "tolerations[1].operator: Invalid value: \"x\": value must be empty when `operator` is \
             'Exists'",
            "tolerations[2].effect: Invalid value: \"\": effect must be 'NoExecute' when \
             `tolerationSeconds` is set",
            "tolerations[3].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \
             \"Exists\", \"Lt\", \"Gt\"",
            "tolerations[3].effect: Unsupported value: \"Foo\": supported values: \"NoSchedule\", \
             \"PreferNoSchedule\", \"NoExecute\"",
        ],
    );
}

#[test]
fn affinity_has_terms_weights_and_topologies() {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    let mut errors = vec![
        "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: \
              Required value: can not be empty"
            .to_owned(),
    ];
    errors.extend(meta::names::qualified_name("").iter().map(|text| {
        format!("affinity.podAffinity.{required}[0].topologyKey: Invalid value: \"\": {text}")
    }));
    errors.splice(
        0..0,
        [
            format!(
                "affinity.nodeAffinity.{required}.nodeSelectorTerms: Required value: must have at \
                 least one node selector term"
            ),
            format!(
                "affinity.nodeAffinity.{preferred}[0].weight: Invalid value: 0: must be in the range \
                 1-100"
            ),
        ],
    );
    let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
    spec(
        json!({"affinity": {
            "nodeAffinity": {
                required: {"nodeSelectorTerms": []}, preferred: [{"weight": 0, "preference": {}}],
            },
            "podAffinity": {required: [{"labelSelector": {}}]},
        }}),
        &errors,
    );
}

#[test]
fn spread_constraints_are_there_once() {
    let constraint =
        json!({"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"});
    let wrong = json!({"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Foo"});
    spec(
        json!({"topologySpreadConstraints": [constraint, constraint, wrong]}),
        &[
            "topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \
             \"{z, DoNotSchedule}\"",
            "topologySpreadConstraints[2].maxSkew: Invalid value: 0: must be greater than zero",
            "topologySpreadConstraints[2].topologyKey: Required value: can not be empty",
            "topologySpreadConstraints[2].whenUnsatisfiable: Unsupported value: \"Foo\": supported \
             values: \"DoNotSchedule\", \"ScheduleAnyway\"",
        ],
    );
}

#[test]
fn a_gated_pod_has_no_node() {
    spec(
        json!({"schedulingGates": [{"name": "a"}, {"name": "a"}], "nodeName": "n"}),
        &[
            "schedulingGates[1]: Duplicate value: \"a\"",
            "nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
        ],
    );
}

#[test]
fn security_contexts_are_consistent() {
    container(
        json!({"securityContext": {"runAsUser": -1, "procMount": "Foo"}}),
        &[
            "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            "securityContext.procMount: Unsupported value: \"Foo\": supported values: \"Default\", \
             \"Unmasked\"",
        ],
    );
    spec(
        json!({"securityContext": {"seccompProfile": {"type": "Localhost"}}}),
        &[
            "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp \
           type is Localhost",
        ],
    );
}

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
