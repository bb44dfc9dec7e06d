//! What counts in a quota → its status.

use std::{collections::BTreeMap, time::Duration};

use api::{
    quota::{self, Subject},
    resources::{PERSISTENT_VOLUME_CLAIMS, PODS, SERVICES},
    views::{Amounts, ResourceQuota},
};
use meta::{resource::Resource, time::Time};
use runtime::{Action, Guard, PatchKind, Plan, Step, Target};
use serde_json::{Map, Value, json};

use super::{
    observe::{Counted, Observed},
    why::Why,
};

/// Resources that were not served are asked for again after this.
const DISCOVER_AFTER: Duration = Duration::from_secs(30);
/// A cache that is behind catches up in this time.
const CATCH_UP: Duration = Duration::from_millis(20);

pub(super) fn plan(observed: &Observed, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let Some(used) = used(observed, now) else {
        plan.wake(CATCH_UP);
        return plan;
    };
    plan.wake(if observed.is_incomplete { DISCOVER_AFTER } else { observed.resync.0 });
    let quota = &observed.quota;
    let (hard, status) = (&quota.spec.hard, &quota.status);
    let is_same = |known: &Option<Amounts>, wanted: &Amounts| known.as_ref() == Some(wanted);
    let why = match (is_same(&status.hard, hard), is_same(&status.used, &used)) {
        (true, true) => return plan,
        (false, _) => Why::LimitsDiffer,
        (true, false) => Why::UsageDiffers,
    };
    let patch = json!({"status": {
        "hard": difference(status.hard.as_ref(), hard),
        "used": difference(status.used.as_ref(), &used),
    }});
    let action = Action::Patch {
        target: Target::of::<ResourceQuota>(quota),
        kind: PatchKind::Merge,
        patch,
        subresource: "status",
        guard: Guard::Version,
    };
    plan.step(Step::new(action, why));
    plan
}

/// What is used of everything the quota limits; `None` if that cannot be told yet. What nobody can
/// count keeps its old number, if it has one.
fn used(observed: &Observed, now: Time) -> Option<Amounts> {
    let quota = &observed.quota;
    let mut total = Amounts::new();
    let mut counted = Count { quota, now, sums: &mut total };
    counted.objects(PODS, &observed.pods, Subject::Pod)?;
    counted.objects(SERVICES, &observed.services, Subject::Service)?;
    counted.objects(PERSISTENT_VOLUME_CLAIMS, &observed.claims, Subject::Claim)?;
    counted.numbers(&observed.numbers);
    let old = quota.status.used.iter().flatten();
    for (name, amount) in old.filter(|(name, _)| quota.spec.hard.contains_key(*name)) {
        total.entry(name.clone()).or_insert(*amount);
    }
    Some(total)
}

/// Sums under the names of the quota.
struct Count<'a> {
    quota: &'a ResourceQuota,
    now: Time,
    sums: &'a mut Amounts,
}

impl Count<'_> {
    fn objects<'o, K>(
        &mut self,
        resource: Resource,
        objects: &'o Counted<K>,
        subject: fn(&'o K) -> Subject<'o>,
    ) -> Option<()> {
        let objects = match objects {
            Counted::Unlimited => return Some(()),
            Counted::Behind => return None,
            Counted::Known(objects) => objects,
        };
        self.begin(&resource);
        for object in objects {
            self.add(&subject(object), 1);
        }
        Some(())
    }

    fn numbers(&mut self, numbers: &BTreeMap<Resource, usize>) {
        for (resource, number) in numbers {
            self.begin(resource);
            self.add(&Subject::Counted(resource), *number);
        }
    }

    /// Nothing of it is used so far.
    fn begin(&mut self, resource: &Resource) {
        let names = self.quota.spec.hard.keys().filter(|name| quota::counts(resource, name));
        self.sums.extend(names.map(|name| (name.clone(), meta::quantity::Quantity::ZERO)));
    }

    fn add(&mut self, subject: &Subject<'_>, times: usize) {
        if !subject.is_meant(&self.quota.spec, &self.quota.spec.hard) {
            return;
        }
        let usage = subject.usage(self.now);
        for (name, amount) in usage {
            if let Some(sum) = self.sums.get_mut(&name) {
                (0..times).for_each(|_| *sum += amount);
            }
        }
    }
}

/// A merge patch from one map of amounts to another.
fn difference(old: Option<&Amounts>, new: &Amounts) -> Value {
    let gone = old.into_iter().flatten().filter(|(name, _)| !new.contains_key(*name));
    let mut patch: Map<String, Value> =
        gone.map(|(name, _)| (name.to_string(), Value::Null)).collect();
    patch.extend(new.iter().map(|(name, amount)| (name.to_string(), json!(amount))));
    Value::Object(patch)
}
