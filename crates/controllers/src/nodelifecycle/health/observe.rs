//! Caches → [`NodeWithLease`]: reads, decides nothing.

use std::{fmt, sync::Arc};

use api::{
    resources::LEASES,
    views::{Lease, Node},
};
use meta::{object::ObjectKey, text::Text, time::Time};
use runtime::{Answers, Read};
use serde::Deserialize;

use super::{LEASE_NAMESPACE, NodeMonitor, View};

/// A node, if it is there, with what tells of its life.
pub struct NodeWithLease {
    pub(super) name: Text,
    pub(super) node: Option<Arc<Node>>,
    pub(super) lease: Option<Arc<Lease>>,
    pub(super) live: LiveLease,
    pub(super) monitor: NodeMonitor,
}

/// What a live read of the lease found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiveLease {
    /// It was not asked for.
    NotRead,
    /// It was renewed then, if ever.
    Renewed(Option<Time>),
    /// There is none.
    Missing,
    /// The server did not say.
    Unanswered,
}

pub(super) fn observe(view: &View, name: &Text, answers: &Answers) -> NodeWithLease {
    let lease = view.leases.get(&ObjectKey::new(LEASE_NAMESPACE, name.clone()));
    NodeWithLease {
        node: view.nodes.get(&ObjectKey::new("", name.clone())),
        lease,
        live: live(answers, name),
        monitor: view.monitor,
        name: name.clone(),
    }
}

/// How the lease is read live.
pub(super) fn read(name: &Text) -> Read {
    Read::Object { resource: LEASES, key: ObjectKey::new(LEASE_NAMESPACE, name.clone()) }
}

fn live(answers: &Answers, name: &Text) -> LiveLease {
    match answers.get(&read(name)) {
        None => LiveLease::NotRead,
        Some(Ok(lease)) => Lease::deserialize(lease)
            .map_or(LiveLease::Unanswered, |lease| LiveLease::Renewed(lease.spec.renew_time)),
        Some(Err(error)) if error.is_not_found() => LiveLease::Missing,
        Some(Err(_)) => LiveLease::Unanswered,
    }
}

/// One fact a line.
pub(super) fn describe(observed: &NodeWithLease, now: Time) -> Vec<String> {
    let Some(node) = &observed.node else { return vec!["node: gone".to_owned()] };
    let conditions = node.status.conditions.iter();
    let mut lines: Vec<String> = conditions
        .map(|condition| {
            let reason = &condition.reason;
            format!("condition: {}={:?} {reason}", condition.kind, condition.status)
        })
        .collect();
    let renewed = observed.lease.as_ref().and_then(|lease| lease.spec.renew_time);
    lines.push(match renewed {
        Some(time) => format!("lease: renewed {} s ago", now.since(time).as_secs()),
        None => "lease: none".to_owned(),
    });
    let grace = observed.monitor.grace.as_secs();
    lines.push(format!("patience: {grace} s without a sign of life"));
    let taints = node.spec.taints.iter();
    lines.extend(taints.map(|taint| format!("taint: {}:{:?}", taint.key, taint.effect)));
    lines
}

impl fmt::Debug for NodeWithLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.node.as_ref().map(|node| node.ready());
        write!(f, "{}: ready {ready:?}, live lease {:?}", self.name, self.live)
    }
}
