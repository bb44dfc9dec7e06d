//! The kubelets' part in a node's life: its Lease is renewed, its status kept fresh. Nodes with the
//! label `ghost` are left alone.

use std::{fmt, sync::Arc, time::Duration};

use api::{
    resources::LEASES,
    views::{Lease, Node},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::json;

use self::{failure::Failure, status::status};
use crate::GHOST_LABEL;

pub(crate) mod failure;
mod register;
mod status;
#[cfg(test)]
mod tests;

pub use failure::{FAILURE_ANNOTATION, FAILURE_ENDS_ANNOTATION, Failure as NodeFailure};
pub use register::registration;

const LEASE_NAMESPACE: &str = "kube-node-lease";
/// The kubelet's: a Lease lasts 40 s and is renewed after a quarter of that.
const LEASE_SECONDS: i32 = 40;
const RENEW_AFTER: Duration = Duration::from_secs(10);
/// The kubelet reports an unchanged status this often.
const REPORT_AFTER: Duration = Duration::from_mins(5);

/// All simulated kubelets' care for their nodes, with a key per node.
#[derive(Debug)]
pub struct NodeAgent;

/// Caches of nodes and their Leases.
pub struct View {
    nodes: Arc<Cache<Node>>,
    leases: Arc<Cache<Lease>>,
}

/// A node and its Lease.
#[derive(Debug)]
pub struct NodeWithLease {
    node: Arc<Node>,
    lease: Option<Arc<Lease>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    LeaseMissing,
    LeaseDue,
    StatusDue,
    FailureOver,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaseMissing => "the node has no lease",
            Self::LeaseDue => "the lease is due for renewal",
            Self::StatusDue => "the status is due for a report",
            Self::FailureOver => "the node was to fail until now",
        })
    }
}

impl Controller for NodeAgent {
    const NAME: &'static str = "node-agent";
    const QUEUE: &'static str = "node_agent";
    const EVENT_SOURCE: &'static str = "kubelet";
    type Key = Text;
    type Observed = NodeWithLease;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { nodes: informers.cache::<Node>(), leases: informers.cache::<Lease>() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Node>(|_, change: &Change<Node>, enqueue: &mut Enqueue<Text>| {
            if let Some(node) = &change.new {
                enqueue.add(node.metadata.name.clone());
            }
        });
    }
    fn observe(view: &View, key: &Text, _answers: &Answers) -> Observation<NodeWithLease> {
        let node = view.nodes.get(&ObjectKey::new("", key.clone()));
        let Some(node) = node.filter(|node| !node.metadata.labels.contains_key(GHOST_LABEL)) else {
            return Observation::Gone;
        };
        let lease = view.leases.get(&ObjectKey::new(LEASE_NAMESPACE, key.clone()));
        Observation::Ready(NodeWithLease { node, lease })
    }
    fn plan(_memory: &mut (), observed: &NodeWithLease, now: Time) -> Plan<Why> {
        let failure = failure::of(&observed.node);
        if let Some(ends) = failure::ends(&observed.node).filter(|_| failure.is_some()) {
            if ends <= now {
                return failure::end(&observed.node);
            }
            let mut plan = act(observed, failure, now);
            plan.wake(ends.since(now));
            return plan;
        }
        act(observed, failure, now)
    }
    fn describe(observed: &NodeWithLease, _now: Time) -> Vec<String> {
        let conditions = observed.node.status.conditions.iter();
        let mut lines: Vec<String> = conditions
            .map(|condition| format!("condition: {}={:?}", condition.kind, condition.status))
            .collect();
        let renewed = observed.lease.as_ref().and_then(|lease| lease.spec.renew_time);
        lines.push(
            renewed.map_or("lease: none".to_owned(), |time| format!("lease: renewed at {time}")),
        );
        lines
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == api::resources::NODES).then(|| key.name.clone())
    }
}

fn act(observed: &NodeWithLease, failure: Option<Failure>, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    if failure != Some(Failure::Unreachable) {
        renew(&mut plan, observed, now);
        report(&mut plan, &observed.node, failure, now);
    }
    plan
}

fn renew(plan: &mut Plan<Why>, observed: &NodeWithLease, now: Time) {
    let Some(lease) = &observed.lease else {
        plan.step(Step::new(create_lease(&observed.node, now), Why::LeaseMissing));
        plan.wake(RENEW_AFTER);
        return;
    };
    let renewed = lease.spec.renew_time.unwrap_or_default();
    let due = renewed + RENEW_AFTER;
    // A renewal that lies far ahead was made before the clock was set back.
    if renewed <= now + RENEW_AFTER && now < due {
        plan.wake(due.since(now));
        return;
    }
    let action = Action::Patch {
        target: Target::of(&**lease),
        kind: PatchKind::Merge,
        patch: json!({"spec": {"renewTime": now.to_micro_string()}}),
        subresource: "",
        guard: Guard::Uid,
    };
    plan.step(Step::new(action, Why::LeaseDue));
    plan.wake(RENEW_AFTER);
}

fn create_lease(node: &Node, now: Time) -> Action {
    let metadata = &node.metadata;
    Action::Create {
        resource: LEASES,
        namespace: LEASE_NAMESPACE.into(),
        object: json!({
            "metadata": {
                "name": metadata.name, "namespace": LEASE_NAMESPACE,
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Node", "name": metadata.name, "uid": metadata.uid,
                }],
            },
            "spec": {
                "holderIdentity": metadata.name, "leaseDurationSeconds": LEASE_SECONDS,
                "renewTime": now.to_micro_string(),
            },
        }),
    }
}

fn report(plan: &mut Plan<Why>, node: &Node, failure: Option<Failure>, now: Time) {
    let ready = node.condition("Ready");
    let heard = ready.and_then(|ready| ready.last_heartbeat_time).unwrap_or_default();
    let due = heard + REPORT_AFTER;
    if status::is_said(ready, failure) && heard <= now + REPORT_AFTER && now < due {
        plan.wake(due.since(now));
        return;
    }
    let action = Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Strategic,
        patch: json!({"status": status(&node.metadata.name, &node.status.conditions, failure, now)}),
        subresource: "status",
        guard: Guard::Uid,
    };
    plan.step(Step::new(action, Why::StatusDue));
    plan.wake(REPORT_AFTER);
}
