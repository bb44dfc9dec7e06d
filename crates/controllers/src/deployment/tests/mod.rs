//! Tables of decisions, one per rule file. The notation is `testkit::Scene`'s.

mod claims;
mod cleanup;
mod history;
mod new_replica_set;
mod order;
mod pause;
mod progress;
mod recreate;
mod rollback;
mod rolling;
mod scaling;
mod sim;
mod status;
mod wakes;

use expect_test::Expect;
use runtime::Plan;
use testkit::{Scene, decide, show, sizes};

use super::{DeploymentController, Memory, Why};

/// The whole plan.
fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&show(&plan(scene)));
}

/// Only what becomes of the ReplicaSets' sizes.
fn check_sizes(scene: &str, expected: Expect) {
    expected.assert_eq(&sizes(&plan(scene)));
}

fn plan(scene: &str) -> Plan<Why> {
    let scene = Scene::parse(scene);
    decide::<DeploymentController>(&scene, &mut Memory::default()).expect("it is there")
}
