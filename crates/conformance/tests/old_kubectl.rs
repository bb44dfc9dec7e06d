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

const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.old.example}
spec:
  group: old.example
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Color, type: string, jsonPath: .spec.color}]
    subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {color: {type: string, description: How it looks.}, replicas: {type: integer}}
          status: {type: object, properties: {replicas: {type: integer}}}
";
const WIDGET: &str = "
apiVersion: old.example/v1
kind: Widget
metadata: {name: one}
spec: {color: red, replicas: 1}
";

#[test]
fn kubectl_1_20_knows_kinds_of_ones_own() {
    let lab = Lab::with(Kubectl::Old, &[]);
    lab.apply(DEFINITION);
    lab.must("kubectl wait --for condition=established crd/widgets.old.example --timeout=10s");
    lab.folder().write("one.yaml", WIDGET);
    lab.folder().write("blue.yaml", &WIDGET.replace("red", "blue"));
    lab.folder().write("wrong.yaml", &WIDGET.replace("red", "[7]"));
    lab.check(expect![[r#"
        $ kubectl apply -f one.yaml
        widget.old.example/one created
        $ kubectl apply -f one.yaml
        widget.old.example/one unchanged
        $ kubectl diff -f blue.yaml | grep '^[-+] .*color'
        - color: red
        + color: blue
        $ kubectl apply -f blue.yaml
        widget.old.example/one configured
        $ kubectl get wd
        NAME COLOR
        one blue
        $ kubectl scale wd/one --replicas=3
        widget.old.example/one scaled
        $ kubectl patch wd one --type=merge -p '{"spec":{"color":"green"}}'
        widget.old.example/one patched
        $ kubectl get wd one -o jsonpath='{.spec}'
        {"color":"green","replicas":3}
        $ kubectl apply --server-side -f one.yaml 2>&1 | head -1
        error: Apply failed with 2 conflicts: conflicts with "kubectl" with subresource "scale" using old.example/v1:
        $ kubectl explain widget.spec.color | grep -A2 DESCRIPTION
        DESCRIPTION:
             How it looks.
        $ kubectl apply -f wrong.yaml --validate 2>&1 | tr ';' '\n' | head -1
        error: error validating "wrong.yaml": error validating data: ValidationError(Widget.spec.color): invalid type for example.old.v1.Widget.spec.color: got "array", expected "string"
        $ kubectl delete wd --all
        widget.old.example "one" deleted
        $ kubectl get wd
        ! No resources found in default namespace.
    "#]]);
}
