//! How a zone fares, by how many of its nodes are ready.

use api::views::Status;
use meta::time::Time;

use super::{NodeMonitor, observe::Member};
use crate::nodelifecycle::EvictionRate;

/// More nodes must be down before a part of a zone is.
const UNREADY_MAX: usize = 2;

/// How a zone fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ZoneState {
    #[default]
    Normal,
    /// Much of it is down.
    Partial,
    /// All of it is down.
    Full,
}

/// Whose word counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doubt {
    /// A node is as its conditions say.
    None,
    /// Who was not heard since then is taken for silent.
    UnheardSince(Time),
}

impl Member {
    pub(super) fn is_ready(&self) -> bool {
        self.node.ready() == Some(Status::True)
    }
    fn counts_as_ready(&self, doubt: Doubt) -> bool {
        let is_heard = match doubt {
            Doubt::None => true,
            Doubt::UnheardSince(time) => self.heard.is_some_and(|heard| heard > time),
        };
        self.is_ready() && is_heard
    }
}

impl ZoneState {
    pub(super) fn of(members: &[Member], monitor: &NodeMonitor, doubt: Doubt) -> Self {
        let counted = members.iter().filter(|member| member.is_counted);
        let all = counted.clone().count();
        let ready = counted.filter(|member| member.counts_as_ready(doubt)).count();
        let unready = all - ready;
        if ready == 0 && unready > 0 {
            return Self::Full;
        }
        if unready > UNREADY_MAX && unready * 1000 >= all * monitor.unhealthy_zone {
            return Self::Partial;
        }
        Self::Normal
    }

    /// How fast a zone with so many nodes is cleared of those in trouble.
    pub(super) const fn rate(self, nodes: usize, monitor: &NodeMonitor) -> EvictionRate {
        match self {
            // A zone that is wholly down is worth leaving while there is another.
            Self::Normal | Self::Full => monitor.eviction,
            Self::Partial if nodes > monitor.large_zone => monitor.secondary_eviction,
            Self::Partial => EvictionRate(None),
        }
    }
}
