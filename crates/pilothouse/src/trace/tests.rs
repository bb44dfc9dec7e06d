//! A recording of a Deployment, in each form.

use expect_test::expect;
use serde_json::json;

use super::{Recording, select::Selection, shown};

/// A Deployment is made, its ReplicaSet, a pod; and somebody else's Service meanwhile.
fn recording() -> Recording {
    let change = |resource: &str, key: &str, what: &str, version: u64| json!({"resource": resource, "key": key, "what": what, "version": version});
    let write = |resource: &str, key: &str, action: &str, version: u64, refusal: &str| {
        json!({
            "resource": resource, "key": key, "action": format!("{action} {resource} {key}"),
            "why": "it is due", "after": 100, "took": 1500, "version": version, "refusal": refusal,
        })
    };
    let look = |number: u64, component: &str, key: &str, began: i64, cause, writes| {
        json!({
            "number": number, "component": component, "key": key, "causes": [cause], "waited": 250,
            "began": began, "took": 2000, "writes": writes, "next": "rests",
        })
    };
    let (deployments, sets) = ("deployments.apps", "replicasets.apps");
    let records = json!([
        look(
            1,
            "replicaset-controller",
            "shop/web-1",
            13_000,
            change(sets, "shop/web-1", "appeared", 11),
            json!([write("pods", "shop/web-1-x", "create", 0, "the quota is used up")]),
        ),
        look(
            2,
            "deployment-controller",
            "shop/web",
            10_000,
            change(deployments, "shop/web", "appeared", 10),
            json!([write(sets, "shop/web-1", "create", 11, "")]),
        ),
        look(
            3,
            "endpoints-controller",
            "shop/web",
            11_000,
            change("services", "shop/web", "changed", 9),
            json!([write("endpoints", "shop/web", "patch", 12, "")]),
        ),
        look(
            4,
            "disruption-controller",
            "shop/web",
            20_000,
            change(sets, "shop/web-1", "changed", 14),
            json!([]),
        ),
    ]);
    let object = json!({"resource": deployments, "key": "shop/web"});
    serde_json::from_value(json!({"object": object, "records": records})).expect("a recording")
}

#[test]
fn looks_that_an_object_set_off_are_shown_by_the_time_they_began() {
    // The first line stands at the margin, so that the others keep their own.
    let shown = format!("a timeline\n{}", shown(&recording(), "text", false));
    expect![[r#"
        a timeline
          +0.000 s  deployment-controller shop/web
                    saw deployments.apps shop/web appear at 10
                    waited 0.2 ms, took 2.0 ms
                    create replicasets.apps shop/web-1 in 1.5 ms gave 11
                      because it is due
                    rests
          +0.003 s  replicaset-controller shop/web-1
                    saw replicasets.apps shop/web-1 appear at 11 by deployment-controller
                    waited 0.2 ms, took 2.0 ms
                    create pods shop/web-1-x in 1.5 ms failed: the quota is used up
                      because it is due
                    rests
    "#]]
    .assert_eq(&shown);
}

#[test]
fn looks_without_a_write_are_shown_when_all_are_wanted() {
    let recording = recording();
    let shown = |all| {
        let selection = Selection::of(&recording, all);
        selection.iter().map(|record| record.number).collect::<Vec<_>>()
    };
    assert_eq!((shown(false), shown(true)), (vec![2, 1], vec![2, 1, 4]));
}

#[test]
fn the_look_that_wrote_is_the_parent_of_the_one_that_saw() {
    let spans = shown(&recording(), "otlp", false);
    let spans: serde_json::Value = serde_json::from_str(&spans).expect("JSON");
    let look = |resource: usize| &spans["resourceSpans"][resource]["scopeSpans"][0]["spans"][0];
    assert_eq!(look(0)["parentSpanId"], "");
    assert_eq!(look(1)["parentSpanId"], look(0)["spanId"]);
    let write = &spans["resourceSpans"][1]["scopeSpans"][0]["spans"][1];
    assert_eq!(write["status"], json!({"code": 2, "message": "the quota is used up"}));
    assert_eq!(write["startTimeUnixNano"], "13100000");
}

#[test]
fn a_page_has_a_bar_for_each_look_and_a_line_to_the_one_that_saw() {
    let page = shown(&recording(), "html", false);
    let count = |what: &str| page.matches(what).count();
    assert_eq!((count("<rect"), count("<line"), count("bar failed")), (2, 1, 1));
    assert!(!page.contains("<script"));
}
