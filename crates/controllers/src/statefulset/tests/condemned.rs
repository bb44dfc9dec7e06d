//! Pods beyond the wanted number.

use expect_test::expect;

use super::{check, check_pods};

#[test]
fn an_ordered_set_lets_the_highest_go_first() {
    check_pods(
        "1 | web-0 ready | web-1 ready | web-2 ready",
        expect![[r#"
        -web-2 # 1 pods are wanted and it is beyond them
    "#]],
    );
    check_pods("1 | web-0 ready | web-1 ready | web-2 ready deleting", expect![[""]]);
    check_pods(
        "0 | web-10 ready | web-9 ready",
        expect![[r#"
        -web-10 # 0 pods are wanted and it is beyond them
    "#]],
    );
}
#[test]
fn nothing_goes_while_a_place_is_not_available() {
    check_pods("1 | web-0 Pending | web-1 ready", expect![[""]]);
    check_pods(
        "1 | web-1 ready",
        expect![[r#"
        +web-0 web-new
    "#]],
    );
}
#[test]
fn a_parallel_set_lets_all_go_at_once() {
    check_pods(
        "1 parallel | web-0 Pending | web-1 ready | web-2 ready deleting | web-3 ready",
        expect![[r#"
            -web-3 # 1 pods are wanted and it is beyond them
            -web-1 # 1 pods are wanted and it is beyond them
        "#]],
    );
}
#[test]
fn several_that_do_not_serve_are_no_deadlock() {
    check_pods(
        "1 | web-0 ready | web-1 Pending | web-2 Pending",
        expect![[r#"
        -web-2 # 1 pods are wanted and it is beyond them
    "#]],
    );
}
#[test]
fn a_moved_start_makes_the_new_before_the_old_goes() {
    check_pods(
        "3 start=1 | web-0 ready | web-1 ready | web-2 ready",
        expect![[r#"
        +web-3 web-new
    "#]],
    );
    check_pods(
        "3 start=1 | web-0 ready | web-1 ready | web-2 ready | web-3 ready",
        expect![[r#"
        -web-0 # 3 pods are wanted and it is beyond them
    "#]],
    );
}
#[test]
fn claims_go_over_to_the_pod_before_it_goes() {
    check(
        "1 claims scaled-delete deleted-delete status=2/2/2/2/2 | web-0 ready | web-1 ready \
         | claim data-web-0 owners=set | claim data-web-1 owners=set",
        expect![[r#"
            all: patch persistentvolumeclaims data-web-1 {"metadata":{"ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":true,"controller":true,"kind":"Pod","name":"web-1","uid":"web-1-uid"}]}} # the retention policy says who owns the claim
            all: delete pods web-1 # 1 pods are wanted and it is beyond them
              Normal SuccessfulDelete: Delete Pod web-1 in StatefulSet web successful
              if refused: Warning FailedDelete: Delete Pod web-1 in StatefulSet web failed error: {error}
        "#]],
    );
}
