//! A scheduler turn by turn.

use runtime::{ApiError, ClientError};
use serde_json::{Value, json};

use super::*;

struct Rig {
    scheduler: Scheduler,
    pods: BTreeMap<String, Arc<Pod>>,
}

impl Rig {
    fn new(nodes: &[&str]) -> Self {
        Self::with(nodes, &Settings::default())
    }
    fn with(nodes: &[&str], settings: &Settings) -> Self {
        let built = settings.build(&mut Informers::default()).expect("a scheduler");
        let scheduler = Scheduler::of(Inbox::default(), built, (1, None));
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
        self.pod_of((name, node), json!({}));
    }
    /// A pod that says more in its specification.
    fn pod_of(&mut self, (name, node): (&str, &str), more: Value) {
        let requests = json!({"cpu": "600m"});
        let mut spec = json!({
            "schedulerName": "default-scheduler", "nodeName": node,
            "containers": [{"resources": {"requests": requests}}],
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            spec[field] = value.clone();
        }
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
    let failed = "no node fits: running Bind plugin \"DefaultBinder\": ";
    let whys = rig.whys(1);
    assert!(whys.len() == 1 && whys[0].starts_with(failed), "{whys:?}");
    assert_eq!(rig.whys(2), ["a is the best node that fits"]);
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

/// The steps of a turn, as the actions that they take.
fn actions(rig: &mut Rig, seconds: i64) -> Vec<(Ticket, String)> {
    let turn = rig.scheduler.turn(Time::from_seconds(seconds));
    let action = |step: &Step<Why>| match &step.action {
        Action::Patch { target, patch, .. } => format!("patch {} {}", target.key, patch["status"]),
        Action::Delete { target, .. } => format!("delete {}", target.key),
        Action::CreateSubresource { target, subresource, .. } => {
            format!("{subresource} {}", target.key)
        }
        Action::Create { .. }
        | Action::Replace { .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => format!("{:?}", step.action),
    };
    turn.steps.iter().map(|(ticket, step)| (*ticket, action(step))).collect()
}

#[test]
fn a_more_important_pod_has_others_evicted_and_takes_their_place() {
    let mut rig = Rig::new(&["a"]);
    rig.pod_of(("low", "a"), json!({"priority": 1}));
    rig.pod_of(("high", ""), json!({"priority": 10}));
    let steps = actions(&mut rig, 0);
    assert_eq!(steps.len(), 2, "{steps:?}");
    let [(condemned, first), (_, second)] = [&steps[0], &steps[1]];
    assert!(first.starts_with("patch n/low") && first.contains("DisruptionTarget"), "{first}");
    assert!(second.contains("\"nominatedNodeName\":\"a\""), "{second}");
    assert!(second.contains("preempting 1 victims"), "{second}");

    let done = Ok(Value::Null);
    rig.scheduler.outcome(*condemned, &done, Time::from_seconds(0));
    let steps = actions(&mut rig, 0);
    assert_eq!(steps[0].1, "delete n/low");
    rig.scheduler.outcome(steps[0].0, &done, Time::from_seconds(0));
    rig.gone("low");
    assert_eq!(actions(&mut rig, 1)[0].1, "binding n/high");
}

#[test]
fn a_pod_of_the_same_importance_does_not_get_the_nominated_place() {
    let mut rig = Rig::new(&["a"]);
    rig.pod_of(("low", "a"), json!({"priority": 1}));
    rig.pod_of(("high", ""), json!({"priority": 10}));
    let (condemned, _) = actions(&mut rig, 0).remove(0);
    rig.gone("low");
    rig.pod_of(("other", ""), json!({"priority": 10}));
    let steps = actions(&mut rig, 1);
    assert!(!steps.iter().any(|(_, step)| step == "binding n/other"), "{steps:?}");
    let done = Ok(Value::Null);
    rig.scheduler.outcome(condemned, &done, Time::from_seconds(1));
    let evict = actions(&mut rig, 1).remove(0);
    assert_eq!(evict.1, "delete n/low");
    rig.scheduler.outcome(evict.0, &done, Time::from_seconds(1));
    let steps = actions(&mut rig, 2);
    assert!(steps.iter().any(|(_, step)| step == "binding n/high"), "{steps:?}");
}

mod permits {
    //! A plugin that lets pods wait.

    use std::time::Duration;

    use super::*;
    use crate::{
        Configuration,
        framework::{CycleState, Permit, Plugin, Point, Registry, Rejection},
    };

    #[derive(Debug)]
    struct Doorkeeper;

    impl Plugin for Doorkeeper {
        fn name(&self) -> &'static str {
            "Doorkeeper"
        }
        fn points(&self) -> &'static [Point] {
            &[Point::Permit]
        }
        fn permit(&self, _: &CycleState, _: &Pod, _: &Text) -> Result<Permit, Rejection> {
            Ok(Permit::Wait(Duration::from_secs(10)))
        }
    }

    fn rig() -> Rig {
        let yaml = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n\
                    profiles:\n- plugins: {permit: {enabled: [{name: Doorkeeper}]}}\n";
        let configuration = Configuration::parse(yaml).expect("a configuration");
        let registry = Registry::built_in().with("Doorkeeper", |_, _| Ok(Arc::new(Doorkeeper)));
        Rig::with(&["a"], &Settings::new(configuration, registry).expect("settings"))
    }

    #[test]
    fn a_pod_is_bound_when_it_is_allowed_and_keeps_its_place_until_then() {
        let mut rig = rig();
        rig.pod("one", "");
        rig.pod("two", "");
        let steps = actions(&mut rig, 0);
        assert_eq!(steps[0].1, "patch n/one {\"nominatedNodeName\":\"a\"}");
        assert!(steps[1].1.contains("Insufficient cpu"), "{steps:?}");
        assert_eq!(rig.scheduler.handle.waiting().len(), 1);
        rig.scheduler.handle.allow(&"one".into(), "Doorkeeper");
        assert_eq!(actions(&mut rig, 1)[0].1, "binding n/one");
        assert!(rig.scheduler.handle.waiting().is_empty());
    }

    #[test]
    fn a_pod_gives_its_place_back_when_it_is_rejected_or_nobody_answers() {
        let mut rig = rig();
        rig.pod("one", "");
        actions(&mut rig, 0);
        let turn = rig.scheduler.turn(Time::from_seconds(1));
        assert_eq!(turn.wake_after, Some(Duration::from_secs(9)));
        let late = actions(&mut rig, 10);
        let text = "rejected due to timeout after waiting 10s at plugin Doorkeeper";
        assert!(late[0].1.contains(text), "{late:?}");
        rig.scheduler.handle.activate(ObjectKey::new("n", "one"));
        actions(&mut rig, 20);
        rig.scheduler.handle.reject(&"one".into(), "Doorkeeper", "the house is full");
        let rejected = actions(&mut rig, 21);
        assert!(rejected[0].1.contains("0/1 nodes are available: 1 the house is full."));
    }
}
