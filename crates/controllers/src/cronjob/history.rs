//! Which ended Jobs are too many: the oldest, counted apart for each way of ending.

use std::sync::Arc;

use api::views::{CronJob, Job};

/// Jobs beyond the limits.
pub(super) fn surplus(cron_job: &CronJob, jobs: &[Arc<Job>]) -> Vec<Arc<Job>> {
    let spec = &cron_job.spec;
    let limits = [
        ("Complete", spec.successful_jobs_history_limit),
        ("Failed", spec.failed_jobs_history_limit),
    ];
    limits.into_iter().flat_map(|(how, limit)| beyond(jobs, how, limit)).collect()
}

fn beyond(jobs: &[Arc<Job>], how: &str, limit: Option<i32>) -> Vec<Arc<Job>> {
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else {
        return Vec::new();
    };
    let has_ended_so = |job: &&Arc<Job>| {
        !job.metadata.is_deleting() && job.finished().is_some_and(|ended| ended.kind == *how)
    };
    let mut ended: Vec<Arc<Job>> = jobs.iter().filter(has_ended_so).cloned().collect();
    ended.sort_by_key(|job| {
        let start = job.status.start_time;
        (start.is_none(), start, job.metadata.name.clone())
    });
    ended.truncate(ended.len().saturating_sub(limit));
    ended
}
