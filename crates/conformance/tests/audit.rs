//! The audit log of a running server: who did what is in it, as the policies that we give away say.

use std::time::Duration;

use conformance::{
    collector::{Collector, Manner},
    lab::Lab,
    patience::{Since, eventually},
    tools,
};
use serde_json::Value;

const TIME_MAX: Duration = Duration::from_secs(10);

/// A plane that tells of requests by a policy of ours.
fn plane(policy: &str, flags: &[&str]) -> Lab {
    let policy = policy_flag(policy);
    let mut all = vec!["--memory", &policy, "--audit-log-path=audit/audit.log"];
    all.extend(flags);
    Lab::with(tools::Kubectl::Current, &all)
}

fn policy_flag(policy: &str) -> String {
    let folder = tools::project().join("control-plane/audit-pipeline/policies");
    format!("--audit-policy-file={}", folder.join(policy).display())
}

/// The events that the log holds, with those put aside.
fn events(lab: &Lab) -> Vec<Value> {
    let text = lab.must("cat audit/*.log");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is an event")).collect()
}

fn find<'a>(events: &'a [Value], verb: &str, resource: &str, name: &str) -> Option<&'a Value> {
    events.iter().find(|event| {
        let object = &event["objectRef"];
        event["verb"] == verb && object["resource"] == resource && object["name"] == name
    })
}

#[test]
fn the_minimal_log_says_who_deleted_what() {
    let lab = plane("minimal.yaml", &[]);
    lab.must("kubectl create configmap top --from-literal=a=b && kubectl get configmap top");
    lab.must("kubectl delete configmap top");
    let events = events(&lab);
    let deletion = find(&events, "delete", "configmaps", "top").expect("it is told of");
    assert_eq!(deletion["user"]["username"], "pilothouse-admin");
    assert_eq!(deletion["stage"], "ResponseComplete");
    assert_eq!(deletion["sourceIPs"][0], "127.0.0.1");
    assert!(deletion["userAgent"].as_str().is_some_and(|agent| agent.starts_with("kubectl/")));
    assert!(find(&events, "get", "configmaps", "top").is_none(), "reads are not told of");
    assert!(events.iter().all(|event| event["objectRef"]["resource"] != "leases"));
}

#[test]
fn the_recommended_log_has_bodies_but_no_secrets() {
    let lab = plane("recommended.yaml", &[]);
    lab.must("kubectl create secret generic door --from-literal=key=rosebud");
    lab.must("kubectl get secret door && kubectl create deployment web --image=nginx");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let refused = lab.run("kubectl --as=eve get secrets");
    assert_ne!(refused.code, 0);
    let events = events(&lab);
    let created = find(&events, "create", "deployments", "web").expect("it is told of");
    assert_eq!(created["requestObject"]["spec"]["replicas"], 1);
    assert!(find(&events, "get", "secrets", "door").is_some(), "reads of secrets are told of");
    let text = lab.must("cat audit/audit.log");
    let encoded = "cm9zZWJ1ZA==";
    assert!(!text.contains(encoded) && !text.contains("rosebud"), "the secret is not in the log");
    let denied = events.iter().find(|event| event["impersonatedUser"]["username"] == "eve");
    let denied = denied.expect("refusals are told of");
    assert_eq!(denied["annotations"]["authorization.k8s.io/decision"], "forbid");
    assert_eq!(denied["responseStatus"]["code"], 403);
    let by_controller = events.iter().any(|event| {
        event["user"]["username"] == "system:serviceaccount:kube-system:replicaset-controller"
            && event["verb"] == "create"
    });
    assert!(by_controller, "pods are made by their controller");
}

#[test]
fn a_log_that_has_grown_is_put_aside_and_nothing_is_lost() {
    let lab = plane("forensic.yaml", &["--audit-log-maxsize=1"]);
    lab.must(
        "for i in $(seq 30); do head -c 30000 /dev/zero | tr '\\0' x > big; \
         kubectl create configmap big-$i --from-file=big; done",
    );
    let files = lab.must("ls audit");
    assert!(files.lines().count() > 1, "{files}");
    let events = events(&lab);
    for number in 1..=30 {
        let name = format!("big-{number}");
        assert!(find(&events, "create", "configmaps", &name).is_some(), "{name}");
    }
}

#[test]
fn events_are_counted_and_bad_policies_are_told_of() {
    let lab =
        plane("minimal.yaml", &["--audit-log-mode=batch", "--audit-log-batch-max-wait=100ms"]);
    lab.must("kubectl create configmap top");
    eventually("the batch is written", TIME_MAX, || {
        find(&events(&lab), "create", "configmaps", "top").map(drop)
    });
    let metrics = lab.must("kubectl get --raw /metrics");
    for name in ["apiserver_audit_event_total", "apiserver_audit_level_total"] {
        assert!(metrics.contains(name), "{name}");
    }
    lab.folder().write("bad.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n");
    let refused = lab.run(
        "pilothouse apiserver --memory --port 0 --audit-policy-file=bad.yaml --audit-log-path=a.log",
    );
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("cannot use bad.yaml"), "{}", refused.stderr);
    assert!(refused.stderr.contains("it has no rules"), "{}", refused.stderr);
    let refused = lab.run("pilothouse apiserver --memory --port 0 --audit-log-path=a.log");
    assert!(refused.stderr.contains("--audit-policy-file"), "{}", refused.stderr);
}

/// A plane whose events go to a server of ours, soon.
fn hooked(policy: &str, collector: &Collector, flags: &[&str]) -> Lab {
    let mut lab = Lab::unstarted(tools::Kubectl::Current);
    let url = collector.url();
    lab.folder().write(
        "hook.yaml",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: hook\nclusters: [{{name: hook, cluster: \
             {{server: '{url}/events'}}}}]\ncontexts: [{{name: hook, context: {{cluster: hook}}}}]\n"
        ),
    );
    let policy = policy_flag(policy);
    let mut all = vec!["--memory", &policy, "--audit-webhook-config-file=hook.yaml"];
    all.extend(flags);
    lab.up_with(&all);
    lab
}

fn lost(lab: &Lab) -> u64 {
    let metrics = lab.must("kubectl get --raw /metrics");
    let name = "apiserver_audit_error_total{plugin=\"webhook\"} ";
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[test]
fn a_webhook_gets_lists_of_events_and_the_rest_at_the_end() {
    let collector = Collector::start(Manner::Takes);
    let mut lab = hooked("minimal.yaml", &collector, &["--audit-webhook-batch-max-wait=100ms"]);
    lab.must("kubectl create configmap top");
    let has = |name: &str| collector.bodies().iter().any(|body| body.contains(name));
    eventually("the event is there", TIME_MAX, || has("\"name\":\"top\"").then_some(()));
    let list: Value = serde_json::from_str(&collector.bodies()[0]).expect("a list is JSON");
    assert_eq!(list["kind"], "EventList");
    assert_eq!(list["items"][0]["kind"], "Event");
    assert_eq!(lost(&lab), 0);
    let policy = policy_flag("minimal.yaml");
    lab.up_with(&["--memory", &policy, "--audit-webhook-config-file=hook.yaml"]);
    lab.must("kubectl create configmap last");
    lab.terminate();
    assert!(has("\"name\":\"last\""), "what waits leaves when the server stops");
}

#[test]
fn a_webhook_that_stalls_costs_events_and_never_requests() {
    let collector = Collector::start(Manner::Stalls);
    let flags = [
        "--audit-webhook-batch-max-wait=50ms",
        "--audit-webhook-batch-buffer-size=20",
        "--audit-webhook-batch-max-size=10",
    ];
    let lab = hooked("minimal.yaml", &collector, &flags);
    let began = Since::now();
    lab.must(
        "for i in $(seq 60); do printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: top-%s}\\n---\\n' $i; \
         done | kubectl create -f -",
    );
    assert!(began.passed() < TIME_MAX, "{:?}", began.passed());
    assert!(lost(&lab) >= 20, "{}", lost(&lab));
}

#[test]
fn a_strict_webhook_that_is_in_trouble_refuses_requests() {
    let collector = Collector::start(Manner::Takes);
    let flags = ["--audit-webhook-mode=blocking-strict", "--audit-webhook-initial-backoff=10ms"];
    let lab = hooked("forensic.yaml", &collector, &flags);
    collector.behave(Manner::InTrouble);
    let refused = lab.run("kubectl create configmap top");
    collector.behave(Manner::Takes);
    assert!(refused.stderr.contains("failed to store audit event"), "{}", refused.stderr);
    lab.must("kubectl create configmap top");
}
