//! What an operator takes away to watch a control plane: rules that promtool believes, a page for each
//! alert, and a real Prometheus that sees a controller being slowed down.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use conformance::{
    lab::Lab,
    patience::eventually,
    tools::{self, Kubectl},
};
use serde_json::Value;

const TIME_MAX: Duration = Duration::from_mins(1);
/// Replica sets are looked after so slowly for three quarters of a minute that their queue grows.
const SLOW: &str = "
faults:
- fault: slowAnswer
  user: [system:serviceaccount:kube-system:replicaset-controller]
  verb: [create]
  delay: 8s
  from: 0s
  until: 45s
";
/// As the file says, in the seconds that a test has.
const FASTER: &str = "sed -i -e 's/_interval: 15s/_interval: 1s/' -e 's/127.0.0.1:6443/127.0.0.1:'$PORT/ \
                      prometheus.yml && sed -i 's/for: 5m/for: 2s/' rules/alerts.yml";

fn folder() -> PathBuf {
    tools::project().join("control-plane/monitoring")
}

/// A shell in which the folder and the programs of Prometheus are.
fn lab() -> Lab {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.show_prometheus();
    lab.must(&format!("cp -r {}/* .", folder().display()));
    lab
}

/// The names of the alerts, as their file has them.
fn alerts() -> BTreeSet<String> {
    let text = fs::read_to_string(folder().join("rules/alerts.yml")).expect("the rules are there");
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn rules_are_well_formed_and_fire_as_their_tests_say() {
    let lab = lab();
    lab.must("promtool check rules rules/*.yml");
    lab.must("touch token ca.crt && promtool check config prometheus.yml");
    lab.must("promtool test rules tests/alerts.yml");
}

#[test]
fn each_alert_has_a_page_and_a_test() {
    let pages: BTreeSet<String> = fs::read_dir(folder().join("runbooks"))
        .expect("there are pages")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    assert_eq!(pages, alerts());
    let tests = fs::read_to_string(folder().join("tests/alerts.yml")).expect("there are tests");
    for alert in alerts() {
        assert!(tests.contains(&format!("- name: {alert}\n")), "{alert} has no test");
    }
}

/// The value of a query, for each series that it finds.
fn query(lab: &Lab, expression: &str) -> Vec<Value> {
    let answer = lab.must(&format!(
        "curl -sf --data-urlencode 'query={expression}' http://127.0.0.1:$((PORT + 8000))/api/v1/query"
    ));
    let answer: Value = serde_json::from_str(&answer).expect("Prometheus answers in JSON");
    answer["data"]["result"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_slow_controller_fires_the_alert_of_its_queue_until_it_is_quick_again() {
    let mut lab = lab();
    lab.folder().write("slow.yaml", SLOW);
    lab.up_with(&["--memory", "--faults=slow.yaml", "--seed=1"]);
    lab.must(
        "kubectl create serviceaccount prometheus --namespace kube-system && \
         kubectl create clusterrolebinding prometheus --clusterrole=system:monitoring \
         --serviceaccount=kube-system:prometheus && \
         kubectl create token prometheus --namespace kube-system --duration=1h > token && \
         kubectl config view --raw -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' \
         | base64 -d > ca.crt",
    );
    lab.must(FASTER);
    let _prometheus = lab.background(
        "prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
         --web.listen-address=127.0.0.1:$((PORT + 8000))",
        "prometheus.out",
    );
    let template = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: rs-N}, spec: {replicas: 1, \
                    selector: {matchLabels: {app: rs-N}}, template: {metadata: {labels: {app: rs-N}}, \
                    spec: {containers: [{name: c, image: nginx}]}}}}";
    lab.must(&format!(
        "for i in $(seq 400); do echo '---'; echo '{template}' | sed \"s/-N/-$i/g\"; done > sets.yaml && \
         kubectl create -f sets.yaml"
    ));
    let firing =
        r#"ALERTS{alertname="WorkQueueDepthPersistent",name="replicaset",alertstate="firing"}"#;
    eventually("the alert fires", TIME_MAX, || (!query(&lab, firing).is_empty()).then_some(()));
    eventually("the alert is resolved", TIME_MAX, || query(&lab, firing).is_empty().then_some(()));
    let ready = lab.must("kubectl get rs -o jsonpath='{range .items[*]}{.status.replicas}{end}'");
    assert_eq!(ready.len(), 400, "every pod was made in the end: {ready}");
    // Every series that rules and dashboards ask for, and that a plane at work must have.
    for expression in [
        "name:workqueue_queue_duration_seconds:p99",
        "name:workqueue_work_duration_seconds:p99",
        "verb_resource:apiserver_request_duration_seconds:p99",
        "operation:etcd_request_duration_seconds:p99",
        "pilothouse_certificate_expiration_timestamp_seconds",
        "pilothouse_watch_cache_lag_seconds_count",
        "workqueue_longest_running_processor_seconds",
        "process_resident_memory_bytes",
        "apiserver_current_inflight_requests",
        "apiserver_longrunning_requests",
    ] {
        assert!(!query(&lab, expression).is_empty(), "nothing for {expression}");
    }
}
