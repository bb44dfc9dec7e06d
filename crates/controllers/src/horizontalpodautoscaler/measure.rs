//! From samples of pods to a number of replicas.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{Phase, Pod, Status};
use meta::{mutants::mutant, text::Text, time::Time};

use super::{
    AutoscalerSettings,
    reading::{Measured, Sample, Samples},
    requests::{Requests, requests},
};
use crate::shared::float::{ceil, float};

/// What all metrics of an autoscaler are measured by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gauge<'a> {
    /// Of the target.
    pub(super) namespace: &'a str,
    /// Those that the target's selector means.
    pub(super) pods: &'a [Arc<Pod>],
    /// Replicas that the target wants.
    pub(super) replicas: i32,
    /// Replicas that the target has.
    pub(super) status_replicas: i32,
    pub(super) tolerance: Tolerance,
    pub(super) settings: &'a AutoscalerSettings,
    pub(super) now: Time,
}

/// Shares of the target that are no reason to scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) up: f64,
    pub(super) down: f64,
}

impl Tolerance {
    /// Whether a ratio is close enough to one.
    pub(super) fn covers(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// What samples give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) replicas: i32,
    /// In percent of what is requested, where that is the target.
    pub(super) utilization: Option<i32>,
    /// Thousandths a pod.
    pub(super) average: i64,
}

/// The pods of a target by what their samples are worth.
#[derive(Debug, Default)]
struct Groups {
    ready: usize,
    /// Not serving yet: they use less, or more, than they will.
    unready: BTreeSet<Text>,
    /// Nothing is known of them.
    missing: BTreeSet<Text>,
    /// Going, or gone.
    ignored: BTreeSet<Text>,
}

/// What the samples are compared with.
enum Goal {
    /// Percent of the requests.
    Utilization { target: i32, requests: Requests },
    /// Thousandths a pod.
    Average(i64),
}

/// What a look at the samples gives.
struct Usage {
    ratio: f64,
    utilization: Option<i32>,
    average: i64,
}

impl Gauge<'_> {
    /// Replicas by how much of their requests pods use.
    pub(super) fn utilization(
        self,
        samples: &Samples,
        measured: Measured<'_>,
        target: i32,
    ) -> Result<Measure, String> {
        self.check_pods()?;
        let groups = self.groups(samples, measured.resource);
        let requests = requests(self.pods.iter().map(|pod| &**pod), measured)?;
        self.measure(samples, &groups, &Goal::Utilization { target, requests })
    }

    /// Replicas by how much each pod uses. `resource` is empty for metrics that are none of a resource.
    pub(super) fn average(
        self,
        samples: &Samples,
        resource: &str,
        target: i64,
    ) -> Result<Measure, String> {
        self.check_pods()?;
        let groups = self.groups(samples, resource);
        self.measure(samples, &groups, &Goal::Average(target))
    }

    fn check_pods(self) -> Result<(), String> {
        if self.pods.is_empty() {
            return Err("no pods returned by selector while calculating replica count".to_owned());
        }
        Ok(())
    }

    fn measure(self, samples: &Samples, groups: &Groups, goal: &Goal) -> Result<Measure, String> {
        let mut samples = samples.clone();
        samples.retain(|pod, _| !groups.ignored.contains(pod) && !groups.unready.contains(pod));
        if samples.is_empty() {
            return Err(
                "did not receive metrics for targeted pods (pods might be unready)".to_owned()
            );
        }
        let usage = goal.usage(&samples)?;
        let measure =
            |replicas| Measure { replicas, utilization: usage.utilization, average: usage.average };
        let fills_unready = !groups.unready.is_empty() && usage.ratio > 1.0;
        if !fills_unready && groups.missing.is_empty() {
            if self.tolerance.covers(usage.ratio) {
                return Ok(measure(self.replicas));
            }
            let replicas = times(usage.ratio, groups.ready);
            return Ok(measure(self.in_direction(usage.ratio, replicas)));
        }
        goal.assume(&mut samples, groups, usage.ratio);
        let assumed = goal.usage(&samples)?.ratio;
        let turns = (usage.ratio < 1.0 && assumed > 1.0) || (usage.ratio > 1.0 && assumed < 1.0);
        if self.tolerance.covers(assumed) || turns {
            return Ok(measure(self.replicas));
        }
        Ok(measure(self.in_direction(assumed, times(assumed, samples.len()))))
    }

    /// More pods than are wanted (a rollout's surge) must not turn "too much" into "more", nor fewer
    /// "too little" into "less".
    pub(super) fn in_direction(self, ratio: f64, replicas: i32) -> i32 {
        let is_against =
            (ratio < 1.0 && replicas > self.replicas) || (ratio > 1.0 && replicas < self.replicas);
        if is_against && !mutant("hb_30") { self.replicas } else { replicas }
    }

    /// Pods that serve.
    pub(super) fn ready_pods(self) -> usize {
        let serves = |pod: &&Arc<Pod>| pod.status.phase == Phase::Running && pod.is_ready();
        self.pods.iter().filter(serves).count()
    }

    fn groups(self, samples: &Samples, resource: &str) -> Groups {
        let mut groups = Groups::default();
        for pod in self.pods {
            let name = pod.metadata.name.clone();
            if pod.metadata.is_deleting() || pod.status.phase == Phase::Failed {
                groups.ignored.insert(name);
                continue;
            }
            if pod.status.phase == Phase::Pending {
                groups.unready.insert(name);
                continue;
            }
            let Some(sample) = samples.get(&name) else {
                groups.missing.insert(name);
                continue;
            };
            if resource == "cpu" && self.is_starting(pod, sample) {
                groups.unready.insert(name);
                continue;
            }
            groups.ready += 1;
        }
        groups
    }

    /// Whether what a pod uses of processors is what its start uses.
    fn is_starting(self, pod: &Pod, sample: &Sample) -> bool {
        let ready = pod.condition("Ready");
        let (Some(ready), Some(started)) = (ready, pod.status.start_time) else { return true };
        let changed = ready.last_transition_time.unwrap_or_default();
        let is_unready = ready.status == Status::False;
        if started + self.settings.cpu_initialization_period > self.now {
            let is_early = sample.at.is_none_or(|at| at < changed + sample.window);
            return is_unready || is_early;
        }
        is_unready && started + self.settings.initial_readiness_delay > changed
    }
}

impl Goal {
    fn usage(&self, samples: &Samples) -> Result<Usage, String> {
        match self {
            Self::Average(target) => {
                let sum: i64 = samples.values().map(|sample| sample.value).sum();
                let average = sum / i64::try_from(samples.len()).unwrap_or(i64::MAX);
                Ok(Usage { ratio: float(average) / float(*target), utilization: None, average })
            }
            Self::Utilization { target, requests } => {
                let known = samples
                    .iter()
                    .filter_map(|(pod, sample)| Some((sample.value, *requests.get(pod)?)));
                let (mut used, mut requested, mut count) = (0_i64, 0_i64, 0_i64);
                for (value, request) in known {
                    (used, requested, count) = (used + value, requested + request, count + 1);
                }
                if requested == 0 {
                    return Err("no metrics returned matched known pods".to_owned());
                }
                let percent = i32::try_from(used.saturating_mul(100) / requested);
                let percent = percent.unwrap_or(i32::MAX);
                Ok(Usage {
                    ratio: float(percent.into()) / float((*target).into()),
                    utilization: Some(percent),
                    average: used / count,
                })
            }
        }
    }

    /// Fills in what is not known, against the direction that is known.
    fn assume(&self, samples: &mut Samples, groups: &Groups, ratio: f64) {
        let assumed = |value| Sample { value, at: None, window: std::time::Duration::ZERO };
        for pod in &groups.missing {
            if ratio < 1.0 {
                samples.insert(pod.clone(), assumed(self.full(pod)));
            } else if ratio > 1.0 {
                samples.insert(pod.clone(), assumed(0));
            }
        }
        if ratio > 1.0 {
            for pod in &groups.unready {
                samples.insert(pod.clone(), assumed(0));
            }
        }
    }

    /// What a pod uses that uses as much as it should, or all that it asked for.
    fn full(&self, pod: &Text) -> i64 {
        match self {
            Self::Average(target) => *target,
            Self::Utilization { target, requests } => {
                let request = requests.get(pod).copied().unwrap_or(0);
                request.saturating_mul((*target).max(100).into()) / 100
            }
        }
    }
}

/// So many times as many pods, rounded up.
pub(super) fn times(ratio: f64, pods: usize) -> i32 {
    ceil(ratio * float(i64::try_from(pods).unwrap_or(i64::MAX)))
}
