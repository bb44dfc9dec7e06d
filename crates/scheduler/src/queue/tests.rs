//! Which pod is next, and what wakes those that wait.

use runtime::{Change, Informers};
use serde_json::{Value, json};

use super::*;
use crate::{
    Settings,
    framework::{Actions, EventResource, Subject},
};

fn pod(name: &str, priority: i32) -> Arc<Pod> {
    let metadata = json!({"name": name, "namespace": "n", "uid": name});
    let spec = json!({"priority": priority, "schedulerName": "default-scheduler"});
    let pod = json!({"metadata": metadata, "spec": spec});
    Arc::new(serde_json::from_value(pod).expect("a pod"))
}
fn queue() -> Queue {
    let built = Settings::default().build(&mut Informers::default()).expect("a scheduler");
    Queue::new(built.profiles, built.backoff)
}
fn rejected(by: &'static str) -> Ending {
    Ending::Rejected { by: BTreeSet::from([by]), pending: BTreeSet::new() }
}
fn pod_gone() -> ClusterEvent {
    let subject = Subject::Pod(Change { old: Some(pod("other", 0)), new: None });
    ClusterEvent { resource: EventResource::AssignedPod, action: Actions::DELETE, subject }
}
fn node_event(action: Actions, old: Value, new: Value) -> ClusterEvent {
    let node = |node: Value| serde_json::from_value(node).ok().map(Arc::new);
    let subject = Subject::Node(Change { old: node(old), new: node(new) });
    ClusterEvent { resource: EventResource::Node, action, subject }
}
fn at(seconds: i64) -> Time {
    Time::from_seconds(seconds)
}
fn pop(queue: &mut Queue) -> String {
    queue.pop().map_or("-".to_owned(), |queued| queued.pod.metadata.name.to_string())
}

#[test]
fn the_highest_priority_goes_first_then_the_longest_wait() {
    let mut queue = queue();
    for (name, priority) in [("a", 0), ("b", 0), ("c", 10)] {
        queue.add(&pod(name, priority), at(1));
    }
    assert_eq!([pop(&mut queue), pop(&mut queue), pop(&mut queue)], ["c", "a", "b"]);
}

#[test]
fn a_rejected_pod_waits_for_an_event_that_helps() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.give_back(queued, rejected("NodeResourcesFit"), at(0));
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    queue.event(&node_event(Actions::NODE_LABEL, json!({}), labels), at(5));
    assert_eq!(pop(&mut queue), "-");
    queue.event(&pod_gone(), at(5));
    assert_eq!(pop(&mut queue), "a");
}

#[test]
fn the_plugin_that_rejected_says_whether_an_event_helps() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.give_back(queued, rejected("TaintToleration"), at(0));
    let tainted = json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
    let twice = node_event(Actions::NODE_TAINT, tainted.clone(), tainted.clone());
    queue.event(&twice, at(5));
    assert_eq!(pop(&mut queue), "-");
    queue.event(&node_event(Actions::NODE_TAINT, tainted, json!({})), at(5));
    assert_eq!(pop(&mut queue), "a");
}

#[test]
fn a_failed_pod_is_tried_again_after_its_back_off() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.give_back(queued, Ending::Failed, at(0));
    queue.flush(at(1));
    assert!(!queue.is_ready());
    assert_eq!(pop(&mut queue), "-");
    assert_eq!(queue.next_flush(), Some(at(2)));
    queue.flush(at(2));
    assert!(queue.is_ready());
}

#[test]
fn the_back_off_doubles_up_to_its_maximum() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let queued = queue.pop().expect("a pod");
        queue.give_back(queued, Ending::Failed, at(now));
        let next = queue.next_flush().expect("a time");
        waits.push(next.seconds() - now);
        now = next.seconds();
        queue.flush(next);
    }
    assert_eq!(waits, [2, 3, 5, 9, 11, 11]);
}

#[test]
fn a_rejected_pod_that_backs_off_is_taken_early_if_no_other_waits() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    queue.add(&pod("b", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.give_back(queued, rejected("NodeResourcesFit"), at(0));
    queue.event(&pod_gone(), at(0));
    assert_eq!([pop(&mut queue), pop(&mut queue), pop(&mut queue)], ["b", "a", "-"]);
}

#[test]
fn an_event_during_an_attempt_is_not_missed() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.event(&pod_gone(), at(0));
    queue.give_back(queued, rejected("NodeResourcesFit"), at(0));
    assert_eq!(pop(&mut queue), "a");
}

#[test]
fn a_gated_pod_waits_for_its_gates_alone() {
    let mut queue = queue();
    let mut gated = (*pod("a", 0)).clone();
    gated.spec.scheduling_gates =
        vec![serde_json::from_value(json!({"name": "g"})).expect("a gate")];
    let (gated, free) = (Arc::new(gated), pod("a", 0));
    queue.add(&gated, at(0));
    queue.event(&pod_gone(), at(0));
    queue.flush(at(1000));
    assert_eq!((pop(&mut queue), queue.depths().gated), ("-".to_owned(), 1));
    let change = Change { old: Some(gated), new: Some(Arc::clone(&free)) };
    let events = crate::changes::of_pod(&change, EventResource::TargetPod);
    queue.update(&free, &events, at(2));
    assert_eq!((pop(&mut queue), queue.depths().gated), ("a".to_owned(), 0));
}

#[test]
fn a_pod_that_waits_for_what_its_plugin_has_begun_does_not_back_off() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    queue.add(&pod("b", 0), at(0));
    let queued = queue.pop().expect("a pod");
    let by = BTreeSet::from(["NodeResourcesFit"]);
    queue.give_back(queued, Ending::Rejected { by: by.clone(), pending: by }, at(0));
    queue.event(&pod_gone(), at(0));
    assert_eq!(queue.depths().active, 2);
}

#[test]
fn an_unschedulable_pod_is_looked_at_again_after_five_minutes() {
    let mut queue = queue();
    queue.add(&pod("a", 0), at(0));
    let queued = queue.pop().expect("a pod");
    queue.give_back(queued, rejected("NodeAffinity"), at(0));
    queue.flush(at(299));
    assert!(!queue.is_ready());
    queue.flush(at(300));
    assert!(queue.is_ready());
}
