//! What a decision about a Deployment may depend on.

use std::{cmp, collections::BTreeMap, fmt, sync::Arc};

use api::views::{Deployment, ReplicaSet, RollingUpdate, StrategyType};
use meta::{
    int_or_string::{IntOrString, Rounding},
    object::{ObjectMeta, Uid},
    text::Text,
};

use crate::shared::claims::Claims;

/// A Deployment with its ReplicaSets, as seen at one moment.
pub struct Rollout {
    pub(super) deployment: Arc<Deployment>,
    pub(super) selection: Selection,
    /// The owned are sorted: oldest first.
    pub(super) claims: Claims<ReplicaSet>,
    /// Whether some ReplicaSet has the name that the next one of ours would get.
    pub(super) name_taken: bool,
    /// Pods of each ReplicaSet that have not finished. Only looked at for Recreate.
    pub(super) pods_left: BTreeMap<Uid, usize>,
    /// What new pods wait for. Only looked at for a person, while nothing moves: no decision needs it.
    pub(super) waiting: BTreeMap<Text, usize>,
}

/// What the selector asks for.
#[derive(Debug)]
pub(super) enum Selection {
    /// Some pods, as it should.
    Some,
    /// Everything in the namespace.
    All,
    /// Nothing that can be understood.
    Invalid(String),
}

impl Rollout {
    /// Pods that are wanted.
    pub(super) fn desired(&self) -> i32 {
        self.deployment.spec.replicas.unwrap_or(1)
    }
    /// Pods that may exist on top of the desired ones; zero unless rolling.
    pub(super) fn max_surge(&self) -> i32 {
        self.bounds().map_or(0, |(surge, _)| surge)
    }
    /// Pods that may be missing from the desired ones; zero unless rolling.
    pub(super) fn max_unavailable(&self) -> i32 {
        let Some((surge, unavailable)) = self.bounds() else { return 0 };
        // Neither more nor fewer would be a standstill.
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        unavailable.min(self.desired())
    }
    /// Pods that must be available.
    pub(super) fn min_available(&self) -> i32 {
        self.desired() - self.max_unavailable()
    }
    /// Pods that may exist.
    pub(super) fn max_total(&self) -> i32 {
        self.desired().saturating_add(self.max_surge())
    }
    /// Seconds without progress after which a rollout counts as stuck; `None` means never.
    pub(super) fn deadline_seconds(&self) -> Option<i32> {
        self.deployment.spec.progress_deadline_seconds.filter(|seconds| *seconds != i32::MAX)
    }
    /// How many old ReplicaSets are kept; `None` means all.
    pub(super) fn history_limit(&self) -> Option<usize> {
        let limit = self.deployment.spec.revision_history_limit;
        limit.filter(|limit| *limit != i32::MAX).and_then(|limit| usize::try_from(limit).ok())
    }
    /// The ReplicaSet of the current template: of several, the oldest.
    pub(super) fn new_replica_set(&self) -> Option<&Arc<ReplicaSet>> {
        let template = &self.deployment.spec.template;
        self.claims.owned.iter().find(|replica_set| replica_set.spec.template == *template)
    }

    /// Whether new pods are missing although all that the ReplicaSets know is reported.
    pub(super) fn stands_still(&self, new: &ReplicaSet) -> bool {
        let status = &self.deployment.status;
        let ready: i32 = self.claims.owned.iter().map(|set| set.status.ready_replicas).sum();
        new.status.ready_replicas < size(new)
            && status.updated_replicas == new.status.replicas
            && status.ready_replicas == ready
    }

    /// Surge and unavailable as the strategy says; `None` unless rolling.
    fn bounds(&self) -> Option<(i32, i32)> {
        let strategy = &self.deployment.spec.strategy;
        if strategy.kind != StrategyType::RollingUpdate {
            return None;
        }
        let RollingUpdate { max_surge, max_unavailable } =
            strategy.rolling_update.clone().unwrap_or_default();
        let scaled = |share: Option<IntOrString>, rounding| {
            share.and_then(|share| share.scaled(self.desired(), rounding)).unwrap_or(0)
        };
        Some((scaled(max_surge, Rounding::Up), scaled(max_unavailable, Rounding::Down)))
    }
}

/// The current ReplicaSet and the others, as a plan leaves them: the new one may be about to be made.
#[derive(Debug, Clone)]
pub(super) struct Fleet {
    pub(super) new: Option<Arc<ReplicaSet>>,
    /// Oldest first.
    pub(super) old: Vec<Arc<ReplicaSet>>,
}

impl Fleet {
    pub(super) fn of(rollout: &Rollout) -> Self {
        let new = rollout.new_replica_set().cloned();
        let is_old = |replica_set: &&Arc<ReplicaSet>| {
            new.as_ref().is_none_or(|new| !Arc::ptr_eq(new, replica_set))
        };
        let old = rollout.claims.owned.iter().filter(is_old).cloned().collect();
        Self { new, old }
    }
    /// Old ones first, then the new one.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.old.iter().chain(&self.new)
    }
    /// Old ones that should have pods.
    pub(super) fn active_old(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.old.iter().filter(|replica_set| size(replica_set) > 0)
    }
    /// All that should have pods.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.all().filter(|replica_set| size(replica_set) > 0)
    }
    /// Pods that all together should have.
    pub(super) fn total(&self) -> i32 {
        self.all().map(|replica_set| size(replica_set)).sum()
    }
}

/// A ReplicaSet that should have another size.
#[derive(Debug)]
pub(super) struct Resize {
    pub(super) replica_set: Arc<ReplicaSet>,
    pub(super) size: i32,
    pub(super) why: super::Why,
}

/// Pods that a ReplicaSet should have.
pub(super) fn size(replica_set: &ReplicaSet) -> i32 {
    replica_set.spec.replicas.unwrap_or(1)
}

/// Available pods of a ReplicaSet that will stay: a status that lags behind a scale-down shows more.
pub(super) fn available(replica_set: &ReplicaSet) -> i32 {
    cmp::min(replica_set.status.available_replicas, size(replica_set))
}

/// Sorts oldest first.
pub(super) fn age(metadata: &ObjectMeta) -> (Option<meta::time::Time>, Text) {
    (metadata.creation_timestamp, metadata.name.clone())
}

/// One line: desired +surge -unavailable, then size/ready/available of each ReplicaSet.
impl fmt::Debug for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (surge, unavailable) = (self.max_surge(), self.max_unavailable());
        write!(f, "{} +{surge} -{unavailable}", self.desired())?;
        if self.deployment.spec.paused {
            f.write_str(" paused")?;
        }
        if self.deployment.metadata.is_deleting() {
            f.write_str(" deleting")?;
        }
        let fleet = Fleet::of(self);
        for (label, replica_set) in
            fleet.new.iter().map(|new| ("new", new)).chain(fleet.old.iter().map(|old| ("old", old)))
        {
            let (name, status) = (&replica_set.metadata.name, &replica_set.status);
            let (ready, available) = (status.ready_replicas, status.available_replicas);
            write!(f, " | {label} {name} {}/{ready}/{available}", size(replica_set))?;
        }
        Ok(())
    }
}
