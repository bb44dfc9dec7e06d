//! Which plugins are called at a point, in which order: defaults, `multiPoint` and the point's own.

use std::collections::BTreeSet;

use super::{PluginChoice, PluginSet, PluginSets};
use crate::{framework::Point, plugins::MULTI_POINT};

/// Everything.
const ALL: &str = "*";

/// A plugin at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) weight: i64,
    /// It was named at this point, so it has to take part there.
    pub(super) named: bool,
}

impl PluginSets {
    /// Each set with the name of its field.
    pub(super) fn by_field(&self) -> Vec<(&'static str, &PluginSet)> {
        let points = Point::ALL.map(|point| (field(point), self.at(point)));
        points.into_iter().chain([("multiPoint", &self.multi_point)]).collect()
    }

    /// What a point's own set says.
    pub(super) const fn at(&self, point: Point) -> &PluginSet {
        match point {
            Point::PreEnqueue => &self.pre_enqueue,
            Point::QueueSort => &self.queue_sort,
            Point::PreFilter => &self.pre_filter,
            Point::Filter => &self.filter,
            Point::PostFilter => &self.post_filter,
            Point::PreScore => &self.pre_score,
            Point::Score => &self.score,
            Point::Reserve => &self.reserve,
            Point::Permit => &self.permit,
            Point::PreBind => &self.pre_bind,
            Point::Bind => &self.bind,
            Point::PostBind => &self.post_bind,
        }
    }

    /// The plugins that are on at all their points: the defaults without those turned off, each in its
    /// place also if it is turned on again with another weight, and then the others.
    pub(super) fn everywhere(&self) -> Vec<PluginChoice> {
        let set = &self.multi_point;
        let mut merged = Vec::new();
        for (name, weight) in MULTI_POINT {
            let again = set.enabled.iter().find(|choice| choice.name == name);
            if let Some(again) = again {
                merged.push(again.clone());
            } else if !set.turns_off(name) {
                merged.push(PluginChoice { name: name.to_owned(), weight });
            }
        }
        let more = set
            .enabled
            .iter()
            .filter(|choice| !MULTI_POINT.iter().any(|(name, _)| *name == choice.name));
        merged.extend(more.cloned());
        merged
    }

    /// The plugins of a point. First those named there that are on everywhere, then the others that are
    /// on everywhere and take part, then the others named there.
    pub(super) fn chosen(&self, point: Point, takes_part: &dyn Fn(&str) -> bool) -> Vec<Chosen> {
        let own = self.at(point);
        let everywhere = self.everywhere();
        let is_named = |name: &str| own.enabled.iter().any(|choice| choice.name == name);
        let is_everywhere = |name: &str| everywhere.iter().any(|choice| choice.name == name);
        let chosen = |choice: &PluginChoice, named| Chosen {
            name: choice.name.clone(),
            weight: if choice.weight == 0 { 1 } else { choice.weight },
            named,
        };
        let named = |by: bool| {
            let choices =
                own.enabled.iter().filter(move |choice| is_everywhere(&choice.name) == by);
            choices.map(|choice| chosen(choice, true))
        };
        let rest = everywhere.iter().filter(|choice| {
            takes_part(&choice.name) && !own.turns_off(&choice.name) && !is_named(&choice.name)
        });
        let all = named(true).chain(rest.map(|choice| chosen(choice, false))).chain(named(false));
        let mut seen = BTreeSet::new();
        all.filter(|chosen| seen.insert(chosen.name.clone())).collect()
    }
}

impl PluginSet {
    fn turns_off(&self, name: &str) -> bool {
        self.disabled.iter().any(|choice| choice.name == name || choice.name == ALL)
    }
}

/// A point as a field of `plugins`.
const fn field(point: Point) -> &'static str {
    match point {
        Point::PreEnqueue => "preEnqueue",
        Point::QueueSort => "queueSort",
        Point::PreFilter => "preFilter",
        Point::Filter => "filter",
        Point::PostFilter => "postFilter",
        Point::PreScore => "preScore",
        Point::Score => "score",
        Point::Reserve => "reserve",
        Point::Permit => "permit",
        Point::PreBind => "preBind",
        Point::Bind => "bind",
        Point::PostBind => "postBind",
    }
}
