//! Caches → [`Daemons`]: reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::DAEMON_SETS,
    views::{ControllerRevision, DaemonSet},
};
use meta::{object::ObjectKey, selector::Selector, text::Text};
use runtime::{Answers, Observation};

use super::{
    View,
    daemons::{Daemons, Selection},
    revisions,
};
use crate::shared::{
    claims::{Claims, PODS_BY_OWNER},
    history::{self, REVISIONS_BY_OWNER},
};

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Daemons> {
    let Some(set) = view.sets.get(key) else { return Observation::Gone };
    let owner = &set.metadata;
    let (mut pods, mut revisions) = (Claims::default(), Claims::default());
    let selection = match Selector::from_json(&set.spec.selector) {
        Err(reason) => Selection::Invalid(reason.to_string()),
        Ok(selector) if selector.is_empty() => Selection::All,
        Ok(selector) => {
            pods = Claims::sort(&view.pods, &PODS_BY_OWNER, owner, &selector, |_| true);
            let (cache, index) = (&view.revisions, &REVISIONS_BY_OWNER);
            revisions = Claims::sort(cache, index, owner, &selector, |_| true);
            revisions.owned.sort_by_cached_key(|revision| history::age(revision));
            Selection::Some
        }
    };
    let read = pods.recheck(&DAEMON_SETS, owner, answers);
    if let Some(read) = read.or(revisions.recheck(&DAEMON_SETS, owner, answers)) {
        return Observation::Ask(vec![read]);
    }
    Observation::Ready(Daemons {
        namesakes: namesakes(view, &set),
        nodes: view.nodes.list(),
        set,
        selection,
        pods,
        revisions,
    })
}

fn namesakes(view: &View, set: &DaemonSet) -> BTreeMap<Text, Arc<ControllerRevision>> {
    let stem = revisions::stem(set);
    let all = view.revisions.in_namespace(&set.metadata.namespace).into_iter();
    let named = all.map(|revision| (revision.metadata.name.clone(), revision));
    named.filter(|(name, _)| name.starts_with(&stem)).collect()
}
