//! Where the steps of a run go, and the time they take.

use std::{
    collections::BTreeMap,
    ops::AddAssign,
    sync::Arc,
    time::{Duration, Instant},
};

use super::incarnation::Incarnation;

/// What tasks took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Turns that they had.
    pub steps: u64,
    /// Real time of these; nothing in a run depends on it.
    pub time: Duration,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.time += other.time;
    }
}

/// What the tasks of each name took, on each component.
pub type Costs = BTreeMap<(String, &'static str), Cost>;

/// A line of an [`Account`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Item(usize);

/// Adds up what steps take.
#[derive(Debug, Default)]
pub(super) struct Account {
    items: BTreeMap<&'static str, BTreeMap<String, usize>>,
    costs: Vec<Cost>,
}

impl Account {
    /// The line of tasks of one name.
    pub(super) fn item(&mut self, owner: &Arc<Incarnation>, task: &'static str) -> Item {
        let of_task = self.items.entry(task).or_default();
        if let Some(item) = of_task.get(&owner.component) {
            return Item(*item);
        }
        let item = self.costs.len();
        of_task.insert(owner.component.clone(), item);
        self.costs.push(Cost::default());
        Item(item)
    }

    pub(super) fn add(&mut self, item: Item, began: Instant) {
        if let Some(cost) = self.costs.get_mut(item.0) {
            *cost += Cost { steps: 1, time: began.elapsed() };
        }
    }

    pub(super) fn costs(&self) -> Costs {
        let lines = self.items.iter().flat_map(|(task, of_task)| {
            of_task.iter().map(|(component, item)| ((component.clone(), *task), *item))
        });
        lines.filter_map(|(line, item)| Some((line, *self.costs.get(item)?))).collect()
    }
}

/// The present moment outside of the simulation.
pub(super) fn real_now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "what is measured is the machine")]
    Instant::now()
}
