//! What a budget's status tells, and who is told of what.

use expect_test::expect;
use serde_json::{Value, json};

use super::notation::{check, parse, whole};

#[test]
fn a_number_of_pods_that_must_serve() {
    check("min=2 | a | b | c", expect!["3/2/3/1 SufficientPods "]);
    check("min=2 | a | b unready | c", expect!["3/2/2/0 InsufficientPods "]);
    check("min=2 | a | b deleting | c | d other", expect!["3/2/2/0 InsufficientPods "]);
    check("min=0 | a", expect!["1/0/1/1 SufficientPods "]);
}

#[test]
fn a_share_is_of_what_the_owners_want_rounded_up() {
    check(
        "max=30% deployment=3 | a deployment | b deployment | c deployment",
        expect!["3/2/3/1 SufficientPods "],
    );
    check(
        "min=50% deployment=3 | a deployment | b deployment | c deployment",
        expect!["3/2/3/1 SufficientPods "],
    );
    check("max=1 set=2 rc=2 | a set | b set | c rc | d rc", expect!["4/3/4/1 SufficientPods "]);
    check(
        "max=1 foreign=4 | a foreign | b foreign | c foreign | d foreign",
        expect!["4/3/4/1 SufficientPods "],
    );
    check(
        "max=9 deployment=3 | a deployment | b deployment | c deployment",
        expect!["3/0/3/3 SufficientPods "],
    );
}

#[test]
fn pods_without_an_owner_are_told_of_and_not_expected() {
    check(
        "max=1 | a | b",
        expect![[r#"
        web: UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.
        0/0/2/0 InsufficientPods "#]],
    );
    check(
        "min=50% deployment=4 | a deployment | b deployment | c deployment | d deployment | e",
        expect![[r#"
            web: UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.
            4/2/5/3 SufficientPods "#]],
    );
}

#[test]
fn nothing_may_be_disturbed_while_nobody_can_count() {
    check(
        "max=1 plain=1 | a plain",
        expect![[r#"
        web: CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource
        0/0/0/0 SyncFailed jobs.batch does not implement the scale subresource
        wake after 30s"#]],
    );
    check(
        "max=1 | a unknown",
        expect![[r#"
        web: CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: no matches for kind "Riddle" in version "example.com/v1"
        0/0/0/0 SyncFailed no matches for kind "Riddle" in version "example.com/v1"
        wake after 30s"#]],
    );
    check(
        "max=1 | a foreign",
        expect![[r#"
        web: CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: found no controllers for pod "a"
        0/0/0/0 SyncFailed found no controllers for pod "a"
        wake after 30s"#]],
    );
    check(
        "max=1 | a set",
        expect![[r#"
        web: CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: no matches for kind "StatefulSet" in version "apps/v1"
        0/0/0/0 SyncFailed no matches for kind "StatefulSet" in version "apps/v1"
        wake after 30s"#]],
    );
    check(
        "max=lots | a",
        expect![[r#"
        web: UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.
        web: CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: invalid value for IntOrString: invalid type: string is not a percentage
        0/0/0/0 SyncFailed invalid value for IntOrString: invalid type: string is not a percentage
        wake after 30s"#]],
    );
}

#[test]
fn a_budget_that_asks_for_nothing_allows_nothing() {
    check("| a | b", expect!["0/0/2/0 InsufficientPods "]);
    check(
        "min=1 |",
        expect![[r#"
        web: NoPods No matching pods found
        0/1/0/0 InsufficientPods "#]],
    );
}

#[test]
fn a_granted_eviction_counts_until_the_pod_goes_or_two_minutes_are_over() {
    check(
        "min=1 evicted=b@30 | a | b | c",
        expect![[r#"
        3/1/2/1 SufficientPods 
        wake after 90.001s"#]],
    );
    check(
        "min=1 evicted=b@30,z@10 | a | b deleting | c",
        expect![[r#"3/1/2/1 SufficientPods {"b":null,"z":null}"#]],
    );
    check(
        "min=1 evicted=b@121 | a | b | c",
        expect![[r#"
        b: NotDeleted Pod was expected by PDB shop/web to be deleted but it wasn't
        3/1/3/2 SufficientPods {"b":null}"#]],
    );
    check(
        "min=1 evicted=b@120 | a | b | c",
        expect![[r#"
        3/1/2/1 SufficientPods 
        wake after 1ms"#]],
    );
}

#[test]
fn a_pod_of_two_budgets_is_told_of_once() {
    check(
        "min=1 beside | a | b",
        expect![[r#"
        a: MultiplePodDisruptionBudgets Pod "shop"/"a" matches multiple PodDisruptionBudgets.  Chose "web" arbitrarily.
        b: MultiplePodDisruptionBudgets Pod "shop"/"b" matches multiple PodDisruptionBudgets.  Chose "web" arbitrarily.
        2/1/2/1 SufficientPods "#]],
    );
}

#[test]
fn the_whole_status_is_written_over_what_it_was_counted_from() {
    cov_mark::check!(disruption_writes_only_over_what_it_counted_from);
    whole(
        &parse("min=1 | a | b"),
        expect![[r#"
        patch poddisruptionbudgets web/status {"status":{"conditions":["DisruptionAllowed=True SufficientPods: "],"currentHealthy":2,"desiredHealthy":1,"disruptionsAllowed":1,"expectedPods":2,"observedGeneration":2}} # the pods are other than the status tells
    "#]],
    );
}

#[test]
fn a_failure_keeps_what_was_counted_before() {
    let mut scene = parse("max=1 plain=1 | a plain");
    scene.budgets[0]["status"] = json!({"observedGeneration": 1, "expectedPods": 3,
        "desiredHealthy": 2, "currentHealthy": 3, "disruptionsAllowed": 1, "conditions": [
        {"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods", "message": ""}]});
    whole(
        &scene,
        expect![[r#"
        announce # somebody should know
          Warning CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource
        patch poddisruptionbudgets web/status {"status":{"conditions":["DisruptionAllowed=False SyncFailed: jobs.batch does not implement the scale subresource"],"currentHealthy":3,"desiredHealthy":2,"disruptionsAllowed":0,"expectedPods":3}} # nobody can say how many pods there should be
        wake after 30s
    "#]],
    );
}

#[test]
fn at_rest_nothing_is_written() {
    let mut scene = parse("min=1 evicted=b@30 | a | b");
    let plan = scene.plan();
    let status = plan.steps().find_map(|step| {
        let runtime::Action::Patch { patch, .. } = &step.action else { return None };
        Some(patch["status"].clone())
    });
    let granted = scene.budgets[0]["status"]["disruptedPods"].clone();
    scene.budgets[0]["status"] = status.expect("a status");
    scene.budgets[0]["status"]["disruptedPods"] = granted;
    whole(
        &scene,
        expect![[r#"
        wake after 90.001s
    "#]],
    );
}

#[test]
fn a_selector_that_is_none_selects_nothing() {
    let mut scene = parse("min=1 | a");
    scene.budgets[0]["spec"]["selector"] = Value::Null;
    whole(
        &scene,
        expect![[r#"
        announce # somebody should know
          Normal NoPods: No matching pods found
        patch poddisruptionbudgets web/status {"status":{"conditions":["DisruptionAllowed=False InsufficientPods: "],"currentHealthy":0,"desiredHealthy":1,"disruptionsAllowed":0,"expectedPods":0,"observedGeneration":2}} # the pods are other than the status tells
    "#]],
    );
    scene.budgets[0]["spec"]["selector"] =
        json!({"matchExpressions": [{"key": "a", "operator": "Near"}]});
    whole(
        &scene,
        expect![[r#"
        announce # somebody should know
          Normal NoPods: No matching pods found
        announce # somebody should know
          Warning CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: "Near" is not a valid label selector operator
        patch poddisruptionbudgets web/status {"status":{"conditions":["DisruptionAllowed=False SyncFailed: \"Near\" is not a valid label selector operator"],"currentHealthy":0,"desiredHealthy":0,"disruptionsAllowed":0,"expectedPods":0}} # nobody can say how many pods there should be
        wake after 30s
    "#]],
    );
}

#[test]
fn a_person_sees_the_counts() {
    let scene =
        parse("max=1 evicted=b@30 deployment=3 | a deployment | b deployment | c deployment");
    let lines = super::super::plan::describe(&scene.observe(), testkit::now());
    expect![[r#"
        pods: 3 selected, 3 ready
        budget: 3 expected, 2 must serve, 2 do, 0 may be disturbed
        being evicted: b"#]]
    .assert_eq(&lines.join("\n"));
}
