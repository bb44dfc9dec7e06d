//! The basic verbs of kubectl 1.20, which some distributions still ship.

use std::time::Duration;

use conformance::{lab::Lab, manifests::WEB, patience::eventually, tools::Kubectl};
use expect_test::expect;

#[test]
fn kubectl_1_20_does_the_basics() {
    let lab = Lab::with(Kubectl::Old, &[]);
    lab.folder().write("web.yaml", WEB);
    lab.check(expect![[r#"
        $ kubectl version --short 2>/dev/null | cut -d. -f1,2
        Client Version: v1.20
        Server Version: v1.37
        $ kubectl apply -f web.yaml
        deployment.apps/web created
        $ kubectl rollout status deployment/web --timeout=60s | tail -1
        deployment "web" successfully rolled out
        $ kubectl apply -f web.yaml
        deployment.apps/web unchanged
        $ kubectl get deployment,replicaset,pod
        NAME READY UP-TO-DATE AVAILABLE AGE
        deployment.apps/web 2/2 2 2 AGE

        NAME DESIRED CURRENT READY AGE
        replicaset.apps/web-HASH 2 2 2 AGE

        NAME READY STATUS RESTARTS AGE
        pod/web-HASH-RAND 1/1 Running 0 AGE
        pod/web-HASH-RAND 1/1 Running 0 AGE
        $ kubectl create configmap settings --from-literal=size=3
        configmap/settings created
        $ kubectl create deployment api --image=nginx --replicas=2
        deployment.apps/api created
        $ kubectl label deployment api tier=back
        deployment.apps/api labeled
        $ kubectl scale deployment/api --replicas=1
        deployment.apps/api scaled
    "#]]);
    eventually("one replica is left", Duration::from_secs(30), || {
        lab.must("kubectl get deployment -l tier=back --no-headers").contains("1/1").then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl describe deployment api | grep -E '^(Name|Labels|Replicas)'
        Name: api
        Namespace: default
        Labels: app=api
        Replicas: 1 desired | 1 updated | 1 total | 1 available | 0 unavailable
        $ kubectl set image deployment/web web=registry.example/web:2
        deployment.apps/web image updated
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.check(expect![[r#"
        $ kubectl rollout undo deployment/web
        deployment.apps/web rolled back
        $ kubectl delete deployment api --wait=false
        deployment.apps "api" deleted
        $ kubectl delete -f web.yaml
        deployment.apps "web" deleted
        $ kubectl get deployment
        ! No resources found in default namespace.
    "#]]);
}
