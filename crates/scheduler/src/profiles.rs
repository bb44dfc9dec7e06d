//! All profiles of a scheduler, by the name that pods choose.

use std::{collections::BTreeMap, sync::Arc};

use api::views::Pod;
use meta::text::Text;

use crate::framework::{Plugin, Point, Profile};

/// The profiles of a scheduler; all sort the queue alike.
#[derive(Debug)]
pub(crate) struct Profiles {
    by_name: BTreeMap<Text, Profile>,
    sort: Option<Arc<dyn Plugin>>,
}

impl Profiles {
    pub(crate) fn new(profiles: Vec<Profile>) -> Self {
        let sorts = profiles.iter().flat_map(|profile| profile.at(Point::QueueSort));
        let sort = sorts.map(Arc::clone).next();
        let by_name = profiles.into_iter().map(|profile| (profile.name.clone(), profile));
        Self { by_name: by_name.collect(), sort }
    }
    /// The profile that looks after a pod, if one does.
    pub(crate) fn of(&self, pod: &Pod) -> Option<&Profile> {
        self.by_name.get(&pod.spec.scheduler_name)
    }
    /// What decides which of two pods comes first.
    pub(crate) fn sort(&self) -> Option<&dyn Plugin> {
        self.sort.as_deref()
    }
}
