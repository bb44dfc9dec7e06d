//! Configuration files, what is made of them, and what is wrong with them.

use expect_test::{Expect, expect};
use runtime::Informers;

use super::*;
use crate::framework::{Point, Registry};

const HEAD: &str = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

fn settings(body: &str) -> Result<Settings, InvalidConfiguration> {
    Settings::new(Configuration::parse(&format!("{HEAD}{body}"))?, Registry::built_in())
}

/// The plugins of a point, with the weights of scores.
fn check(body: &str, point: Point, expected: Expect) {
    let told = settings(body).and_then(|settings| settings.build(&mut Informers::default()));
    let told = match told {
        Ok(built) => {
            let pod = format!("{{\"spec\": {{\"schedulerName\": \"{}\"}}}}", "default-scheduler");
            let pod = serde_json::from_str(&pod).expect("a pod");
            let profile = built.profiles.of(&pod).expect("the profile");
            let plugins = profile.at(point).iter().map(|plugin| {
                let weight = profile.weight(plugin.name());
                let weight = (point == Point::Score).then(|| format!(":{weight}"));
                format!("{}{}", plugin.name(), weight.unwrap_or_default())
            });
            plugins.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

fn refuses(body: &str, expected: &str) {
    assert_eq!(
        settings(body).map(drop).map_err(|error| error.to_string()),
        Err(expected.to_owned())
    );
}

#[test]
fn without_a_word_the_default_profile_runs() {
    check(
        "",
        Point::Score,
        expect![
            "TaintToleration:3 NodeAffinity:2 NodeResourcesFit:1 PodTopologySpread:2 InterPodAffinity:2 NodeResourcesBalancedAllocation:1 ImageLocality:1"
        ],
    );
    check(
        "",
        Point::Filter,
        expect![
            "NodeName NodeUnschedulable TaintToleration NodeAffinity NodePorts NodeResourcesFit PodTopologySpread InterPodAffinity"
        ],
    );
    check("", Point::PreEnqueue, expect!["SchedulingGates DefaultPreemption"]);
}

#[test]
fn a_point_may_have_less_and_other_weights() {
    let body = "profiles:\n- plugins:\n    score:\n      disabled: [{name: '*'}]\n      enabled: [{name: ImageLocality, weight: 5}]\n";
    check(body, Point::Score, expect!["ImageLocality:5"]);
    let body = "profiles:\n- plugins:\n    multiPoint:\n      disabled: [{name: NodePorts}]\n      enabled: [{name: NodeAffinity, weight: 9}]\n";
    check(
        body,
        Point::Score,
        expect![
            "TaintToleration:3 NodeAffinity:9 NodeResourcesFit:1 PodTopologySpread:2 InterPodAffinity:2 NodeResourcesBalancedAllocation:1 ImageLocality:1"
        ],
    );
    check(
        body,
        Point::Filter,
        expect![
            "NodeName NodeUnschedulable TaintToleration NodeAffinity NodeResourcesFit PodTopologySpread InterPodAffinity"
        ],
    );
}

#[test]
fn what_is_named_at_a_point_comes_first_there() {
    let body = "profiles:\n- plugins:\n    filter:\n      enabled: [{name: InterPodAffinity}]\n";
    check(
        body,
        Point::Filter,
        expect![
            "InterPodAffinity NodeName NodeUnschedulable TaintToleration NodeAffinity NodePorts NodeResourcesFit PodTopologySpread"
        ],
    );
}

#[test]
fn faults_are_told_with_their_fields() {
    refuses(
        "parallelism: 0\n",
        "parallelism: Invalid value: 0: should be an integer value greater than zero",
    );
    refuses(
        "percentageOfNodesToScore: 101\npodInitialBackoffSeconds: 20\n",
        "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100], podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds",
    );
    refuses(
        "profiles: [{schedulerName: a}, {schedulerName: a}]\n",
        "profiles[1].schedulerName: Duplicate value: \"a\"",
    );
    refuses("profiles: [{schedulerName: a}, {}]\n", "profiles[1].schedulerName: Required value");
    refuses(
        "profiles:\n- pluginConfig: [{name: NodeAffinity, args: {kind: NodeResourcesFitArgs}}]\n",
        "profiles[0].pluginConfig[0].args: Invalid value: \"NodeResourcesFitArgs\": has to match plugin args",
    );
    refuses(
        "leaderElection: {resourceLock: endpoints}\n",
        "leaderElection.resourceLock: Invalid value: \"endpoints\": resourceLock value must be \"leases\"",
    );
}

#[test]
fn profiles_that_cannot_be_made_are_told() {
    let profile = "initializing profiles: creating profile for scheduler name default-scheduler: ";
    let one = |body: &str, expected: &str| {
        refuses(&format!("profiles:\n- {body}"), &format!("{profile}{expected}"));
    };
    one("plugins: {filter: {enabled: [{name: Own}]}}\n", "plugin \"Own\" does not exist");
    one(
        "plugins: {score: {enabled: [{name: NodeName}]}}\n",
        "plugin \"NodeName\" does not extend Score plugin",
    );
    one(
        "plugins: {bind: {disabled: [{name: '*'}]}}\n",
        "at least one bind plugin is needed for profile with scheduler name \"default-scheduler\"",
    );
    one(
        "plugins: {queueSort: {disabled: [{name: '*'}]}}\n",
        "only one queue sort plugin required for profile with scheduler name \"default-scheduler\", but got 0",
    );
    one(
        "pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 200}}]\n",
        "initializing plugin \"InterPodAffinity\": hardPodAffinityWeight: Invalid value: 200: not in valid range [0, 100]",
    );
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let told = settings("parallel: 3\n").map(drop).expect_err("an unknown field").to_string();
    assert!(told.contains("parallel"), "{told}");
    let inside = "profiles:\n- pluginConfig: [{name: InterPodAffinity, args: {weight: 1}}]\n";
    let told = settings(inside).map(drop).expect_err("an unknown field").to_string();
    assert!(told.contains("unknown field `weight`"), "{told}");
}
