//! From samples to a size.

use expect_test::expect;

use super::notation::proposal;

#[test]
fn the_ratio_of_usage_to_target_times_the_pods_rounded_up() {
    proposal(
        "at=4 cpu=50% | 90/100 x4",
        expect!["8 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=4 cpu=50% | 30/100 x4",
        expect!["3 by cpu resource utilization (percentage of request)"],
    );
    proposal("at=4 cpu=200m | 250/100 x4", expect!["5 by cpu resource"]);
}

#[test]
fn a_small_difference_is_tolerated() {
    proposal(
        "at=4 cpu=50% | 55/100 x4",
        expect!["4 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=4 cpu=50% | 45/100 x4",
        expect!["4 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=10 cpu=50% | 56/100 x10",
        expect!["12 by cpu resource utilization (percentage of request)"],
    );
}

#[test]
fn pods_without_a_sample_are_taken_to_go_against_the_direction() {
    // The sheet's example: 72 % with the missing one at nothing, 1.44 times five.
    proposal(
        "at=5 cpu=50% | 90/100 x4 | -/100",
        expect!["8 by cpu resource utilization (percentage of request)"],
    );
    // Down to two by the known ones; the unknown one may use all it asked for.
    proposal(
        "at=5 cpu=50% | 10/100 x4 | -/100",
        expect!["3 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=3 cpu=50% | 60/100 x2 | -/100",
        expect!["3 by cpu resource utilization (percentage of request)"],
    );
}

#[test]
fn pods_that_start_or_go_say_nothing() {
    proposal(
        "at=4 cpu=50% | 100/100 x2 | 100/100 pending x2",
        expect!["4 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=4 cpu=50% | 10/100 x3 | 500/100 unready age=60",
        expect!["1 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=4 cpu=50% | 10/100 x3 | 500/100 deleting",
        expect!["1 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=4 cpu=50% | 10/100 x3 | 500/100 failed",
        expect!["1 by cpu resource utilization (percentage of request)"],
    );
    // It never was ready.
    proposal(
        "at=4 cpu=50% | 10/100 x3 | 500/100 unready",
        expect!["1 by cpu resource utilization (percentage of request)"],
    );
}

#[test]
fn a_sample_from_before_the_pod_was_ready_does_not_count() {
    proposal(
        "at=1 cpu=50% | 100/100 age=20",
        expect![
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)"
        ],
    );
    proposal(
        "at=1 cpu=50% | 100/100 age=60",
        expect!["2 by cpu resource utilization (percentage of request)"],
    );
}

#[test]
fn low_use_never_adds_replicas_however_many_pods_a_rollout_has() {
    proposal(
        "at=4 cpu=50% | 40/100 x8",
        expect!["4 by cpu resource utilization (percentage of request)"],
    );
    proposal(
        "at=10 cpu=50% | 60/100 x2",
        expect!["10 by cpu resource utilization (percentage of request)"],
    );
    proposal("at=4 object:queue=50 queue:40 | 1/100 x8", expect!["4 by Service metric queue"]);
}

#[test]
fn a_container_may_be_measured_alone() {
    proposal(
        "at=2 side:cpu=50% | 10/100 side=100/100 x2",
        expect!["4 by cpu container resource utilization (percentage of request)"],
    );
}

#[test]
fn values_that_belong_to_no_pod_are_divided_by_their_target() {
    proposal("at=3 object:queue=30 queue:60 | 1/100 x3", expect!["6 by Service metric queue"]);
    proposal(
        "at=3 object:queue=30/pod queue:300 | 1/100 x3",
        expect!["10 by external metric queue(nil)"],
    );
    proposal(
        "at=3 external:queue=30 queue:45 | 1/100 x3",
        expect!["5 by external metric queue(nil)"],
    );
    proposal(
        "at=3 external:queue=30/pod queue:150 | 1/100 x3",
        expect!["5 by external metric queue(nil)"],
    );
    proposal("at=3 pods:rate=10 rate:20 | 1/100 x3", expect!["6 by pods metric rate"]);
}

#[test]
fn the_largest_proposal_counts() {
    proposal(
        "at=4 cpu=50% external:queue=10/pod queue:70 | 10/100 x4",
        expect!["7 by external metric queue(nil)"],
    );
}
