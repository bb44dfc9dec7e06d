//! Caches → [`Tracked`]: reads, decides nothing.

use std::{fmt, sync::Arc};

use api::{
    resources::JOBS,
    views::{Job, Pod},
};
use meta::{object::ObjectKey, selector::Selector};
use runtime::{Answers, Observation};

use super::{View, census::Census};
use crate::shared::claims::{Claims, PODS_BY_OWNER};

/// A job that is not finished, with its pods.
pub struct Tracked {
    pub(super) job: Arc<Job>,
    /// What is wrong with the selector, if anything.
    pub(super) invalid_selector: Option<String>,
    pub(super) claims: Claims<Pod>,
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Tracked> {
    let Some(job) = view.jobs.get(key) else { return Observation::Gone };
    if job.is_managed_elsewhere() || job.finished().is_some() {
        return Observation::Gone;
    }
    let (invalid_selector, mut claims) = match Selector::from_json(&job.spec.selector) {
        Err(reason) => (Some(reason.to_string()), Claims::default()),
        Ok(selector) => {
            let metadata = &job.metadata;
            // Pods that have ended are claimed as well: they count.
            (None, Claims::sort(&view.pods, &PODS_BY_OWNER, metadata, &selector, |_| true))
        }
    };
    if let Some(read) = claims.recheck(&JOBS, &job.metadata, answers) {
        return Observation::Ask(vec![read]);
    }
    Observation::Ready(Tracked { job, invalid_selector, claims })
}

/// One line: what is wanted, then how many pods are in which state.
impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let census = Census::of(self);
        let spec = &self.job.spec;
        let (parallelism, completions) = (spec.parallelism.unwrap_or(1), spec.completions);
        match completions {
            Some(completions) => write!(f, "{completions} completions, {parallelism} at once")?,
            None => write!(f, "until one succeeds, {parallelism} at once")?,
        }
        let (active, terminating) = (census.active.len(), census.terminating);
        write!(f, " | {active} active, {terminating} terminating")?;
        write!(f, ", {} succeeded, {} failed", census.succeeded, census.failed)?;
        let (adopt, release) = (self.claims.adopt.len(), self.claims.release.len());
        write!(f, " | {adopt} to adopt, {release} to release")
    }
}
