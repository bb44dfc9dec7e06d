//! What is started, deleted and told.

use std::sync::Arc;

use api::views::CronJob;
use expect_test::expect;
use runtime::{Action, Change, Enqueue};
use serde::Deserialize;
use testkit::{measures, show};

use super::{
    super::{Memory, on_cron_job, on_job},
    notation::{check, parse, plan_with, view},
};

#[test]
fn the_time_that_has_come_starts_a_job() {
    check(
        "0 * * * * last=60",
        expect![[r#"
        create jobs c-29925120 # it is due since 2026-11-24T08:00:00Z
          Normal SuccessfulCreate: Created job c-29925120
          if refused: Warning FailedCreate: Error creating job: {error}
        wake after 0ns
    "#]],
    );
}
#[test]
fn the_job_is_the_template_with_the_time_and_an_owner() {
    let plan = plan_with(&mut Memory::default(), "0 * * * * last=60 zone=Europe/Berlin");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "annotations": {
              "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-24T09:00:00+01:00",
              "note": "x"
            },
            "labels": {
              "app": "c"
            },
            "name": "c-29925120",
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "batch/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "CronJob",
                "name": "c",
                "uid": "c-uid"
              }
            ]
          },
          "spec": {
            "template": {
              "spec": {}
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn what_was_started_is_taken_into_the_status() {
    check(
        "0 * * * * last=60 | 0",
        expect![[r#"
        patch cronjobs c/status {"status":{"active":[{"apiVersion":"batch/v1","kind":"Job","name":"c-29925120","namespace":"shop","resourceVersion":"9","uid":"uid-c-29925120"}],"lastScheduleTime":"2026-11-24T08:00:00Z"}} # what is reported has changed
        wake after 3570.1s
    "#]],
    );
    check(
        "0 * * * * last=60 | 0 Complete",
        expect![[r#"
        patch cronjobs c/status {"status":{"lastScheduleTime":"2026-11-24T08:00:00Z","lastSuccessfulTime":"2026-11-24T07:59:00Z"}} # what is reported has changed
        announce # somebody should know
          Normal SawCompletedJob: Saw completed job: c-29925120, condition: Complete
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn nothing_is_started_twice_nor_before_its_time() {
    check(
        "0 * * * * last=0 active=0 | 0",
        expect![[r#"
        wake after 3570.1s
    "#]],
    );
    check(
        "15 * * * * last=45",
        expect![[r#"
        wake after 870.1s
    "#]],
    );
}
#[test]
fn a_minute_is_served_once_and_a_name_belongs_to_its_owner() {
    check(
        "@every 10s;last=0 | 0 Complete",
        expect![[r#"
        patch cronjobs c/status {"status":{"lastSuccessfulTime":"2026-11-24T07:59:00Z"}} # what is reported has changed
        wake after 10.1s
    "#]],
    );
    check(
        "0 * * * * last=60 | 0 foreign",
        expect![[r#"
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn only_the_newest_missed_time_is_made_up_for_and_many_are_told_of() {
    check(
        "* * * * * last=102",
        expect![[r#"
        announce # somebody should know
          Warning TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew
        create jobs c-29925120 # it is due since 2026-11-24T08:00:00Z
          Normal SuccessfulCreate: Created job c-29925120
          if refused: Warning FailedCreate: Error creating job: {error}
        wake after 0ns
    "#]],
    );
    check(
        "0 * * * * last=60 deadline=10",
        expect![[r#"
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn forbid_waits_and_tells_once_for_each_time() {
    let mut memory = Memory::default();
    let text = "0 * * * * last=60 Forbid active=60 | 60";
    expect![[r#"
        announce # somebody should know
          Normal JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid
        wake after 3570.1s
    "#]].assert_eq(&show(&plan_with(&mut memory, text)));
    expect![[r#"
        wake after 3570.1s
    "#]]
    .assert_eq(&show(&plan_with(&mut memory, text)));
}
#[test]
fn replace_deletes_what_runs_first() {
    check(
        "0 * * * * last=60 Replace active=60 | 60",
        expect![[r#"
        delete jobs c-29925060 # the next one replaces it
          Normal SuccessfulDelete: Deleted job c-29925060
          if refused: Warning FailedDelete: Deleted job: {error}
        patch cronjobs c/status {"status":{"active":null}} # what is reported has changed
        create jobs c-29925120 # it is due since 2026-11-24T08:00:00Z
          Normal SuccessfulCreate: Created job c-29925120
          if refused: Warning FailedCreate: Error creating job: {error}
        wake after 0ns
    "#]],
    );
}
#[test]
fn an_ended_job_leaves_the_active_ones() {
    check(
        "0 * * * * last=0 active=0 | 0 Complete",
        expect![[r#"
        patch cronjobs c/status {"status":{"active":null,"lastSuccessfulTime":"2026-11-24T07:59:00Z"}} # what is reported has changed
        announce # somebody should know
          Normal SawCompletedJob: Saw completed job: c-29925120, condition: Complete
        wake after 3570.1s
    "#]],
    );
    check(
        "0 * * * * last=0 active=0 | 0 Failed",
        expect![[r#"
        patch cronjobs c/status {"status":{"active":null}} # what is reported has changed
        announce # somebody should know
          Normal SawCompletedJob: Saw completed job: c-29925120, condition: Failed
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn an_active_job_that_is_not_there_is_told_of() {
    check(
        "0 * * * * last=0 active=0",
        expect![[r#"
        patch cronjobs c/status {"status":{"active":null}} # what is reported has changed
        announce # somebody should know
          Normal MissingJob: Active job went missing: c-29925120
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn a_job_of_somebody_elses_making_is_told_of() {
    check(
        "0 * * * * last=0 | mine manual",
        expect![[r#"
        announce # somebody should know
          Warning UnexpectedJob: Saw a job that the controller did not create or forgot: mine
        wake after 3570.1s
    "#]],
    );
}
#[test]
fn surplus_history_goes_oldest_first_even_at_rest() {
    check(
        "0 * * * * last=0 suspend ok=1 bad=0 | 1 Complete age=1 | 2 Complete age=2 | 3 Failed | 4 Complete deleting",
        expect![[r#"
            patch cronjobs c/status {"status":{"lastSuccessfulTime":"2026-11-24T07:59:00Z"}} # what is reported has changed
            delete jobs c-29925118 # no more ended jobs of its kind are kept
              Normal SuccessfulDelete: Deleted job c-29925118
              if refused: Warning FailedDelete: Deleted job: {error}
            delete jobs c-29925117 # no more ended jobs of its kind are kept
              Normal SuccessfulDelete: Deleted job c-29925117
              if refused: Warning FailedDelete: Deleted job: {error}
        "#]],
    );
}
#[test]
fn at_rest_or_on_its_way_out_it_starts_nothing() {
    check("0 * * * * last=60 suspend", expect![[""]]);
    check("0 * * * * last=60 deleting", expect![[""]]);
}
#[test]
fn a_schedule_or_zone_that_cannot_be_followed_is_told_of() {
    check(
        "0 * * * 9 last=60",
        expect![[r#"
        announce # somebody should know
          Warning UnparseableSchedule: unparseable schedule: "0 * * * 9" : end of range (9) above maximum (6): 9
    "#]],
    );
    check(
        "0 0 31 2 * last=60",
        expect![[r#"
        announce # somebody should know
          Warning InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second
    "#]],
    );
    check(
        "0 * * * * zone=Nowhere last=60",
        expect![[r#"
        announce # somebody should know
          Warning UnknownTimeZone: invalid timeZone: "Nowhere": unknown time zone Nowhere
    "#]],
    );
}
#[test]
fn a_zone_in_the_schedule_is_followed_and_told_of() {
    check(
        "TZ=UTC 0 * * * *; last=60",
        expect![[r#"
        announce # somebody should know
          Warning UnsupportedSchedule: CRON_TZ or TZ used in schedule "TZ=UTC 0 * * * *" is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details
        create jobs c-29925120 # it is due since 2026-11-24T08:00:00Z
          Normal SuccessfulCreate: Created job c-29925120
          if refused: Warning FailedCreate: Error creating job: {error}
        wake after 0ns
    "#]],
    );
}
#[test]
fn a_new_schedule_says_nothing_of_the_past() {
    cov_mark::check!(cron_job_does_not_make_up_for_a_new_schedule);
    let mut memory = Memory::default();
    plan_with(&mut memory, "0 0 1 * * last=60");
    expect![[r#"
        wake after 270.1s
    "#]]
    .assert_eq(&show(&plan_with(&mut memory, "*/5 * * * * last=60")));
}
#[test]
fn it_is_woken_by_its_own_changes_and_those_of_its_jobs() {
    let (cron_job, jobs) = parse("0 * * * * last=60 | 0 | 1 foreign");
    let view = view(&cron_job, &jobs);
    let cron_job = Arc::new(CronJob::deserialize(&cron_job).expect("sound"));
    let mut enqueue = Enqueue::default();
    on_cron_job(&view, &Change { old: Some(cron_job), new: None }, &mut enqueue);
    for job in view.jobs.list() {
        on_job(&view, &Change { old: None, new: Some(job) }, &mut enqueue);
    }
    assert_eq!(enqueue.keys().len(), 2);
}

#[test]
fn how_late_a_job_is_made_is_measured() {
    let plan = plan_with(&mut Memory::default(), "0 * * * * last=60");
    expect![[r#"
        success cronjob_controller_job_creation_skew_duration_seconds{} seconds since 2026-11-24T08:00:00Z
    "#]].assert_eq(&measures(&plan));
}
