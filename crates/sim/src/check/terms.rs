//! Who led when, and under which term each write was asked for: two terms never interleave.

use std::collections::BTreeMap;

use client::Epoch;
use meta::object::ObjectKey;
use serde::Deserialize;

use super::{Promise, Verdict, expect};

/// Leases of leaders lie here.
const PLACE: &str = "/registry/leases/kube-system/";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// From which revision on a lease stood for which term.
    began: BTreeMap<String, Vec<(u64, Option<Epoch>)>>,
    /// Revisions, with the terms of those who were told that theirs was the write. A request that changes
    /// nothing is told of another's revision, so there may be several.
    writes: BTreeMap<u64, Vec<Option<Epoch>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Lease {
    metadata: Metadata,
    spec: Spec,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    uid: String,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    holder_identity: String,
    lease_transitions: u64,
}

impl Terms {
    /// A key was written, or is gone.
    pub(super) fn note(&mut self, revision: u64, key: &str, value: Option<&[u8]>) {
        let Some(name) = key.strip_prefix(PLACE) else { return };
        let lease: Option<Lease> = value.and_then(|value| serde_json::from_slice(value).ok());
        let held = lease.filter(|lease| !lease.spec.holder_identity.is_empty());
        let term = held.map(|Lease { metadata, spec }| Epoch {
            lease: ObjectKey::new("kube-system", name),
            uid: metadata.uid.as_str().into(),
            transitions: spec.lease_transitions,
            holder: spec.holder_identity,
        });
        let terms = self.began.entry(name.to_owned()).or_default();
        if terms.last().is_none_or(|(_, last)| *last != term) {
            terms.push((revision, term));
        }
    }

    /// Somebody was told that their write made `revision`.
    pub(super) fn wrote(&mut self, revision: u64, epoch: Option<&Epoch>) {
        self.writes.entry(revision).or_default().push(epoch.cloned());
    }

    /// How often a lease has changed hands.
    pub(super) fn changes(&self) -> usize {
        self.began.values().map(|terms| terms.len().saturating_sub(1)).sum()
    }

    /// Whether each write was made in the term it was asked for under.
    pub(super) fn check(&self) -> Verdict {
        for (revision, writers) in &self.writes {
            let right = writers.iter().any(|epoch| match epoch {
                None => true,
                Some(epoch) => self.at(&epoch.lease.name, *revision) == Some(epoch),
            });
            expect(Promise::Terms, right, || {
                format!("revision {revision} was written under a term that is not: {writers:?}")
            })?;
        }
        Ok(())
    }

    fn at(&self, lease: &str, revision: u64) -> Option<&Epoch> {
        let terms = self.began.get(lease)?;
        let place = terms.partition_point(|(began, _)| *began < revision);
        terms.get(place.checked_sub(1)?)?.1.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, transitions: u64) -> String {
        format!(
            r#"{{"metadata":{{"uid":"u"}},"spec":{{"holderIdentity":"{holder}","leaseTransitions":{transitions}}}}}"#
        )
    }

    fn epoch(holder: &str, transitions: u64) -> Epoch {
        let lease = ObjectKey::new("kube-system", "kcm");
        Epoch { lease, uid: "u".into(), transitions, holder: holder.to_owned() }
    }

    #[test]
    fn a_write_belongs_to_the_term_of_its_revision() {
        let rows = [
            (11, Some(epoch("a", 0)), true),
            (25, Some(epoch("b", 1)), true),
            (25, Some(epoch("a", 0)), false),
            (11, Some(epoch("b", 1)), false),
            (5, Some(epoch("a", 0)), false),
            (25, None, true),
        ];
        for (revision, writer, wanted) in rows {
            let mut terms = Terms::default();
            let key = "/registry/leases/kube-system/kcm";
            terms.note(10, key, Some(lease("a", 0).as_bytes()));
            terms.note(12, key, Some(lease("a", 0).as_bytes()));
            terms.note(20, key, Some(lease("b", 1).as_bytes()));
            terms.wrote(revision, writer.as_ref());
            assert_eq!(terms.check().is_ok(), wanted, "{revision} {writer:?}");
            assert_eq!(terms.changes(), 1);
        }
    }
}
