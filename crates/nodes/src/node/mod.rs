//! The kubelets' part in a node's life: its Lease is renewed, its status kept fresh. Nodes with the
//! label `ghost` are left alone.

use std::{fmt, sync::Arc, time::Duration};

use api::{
    resources::LEASES,
    views::{Condition, Lease, Node, Status},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::{Value, json};

use crate::{GHOST_LABEL, node_address};

mod register;
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
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaseMissing => "the node has no lease",
            Self::LeaseDue => "the lease is due for renewal",
            Self::StatusDue => "the status is due for a report",
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
        let mut plan = Plan::rest();
        renew(&mut plan, observed, now);
        report(&mut plan, &observed.node, now);
        plan
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

fn renew(plan: &mut Plan<Why>, observed: &NodeWithLease, now: Time) {
    let Some(lease) = &observed.lease else {
        plan.step(Step::new(create_lease(&observed.node, now), Why::LeaseMissing));
        plan.wake(RENEW_AFTER);
        return;
    };
    let due = lease.spec.renew_time.unwrap_or_default() + RENEW_AFTER;
    if now < due {
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

fn report(plan: &mut Plan<Why>, node: &Node, now: Time) {
    let ready = node.status.conditions.iter().find(|condition| condition.kind == "Ready");
    let heard = ready.and_then(|ready| ready.last_heartbeat_time).unwrap_or_default();
    let is_ready = ready.is_some_and(|ready| ready.status == Status::True);
    let due = heard + REPORT_AFTER;
    if is_ready && now < due {
        plan.wake(due.since(now));
        return;
    }
    let action = Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Strategic,
        patch: json!({"status": status(&node.metadata.name, &node.status.conditions, now)}),
        subresource: "status",
        guard: Guard::Uid,
    };
    plan.step(Step::new(action, Why::StatusDue));
    plan.wake(REPORT_AFTER);
}

const CONDITIONS: [(&str, Status, &str, &str); 4] = [
    (
        "MemoryPressure",
        Status::False,
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", Status::False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    (
        "PIDPressure",
        Status::False,
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    ("Ready", Status::True, "KubeletReady", "kubelet is posting ready status"),
];

/// A healthy node's status.
fn status(name: &str, known: &[Condition], now: Time) -> Value {
    let conditions = CONDITIONS.iter().map(|(kind, status, reason, message)| {
        let known = known.iter().find(|known| known.kind == **kind && known.status == *status);
        let since = known.and_then(|known| known.last_transition_time).unwrap_or(now);
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now.to_string(), "lastTransitionTime": since.to_string(),
        })
    });
    let resources =
        json!({"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "110"});
    json!({
        "conditions": Value::Array(conditions.collect()),
        "addresses": [
            {"type": "InternalIP", "address": node_address(name).to_string()},
            {"type": "Hostname", "address": name},
        ],
        "capacity": resources, "allocatable": resources,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "osImage": "Pilothouse simulated node",
            "kernelVersion": "6.1.0", "containerRuntimeVersion": "pilothouse://0.1.0",
            "kubeletVersion": "v1.37.2", "kubeProxyVersion": "",
            "machineID": name, "systemUUID": name, "bootID": name,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_at(node: Value, lease: Option<Value>, seconds: i64) -> Vec<Why> {
        let observed = NodeWithLease {
            node: Arc::new(serde_json::from_value(node).expect("a node")),
            lease: lease.map(|lease| Arc::new(serde_json::from_value(lease).expect("a lease"))),
        };
        let plan = NodeAgent::plan(&mut (), &observed, Time::from_seconds(seconds));
        plan.steps().map(|step| step.why).collect()
    }

    fn healthy() -> Value {
        json!({"metadata": {"name": "node-0"}, "status": status("node-0", &[], Time::from_seconds(0))})
    }
    fn lease() -> Value {
        json!({"metadata": {"name": "node-0"}, "spec": {"renewTime": "1970-01-01T00:00:00.000000Z"}})
    }

    #[test]
    fn a_new_node_gets_a_lease_and_a_status() {
        let node = json!({"metadata": {"name": "node-0"}});
        assert_eq!(plan_at(node, None, 0), [Why::LeaseMissing, Why::StatusDue]);
    }

    #[test]
    fn a_healthy_node_is_left_alone_until_its_lease_is_due() {
        assert_eq!(plan_at(healthy(), Some(lease()), 9), []);
        assert_eq!(plan_at(healthy(), Some(lease()), 10), [Why::LeaseDue]);
        assert_eq!(plan_at(healthy(), Some(lease()), 300), [Why::LeaseDue, Why::StatusDue]);
    }
}
