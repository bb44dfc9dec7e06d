//! Rows of what pods are reached by, and of what they store in.

use serde_json::{Value, json};

use super::{
    super::{ListRule, list_rule},
    NOW, check,
};

#[test]
fn services_print_where_they_are_reached() {
    let service = |kind: &str, more: Value| {
        let mut service = json!({"spec": {"type": kind, "clusterIPs": ["10.0.0.7"], "ports": [
            {"port": 80, "protocol": "TCP"}, {"port": 443, "nodePort": 30443, "protocol": "TCP"},
        ]}, "status": more});
        service["spec"]["selector"] = json!({"app": "web"});
        service
    };
    check(
        "",
        "Service",
        service("ClusterIP", json!({})),
        "x | ClusterIP | 10.0.0.7 | <none> | 80/TCP,443:30443/TCP | 5m | app=web",
    );
    check(
        "",
        "Service",
        service("LoadBalancer", json!({})),
        "x | LoadBalancer | 10.0.0.7 | <pending> | 80/TCP,443:30443/TCP | 5m | app=web",
    );
    let balanced =
        json!({"loadBalancer": {"ingress": [{"hostname": "b.example"}, {"ip": "1.2.3.4"}]}});
    check(
        "",
        "Service",
        service("LoadBalancer", balanced),
        "x | LoadBalancer | 10.0.0.7 | 1.2.3.4,b.example | 80/TCP,443:30443/TCP | 5m | app=web",
    );
    check(
        "",
        "Service",
        json!({"spec": {"type": "ExternalName", "externalName": "e.example"}}),
        "x | ExternalName | <none> | e.example | <none> | 5m | <none>",
    );
}

#[test]
fn endpoints_print_three_and_count_the_rest() {
    let addresses = |ips: &[&str]| -> Value { ips.iter().map(|ip| json!({"ip": ip})).collect() };
    check("", "Endpoints", json!({}), "x | <none> | 5m");
    check(
        "",
        "Endpoints",
        json!({"subsets": [{"addresses": addresses(&["1.1.1.1", "fd00::1"]), "ports": [{"port": 80}]}]}),
        "x | 1.1.1.1:80,[fd00::1]:80 | 5m",
    );
    check(
        "",
        "Endpoints",
        json!({"subsets": [{
            "addresses": addresses(&["1.1.1.1", "2.2.2.2"]), "ports": [{"port": 80}, {"port": 81}, {"port": 82}],
        }]}),
        "x | 1.1.1.1:80,2.2.2.2:80,1.1.1.1:81 + 3 more... | 5m",
    );
    check(
        "discovery.k8s.io",
        "EndpointSlice",
        json!({
            "addressType": "IPv4", "ports": [{"port": 8080, "name": "http"}, {"name": "x"}, {}],
            "endpoints": [{"addresses": ["a", "b"]}, {"addresses": ["c", "d"]}],
        }),
        "x | IPv4 | 8080,x,* | a,b,c + 1 more... | 5m",
    );
    check(
        "discovery.k8s.io",
        "EndpointSlice",
        json!({"addressType": "IPv4"}),
        "x | IPv4 | <unset> | <unset> | 5m",
    );
}

#[test]
fn ingresses_print_hosts_and_classes_say_which_is_the_default() {
    let rules =
        |hosts: &[&str]| -> Value { hosts.iter().map(|host| json!({"host": host})).collect() };
    check(
        "networking.k8s.io",
        "Ingress",
        json!({"spec": {"rules": rules(&["a", "b", "c", "d", "e"]), "tls": [{}], "ingressClassName": "n"}}),
        "x | n | a,b,c + 2 more... |  | 80, 443 | 5m",
    );
    check("networking.k8s.io", "Ingress", json!({"spec": {}}), "x | <none> | * |  | 80 | 5m");
    check(
        "networking.k8s.io",
        "IngressClass",
        json!({
            "metadata": {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            "spec": {"controller": "c", "parameters": {"kind": "P", "apiGroup": "g", "name": "n"}},
        }),
        "x (default) | c | P.g/n | 5m",
    );
    check(
        "networking.k8s.io",
        "IPAddress",
        json!({"spec": {"parentRef": {"resource": "services", "namespace": "n", "name": "s"}}}),
        "x | services/n/s",
    );
}

#[test]
fn volumes_and_claims_print_their_binding() {
    check(
        "",
        "PersistentVolume",
        json!({
            "spec": {
                "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce", "ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain", "claimRef": {"namespace": "n", "name": "c"},
                "storageClassName": "fast", "volumeMode": "Block",
            },
            "status": {"phase": "Bound"},
        }),
        "x | 1Gi | RWO,RWX | Retain | Bound | n/c | fast | <unset> |  | 5m | Block",
    );
    check(
        "",
        "PersistentVolumeClaim",
        json!({
            "metadata": {"deletionTimestamp": NOW, "annotations": {"volume.beta.kubernetes.io/storage-class": "old"}},
            "spec": {"storageClassName": "new"},
            "status": {"phase": "Pending", "capacity": {"storage": "1Gi"}},
        }),
        "x | Terminating |  |  |  | old | <unset> | 5m | <unset>",
    );
    check(
        "storage.k8s.io",
        "StorageClass",
        json!({"provisioner": "p"}),
        "x | p | Delete | Immediate | false | 5m",
    );
    check(
        "storage.k8s.io",
        "CSIDriver",
        json!({"spec": {"volumeLifecycleModes": ["Persistent"]}}),
        "x | true | false | false | <unset> | false | Persistent | 5m",
    );
}

#[test]
fn the_newest_class_that_says_so_is_the_default() {
    let class = |name: &str, created: &str, default: &str| {
        json!({"metadata": {"name": name, "creationTimestamp": created, "annotations": {
            "storageclass.kubernetes.io/is-default-class": default,
        }}})
    };
    let classes = [
        class("a", "2026-01-01T00:00:00Z", "true"),
        class("c", "2026-01-02T00:00:00Z", "true"),
        class("b", "2026-01-02T00:00:00Z", "true"),
        class("d", "2026-01-03T00:00:00Z", "false"),
    ];
    let Some(ListRule::MarksDefault(find)) = list_rule("storage.k8s.io", "StorageClass") else {
        panic!("storage classes have a default");
    };
    assert_eq!(find(&classes), Some(2));
    assert_eq!(find(&classes[3..]), None);
}
