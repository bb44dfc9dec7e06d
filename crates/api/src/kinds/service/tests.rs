//! What is wrong with services, row by row.

use serde_json::{Value, json};

use crate::kinds::testing::Kind;

const SERVICES: Kind = Kind("", "v1", "services");

fn service(spec: Value) -> Value {
    json!({"metadata": {"name": "a", "namespace": "d"}, "spec": spec})
}

#[test]
fn a_service_has_ports_unless_it_is_a_name() {
    SERVICES.create(service(json!({"ports": [{"port": 80}]})), &[]);
    SERVICES.create(service(json!({})), &["spec.ports: Required value"]);
    SERVICES.create(service(json!({"clusterIP": "None"})), &[]);
    SERVICES
        .create(service(json!({"type": "ExternalName"})), &["spec.externalName: Required value"]);
}

#[test]
fn several_ports_have_names_and_differ() {
    let ports = json!([{"port": 80}, {"port": 80, "name": "A"}]);
    let mut errors = vec!["spec.ports[0].name: Required value".to_owned()];
    errors.extend(
        meta::names::dns_1123_label("A")
            .iter()
            .map(|text| format!("spec.ports[1].name: Invalid value: \"A\": {text}")),
    );
    errors.push(
        "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":\
         null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}"
            .to_owned(),
    );
    let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
    SERVICES.create(service(json!({ "ports": ports })), &errors);
}

#[test]
fn ports_are_in_range_and_of_the_node_only_where_it_opens_them() {
    SERVICES.create(
        service(json!({"ports": [{"port": 0, "targetPort": 70000, "nodePort": 30000}]})),
        &[
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, \
             inclusive",
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ],
    );
}

#[test]
fn what_is_only_for_balancers_is_refused_elsewhere() {
    SERVICES.create(
        service(json!({
            "ports": [{"port": 80}], "loadBalancerSourceRanges": ["10.0.0.0/8"],
            "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001,
        })),
        &[
            "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is \
             'LoadBalancer'",
            "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for \
             externally-accessible services",
            "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is \
             'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ],
    );
}

#[test]
fn an_address_stays() {
    let old = service(json!({"ports": [{"port": 80}], "clusterIP": "10.0.0.1"}));
    let mut new = old.clone();
    new["spec"]["clusterIP"] = json!("10.0.0.2");
    SERVICES.update(
        "",
        new,
        &old,
        &["spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set"],
    );
}
