//! `kubectl delete` of a Deployment with each way to treat what it owns, and a deleted namespace.

use std::time::Duration;

use conformance::{lab::Lab, manifests::WEB, patience::eventually};
use expect_test::expect;

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
    lab.check(expect![[r#"
        $ kubectl delete deployment web
        deployment.apps "web" deleted from default namespace
        $ kubectl get deployment web
        ! Error from server (NotFound): deployments.apps "web" not found
        exit code 1
    "#]]);
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
    lab.check(expect![[r#"
        $ kubectl delete deployment web --cascade=orphan
        deployment.apps "web" deleted from default namespace
    "#]]);
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
    lab.check(expect![[r#"
        $ kubectl create namespace shop
        namespace/shop created
    "#]]);
    lab.must("kubectl create deployment web --image=nginx --replicas=2 --namespace=shop");
    lab.must("kubectl create configmap settings --from-literal=size=3 --namespace=shop");
    lab.must("kubectl rollout status deployment/web --namespace=shop --timeout=60s");
    lab.check(expect![[r#"
        $ kubectl delete namespace shop --timeout=60s
        namespace "shop" deleted
        $ kubectl get deployment,replicaset,pod,configmap --namespace=shop
        ! No resources found in shop namespace.
        $ kubectl get namespace shop
        ! Error from server (NotFound): namespaces "shop" not found
        exit code 1
        $ kubectl create configmap late --namespace=shop
        ! error: failed to create configmap: namespaces "shop" not found
        exit code 1
        $ kubectl delete namespace default
        ! Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted
        exit code 1
    "#]]);
}
