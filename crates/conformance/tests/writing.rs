//! How kubectl 1.37 changes objects: create, apply, edit, patch, label.

use std::time::Duration;

use conformance::{
    lab::Lab,
    manifests::{SETTINGS, WEB},
    patience::eventually,
};
use expect_test::expect;

fn with(manifest: &str) -> Lab {
    let lab = Lab::start();
    lab.apply(manifest);
    lab
}

fn rolled_out() -> Lab {
    let lab = with(WEB);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab
}

#[test]
fn diff_shows_what_apply_would_change() {
    let lab = with(WEB);
    lab.folder().write("same.yaml", WEB);
    lab.folder().write("other.yaml", &WEB.replace("web:1", "web:2"));
    lab.check(expect![[r#"
        $ kubectl diff -f same.yaml
        $ kubectl diff -f other.yaml | grep '^[-+] '
        - generation: 1
        + generation: 2
        - - image: registry.example/web:1
        + - image: registry.example/web:2
        $ kubectl diff -f other.yaml >/dev/null
        exit code 1
    "#]]);
}

#[test]
fn apply_keeps_what_others_set_and_refuses_what_is_wrong() {
    let lab = with(SETTINGS);
    lab.must("kubectl patch configmap settings --type=merge -p '{\"data\":{\"own\":\"kept\"}}'");
    lab.apply(&SETTINGS.replace("colour: blue, ", ""));
    lab.check(expect![[r#"
        $ kubectl get configmap settings -o jsonpath='{.data}'
        {"own":"kept","size":"3"}
    "#]]);
    lab.folder().write("mine.yaml", &SETTINGS.replace("'3'", "'4'"));
    lab.folder().write("wrong.yaml", &WEB.replace("replicas", "replicsa"));
    lab.check(expect![[r#"
        $ kubectl apply -f wrong.yaml
        ! Error from server (BadRequest): error when creating "wrong.yaml": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicsa"
        exit code 1
    "#]]);
    lab.folder().write("invalid.yaml", &WEB.replace("matchLabels: {app: web}", "matchLabels: {}"));
    lab.check(expect![[r#"
        $ kubectl apply -f invalid.yaml
        ! The Deployment "web" is invalid: spec.selector: Invalid value: {}: empty selector is invalid for deployment
        exit code 1
        $ kubectl apply -f mine.yaml --dry-run=server
        configmap/settings configured (server dry run)
    "#]]);
}

#[test]
fn labels_and_annotations_are_set_and_removed() {
    let lab = with(SETTINGS);
    lab.check(expect![[r#"
        $ kubectl label configmap settings tier=back
        configmap/settings labeled
        $ kubectl label configmap settings tier=front
        ! error: 'tier' already has a value (back), and --overwrite is false
        exit code 1
        $ kubectl label configmap settings tier=front --overwrite
        configmap/settings labeled
        $ kubectl label configmap settings 'tier=not valid' --overwrite
        ! error: invalid label value: "tier=not valid": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        exit code 1
        $ kubectl label configmap settings tier-
        configmap/settings unlabeled
        $ kubectl annotate configmap settings note=kept
        configmap/settings annotated
        $ kubectl get configmap settings -o jsonpath='{.metadata.labels}{.metadata.annotations.note}'
        kept
    "#]]);
}

#[test]
fn edit_writes_what_the_editor_leaves() {
    let lab = with(SETTINGS);
    lab.check(expect![[r#"
        $ EDITOR='sed -i s/blue/green/' kubectl edit configmap settings
        configmap/settings edited
        $ kubectl get configmap settings -o jsonpath='{.data.colour}'
        green
        $ EDITOR='sed -i s/nothing/else/' kubectl edit configmap settings
        ! Edit cancelled, no changes made.
    "#]]);
}

#[test]
fn patches_of_three_types_change_or_say_why_not() {
    let lab = with(&format!("{WEB}---{SETTINGS}"));
    lab.check(expect![[r#"
        $ kubectl patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:9"}]}}}}'
        deployment.apps/web patched
        $ kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image} {..containerPort}'
        web:9 8080
        $ kubectl patch configmap settings --type=merge -p '{"data":{"size":null,"new":"x"}}'
        configmap/settings patched
        $ kubectl patch configmap settings --type=merge -p '{"data":{"new":"x"}}'
        configmap/settings patched (no change)
        $ kubectl patch configmap settings --type=json -p '[{"op":"test","path":"/data/new","value":"x"},{"op":"replace","path":"/data/new","value":"y"}]'
        configmap/settings patched
        $ kubectl patch configmap settings --type=json -p '[{"op":"test","path":"/data/new","value":"x"},{"op":"replace","path":"/data/new","value":"y"}]'
        ! The request is invalid: the server rejected our request due to an error in our request
        exit code 1
        $ kubectl patch configmap settings --type=json -p '[{"op":"remove","path":"/data/zzz"}]'
        ! The request is invalid: the server rejected our request due to an error in our request
        exit code 1
        $ kubectl patch deployment web -p '{"spec":{"replicas":"many"}}'
        ! The request is invalid: patch: Invalid value: "map[spec:map[replicas:many]]": unrecognized type: int32
        exit code 1
        $ kubectl patch deployment web -p '{"spec":{"replicas":-1}}'
        ! The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
        exit code 1
        $ kubectl patch deployment web -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'
        ! The Deployment "web" is invalid:
        ! * spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`
        ! * spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable
        exit code 1
        $ kubectl patch deployment web -p '{'
        ! Error from server (BadRequest): unexpected end of JSON input
        exit code 1
    "#]]);
}

#[test]
fn subresources_are_read_and_written_alone() {
    let lab = rolled_out();
    lab.check(expect![[r#"
        $ kubectl get deployment web --subresource=scale
        NAME DESIRED AVAILABLE AGE
        web 2 2 AGE
        $ kubectl get deployment web --subresource=status -o jsonpath='{.kind} {.status.readyReplicas}'
        Deployment 2
        $ kubectl patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":4}}'
        scale.autoscaling/web patched
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.check(expect![[r#"
        $ kubectl get deployment web --no-headers
        web 4/4 4 4 AGE
    "#]]);
    // What is not status does not change through it.
    lab.must("kubectl patch deployment web --subresource=status --type=merge -p '{\"spec\":{\"replicas\":1}}'");
    lab.check(expect![[r#"
        $ kubectl get deployment web -o jsonpath='{.spec.replicas}'
        4
    "#]]);
}

#[test]
fn create_sends_protobuf_and_is_understood() {
    let lab = Lab::start();
    lab.check(expect![[r#"
        $ kubectl create deployment web --image=nginx --replicas=2 --port=80 -v=8 2>&1 | grep -oE 'Content-Type: application/[a-z.]+' | sort -u
        Content-Type: application/vnd.kubernetes.protobuf
    "#]]);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.check(expect![[r#"
        $ kubectl create deployment web --image=nginx
        ! error: failed to create deployment: deployments.apps "web" already exists
        exit code 1
        $ kubectl create service clusterip web --tcp=80:8080
        service/web created
        $ kubectl create secret generic key --from-literal=word=open
        secret/key created
        $ kubectl get secret key -o jsonpath='{.type} {.data.word}'
        Opaque b3Blbg==
        $ kubectl create deployment Web --image=nginx
        ! error: failed to create deployment: Deployment.apps "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        exit code 1
        $ kubectl run once --image=nginx --restart=Never -- sh -c 'exit 3'
        pod/once created
    "#]]);
    eventually("the container ended", Duration::from_secs(30), || {
        let phase = lab.must("kubectl get pod once -o jsonpath='{.status.phase}'");
        (phase == "Failed").then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl get pod once --no-headers
        once 0/1 Error 0 AGE
    "#]]);
}
