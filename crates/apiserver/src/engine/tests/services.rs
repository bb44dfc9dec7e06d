//! Addresses and ports of services (225 to 229), and the first objects (220 to 222).

use serde_json::{Value, json};

use super::lab::{Lab, refusal};
use crate::ListQuery;

fn service(name: &str, spec: Value) -> Value {
    let mut service = json!({"apiVersion": "v1", "kind": "Service", "spec": spec,
        "metadata": {"name": name, "namespace": "default"}});
    if service["spec"].get("ports").is_none() {
        service["spec"]["ports"] = json!([{"port": 80}]);
    }
    service
}

#[tokio::test]
async fn check_220_to_222_a_cluster_begins_with_its_first_objects() {
    let lab = Lab::start().await;
    let namespaces = lab.names("namespaces", ListQuery::default()).await;
    assert_eq!(namespaces, ["default", "kube-node-lease", "kube-public", "kube-system"]);
    let kubernetes = lab.get("services/default/kubernetes").await.expect("there");
    assert_eq!(kubernetes["spec"]["clusterIP"], "10.0.0.1");
    let endpoints = lab.get("endpoints/default/kubernetes").await.expect("there");
    let address = &endpoints["subsets"][0]["addresses"][0]["ip"];
    assert_eq!(endpoints["metadata"]["labels"]["endpointslice.kubernetes.io/skip-mirror"], "true");
    let slice = lab.get("endpointslices.discovery.k8s.io/default/kubernetes").await.expect("there");
    assert_eq!(slice["endpoints"][0]["addresses"], json!([address]));
    assert_eq!(slice["ports"][0]["port"], endpoints["subsets"][0]["ports"][0]["port"]);
    let classes = lab.names("priorityclasses.scheduling.k8s.io", ListQuery::default()).await;
    assert_eq!(classes, ["system-cluster-critical", "system-node-critical"]);
    let addresses = lab.names("ipaddresses.networking.k8s.io", ListQuery::default()).await;
    assert_eq!(addresses, ["10.0.0.1"]);
}

#[tokio::test]
async fn check_225_a_service_takes_an_address_and_gives_it_back() {
    let lab = Lab::start().await;
    let created = lab.create(service("a", json!({}))).await;
    let address = created["spec"]["clusterIP"].as_str().expect("an address").to_owned();
    assert_eq!(created["spec"]["clusterIPs"], json!([address]));
    let wanted = service("b", json!({"clusterIP": address, "clusterIPs": [address]}));
    let answer = refusal(lab.try_create(wanted.clone()).await);
    assert!(answer.contains(&format!("spec.clusterIPs: Invalid value: [\"{address}\"]: failed to allocate IP {address}: provided IP is already allocated")), "{answer}");
    lab.delete("services/default/a").await.expect("deleted");
    lab.create(wanted).await;
}

#[tokio::test]
async fn check_225_an_address_out_of_range_is_refused_and_headless_has_none() {
    let lab = Lab::start().await;
    let far = service("a", json!({"clusterIP": "10.9.0.1", "clusterIPs": ["10.9.0.1"]}));
    let answer = refusal(lab.try_create(far).await);
    assert!(answer.contains("the provided network does not match the current range"), "{answer}");
    let headless = lab.create(service("b", json!({"clusterIP": "None"}))).await;
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
}

#[tokio::test]
async fn check_126_an_update_without_address_keeps_it() {
    let lab = Lab::start().await;
    let created = lab.create(service("a", json!({}))).await;
    let mut new = service("a", json!({"ports": [{"port": 81}]}));
    new["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    let updated = lab.update("services/default/a", new).await.expect("updated");
    assert_eq!(updated["spec"]["clusterIP"], created["spec"]["clusterIP"]);
}

#[tokio::test]
async fn check_227_node_ports_are_in_range_and_taken_once() {
    let lab = Lab::start().await;
    let created = lab.create(service("a", json!({"type": "NodePort"}))).await;
    let port = created["spec"]["ports"][0]["nodePort"].as_i64().expect("a port");
    assert!((30_000..=32_767).contains(&port));
    let same = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
    let answer = refusal(lab.try_create(service("b", same)).await);
    assert!(answer.contains("spec.ports[0].nodePort: Invalid value"), "{answer}");
    assert!(answer.contains("provided port is already allocated"), "{answer}");
    let low = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]});
    let answer = refusal(lab.try_create(service("b", low)).await);
    assert!(answer.contains("The range of valid ports is 30000-32767"), "{answer}");
}

#[tokio::test]
async fn check_229_a_service_that_becomes_an_external_name_gives_its_address_back() {
    let lab = Lab::start().await;
    lab.create(service("a", json!({}))).await;
    let change = json!({"spec": {"type": "ExternalName", "externalName": "x.example"}});
    let named = lab.patch("services/default/a", change).await.expect("patched");
    assert_eq!(named["spec"].get("clusterIP"), None);
    let addresses = lab.names("ipaddresses.networking.k8s.io", ListQuery::default()).await;
    assert_eq!(addresses, ["10.0.0.1"]);
}

#[tokio::test]
async fn check_229_node_ports_go_with_the_type_that_had_them() {
    let lab = Lab::start().await;
    let created = lab.create(service("a", json!({"type": "NodePort"}))).await;
    let mut plain = created.clone();
    plain["spec"]["type"] = "ClusterIP".into();
    let updated = lab.update("services/default/a", plain).await.expect("updated");
    assert_eq!(updated["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(updated["spec"]["clusterIP"], created["spec"]["clusterIP"]);
}
