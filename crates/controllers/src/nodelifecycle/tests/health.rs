//! When a node counts as silent, and what is written of it.

use std::time::Duration;

use api::views::{Lease, Node};
use expect_test::{Expect, expect};
use meta::{object::ResourceVersion, text::Text};
use runtime::{Answer, Answers, ClientError, Controller, Informers, Observation, Read};
use serde::Deserialize;
use serde_json::json;
use testkit::{now, show};

use super::notation::Line;
use crate::nodelifecycle::{NodeHealth, health::Memory};

/// A node over time.
#[derive(Default)]
struct Story {
    memory: Memory,
    /// Seconds since the renewal that a live read finds; `None` finds no lease.
    live: Option<u64>,
    is_cut_off: bool,
}

impl Story {
    /// Looks at the node so many seconds from now. An empty line is a node that is gone.
    fn look(&mut self, after: u64, line: &str) -> String {
        let mut informers = Informers::default();
        let view = NodeHealth::view(&mut informers);
        if !line.is_empty() {
            let line = Line::new(line);
            let node = Node::deserialize(line.node()).expect("sound");
            informers.cache::<Node>().replace(vec![node], ResourceVersion(7));
            let lease = line.lease().map(|lease| Lease::deserialize(lease).expect("sound"));
            informers.cache::<Lease>().replace(Vec::from_iter(lease), ResourceVersion(7));
        }
        let now = now() + Duration::from_secs(after);
        let mut answers = Answers::default();
        let mut asked = String::new();
        loop {
            let observed = match NodeHealth::observe(&view, &Text::from("a"), &answers) {
                Observation::Ready(observed) => observed,
                Observation::Gone | Observation::Ask(_) => panic!("there is always a plan"),
            };
            let plan = NodeHealth::plan(&mut self.memory, &observed, now);
            if plan.asks.is_empty() {
                let ends = ["", "ends\n"][usize::from(plan.ends)];
                return format!("{asked}{}{ends}", show(&plan));
            }
            "asks\n".clone_into(&mut asked);
            for read in plan.asks {
                let answer = self.answer(&read);
                answers.insert(read, answer);
            }
        }
    }

    fn answer(&self, _: &Read) -> Answer {
        if self.is_cut_off {
            return Err(ClientError::NoAnswer { reason: String::new() });
        }
        let Some(seconds) = self.live else {
            return Err(testkit::not_found());
        };
        let renewed = now() - Duration::from_secs(seconds);
        Ok(json!({"metadata": {"name": "a"}, "spec": {"renewTime": renewed.to_micro_string()}}))
    }

    /// As [`look`](Self::look), shown in rows.
    fn tell(&mut self, looks: &[(u64, &str)], expected: Expect) {
        let rows =
            looks.iter().map(|(after, line)| format!("{after}: {}", self.look(*after, line)));
        expected.assert_eq(&rows.collect::<String>());
    }
}

const FRESH: &str = "a True heard=1 lease=1";

#[test]
fn a_node_is_told_of_when_it_comes_and_when_it_goes() {
    Story::default().tell(
        &[(0, FRESH), (5, FRESH), (9, "")],
        expect![[r#"
            0: announce # the node is new here
              Normal RegisteredNode: Node a event: Registered Node a in Controller
            wake after 50s
            5: wake after 45s
            9: announce # the node is gone
              Normal RemovingNode: Node a event: Removing Node a from Controller
            ends
        "#]],
    );
}

#[test]
fn a_silent_node_is_unknown_after_its_grace_and_one_more_look() {
    let mut story = Story { live: Some(1), ..Story::default() };
    story.tell(
        &[(0, FRESH), (49, FRESH), (50, FRESH), (55, FRESH)],
        expect![[r#"
            0: announce # the node is new here
              Normal RegisteredNode: Node a event: Registered Node a in Controller
            wake after 50s
            49: wake after 1s
            50: wake after 5s
            55: asks
            patch nodes a/status {"status":{"conditions":["Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.","MemoryPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.","DiskPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.","PIDPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status."]}} # the node has shown no sign of life for too long
              Normal NodeNotReady: Node a status is now: NodeNotReady
        "#]],
    );
}

#[test]
fn a_lease_alone_keeps_a_node_alive() {
    let mut story = Story::default();
    story.look(0, "a True heard=1 lease=10");
    assert_eq!(story.look(45, "a True heard=1 lease=5"), "wake after 50s\n");
    assert_eq!(story.look(94, "a True heard=1 lease=5"), "wake after 1s\n");
}

#[test]
fn a_lease_counts_even_if_the_clock_of_its_node_goes_back() {
    let mut story = Story::default();
    story.look(0, "a True heard=1 lease=5");
    assert_eq!(story.look(45, "a True heard=1 lease=900"), "wake after 50s\n");
}

#[test]
fn a_status_alone_keeps_a_node_alive_even_if_its_clock_goes_back() {
    let mut story = Story::default();
    story.look(0, "a True heard=10");
    assert_eq!(story.look(45, "a True heard=900"), "wake after 50s\n");
}

#[test]
fn a_condition_that_changes_without_a_new_time_is_no_sign_of_life() {
    let mut story = Story::default();
    story.look(0, "a True heard=1");
    assert_eq!(story.look(40, "a False heard=1 taint=not-ready:NoSchedule"), "wake after 10s\n");
}

#[test]
fn a_lease_that_was_renewed_unseen_saves_the_node() {
    let mut story = Story { live: Some(0), ..Story::default() };
    story.look(0, "a True heard=9 lease=9");
    story.look(50, "a True heard=9 lease=9");
    assert_eq!(story.look(55, "a True heard=9 lease=9"), "asks\nwake after 50s\n");
}

#[test]
fn a_server_that_does_not_answer_marks_nobody() {
    let mut story = Story { is_cut_off: true, ..Story::default() };
    story.look(0, FRESH);
    story.look(50, FRESH);
    assert_eq!(story.look(55, FRESH), "asks\nwake after 5s\n");
    story.is_cut_off = false;
    story.live = Some(0);
    assert_eq!(story.look(1200, FRESH), "asks\nwake after 50s\n");
}

#[test]
fn a_node_that_never_said_how_it_is_has_a_minute_from_its_creation() {
    let mut story = Story::default();
    story.tell(
        &[(0, "a - age=20"), (40, "a - age=20"), (45, "a - age=20")],
        expect![[r#"
            0: announce # the node is new here
              Normal RegisteredNode: Node a event: Registered Node a in Controller
            wake after 40s
            40: wake after 5s
            45: asks
            patch nodes a/status {"status":{"conditions":["Ready=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.","MemoryPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.","DiskPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.","PIDPressure=Unknown NodeStatusNeverUpdated: Kubelet never posted node status."]}} # the node has shown no sign of life for too long
        "#]],
    );
}

#[test]
fn an_own_clock_that_jumps_is_nobodys_silence() {
    let mut story = Story::default();
    story.look(0, FRESH);
    story.look(10, FRESH);
    // An hour was skipped; only what was to pass at most counts, and the lease comes in time.
    assert_eq!(story.look(3600, FRESH), "wake after 5s\n");
    assert_eq!(story.look(3603, "a True heard=1 lease=0"), "wake after 50s\n");
}

#[test]
fn a_node_under_an_old_name_is_a_new_one() {
    let mut story = Story::default();
    story.look(0, FRESH);
    let mut other = Line::new(FRESH).node();
    other["metadata"]["uid"] = "another".into();
    let mut informers = Informers::default();
    let view = NodeHealth::view(&mut informers);
    let node = Node::deserialize(other).expect("sound");
    informers.cache::<Node>().replace(vec![node], ResourceVersion(7));
    let observed = NodeHealth::observe(&view, &Text::from("a"), &Answers::default());
    let Observation::Ready(observed) = observed else { panic!("there is always a plan") };
    let plan = NodeHealth::plan(&mut story.memory, &observed, now());
    let told = plan.steps().filter_map(|step| step.on_success.as_ref()).map(|event| event.reason);
    assert_eq!(told.collect::<Vec<_>>(), ["RemovingNode", "RegisteredNode"]);
}
