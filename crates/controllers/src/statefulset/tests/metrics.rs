//! What is shown of sets.

use expect_test::{Expect, expect};
use testkit::measures;

use super::plan;

fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&measures(&plan(scene)));
}

#[test]
fn a_set_shows_what_it_lacks_and_may_lack() {
    check(
        "3 rolling parallel max=2 | web-0 ready | web-1 Pending",
        expect![[r#"
        always statefulset_controller_statefulset_max_unavailable{shop,web,Parallel} =2
        always statefulset_controller_statefulset_unavailable_replicas{shop,web,Parallel} =2
    "#]],
    );
}
