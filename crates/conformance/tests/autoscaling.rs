//! Usage of simulated pods in `kubectl top`, and autoscalers that follow it up and down.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually, tools::Kubectl};
use expect_test::expect;

const PATIENCE: Duration = Duration::from_mins(1);

/// Pods that use half of what they ask for.
const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {io.pilothouse/cpu: 100m, io.pilothouse/memory: 64Mi}}
    spec:
      containers:
      - {name: web, image: registry.example/web:1, resources: {requests: {cpu: 200m}}}
";

/// Follows processors to half of the request, and steps down at once.
const AUTOSCALER: &str = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 4
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 0}
";

fn rolled_out() -> Lab {
    let lab = Lab::with(Kubectl::Current, &["--clock=virtual"]);
    lab.must("pilothouse clock advance 30s");
    lab.apply(WEB);
    lab.must("pilothouse clock advance 2m");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab
}

fn eventually_replicas(lab: &Lab, wanted: &str) {
    eventually(&format!("the target has {wanted} replicas"), PATIENCE, || {
        lab.must("pilothouse clock advance 15s");
        let found = lab.must("kubectl get deployment web -o jsonpath='{.spec.replicas}'");
        (found == wanted).then_some(())
    });
}

#[test]
fn kubectl_top_shows_what_annotations_say() {
    let lab = rolled_out();
    lab.check(expect![[r#"
        $ kubectl top pods --sum
        NAME CPU(cores) MEMORY(bytes)
        web-HASH-RAND AGE 64Mi
        web-HASH-RAND AGE 64Mi
                               ________ ________
                               AGE 128Mi
        $ kubectl top nodes | sed 1q
        NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)
        $ kubectl top pod nosuch
        ! Error from server (NotFound): pods.metrics.k8s.io "nosuch" not found
        exit code 1
        $ kubectl get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app=none
        {"apiVersion":"metrics.k8s.io/v1beta1","items":[],"kind":"PodMetricsList","metadata":{}}
        $ kubectl api-resources --api-group=metrics.k8s.io
        NAME SHORTNAMES APIVERSION NAMESPACED KIND
        nodes metrics.k8s.io/v1beta1 false NodeMetrics
        pods metrics.k8s.io/v1beta1 true PodMetrics
    "#]]);
}

#[test]
fn an_autoscaler_follows_what_its_pods_use() {
    let lab = rolled_out();
    lab.apply(AUTOSCALER);
    eventually("the autoscaler has looked", PATIENCE, || {
        lab.must("pilothouse clock advance 1s");
        lab.must("kubectl get hpa web -o jsonpath='{.status.conditions}'")
            .contains("Valid")
            .then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl get hpa web
        NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE
        web Deployment/web cpu: 50%/50% 1 4 2 AGE
        $ kubectl describe hpa web | sed -n '/^Conditions/,$p'
        Conditions:
          Type Status Reason Message
          ---- ------ ------ -------
          AbleToScale True ReadyForNewScale recommended size matches current size
          ScalingActive True ValidMetricFound the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
          ScalingLimited False DesiredWithinRange the desired count is within the acceptable range
        Events: <none>
    "#]]);
    lab.must("kubectl annotate pods --all --overwrite io.pilothouse/cpu=190m");
    eventually_replicas(&lab, "4");
    lab.check(expect![[r#"
        $ kubectl get events --field-selector reason=SuccessfulRescale -o custom-columns=M:.message,C:.source.component
        M C
        New size: 4; reason: cpu resource utilization (percentage of request) above target horizontal-pod-autoscaler
    "#]]);
    lab.must("kubectl annotate pods --all --overwrite io.pilothouse/cpu=10m");
    eventually_replicas(&lab, "1");
    lab.check(expect![[r#"
        $ kubectl scale deployment web --replicas=0
        deployment.apps/web scaled
        $ pilothouse clock advance 20s > /dev/null
        $ kubectl get hpa web -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}{"\n"}{end}'
        AbleToScale=True SucceededGetScale
        ScalingActive=False ScalingDisabled
        ScalingLimited=False DesiredWithinRange
        ScaledToZero=False NotScaledToZero
        $ pilothouse explain hpa/web
        horizontal-pod-autoscaler-controller
          sees
            target: Deployment/web wants 0 and has 0 replicas; 1 to 4 are allowed
            metrics: not needed
          would do nothing now
          looks again in AGE at the latest
    "#]]);
}

#[test]
fn an_autoscaler_says_what_it_lacks() {
    let lab = rolled_out();
    lab.apply(&AUTOSCALER.replace("name: web}\n  minReplicas", "name: nosuch}\n  minReplicas"));
    let conditions =
        "kubectl get hpa web -o jsonpath='{range .status.conditions[*]}{.message}{end}'";
    eventually("the autoscaler has looked", PATIENCE, || {
        lab.must("pilothouse clock advance 1s");
        (!lab.must(conditions).is_empty()).then_some(())
    });
    lab.check(expect![[r#"
        $ kubectl get hpa web -o jsonpath='{range .status.conditions[*]}{.message}{end}'
        the HPA controller was unable to get the target's current scale: deployments.apps "nosuch" not found
    "#]]);
}
