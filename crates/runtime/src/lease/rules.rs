//! Whether a lease may be taken, as a pure function of what was seen and when. Clocks of two machines
//! are never compared: only how long the lease has not changed, by our own clock.

use std::time::Duration;

use client::Epoch;
use meta::{object::Uid, time::Time};
use serde::Deserialize;
use serde_json::{Value, json};
use world::Monotonic;

use super::LeaseSettings;

/// What is known of a lease.
#[derive(Debug, Default)]
pub(super) struct Elector {
    seen: Option<Seen>,
}

/// A lease as last seen.
#[derive(Debug)]
struct Seen {
    object: Value,
    spec: Spec,
    /// When its present spec was first seen.
    since: Monotonic,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    holder_identity: String,
    lease_duration_seconds: u64,
    acquire_time: String,
    renew_time: String,
    lease_transitions: u64,
}

/// What to do about a lease.
#[derive(Debug, PartialEq)]
pub(super) enum Move {
    /// There is none: make it.
    Create(Value),
    /// Take or renew it; the server refuses if somebody else was faster.
    Update(Value),
    /// Somebody else holds it.
    Wait,
}

impl Elector {
    /// The lease as the holder would renew it without reading it first; `None` if we are not known
    /// to hold it.
    pub(super) fn renewal(
        &self,
        settings: &LeaseSettings,
        now: Monotonic,
        wall: Time,
    ) -> Option<Value> {
        let seen = self.seen.as_ref()?;
        let valid = seen.spec.holder_identity == settings.identity && !seen.expired(now);
        valid.then(|| seen.taken(settings, wall))
    }
    /// Decides after the lease was read; `None` means that there is none.
    pub(super) fn decide(
        &mut self,
        settings: &LeaseSettings,
        live: Option<Value>,
        now: Monotonic,
        wall: Time,
    ) -> Move {
        let Some(live) = live else {
            let metadata = json!({"name": settings.key.name, "namespace": settings.key.namespace});
            let none =
                Seen { object: json!({"metadata": metadata}), spec: Spec::default(), since: now };
            return Move::Create(none.created(settings, wall));
        };
        self.saw(live, now);
        let Some(seen) = &self.seen else { return Move::Wait };
        let holder = &seen.spec.holder_identity;
        if !holder.is_empty() && *holder != settings.identity && !seen.expired(now) {
            return Move::Wait;
        }
        Move::Update(seen.taken(settings, wall))
    }
    /// When the lease may be taken, by our own clock; `None` if nothing is known of it.
    pub(super) fn free_at(&self) -> Option<Monotonic> {
        let seen = self.seen.as_ref()?;
        let held = !seen.spec.holder_identity.is_empty();
        Some(if held { seen.end() } else { seen.since })
    }
    /// Notes the lease as the server has it.
    pub(super) fn saw(&mut self, object: Value, now: Monotonic) {
        let spec = Spec::deserialize(&object["spec"]).unwrap_or_default();
        let same = self.seen.as_ref().filter(|seen| seen.spec == spec).map(|seen| seen.since);
        self.seen = Some(Seen { object, spec, since: same.unwrap_or(now) });
    }
    /// Forgets what was seen: the next attempt reads first.
    pub(super) fn forget(&mut self) {
        self.seen = None;
    }
    /// The term that the lease as last seen stands for; `None` if we are not known to hold it.
    pub(super) fn epoch(&self, settings: &LeaseSettings) -> Option<Epoch> {
        let seen = self.seen.as_ref()?;
        (seen.spec.holder_identity == settings.identity).then(|| Epoch {
            lease: settings.key.clone(),
            uid: self.uid(),
            transitions: seen.spec.lease_transitions,
            holder: settings.identity.clone(),
        })
    }
    /// UID of the lease; empty before it was seen.
    pub(super) fn uid(&self) -> Uid {
        let uid = self.seen.as_ref().and_then(|seen| seen.object["metadata"]["uid"].as_str());
        Uid::from(uid.unwrap_or_default())
    }
}

/// The lease as its holder leaves it behind for whoever comes next; `None` if `identity` does not
/// hold it.
pub(super) fn released(mut lease: Value, identity: &str, wall: Time) -> Option<Value> {
    let spec = &mut lease["spec"];
    if spec["holderIdentity"].as_str() != Some(identity) {
        return None;
    }
    let now = wall.to_micro_string();
    spec["holderIdentity"] = "".into();
    spec["leaseDurationSeconds"] = 1.into();
    spec["acquireTime"] = now.clone().into();
    spec["renewTime"] = now.into();
    Some(lease)
}

impl Seen {
    fn expired(&self, now: Monotonic) -> bool {
        now >= self.end()
    }
    fn end(&self) -> Monotonic {
        self.since + Duration::from_secs(self.spec.lease_duration_seconds)
    }
    fn created(&self, settings: &LeaseSettings, wall: Time) -> Value {
        let mut object = self.taken(settings, wall);
        object["spec"]["leaseTransitions"] = 0.into();
        object
    }
    /// The lease as held by us from now on.
    fn taken(&self, settings: &LeaseSettings, wall: Time) -> Value {
        let now = wall.to_micro_string();
        let renewed = self.spec.holder_identity == settings.identity;
        let acquired = if renewed { self.spec.acquire_time.clone() } else { now.clone() };
        let mut object = self.object.clone();
        object["apiVersion"] = "coordination.k8s.io/v1".into();
        object["kind"] = "Lease".into();
        let spec = &mut object["spec"];
        spec["holderIdentity"] = settings.identity.clone().into();
        spec["leaseDurationSeconds"] = settings.duration.as_secs().into();
        spec["acquireTime"] = acquired.into();
        spec["renewTime"] = now.into();
        spec["leaseTransitions"] = (self.spec.lease_transitions + u64::from(!renewed)).into();
        object
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use meta::object::ObjectKey;

    use super::*;

    fn at(seconds: u64) -> (Monotonic, Time) {
        let passed = Duration::from_secs(seconds);
        (Monotonic(passed), Time::default() + passed)
    }

    /// Reads the lease (`holder renewed`, or `none`) at each second, as `me`, and shows the moves.
    fn check(script: &[(u64, &str)], expected: Expect) {
        let settings = LeaseSettings::new(ObjectKey::new("kube-system", "kcm"), "me".into());
        let mut elector = Elector::default();
        let mut shown = String::new();
        for (second, lease) in script {
            let (now, wall) = at(*second);
            let found = lease.split_once(' ').map(|(holder, renewed)| {
                json!({"metadata": {"name": "kcm"}, "spec": {
                    "holderIdentity": holder, "leaseDurationSeconds": 15, "acquireTime": "then",
                    "renewTime": renewed, "leaseTransitions": 4,
                }})
            });
            let line = match elector.decide(&settings, found, now, wall) {
                Move::Wait => "wait".to_owned(),
                Move::Create(lease) => format!("create {}", lease["spec"]),
                Move::Update(lease) => format!("update {}", lease["spec"]),
            };
            shown.extend([second.to_string().as_str(), ": ", &line, "\n"]);
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_missing_lease_is_made() {
        check(
            &[(1, "none")],
            expect![[r#"
                1: create {"acquireTime":"1970-01-01T00:00:01.000000Z","holderIdentity":"me","leaseDurationSeconds":15,"leaseTransitions":0,"renewTime":"1970-01-01T00:00:01.000000Z"}
            "#]],
        );
    }
    #[test]
    fn anothers_lease_is_taken_when_it_has_not_changed_for_its_duration() {
        check(
            &[(100, "you a"), (114, "you a"), (115, "you a")],
            expect![[r#"
                100: wait
                114: wait
                115: update {"acquireTime":"1970-01-01T00:01:55.000000Z","holderIdentity":"me","leaseDurationSeconds":15,"leaseTransitions":5,"renewTime":"1970-01-01T00:01:55.000000Z"}
            "#]],
        );
    }
    #[test]
    fn a_sign_of_life_starts_the_wait_anew() {
        check(
            &[(100, "you a"), (114, "you b"), (128, "you b")],
            expect![[r#"
                100: wait
                114: wait
                128: wait
            "#]],
        );
    }
    #[test]
    fn a_released_lease_is_taken_at_once() {
        check(
            &[(100, " a")],
            expect![[r#"
                100: update {"acquireTime":"1970-01-01T00:01:40.000000Z","holderIdentity":"me","leaseDurationSeconds":15,"leaseTransitions":5,"renewTime":"1970-01-01T00:01:40.000000Z"}
            "#]],
        );
    }
    #[test]
    fn a_lease_is_free_when_it_has_run_out_or_was_given_up() {
        let mut elector = Elector::default();
        assert_eq!(elector.free_at(), None);
        let lease =
            |holder: &str| json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}});
        elector.saw(lease("you"), at(100).0);
        assert_eq!(elector.free_at(), Some(at(115).0));
        elector.saw(lease(""), at(103).0);
        assert_eq!(elector.free_at(), Some(at(103).0));
    }
    #[test]
    fn only_the_holder_releases_a_lease() {
        let lease = json!({"spec": {
            "holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": "then",
            "renewTime": "then", "leaseTransitions": 4,
        }});
        assert_eq!(released(lease.clone(), "you", at(1).1), None);
        let now = "1970-01-01T00:00:01.000000Z";
        let wanted = json!({"spec": {
            "holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": now,
            "renewTime": now, "leaseTransitions": 4,
        }});
        assert_eq!(released(lease, "me", at(1).1), Some(wanted));
    }
    #[test]
    fn an_own_lease_is_renewed_and_keeps_its_beginning() {
        check(
            &[(100, "me a")],
            expect![[r#"
                100: update {"acquireTime":"then","holderIdentity":"me","leaseDurationSeconds":15,"leaseTransitions":4,"renewTime":"1970-01-01T00:01:40.000000Z"}
            "#]],
        );
    }
    #[test]
    fn a_holder_renews_without_reading_while_its_lease_is_valid() {
        let settings = LeaseSettings::new(ObjectKey::new("kube-system", "kcm"), "me".into());
        let mut elector = Elector::default();
        let mut renews = |seconds: u64, holder: &str| {
            let (now, wall) = at(100);
            elector.forget();
            elector
                .saw(json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}}), now);
            elector.renewal(&settings, at(100 + seconds).0, wall).is_some()
        };
        assert!(renews(14, "me"));
        assert!(!renews(15, "me"));
        assert!(!renews(1, "you"));
    }
}
