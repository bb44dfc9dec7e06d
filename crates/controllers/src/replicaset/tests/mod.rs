//! Tables of decisions, one per rule file. The notation is `testkit::Scene`'s.

mod backoff;
mod claims;
mod metrics;
mod plan;
mod ranking;
mod replication_controller;
mod status;

use expect_test::Expect;
use runtime::Plan;
use testkit::{Scene, decide, show};

use super::{Memory, ReplicaSetController, Why};

fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&show(&plan(scene)));
}

fn plan(scene: &str) -> Plan<Why> {
    let scene = Scene::parse(scene);
    decide::<ReplicaSetController>(&scene, &mut Memory::default()).expect("it is there")
}
