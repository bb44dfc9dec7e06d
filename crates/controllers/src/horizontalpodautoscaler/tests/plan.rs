//! Whole looks: what is written and told, in which order.

use std::time::Duration;

use api::views::HorizontalPodAutoscaler;
use expect_test::expect;
use runtime::{Change, Controller, Enqueue};
use serde_json::{Value, json};
use testkit::{now, refusal, show};

use super::{
    super::{HorizontalPodAutoscalerController, Memory, on_autoscaler},
    notation::{Scene, check, parse, status},
};

#[test]
fn a_target_is_scaled_and_the_status_tells_of_it() {
    check(
        &parse("at=2 cpu=50% | 100/100 x2"),
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":4}} # cpu resource utilization (percentage of request) above target
              Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target
              if refused: Warning FailedRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 4","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)","ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range","ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero"],"currentMetrics":[{"resource":{"current":{"averageUtilization":100,"averageValue":"100m"},"name":"cpu"},"type":"Resource"}],"currentReplicas":2,"desiredReplicas":4,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
}

#[test]
fn at_rest_nothing_is_written() {
    let mut scene = parse("at=2 cpu=50% | 50/100 x2");
    settle(&mut scene);
    check(
        &scene,
        expect![[r#"
        wake after 15s
    "#]],
    );
}

/// Takes the plan's status over.
fn settle(scene: &mut Scene) {
    let plan = scene.plan(&mut Memory::default());
    scene.autoscaler["status"] = status(&plan).expect("a status").clone();
}

#[test]
fn a_target_that_is_not_there_is_told_of() {
    let mut scene = parse("at=2 cpu=50% |");
    scene.refuse_scale(refusal(404, "NotFound", "deployments.apps \"web\" not found"));
    check(
        &scene,
        expect![[r#"
        announce # somebody should know
          Warning FailedGetScale: deployments.apps "web" not found
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=False FailedGetScale: the HPA controller was unable to get the target's current scale: deployments.apps \"web\" not found"]}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
}

#[test]
fn a_kind_that_nobody_serves_is_told_of() {
    let mut scene = parse("at=2 cpu=50% |");
    scene.autoscaler["spec"]["scaleTargetRef"]["kind"] = "Deploymnt".into();
    check(
        &scene,
        expect![[r#"
        announce # somebody should know
          Warning FailedGetScale: no matches for kind "Deploymnt" in group "apps"
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=False FailedGetScale: the HPA controller was unable to get the target's current scale: no matches for kind \"Deploymnt\" in group \"apps\""]}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
    scene.autoscaler["spec"]["scaleTargetRef"]["apiVersion"] = "a/b/c".into();
    check(
        &scene,
        expect![[r#"
        announce # somebody should know
          Warning FailedGetScale: unexpected GroupVersion string: a/b/c
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=False FailedGetScale: the HPA controller was unable to get the target's current scale: unexpected GroupVersion string: a/b/c"]}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
}

#[test]
fn metrics_that_are_missing_are_told_after_the_status() {
    check(
        &parse("at=2 cpu=50% deaf | 100/100 x2"),
        expect![[r#"
        announce # somebody should know
          Warning FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale","ScalingActive=False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"],"currentReplicas":2,"observedGeneration":2}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        announce # somebody should know
          Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)
        wake after 15s
    "#]],
    );
}

#[test]
fn bounds_come_before_metrics() {
    check(
        &parse("at=9 max=5 cpu=50% deaf |"),
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":5}} # Current number of replicas above Spec.MaxReplicas
              Normal SuccessfulRescale: New size: 5; reason: Current number of replicas above Spec.MaxReplicas
              if refused: Warning FailedRescale: New size: 5; reason: Current number of replicas above Spec.MaxReplicas; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 5","ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero"],"currentReplicas":9,"desiredReplicas":5,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
    check(
        &parse("at=1 min=3 cpu=50% deaf |"),
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":3}} # Current number of replicas below Spec.MinReplicas
              Normal SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas
              if refused: Warning FailedRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 3","ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero"],"currentReplicas":1,"desiredReplicas":3,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
}

#[test]
fn what_somebody_scaled_to_zero_stays_there() {
    check(
        &parse("at=0 cpu=50% |"),
        expect![[r#"
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale","ScalingActive=False ScalingDisabled: scaling is disabled since the replica count of the target is zero"],"observedGeneration":2}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
    check(
        &parse("at=0 min=0 external:queue=5/pod queue:20 |"),
        expect![[r#"
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale","ScalingActive=False ScalingDisabled: scaling is disabled since the replica count of the target is zero"],"observedGeneration":2}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
}

#[test]
fn what_was_scaled_to_zero_here_comes_back() {
    check(
        &parse("at=0 min=0 zeroed external:queue=5/pod queue:20 |"),
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":4}} # external metric queue(nil) above target
              Normal SuccessfulRescale: New size: 4; reason: external metric queue(nil) above target
              if refused: Warning FailedRescale: New size: 4; reason: external metric queue(nil) above target; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero","AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 4","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)","ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range"],"currentMetrics":[{"external":{"current":{"averageValue":"20"},"metric":{"name":"queue"}},"type":"External"}],"desiredReplicas":4,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
    check(
        &parse("at=0 min=0 zeroed external:queue=5/pod queue:0 |"),
        expect![[r#"
        patch horizontalpodautoscalers web/status {"status":{"conditions":["ScaledToZero=True : ","AbleToScale=True ReadyForNewScale: recommended size matches current size","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)","ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range"],"currentMetrics":[{"external":{"current":{"averageValue":"0"},"metric":{"name":"queue"}},"type":"External"}],"observedGeneration":2}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]],
    );
    check(
        &parse("at=0 min=2 zeroed external:queue=5 queue:0 |"),
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":2}} # Current number of replicas below Spec.MinReplicas
              Normal SuccessfulRescale: New size: 2; reason: Current number of replicas below Spec.MinReplicas
              if refused: Warning FailedRescale: New size: 2; reason: Current number of replicas below Spec.MinReplicas; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero","AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 2","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)","ScalingLimited=True TooFewReplicas: the desired replica count is less than the minimum replica count"],"currentMetrics":[{"external":{"current":{"value":"0"},"metric":{"name":"queue"}},"type":"External"}],"desiredReplicas":2,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
}

#[test]
fn the_last_replica_goes_when_a_metric_outlives_it() {
    let scene = parse("at=2 min=0 external:queue=5/pod queue:0 | 1/100 x2");
    let mut scene = scene.behavior(json!({"scaleDown": {"stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}}));
    check(
        &scene,
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":0}} # All metrics below target
              Normal SuccessfulRescale: New size: 0; reason: All metrics below target
              if refused: Warning FailedRescale: New size: 0; reason: All metrics below target; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 0","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)","ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range","ScaledToZero=True ScaledToZero: the HPA controller scaled the workload to zero"],"currentMetrics":[{"external":{"current":{"averageValue":"0"},"metric":{"name":"queue"}},"type":"External"}],"currentReplicas":2,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
    scene.autoscaler["spec"]["minReplicas"] = Value::Null;
    check(
        &scene,
        expect![[r#"
            replace deployments web/scale {"spec":{"replicas":1}} # All metrics below target
              Normal SuccessfulRescale: New size: 1; reason: All metrics below target
              if refused: Warning FailedRescale: New size: 1; reason: All metrics below target; error: {error}
            patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 1","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)","ScalingLimited=True TooFewReplicas: the desired replica count is less than the minimum replica count","ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero"],"currentMetrics":[{"external":{"current":{"averageValue":"0"},"metric":{"name":"queue"}},"type":"External"}],"currentReplicas":2,"desiredReplicas":1,"lastScaleTime":"2026-11-24T08:00:00Z","observedGeneration":2}} # the status tells something else
              if refused: Warning FailedUpdateStatus: {error}
            wake after 15s
        "#]],
    );
}

#[test]
fn a_refused_change_is_told_of_before_the_next_try() {
    let scene = parse("at=2 cpu=50% | 100/100 x2");
    let mut memory = Memory::default();
    let plan = scene.plan(&mut memory);
    let step = plan.steps().next().expect("a step");
    let error = refusal(403, "Forbidden", "deployments/scale is forbidden");
    HorizontalPodAutoscalerController::failed(&mut memory, step, &error);
    expect![[r#"
        patch horizontalpodautoscalers web/status {"status":{"conditions":["AbleToScale=False FailedUpdateScale: the HPA controller was unable to update the target scale: deployments/scale is forbidden","ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)","ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range"],"currentMetrics":[{"resource":{"current":{"averageUtilization":100,"averageValue":"100m"},"name":"cpu"},"type":"Resource"}],"currentReplicas":2,"observedGeneration":2}} # the status tells something else
          if refused: Warning FailedUpdateStatus: {error}
        wake after 15s
    "#]].assert_eq(&show(&scene.plan(&mut memory)));
    assert_eq!(scene.plan(&mut memory), plan);
}

#[test]
fn a_change_of_the_spec_is_looked_at_at_once() {
    let scene = parse("at=2 cpu=50% |");
    let object = |generation: i64| {
        let mut object = scene.autoscaler.clone();
        object["metadata"]["generation"] = generation.into();
        let object: HorizontalPodAutoscaler = serde_json::from_value(object).expect("sound");
        Some(std::sync::Arc::new(object))
    };
    let delay = |old, new| {
        let mut enqueue = Enqueue::default();
        on_autoscaler(&scene.view(), &Change { old, new }, &mut enqueue);
        enqueue.keys()[0].1
    };
    assert_eq!(delay(None, object(1)), Duration::ZERO);
    assert_eq!(delay(object(1), object(2)), Duration::ZERO);
    assert_eq!(delay(object(1), object(1)), Duration::from_secs(15));
    assert_eq!(delay(object(1), None), Duration::ZERO);
}

#[test]
fn a_person_sees_target_metrics_and_proposal() {
    let scene = parse("at=2 cpu=50% external:queue=1 | 100/100 x2");
    let observed = scene.observe(&scene.view(), "web");
    let lines = HorizontalPodAutoscalerController::describe(&observed, now());
    expect![[r#"
        target: Deployment/web wants 2 and has 2 replicas; 1 to 100 are allowed
        pods: 2 selected by app=web
        metric: {"resource":{"current":{"averageUtilization":100,"averageValue":"100m"},"name":"cpu"},"type":"Resource"}
        trouble: FailedGetExternalMetric: unable to get external metric shop/queue/nil: no metrics returned from external metrics API
        proposal: 4 replicas by cpu resource utilization (percentage of request)"#]].assert_eq(&lines.join("\n"));
}
