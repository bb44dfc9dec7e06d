//! Which nodes fit.

use std::collections::BTreeSet;

use meta::text::Text;

use super::{Chance, Cycle};
use crate::{
    NodeInfo,
    framework::{Code, CycleState, Filters, Point, PreFilter, Rejection, Verdict},
    metrics::{Meter, status_of},
};

/// Nodes that fit, and nodes that do not with the first reason against each.
pub(super) struct Filtered<'a> {
    pub(super) filters: Filters<'a>,
    pub(super) feasible: Vec<&'a NodeInfo>,
    pub(super) rejected: Vec<(Text, Rejection)>,
    /// Plugins that named the only nodes to be looked at.
    pub(super) narrowed_by: Vec<&'static str>,
    /// One reason against all nodes.
    pub(super) whole: Option<Rejection>,
}

/// Below this many nodes all are looked at; of more, at least so many that fit are wanted.
const FEASIBLE_MIN: usize = 100;

/// The nodes that plugins have named, and which plugins.
#[derive(Default)]
struct Narrowed {
    only: Option<BTreeSet<Text>>,
    by: Vec<&'static str>,
}

impl<'a> Cycle<'a> {
    /// The points before and at which nodes fall out.
    ///
    /// # Errors
    /// A plugin failed.
    pub(super) fn filter(
        self,
        state: &mut CycleState,
        chance: &mut Chance,
        meter: &mut Meter,
    ) -> Result<Filtered<'a>, String> {
        let mut filters = Filters::default();
        let narrowed = meter.point(Point::PreFilter, status_of, |meter| {
            self.pre_filter(state, &mut filters, meter)
        });
        let narrowed = match narrowed {
            Ok(narrowed) => narrowed,
            Err(rejection) if rejection.code == Code::Error => {
                let (plugin, text) = (rejection.plugin, rejection.text());
                return Err(format!("running PreFilter plugin {plugin:?}: {text}"));
            }
            Err(rejection) => return Ok(self.none(filters, rejection)),
        };
        let mut filtered = Filtered {
            filters,
            feasible: Vec::new(),
            rejected: Vec::new(),
            narrowed_by: narrowed.by.clone(),
            whole: None,
        };
        if let Some(node) = self.nominated(state, &filtered.filters) {
            filtered.feasible.push(node);
            return Ok(filtered);
        }
        meter
            .point(Point::Filter, status_of, |_| self.look(state, &mut filtered, &narrowed, chance))
            .map_err(|rejection| {
                format!("running {:?} filter plugin: {}", rejection.plugin, rejection.text())
            })?;
        for plugin in &filtered.filters.0 {
            meter.asked(plugin.name(), Point::Filter);
        }
        Ok(filtered)
    }

    fn pre_filter(
        self,
        state: &mut CycleState,
        filters: &mut Filters<'a>,
        meter: &mut Meter,
    ) -> Result<Narrowed, Rejection> {
        let (mut narrowed, mut first) = (Narrowed::default(), None);
        let mut skipped = BTreeSet::new();
        for plugin in self.profile.at(Point::PreFilter) {
            let at = (plugin.name(), Point::PreFilter);
            let look = || plugin.pre_filter(state, self.pod, self.snapshot);
            match meter.plugin(at, status_of, look) {
                Ok(PreFilter::All) => {}
                Ok(PreFilter::Skip) => drop(skipped.insert(plugin.name())),
                Ok(PreFilter::Only(names)) => narrowed.narrow(plugin.name(), names)?,
                Err(rejection) if rejection.code == Code::Unschedulable => {
                    first.get_or_insert(rejection);
                }
                Err(rejection) => return Err(rejection),
            }
        }
        let all = self.profile.at(Point::Filter).iter();
        filters.0 = all.filter(|plugin| !skipped.contains(plugin.name())).collect();
        first.map_or(Ok(narrowed), Err)
    }

    /// The one node that the pod is nominated to, if it fits.
    fn nominated(self, state: &CycleState, filters: &Filters<'_>) -> Option<&'a NodeInfo> {
        let uid = &self.pod.metadata.uid;
        let node = self.snapshot.node(self.nominator.node(uid)?)?;
        filters.with_nominated(state, self.pod, node, self.nominator).is_ok().then_some(node)
    }

    /// Looks at nodes until enough fit.
    fn look(
        self,
        state: &CycleState,
        filtered: &mut Filtered<'a>,
        narrowed: &Narrowed,
        chance: &mut Chance,
    ) -> Verdict {
        let all: Vec<&NodeInfo> = self.snapshot.nodes().collect();
        let is_named = |node: &&&NodeInfo| {
            narrowed.only.as_ref().is_none_or(|only| only.contains(node.name()))
        };
        let named: Vec<&NodeInfo> = all.iter().filter(is_named).copied().collect();
        let others = all.iter().filter(|node| !is_named(node)).map(|node| node.name());
        let by = narrowed.by.first().copied().unwrap_or_default();
        let away = Rejection::new(by, Code::UnschedulableAndUnresolvable, narrowed.reason());
        let away: Vec<_> = others.map(|name| (name.clone(), away.clone())).collect();
        let start = chance.start.checked_rem(named.len()).unwrap_or(0);
        let wanted = self.wanted(named.len());
        let mut examined = 0;
        for node in named[start..].iter().chain(&named[..start]) {
            examined += 1;
            match filtered.filters.with_nominated(state, self.pod, node, self.nominator) {
                Ok(()) => filtered.feasible.push(node),
                Err(rejection) if rejection.code == Code::Error => return Err(rejection),
                Err(rejection) => filtered.rejected.push((node.name().clone(), rejection)),
            }
            if filtered.feasible.len() >= wanted {
                break;
            }
        }
        filtered.rejected.extend(away);
        // A whole round would start at the same node again.
        let step = if examined == named.len() { 1 } else { examined };
        chance.start = (start + step).checked_rem(named.len()).unwrap_or(0);
        Ok(())
    }

    /// How many fitting nodes are enough: all of few, a share of many, one if nobody scores.
    fn wanted(self, nodes: usize) -> usize {
        if self.profile.at(Point::Score).is_empty() {
            return 1;
        }
        let percent = self.profile.percentage_of_nodes_to_score.filter(|percent| *percent > 0);
        wanted(nodes, percent)
    }

    /// No node can fit.
    fn none(self, filters: Filters<'a>, rejection: Rejection) -> Filtered<'a> {
        let against = self.snapshot.nodes().map(|node| (node.name().clone(), rejection.clone()));
        let rejected = against.collect();
        let (feasible, narrowed_by) = (Vec::new(), Vec::new());
        Filtered { filters, feasible, rejected, narrowed_by, whole: Some(rejection) }
    }
}

/// `percent` is the profile's; without one the share shrinks with the number of nodes.
pub(super) fn wanted(nodes: usize, percent: Option<u32>) -> usize {
    let adaptive = || 50_usize.saturating_sub(nodes / 125).max(5);
    let percent = percent.and_then(|percent| usize::try_from(percent).ok());
    let percent = percent.unwrap_or_else(adaptive);
    if nodes < FEASIBLE_MIN || percent >= 100 {
        return nodes;
    }
    (nodes * percent / 100).max(FEASIBLE_MIN)
}

impl Narrowed {
    fn narrow(&mut self, plugin: &'static str, names: Vec<Text>) -> Verdict {
        let names: BTreeSet<Text> = names.into_iter().collect();
        let only = self.only.take().map_or_else(|| names.clone(), |known| &known & &names);
        self.by.push(plugin);
        self.by.sort_unstable();
        if only.is_empty() {
            let reason = match self.by.as_slice() {
                [one] => format!("node(s) didn't satisfy plugin {one}"),
                several => {
                    let several = several.join(" ");
                    format!("node(s) didn't satisfy plugin(s) [{several}] simultaneously")
                }
            };
            return Err(Rejection::new(plugin, Code::UnschedulableAndUnresolvable, reason));
        }
        self.only = Some(only);
        Ok(())
    }

    /// Why other nodes are not looked at.
    fn reason(&self) -> String {
        format!("node(s) didn't satisfy plugin(s) [{}]", self.by.join(" "))
    }
}
