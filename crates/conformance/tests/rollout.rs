//! `kubectl rollout`, `set image` and `scale` of a Deployment, by kubectl 1.37.

use std::time::Duration;

use conformance::{
    lab::Lab,
    patience::{Since, eventually},
};
use expect_test::expect;
use serde_json::Value;

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kubernetes.io/change-cause: first}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1}]}
";

/// A Deployment that has rolled out once.
fn rolled_out(manifest: &str) -> Lab {
    let lab = Lab::start();
    lab.apply(manifest);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab
}

/// Sizes of ReplicaSets with their revisions: `1:0/0 2:3/3` is wanted/available.
fn replica_sets(lab: &Lab) -> String {
    let list = lab.get("replicasets -l app=web");
    let sets = list["items"].as_array().expect("a list has items");
    let mut rows: Vec<String> = sets.iter().map(replica_set).collect();
    rows.sort();
    rows.join(" ")
}

fn replica_set(object: &Value) -> String {
    let revision = &object["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
    let available = object["status"]["availableReplicas"].as_u64().unwrap_or(0);
    format!("{}:{}/{available}", revision.as_str().unwrap_or("?"), object["spec"]["replicas"])
}

fn eventually_replica_sets(lab: &Lab, wanted: &str) {
    eventually(wanted, Duration::from_secs(30), || (replica_sets(lab) == wanted).then_some(()));
}

/// `status reason` of a condition.
fn condition(lab: &Lab, kind: &str) -> String {
    let path = format!(
        "{{range .status.conditions[?(@.type==\"{kind}\")]}}{{.status}} {{.reason}}{{end}}"
    );
    lab.must(&format!("kubectl get deployment web -o jsonpath='{path}'"))
}

#[test]
fn apply_creates_and_status_waits_until_all_are_available() {
    let lab = Lab::start();
    lab.folder().write("web.yaml", WEB);
    lab.check(expect![[r#"
        $ kubectl apply -f web.yaml
        deployment.apps/web created
        $ kubectl rollout status deployment/web | tail -1
        deployment "web" successfully rolled out
        $ kubectl apply -f web.yaml
        deployment.apps/web unchanged
        $ kubectl get deployment,replicaset,pod
        NAME READY UP-TO-DATE AVAILABLE AGE
        deployment.apps/web 3/3 3 3 AGE

        NAME DESIRED CURRENT READY AGE
        replicaset.apps/web-HASH 3 3 3 AGE

        NAME READY STATUS RESTARTS AGE
        pod/web-HASH-RAND 1/1 Running 0 AGE
        pod/web-HASH-RAND 1/1 Running 0 AGE
        pod/web-HASH-RAND 1/1 Running 0 AGE
    "#]]);
    assert_eq!(condition(&lab, "Available"), "True MinimumReplicasAvailable");
    assert_eq!(condition(&lab, "Progressing"), "True NewReplicaSetAvailable");
    lab.check(expect![[r#"
        $ kubectl rollout status deployment/nothing
        ! Error from server (NotFound): deployments.apps "nothing" not found
        exit code 1
        $ kubectl rollout status deployment/web --revision=7
        ! error: desired revision (7) is different from the running revision (1)
        exit code 1
        $ kubectl rollout status replicaset -l app=web
        ! error: no status viewer has been implemented for ReplicaSet.apps
        exit code 1
    "#]]);
}

#[test]
fn history_lists_revisions_with_their_causes() {
    let lab = rolled_out(WEB);
    lab.must("kubectl set image deployment/web web=registry.example/web:2");
    lab.must("kubectl annotate --overwrite deployment/web kubernetes.io/change-cause=second");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    eventually_replica_sets(&lab, "1:0/0 2:3/3");
    lab.check(expect![[r#"
        $ kubectl rollout history deployment/web
        deployment.apps/web
        REVISION CHANGE-CAUSE
        1 first
        2 second

        $ kubectl rollout history deployment/web --revision=2
        deployment.apps/web with revision #2
        Pod Template:
          Labels: app=web
        pod-template-hash=HASH
          Annotations: kubernetes.io/change-cause: second
          Containers:
           web:
            Image: registry.example/web:2
            Port: <none>
            Host Port: <none>
            Environment: <none>
            Mounts: <none>
          Volumes: <none>
          Node-Selectors: <none>
          Tolerations: <none>

        $ kubectl rollout history deployment/web --revision=9
        ! error: unable to find the specified revision
        exit code 1
        $ kubectl rollout history deployment/web --revision=-1
        ! error: revision must be a positive integer: -1
        exit code 1
    "#]]);
}

#[test]
fn undo_goes_back_one_revision_or_to_a_named_one() {
    let lab = rolled_out(WEB);
    for image in ["web:2", "web:3"] {
        lab.must(&format!("kubectl set image deployment/web web=registry.example/{image}"));
        lab.must("kubectl rollout status deployment/web --timeout=60s");
    }
    lab.check(expect![[r#"
        $ kubectl rollout undo deployment/web --dry-run=server
        deployment.apps/web rolled back (server dry run)
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
        $ kubectl rollout undo deployment/web
        deployment.apps/web rolled back
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
    "#]]);
    eventually_replica_sets(&lab, "1:0/0 3:0/0 4:3/3");
    lab.check(expect![[r#"
        $ kubectl rollout undo deployment/web --to-revision=1
        deployment.apps/web rolled back
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
    "#]]);
    eventually_replica_sets(&lab, "3:0/0 4:0/0 5:3/3");
    lab.check(expect![[r#"
        $ kubectl rollout undo deployment/web --to-revision=5
        deployment.apps/web skipped rollback (current template already matches revision 5)
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
        $ kubectl rollout undo deployment/web --to-revision=99
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
        ! error: unable to find specified revision 99 in history
        exit code 1
    "#]]);
    let revised = "kubectl get replicasets -o \
        jsonpath='{.items[*].metadata.annotations.deployment\\.kubernetes\\.io/revision-history}'";
    let mut former: Vec<String> = lab.must(revised).split_whitespace().map(str::to_owned).collect();
    former.sort();
    assert_eq!(former, ["1", "2"]);
}

#[test]
fn pause_holds_changes_back_and_resume_lets_them_go() {
    let lab = rolled_out(WEB);
    lab.check(expect![[r#"
        $ kubectl rollout pause deployment/web
        deployment.apps/web paused
        $ kubectl rollout pause deployment/web
        ! error: deployments.apps "web" is already paused
        exit code 1
        $ kubectl rollout restart deployment/web
        ! error: deployments.apps "web" can't restart paused deployment (run rollout resume first)
        exit code 1
    "#]]);
    lab.must("kubectl set image deployment/web web=registry.example/web:2");
    lab.must("kubectl scale deployment/web --replicas=4");
    // The size changes while paused, the template does not.
    eventually_replica_sets(&lab, "1:4/4");
    assert_eq!(condition(&lab, "Progressing"), "Unknown DeploymentPaused");
    lab.check(expect![[r#"
        $ kubectl rollout undo deployment/web --to-revision=1
        ! Warning: resource deployments/web was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
        ! error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again
        exit code 1
        $ kubectl rollout resume deployment/web
        deployment.apps/web resumed
        $ kubectl rollout resume deployment/web
        ! error: deployments.apps "web" is not paused
        exit code 1
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    eventually_replica_sets(&lab, "1:0/0 2:4/4");
    assert_eq!(condition(&lab, "Progressing"), "True NewReplicaSetAvailable");
}

#[test]
fn restart_replaces_all_pods_by_a_new_revision() {
    let lab = rolled_out(WEB);
    lab.check(expect![[r#"
        $ kubectl rollout restart deployment/web
        deployment.apps/web restarted
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    eventually_replica_sets(&lab, "1:0/0 2:3/3");
    lab.check(expect![[r#"
        $ kubectl get deployment web -o jsonpath='{.spec.template.metadata.annotations}'
        {"kubectl.kubernetes.io/restartedAt":"TIME"}
    "#]]);
}

#[test]
fn a_bad_image_meets_the_deadline_while_old_pods_serve_and_undo_heals() {
    let lab = rolled_out(&WEB.replace("replicas: 3", "replicas: 3\n  progressDeadlineSeconds: 5"));
    lab.must("kubectl set image deployment/web web=registry.example/no-such:2");
    let since = Since::now();
    lab.check(expect![[r#"
        $ kubectl rollout status deployment/web | tail -1
        Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...
        ! error: deployment "web" exceeded its progress deadline
    "#]]);
    eventually("the deadline is exceeded", Duration::from_secs(10), || {
        (condition(&lab, "Progressing") == "False ProgressDeadlineExceeded").then_some(())
    });
    let seconds = since.passed().as_secs_f64();
    assert!((4.0..7.5).contains(&seconds), "exceeded after {seconds} s");
    assert_eq!(replica_sets(&lab), "1:3/3 2:1/0");
    assert_eq!(condition(&lab, "Available"), "True MinimumReplicasAvailable");
    lab.check(expect![[r#"
        $ kubectl get deployment web -o jsonpath='{.status.conditions[?(@.type=="Progressing")].message}'
        ReplicaSet "web-HASH" has timed out progressing.
        $ kubectl get pods
        NAME READY STATUS RESTARTS AGE
        web-HASH-RAND 0/1 ImagePullBackOff 0 AGE
        web-HASH-RAND 1/1 Running 0 AGE
        web-HASH-RAND 1/1 Running 0 AGE
        web-HASH-RAND 1/1 Running 0 AGE
        $ kubectl rollout status deployment/web
        ! error: deployment "web" exceeded its progress deadline
        exit code 1
    "#]]);
    lab.must("kubectl rollout undo deployment/web");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    eventually_replica_sets(&lab, "2:0/0 3:3/3");
    assert_eq!(condition(&lab, "Progressing"), "True NewReplicaSetAvailable");
}

#[test]
fn scaling_to_zero_and_back_keeps_the_revision() {
    let lab = rolled_out(WEB);
    lab.check(expect![[r#"
        $ kubectl scale deployment/web --replicas=0
        deployment.apps/web scaled
    "#]]);
    eventually_replica_sets(&lab, "1:0/0");
    eventually("the pods are gone", Duration::from_secs(30), || {
        lab.must("kubectl get pods -o name").is_empty().then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl get deployment web
        NAME READY UP-TO-DATE AVAILABLE AGE
        web 0/0 0 0 AGE
        $ kubectl scale deployment/web --current-replicas=7 --replicas=2
        ! error: Expected replicas to be 7, was 0
        exit code 1
        $ kubectl scale deployment/web --current-replicas=0 --replicas=3
        deployment.apps/web scaled
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    eventually_replica_sets(&lab, "1:3/3");
    lab.check(expect![[r#"
        $ kubectl scale deployment/nothing --replicas=1
        ! Error from server (NotFound): deployments.apps "nothing" not found
        exit code 1
        $ kubectl scale deployment/web
        ! error: required flag(s) "replicas" not set
        exit code 1
        $ kubectl get events --field-selector involvedObject.name=web --no-headers -o custom-columns=T:.type,R:.reason,M:.message,S:.source.component --sort-by=.metadata.creationTimestamp
        Normal ScalingReplicaSet Scaled up replica set web-HASH from 0 to 3 deployment-controller
        Normal ScalingReplicaSet Scaled down replica set web-HASH from 3 to 0 deployment-controller
    "#]]);
}

#[test]
fn scaling_in_the_middle_of_a_rollout_is_proportional() {
    let strategy = "replicas: 10\n  strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}";
    let lab = rolled_out(&WEB.replace("replicas: 3", strategy));
    lab.must("kubectl set image deployment/web web=registry.example/no-such:2");
    eventually_replica_sets(&lab, "1:8/8 2:5/0");
    lab.must("kubectl scale deployment/web --replicas=20");
    eventually_replica_sets(&lab, "1:14/14 2:9/0");
    let sizes = "kubectl get replicasets -o jsonpath='{range .items[*]}\
        {.metadata.annotations.deployment\\.kubernetes\\.io/desired-replicas}/\
        {.metadata.annotations.deployment\\.kubernetes\\.io/max-replicas} {end}'";
    assert_eq!(lab.must(sizes).trim(), "20/23 20/23");
}

#[test]
fn recreate_never_runs_old_and_new_pods_at_once() {
    let lab = rolled_out(&WEB.replace("replicas: 3", "replicas: 3\n  strategy: {type: Recreate}"));
    let line = "{.type} {.object.metadata.labels.pod-template-hash}{\"\\n\"}";
    let watch = format!("kubectl get pods --watch --output-watch-events -o jsonpath='{line}'");
    let watching = lab.background(&watch, "pods");
    eventually("all pods are seen", Duration::from_secs(10), || {
        (lab.folder().read("pods").matches("ADDED").count() == 3).then_some(())
    });
    lab.must("kubectl set image deployment/web web=registry.example/web:2");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let seen = eventually("all are replaced", Duration::from_secs(10), || {
        let seen = lab.folder().read("pods");
        (seen.matches("ADDED").count() == 6).then_some(seen)
    });
    drop(watching);
    let changes = seen.lines().filter_map(|line| line.split(' ').next());
    let changes: Vec<&str> = changes.filter(|change| *change != "MODIFIED").collect();
    let wanted = [["ADDED"; 3], ["DELETED"; 3], ["ADDED"; 3]].concat();
    assert_eq!(changes, wanted, "{seen}");
}
