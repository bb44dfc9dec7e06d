//! What kubectl 1.37 is used for every day beside rollouts.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually};
use expect_test::expect;

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: registry.example/web:1, ports: [{containerPort: 8080}]}
";

const SETTINGS: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue, size: '3'}
";

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
fn get_shows_tables_names_paths_and_columns() {
    let lab = rolled_out();
    lab.check(expect![[r#"
        $ kubectl get deployment web -o wide
        NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR
        web 2/2 2 2 AGE web registry.example/web:1 app=web
        $ kubectl get deployment,replicaset -o name
        deployment.apps/web
        replicaset.apps/web-HASH
        $ kubectl get deployment web -o jsonpath='{.spec.replicas} {.status.readyReplicas} {.metadata.generation}'
        2 2 1
        $ kubectl get deployment -o custom-columns=NAME:.metadata.name,IMAGE:.spec.template.spec.containers[*].image
        NAME IMAGE
        web registry.example/web:1
        $ kubectl get nodes
        NAME STATUS ROLES AGE VERSION
        node-0 Ready <none> AGE v1.37.2
        node-1 Ready <none> AGE v1.37.2
        node-2 Ready <none> AGE v1.37.2
        $ kubectl get namespaces
        NAME STATUS AGE
        default Active AGE
        kube-node-lease Active AGE
        kube-public Active AGE
        kube-system Active AGE
        $ kubectl get deployment nothing
        ! Error from server (NotFound): deployments.apps "nothing" not found
        exit code 1
        $ kubectl get nosuchkind
        ! error: the server doesn't have a resource type "nosuchkind"
        exit code 1
        $ kubectl get pods --namespace=nowhere
        ! No resources found in nowhere namespace.
        $ kubectl get --raw=/readyz
        ok
    "#]]);
}

#[test]
fn an_object_has_its_defaults() {
    let lab = rolled_out();
    lab.check(expect![[r#"
        $ kubectl get deployment web -o yaml | sed '/^status:/,$d'
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          annotations:
            deployment.kubernetes.io/revision: "1"
            kubectl.kubernetes.io/last-applied-configuration: |
              {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"labels":{"app":"web"},"name":"web","namespace":"default"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"registry.example/web:1","name":"web","ports":[{"containerPort":8080}]}]}}}}
          creationTimestamp: "TIME"
          generation: 1
          labels:
            app: web
          name: web
          namespace: default
          resourceVersion: VERSION
          uid: UID
        spec:
          progressDeadlineSeconds: 600
          replicas: 2
          revisionHistoryLimit: 10
          selector:
            matchLabels:
              app: web
          strategy:
            rollingUpdate:
              maxSurge: 25%
              maxUnavailable: 25%
            type: RollingUpdate
          template:
            metadata:
              labels:
                app: web
            spec:
              containers:
              - image: registry.example/web:1
                imagePullPolicy: IfNotPresent
                name: web
                ports:
                - containerPort: 8080
                  protocol: TCP
                resources: {}
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              dnsPolicy: ClusterFirst
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
    "#]]);
}

#[test]
fn a_status_tells_counts_and_conditions() {
    let lab = rolled_out();
    lab.check(expect![[r#"
        $ kubectl get deployment web -o yaml | sed -n '/^status:/,$p'
        status:
          availableReplicas: 2
          conditions:
          - lastTransitionTime: "TIME"
            lastUpdateTime: "TIME"
            message: Deployment has minimum availability.
            reason: MinimumReplicasAvailable
            status: "True"
            type: Available
          - lastTransitionTime: "TIME"
            lastUpdateTime: "TIME"
            message: ReplicaSet "web-HASH" has successfully progressed.
            reason: NewReplicaSetAvailable
            status: "True"
            type: Progressing
          observedGeneration: 1
          readyReplicas: 2
          replicas: 2
          terminatingReplicas: 0
          updatedReplicas: 2
    "#]]);
}

#[test]
fn lists_are_selected_sorted_and_chunked() {
    let lab = rolled_out();
    for (name, tier) in [("b", "back"), ("a", "front"), ("c", "back")] {
        lab.must(&format!("kubectl create configmap {name} --from-literal=name={name}"));
        lab.must(&format!("kubectl label configmap {name} tier={tier}"));
    }
    lab.check(expect![[r#"
        $ kubectl get configmaps -l tier -L tier
        NAME DATA AGE TIER
        a 1 AGE front
        b 1 AGE back
        c 1 AGE back
        $ kubectl get configmaps -l 'tier in (back,other),!none' -o name
        configmap/b
        configmap/c
        $ kubectl get configmaps -l tier!=back -o name
        configmap/a
        configmap/kube-root-ca.crt
        $ kubectl get configmaps --field-selector metadata.name=b -o name
        configmap/b
        $ kubectl get pods --field-selector status.phase=Running -o name
        pod/web-HASH-RAND
        pod/web-HASH-RAND
        $ kubectl get pods --field-selector spec.nosuch=1
        ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.nosuch=1": field label not supported: spec.nosuch
        exit code 1
        $ kubectl get configmaps -l tier --chunk-size=1 -o name
        configmap/a
        configmap/b
        configmap/c
        $ kubectl get configmaps -l tier --sort-by=.data.name -o name
        configmap/a
        configmap/b
        configmap/c
        $ kubectl get 'configmaps' -l '=='
        ! Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "==", field selector "": found '==', expected: !, identifier, or 'end of string'
        exit code 1
    "#]]);
}

#[test]
fn describe_tells_of_conditions_replica_sets_and_events() {
    let lab = rolled_out();
    eventually("events are recorded", Duration::from_secs(10), || {
        let reasons = lab.must("kubectl get events -o jsonpath='{.items[*].reason}'");
        reasons.contains("ScalingReplicaSet").then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl describe deployment web | grep -v ^CreationTimestamp
        Name: web
        Namespace: default
        Labels: app=web
        Annotations: deployment.kubernetes.io/revision: 1
        Selector: app=web
        Replicas: 2 desired | 2 updated | 2 total | 2 available | 0 unavailable
        StrategyType: RollingUpdate
        MinReadySeconds: 0
        RollingUpdateStrategy: 25% max unavailable, 25% max surge
        Pod Template:
          Labels: app=web
          Containers:
           web:
            Image: registry.example/web:1
            Port: 8080/TCP
            Host Port: 0/TCP
            Environment: <none>
            Mounts: <none>
          Volumes: <none>
          Node-Selectors: <none>
          Tolerations: <none>
        Conditions:
          Type Status Reason
          ---- ------ ------
          Available True MinimumReplicasAvailable
          Progressing True NewReplicaSetAvailable
        OldReplicaSets: <none>
        NewReplicaSet: web-HASH (2/2 replicas created)
        Events:
          Type Reason Age From Message
          ---- ------ ---- ---- -------
          Normal ScalingReplicaSet AGE deployment-controller Scaled up replica set web-HASH from 0 to 2
    "#]]);
}

#[test]
fn describe_tells_of_the_conditions_of_pods_and_nodes() {
    let lab = rolled_out();
    eventually("events are recorded", Duration::from_secs(10), || {
        let reasons = lab.must("kubectl get events -o jsonpath='{.items[*].reason}'");
        (reasons.matches("Scheduled").count() == 2).then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl describe $(kubectl get pods -o name | head -1) | sed -n '/^Conditions/,/^Volumes/p'
        Conditions:
          Type Status
          PodReadyToStartContainers True
          Initialized True
          Ready True
          ContainersReady True
          PodScheduled True
        Volumes:
        $ kubectl describe $(kubectl get pods -o name | head -1) | sed -n '/^Events/,$p' | awk '{print $1, $2}'
        Events:
        Type Reason
        ---- ------
        Normal Scheduled
        $ kubectl describe node node-0 | sed -n '/^Conditions/,/^Addr/p' | awk '{print $1, $2}'
        Conditions:
        Type Status
        ---- ------
        MemoryPressure False
        DiskPressure False
        PIDPressure False
        Ready True
        Addresses:
    "#]]);
}

#[test]
fn wait_ends_with_the_condition_or_the_time() {
    let lab = with(WEB);
    lab.check(expect![[r#"
        $ kubectl wait deployment/web --for=condition=Available --timeout=60s
        deployment.apps/web condition met
        $ kubectl wait pod -l app=web --for=jsonpath='{.status.phase}'=Running
        pod/web-HASH-RAND condition met
        pod/web-HASH-RAND condition met
        $ kubectl wait deployment/web --for=condition=Nothing --timeout=1s
        ! error: timed out waiting for the condition on deployments/web
        exit code 1
    "#]]);
    lab.must("kubectl delete deployment web --wait=false");
    lab.check(expect![[r#"
        $ kubectl wait deployment/web --for=delete --timeout=60s
    "#]]);
}

#[test]
fn explain_reads_the_schema() {
    let lab = Lab::start();
    lab.check(expect![[r#"
        $ kubectl explain deployment.spec.strategy | grep -E $'^(GROUP|KIND|VERSION|FIELD)|	<'
        GROUP: apps
        KIND: Deployment
        VERSION: v1
        FIELD: strategy <DeploymentStrategy>
        FIELDS:
          rollingUpdate <RollingUpdateDeployment>
          type <string>
        $ kubectl explain deployment.spec.nosuch
        GROUP: apps
        KIND: Deployment
        VERSION: v1

        ! error: field "nosuch" does not exist
        exit code 1
        $ kubectl explain nosuchkind
        ! the server doesn't have a resource type "nosuchkind"
        exit code 1
    "#]]);
    let nested = "kubectl explain pod.spec.containers --recursive | grep -c '<'";
    let count: u32 = lab.must(nested).trim().parse().expect("a number");
    assert!(count > 150, "a container has {count} fields");
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

#[test]
fn a_client_learns_who_it_is_and_what_is_served() {
    let lab = Lab::start();
    lab.check(expect![[r#"
        $ kubectl auth whoami
        ATTRIBUTE VALUE
        Username pilothouse-admin
        Groups [system:masters system:authenticated]
        $ kubectl version | tail -1
        Server Version: v1.37.2+pilothouse
        $ kubectl api-resources --api-group=apps
        NAME SHORTNAMES APIVERSION NAMESPACED KIND
        controllerrevisions apps/v1 true ControllerRevision
        daemonsets ds apps/v1 true DaemonSet
        deployments deploy apps/v1 true Deployment
        replicasets rs apps/v1 true ReplicaSet
        statefulsets sts apps/v1 true StatefulSet
        $ kubectl auth can-i create deployments
        yes
        $ kubectl cluster-info | head -1 | sed 's/:[0-9]*$/:PORT/'
        Kubernetes control plane is running at https://127.0.0.1:PORT
    "#]]);
}
