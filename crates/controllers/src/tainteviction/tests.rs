//! Which pods leave a tainted node, and when.

use std::{sync::Arc, time::Duration};

use api::views::{Node, Pod};
use expect_test::{Expect, expect};
use meta::{object::ObjectKey, time::Time};
use runtime::{
    Answer, Answers, Change, ClientError, Controller, Enqueue, Informers, Observation, Read,
};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{fill, not_found, now, show};

use super::{Memory, TaintEvictionController as Eviction, View, node_changed, pod_changed};

/// A pod and its node over time. Taints are `key[@seconds]` (since when they say they are there; negative lies ahead);
/// tolerations `key[=seconds]`, `*` for any key. Both are words parted by blanks.
#[derive(Default)]
struct Story {
    memory: Memory,
    tolerations: &'static str,
    /// Taints that a live read finds, if other than the caches'.
    live: Option<&'static str>,
    is_cut_off: bool,
    is_replaced: bool,
}

impl Story {
    fn new(tolerations: &'static str) -> Self {
        Self { tolerations, ..Self::default() }
    }

    fn look(&mut self, after: u64, taints: &str) -> String {
        let key = ObjectKey::new("shop", "p");
        let view = view(taints, pod(self.tolerations));
        let mut answers = Answers::default();
        let mut asked = "";
        loop {
            let observed = match Eviction::observe(&view, &key, &answers) {
                Observation::Ready(observed) => observed,
                Observation::Gone => return "gone\n".to_owned(),
                Observation::Ask(_) => panic!("only plans ask"),
            };
            let now = now() + Duration::from_secs(after);
            let plan = Eviction::plan(&mut self.memory, &observed, now);
            if plan.asks.is_empty() {
                let ends = ["", "ends\n"][usize::from(plan.ends)];
                return format!("{asked}{}{ends}", show(&plan));
            }
            asked = "asks\n";
            for read in plan.asks {
                let answer = self.answer(&read, taints);
                answers.insert(read, answer);
            }
        }
    }

    fn answer(&self, read: &Read, taints: &str) -> Answer {
        if self.is_cut_off {
            return Err(ClientError::NoAnswer { reason: String::new() });
        }
        let Read::Object { key, .. } = read else { panic!("objects are read") };
        if *key.name == *"node" {
            return match self.live {
                Some("no node") => Err(not_found()),
                other => Ok(node(other.unwrap_or(taints))),
            };
        }
        let mut pod = pod(self.tolerations);
        if self.is_replaced {
            pod["metadata"]["uid"] = "another".into();
        }
        Ok(pod)
    }

    fn tell(&mut self, looks: &[(u64, &str)], expected: Expect) {
        let rows =
            looks.iter().map(|(after, taints)| format!("{after}: {}", self.look(*after, taints)));
        expected.assert_eq(&rows.collect::<String>());
    }
}

fn node(taints: &str) -> Value {
    let taints: Vec<Value> = taints
        .split_whitespace()
        .map(|taint| {
            let (key, added) = taint.split_once('@').unwrap_or((taint, ""));
            let added = added.parse::<i64>().ok();
            let added = added.map(|ago| Time::from_seconds(now().seconds() - ago));
            json!({"key": key, "effect": "NoExecute", "timeAdded": added})
        })
        .chain([json!({"key": "soft", "effect": "NoSchedule"})])
        .collect();
    json!({
        "metadata": {"name": "node", "uid": "node", "resourceVersion": "1"},
        "spec": {"taints": taints},
    })
}

fn pod(tolerations: &str) -> Value {
    let tolerations: Vec<Value> = tolerations
        .split_whitespace()
        .map(|toleration| {
            let (key, seconds) = toleration.split_once('=').unwrap_or((toleration, ""));
            json!({
                "key": if key == "*" { "" } else { key }, "operator": "Exists",
                "tolerationSeconds": seconds.parse::<i64>().ok(),
            })
        })
        .collect();
    json!({
        "metadata": {
            "name": "p", "namespace": "shop", "uid": "p", "resourceVersion": "2", "generation": 4,
            "creationTimestamp": now() - Duration::from_hours(1),
        },
        "spec": {"nodeName": "node", "tolerations": tolerations},
        "status": {"phase": "Running"},
    })
}

fn view(taints: &str, pod: Value) -> View {
    let mut informers = Informers::default();
    let view = Eviction::view(&mut informers);
    fill::<Node>(&mut informers, &[node(taints)]);
    fill::<Pod>(&mut informers, &[pod]);
    view
}

#[test]
fn a_pod_that_does_not_tolerate_a_taint_leaves_at_once() {
    Story::new("").tell(&[(0, "fire")], expect![[r#"
        0: asks
        announce # it does not tolerate a taint of its node
          Normal TaintManagerEviction: Marking for deletion Pod shop/p
        patch pods p/status {"status":{"conditions":["DisruptionTarget=True DeletionByTaintManager: Taint manager: deleting due to NoExecute taint"]}} # it does not tolerate a taint of its node
        delete pods p # it does not tolerate a taint of its node
    "#]]);
    Story::new("water").tell(&[(0, "fire")], expect![[r#"
        0: asks
        announce # it does not tolerate a taint of its node
          Normal TaintManagerEviction: Marking for deletion Pod shop/p
        patch pods p/status {"status":{"conditions":["DisruptionTarget=True DeletionByTaintManager: Taint manager: deleting due to NoExecute taint"]}} # it does not tolerate a taint of its node
        delete pods p # it does not tolerate a taint of its node
    "#]]);
}
#[test]
fn a_pod_that_tolerates_a_taint_for_a_time_leaves_after_it() {
    Story::new("fire=8").tell(&[(0, "fire"), (7, "fire"), (8, "fire")], expect![[r#"
        0: wake after 8s
        7: wake after 1s
        8: asks
        announce # it has tolerated a taint of its node as long as it would
          Normal TaintManagerEviction: Marking for deletion Pod shop/p
        patch pods p/status {"status":{"conditions":["DisruptionTarget=True DeletionByTaintManager: Taint manager: deleting due to NoExecute taint"]}} # it has tolerated a taint of its node as long as it would
        delete pods p # it has tolerated a taint of its node as long as it would
    "#]]);
}
#[test]
fn a_pod_that_tolerates_everything_stays() {
    Story::new("*").tell(&[(0, "fire")], expect!["0: "]);
    Story::new("fire").tell(&[(9000, "fire")], expect!["9000: "]);
}
#[test]
fn no_time_or_less_is_at_once() {
    for tolerations in ["fire=0", "fire=-5"] {
        let shown = Story::new(tolerations).look(0, "fire");
        assert!(shown.contains("delete pods p"), "{shown}");
    }
}
#[test]
fn the_first_toleration_that_covers_a_taint_counts() {
    assert_eq!(Story::new("fire=60 fire=5").look(0, "fire"), "wake after 60s\n");
}
#[test]
fn the_shortest_of_several_times_counts_whenever_its_taint_came() {
    let mut story = Story::new("a=300 b=10");
    assert_eq!(story.look(0, "a b"), "wake after 10s\n");
    let mut story = Story::new("a=300 b=10");
    assert_eq!(story.look(0, "a"), "wake after 300s\n");
    assert_eq!(story.look(100, "a b"), "wake after 10s\n");
}
#[test]
fn a_pod_is_spared_when_the_taint_goes_that_doomed_it_even_if_others_stay() {
    Story::new("a=300 b").tell(
        &[(0, "a b"), (200, "b"), (300, "b")],
        expect![[r#"
        0: wake after 300s
        200: announce # nothing drives it from its node any more
          Normal TaintManagerEviction: Cancelling deletion of Pod shop/p
        300: "#]],
    );
    Story::new("a=300").tell(
        &[(0, "a"), (200, "")],
        expect![[r#"
        0: wake after 300s
        200: announce # nothing drives it from its node any more
          Normal TaintManagerEviction: Cancelling deletion of Pod shop/p
        ends
    "#]],
    );
}
#[test]
fn a_taint_that_says_when_it_came_is_believed_unless_that_is_yet_to_come() {
    assert_eq!(Story::new("a=300").look(0, "a@100"), "wake after 200s\n");
    let mut story = Story::new("a=300");
    assert_eq!(story.look(0, "a@-500"), "wake after 300s\n");
    assert_eq!(story.look(50, "a@-500"), "wake after 250s\n");
}
#[test]
fn a_pod_that_came_after_the_taint_has_its_whole_time() {
    let mut young = pod("a=300");
    young["status"]["conditions"] =
        json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": now()}]);
    let view = view("a@1000", young);
    let key = ObjectKey::new("shop", "p");
    let Observation::Ready(observed) = Eviction::observe(&view, &key, &Answers::default()) else {
        panic!("it is there")
    };
    let plan = Eviction::plan(&mut Memory::default(), &observed, now());
    assert_eq!(show(&plan), "wake after 300s\n");
}
#[test]
fn nobody_leaves_for_a_taint_that_a_live_read_does_not_find() {
    let mut story = Story { live: Some(""), ..Story::new("") };
    assert_eq!(story.look(0, "fire"), "asks\n");
    story.live = Some("no node");
    assert_eq!(story.look(1, "fire"), "asks\n");
    story.live = None;
    story.is_replaced = true;
    assert_eq!(story.look(2, "fire"), "asks\n");
    story.is_replaced = false;
    story.is_cut_off = true;
    assert_eq!(story.look(3, "fire"), "asks\nwake after 1s\n");
}
#[test]
fn a_pod_that_goes_or_has_finished_is_left_alone() {
    for (field, value) in
        [("/metadata/deletionTimestamp", json!(now())), ("/status/phase", json!("Succeeded"))]
    {
        let mut gone = pod("");
        let (parent, name) = field.rsplit_once('/').expect("a path");
        gone.pointer_mut(parent).expect("it is there")[name] = value;
        let view = view("fire", gone);
        let seen = Eviction::observe(&view, &ObjectKey::new("shop", "p"), &Answers::default());
        assert!(matches!(seen, Observation::Gone), "{field}");
    }
}
#[test]
fn a_pod_that_was_marked_is_only_deleted() {
    let mut marked = pod("");
    marked["status"]["conditions"] = json!([{
        "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
    }]);
    let mut informers = Informers::default();
    let view = Eviction::view(&mut informers);
    fill::<Node>(&mut informers, &[node("fire")]);
    fill::<Pod>(&mut informers, &[marked.clone()]);
    let key = ObjectKey::new("shop", "p");
    let mut answers = Answers::default();
    let read = |resource, key| Read::Object { resource, key };
    answers.insert(read(api::resources::PODS, key.clone()), Ok(marked));
    answers.insert(read(api::resources::NODES, ObjectKey::new("", "node")), Ok(node("fire")));
    let Observation::Ready(observed) = Eviction::observe(&view, &key, &answers) else {
        panic!("it is there")
    };
    let plan = Eviction::plan(&mut Memory::default(), &observed, now());
    expect![[r#"
        announce # it does not tolerate a taint of its node
          Normal TaintManagerEviction: Marking for deletion Pod shop/p
        delete pods p # it does not tolerate a taint of its node
    "#]]
    .assert_eq(&show(&plan));
}
#[test]
fn what_changes_a_time_wakes_it_and_nothing_else() {
    let parse = |pod: Value| Some(Arc::new(Pod::deserialize(pod).expect("sound")));
    let woken = |taints: &str, old: Option<Value>, new: Option<Value>| {
        let mut enqueue = Enqueue::default();
        let change = Change { old: old.and_then(parse), new: new.and_then(parse) };
        pod_changed(&view(taints, pod("")), &change, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!(woken("fire", None, Some(pod(""))), 1);
    assert_eq!(woken("fire", Some(pod("")), Some(pod("fire"))), 1);
    assert_eq!(woken("fire", Some(pod("")), None), 1);
    assert_eq!(woken("fire", Some(pod("")), Some(pod(""))), 0);
    assert_eq!(woken("", None, Some(pod(""))), 0);
    let parse = |taints: &str| Some(Arc::new(Node::deserialize(node(taints)).expect("sound")));
    let woken = |old: &str, new: &str| {
        let mut enqueue = Enqueue::default();
        let change = Change { old: parse(old), new: parse(new) };
        node_changed(&view(new, pod("")), &change, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!([woken("", "fire"), woken("fire", ""), woken("a@5", "a@4")], [1; 3]);
    assert_eq!(woken("fire", "fire"), 0);
}
