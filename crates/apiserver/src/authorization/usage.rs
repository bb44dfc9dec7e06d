//! Which rules have allowed something, and what was denied: what roles are there for nothing, and which
//! right somebody lacks.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Attributes, Decision, Grant, Target, Witness};

/// Different denials that are kept; more are only counted together.
const DENIALS_MAX: usize = 1000;

/// Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Usage(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    granted: BTreeMap<Grant, u64>,
    denied: BTreeMap<Denial, u64>,
    denied_besides: u64,
}

/// A right that somebody lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Denial {
    user: String,
    verb: String,
    /// `RESOURCE.GROUP/SUBRESOURCE`, or a path.
    target: String,
    namespace: String,
}

impl Usage {
    /// Counts what it hears.
    pub fn witness(&self) -> Witness {
        let counts = Arc::clone(&self.0);
        Arc::new(move |attributes, decision| counts.lock().count(attributes, decision))
    }

    /// The counts: `granted` by role and rule, `denied` by user and request.
    pub fn to_json(&self) -> Value {
        let counts = self.0.lock();
        let granted = counts
            .granted
            .iter()
            .map(|(grant, count)| json!({"role": grant.role, "rule": grant.rule, "count": count}));
        let denied = counts.denied.iter().map(|(denial, count)| {
            let Denial { user, verb, target, namespace } = denial;
            json!({"user": user, "verb": verb, "target": target, "namespace": namespace,
                "count": count})
        });
        json!({
            "granted": granted.collect::<Vec<_>>(),
            "denied": denied.collect::<Vec<_>>(),
            "deniedBesides": counts.denied_besides,
        })
    }
}

impl Counts {
    fn count(&mut self, attributes: &Attributes<'_>, decision: &Decision) {
        match decision {
            Decision::Allow { grant: None, .. } => {}
            Decision::Allow { grant: Some(grant), .. } => match self.granted.get_mut(grant) {
                Some(count) => *count += 1,
                None => {
                    self.granted.insert(grant.clone(), 1);
                }
            },
            Decision::Deny { .. } => self.count_denial(Denial::of(attributes)),
        }
    }

    fn count_denial(&mut self, denial: Denial) {
        if self.denied.len() >= DENIALS_MAX && !self.denied.contains_key(&denial) {
            self.denied_besides += 1;
            return;
        }
        *self.denied.entry(denial).or_default() += 1;
    }
}

impl Denial {
    fn of(attributes: &Attributes<'_>) -> Self {
        let (target, namespace) = match attributes.target {
            Target::Path(path) => (path.to_owned(), String::new()),
            Target::Resource(path) if path.subresource.is_empty() => {
                (path.qualified(), path.namespace.clone())
            }
            Target::Resource(path) => {
                (format!("{}/{}", path.qualified(), path.subresource), path.namespace.clone())
            }
        };
        let (user, verb) = (attributes.user.name.clone(), attributes.verb.to_owned());
        Self { user, verb, target, namespace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RequestInfo, User};

    #[test]
    fn rules_and_denials_are_counted() {
        let usage = Usage::default();
        let witness = usage.witness();
        let user = User { name: "bob".into(), ..User::default() };
        let request = RequestInfo::parse(
            &http::Method::PATCH,
            "/apis/apps/v1/namespaces/a/deployments/b/scale",
        );
        let attributes = Attributes::of(&user, &request);
        let grant = Grant { role: "ClusterRole/edit".into(), rule: 3 };
        let allowed = Decision::Allow { reason: String::new(), grant: Some(grant) };
        for decision in [&allowed, &allowed, &Decision::Deny { reason: String::new() }] {
            witness(&attributes, decision);
        }
        assert_eq!(
            usage.to_json(),
            json!({
                "granted": [{"role": "ClusterRole/edit", "rule": 3, "count": 2}],
                "denied": [{"user": "bob", "verb": "patch", "target": "deployments.apps/scale",
                    "namespace": "a", "count": 1}],
                "deniedBesides": 0,
            })
        );
    }
}
