//! `kubectl delete` of a Deployment with each way to treat what it owns, and a deleted namespace.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually};
use expect_test::expect;

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1}]}
";

fn rolled_out() -> Lab {
    let lab = Lab::start();
    lab.apply(WEB);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab
}

fn eventually_nothing(lab: &Lab, what: &str) {
    eventually("nothing is left", Duration::from_secs(30), || {
        lab.must(&format!("kubectl get {what} -o name")).is_empty().then_some(())
    });
}

#[test]
fn in_the_background_the_owner_goes_first_and_all_follow() {
    let lab = rolled_out();
    lab.check(
        "kubectl delete deployment web",
        expect![[r#"
        deployment.apps "web" deleted from default namespace
    "#]],
    );
    lab.check(
        "kubectl get deployment web",
        expect![[r#"
        ! Error from server (NotFound): deployments.apps "web" not found
        exit code 1
    "#]],
    );
    eventually_nothing(&lab, "replicasets,pods");
}

#[test]
fn in_the_foreground_the_owner_goes_last() {
    let lab = rolled_out();
    lab.must("kubectl delete deployment web --cascade=foreground --timeout=60s");
    // kubectl waited for the Deployment, and so for all that blocks it.
    assert_eq!(lab.must("kubectl get replicasets -o name"), "");
    eventually_nothing(&lab, "pods");
}

#[test]
fn orphans_stay_and_are_adopted_without_a_restart() {
    let lab = rolled_out();
    let pods = lab.must("kubectl get pods -o name");
    lab.check(
        "kubectl delete deployment web --cascade=orphan",
        expect![[r#"
        deployment.apps "web" deleted from default namespace
    "#]],
    );
    eventually("the ReplicaSet has no owner", Duration::from_secs(30), || {
        let owners = "kubectl get replicasets -o jsonpath='{.items[*].metadata.ownerReferences}'";
        lab.must(owners).is_empty().then_some(())
    });
    lab.apply(WEB);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let owner =
        "kubectl get replicasets -o jsonpath='{.items[*].metadata.ownerReferences[*].name}'";
    assert_eq!(lab.must(owner), "web");
    assert_eq!(lab.must("kubectl get pods -o name"), pods);
}

#[test]
fn a_deleted_namespace_takes_all_that_is_in_it() {
    let lab = Lab::start();
    lab.check(
        "kubectl create namespace shop",
        expect![[r#"
        namespace/shop created
    "#]],
    );
    lab.must("kubectl create deployment web --image=nginx --replicas=2 --namespace=shop");
    lab.must("kubectl create configmap settings --from-literal=size=3 --namespace=shop");
    lab.must("kubectl rollout status deployment/web --namespace=shop --timeout=60s");
    lab.check(
        "kubectl delete namespace shop --timeout=60s",
        expect![[r#"
        namespace "shop" deleted
    "#]],
    );
    lab.check(
        "kubectl get deployment,replicaset,pod,configmap --namespace=shop",
        expect![[r#"
        ! No resources found in shop namespace.
    "#]],
    );
    lab.check(
        "kubectl get namespace shop",
        expect![[r#"
        ! Error from server (NotFound): namespaces "shop" not found
        exit code 1
    "#]],
    );
    lab.check(
        "kubectl create configmap late --namespace=shop",
        expect![[r#"
        ! error: failed to create configmap: namespaces "shop" not found
        exit code 1
    "#]],
    );
    lab.check("kubectl delete namespace default", expect![[r#"
        ! Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted
        exit code 1
    "#]]);
}
