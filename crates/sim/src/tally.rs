//! What a run has seen, added up over many: a checker of states that never come checks nothing.

use std::{collections::BTreeMap, fmt, time::Duration};

use api::views::Deployment;

use crate::{
    check::{Change, Edge},
    world::Costs,
};

/// What seeds draw.
const FAULTS: [&str; 24] = [
    "hold",
    "release",
    "coalesce",
    "lag",
    "crash",
    "lost reply",
    "refusal",
    "storm",
    "freeze",
    "clock jump",
    "cut",
    "cut one way",
    "redirect",
    "slow reader",
    "compaction",
    "slow disk",
    "full disk",
    "failed sync",
    "conflict",
    "late write",
    "delay",
    "held watch",
    "coalesced watch",
    "dropped watch",
];

/// A state that some run must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sometimes {
    /// A Deployment is complete.
    RolloutCompletes,
    /// A Deployment exceeds its deadline.
    RolloutTimesOut,
    /// A Deployment is paused.
    RolloutPauses,
    /// An old ReplicaSet is taken away.
    HistoryIsCleaned,
    /// An owner waits for its dependents.
    ForegroundDeletion,
    /// An owner leaves its dependents behind.
    Orphaning,
    /// A namespace goes.
    NamespaceDeletion,
    /// A pod fails or succeeds.
    PodEnds,
    /// A lease changes hands.
    LeadershipMoves,
    /// A Job is complete.
    JobCompletes,
    /// A StatefulSet has all its pods.
    StatefulSetReady,
    /// A DaemonSet has all its pods.
    DaemonSetReady,
    /// Endpoints of a service change.
    EndpointsChange,
    /// A quota is charged.
    QuotaChanges,
}

impl Sometimes {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::RolloutCompletes,
        Self::RolloutTimesOut,
        Self::RolloutPauses,
        Self::HistoryIsCleaned,
        Self::ForegroundDeletion,
        Self::Orphaning,
        Self::NamespaceDeletion,
        Self::PodEnds,
        Self::LeadershipMoves,
        Self::JobCompletes,
        Self::StatefulSetReady,
        Self::DaemonSetReady,
        Self::EndpointsChange,
        Self::QuotaChanges,
    ];

    /// What a change of the store reaches.
    pub(crate) fn of(change: &Change) -> Vec<Self> {
        let mut reached = Vec::new();
        if let (Some(before), Some(now)) = change.metadata()
            && !before.is_deleting()
            && now.is_deleting()
        {
            let has = |name: &str| now.finalizers.iter().any(|finalizer| **finalizer == *name);
            reached.extend(has("foregroundDeletion").then_some(Self::ForegroundDeletion));
            reached.extend(has("orphan").then_some(Self::Orphaning));
        }
        let one = match change {
            Change::Deployment(Edge { now: Some(now), .. }) => {
                reached.extend(of_deployment(now));
                None
            }
            Change::ReplicaSet(Edge { before: Some(_), now: None }) => Some(Self::HistoryIsCleaned),
            Change::Pod(Edge { now: Some(now), .. }) => now.is_finished().then_some(Self::PodEnds),
            Change::Job(Edge { now: Some(now), .. }) => {
                let complete = now.finished().is_some_and(|it| *it.kind == *"Complete");
                complete.then_some(Self::JobCompletes)
            }
            Change::StatefulSet(Edge { now: Some(now), .. }) => {
                let ready = now.status.ready_replicas;
                (ready > 0 && ready == now.status.replicas).then_some(Self::StatefulSetReady)
            }
            Change::DaemonSet(Edge { now: Some(now), .. }) => {
                let (ready, desired) =
                    (now.status.number_ready, now.status.desired_number_scheduled);
                (ready > 0 && ready == desired).then_some(Self::DaemonSetReady)
            }
            Change::EndpointSlice(_) => Some(Self::EndpointsChange),
            Change::Quota(Edge { before: Some(_), now: Some(_) }) => Some(Self::QuotaChanges),
            Change::Namespace(Edge { before: Some(_), now: None }) => Some(Self::NamespaceDeletion),
            Change::Deployment(_)
            | Change::ReplicaSet(_)
            | Change::Pod(_)
            | Change::Job(_)
            | Change::StatefulSet(_)
            | Change::DaemonSet(_)
            | Change::Quota(_)
            | Change::Namespace(_)
            | Change::Node(_)
            | Change::Other(_)
            | Change::Heartbeat => None,
        };
        reached.extend(one);
        reached
    }
}

fn of_deployment(now: &Deployment) -> impl Iterator<Item = Sometimes> {
    let says =
        |reason: &str| now.status.conditions.iter().any(|condition| *condition.reason == *reason);
    let reached = [
        says("NewReplicaSetAvailable").then_some(Sometimes::RolloutCompletes),
        says("ProgressDeadlineExceeded").then_some(Sometimes::RolloutTimesOut),
        now.spec.paused.then_some(Sometimes::RolloutPauses),
    ];
    reached.into_iter().flatten()
}

/// The most that one owner had in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Most {
    /// Objects made.
    pub made: u32,
    /// Objects taken away.
    pub gone: u32,
    /// Events written of one object.
    pub told: u32,
}

impl Most {
    /// The larger of each.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            made: self.made.max(other.made),
            gone: self.gone.max(other.gone),
            told: self.told.max(other.told),
        }
    }
}

/// What many runs have seen.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Time that passed in them.
    pub time: Duration,
    /// Revisions of their stores.
    pub revisions: u64,
    /// Steps of their tasks.
    pub steps: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// States that were reached, and how often.
    pub reached: BTreeMap<Sometimes, u64>,
    /// The most that one owner had in a minute.
    pub most: Most,
    /// Equal for equal runs, in whatever order.
    pub trace: u64,
    /// What the tasks of each name took, by component and name.
    pub costs: Costs,
}

impl Tally {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.time += other.time;
        self.revisions += other.revisions;
        self.steps += other.steps;
        self.trace ^= other.trace;
        self.most = self.most.or(other.most);
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for (what, count) in &other.reached {
            *self.reached.entry(*what).or_default() += count;
        }
        for (task, cost) in &other.costs {
            *self.costs.entry(task.clone()).or_default() += *cost;
        }
    }

    /// Kinds of faults that seeds draw and no run has had.
    pub fn never_injected(&self) -> Vec<&'static str> {
        let never = |kind: &&str| self.faults.get(*kind).is_none_or(|count| *count == 0);
        FAULTS.into_iter().filter(never).collect()
    }

    /// What no run has reached.
    pub fn never(&self) -> Vec<Sometimes> {
        let never = |what: &Sometimes| self.reached.get(what).is_none_or(|count| *count == 0);
        Sometimes::ALL.into_iter().filter(never).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.time.as_secs_f64() / 3600.0;
        let faults: u64 = self.faults.values().sum();
        writeln!(f, "{} runs, {hours:.1} simulated hours, {} steps", self.runs, self.steps)?;
        writeln!(f, "{} writes, {faults} faults, traces {:016x}", self.revisions, self.trace)?;
        let Most { made, gone, told } = self.most;
        writeln!(
            f,
            "at most {made} objects made, {gone} taken away, {told} Events of one owner in a minute"
        )?;
        writeln!(f, "faults:")?;
        self.faults.iter().try_for_each(|(kind, count)| writeln!(f, "  {count:>9}  {kind}"))?;
        writeln!(f, "sometimes:")?;
        let count = |what| self.reached.get(what).copied().unwrap_or(0);
        Sometimes::ALL.iter().try_for_each(|what| writeln!(f, "  {:>9}  {what:?}", count(what)))
    }
}
