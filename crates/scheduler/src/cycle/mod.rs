//! One pod's way through the plugins: filter, score, reserve, permit.

mod filter;
mod score;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use api::views::Pod;
use meta::text::Text;

use crate::{
    Snapshot,
    dice::Dice,
    framework::{
        Code, CycleState, Filters, Nomination, Permit, Plugin, Point, PostFilter, Profile,
        Rejection, Trial,
    },
    message,
    metrics::{Meter, status_of},
    nominator::Nominator,
};

use filter::Filtered;

/// What a cycle found.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The pod goes to this node when these plugins have allowed it, each within its time; at once if
    /// there are none.
    Take { node: Text, state: CycleState, waits: Vec<(&'static str, Duration)> },
    /// No node fits.
    Unschedulable(Refusal),
    /// Something failed, or there is no node at all.
    Failed { message: String, reason: &'static str },
}

/// Why no node fits, and what was done about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) by: BTreeSet<&'static str>,
    pub(crate) pending: BTreeSet<&'static str>,
    pub(crate) nominated: Nominated,
}

/// What becomes of a pod's nominated node.
#[derive(Debug)]
pub(crate) enum Nominated {
    /// It stays as it is.
    Keep,
    /// It is given up.
    Clear,
    /// It is this one.
    Set(Nomination),
}

/// What changes from cycle to cycle.
#[derive(Debug)]
pub(crate) struct Chance {
    /// Which node is looked at first; moves on so that all nodes take turns.
    pub(crate) start: usize,
    /// Who wins among equals.
    pub(crate) dice: Dice,
}

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { start: 0, dice: Dice::new(seed) }
    }
}

/// What one cycle looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cycle<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) nominator: &'a Nominator,
    pub(crate) pod: &'a Arc<Pod>,
}

/// The longest time that a plugin may ask for at Permit.
const PERMIT_WAIT_MAX: Duration = Duration::from_mins(15);
/// Reasons of the condition `PodScheduled`.
const UNSCHEDULABLE: &str = "Unschedulable";
const FAILED: &str = "SchedulerError";

impl Cycle<'_> {
    /// Finds the best node for the pod.
    pub(crate) fn run(self, chance: &mut Chance, meter: &mut Meter) -> Decision {
        if self.snapshot.is_empty() {
            let message = message::NO_NODES.to_owned();
            return Decision::Failed { message, reason: UNSCHEDULABLE };
        }
        let mut state = CycleState::default();
        let filtered = match self.filter(&mut state, chance, meter) {
            Ok(filtered) => filtered,
            Err(message) => return Decision::Failed { message, reason: FAILED },
        };
        if filtered.feasible.is_empty() {
            return self.nowhere(&state, filtered, meter);
        }
        let node = match self.best(&mut state, &filtered.feasible, chance, meter) {
            Ok(node) => node.name().clone(),
            Err(message) => return Decision::Failed { message, reason: FAILED },
        };
        self.take(state, node, meter)
    }

    /// No node fits: what can be done about it?
    fn nowhere(self, state: &CycleState, filtered: Filtered<'_>, meter: &mut Meter) -> Decision {
        let Filtered { filters, rejected, narrowed_by, whole, .. } = filtered;
        let mut message = match &whole {
            Some(rejection) => message::whole(self.snapshot.len(), &rejection.text()),
            None => message::fit_error(self.snapshot.len(), &rejected),
        };
        let mut by: BTreeSet<&'static str> = narrowed_by.into_iter().collect();
        let mut pending = BTreeSet::new();
        for rejection in rejected.iter().map(|(_, rejection)| rejection).chain(&whole) {
            by.insert(rejection.plugin);
            if rejection.code == Code::Pending {
                pending.insert(rejection.plugin);
            }
        }
        let (nominated, tail) = self.post_filter(state, &filters, &rejected, meter);
        if !tail.is_empty() {
            message.push(' ');
            message.push_str(&tail);
        }
        Decision::Unschedulable(Refusal { message, by, pending, nominated })
    }

    fn post_filter(
        self,
        state: &CycleState,
        filters: &Filters<'_>,
        rejected: &[(Text, Rejection)],
        meter: &mut Meter,
    ) -> (Nominated, String) {
        let Self { snapshot, nominator, pod, .. } = self;
        let trial = Trial { pod, state, snapshot, rejected, filters, nominator };
        let plugins = self.profile.at(Point::PostFilter);
        for plugin in plugins {
            meter.asked(plugin.name(), Point::PostFilter);
        }
        let status = |(nominated, _): &(Nominated, String)| match nominated {
            Nominated::Set(_) => "Success",
            Nominated::Keep | Nominated::Clear => Code::Unschedulable.name(),
        };
        meter.point(Point::PostFilter, status, |_| remedy(plugins, &trial))
    }

    /// Reserve and permit.
    fn take(self, mut state: CycleState, node: Text, meter: &mut Meter) -> Decision {
        let reserved = meter.point(Point::Reserve, status_of, |meter| {
            self.profile.at(Point::Reserve).iter().try_for_each(|plugin| {
                let at = (plugin.name(), Point::Reserve);
                meter.plugin(at, status_of, || plugin.reserve(&mut state, self.pod, &node))
            })
        });
        let permitted = reserved.and_then(|()| {
            meter.point(Point::Permit, status_of, |meter| self.permit(&state, &node, meter))
        });
        let rejection = match permitted {
            Ok(waits) => return Decision::Take { node, state, waits },
            Err(rejection) => rejection,
        };
        for plugin in self.profile.at(Point::Reserve).iter().rev() {
            plugin.unreserve(&mut state, self.pod, &node);
        }
        refused(&rejection)
    }

    fn permit(
        self,
        state: &CycleState,
        node: &Text,
        meter: &mut Meter,
    ) -> Result<Vec<(&'static str, Duration)>, Rejection> {
        let mut waits = Vec::new();
        for plugin in self.profile.at(Point::Permit) {
            let at = (plugin.name(), Point::Permit);
            match meter.plugin(at, status_of, || plugin.permit(state, self.pod, node))? {
                Permit::Allow => {}
                Permit::Wait(time) => waits.push((plugin.name(), time.min(PERMIT_WAIT_MAX))),
            }
        }
        Ok(waits)
    }
}

/// What the first plugin can do that can do something, and what the others say.
fn remedy(plugins: &[Arc<dyn Plugin>], trial: &Trial<'_>) -> (Nominated, String) {
    let (mut nominated, mut tails) = (Nominated::Clear, Vec::new());
    for plugin in plugins {
        match plugin.post_filter(trial) {
            PostFilter::Nominate(nomination) => {
                let message = nomination.message.clone();
                return (Nominated::Set(nomination), message);
            }
            PostFilter::Nothing(text) => tails.push(text),
            PostFilter::NotNow(text) => {
                nominated = Nominated::Keep;
                tails.push(text);
            }
        }
    }
    tails.retain(|tail| !tail.is_empty());
    (nominated, tails.join(", "))
}

/// The chosen node was refused, at Reserve, Permit, or later.
pub(crate) fn refused(rejection: &Rejection) -> Decision {
    let plugin = rejection.plugin;
    match rejection.code {
        Code::Error => {
            let message = format!("plugin {plugin:?} failed: {}", rejection.text());
            Decision::Failed { message, reason: FAILED }
        }
        Code::Unschedulable | Code::UnschedulableAndUnresolvable | Code::Pending => {
            let message = message::unavailable(1, &rejection.reasons);
            let by = BTreeSet::from([plugin]);
            let pending =
                if rejection.code == Code::Pending { by.clone() } else { BTreeSet::new() };
            Decision::Unschedulable(Refusal { message, by, pending, nominated: Nominated::Clear })
        }
    }
}
