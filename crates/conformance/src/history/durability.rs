//! Acknowledged writes stay: each key is what its last writes can have made of it, whenever it is read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Answer, History, List, Tick, Value, Write};

/// What a key may be: absent, or one of these values.
type Possible = BTreeSet<Option<Value>>;

pub(super) fn complaints(history: &History) -> Vec<String> {
    let mut by_key: BTreeMap<&str, Vec<&Write>> = BTreeMap::new();
    for write in &history.writes {
        by_key.entry(&write.key).or_default().push(write);
    }
    let mut complaints = Vec::new();
    for (key, writes) in &by_key {
        complaints.extend(follow(key, writes));
        let lists = history.lists.iter();
        complaints.extend(lists.filter_map(|list| contradiction(key, writes, list)));
    }
    complaints
}

/// Goes through the writes of a key and says which reads cannot be.
fn follow(key: &str, writes: &[&Write]) -> Vec<String> {
    let mut possible = Possible::from([None]);
    let mut complaints = Vec::new();
    for write in writes {
        if let (Action::Read(seen), Answer::Done(_)) = (write.action, write.answer)
            && !possible.contains(&seen)
        {
            complaints.push(format!("{key} reads {seen:?} and can only be {possible:?}"));
        }
        possible = after(possible, write);
    }
    complaints
}

/// A list that was asked for while the key was at rest must show it so.
fn contradiction(key: &str, writes: &[&Write], list: &List) -> Option<String> {
    let during = |write: &&&Write| write.sent < list.answered && write.answered > list.sent;
    if writes.iter().any(|write| during(&write)) {
        return None;
    }
    let before = writes.iter().filter(|write| write.answered <= list.sent);
    let possible = before.fold(Possible::from([None]), |possible, write| after(possible, write));
    let seen = list.items.get(key).map(|item| item.value);
    let (revision, sent): (_, Tick) = (list.revision, list.sent);
    (!possible.contains(&seen)).then(|| {
        format!(
            "{key} is {seen:?} in the list at {revision} (tick {sent}) and can only be {possible:?}"
        )
    })
}

fn after(mut possible: Possible, write: &Write) -> Possible {
    let becomes = match write.action {
        Action::Put(value) => Some(value),
        Action::Delete => None,
        Action::Read(seen) => seen,
    };
    match write.answer {
        Answer::Done(_) => Possible::from([becomes]),
        Answer::Refused => possible,
        Answer::Unknown => {
            possible.insert(becomes);
            possible
        }
    }
}
