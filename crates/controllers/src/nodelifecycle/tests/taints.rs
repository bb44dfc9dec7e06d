//! Taints and labels that follow from what a node is.

use api::views::Node;
use expect_test::{Expect, expect};
use meta::{object::ResourceVersion, text::Text};
use runtime::{Answers, Controller, Informers, Observation};
use serde::Deserialize;
use testkit::now;

use super::notation::Line;
use crate::nodelifecycle::{NodeHealth, health::Memory};

/// What is written, each taint as `key:effect@seconds` since it came.
fn check(line: &str, expected: Expect) {
    let mut informers = Informers::default();
    let view = NodeHealth::view(&mut informers);
    let node = Node::deserialize(Line::new(line).node()).expect("sound");
    informers.cache::<Node>().replace(vec![node], ResourceVersion(7));
    let observed = NodeHealth::observe(&view, &Text::from("a"), &Answers::default());
    let Observation::Ready(observed) = observed else { panic!("there is always a plan") };
    let plan = NodeHealth::plan(&mut Memory::default(), &observed, now());
    let mut lines = Vec::new();
    for step in plan.steps() {
        let runtime::Action::Patch { patch, .. } = &step.action else { continue };
        let taints = patch["spec"]["taints"].as_array().into_iter().flatten();
        let shown: Vec<String> = taints
            .map(|taint| {
                let text = |field: &str| taint[field].as_str().unwrap_or_default().to_owned();
                let added = text("timeAdded").parse().unwrap_or(now());
                let key = text("key").replace("node.kubernetes.io/", "");
                format!("{key}:{}@{}", text("effect"), now().since(added).as_secs())
            })
            .collect();
        let labels = &patch["metadata"]["labels"];
        let labels = if labels.is_null() { String::new() } else { labels.to_string() };
        lines.push(format!("{}{labels} # {}", shown.join(" "), step.why));
    }
    lines.retain(|line| !line.contains("is new here"));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn conditions_become_taints_that_keep_new_pods_away() {
    check(
        "a False",
        expect!["not-ready:NoSchedule@0 # its taints are not what its conditions say"],
    );
    check(
        "a Unknown",
        expect!["unreachable:NoSchedule@0 # its taints are not what its conditions say"],
    );
    check(
        "a True cordoned pressure=MemoryPressure pressure=DiskPressure pressure=PIDPressure pressure=NetworkUnavailable",
        expect![
            "memory-pressure:NoSchedule@0 disk-pressure:NoSchedule@0 network-unavailable:NoSchedule@0 pid-pressure:NoSchedule@0 unschedulable:NoSchedule@0 # its taints are not what its conditions say"
        ],
    );
}
#[test]
fn what_does_not_hold_any_more_goes_and_what_others_set_stays() {
    check(
        "a True taint=not-ready:NoSchedule taint=disk-pressure:NoSchedule taint=mine/a:NoSchedule taint=disk-pressure:NoExecute",
        expect![
            "mine/a:NoSchedule@100 disk-pressure:NoExecute@100 # its taints are not what its conditions say"
        ],
    );
}
#[test]
fn a_node_with_the_taints_it_should_have_is_not_written() {
    check("a True", expect![[""]]);
    check("a False taint=not-ready:NoSchedule", expect![[""]]);
}
#[test]
fn a_new_node_keeps_its_taint_until_it_says_how_it_is() {
    check("a - taint=not-ready:NoSchedule", expect![[""]]);
    check(
        "a True taint=not-ready:NoSchedule",
        expect![" # its taints are not what its conditions say"],
    );
}
#[test]
fn pods_may_stay_once_the_node_is_ready() {
    check(
        "a True taint=not-ready:NoExecute taint=unreachable:NoExecute",
        expect![" # its taints are not what its conditions say"],
    );
}
#[test]
fn a_node_in_other_trouble_says_so_and_its_pods_have_no_more_time() {
    check(
        "a False taint=not-ready:NoSchedule taint=unreachable:NoExecute",
        expect![
            "not-ready:NoSchedule@100 not-ready:NoExecute@100 # its taints are not what its conditions say"
        ],
    );
    check(
        "a Unknown taint=unreachable:NoSchedule taint=not-ready:NoExecute",
        expect![
            "unreachable:NoSchedule@100 unreachable:NoExecute@100 # its taints are not what its conditions say"
        ],
    );
    check(
        "a Unknown taint=unreachable:NoSchedule taint=not-ready:NoExecute taint=unreachable:NoExecute",
        expect![
            "unreachable:NoSchedule@100 unreachable:NoExecute@100 # its taints are not what its conditions say"
        ],
    );
}
#[test]
fn old_labels_say_what_the_new_ones_do() {
    check(
        "a True os=linux",
        expect![[
            r#"{"beta.kubernetes.io/os":"linux"} # its old labels do not say what the new ones do"#
        ]],
    );
    check(
        "a True os=linux beta-os=dos",
        expect![[
            r#"{"beta.kubernetes.io/os":"linux"} # its old labels do not say what the new ones do"#
        ]],
    );
    check("a True os=linux beta-os=linux", expect![[""]]);
    check("a True beta-os=linux", expect![[""]]);
}
