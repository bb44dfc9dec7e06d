//! Rows of objects and what they count as.

use meta::{quantity::Quantity, text::Text, time::Time};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a view")
}

fn shown(amounts: &Amounts) -> String {
    let shown = amounts.iter().map(|(name, amount)| format!("{name}={amount}"));
    shown.collect::<Vec<_>>().join(" ")
}

fn pod(value: Value, expected: &str) {
    let pod: Pod = read(value);
    assert_eq!(shown(&Subject::Pod(&pod).usage(Time::from_seconds(100))), expected);
}

fn hard(names: &[&str]) -> Amounts {
    names.iter().map(|name| (Text::from(*name), Quantity::ZERO)).collect()
}

#[test]
fn a_pod_counts_with_what_it_asks_for() {
    let container = json!({"resources": {
        "requests": {"cpu": "100m", "memory": "1Gi", "hugepages-2Mi": "4Mi", "example.com/x": "2"},
        "limits": {"cpu": "1", "example.com/x": "2"}}});
    pod(
        json!({"spec": {"containers": [container]}}),
        "count/pods=1 cpu=100m hugepages-2Mi=4Mi limits.cpu=1 memory=1Gi pods=1 requests.cpu=100m requests.example.com/x=2 requests.hugepages-2Mi=4Mi requests.memory=1Gi",
    );
}

#[test]
fn overhead_raises_requests_and_the_limits_that_are_set() {
    let container = json!({"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}});
    pod(
        json!({"spec": {"containers": [container], "overhead": {"cpu": "500m", "memory": "1Mi"}}}),
        "count/pods=1 cpu=1500m limits.cpu=2500m memory=1Mi pods=1 requests.cpu=1500m requests.memory=1Mi",
    );
}

#[test]
fn a_pods_own_word_goes_before_its_containers() {
    let container = json!({"resources": {"requests": {"cpu": "1"}}});
    pod(
        json!({"spec": {"containers": [container], "resources": {"requests": {"cpu": "3"}}}}),
        "count/pods=1 cpu=3 pods=1 requests.cpu=3",
    );
}

#[test]
fn a_finished_pod_is_only_an_object() {
    pod(json!({"status": {"phase": "Succeeded"}}), "count/pods=1");
    let deleted = |grace: i64| {
        json!({"metadata": {"deletionTimestamp": "1970-01-01T00:01:00Z",
            "deletionGracePeriodSeconds": grace}})
    };
    pod(deleted(30), "count/pods=1");
    pod(deleted(60), "count/pods=1 pods=1");
}

#[test]
fn containers_have_to_state_what_is_limited() {
    let two = json!({"spec": {"containers": [{"name": "b"}, {"name": "a"}],
        "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "1"}}}]}});
    let mut two: Pod = read(two);
    let limited = hard(&["requests.cpu", "limits.memory", "requests.storage", "pods"]);
    let expected = "limits.memory for: a,b,i; requests.cpu for: a,b";
    assert_eq!(unstated(&two, &limited).as_deref(), Some(expected));
    assert_eq!(unstated(&two, &hard(&["pods"])), None);
    two.spec.resources.requests.insert("cpu".into(), "1".into());
    assert_eq!(unstated(&two, &limited), None);
}

#[test]
fn services_count_with_their_ports() {
    let check = |spec: Value, expected: &str| {
        let service: Service = read(json!({ "spec": spec }));
        let usage = shown(&Subject::Service(&service).usage(Time::default()));
        let prefix = "count/services=1 services=1 services.loadbalancers=";
        assert_eq!(usage.strip_prefix(prefix), Some(expected));
    };
    let ports = json!([{"port": 1, "nodePort": 30000}, {"port": 2}]);
    check(json!({"type": "ClusterIP", "ports": ports}), "0 services.nodeports=0");
    check(json!({"type": "NodePort", "ports": ports}), "0 services.nodeports=2");
    check(json!({"type": "LoadBalancer", "ports": ports}), "1 services.nodeports=2");
    let unallocated =
        json!({"type": "LoadBalancer", "ports": ports, "allocateLoadBalancerNodePorts": false});
    check(unallocated, "1 services.nodeports=1");
}

#[test]
fn claims_count_in_whole_bytes_and_for_their_class() {
    let check = |claim: Value, expected: &str| {
        let claim: PersistentVolumeClaim = read(claim);
        assert_eq!(shown(&Subject::Claim(&claim).usage(Time::default())), expected);
    };
    let asks = |storage: &str| json!({"requests": {"storage": storage}});
    check(
        json!({"spec": {"resources": asks("1500m"), "storageClassName": ""}}),
        "count/persistentvolumeclaims=1 persistentvolumeclaims=1 requests.storage=2",
    );
    check(
        json!({"spec": {"resources": asks("1Gi"), "storageClassName": "gold"},
            "status": {"allocatedResources": {"storage": "2Gi"}}}),
        "count/persistentvolumeclaims=1 gold.storageclass.storage.k8s.io/persistentvolumeclaims=1 gold.storageclass.storage.k8s.io/requests.storage=2Gi persistentvolumeclaims=1 requests.storage=2Gi",
    );
}

#[test]
fn other_kinds_are_counted_by_group_and_the_oldest_by_name_too() {
    use crate::resources::{CONFIG_MAPS, DEPLOYMENTS, EVENTS};
    let usage = |resource: Resource| shown(&Subject::Counted(&resource).usage(Time::default()));
    assert_eq!(usage(DEPLOYMENTS), "count/deployments.apps=1");
    assert_eq!(usage(CONFIG_MAPS), "configmaps=1 count/configmaps=1");
    assert!(counts(&CONFIG_MAPS, "configmaps") && !counts(&DEPLOYMENTS, "deployments"));
    assert!(!counts(&EVENTS, "count/events"));
    assert!(counts(&PODS, "requests.example.com/x") && !counts(&PODS, "requests.storage"));
    assert!(counts(&PERSISTENT_VOLUME_CLAIMS, "gold.storageclass.storage.k8s.io/requests.storage"));
}

#[test]
fn scopes_choose_pods() {
    let plain = json!({"spec": {"containers": [{}]}});
    let ending = json!({"spec": {"activeDeadlineSeconds": 5,
        "containers": [{"resources": {"limits": {"cpu": "1"}}}]}});
    let far = json!({"spec": {"priorityClassName": "high", "affinity": {"podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution":
            [{"podAffinityTerm": {"namespaceSelector": {}}}]}}}});
    let check = |spec: Value, expected: [bool; 3]| {
        let spec: ResourceQuotaSpec = read(spec);
        let fits = [&plain, &ending, &far].map(|pod| {
            let pod: Pod = read(pod.clone());
            Subject::Pod(&pod).is_meant(&spec, &hard(&["pods"]))
        });
        assert_eq!(fits, expected, "{spec:?}");
    };
    let scope = |name: &str| json!({"scopes": [name]});
    check(json!({}), [true, true, true]);
    check(scope("Terminating"), [false, true, false]);
    check(scope("NotTerminating"), [true, false, true]);
    check(scope("BestEffort"), [true, false, true]);
    check(scope("NotBestEffort"), [false, true, false]);
    check(scope("PriorityClass"), [false, false, true]);
    check(scope("CrossNamespacePodAffinity"), [false, false, true]);
    let class = |operator: &str, values: Value| {
        json!({"scopeSelector": {"matchExpressions": [
            {"scopeName": "PriorityClass", "operator": operator, "values": values}]}})
    };
    check(class("In", json!(["high"])), [false, false, true]);
    check(class("NotIn", json!(["high"])), [true, true, false]);
    check(class("DoesNotExist", json!([])), [true, true, false]);
}

#[test]
fn a_quota_with_scopes_is_about_no_services() {
    let spec: ResourceQuotaSpec = read(json!({"scopes": ["NotTerminating"]}));
    let service = Service::default();
    assert!(!Subject::Service(&service).is_meant(&spec, &hard(&["services"])));
}
