//! A scheduler turn by turn.

use runtime::{ApiError, ClientError};
use serde_json::Value;

use super::*;

struct Rig {
    scheduler: Scheduler,
    pods: BTreeMap<String, Arc<Pod>>,
}

impl Rig {
    fn new(nodes: &[&str]) -> Self {
        let inbox = Arc::new(Mutex::new(Vec::new()));
        let scheduler = Scheduler::with_plugins(inbox, plugins::default_profile());
        let rig = Self { scheduler, pods: BTreeMap::new() };
        for name in nodes {
            let status = json!({"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "10"}});
            let node = json!({"metadata": {"name": name}, "status": status});
            let new = Some(Arc::new(serde_json::from_value(node).expect("a node")));
            rig.scheduler.inbox.lock().push(Noted::Node(Change { old: None, new }));
        }
        rig
    }
    fn pod(&mut self, name: &str, node: &str) {
        let requests = json!({"cpu": "600m"});
        let spec = json!({
            "schedulerName": "default-scheduler", "nodeName": node,
            "containers": [{"resources": {"requests": requests}}],
        });
        let metadata = json!({"name": name, "namespace": "n", "uid": name});
        let pod = serde_json::from_value(json!({"metadata": metadata, "spec": spec}));
        let new = Arc::new(pod.expect("a pod"));
        let old = self.pods.insert(name.to_owned(), Arc::clone(&new));
        self.scheduler.inbox.lock().push(Noted::Pod(Change { old, new: Some(new) }));
    }
    fn gone(&mut self, name: &str) {
        let old = self.pods.remove(name);
        self.scheduler.inbox.lock().push(Noted::Pod(Change { old, new: None }));
    }
    fn turn(&mut self, seconds: i64) -> Vec<(Ticket, String)> {
        let turn = self.scheduler.turn(Time::from_seconds(seconds));
        turn.steps.into_iter().map(|(ticket, step)| (ticket, step.why.to_string())).collect()
    }
    fn whys(&mut self, seconds: i64) -> Vec<String> {
        self.turn(seconds).into_iter().map(|(_, why)| why).collect()
    }
}

const FULL: &str = "no node fits: 0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 \
                    nodes are available: 1 No preemption victims found for incoming pod.";

#[test]
fn an_assumed_pod_takes_its_place_at_once() {
    let mut rig = Rig::new(&["a"]);
    rig.pod("one", "");
    rig.pod("two", "");
    assert_eq!(rig.whys(0), ["a is the best node that fits", FULL]);
}

#[test]
fn a_pod_that_did_not_fit_is_bound_when_another_goes() {
    let mut rig = Rig::new(&["a"]);
    rig.pod("one", "a");
    rig.pod("two", "");
    assert_eq!(rig.whys(0), [FULL]);
    assert!(rig.whys(5).is_empty());
    rig.gone("one");
    assert_eq!(rig.whys(6), ["a is the best node that fits"]);
}

#[test]
fn a_refused_binding_is_tried_again_after_its_back_off() {
    let mut rig = Rig::new(&["a"]);
    rig.pod("one", "");
    let (ticket, _) = rig.turn(0).remove(0);
    let refusal = ApiError {
        code: 500,
        reason: "InternalError".into(),
        message: "no".into(),
        causes: Vec::new(),
        retry_after: None,
    };
    let outcome: Result<Value, ClientError> = Err(refusal.into());
    rig.scheduler.outcome(ticket, &outcome, Time::from_seconds(0));
    assert_eq!(rig.whys(1), ["a is the best node that fits"]);
}

#[test]
fn a_refused_binding_of_a_pod_that_is_gone_is_not_tried_again() {
    let mut rig = Rig::new(&["a"]);
    rig.pod("one", "");
    let (ticket, _) = rig.turn(0).remove(0);
    rig.gone("one");
    assert!(rig.whys(0).is_empty());
    let reason = "cut".to_owned();
    let outcome = Err(ClientError::NoAnswer { reason });
    rig.scheduler.outcome(ticket, &outcome, Time::from_seconds(0));
    assert!(rig.whys(60).is_empty());
}

#[test]
fn pods_of_other_schedulers_are_left_alone() {
    let mut rig = Rig::new(&["a"]);
    let pod = json!({"metadata": {"name": "x", "uid": "x"}, "spec": {"schedulerName": "other"}});
    let new = Some(Arc::new(serde_json::from_value(pod).expect("a pod")));
    rig.scheduler.inbox.lock().push(Noted::Pod(Change { old: None, new }));
    assert!(rig.whys(0).is_empty());
}
