//! Tables of decisions, one per rule file. The notation is `testkit::Scene::stateful`'s.

mod claims;
mod condemned;
mod metrics;
mod plan;
mod revisions;
mod rolling;
mod slots;
mod status;
mod wakes;

use std::fmt::Write;

use expect_test::Expect;
use runtime::{Action, ApiError, ClientError, Plan};
use testkit::{Scene, decide, show};

use super::{Memory, StatefulSetController, Why};

/// The whole plan.
fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&show(&plan(scene)));
}

/// Only what is done to pods: `+web-0 revision` or `-web-0`, and why.
fn check_pods(scene: &str, expected: Expect) {
    let mut text = String::new();
    for step in plan(scene).steps() {
        match &step.action {
            Action::Create { object, .. } if object["metadata"]["generateName"] == "web-" => {
                let labels = &object["metadata"]["labels"];
                let revision = labels["controller-revision-hash"].as_str().unwrap_or_default();
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                let _ = writeln!(text, "+{name} {revision}");
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
    expected.assert_eq(&text);
}

fn plan(scene: &str) -> Plan<Why> {
    let scene = Scene::stateful(scene);
    decide::<StatefulSetController>(&scene, &mut Memory::default()).expect("it is there")
}

/// A plan made after the first step of the one before was refused.
fn plan_after_refusal(scene: &str) -> Plan<Why> {
    let mut memory = Memory::default();
    let error = ClientError::Api(ApiError {
        code: 403,
        reason: "Forbidden".to_owned(),
        message: "exceeded quota".to_owned(),
        causes: Vec::new(),
        retry_after: None,
    });
    memory.note_failure(plan(scene).steps().next().expect("a step"), &error);
    let plan = decide::<StatefulSetController>(&Scene::stateful(scene), &mut memory);
    plan.expect("it is there")
}
