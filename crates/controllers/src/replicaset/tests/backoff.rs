//! Replacing pods that fail at once.

use expect_test::expect;
use testkit::show;

use super::{check, plan};

#[test]
fn a_few_failures_are_replaced_at_once() {
    check(
        "replicas 1 terminating=0 | a Failed age=1 | b Failed age=1 | c Failed age=1 | d Failed age=1",
        expect![[r#"
            few: create pods web- # 1 pods are wanted and 0 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
        "#]],
    );
}
#[test]
fn more_are_replaced_ever_more_slowly() {
    cov_mark::check!(replica_set_replaces_failing_pods_ever_more_slowly);
    let wait = |failures: usize| {
        let pods = failed(failures, 1);
        let plan = plan(&format!("replicas 1 terminating=0 {pods}"));
        plan.wake_after.map_or(0, |wait| wait.as_secs())
    };
    assert_eq!([4, 5, 9, 10, 15, 20, 25, 30, 500].map(wait), [0, 9, 9, 19, 39, 79, 159, 319, 319]);
}
#[test]
fn one_failure_for_each_wanted_pod_is_free() {
    let pods = failed(8, 1);
    let plan = plan(&format!("replicas 9 terminating=0 {pods}"));
    assert_eq!(plan.steps().count(), 9);
}
#[test]
fn old_failures_are_forgotten() {
    let pods = failed(8, 3600);
    let text = show(&plan(&format!("replicas 1 terminating=0 {pods}")));
    assert!(text.starts_with("few: create pods web-"), "{text}");
}

/// So many pods that failed, all of that age in seconds.
fn failed(count: usize, age: u32) -> String {
    (0..count).fold(String::new(), |pods, n| format!("{pods}| p{n} Failed age={age} "))
}
