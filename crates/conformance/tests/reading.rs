//! What kubectl 1.37 shows: tables, lists, descriptions, explanations.

use std::time::Duration;

use conformance::{lab::Lab, manifests::WEB, patience::eventually};
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
fn a_client_learns_who_it_is_and_what_is_served() {
    let lab = Lab::start();
    lab.check(expect![[r#"
        $ kubectl auth whoami | sed 's/X509SHA256=[0-9a-f]*/X509SHA256=HASH/'
        ATTRIBUTE VALUE
        Username pilothouse-admin
        Groups [system:masters system:authenticated]
        Extra: authentication.kubernetes.io/credential-id [X509SHA256=HASH]
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
