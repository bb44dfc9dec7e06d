//! What is told of metrics.

use expect_test::{Expect, expect};
use serde_json::json;
use testkit::now;

use super::{
    super::decide::verdict,
    notation::{Scene, parse},
};

fn told(scene: &Scene) -> String {
    let observed = scene.observe(&scene.view(), "web");
    let verdict = verdict(&observed, observed.scale.as_ref().expect("a scale"), now());
    let mut lines: Vec<String> =
        verdict.warnings.iter().map(|(reason, text)| format!("{reason}: {text}")).collect();
    lines.push(format!("{}: {}", verdict.word.reason, verdict.word.message));
    lines.extend(verdict.wanted.err());
    lines.extend(verdict.statuses.iter().map(ToString::to_string));
    lines.join("\n")
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&told(&parse(text)));
}

#[test]
fn the_status_has_what_was_measured() {
    check(
        "at=2 cpu=50% | 60/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
        {"resource":{"current":{"averageUtilization":60,"averageValue":"60m"},"name":"cpu"},"type":"Resource"}"#]],
    );
    check(
        "at=2 cpu=100m | 65/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource
        {"resource":{"current":{"averageValue":"65m"},"name":"cpu"},"type":"Resource"}"#]],
    );
    check(
        "at=2 side:cpu=50% | 10/100 side=100/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu container resource utilization (percentage of request)
        {"containerResource":{"container":"side","current":{"averageUtilization":100,"averageValue":"100m"},"name":"cpu"},"type":"ContainerResource"}"#]],
    );
    check(
        "at=2 pods:rate=10 rate:20 | 1/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from pods metric rate
        {"pods":{"current":{"averageValue":"20"},"metric":{"name":"rate"}},"type":"Pods"}"#]],
    );
    check(
        "at=2 object:queue=30 queue:60 | 1/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from Service metric queue
        {"object":{"current":{"value":"60"},"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"metric":{"name":"queue"}},"type":"Object"}"#]],
    );
    check(
        "at=2 object:queue=30/pod queue:61 | 1/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)
        {"object":{"current":{"averageValue":"30500m"},"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"metric":{"name":"queue"}},"type":"Object"}"#]],
    );
    check(
        "at=2 external:queue=30/pod queue:61 | 1/100 x2",
        expect![[r#"
        ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(nil)
        {"external":{"current":{"averageValue":"30500m"},"metric":{"name":"queue"}},"type":"External"}"#]],
    );
}

#[test]
fn nobody_serves_metrics() {
    check(
        "at=2 cpu=50% deaf | 60/100 x2",
        expect![[r#"
        FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)
        invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"#]],
    );
    check(
        "at=2 pods:rate=10 object:queue=3 external:queue=3 deaf | 60/100 x2",
        expect![[r#"
        FailedGetPodsMetric: unable to get metric rate: unable to fetch metrics from custom metrics API: the server could not find the requested resource (get pods.custom.metrics.k8s.io *)
        FailedGetObjectMetric: unable to get metric queue on Service shop/front: unable to fetch metrics from custom metrics API: the server could not find the requested resource (get services.custom.metrics.k8s.io front)
        FailedGetExternalMetric: unable to get external metric shop/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)
        FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get metric rate: unable to fetch metrics from custom metrics API: the server could not find the requested resource (get pods.custom.metrics.k8s.io *)
        invalid metrics (3 invalid out of 3), first error is: failed to get pods metric value: unable to get metric rate: unable to fetch metrics from custom metrics API: the server could not find the requested resource (get pods.custom.metrics.k8s.io *)"#]],
    );
}

#[test]
fn something_is_missing() {
    check(
        "at=2 cpu=50% |",
        expect![[r#"
        FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API
        invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"#]],
    );
    check(
        "at=2 cpu=50% | 60/- x2",
        expect![[r#"
        FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container main of Pod web-0
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod web-0
        invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: missing request for cpu in container main of Pod web-0"#]],
    );
    check(
        "at=2 cpu=50% | 60/100 pending",
        expect![[r#"
        FailedGetResourceMetric: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)
        invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)"#]],
    );
    check(
        "at=2 cpu=50% | -/100 x2",
        expect![[r#"
        FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API
        invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"#]],
    );
    check(
        "at=2 memory=50% | 60/100",
        expect![[r#"
        FailedGetResourceMetric: failed to get memory utilization: missing request for memory in container main of Pod web-0
        FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get memory utilization: missing request for memory in container main of Pod web-0
        invalid metrics (1 invalid out of 1), first error is: failed to get memory resource metric value: failed to get memory utilization: missing request for memory in container main of Pod web-0"#]],
    );
    check(
        "at=2 side:cpu=50% | 60/100",
        expect![[r#"
        FailedGetContainerResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container side not present in metrics for pod shop/web-0
        FailedGetContainerResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container side not present in metrics for pod shop/web-0
        invalid metrics (1 invalid out of 1), first error is: failed to get side container metric value: failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container side not present in metrics for pod shop/web-0"#]],
    );
    check(
        "at=2 object:queue=3 | 60/100",
        expect![[r#"
        FailedGetObjectMetric: unable to get metric queue on Service shop/front: unable to fetch metrics from custom metrics API: the custom metrics API server returned 0 results when we asked for exactly one
        FailedGetObjectMetric: the HPA was unable to compute the replica count: unable to get metric queue on Service shop/front: unable to fetch metrics from custom metrics API: the custom metrics API server returned 0 results when we asked for exactly one
        invalid metrics (1 invalid out of 1), first error is: failed to get object metric value: unable to get metric queue on Service shop/front: unable to fetch metrics from custom metrics API: the custom metrics API server returned 0 results when we asked for exactly one"#]],
    );
}

#[test]
fn nothing_is_taken_away_while_a_metric_is_unknown() {
    check(
        "at=4 cpu=50% external:queue=1 | 10/100 x4",
        expect![[r#"
        FailedGetExternalMetric: unable to get external metric shop/queue/nil: no metrics returned from external metrics API
        FailedGetExternalMetric: the HPA was unable to compute the replica count: unable to get external metric shop/queue/nil: no metrics returned from external metrics API
        invalid metrics (1 invalid out of 2), first error is: failed to get queue external metric value: unable to get external metric shop/queue/nil: no metrics returned from external metrics API
        {"resource":{"current":{"averageUtilization":10,"averageValue":"10m"},"name":"cpu"},"type":"Resource"}"#]],
    );
    check(
        "at=4 cpu=50% external:queue=1 | 90/100 x4",
        expect![[r#"
        FailedGetExternalMetric: unable to get external metric shop/queue/nil: no metrics returned from external metrics API
        ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
        {"resource":{"current":{"averageUtilization":90,"averageValue":"90m"},"name":"cpu"},"type":"Resource"}"#]],
    );
}

#[test]
fn a_metric_without_its_source_harms_nobody_else() {
    let mut scene = parse("at=2 cpu=50% | 60/100 x2");
    scene.autoscaler["spec"]["metrics"] = json!([{"type": "Pods"}, {"type": "New"}, {}]);
    expect![[r#"
        InvalidMetricSourceType: unknown metric source type "Pods"
        InvalidMetricSourceType: unknown metric source type "New"
        InvalidMetricSourceType: unknown metric source type ""
        InvalidMetricSourceType: the HPA was unable to compute the replica count: unknown metric source type "Pods"
        invalid metrics (3 invalid out of 3), first error is: unknown metric source type "Pods""#]].assert_eq(&told(&scene));
    scene.autoscaler["spec"]["metrics"] = json!([]);
    expect![[r#"
        InvalidMetricSourceType: the HPA was unable to compute the replica count: there are no metrics
        there are no metrics"#]].assert_eq(&told(&scene));
}

#[test]
fn the_selector_of_the_scale_must_be_one() {
    let mut scene = parse("at=2 cpu=50% | 60/100 x2");
    scene.selector("");
    expect![[r#"
        SelectorRequired: selector is required
        InvalidSelector: the HPA target's scale is missing a selector
        selector is required"#]]
    .assert_eq(&told(&scene));
    scene.selector("a in (");
    expect![[r#"
        InvalidSelector: couldn't convert selector into a corresponding internal selector object: unable to parse requirement: found '', expected: ',', ')' or identifier
        InvalidSelector: couldn't convert selector into a corresponding internal selector object: unable to parse requirement: found '', expected: ',', ')' or identifier
        couldn't convert selector into a corresponding internal selector object: unable to parse requirement: found '', expected: ',', ')' or identifier"#]].assert_eq(&told(&scene));
}

#[test]
fn two_that_select_the_same_pod_both_stop() {
    let scene = parse("at=2 cpu=50% | 60/100 x2");
    let mut other = scene.autoscaler.clone();
    other["metadata"]["name"] = "again".into();
    let view = scene.view_beside(&other);
    scene.observe(&view, "web");
    for name in ["again", "web"] {
        let observed = scene.observe(&view, name);
        let verdict = verdict(&observed, observed.scale.as_ref().expect("a scale"), now());
        assert_eq!(verdict.word.reason, "AmbiguousSelector");
        assert_eq!(
            verdict.word.message,
            "pods by selector app=web are controlled by more than one HPA (e.g. [shop/again shop/web])"
        );
    }
}
