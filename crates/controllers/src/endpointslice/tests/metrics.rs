//! What is measured of services and their slices.

use expect_test::{Expect, expect};
use testkit::measures;

use super::{backed, plan, stored};

fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&measures(&plan(&backed(scene, &[]))));
}

#[test]
fn what_a_look_adds_is_measured() {
    check(
        "80 | a 10.0.0.1 ready | b 10.0.0.2 ready",
        expect![[r#"
        success endpoint_slice_controller_endpoints_added_per_sync{} 2
        success endpoint_slice_controller_endpoints_removed_per_sync{} 0
        always endpoint_slice_controller_endpoints_desired{} =2
        always endpoint_slice_controller_desired_endpoint_slices{} =1
        always endpoint_slice_controller_num_endpoint_slices{} =1
        success endpoint_slice_controller_syncs{success} +1
        failure endpoint_slice_controller_syncs{error} +1
        success endpoint_slice_controller_endpointslices_changed_per_sync{Disabled,} 1
        success endpoint_slice_controller_changes{create} +1
    "#]],
    );
}

#[test]
fn what_a_look_removes_is_measured() {
    let slices = stored("80 | a 10.0.0.1 ready | b 10.0.0.2 ready");
    let plan = plan(&backed("80 | b 10.0.0.2 ready", &slices));
    expect![[r#"
        success endpoint_slice_controller_endpoints_added_per_sync{} 0
        success endpoint_slice_controller_endpoints_removed_per_sync{} 1
        always endpoint_slice_controller_endpoints_desired{} =1
        always endpoint_slice_controller_desired_endpoint_slices{} =1
        always endpoint_slice_controller_num_endpoint_slices{} =1
        success endpoint_slice_controller_syncs{success} +1
        failure endpoint_slice_controller_syncs{error} +1
        success endpoint_slice_controller_endpointslices_changed_per_sync{Disabled,} 1
        success endpoint_slice_controller_changes{update} +1
    "#]]
    .assert_eq(&measures(&plan));
}
