//! Watches are ordered and have no gaps, agree with one another and with the writes, and lead from one
//! list to the next.

use std::{collections::BTreeMap, ops::Bound};

use super::{Action, Answer, Compared, Event, History, Item, List, Revision, Value, Watch};

/// What a revision did: a key, and its value unless it was deleted.
type Change<'a> = (&'a str, Option<Value>);

pub(super) fn complaints(history: &History) -> (Vec<String>, Compared) {
    let mut compared = Compared::default();
    let mut complaints: Vec<String> = history.watches.iter().flat_map(order).collect();
    let log = log(history, &mut complaints);
    for watch in &history.watches {
        complaints.extend(gaps(watch, &log));
    }
    for write in &history.writes {
        let (Action::Put(value), Answer::Done(Some(revision))) = (write.action, write.answer)
        else {
            continue;
        };
        if !history.watches.iter().any(|watch| watch.covers(revision)) {
            continue;
        }
        compared.writes_in_watches += 1;
        let wanted = (write.key.as_str(), Some(value));
        if log.get(&revision) != Some(&wanted) {
            let seen = log.get(&revision);
            complaints.push(format!("revision {revision} wrote {wanted:?}, watches saw {seen:?}"));
        }
    }
    complaints.extend(between_lists(history, &log, &mut compared));
    (complaints, compared)
}

impl Watch {
    fn covers(&self, revision: Revision) -> bool {
        self.after < revision && revision <= self.through
    }
}

fn order(watch: &Watch) -> Vec<String> {
    let mut last = watch.after;
    let mut complaints = Vec::new();
    for Event { key, revision, .. } in &watch.events {
        if *revision <= last {
            complaints.push(format!("a watch shows {key} at {revision} after {last}"));
        }
        last = *revision;
    }
    complaints
}

/// What all watches together saw.
fn log<'a>(history: &'a History, complaints: &mut Vec<String>) -> BTreeMap<Revision, Change<'a>> {
    let mut log: BTreeMap<Revision, Change<'a>> = BTreeMap::new();
    for event in history.watches.iter().flat_map(|watch| &watch.events) {
        let change = (event.key.as_str(), event.value);
        let known = *log.entry(event.revision).or_insert(change);
        if known != change {
            let revision = event.revision;
            complaints.push(format!("at {revision} watches show {known:?} and {change:?}"));
        }
    }
    log
}

/// What others saw within the reach of this watch, it saw as well.
fn gaps(watch: &Watch, log: &BTreeMap<Revision, Change<'_>>) -> Vec<String> {
    let mut own = watch.events.iter().map(|event| event.revision).peekable();
    let mut complaints = Vec::new();
    for (revision, (key, _)) in log.range(within(watch.after, watch.through)) {
        while own.next_if(|seen| seen < revision).is_some() {}
        if own.peek() != Some(revision) {
            complaints.push(format!("a watch lacks {key} at {revision}"));
        }
    }
    complaints
}

/// One list, and the events after it, make the next.
fn between_lists(
    history: &History,
    log: &BTreeMap<Revision, Change<'_>>,
    compared: &mut Compared,
) -> Vec<String> {
    let mut lists: Vec<&List> = history.lists.iter().collect();
    lists.sort_by_key(|list| list.revision);
    let mut complaints = Vec::new();
    for pair in lists.windows(2) {
        let [earlier, later] = pair else { continue };
        let reaches =
            |watch: &&Watch| watch.after <= earlier.revision && later.revision <= watch.through;
        if !history.watches.iter().any(|watch| reaches(&watch)) {
            continue;
        }
        compared.lists += 1;
        let mut state = earlier.items.clone();
        for (revision, (key, value)) in log.range(within(earlier.revision, later.revision)) {
            match value {
                Some(value) => {
                    state.insert((*key).to_owned(), Item { value: *value, revision: *revision });
                }
                None => {
                    state.remove(*key);
                }
            }
        }
        complaints.extend(difference(&state, later));
    }
    complaints
}

/// Revisions after the first, up to the second.
const fn within(after: Revision, through: Revision) -> (Bound<Revision>, Bound<Revision>) {
    (Bound::Excluded(after), Bound::Included(through))
}

fn difference(wanted: &BTreeMap<String, Item>, list: &List) -> Option<String> {
    let keys = wanted.keys().chain(list.items.keys());
    let differs = |key: &&String| wanted.get(*key) != list.items.get(*key);
    let key = keys.into_iter().find(differs)?;
    let (wanted, seen) = (wanted.get(key), list.items.get(key));
    let revision = list.revision;
    Some(format!("the list at {revision} shows {key} as {seen:?}; by the events it is {wanted:?}"))
}
