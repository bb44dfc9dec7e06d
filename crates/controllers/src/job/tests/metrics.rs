//! What is counted of jobs.

use expect_test::{Expect, expect};
use testkit::measures;

use super::plan;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&measures(&plan(text)));
}

#[test]
fn a_look_is_counted_by_what_it_does() {
    check(
        "9/3 active=3 | a Succeeded | b Failed end=700 | c Running",
        expect![[r#"
        success job_controller_job_syncs_total{NonIndexed,success,pods_created} +1
        success job_controller_job_sync_duration_seconds{NonIndexed,success,pods_created} seconds taken
        failure job_controller_job_syncs_total{NonIndexed,error,pods_created} +1
        failure job_controller_job_sync_duration_seconds{NonIndexed,error,pods_created} seconds taken
        2x success job_controller_job_pods_creation_total{recreate_terminating_or_failed,succeeded} +1
        2x failure job_controller_job_pods_creation_total{recreate_terminating_or_failed,failed} +1
        2x success job_controller_terminated_pods_tracking_finalizer_total{add} +1
        2x success job_controller_terminated_pods_tracking_finalizer_total{delete} +1
    "#]],
    );
}

#[test]
fn what_is_counted_for_good_and_the_end_are_counted_once_written() {
    check(
        "1/1 started=5 recorded=a | a Succeeded counted",
        expect![[r#"
        success job_controller_job_syncs_total{NonIndexed,success,tracking} +1
        success job_controller_job_sync_duration_seconds{NonIndexed,success,tracking} seconds taken
        failure job_controller_job_syncs_total{NonIndexed,error,tracking} +1
        failure job_controller_job_sync_duration_seconds{NonIndexed,error,tracking} seconds taken
        success job_controller_job_pods_finished_total{NonIndexed,succeeded} +1
        success job_controller_jobs_finished_total{NonIndexed,succeeded,CompletionsReached} +1
    "#]],
    );
}

#[test]
fn a_rule_that_decides_is_counted() {
    check(
        "9/3 ignore=42 | a Failed exit=42 end=700",
        expect![[r#"
        success job_controller_job_syncs_total{NonIndexed,success,pods_created} +1
        success job_controller_job_sync_duration_seconds{NonIndexed,success,pods_created} seconds taken
        failure job_controller_job_syncs_total{NonIndexed,error,pods_created} +1
        failure job_controller_job_sync_duration_seconds{NonIndexed,error,pods_created} seconds taken
        3x success job_controller_job_pods_creation_total{new,succeeded} +1
        3x failure job_controller_job_pods_creation_total{new,failed} +1
        success job_controller_terminated_pods_tracking_finalizer_total{add} +1
        success job_controller_pod_failures_handled_by_failure_policy_total{Ignore} +1
        success job_controller_terminated_pods_tracking_finalizer_total{delete} +1
    "#]],
    );
}

#[test]
fn indexes_are_counted_by_who_limits_their_failures() {
    check(
        "2/2 indexed perindex=0 | a Failed index=0 end=700 exit=1 | b Succeeded index=1",
        expect![[r#"
            success job_controller_job_syncs_total{Indexed,success,reconciling} +1
            success job_controller_job_sync_duration_seconds{Indexed,success,reconciling} seconds taken
            failure job_controller_job_syncs_total{Indexed,error,reconciling} +1
            failure job_controller_job_sync_duration_seconds{Indexed,error,reconciling} seconds taken
            success job_controller_job_pods_finished_total{Indexed,succeeded} +1
            success job_controller_job_finished_indexes_total{succeeded,perIndex} +1
            success job_controller_job_finished_indexes_total{failed,perIndex} +1
            2x success job_controller_terminated_pods_tracking_finalizer_total{add} +1
            2x success job_controller_terminated_pods_tracking_finalizer_total{delete} +1
        "#]],
    );
}
