//! A machine gets a turn when something changes, learns its outcomes, and survives its panics.

use std::{collections::BTreeSet, sync::Arc};

use api::views::Pod;
use meta::time::Time;
use serde_json::json;

use super::{Bench, SECOND, Why};
use crate::{
    Action, Cache, Guard, Informers, Machine, Outcome, Step, Target, Ticket, Turn, testing::Fault,
};

/// Labels every pod; one it fails to label it tries again.
struct Labeller {
    pods: Arc<Cache<Pod>>,
    /// Versions of pods that it has asked to label.
    asked: BTreeSet<u64>,
    panicked: bool,
}

impl Machine for Labeller {
    const NAME: &'static str = "labeller";
    type Why = Why;

    fn new(informers: &mut Informers) -> Self {
        Self { pods: informers.cache(), asked: BTreeSet::new(), panicked: false }
    }
    fn turn(&mut self, _: Time) -> Turn<Why> {
        let mut steps = Vec::new();
        for pod in self.pods.list() {
            if pod.metadata.name == *"odd" && !self.panicked {
                self.panicked = true;
                panic!("an odd pod");
            }
            let version = pod.metadata.resource_version.0;
            if pod.metadata.labels.is_empty() && self.asked.insert(version) {
                steps.push((Ticket(version), label(&pod)));
            }
        }
        Turn { steps, wake_after: None, measurements: Vec::new() }
    }
    fn outcome(&mut self, ticket: Ticket, outcome: &Outcome, _: Time) {
        if outcome.is_err() {
            self.asked.remove(&ticket.0);
        }
    }
}

fn label(pod: &Pod) -> Step<Why> {
    let action = Action::Patch {
        target: Target::of(pod),
        kind: client::PatchKind::Merge,
        patch: json!({"metadata": {"labels": {"seen": "yes"}}}),
        subresource: "",
        guard: Guard::Version,
    };
    Step::new(action, Why("it has no label"))
}

fn check(pod: &str) {
    let bench = Bench::new();
    let mut manager = bench.manager();
    manager.add_machine::<Labeller>();
    manager.start();
    bench.world.run_for(SECOND);
    bench.server.fail("pods/unlucky", Fault::Refuse(409, "Conflict"));
    let path = format!("/api/v1/namespaces/shop/pods/{pod}");
    bench.server.put(&path, json!({"metadata": {"name": pod, "namespace": "shop"}}));
    bench.world.run_for(SECOND * 2);
    let object = bench.server.object(&path).expect("it is there");
    assert_eq!(object["metadata"]["labels"]["seen"], "yes");
}

#[test]
fn a_change_gives_a_turn() {
    check("plain");
}
#[test]
fn an_outcome_gives_a_turn() {
    check("unlucky");
}
#[test]
fn a_panic_costs_a_second() {
    check("odd");
}
