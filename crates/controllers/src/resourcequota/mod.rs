//! Keeps `status` of every `ResourceQuota`: the limits that admission goes by, and how much of each is
//! used. Admission charges what comes; this controller counts anew when something goes or the quota
//! changes. It counts only what is at least as new as the quota, and writes only over the quota it
//! counted for, so no charge is lost. Follows `pkg/controller/resourcequota`.

mod describe;
mod observe;
mod plan;
#[cfg(test)]
mod tests;
mod why;

use std::time::Duration;

use api::{
    quota::{self, Subject},
    views::{Kind, PartialObject, PersistentVolumeClaim, Pod, ResourceQuota, Service},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

pub use observe::{Observed, View};
pub use why::Why;

/// Many objects that go together are counted once.
const COLLECT: Duration = Duration::from_millis(50);
/// A quota that was charged is compared with what is there after this: many charges, one count.
const CHARGED: Duration = Duration::from_secs(2);

/// Everything is counted again this often; the reference's default unless
/// [provided](Informers::provide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResyncPeriod(pub Duration);

impl Default for ResyncPeriod {
    fn default() -> Self {
        Self(Duration::from_mins(5))
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct ResourceQuotaController;

impl Controller for ResourceQuotaController {
    const NAME: &'static str = "resourcequota-controller";
    const QUEUE: &'static str = "resourcequota_primary";
    const EVENT_SOURCE: &'static str = "resourcequota-controller";
    type Key = ObjectKey;
    type Observed = Observed;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let resync = informers.setting::<ResyncPeriod>();
        View {
            resync: resync.map_or_else(ResyncPeriod::default, |set| *set),
            quotas: informers.cache(),
            pods: informers.cache(),
            services: informers.cache(),
            claims: informers.cache(),
            dynamic: informers.dynamic(),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ResourceQuota>(quota_changed);
        watches.on::<Pod>(|view, change, enqueue| {
            changed(view, change, enqueue, |pod| (Subject::Pod(pod), quota::is_terminating(pod)));
        });
        watches.on::<Service>(|view, change, enqueue| {
            changed(view, change, enqueue, |service| (Subject::Service(service), false));
        });
        watches.on::<PersistentVolumeClaim>(|view, change, enqueue| {
            changed(view, change, enqueue, |claim| (Subject::Claim(claim), false));
        });
        watches.on_dynamic(object_changed);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
        observe::observe(view, key, answers)
    }
    fn plan(_memory: &mut (), observed: &Observed, now: Time) -> Plan<Why> {
        plan::plan(observed, now)
    }
    fn describe(observed: &Observed, _now: Time) -> Vec<String> {
        describe::lines(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == ResourceQuota::RESOURCE).then(|| key.clone())
    }
}

/// Charges are admission's and need no count at once, but one later: what was counted before may have
/// been newer than the quota it was compared with. Everything else about a quota is looked at now.
fn quota_changed(_: &View, change: &Change<ResourceQuota>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(new) = &change.new else { return };
    let old = change.old.as_ref().filter(|old| old.metadata.uid == new.metadata.uid);
    let is_same = |old: &ResourceQuota| {
        old.spec == new.spec && new.status.hard.as_ref() == Some(&new.spec.hard)
    };
    if old.is_none_or(|old| !is_same(old)) {
        enqueue.add(new.metadata.key());
    } else {
        enqueue.add_after(new.metadata.key(), CHARGED);
    }
}

/// What a quota counts may have become less. What appears was charged when it was created.
fn changed<K: Kind>(
    view: &View,
    change: &Change<K>,
    enqueue: &mut Enqueue<ObjectKey>,
    subject: fn(&K) -> (Subject<'_>, bool),
) {
    let Some(old) = &change.old else { return };
    let quotas = view.quotas.in_namespace(&old.metadata().namespace);
    if quotas.is_empty() {
        return;
    }
    let counted = |object: &K| {
        let (subject, class) = subject(object);
        (subject.usage(Time::default()), class)
    };
    let stays = change.new.as_ref().filter(|new| new.metadata().uid == old.metadata().uid);
    if stays.is_none_or(|new| counted(new) != counted(old)) {
        replenish(&quotas, &K::RESOURCE, enqueue);
    }
}

fn object_changed(
    view: &View,
    resource: &Resource,
    change: &Change<PartialObject>,
    enqueue: &mut Enqueue<ObjectKey>,
) {
    let Some(old) = &change.old else { return };
    let stays = change.new.as_ref().is_some_and(|new| new.metadata.uid == old.metadata.uid);
    if !stays && !old.metadata.namespace.is_empty() {
        replenish(&view.quotas.in_namespace(&old.metadata.namespace), resource, enqueue);
    }
}

/// Something of a resource is gone: the quotas that count it are counted anew.
fn replenish(
    quotas: &[std::sync::Arc<ResourceQuota>],
    resource: &Resource,
    enqueue: &mut Enqueue<ObjectKey>,
) {
    for quota in quotas {
        if quota.spec.hard.keys().any(|name| quota::counts(resource, name)) {
            enqueue.add_after(quota.metadata.key(), COLLECT);
        }
    }
}
