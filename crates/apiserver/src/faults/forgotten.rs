//! The past that the server claims to have forgotten: a watch that expired cannot be resumed before it.

use std::collections::BTreeMap;

use super::plan::Asked;

/// Clients and resources remembered; beyond it, the past of new ones is not forgotten.
const CLIENTS_MAX: usize = 1000;

/// Who watches what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Watcher {
    user: String,
    agent: String,
    group: String,
    resource: String,
}

/// For each client and resource, the version from which on the server remembers.
#[derive(Debug, Default)]
pub(super) struct Forgotten(BTreeMap<Watcher, u64>);

impl Forgotten {
    /// What happened up to `version` is forgotten for this client.
    pub(super) fn forget(&mut self, watch: &Asked, version: u64) {
        let watcher = Watcher::of(watch);
        if self.0.len() < CLIENTS_MAX || self.0.contains_key(&watcher) {
            let known = self.0.entry(watcher).or_default();
            *known = version.max(*known);
        }
    }

    /// Whether a watch would resume in what is forgotten.
    pub(super) fn holds(&self, watch: &Asked) -> bool {
        let forgotten = self.0.get(&Watcher::of(watch)).copied().unwrap_or(0);
        watch.resumes_after.is_some_and(|version| version < forgotten)
    }
}

impl Watcher {
    fn of(asked: &Asked) -> Self {
        let Asked { user, agent, group, resource, .. } = asked.clone();
        Self { user, agent, group, resource }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(agent: &str, resumes_after: Option<u64>) -> Asked {
        Asked { agent: agent.to_owned(), verb: "watch", resumes_after, ..Asked::default() }
    }

    #[test]
    fn a_client_lists_anew_before_it_watches_again() {
        let mut forgotten = Forgotten::default();
        forgotten.forget(&watch("op", Some(5)), 9);
        let rows = [
            (watch("op", Some(5)), true),
            (watch("op", Some(8)), true),
            (watch("op", Some(9)), false),
            (watch("op", None), false),
            (watch("other", Some(5)), false),
        ];
        for (watch, wanted) in rows {
            assert_eq!(forgotten.holds(&watch), wanted, "{watch:?}");
        }
    }
}
