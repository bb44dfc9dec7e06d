//! What is seen of a quota, for a person who asks.

use super::observe::{Counted, Observed};

/// One fact a line.
pub(super) fn lines(observed: &Observed) -> Vec<String> {
    let quota = &observed.quota;
    let used = quota.status.used.as_ref();
    let mut lines: Vec<String> = quota
        .spec
        .hard
        .iter()
        .map(|(name, limit)| {
            let used = used.and_then(|used| used.get(name));
            let used = used.map_or_else(|| "not counted yet".to_owned(), ToString::to_string);
            format!("{name}: {used} of {limit}")
        })
        .collect();
    lines.extend(counted("pods", &observed.pods));
    lines.extend(counted("services", &observed.services));
    lines.extend(counted("claims", &observed.claims));
    let numbers = observed.numbers.iter();
    lines.extend(numbers.map(|(resource, count)| format!("seen: {count} {}", resource.plural)));
    if observed.is_incomplete {
        lines.push("some of what it names is not served, or cannot be read".to_owned());
    }
    lines
}

fn counted<K>(name: &str, counted: &Counted<K>) -> Option<String> {
    match counted {
        Counted::Unlimited => None,
        Counted::Known(objects) => Some(format!("seen: {} {name}", objects.len())),
        Counted::Behind => Some(format!("seen: the cache of {name} is behind the quota")),
    }
}
