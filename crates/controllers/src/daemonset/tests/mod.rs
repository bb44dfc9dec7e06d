//! Tables of decisions, one per rule file. The notation is `testkit::Scene::daemon`'s.

mod eligibility;
mod manage;
mod plan;
mod revisions;
mod rolling;
mod status;
mod wakes;

use std::fmt::Write;

use expect_test::Expect;
use runtime::{Action, Plan};
use testkit::{Scene, decide, show};

use super::{DaemonSetController, Memory, Why};

/// The whole plan.
fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&show(&plan(scene)));
}

/// Only what is done to pods, and why.
fn check_pods(scene: &str, expected: Expect) {
    expected.assert_eq(&pods(&plan(scene)));
}

/// `+` for a pod that is made, `-name` for one that is deleted, each with its reason.
fn pods(plan: &Plan<Why>) -> String {
    let mut text = String::new();
    for step in plan.steps() {
        match &step.action {
            Action::Create { object, .. } if object["metadata"]["generateName"] == "web-" => {
                let _ = writeln!(text, "+ # {}", step.why);
            }
            Action::Delete { target, .. } if target.resource == api::resources::PODS => {
                let _ = writeln!(text, "-{} # {}", target.key.name, step.why);
            }
            Action::Create { .. }
            | Action::Delete { .. }
            | Action::Patch { .. }
            | Action::CreateSubresource { .. }
            | Action::Replace { .. }
            | Action::DeleteCollection { .. }
            | Action::Announce => {}
        }
    }
    text
}

fn plan(scene: &str) -> Plan<Why> {
    plan_with(scene, &mut Memory::default())
}

fn plan_with(scene: &str, memory: &mut Memory) -> Plan<Why> {
    decide::<DaemonSetController>(&Scene::daemon(scene), memory).expect("it is there")
}
