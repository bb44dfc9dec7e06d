//! Roles in force, as people see them, and both ways for the control plane's own accounts: nobody asks
//! for what their role lacks, and each rule is used, or listed with the reason why it is not.

use std::{collections::BTreeSet, time::Duration};

use api::rbac::{PolicyRule, bootstrap_policy, bootstrap_rules};
use conformance::{lab::Lab, patience::Since};
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
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 3, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 100m}}}]}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: db}, spec: {minAvailable: 1, selector: {matchLabels: {app: db}}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: nothing}, spec: {minAvailable: 1, selector: {matchLabels: {app: nothing}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: "* * * * *", successfulJobsHistoryLimit: 0, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: ["true"]}]}}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Endpoints, metadata: {name: outside}, subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: lost}, spec: {nodeName: nowhere, containers: [{name: c, image: nginx}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: driven}, spec: {nodeName: node-2, terminationGracePeriodSeconds: 0, containers: [{name: c, image: nginx}], tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}]}}
"#;
/// Rules that nothing is done by here: `role`, its resources (`*` for all rules), and why; what is done
/// seldom may be done.
const UNUSED: &str = include_str!("../data/unused-rights.tsv");
/// A CronJob's minute, and the time after which a silent node is given up.
const PATIENCE: Duration = Duration::from_mins(3);

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
    lab.must("kubectl annotate node node-0 node.alpha.kubernetes.io/ttl=5 --overwrite");
    lab.must("kubectl create namespace elsewhere && kubectl create configmap owner");
    lab.must(
        "kubectl create configmap stray --namespace elsewhere && \
         kubectl patch configmap stray --namespace elsewhere --type merge -p \
         '{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner\",\
         \"uid\":\"'$(kubectl get configmap owner -o jsonpath={.metadata.uid})'\"}]}}'",
    );
    lab.must("pilothouse nodes fail node-2");
    let (seen, unexplained) = watch_usage(&lab);
    assert_eq!(denied(&seen), Vec::<String>::new());
    assert!(unexplained.is_empty(), "rules and reasons:\n{}", unexplained.join("\n"));
}

/// What was used in the end, and what is unexplained then: nothing, unless time is over.
fn watch_usage(lab: &Lab) -> (Value, Vec<String>) {
    let began = Since::now();
    loop {
        let seen = usage(lab);
        let left = unexplained(&used(&seen));
        if left.is_empty() || began.passed() > PATIENCE {
            return (seen, left);
        }
        lab.must("sleep 1");
    }
}

/// Rules of the controllers' roles that nothing was done by, without a reason; and reasons for what was
/// used, or for what there is not.
fn unexplained(used: &BTreeSet<(String, u64)>) -> Vec<String> {
    let reasons: Vec<(&str, &str)> = UNUSED.lines().skip(1).filter_map(reason).collect();
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::<&(&str, &str)>::new());
    for object in bootstrap_policy() {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let Some(account) = name.strip_prefix("system:controller:") else { continue };
        if object["kind"] != "ClusterRole" {
            continue;
        }
        for (position, rule) in (0_u64..).zip(bootstrap_rules(name)) {
            let is_used = used.contains(&(format!("ClusterRole/{name}"), position));
            let resources = rule.resources.join(",");
            let given = reasons
                .iter()
                .find(|(role, about)| *role == account && (*about == "*" || *about == resources));
            needed.extend(given.filter(|_| !is_used));
            if !is_used && given.is_none() && !goes_without_saying(&rule) {
                wrong.push(format!("{account} {rule}"));
            }
        }
    }
    let is_needed = |role: &str, about: &str| needed.contains(&&(role, about));
    let lines = UNUSED.lines().skip(1).filter(|line| !line.contains("\tseldom: "));
    let idle = lines.filter_map(reason).filter(|(role, about)| !is_needed(role, about));
    wrong.extend(idle.map(|(role, about)| format!("{role} {about}: no reason is needed")));
    wrong
}

/// Role and resources of a line of the table.
fn reason(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.split('\t');
    Some((cells.next()?, cells.next()?))
}

/// The shared caches read under the manager's name; and that owners may be held back is asked by an
/// admission that is off by default.
fn goes_without_saying(rule: &PolicyRule) -> bool {
    let reads = ["get", "list", "watch"];
    let only_reads = rule.verbs.iter().all(|verb| reads.contains(&&**verb));
    only_reads || rule.resources.iter().all(|resource| resource.ends_with("/finalizers"))
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
