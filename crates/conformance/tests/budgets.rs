//! Disruption budgets: their status, evictions that ask them, and `kubectl drain`.

use std::time::Duration;

use conformance::{lab::Lab, manifests::WEB, patience::eventually};
use expect_test::expect;

const PATIENCE: Duration = Duration::from_mins(1);

/// At most one of the pods may be missing.
const BUDGET: &str = "
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";

fn guarded(replicas: u32) -> Lab {
    let lab = Lab::start();
    lab.apply(&WEB.replace("replicas: 2", &format!("replicas: {replicas}")));
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.apply(BUDGET);
    eventually_allowed(&lab, "1");
    lab
}

fn eventually_allowed(lab: &Lab, wanted: &str) {
    eventually(&format!("the budget allows {wanted}"), PATIENCE, || {
        let found = lab.must("kubectl get pdb web -o jsonpath='{.status.disruptionsAllowed}'");
        (found == wanted).then_some(())
    });
}

#[test]
fn a_budget_counts_the_pods_of_its_owners() {
    let lab = guarded(3);
    lab.check(expect![[r#"
        $ kubectl get pdb web
        NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE
        web N/A 1 1 AGE
        $ kubectl get pdb web -o jsonpath='{.status.expectedPods}/{.status.desiredHealthy}/{.status.currentHealthy} {.status.conditions[0].reason}'
        3/2/3 SufficientPods
    "#]]);
    lab.must("kubectl scale deployment web --replicas=5");
    eventually("the budget counts the new size", PATIENCE, || {
        let found = lab.must("kubectl get pdb web -o jsonpath='{.status.expectedPods}'");
        (found == "5").then_some(())
    });
    lab.must("kubectl run bare --image=nginx --labels=app=web");
    eventually("the bare pod is told of", PATIENCE, || {
        lab.must("kubectl get events").contains("UnmanagedPods").then_some(())
    });
}

#[test]
fn an_eviction_is_granted_as_long_as_the_budget_lasts() {
    let lab = guarded(3);
    // Nothing comes in the place of what goes: the budget is not filled up again.
    lab.must("kubectl get nodes -o name | xargs kubectl cordon");
    let evict = "pod=$(kubectl get pods --field-selector=status.phase=Running -o go-template=\
        '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{\"\\n\"}}{{end}}{{end}}' \
        | head -1); \
        kubectl create --raw /api/v1/namespaces/default/pods/$pod/eviction -f - <<< \
        '{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"'$pod'\"}}'";
    lab.must(evict);
    eventually_allowed(&lab, "0");
    let refused = lab.run(evict);
    assert_ne!(refused.code, 0);
    assert!(
        refused
            .stderr
            .contains("Cannot evict pod as it would violate the pod's disruption budget."),
        "{}",
        refused.stderr
    );
    lab.must("kubectl get nodes -o name | xargs kubectl uncordon");
    eventually_allowed(&lab, "1");
}

#[test]
fn a_drain_takes_pods_one_by_one_and_loses_no_more_than_the_budget() {
    let lab = guarded(6);
    let watch = lab.background(
        "kubectl get pdb web --watch -o jsonpath='{.status.currentHealthy}{\"\\n\"}'",
        "healthy",
    );
    lab.must("kubectl drain node-0 --ignore-daemonsets --timeout=100s");
    drop(watch);
    let left = "kubectl get pods --field-selector spec.nodeName=node-0 -o name";
    assert_eq!(lab.must(left), "");
    let healthy = lab.folder().read("healthy");
    let fewest = healthy.lines().filter_map(|line| line.parse::<u32>().ok()).min();
    assert!(fewest >= Some(5), "{healthy}");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.must("kubectl uncordon node-0");
}
