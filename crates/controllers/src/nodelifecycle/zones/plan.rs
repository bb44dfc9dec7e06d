//! [`Nodes`] → [`Plan`]: all control flow.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use api::views::{Node, Status, Taint, TaintEffect};
use meta::{mutants::mutant, object::Uid, text::Text, time::Time};
use runtime::{Plan, Stage, Step, When};

use super::{
    Nodes, Why,
    bucket::Bucket,
    observe::Member,
    state::{Doubt, ZoneState},
};
use crate::{
    nodelifecycle::metrics,
    shared::nodes::{NOT_READY, UNREACHABLE, set_taints},
};

/// A kubelet shows a sign of life every ten seconds: who missed two of them may be on the way down.
const DOUBT_AFTER: Duration = Duration::from_secs(25);

/// How fast each zone was cleared. Lost, one node more may be cleared at once.
#[derive(Debug, Default)]
pub struct Memory {
    zones: BTreeMap<Text, Zone>,
    /// All zones are down.
    all_down: bool,
    /// Nodes have until then to be heard again.
    respite: Option<Time>,
}

#[derive(Debug, Default)]
struct Zone {
    bucket: Bucket,
    /// Nodes whose turn has come and that do not show the taint yet.
    granted: BTreeSet<Uid>,
}

pub(super) fn plan(memory: &mut Memory, nodes: &Nodes, now: Time) -> Plan<Why> {
    let mut plan = Plan { measurements: measure(nodes).measurements, ..decide(memory, nodes, now) };
    plan.measure(When::Always, metrics::ALL_NODES_SECONDS.took([]));
    plan
}

fn measure(nodes: &Nodes) -> Plan<Why> {
    let mut plan = Plan::rest();
    for (zone, members) in &nodes.zones {
        let counted = members.iter().filter(|member| member.is_counted);
        let ready = counted.clone().filter(|member| member.is_ready()).count();
        metrics::zone(&mut plan, zone, counted.count(), ready);
    }
    plan
}

fn decide(memory: &mut Memory, nodes: &Nodes, now: Time) -> Plan<Why> {
    memory.zones.retain(|zone, _| nodes.zones.contains_key(zone));
    if nodes.are_all_down(Doubt::None) && !mutant("hb_33") {
        memory.all_down = true;
        memory.zones.clear();
        return together(nodes.members().filter_map(|member| release(&member.node)).collect());
    }
    if std::mem::take(&mut memory.all_down) {
        memory.respite = Some(now + nodes.monitor.grace);
    }
    let mut plan = Plan::rest();
    if let Some(end) = memory.respite.filter(|end| now < *end) {
        plan.wake(end.since(now));
        return plan;
    }
    memory.respite = None;
    let mut steps = Vec::new();
    for (name, members) in &nodes.zones {
        let zone = memory.zones.entry(name.clone()).or_default();
        let state = ZoneState::of(members, &nodes.monitor, Doubt::None);
        zone.bucket.set_rate(state.rate(members.len(), &nodes.monitor), now);
        let first = steps.len();
        let wait = zone.clear(nodes, members, now, &mut steps);
        for step in &mut steps[first..] {
            step.measure(When::Success, metrics::EVICTIONS.add(1, [name]));
        }
        if let Some(wait) = wait {
            plan.wake(wait);
        }
    }
    Plan { stages: together(steps).stages, ..plan }
}

impl Nodes {
    fn members(&self) -> impl Iterator<Item = &Member> {
        self.zones.values().flatten()
    }
    /// Whether no zone has a node that is ready.
    fn are_all_down(&self, doubt: Doubt) -> bool {
        let state = |members: &Vec<Member>| ZoneState::of(members, &self.monitor, doubt);
        let mut counted =
            self.zones.values().filter(|members| members.iter().any(|member| member.is_counted));
        counted.clone().next().is_some() && counted.all(|members| state(members) == ZoneState::Full)
    }
    /// Whether it would be better to wait until it is clear who else is down.
    fn is_doubtful(&self, members: &[Member], now: Time) -> bool {
        let doubt = Doubt::UnheardSince(now - DOUBT_AFTER);
        let known = ZoneState::of(members, &self.monitor, Doubt::None);
        let feared = ZoneState::of(members, &self.monitor, doubt);
        let is_doubtful =
            self.are_all_down(doubt) || (feared != known && feared == ZoneState::Partial);
        is_doubtful && !mutant("hb_33")
    }
}

impl Zone {
    /// Clears the nodes whose turn has come; answers when the next one's comes.
    fn clear(
        &mut self,
        nodes: &Nodes,
        members: &[Member],
        now: Time,
        steps: &mut Vec<Step<Why>>,
    ) -> Option<Duration> {
        let waiting: Vec<_> = members.iter().filter_map(|member| trouble(&member.node)).collect();
        self.granted.retain(|uid| waiting.iter().any(|it| it.node.metadata.uid == *uid));
        let youngest = waiting.iter().map(|it| it.since).max()?;
        // Whoever is on the way down is known to be by then.
        let clear_by = youngest + nodes.monitor.grace;
        if now < clear_by && nodes.is_doubtful(members, now) {
            return Some(nodes.monitor.period);
        }
        for it in &waiting {
            let uid = &it.node.metadata.uid;
            if !self.granted.contains(uid) && !self.bucket.take(now) {
                return self.bucket.next().map(|next| next.since(now));
            }
            self.granted.insert(uid.clone());
            steps.push(evict(it, now));
        }
        None
    }
}

/// A node in trouble whose pods have not been told to leave.
struct Trouble {
    node: Arc<Node>,
    since: Time,
    why: Why,
}

/// The node's own plan first keeps new pods away: then both do not write it at the same moment.
fn trouble(node: &Arc<Node>) -> Option<Trouble> {
    let ready = node.condition("Ready")?;
    let (key, why) = match ready.status {
        Status::True => return None,
        Status::False => (NOT_READY, Why::NotReady),
        Status::Unknown => (UNREACHABLE, Why::Unreachable),
    };
    let is_told =
        [NOT_READY, UNREACHABLE].iter().any(|key| node.has_taint(key, TaintEffect::NoExecute));
    if is_told || !node.has_taint(key, TaintEffect::NoSchedule) {
        return None;
    }
    let since = ready.last_transition_time.unwrap_or_default();
    Some(Trouble { node: Arc::clone(node), since, why })
}

fn evict(trouble: &Trouble, now: Time) -> Step<Why> {
    let key = if trouble.why == Why::NotReady { NOT_READY } else { UNREACHABLE };
    let mut taints = trouble.node.spec.taints.clone();
    taints.push(Taint {
        key: key.into(),
        effect: TaintEffect::NoExecute,
        time_added: Some(now.whole_seconds()),
        ..Taint::default()
    });
    Step::new(set_taints(&trouble.node, &taints), trouble.why)
}

fn release(node: &Arc<Node>) -> Option<Step<Why>> {
    let is_ours = |taint: &Taint| {
        taint.effect == TaintEffect::NoExecute
            && [NOT_READY, UNREACHABLE].iter().any(|key| taint.key == **key)
    };
    if !node.spec.taints.iter().any(is_ours) {
        return None;
    }
    let others: Vec<Taint> =
        node.spec.taints.iter().filter(|taint| !is_ours(taint)).cloned().collect();
    Some(Step::new(set_taints(node, &others), Why::AllDown))
}

fn together(steps: Vec<Step<Why>>) -> Plan<Why> {
    let stages = if steps.is_empty() { Vec::new() } else { vec![Stage::Together(steps)] };
    Plan { stages, ..Plan::default() }
}
