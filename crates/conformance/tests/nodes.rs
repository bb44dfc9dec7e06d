//! Nodes that fail and recover, taints that drive pods away, and containers that end as they are told.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually, tools::Kubectl};
use expect_test::expect;

const TOLERANT: &str = "
apiVersion: v1
kind: Pod
metadata: {name: tolerant}
spec:
  nodeName: node-0
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: registry.example/web:1}]
  tolerations: [{key: fire, operator: Exists, effect: NoExecute, tolerationSeconds: 60}]
---
apiVersion: v1
kind: Pod
metadata: {name: intolerant}
spec:
  nodeName: node-0
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: registry.example/web:1}]
";

const JOB: &str = "
apiVersion: batch/v1
kind: Job
metadata: {name: odd}
spec:
  completionMode: Indexed
  completions: 4
  parallelism: 4
  backoffLimitPerIndex: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: c
        image: registry.example/job:1
        command: [/bin/sh, -c, 'if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then exit 1; else exit 0; fi']
";

/// A control plane whose time stands still, with a pod on each of three nodes.
fn spread() -> Lab {
    let lab = Lab::with(Kubectl::Current, &["--memory", "--clock=virtual"]);
    lab.must("kubectl create deployment web --image=registry.example/web:1 --replicas=3");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab
}

/// What a line of shell prints in the end.
fn eventually_prints(lab: &Lab, script: &str, wanted: &str) {
    eventually(wanted, Duration::from_secs(20), || {
        (lab.run(script).stdout.trim() == wanted).then_some(())
    });
}

const READINESS: &str = "kubectl get nodes -o jsonpath='{range .items[*]}{.status.conditions[?(@.type==\"Ready\")].status} {end}'";
const EVICTING: &str = "kubectl get nodes -o jsonpath='{range .items[*].spec.taints[?(@.effect==\"NoExecute\")]}{.key} {end}'";
const READY_PODS: &str =
    "kubectl get pods -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}'";

#[test]
fn a_node_that_fails_is_noticed_and_its_pods_leave_it_after_five_minutes() {
    let lab = spread();
    lab.check(expect![[r#"
        $ pilothouse nodes fail node-1
        node/node-1 fails (unreachable)
        $ pilothouse clock advance 1m10s
        TIME
    "#]]);
    eventually_prints(&lab, READINESS, "True Unknown True");
    eventually_prints(&lab, EVICTING, "node.kubernetes.io/unreachable");
    lab.check(expect![[r#"
        $ kubectl get nodes
        NAME STATUS ROLES AGE VERSION
        node-0 Ready <none> AGE v1.37.2
        node-1 NotReady <none> AGE v1.37.2
        node-2 Ready <none> AGE v1.37.2
        $ kubectl get node node-1 -o jsonpath='{.spec.taints[*].effect}{"\n"}'
        NoSchedule NoExecute
        $ kubectl get deployment web
        NAME READY UP-TO-DATE AVAILABLE AGE
        web 2/3 3 2 AGE
        $ kubectl get events --field-selector reason=NodeNotReady -o jsonpath='{range .items[*]}{.involvedObject.kind}: {.message}{"\n"}{end}'
        Node: Node node-1 status is now: NodeNotReady
        Pod: Node is not ready
        $ pilothouse clock advance 4m30s
        TIME
    "#]]);
    let on_node =
        "kubectl get pods --field-selector spec.nodeName=node-1 --no-headers | awk '{print $3}'";
    eventually_prints(&lab, on_node, "Running");
    lab.must("pilothouse clock advance 1m");
    eventually_prints(&lab, on_node, "Terminating");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.check(expect![[r#"
        $ pilothouse nodes recover node-1
        node/node-1 recovers
    "#]]);
    eventually_prints(&lab, READINESS, "True True True");
    eventually_prints(&lab, EVICTING, "");
    lab.must("pilothouse clock advance 1m");
    eventually_prints(&lab, on_node, "");
}

#[test]
fn a_failure_may_end_by_itself() {
    let lab = spread();
    lab.must("pilothouse nodes fail node-2 --for 2m --how not-ready");
    eventually_prints(&lab, READINESS, "True True False");
    eventually_prints(&lab, EVICTING, "node.kubernetes.io/not-ready");
    lab.must("pilothouse clock advance 2m");
    eventually_prints(&lab, READINESS, "True True True");
    eventually_prints(&lab, READY_PODS, "True True True");
}

#[test]
fn nobody_is_evicted_while_no_node_is_heard() {
    let lab = spread();
    let before = lab.must("kubectl get pods -o jsonpath='{.items[*].metadata.uid}'");
    for node in ["node-0", "node-1", "node-2"] {
        lab.must(&format!("pilothouse nodes fail {node}"));
    }
    lab.must("pilothouse clock advance 20m");
    eventually_prints(&lab, READINESS, "Unknown Unknown Unknown");
    eventually_prints(&lab, EVICTING, "");
    let deleted = "kubectl get pods -o jsonpath='{.items[*].metadata.deletionTimestamp}'";
    assert_eq!(lab.must(deleted), "");
    for node in ["node-0", "node-1", "node-2"] {
        lab.must(&format!("pilothouse nodes recover {node}"));
    }
    eventually_prints(&lab, READY_PODS, "True True True");
    let after = lab.must("kubectl get pods -o jsonpath='{.items[*].metadata.uid}'");
    assert_eq!(after, before);
}

#[test]
fn a_taint_drives_pods_away_when_their_time_is_up() {
    let lab = Lab::with(Kubectl::Current, &["--memory", "--clock=virtual"]);
    lab.apply(TOLERANT);
    lab.must("kubectl wait pod --all --for=condition=Ready --timeout=20s");
    lab.must("kubectl taint node node-0 fire=yes:NoExecute");
    let names = "kubectl get pods -o jsonpath='{.items[*].metadata.name}'";
    eventually_prints(&lab, names, "tolerant");
    lab.must("pilothouse clock advance 59s");
    assert_eq!(lab.must(names), "tolerant");
    lab.check(expect![[r#"
        $ pilothouse explain pod/tolerant | sed -n '/^taint-eviction/,/^$/p'
        taint-eviction-controller
          sees
            pod: on node-0
            taint: fire, tolerated for 60 s
          would do nothing now
          looks again in AGE at the latest

    "#]]);
    lab.must("pilothouse clock advance 1s");
    eventually_prints(&lab, names, "");
    let events = "kubectl get events -o jsonpath='{range .items[?(@.reason==\"TaintManagerEviction\")]}{.message}{\"\\n\"}{end}' | sort";
    let wanted =
        "Marking for deletion Pod default/intolerant\nMarking for deletion Pod default/tolerant";
    eventually_prints(&lab, events, wanted);
}

#[test]
fn an_indexed_job_fails_where_its_script_says() {
    let lab = Lab::with(Kubectl::Current, &["--memory"]);
    lab.apply(JOB);
    lab.must("kubectl wait job/odd --for=condition=Failed --timeout=30s");
    lab.check(expect![[r#"
        $ kubectl get job odd -o jsonpath='{.status.completedIndexes} {.status.failedIndexes}{"\n"}'
        0,2 1,3
    "#]]);
}

#[test]
fn what_fails_a_node_is_told_in_one_line() {
    let lab = Lab::with(Kubectl::Current, &["--memory"]);
    lab.check(expect![[r#"
        $ pilothouse nodes fail
        ! pilothouse: the following required arguments were not provided: <NAME>; see --help
        exit code 2
        $ pilothouse nodes fail node-0 --for soon
        ! pilothouse: "soon" is no duration; write AGE, AGE or AGE
        exit code 2
        $ pilothouse nodes fail node-0 --how badly
        ! pilothouse: invalid value 'badly' for '--how <how>' [possible values: unreachable, not-ready]; see --help
        exit code 2
        $ pilothouse nodes fail node-9
        ! pilothouse: cannot tell node node-9: nodes "node-9" not found
        exit code 1
    "#]]);
}
