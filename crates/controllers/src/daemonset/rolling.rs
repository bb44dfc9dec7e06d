//! Outdated pods go as far as the budget allows; with a surge, after their successors have come.

use std::sync::Arc;

use api::views::Pod;
use meta::{text::Text, time::Time};

use super::{
    Why,
    daemons::{Bounds, Daemons, Station, Stations, desired},
    eligibility::Fate,
    manage::Moves,
    pod,
    revisions::Revisions,
};
use crate::shared::availability::is_available;

/// What the pods of a station, without those on their way out, are.
enum Pair<'a> {
    None,
    New(&'a Arc<Pod>),
    Old(&'a Arc<Pod>),
    Both {
        new: &'a Arc<Pod>,
        old: &'a Arc<Pod>,
    },
    /// More than one of a kind: what is superfluous goes first.
    Crowd,
}

/// The next part of an update.
pub(super) fn moves(
    daemons: &Daemons,
    revisions: &Revisions,
    stations: &Stations,
    now: Time,
) -> Moves {
    let desired = desired(stations);
    let Some(bounds) = daemons.bounds(desired) else { return Moves::default() };
    let update = Update { daemons, revisions, stations, bounds, now };
    if bounds.max_surge > 0 { update.with_surge(desired) } else { update.without_surge() }
}

struct Update<'a> {
    daemons: &'a Daemons,
    revisions: &'a Revisions,
    stations: &'a Stations,
    bounds: Bounds,
    now: Time,
}

impl<'a> Update<'a> {
    /// Old pods go, those that serve nobody whatever the budget.
    fn without_surge(&self) -> Moves {
        let (mut unavailable, mut candidates) = (0, Vec::new());
        let mut moves = Moves::default();
        for (_, station) in self.concerned() {
            match self.pair(station) {
                Pair::None | Pair::Both { .. } | Pair::Crowd => unavailable += 1,
                Pair::New(new) => unavailable += usize::from(!self.serves(new)),
                Pair::Old(old) if self.serves(old) => candidates.push(old),
                Pair::Old(old) => {
                    moves.deletes.push(self.delete(old, Why::OldIsUnavailable));
                    unavailable += 1;
                }
            }
        }
        let allowed = self.bounds.max_unavailable.saturating_sub(unavailable);
        let going = candidates.into_iter().take(allowed);
        moves.deletes.extend(going.map(|old| self.delete(old, Why::Outdated)));
        moves
    }

    /// New pods come beside the old ones, and these go once the new ones serve.
    fn with_surge(&self, desired: usize) -> Moves {
        let (mut available, mut surging) = (0_usize, 0_usize);
        let (mut candidates, mut leaving) = (Vec::new(), Vec::new());
        let mut moves = Moves::default();
        for (node, station) in self.concerned() {
            let runs = station.fate == Some(Fate::Run);
            match self.pair(station) {
                Pair::None => {}
                Pair::Crowd => surging += 1,
                Pair::New(new) => available += usize::from(self.serves(new)),
                Pair::Old(old) if self.serves(old) && runs => {
                    available += 1;
                    candidates.push(node);
                }
                Pair::Old(old) if self.serves(old) => {
                    available += 1;
                    leaving.push(old);
                }
                Pair::Old(_) if runs => moves.creates.push(self.create(node)),
                Pair::Old(_) if station.fate.is_none() => {}
                Pair::Old(old) => moves.deletes.push(self.delete(old, Why::OldIsUnavailable)),
                Pair::Both { new, old } if self.serves(new) => {
                    available += usize::from(self.serves(old));
                    moves.deletes.push(self.delete(old, Why::NewIsAvailable));
                }
                Pair::Both { old, .. } => {
                    available += usize::from(self.serves(old));
                    surging += 1;
                }
            }
        }
        let allowed = self.bounds.max_surge.saturating_sub(surging);
        moves.creates.extend(candidates.into_iter().take(allowed).map(|node| self.create(node)));
        let spare = available.saturating_sub(desired);
        moves
            .deletes
            .extend(leaving.into_iter().take(spare).map(|old| self.delete(old, Why::Outdated)));
        moves
    }

    /// Stations that should have a pod, or have one.
    fn concerned(&self) -> impl Iterator<Item = (&'a Text, &'a Station)> {
        let stations = self.stations.iter();
        stations.filter(|(_, it)| it.fate == Some(Fate::Run) || !it.pods.is_empty())
    }

    fn pair(&self, station: &'a Station) -> Pair<'a> {
        let staying = station.pods.iter().filter(|pod| !pod.metadata.is_deleting());
        let (new, old): (Vec<_>, Vec<_>) =
            staying.partition(|pod| self.revisions.is_current(&self.daemons.set, pod));
        match (new.as_slice(), old.as_slice()) {
            ([], []) => Pair::None,
            ([new], []) => Pair::New(new),
            ([], [old]) => Pair::Old(old),
            ([new], [old]) => Pair::Both { new, old },
            _ => Pair::Crowd,
        }
    }

    fn serves(&self, pod: &Pod) -> bool {
        is_available(pod, self.daemons.set.spec.min_ready_seconds, self.now)
    }
    fn create(&self, node: &Text) -> runtime::Step<Why> {
        pod::create(&self.daemons.set, self.revisions, node, Why::Surge { node: node.clone() })
    }
    fn delete(&self, pod: &Pod, why: Why) -> runtime::Step<Why> {
        pod::delete(&self.daemons.set, pod, why)
    }
}
