//! Every change that the store ever made, by kind, and what readers claim to have seen of it.

use std::{collections::BTreeMap, ops::Bound};

use api::catalog;

use super::{Promise, Verdict, expect};

/// What the keys of each kind begin with.
fn prefixes() -> impl Iterator<Item = &'static str> {
    let all = catalog::builtin().resources().iter();
    all.map(|facts| facts.storage_prefix.as_str()).filter(|prefix| !prefix.is_empty())
}

/// One change: the key below its prefix, and whether it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    revision: u64,
    key: String,
    gone: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct History {
    by_prefix: BTreeMap<&'static str, Vec<Entry>>,
    newest: u64,
    /// Claims about what has not come yet.
    waiting: Vec<Claim>,
}

/// What a reader says that the store did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// Of a kind, nothing happened between two revisions, both exclusive, but perhaps this at the
    /// second: an object changed (`false`) or went (`true`).
    Next { prefix: &'static str, after: u64, at: u64, change: Option<(String, bool)> },
    /// These objects of a kind were there at a revision, each at its own.
    State { prefix: &'static str, at: u64, objects: BTreeMap<String, u64> },
}

impl Default for History {
    fn default() -> Self {
        let by_prefix = prefixes().map(|prefix| (prefix, Vec::new())).collect();
        Self { by_prefix, newest: 0, waiting: Vec::new() }
    }
}

impl History {
    /// What the keys begin with that `key` is one of, if it is of a known kind.
    fn split<'k>(&self, key: &'k str) -> Option<(&'static str, &'k str)> {
        let range = (Bound::Unbounded, Bound::Included(key));
        let prefix: &'static str = self.by_prefix.range::<str, _>(range).next_back()?.0;
        key.strip_prefix(prefix).map(|rest| (prefix, rest))
    }

    pub(super) fn note(&mut self, revision: u64, key: &str, gone: bool) {
        let Some((prefix, key)) = self.split(key) else { return };
        let entry = Entry { revision, key: key.to_owned(), gone };
        self.by_prefix.entry(prefix).or_default().push(entry);
    }

    /// Everything up to `revision` is known; answers whether the claims about it are true.
    pub(super) fn reached(&mut self, revision: u64) -> Verdict {
        self.newest = revision;
        let due: Vec<Claim> = self.waiting.extract_if(.., |it| it.at() <= revision).collect();
        due.iter().try_for_each(|claim| self.judge(claim))
    }

    /// Judges a claim as soon as all that it speaks of is known.
    pub(super) fn hear(&mut self, claim: Claim) -> Verdict {
        if claim.at() > self.newest {
            self.waiting.push(claim);
            return Ok(());
        }
        self.judge(&claim)
    }

    fn judge(&self, claim: &Claim) -> Verdict {
        let (Claim::Next { prefix, .. } | Claim::State { prefix, .. }) = claim;
        self.is_true(claim).map_err(|violation| violation.of(prefix))
    }

    fn is_true(&self, claim: &Claim) -> Verdict {
        match claim {
            Claim::Next { prefix, after, at, change } => {
                self.judge_next(prefix, *after, *at, change.as_ref())
            }
            Claim::State { prefix, at, objects } => {
                let there = self.state(prefix, *at);
                expect(Promise::Lists, there == *objects, || {
                    let wrong = there.iter().find(|it| objects.get(it.0) != Some(it.1));
                    let wrong =
                        wrong.or_else(|| objects.iter().find(|it| !there.contains_key(it.0)));
                    format!("a list of {prefix} at {at} is wrong about {wrong:?}")
                })
            }
        }
    }

    fn judge_next(
        &self,
        prefix: &str,
        after: u64,
        at: u64,
        change: Option<&(String, bool)>,
    ) -> Verdict {
        let all = self.by_prefix.get(prefix).map_or(&[][..], Vec::as_slice);
        let first = all.partition_point(|entry| entry.revision <= after);
        let missed = all[first..].iter().find(|entry| entry.revision <= at);
        let Some((key, gone)) = change else {
            return expect(Promise::Watches, missed.is_none(), || {
                format!("a watch of {prefix} came from {after} to {at} without {missed:?}")
            });
        };
        let wanted = Entry { revision: at, key: key.clone(), gone: *gone };
        expect(Promise::Watches, missed == Some(&wanted), || {
            format!("a watch of {prefix} after {after} shows {wanted:?} before {missed:?}")
        })
    }

    /// The objects of a kind at a revision, each with its own.
    fn state(&self, prefix: &str, at: u64) -> BTreeMap<String, u64> {
        let mut there = BTreeMap::new();
        let all = self.by_prefix.get(prefix).map_or(&[][..], Vec::as_slice);
        for entry in all.iter().take_while(|entry| entry.revision <= at) {
            if entry.gone {
                there.remove(&entry.key);
            } else {
                there.insert(entry.key.clone(), entry.revision);
            }
        }
        there
    }

    /// The prefix of a resource's keys; `None` for one that is not stored.
    pub(super) fn prefix_of(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<&'static str> {
        let facts = catalog::builtin().resource(group, version, plural)?;
        self.by_prefix.get_key_value(facts.storage_prefix.as_str()).map(|(prefix, _)| *prefix)
    }
}

impl Claim {
    const fn at(&self) -> u64 {
        match self {
            Self::Next { at, .. } | Self::State { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: &str = "/registry/pods/";

    fn history() -> History {
        let mut history = History::default();
        history.note(2, "/registry/pods/shop/a", false);
        history.note(3, "/registry/services/specs/shop/a", false);
        history.note(4, "/registry/pods/shop/b", false);
        history.note(5, "/registry/pods/shop/a", true);
        history.reached(5).expect("no claim yet");
        history
    }

    fn next(after: u64, at: u64, change: Option<(&str, bool)>) -> Claim {
        let change = change.map(|(key, gone)| (key.to_owned(), gone));
        Claim::Next { prefix: PODS, after, at, change }
    }

    #[test]
    fn a_watch_may_leave_nothing_out_and_make_nothing_up() {
        let rows = [
            (next(1, 2, Some(("shop/a", false))), true),
            (next(2, 4, Some(("shop/b", false))), true),
            (next(4, 5, Some(("shop/a", true))), true),
            (next(2, 3, None), true),
            (next(5, 9, None), true),
            (next(1, 4, Some(("shop/b", false))), false),
            (next(4, 5, Some(("shop/a", false))), false),
            (next(2, 3, Some(("shop/a", false))), false),
            (next(2, 4, None), false),
        ];
        for (claim, wanted) in rows {
            let mut history = history();
            let judged = history.hear(claim.clone());
            let judged = judged.and_then(|()| history.reached(9));
            assert_eq!(judged.is_ok(), wanted, "{claim:?}");
        }
    }

    #[test]
    fn a_list_shows_the_state_of_its_revision() {
        let state = |at, objects: &[(&str, u64)]| {
            let objects = objects.iter().map(|(key, revision)| ((*key).to_owned(), *revision));
            history().hear(Claim::State { prefix: PODS, at, objects: objects.collect() }).is_ok()
        };
        assert!(state(4, &[("shop/a", 2), ("shop/b", 4)]));
        assert!(state(5, &[("shop/b", 4)]));
        assert!(!state(5, &[("shop/a", 2), ("shop/b", 4)]));
        assert!(!state(4, &[("shop/a", 2)]));
    }

    #[test]
    fn what_is_claimed_too_early_is_judged_when_it_is_known() {
        let mut history = history();
        assert_eq!(history.hear(next(5, 6, Some(("shop/c", false)))), Ok(()));
        history.note(6, "/registry/pods/shop/d", false);
        assert!(history.reached(6).is_err());
    }
}
