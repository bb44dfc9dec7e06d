//! Rows of quotas and what is counted in them.

use std::{collections::BTreeMap, time::Duration};

use api::{
    resources::{CONFIG_MAPS, DEPLOYMENTS},
    views::{Pod, ResourceQuota},
};
use expect_test::{Expect, expect};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{Action, Answers, Change, Controller, Enqueue, Informers, Observation, Read};
use serde_json::{Value, json};

use super::{
    CHARGED, ResourceQuotaController, ResyncPeriod, View,
    observe::{Counted, Observed},
    plan::plan,
    quota_changed,
};

fn quota(hard: Value, status: Value) -> ResourceQuota {
    let quota = json!({"metadata": {"name": "q", "namespace": "n", "uid": "u", "resourceVersion": "5"},
        "spec": {"hard": hard}, "status": status});
    serde_json::from_value(quota).expect("a quota")
}

fn pod(name: &str, phase: &str) -> Pod {
    let pod = json!({"metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": "4"},
        "spec": {"containers": [{"resources": {"requests": {"cpu": "250m"}}}]},
        "status": {"phase": phase}});
    serde_json::from_value(pod).expect("a pod")
}

fn observed(quota: ResourceQuota, pods: Vec<Pod>, numbers: &[(Resource, usize)]) -> Observed {
    Observed {
        quota: quota.into(),
        pods: Counted::Known(pods.into_iter().map(Into::into).collect()),
        services: Counted::Unlimited,
        claims: Counted::Unlimited,
        numbers: numbers.iter().cloned().collect::<BTreeMap<_, _>>(),
        is_incomplete: false,
        resync: ResyncPeriod::default(),
    }
}

fn check(observed: &Observed, expected: Expect) {
    let plan = plan(observed, Time::from_seconds(0));
    let steps = plan.steps().map(|step| {
        let Action::Patch { patch, .. } = &step.action else { panic!("{:?}", step.action) };
        format!("{patch} # {}", step.why)
    });
    let mut lines: Vec<String> = steps.collect();
    lines.push(format!("wake after {:?}", plan.wake_after));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn a_new_quota_is_counted_at_once() {
    let hard = json!({"pods": "4", "count/pods": "9", "requests.cpu": "1", "configmaps": "5"});
    let pods = vec![pod("a", "Running"), pod("b", "Succeeded")];
    check(
        &observed(quota(hard, json!({})), pods, &[(CONFIG_MAPS, 3)]),
        expect![[r##"
            {"status":{"hard":{"configmaps":"5","count/pods":"9","pods":"4","requests.cpu":"1"},"used":{"configmaps":"3","count/pods":"2","pods":"1","requests.cpu":"250m"}}} # the limits in force are not those of the quota
            wake after Some(300s)"##]],
    );
}

#[test]
fn what_is_right_is_left_alone() {
    let hard = json!({"pods": "1000m"});
    let status = json!({"hard": {"pods": "1"}, "used": {"pods": "0"}});
    check(&observed(quota(hard, status), vec![], &[]), expect!["wake after Some(300s)"]);
}

#[test]
fn names_that_left_the_quota_leave_the_status() {
    let status =
        json!({"hard": {"pods": "1", "secrets": "2"}, "used": {"pods": "0", "secrets": "2"}});
    check(
        &observed(quota(json!({"pods": "1"}), status), vec![], &[]),
        expect![[r##"
            {"status":{"hard":{"pods":"1","secrets":null},"used":{"pods":"0","secrets":null}}} # the limits in force are not those of the quota
            wake after Some(300s)"##]],
    );
}

#[test]
fn a_name_that_nobody_knows_is_limited_but_not_counted() {
    let mut observed = observed(quota(json!({"count/x.example.com": "1"}), json!({})), vec![], &[]);
    observed.is_incomplete = true;
    check(
        &observed,
        expect![[r##"
            {"status":{"hard":{"count/x.example.com":"1"},"used":{}}} # the limits in force are not those of the quota
            wake after Some(30s)"##]],
    );
}

#[test]
fn nothing_is_written_while_a_cache_is_behind() {
    let mut observed = observed(quota(json!({"pods": "1"}), json!({})), vec![], &[]);
    observed.pods = Counted::Behind;
    check(&observed, expect!["wake after Some(20ms)"]);
}

#[test]
fn charges_are_counted_later_and_changed_limits_now() {
    let view = view();
    let check = |old: &ResourceQuota, new: &ResourceQuota, expected: Duration| {
        let mut enqueue = Enqueue::default();
        let change = Change { old: Some(old.clone().into()), new: Some(new.clone().into()) };
        quota_changed(&view, &change, &mut enqueue);
        let delays: Vec<Duration> = enqueue.keys().iter().map(|(_, delay)| *delay).collect();
        assert_eq!(delays, [expected]);
    };
    let counted = |used: &str| {
        quota(json!({"pods": "9"}), json!({"hard": {"pods": "9"}, "used": {"pods": used}}))
    };
    check(&counted("1"), &counted("2"), CHARGED);
    let mut lowered = counted("1");
    lowered.spec.hard.insert("pods".into(), "1".parse().expect("an amount"));
    check(&counted("1"), &lowered, Duration::ZERO);
    let mut scoped = counted("1");
    scoped.spec.scopes.push("Terminating".into());
    check(&counted("1"), &scoped, Duration::ZERO);
}

fn view() -> View {
    ResourceQuotaController::view(&mut Informers::default())
}

fn look(view: &View, answers: &Answers) -> Observation<Observed> {
    ResourceQuotaController::observe(view, &ObjectKey::new("n", "q"), answers)
}

#[test]
fn a_cache_older_than_the_quota_is_compared_with_the_server() {
    let view = view();
    let quota = quota(json!({"pods": "9"}), json!({}));
    view.quotas.replace(vec![quota], meta::object::ResourceVersion(5));
    view.pods.replace(vec![pod("a", "Running")], meta::object::ResourceVersion(4));
    let Observation::Ask(reads) = look(&view, &Answers::default()) else { panic!("not asked") };
    let item = |name: &str| json!({"metadata": {"uid": name, "resourceVersion": "4"}});
    let is_ready = |items: Value| {
        let mut answers = Answers::default();
        answers.insert(reads[0].clone(), Ok(json!({ "items": items })));
        match look(&view, &answers) {
            Observation::Ready(observed) => observed.pods != Counted::Behind,
            Observation::Gone | Observation::Ask(_) => false,
        }
    };
    assert!(is_ready(json!([item("a")])));
    assert!(!is_ready(json!([item("a"), item("b")])));
    view.pods.advance(meta::object::ResourceVersion(5));
    assert!(matches!(look(&view, &Answers::default()), Observation::Ready(_)));
}

#[test]
fn resources_of_other_groups_are_looked_up_and_counted_live_until_they_are_watched() {
    let view = view();
    let quota = quota(json!({"count/deployments.apps": "9"}), json!({}));
    view.quotas.replace(vec![quota], meta::object::ResourceVersion(5));
    let mut answers = Answers::default();
    assert!(matches!(look(&view, &answers), Observation::Ask(reads) if reads == [Read::Discovery]));
    let resource = json!({"resource": "deployments", "responseKind": {"kind": "Deployment"},
        "scope": "Namespaced", "verbs": ["list", "watch"]});
    let group = json!({"metadata": {"name": "apps"},
        "versions": [{"version": "v1", "resources": [resource]}]});
    answers.insert(Read::Discovery, Ok(json!({"items": [group]})));
    let list = Read::List { resource: DEPLOYMENTS, namespace: "n".into() };
    assert!(matches!(look(&view, &answers), Observation::Ask(reads) if reads == [list.clone()]));
    assert!(view.dynamic.wanted().contains(&DEPLOYMENTS));
    answers.insert(list, Ok(json!({"items": [{"metadata": {"uid": "d"}}]})));
    let Observation::Ready(observed) = look(&view, &answers) else { panic!("not ready") };
    assert_eq!(observed.numbers[&DEPLOYMENTS], 1);
}

#[test]
fn a_person_is_told_what_is_used_of_each_limit() {
    let hard = json!({"pods": "4", "configmaps": "5"});
    let quota = json!({"metadata": {"name": "q", "namespace": "n"}, "spec": {"hard": hard},
        "status": {"hard": hard, "used": {"pods": "1"}}});
    let quota = serde_json::from_value(quota).expect("a quota");
    let observed = observed(quota, vec![pod("a", "Running")], &[(api::resources::CONFIG_MAPS, 2)]);
    expect![[r#"
        configmaps: not counted yet of 5
        pods: 1 of 4
        seen: 1 pods
        seen: 2 configmaps"#]]
    .assert_eq(&super::describe::lines(&observed).join("\n"));
}
