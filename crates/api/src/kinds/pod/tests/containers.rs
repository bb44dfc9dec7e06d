//! Pods by their containers and volumes.

use serde_json::json;

use super::{PODS, container, pod, spec, with_spec};

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
