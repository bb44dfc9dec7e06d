//! Roles in force, as people see them, and both ways for the control plane's own accounts: nobody asks
//! for what their role lacks, and what no rule was used for is told with the reason.

use std::{collections::BTreeSet, io::Write as _, time::Duration};

use api::rbac::{PolicyRule, bootstrap_policy, bootstrap_rules};
use conformance::{lab::Lab, patience::eventually};
use expect_test::expect;
use serde_json::Value;

/// Something to do for every controller.
const WORK: &str = r#"
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 2, serviceName: db, persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: nginx}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ds}, spec: {selector: {matchLabels: {app: ds}}, template: {metadata: {labels: {app: ds}}, spec: {containers: [{name: c, image: nginx}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {ttlSecondsAfterFinished: 1, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: ["true"]}]}}}}
---
{apiVersion: v1, kind: ReplicationController, metadata: {name: rc}, spec: {replicas: 1, selector: {app: rc}, template: {metadata: {labels: {app: rc}}, spec: {containers: [{name: c, image: nginx}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "100"}}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: sum}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {sum: "yes"}}]}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: part, labels: {sum: "yes"}}, rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}
"#;
/// Who must have used a rule in the end.
const AT_WORK: [&str; 12] = [
    "clusterrole-aggregation-controller",
    "daemon-set-controller",
    "deployment-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "generic-garbage-collector",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "statefulset-controller",
];
const PATIENCE: Duration = Duration::from_mins(1);

fn usage(lab: &Lab) -> Value {
    let text = lab.must("kubectl get --raw /pilothouse/rights");
    serde_json::from_str(&text).expect("JSON")
}

/// Roles and positions of rules that were used.
fn used(usage: &Value) -> BTreeSet<(String, u64)> {
    let granted = usage["granted"].as_array().into_iter().flatten();
    let pairs = granted.map(|grant| {
        (grant["role"].as_str().unwrap_or_default().to_owned(), grant["rule"].as_u64().unwrap_or(0))
    });
    pairs.collect()
}

/// What was denied to the control plane's own.
fn denied(usage: &Value) -> Vec<String> {
    let denied = usage["denied"].as_array().into_iter().flatten();
    let text = |denial: &Value, field: &str| denial[field].as_str().unwrap_or_default().to_owned();
    let own = denied.filter(|denial| {
        let user = text(denial, "user");
        user.starts_with("pilothouse:")
            || (user.starts_with("system:") && user != "system:anonymous")
    });
    own.map(|denial| {
        format!("{} {} {}", text(denial, "user"), text(denial, "verb"), text(denial, "target"))
    })
    .collect()
}

#[test]
fn controllers_ask_for_nothing_that_their_roles_lack() {
    let lab = Lab::start();
    lab.apply(WORK);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.must("kubectl rollout status statefulset/db --timeout=60s");
    lab.must("kubectl set image deployment/web c=nginx:2");
    lab.must("kubectl scale statefulset/db --replicas=1");
    lab.must("kubectl rollout restart daemonset/ds");
    lab.must("kubectl patch configmap kube-root-ca.crt -p '{\"data\":{\"x\":\"y\"}}'");
    lab.must("kubectl create namespace short && kubectl -n short create configmap c");
    lab.must("kubectl delete namespace short --timeout=60s");
    lab.must("kubectl delete deployment web --cascade=orphan");
    lab.must("kubectl delete daemonset/ds replicationcontroller/rc --timeout=60s");
    let role = |account: &str| format!("ClusterRole/system:controller:{account}");
    let seen = eventually("every controller at work has used its role", PATIENCE, || {
        let usage = usage(&lab);
        let used = used(&usage);
        let is_at_work = |account: &&str| used.iter().any(|(name, _)| *name == role(account));
        AT_WORK.iter().all(is_at_work).then_some(usage)
    });
    assert_eq!(denied(&seen), Vec::<String>::new());
    tell_unused(&used(&seen));
}

/// Lists the rules of the controllers' roles that nothing was done by, with the reason.
fn tell_unused(used: &BTreeSet<(String, u64)>) {
    for object in bootstrap_policy() {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        if object["kind"] != "ClusterRole" || !name.starts_with("system:controller:") {
            continue;
        }
        let role = format!("ClusterRole/{name}");
        let is_built = used.iter().any(|(known, _)| *known == role);
        for (position, rule) in (0_u64..).zip(bootstrap_rules(name)) {
            if !used.contains(&(role.clone(), position)) {
                let line = format!("{name} {rule}: {}", reason(is_built, &rule));
                // A closed pipe is the reader's choice.
                let _ = writeln!(std::io::stdout(), "{line}");
            }
        }
    }
}

fn reason(is_built: bool, rule: &PolicyRule) -> &'static str {
    let has = |verb: &str| rule.verbs.iter().any(|known| known.as_str() == verb);
    let only_reads =
        rule.verbs.iter().all(|verb| ["get", "list", "watch"].contains(&verb.as_str()));
    if !is_built {
        return "the controller is not built yet, or had nothing to do";
    }
    if only_reads {
        return "the shared caches read it, under the manager's name";
    }
    if rule.resources.iter().any(|resource| resource.ends_with("/finalizers")) {
        return "it lets owners be blocked, which no admission asks about yet";
    }
    if has("patch") && rule.resources.iter().any(|resource| resource.as_str() == "events") {
        return "it tells of nothing, or did not in this run";
    }
    "this run had no occasion"
}

#[test]
fn people_may_what_their_bindings_say() {
    let lab = Lab::start();
    lab.check(expect![[r#"
        $ kubectl get pods --as bob
        ! Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"
        exit code 1
        $ kubectl auth can-i list pods --as bob
        no
        exit code 1
        $ kubectl create rolebinding bob --clusterrole=view --user=bob
        rolebinding.rbac.authorization.k8s.io/bob created
        $ kubectl auth can-i list pods --as bob
        yes
        $ kubectl auth can-i create pods --as bob
        no
        exit code 1
        $ kubectl auth can-i list secrets --as bob
        no
        exit code 1
        $ kubectl auth can-i '*' '*'
        yes
        $ kubectl create role more --verb=get --resource=secrets --as bob
        ! Error from server (Forbidden): roles.rbac.authorization.k8s.io is forbidden: User "bob" cannot create resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "default"
        exit code 1
    "#]]);
}
