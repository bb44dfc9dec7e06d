//! The plugins that look after the pods of one scheduler name.

use std::{collections::BTreeMap, sync::Arc};

use meta::text::Text;

use super::{Interest, Plugin, Point};

/// Plugins in their order at each point, with the weights of their scores.
#[derive(Debug, Default)]
pub struct Profile {
    /// Pods whose `spec.schedulerName` is this are looked after.
    pub name: Text,
    /// Share of the nodes that fit after which no more are looked at; `None` depends on their number.
    pub percentage_of_nodes_to_score: Option<u32>,
    points: BTreeMap<Point, Vec<Arc<dyn Plugin>>>,
    weights: BTreeMap<&'static str, i64>,
    interests: BTreeMap<&'static str, Vec<Interest>>,
}

/// The best score of a node.
pub const SCORE_MAX: i64 = 100;

impl Profile {
    /// A profile without plugins.
    pub fn new(name: Text) -> Self {
        Self { name, ..Self::default() }
    }
    /// The plugins of a point, in the order in which they are called.
    pub fn at(&self, point: Point) -> &[Arc<dyn Plugin>] {
        self.points.get(&point).map_or(&[], Vec::as_slice)
    }
    /// How much a plugin's score counts.
    pub fn weight(&self, plugin: &str) -> i64 {
        self.weights.get(plugin).copied().unwrap_or(1)
    }
    /// The plugin of that name, if it takes part anywhere.
    pub fn plugin(&self, name: &str) -> Option<&Arc<dyn Plugin>> {
        self.points.values().flatten().find(|plugin| plugin.name() == name)
    }
    /// What a plugin wants to be asked about.
    pub(crate) fn interests(&self, plugin: &str) -> &[Interest] {
        self.interests.get(plugin).map_or(&[], Vec::as_slice)
    }
    /// Appends a plugin at one point.
    pub(crate) fn add(&mut self, point: Point, plugin: &Arc<dyn Plugin>) {
        self.interests.entry(plugin.name()).or_insert_with(|| plugin.events().to_vec());
        self.points.entry(point).or_default().push(Arc::clone(plugin));
    }
    pub(crate) fn weigh(&mut self, plugin: &'static str, weight: i64) {
        self.weights.insert(plugin, weight);
    }
}
