//! What is measured of pods that go.

use expect_test::{Expect, expect};
use testkit::measures;

use super::plan;

fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&measures(&plan(scene)));
}

#[test]
fn a_ready_pod_that_goes_is_measured_by_the_youngest() {
    check(
        "replicas 1 | a ready age=90 | b ready age=30 | c Pending",
        expect![[r#"
        always replicaset_controller_sorting_deletion_age_ratio{} 1
    "#]],
    );
}

#[test]
fn nothing_is_measured_where_all_go() {
    check("replicas 0 | a ready age=90", expect![[""]]);
}
