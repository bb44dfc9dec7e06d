//! `kill -9` in the middle of rollouts: they go on after the restart, and nothing acknowledged is lost.

use std::{collections::BTreeSet, time::Duration};

use conformance::{
    chance::Chance,
    lab::Lab,
    manifests::{ROLLING_WEB, ROLLING_WEB_PODS_MAX},
    patience::{eventually, let_run},
    tools::Kubectl,
};
use serde_json::Value;

const KILLS: u32 = 20;
const ROLLOUT_TIME_MAX: Duration = Duration::from_secs(30);
/// A rollout of the web below takes longer: three waves of pods, each pulled in this time.
const KILL_AFTER_MILLISECONDS_MAX: u64 = 900;
const RULES: &str = "containers: [{pullTime: 1s}]";
/// Creates one object after the other and notes what was acknowledged.
const WRITER: &str = "bash -c '
    for ((number = 1; ; number++)); do
        kubectl create configmap write-$number --from-literal=number=$number >/dev/null &&
            echo write-$number
    done'";

#[test]
fn rollouts_survive_twenty_kills_and_nothing_acknowledged_is_lost() {
    let mut chance = Chance::of_this_run();
    let mut lab = Lab::unstarted(Kubectl::Current);
    lab.folder().write("rules.yaml", RULES);
    lab.up_with(&["--node-rules", "rules.yaml"]);
    lab.apply(ROLLING_WEB);
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let writer = lab.background(WRITER, "acknowledged");
    let mut unfinished = 0;
    for number in 1..=KILLS {
        lab.must(&format!("kubectl set image deployment/web web=registry.example/web:{number}"));
        let_run(Duration::from_millis(chance.below(KILL_AFTER_MILLISECONDS_MAX)));
        lab.kill();
        lab.up();
        unfinished += u32::from(!is_rolled_out(&lab, number));
        eventually_rolled_out(&lab, number);
    }
    assert!(unfinished > KILLS / 2, "only {unfinished} kills hit a rollout");
    drop(writer);
    let acknowledged = lab.folder().read("acknowledged");
    let kept = lab.must("kubectl get configmaps -o jsonpath='{.items[*].metadata.name}'");
    let kept: BTreeSet<&str> = kept.split(' ').collect();
    let lost: Vec<&str> = acknowledged.lines().filter(|name| !kept.contains(name)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(acknowledged.lines().count() > 20, "the writer wrote:\n{acknowledged}");
}

/// The rollout of that image ends, and on the way there are never too many pods.
fn eventually_rolled_out(lab: &Lab, number: u32) {
    eventually(&format!("rollout {number} ends"), ROLLOUT_TIME_MAX, || {
        let pods = active_pods(lab);
        assert!(
            pods.len() <= ROLLING_WEB_PODS_MAX,
            "rollout {number} has {} pods: {pods:?}",
            pods.len()
        );
        is_rolled_out(lab, number).then_some(())
    });
}

fn is_rolled_out(lab: &Lab, number: u32) -> bool {
    let web = lab.get("deployment/web");
    let image = format!("registry.example/web:{number}");
    assert_eq!(web["spec"]["template"]["spec"]["containers"][0]["image"], *image);
    let status = &web["status"];
    let counts = ["replicas", "updatedReplicas", "availableReplicas"].map(|name| &status[name]);
    let observed = status["observedGeneration"] == web["metadata"]["generation"];
    observed && counts.iter().all(|count| **count == 6)
}

/// Names of pods that are not on their way out.
fn active_pods(lab: &Lab) -> Vec<String> {
    let list = lab.get("pods -l app=web");
    let pods = list["items"].as_array().expect("a list has items").iter();
    let active = pods.filter(|pod| pod["metadata"]["deletionTimestamp"] == Value::Null);
    active.filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
}
