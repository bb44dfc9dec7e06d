//! Plans from a seed. Each seed has a few kinds of faults and of objects and lacks the others, so that
//! a failure points at few.

mod faults;
mod hour;
mod others;
mod user;

use ::world::Dice;

use super::{Cluster, Component, Plan};
use crate::world;

impl Plan {
    /// What the seed makes up.
    pub fn of(seed: u64) -> Self {
        let dice = world::dice(seed, "plan");
        let dice = &*dice;
        let one_of_two = |share: u64| if dice.below(share) == 0 { 1 } else { 2 };
        let cluster = Cluster {
            disk: dice.below(3) == 0,
            api_servers: one_of_two(3),
            controller_managers: one_of_two(2),
            nodes: 3,
        };
        Self {
            cluster,
            rates: faults::rates(dice),
            faults: faults::faults(dice, cluster),
            actions: user::actions(&*world::dice(seed, "user")),
            lost_for_ever: lost_for_ever(dice, cluster),
            ..Self::calm(seed)
        }
    }

    /// Two controller managers of which now one, now the other is stopped or cut off, while their
    /// messages take their time.
    pub fn of_two_leaders(seed: u64) -> Self {
        let dice = world::dice(seed, "plan");
        let cluster =
            Cluster { disk: false, api_servers: one_or_two(&*dice), ..Cluster::default() };
        Self {
            cluster,
            rates: faults::slow_messages(&*dice),
            faults: faults::of_two_leaders(&*dice, cluster),
            actions: user::actions(&*world::dice(seed, "user")),
            ..Self::calm(seed)
        }
    }
}

fn one_or_two(dice: &dyn Dice) -> u8 {
    if dice.below(2) == 0 { 1 } else { 2 }
}

/// One of each that there are two of may stay away.
fn lost_for_ever(dice: &dyn Dice, cluster: Cluster) -> Vec<Component> {
    let pairs = [Component::APIS, [Component::Controllers1, Component::Controllers2]];
    let both = |pair: &&[Component; 2]| pair.iter().all(|component| cluster.has(*component));
    let lost = pairs.iter().filter(both).filter(|_| dice.below(6) == 0);
    lost.map(|pair| pick(dice, pair)).collect()
}

/// One of several; `of` is not empty.
fn pick<T: Copy>(dice: &dyn Dice, of: &[T]) -> T {
    of[below(dice, of.len())]
}

fn below(dice: &dyn Dice, bound: usize) -> usize {
    let bound = u64::try_from(bound).unwrap_or(u64::MAX);
    usize::try_from(dice.below(bound)).unwrap_or(0)
}
