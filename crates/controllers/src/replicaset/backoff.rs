//! How long replacements wait where pods fail as soon as they are made.

use std::{cmp, time::Duration};

use meta::time::Time;

use super::replicas::Replicas;

/// Failures within this time count; an old failure says nothing about the next pod.
const WINDOW: Duration = Duration::from_hours(1);
/// This many failures are replaced at once even where one pod is wanted: nodes do go away.
const FREE_MIN: usize = 5;
/// The first wait; each further round of failures doubles it.
const DELAY_MIN: Duration = Duration::from_secs(10);
/// The longest wait is that of a container in a crash loop.
const DELAY_MAX: Duration = Duration::from_secs(320);
/// Doublings after which the longest wait is reached.
const DOUBLINGS_MAX: u32 = 5;

/// How long no pod may be made; `None` if some may be made now.
pub(super) fn wait(replicas: &Replicas, now: Time) -> Option<Duration> {
    let created = replicas.failed.iter().filter_map(|pod| pod.metadata.creation_timestamp);
    let recent: Vec<Time> = created.filter(|created| now.since(*created) < WINDOW).collect();
    let rounds = recent.len() / cmp::max(FREE_MIN, replicas.wanted());
    let doublings = u32::try_from(rounds.checked_sub(1)?).unwrap_or(DOUBLINGS_MAX);
    let delay = cmp::min(DELAY_MIN * 2u32.pow(doublings.min(DOUBLINGS_MAX)), DELAY_MAX);
    let passed = now.since(recent.into_iter().max()?);
    delay.checked_sub(passed).filter(|rest| !rest.is_zero())
}
