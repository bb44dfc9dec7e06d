//! [`NodeWithLease`] → [`Plan`]: all control flow.

use std::{sync::Arc, time::Duration};

use api::views::{Node, Status};
use meta::time::Time;
use runtime::{Event, EventType, Plan, Stage, Step, Target, When};

use super::{
    Memory, NodeWithLease, Why,
    heartbeat::Record,
    labels,
    observe::{LiveLease, read},
    taints, unknown,
};
use crate::{
    nodelifecycle::metrics::NODE_SECONDS,
    shared::{nodes::set_taints, tell::announce},
};

pub(super) fn plan(memory: &mut Memory, observed: &NodeWithLease, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let Some(node) = &observed.node else {
        plan.stages.extend(memory.0.take().map(|record| goes(record.node)));
        plan.ends = true;
        return plan;
    };
    plan.measure(When::Always, NODE_SECONDS.took([]));
    let record = record(&mut plan, memory, node, now);
    record.look(observed, node, now);
    match judge(record, observed, node) {
        Verdict::Alive(left) => plan.wake(record.look_again(left)),
        Verdict::Ask => return Plan::ask(vec![read(&observed.name)]),
        Verdict::Silent => {
            plan.step(unknown::mark(node, now));
            return plan;
        }
        Verdict::Known => {}
    }
    if let Some(taints) = taints::wanted(node, now) {
        plan.step(Step::new(set_taints(node, &taints), Why::Tainted));
    }
    if let Some(action) = labels::agree(node) {
        plan.step(Step::new(action, Why::Labelled));
    }
    plan
}

enum Verdict {
    /// Nothing is wrong for so long.
    Alive(Duration),
    /// It seems silent: its lease is to be read live.
    Ask,
    /// It is silent.
    Silent,
    /// It is silent, and the node says so already.
    Known,
}

/// Silence counts only if it is still there after a while, and in the server's own words.
fn judge(record: &mut Record, observed: &NodeWithLease, node: &Node) -> Verdict {
    let monitor = observed.monitor;
    let limit = match node.ready() {
        Some(Status::Unknown) => return Verdict::Known,
        Some(Status::True | Status::False) => monitor.grace,
        None => monitor.startup_grace,
    };
    let left = record.left(limit);
    if !left.is_zero() {
        return Verdict::Alive(left);
    }
    if !record.is_suspect {
        record.is_suspect = true;
        return Verdict::Alive(monitor.period);
    }
    match observed.live {
        LiveLease::NotRead => Verdict::Ask,
        LiveLease::Unanswered => Verdict::Alive(monitor.period),
        LiveLease::Missing => Verdict::Silent,
        LiveLease::Renewed(time) => {
            let is_news = record.hear_live(time);
            if is_news { Verdict::Alive(limit) } else { Verdict::Silent }
        }
    }
}

/// The node's record: a new one if there is none of this very node.
fn record<'a>(
    plan: &mut Plan<Why>,
    memory: &'a mut Memory,
    node: &Arc<Node>,
    now: Time,
) -> &'a mut Record {
    let former = memory.0.take();
    let (same, other) = match former {
        Some(record) if record.is_of(&node.metadata.uid) => (Some(record), None),
        other => (None, other),
    };
    plan.stages.extend(other.map(|record| goes(record.node)));
    memory.0.insert(same.unwrap_or_else(|| {
        plan.step(comes(node));
        Record::new(node, now)
    }))
}

fn comes(node: &Arc<Node>) -> Step<Why> {
    let name = &node.metadata.name;
    let message = format!("Node {name} event: Registered Node {name} in Controller");
    announce(tell(Target::of(&**node), "RegisteredNode", message), Why::New)
}

fn goes(node: Target) -> Stage<Why> {
    let name = &node.key.name;
    let message = format!("Node {name} event: Removing Node {name} from Controller");
    Stage::One(announce(tell(node, "RemovingNode", message), Why::Gone))
}

fn tell(regarding: Target, reason: &'static str, message: String) -> Event {
    Event { regarding, kind: EventType::Normal, reason, message }
}
