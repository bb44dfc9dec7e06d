//! Caches → [`Crew`]: reads, decides nothing.

use std::{fmt, sync::Arc};

use api::{
    resources::JOBS,
    views::{CronJob, Job, JobReference},
};
use meta::object::{ObjectKey, Uid};
use runtime::{Answer, Answers, Observation, Read};
use serde_json::Value;

use super::{JOBS_BY_OWNER, View};

/// A CronJob with the Jobs it owns.
pub struct Crew {
    pub(super) cron_job: Arc<CronJob>,
    pub(super) jobs: Vec<Arc<Job>>,
    /// Active according to the status, and not there.
    pub(super) missing: Vec<Uid>,
    /// Names of Jobs of others in the namespace that start like its own.
    pub(super) taken: Vec<String>,
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Crew> {
    let Some(cron_job) = view.cron_jobs.get(key) else { return Observation::Gone };
    let uid = &cron_job.metadata.uid;
    let jobs = view.jobs.by_index(&JOBS_BY_OWNER, &uid.0);
    let is_unseen = |active: &&JobReference| !jobs.iter().any(|job| job.metadata.uid == active.uid);
    let unseen: Vec<&JobReference> = cron_job.status.active.iter().filter(is_unseen).collect();
    let read = |active: &JobReference| Read::Metadata {
        resource: JOBS,
        key: ObjectKey::new(active.namespace.clone(), active.name.clone()),
    };
    let open: Vec<Read> = unseen
        .iter()
        .map(|active| read(active))
        .filter(|read| answers.get(read).is_none())
        .collect();
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    let is_missing = |active: &&&JobReference| {
        answers.get(&read(active)).is_some_and(|answer| is_another(answer, &active.uid))
    };
    let missing = unseen.iter().filter(is_missing).map(|active| active.uid.clone()).collect();
    let prefix = format!("{}-", cron_job.metadata.name);
    let others = view.jobs.in_namespace(&key.namespace).into_iter().filter(|job| {
        let owner = job.metadata.controller();
        job.metadata.name.starts_with(&prefix) && owner.is_none_or(|owner| owner.uid != *uid)
    });
    let taken = others.map(|job| job.metadata.name.to_string()).collect();
    Observation::Ready(Crew { cron_job, jobs, missing, taken })
}

/// Whether a live read found nothing, or another object under the name.
fn is_another(answer: &Answer, uid: &Uid) -> bool {
    match answer {
        Ok(live) => live.pointer("/metadata/uid").and_then(Value::as_str) != Some(uid.0.as_str()),
        Err(error) => error.is_not_found(),
    }
}

/// One line: the schedule, and how many Jobs there are.
impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (spec, status) = (&self.cron_job.spec, &self.cron_job.status);
        write!(f, "{:?} | {} jobs", spec.schedule, self.jobs.len())?;
        write!(f, ", {} active, {} of them missing", status.active.len(), self.missing.len())?;
        match status.last_schedule_time {
            Some(last) => write!(f, " | last at {last}"),
            None => f.write_str(" | never yet"),
        }
    }
}
