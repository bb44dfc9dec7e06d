//! Revisions grow: what was asked for after an answer has a greater one than the answer.

use super::{Answer, History, Revision, Tick};

/// An answer with a revision.
struct Told {
    sent: Tick,
    answered: Tick,
    revision: Revision,
    what: String,
}

pub(super) fn complaints(history: &History) -> Vec<String> {
    let writes = history.writes.iter().filter_map(|write| match write.answer {
        Answer::Done(Some(revision)) => Some(Told {
            sent: write.sent,
            answered: write.answered,
            revision,
            what: format!("the write {:?} of {}", write.action, write.key),
        }),
        Answer::Done(None) | Answer::Refused | Answer::Unknown => None,
    });
    let lists = history.lists.iter().map(|list| Told {
        sent: list.sent,
        answered: list.answered,
        revision: list.revision,
        what: "a list".to_owned(),
    });
    let (mut writes, lists): (Vec<_>, Vec<_>) = (writes.collect(), lists.collect());
    writes.sort_by_key(|told| told.answered);
    // The greatest revision that was acknowledged by each tick.
    let mut floor = 0;
    let floors: Vec<(Tick, Revision)> = writes
        .iter()
        .map(|told| {
            floor = told.revision.max(floor);
            (told.answered, floor)
        })
        .collect();
    let floor_at = |tick: Tick| {
        let known = floors.partition_point(|(answered, _)| *answered <= tick);
        known.checked_sub(1).map_or(0, |last| floors[last].1)
    };
    let too_low = |told: &&Told, least: Revision| told.revision < least;
    let complain = |told: &Told, least: Revision| {
        format!("{} has revision {}, and {least} was known before", told.what, told.revision)
    };
    let writes = writes.iter().filter_map(|told| {
        let known = floor_at(told.sent);
        too_low(&told, known + 1).then(|| complain(told, known))
    });
    let lists = lists.iter().filter_map(|told| {
        let known = floor_at(told.sent);
        too_low(&told, known).then(|| complain(told, known))
    });
    writes.chain(lists).collect()
}
