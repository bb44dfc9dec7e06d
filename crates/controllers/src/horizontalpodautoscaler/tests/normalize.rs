//! Steadying and limits.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use testkit::{now, sizes};

use super::{
    super::{HorizontalPodAutoscalerController, Memory, history::Remembered},
    notation::{parse, status},
};
use runtime::Controller;

/// A past: `proposal@seconds-ago`, growth with `+`, shrinkage with `-`.
fn past(text: &str) -> Memory {
    let mut memory = Memory::default();
    for word in text.split_whitespace() {
        let (number, ago) = word.split_once('@').expect("number@seconds");
        let at = now() - Duration::from_secs(ago.parse().expect("seconds"));
        let entry = |text: &str| Remembered { number: text.parse().expect("a number"), at };
        match (number.strip_prefix('+'), number.strip_prefix('-')) {
            (Some(number), _) => memory.growth.push(entry(number)),
            (_, Some(number)) => memory.shrinkage.push(entry(number)),
            (None, None) => memory.proposals.push(entry(number)),
        }
    }
    memory
}

/// The size, then the two conditions that tell of it.
fn check(text: &str, behavior: Value, past_text: &str, expected: Expect) {
    let scene = parse(text).behavior(behavior);
    let plan = scene.plan(&mut past(past_text));
    let conditions = status(&plan).map(|status| &status["conditions"]);
    let reasons: Vec<String> = conditions
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|condition| condition["type"] != "ScalingActive")
        .filter(|condition| condition["type"] != "ScaledToZero")
        .map(|condition| condition["reason"].as_str().unwrap_or_default().to_owned())
        .collect();
    expected.assert_eq(&format!("{}{}", sizes(&plan), reasons.join(" ")));
}

#[test]
fn without_a_behavior_growth_at_most_doubles() {
    check(
        "at=10 cpu=50% | 300/100 x10",
        Value::Null,
        "",
        expect![[r#"
        web=20 # cpu resource utilization (percentage of request) above target
        SucceededRescale ScaleUpLimit"#]],
    );
    check(
        "at=1 cpu=50% | 300/100",
        Value::Null,
        "",
        expect![[r#"
        web=4 # cpu resource utilization (percentage of request) above target
        SucceededRescale ScaleUpLimit"#]],
    );
    check(
        "at=10 max=15 cpu=50% | 300/100 x10",
        Value::Null,
        "",
        expect![[r#"
        web=15 # cpu resource utilization (percentage of request) above target
        SucceededRescale TooManyReplicas"#]],
    );
    check(
        "at=3 min=2 cpu=50% | 1/100 x3",
        Value::Null,
        "9@400",
        expect![[r#"
        web=2 # All metrics below target
        SucceededRescale TooFewReplicas"#]],
    );
}

#[test]
fn the_highest_proposal_of_the_window_counts_when_scaling_down() {
    check(
        "at=10 cpu=50% | 10/100 x10",
        Value::Null,
        "",
        expect!["ScaleDownStabilized DesiredWithinRange"],
    );
    check(
        "at=10 cpu=50% | 10/100 x10",
        Value::Null,
        "10@400 5@100 6@20",
        expect![[r#"
        web=6 # All metrics below target
        SucceededRescale DesiredWithinRange"#]],
    );
    check(
        "at=10 cpu=50% | 10/100 x10",
        Value::Null,
        "10@299",
        expect!["ScaleDownStabilized DesiredWithinRange"],
    );
}

#[test]
fn a_window_for_scaling_up_takes_the_lowest() {
    let slow = json!({"scaleUp": {"stabilizationWindowSeconds": 60,
        "policies": [{"type": "Percent", "value": 900, "periodSeconds": 15}]}});
    check(
        "at=10 cpu=50% | 100/100 x10",
        slow.clone(),
        "10@70 12@50",
        expect![[r#"
        web=12 # cpu resource utilization (percentage of request) above target
        SucceededRescale DesiredWithinRange"#]],
    );
    check(
        "at=10 cpu=50% | 100/100 x10",
        slow.clone(),
        "30@50",
        expect![[r#"
        web=20 # cpu resource utilization (percentage of request) above target
        SucceededRescale DesiredWithinRange"#]],
    );
    check(
        "at=10 cpu=50% | 100/100 x10",
        slow,
        "8@50",
        expect!["ScaleUpStabilized DesiredWithinRange"],
    );
}

#[test]
fn a_behavior_has_its_own_window_for_scaling_down() {
    let quick = json!({"scaleDown": {"stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}});
    check(
        "at=10 cpu=50% | 10/100 x10",
        quick,
        "10@10",
        expect![[r#"
        web=2 # All metrics below target
        SucceededRescale DesiredWithinRange"#]],
    );
    let usual = json!({"scaleDown": {
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}});
    check(
        "at=10 cpu=50% | 10/100 x10",
        usual,
        "10@10",
        expect!["ScaleDownStabilized DesiredWithinRange"],
    );
}

fn policies(direction: &str, select: &str) -> Value {
    json!({direction: {"selectPolicy": select, "stabilizationWindowSeconds": 0, "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 60},
        {"type": "Percent", "value": 50, "periodSeconds": 120},
    ]}})
}

#[test]
fn the_policies_limit_growth() {
    let grow = "at=10 cpu=50% | 300/100 x10";
    check(
        grow,
        policies("scaleUp", "Max"),
        "",
        expect![[r#"
        web=15 # cpu resource utilization (percentage of request) above target
        SucceededRescale ScaleUpLimit"#]],
    );
    check(
        grow,
        policies("scaleUp", "Min"),
        "",
        expect![[r#"
        web=14 # cpu resource utilization (percentage of request) above target
        SucceededRescale ScaleUpLimit"#]],
    );
    check(grow, policies("scaleUp", "Disabled"), "", expect!["ReadyForNewScale ScaleUpLimit"]);
    // Four of the ten came within the minute: ten was what the six could become.
    check(grow, policies("scaleUp", "Max"), "+4@30", expect!["ReadyForNewScale ScaleUpLimit"]);
    // What went within the minute may come back.
    check(
        grow,
        policies("scaleUp", "Min"),
        "-3@30",
        expect![[r#"
        web=17 # cpu resource utilization (percentage of request) above target
        SucceededRescale ScaleUpLimit"#]],
    );
    check(
        "at=10 max=12 cpu=50% | 300/100 x10",
        policies("scaleUp", "Max"),
        "",
        expect![[r#"
        web=12 # cpu resource utilization (percentage of request) above target
        SucceededRescale TooManyReplicas"#]],
    );
}

#[test]
fn the_policies_limit_shrinkage() {
    let shrink = "at=10 cpu=50% | 1/100 x10";
    check(
        shrink,
        policies("scaleDown", "Max"),
        "1@9",
        expect![[r#"
        web=5 # All metrics below target
        SucceededRescale ScaleDownLimit"#]],
    );
    check(
        shrink,
        policies("scaleDown", "Min"),
        "1@9",
        expect![[r#"
        web=6 # All metrics below target
        SucceededRescale ScaleDownLimit"#]],
    );
    check(
        shrink,
        policies("scaleDown", "Disabled"),
        "1@9",
        expect!["ReadyForNewScale ScaleDownLimit"],
    );
    check(
        shrink,
        policies("scaleDown", "Max"),
        "1@9 -5@30",
        expect![[r#"
        web=7 # All metrics below target
        SucceededRescale ScaleDownLimit"#]],
    );
    check(
        "at=10 min=8 cpu=50% | 1/100 x10",
        policies("scaleDown", "Max"),
        "1@9",
        expect![[r#"
        web=8 # All metrics below target
        SucceededRescale TooFewReplicas"#]],
    );
}

#[test]
fn a_behavior_may_bring_its_own_tolerance() {
    let strict = json!({"scaleUp": {"tolerance": "50m",
        "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]}});
    check(
        "at=10 cpu=50% | 54/100 x10",
        strict.clone(),
        "",
        expect![[r#"
        web=11 # cpu resource utilization (percentage of request) above target
        SucceededRescale DesiredWithinRange"#]],
    );
    check(
        "at=10 cpu=50% | 46/100 x10",
        strict,
        "1@9",
        expect!["ReadyForNewScale DesiredWithinRange"],
    );
}

#[test]
fn a_change_is_counted_once_it_is_seen() {
    let scene = parse("at=10 cpu=50% | 100/100 x10").behavior(policies("scaleUp", "Min"));
    let mut memory = Memory::default();
    scene.plan(&mut memory);
    assert_eq!(memory.growth, []);
    let grown = parse("at=14 cpu=50% | 50/100 x14").behavior(policies("scaleUp", "Min"));
    grown.plan(&mut memory);
    assert_eq!(memory.growth, [Remembered { number: 4, at: now() }]);
    // Somebody else had other ideas: ours did not happen.
    let mut memory = Memory::default();
    scene.plan(&mut memory);
    let other = parse("at=3 cpu=50% | 50/100 x3").behavior(policies("scaleUp", "Min"));
    other.plan(&mut memory);
    assert_eq!(memory.growth, []);
}

#[test]
fn what_was_proposed_is_remembered_as_long_as_it_matters() {
    let mut memory = past("3@400 7@200");
    let observed = {
        let scene = parse("at=10 cpu=50% | 50/100 x10");
        scene.observe(&scene.view(), "web")
    };
    HorizontalPodAutoscalerController::plan(&mut memory, &observed, now());
    let numbers: Vec<i32> = memory.proposals.iter().map(|known| known.number).collect();
    assert_eq!(numbers, [7, 10]);
}

/// All that is said of stabilization and limits, in full.
fn words(text: &str, behavior: &Value, past_text: &str) -> Vec<String> {
    let plan = parse(text).behavior(behavior.clone()).plan(&mut past(past_text));
    let conditions = status(&plan).map(|status| status["conditions"].clone());
    let conditions = conditions.as_ref().and_then(Value::as_array).into_iter().flatten();
    let told =
        conditions.filter(|it| it["type"] == "AbleToScale" || it["type"] == "ScalingLimited");
    told.map(|it| format!("{}: {}", it["reason"], it["message"])).collect()
}

#[test]
fn what_steadies_and_what_limits_is_said_in_the_references_words() {
    let slow = json!({"scaleUp": {"stabilizationWindowSeconds": 60}});
    let grow = policies("scaleUp", "Max");
    let shrink = policies("scaleDown", "Max");
    let told: Vec<String> = [
        words("at=10 cpu=50% | 10/100 x10", &Value::Null, ""),
        words("at=10 cpu=50% | 100/100 x10", &slow, "8@50"),
        words("at=10 max=15 cpu=50% | 300/100 x10", &Value::Null, ""),
        words("at=10 cpu=50% | 300/100 x10", &grow, ""),
        words("at=10 cpu=50% | 1/100 x10", &shrink, "1@9"),
    ]
    .concat();
    expect![[r#"
        "ScaleDownStabilized": "recent recommendations were higher than current one, applying the highest recent recommendation"
        "DesiredWithinRange": "the desired count is within the acceptable range"
        "ScaleUpStabilized": "recent recommendations were lower than current one, applying the lowest recent recommendation"
        "DesiredWithinRange": "the desired count is within the acceptable range"
        "SucceededRescale": "the HPA controller was able to update the target scale to 15"
        "TooManyReplicas": "the desired replica count is more than the maximum replica count"
        "SucceededRescale": "the HPA controller was able to update the target scale to 15"
        "ScaleUpLimit": "the desired replica count is increasing faster than the maximum scale rate"
        "SucceededRescale": "the HPA controller was able to update the target scale to 5"
        "ScaleDownLimit": "the desired replica count is decreasing faster than the maximum scale rate""#]].assert_eq(&told.join("\n"));
}
