//! [`Crew`] → [`Plan`]: all control flow.

use std::time::Duration;

use api::views::{ConcurrencyPolicy, CronJobStatus};
use jiff::tz::TimeZone;
use meta::{mutants::mutant, text::Text, time::Time};
use runtime::{Action, EventType, Guard, PatchKind, Plan, Step, Target};
use serde_json::json;

use super::{
    Why, children, history,
    observe::Crew,
    schedule::{self, Schedule},
    start,
    times::{self, Passed},
};
use crate::shared::{
    patch::Difference,
    tell::{announce, event},
};

/// What is kept of a CronJob between plans.
#[derive(Debug, Default)]
pub struct Memory {
    /// The schedule and zone as last seen.
    seen: Option<(String, Option<Text>)>,
    /// Nothing earlier is made up for: the schedule was another one then.
    from: Option<Time>,
    /// The time of which was told that it must wait.
    told: Option<Time>,
}

pub(super) fn plan(memory: &mut Memory, crew: &Crew, now: Time) -> Plan<Why> {
    let mut draft = Draft::new(crew);
    let timing = if crew.cron_job.metadata.is_deleting() { None } else { draft.timing() };
    let Some(timing) = timing else { return draft.finish() };
    let spec = &crew.cron_job.spec;
    memory.notice(&(spec.schedule.clone(), spec.time_zone.clone()), &timing, now);
    match draft.due(&timing, now) {
        Err(reason) => {
            let message = format!("invalid schedule: {} : {reason}", spec.schedule);
            draft.warn("InvalidSchedule", message);
        }
        Ok(due) => {
            let due = due.filter(|due| Some(*due) >= memory.from);
            let job = due.and_then(|due| draft.start(memory, due, &timing));
            if job.is_none() {
                draft.wait(&timing, now);
            }
            return draft.finish_with(job);
        }
    }
    draft.finish()
}

impl Memory {
    /// A changed schedule says nothing about the past.
    fn notice(&mut self, current: &(String, Option<Text>), timing: &Timing, now: Time) {
        if self.seen.as_ref().is_some_and(|seen| seen != current) {
            cov_mark::hit!(cron_job_does_not_make_up_for_a_new_schedule);
            self.from = timing.schedule.next(now);
        }
        self.seen = Some(current.clone());
    }
}

/// A schedule that can be followed.
struct Timing {
    schedule: Schedule,
    zone: TimeZone,
}

/// A plan in the making.
struct Draft<'a> {
    crew: &'a Crew,
    status: CronJobStatus,
    told: Vec<runtime::Event>,
    plan: Plan<Why>,
}

impl<'a> Draft<'a> {
    fn new(crew: &'a Crew) -> Self {
        let (status, told) = children::review(crew);
        Self { crew, status, told, plan: Plan::rest() }
    }

    fn warn(&mut self, reason: &'static str, message: impl Into<String>) {
        self.told.push(event(&*self.crew.cron_job, EventType::Warning, reason, message));
    }

    /// `None` if nothing is to be started: it rests, or nobody knows when.
    fn timing(&mut self) -> Option<Timing> {
        let spec = &self.crew.cron_job.spec;
        let name = spec.time_zone.as_deref();
        let Some(zone) = schedule::zone(name.unwrap_or_default()) else {
            let name = name.unwrap_or_default();
            self.warn(
                "UnknownTimeZone",
                format!("invalid timeZone: {name:?}: unknown time zone {name}"),
            );
            return None;
        };
        if spec.suspend == Some(true) {
            return None;
        }
        let text = &spec.schedule;
        if text.contains("TZ") {
            self.warn(
                "UnsupportedSchedule",
                format!("CRON_TZ or TZ used in schedule {text:?} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"),
            );
        }
        match Schedule::parse(text, &zone) {
            Ok(schedule) => Some(Timing { schedule, zone }),
            Err(reason) => {
                let message = format!("unparseable schedule: {text:?} : {reason}");
                self.warn("UnparseableSchedule", message);
                None
            }
        }
    }

    /// The last start, or else the beginning.
    fn earliest(&self) -> Time {
        let created = self.crew.cron_job.metadata.creation_timestamp;
        self.status.last_schedule_time.or(created).unwrap_or_default()
    }

    /// The newest time that has passed and that nothing was started for.
    fn due(&mut self, timing: &Timing, now: Time) -> Result<Option<Time>, &'static str> {
        let deadline = self.crew.cron_job.spec.starting_deadline_seconds;
        let oldest =
            deadline.map(|seconds| now - Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        let earliest = self.earliest().max(oldest.unwrap_or_default());
        let passed = times::passed(&timing.schedule, earliest, now)?;
        if passed.is_suspicious() {
            let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.warn("TooManyMissedTimes", message);
            if mutant("hb_21") {
                return Ok(None);
            }
        }
        let Passed { due, .. } = passed;
        Ok(due.filter(|due| self.status.last_schedule_time != Some(*due)))
    }

    /// The step that starts the Job for a time, unless something is against it.
    fn start(&mut self, memory: &mut Memory, due: Time, timing: &Timing) -> Option<Step<Why>> {
        let crew = self.crew;
        let cron_job = &*crew.cron_job;
        let name = start::name(cron_job, due);
        let is_ours = crew.jobs.iter().any(|job| *job.metadata.name == *name);
        if is_ours || crew.taken.contains(&name) {
            // The minute is served, or its name is somebody else's.
            return None;
        }
        match cron_job.spec.concurrency_policy {
            ConcurrencyPolicy::Forbid if !self.status.active.is_empty() => {
                if memory.told.replace(due) != Some(due) {
                    let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
                    let told = event(cron_job, EventType::Normal, "JobAlreadyActive", message);
                    self.told.push(told);
                }
                return None;
            }
            ConcurrencyPolicy::Replace => {
                for active in std::mem::take(&mut self.status.active) {
                    let target = start::target(&active);
                    self.plan.step(start::delete(cron_job, target, Why::Replaced));
                }
            }
            ConcurrencyPolicy::Allow | ConcurrencyPolicy::Forbid | ConcurrencyPolicy::Other(_) => {}
        }
        Some(start::create(cron_job, due, &timing.zone))
    }

    fn wait(&mut self, timing: &Timing, now: Time) {
        if let Some(wait) = times::until_next(&timing.schedule, self.earliest(), now) {
            self.plan.wake(wait);
        }
    }

    fn finish_with(mut self, job: Option<Step<Why>>) -> Plan<Why> {
        let starts = job.is_some();
        self.report();
        let (crew, mut plan) = (self.crew, self.plan);
        // Only what the status has told of may be forgotten.
        for job in history::surplus(&crew.cron_job, &crew.jobs) {
            plan.step(start::delete(&crew.cron_job, Target::of(&*job), Why::History));
        }
        if let Some(job) = job {
            plan.step(job);
        }
        if starts {
            // The Job is taken into the status as soon as it is seen.
            plan.wake(Duration::ZERO);
        }
        plan
    }

    fn finish(self) -> Plan<Why> {
        self.finish_with(None)
    }

    fn report(&mut self) {
        let (old, new) = (&self.crew.cron_job.status, &self.status);
        let time = |time: Option<Time>| time.map(|time| time.to_string());
        let mut patch = Difference::default();
        patch.list("active", &old.active, &new.active);
        let (last, new_last) = (time(old.last_schedule_time), time(new.last_schedule_time));
        patch.optional("lastScheduleTime", last, new_last);
        let (last, new_last) = (time(old.last_successful_time), time(new.last_successful_time));
        patch.optional("lastSuccessfulTime", last, new_last);
        if let Some(patch) = patch.into_patch() {
            let action = Action::Patch {
                target: Target::of(&*self.crew.cron_job),
                kind: PatchKind::Merge,
                patch: json!({"status": patch}),
                subresource: "status",
                guard: Guard::Version,
            };
            self.plan.step(Step::new(action, Why::StatusChanged));
        }
        for event in std::mem::take(&mut self.told) {
            self.plan.step(announce(event, Why::Told));
        }
    }
}
