//! Claims, and pods taken in or let go.

use expect_test::expect;
use runtime::Action;
use testkit::show;

use super::{check, plan, plan_after_refusal};

#[test]
fn claims_are_made_before_their_pod() {
    check(
        "1 claims",
        expect![[r#"
        all: create persistentvolumeclaims data-web-0 # pod web-0 needs the claim
          Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success
          if refused: Warning FailedCreate: Create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: {error}
    "#]],
    );
    let plan = plan("1 claims deleted-delete");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "labels": {
              "app": "web",
              "disk": "ssd"
            },
            "name": "data-web-0",
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "apps/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "StatefulSet",
                "name": "web",
                "uid": "web-uid"
              }
            ]
          },
          "spec": {
            "accessModes": [
              "ReadWriteOnce"
            ]
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn a_refused_claim_is_told_as_a_refused_pod_too() {
    expect![[r#"
        announce # something stands in the way
          Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: failed to create PVC data-web-0: exceeded quota
        all: create persistentvolumeclaims data-web-0 # pod web-0 needs the claim
          Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success
          if refused: Warning FailedCreate: Create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: {error}
    "#]].assert_eq(&show(&plan_after_refusal("1 claims")));
}
#[test]
fn a_pod_waits_for_a_claim_that_is_on_its_way_out() {
    check(
        "1 claims | claim data-web-0 deleting",
        expect![[r#"
        announce # something stands in the way
          Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted
    "#]],
    );
}
#[test]
fn a_pod_waits_for_the_claims_of_the_one_before_to_go() {
    cov_mark::check!(stateful_set_waits_for_the_claims_of_the_pod_before);
    check("1 claims scaled-delete | claim data-web-0 owners=stale-pod", expect![[""]]);
}
#[test]
fn a_pending_pod_gets_missing_claims_back_and_a_running_one_does_not() {
    check(
        "1 claims status=1/0/0/1/1 | web-0 Pending",
        expect![[r#"
        all: create persistentvolumeclaims data-web-0 # pod web-0 needs the claim
          Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success
          if refused: Warning FailedCreate: Create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: {error}
    "#]],
    );
    check("1 claims status=1/1/1/1/1 | web-0 ready", expect![[""]]);
}
#[test]
fn the_policy_says_who_owns_a_claim() {
    let table = |policy: &str, owners: &str| {
        let scene = format!(
            "1 claims parallel {policy} status=2/2/2/2/2 | web-0 ready | web-1 ready deleting \
             | claim data-web-0 {owners} | claim data-web-1 {owners}"
        );
        show(&plan(&scene))
    };
    expect![[r#"
        patch statefulsets web/status {"status":{"currentReplicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]].assert_eq(&table("", ""));
    expect![[r#"
        all: patch persistentvolumeclaims data-web-0 {"metadata":{"ownerReferences":[{"apiVersion":"example.com/v1","blockOwnerDeletion":true,"controller":true,"kind":"Keeper","name":"keeper","uid":"keeper-uid"}]}} # the retention policy says who owns the claim
        all: patch persistentvolumeclaims data-web-1 {"metadata":{"ownerReferences":[{"apiVersion":"example.com/v1","blockOwnerDeletion":true,"controller":true,"kind":"Keeper","name":"keeper","uid":"keeper-uid"}]}} # the retention policy says who owns the claim
        patch statefulsets web/status {"status":{"currentReplicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]].assert_eq(&table("", "owners=set,other"));
    expect![[r#"
        all: patch persistentvolumeclaims data-web-0 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"StatefulSet","name":"web","uid":"web-uid"}]}} # the retention policy says who owns the claim
        all: patch persistentvolumeclaims data-web-1 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"StatefulSet","name":"web","uid":"web-uid"}]}} # the retention policy says who owns the claim
        patch statefulsets web/status {"status":{"currentReplicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]].assert_eq(&table("deleted-delete", ""));
    expect![[r#"
        all: patch persistentvolumeclaims data-web-0 {"metadata":{"ownerReferences":[]}} # the retention policy says who owns the claim
        patch statefulsets web/status {"status":{"currentReplicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]].assert_eq(&table("scaled-delete", "owners=pod"));
    expect![[r#"
        all: patch persistentvolumeclaims data-web-1 {"metadata":{"ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":true,"controller":true,"kind":"Pod","name":"web-1","uid":"web-1-uid"}]}} # the retention policy says who owns the claim
        patch statefulsets web/status {"status":{"currentReplicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]].assert_eq(&table("scaled-delete deleted-delete", "owners=set"));
}
#[test]
fn claims_that_somebody_else_looks_after_are_left_alone() {
    cov_mark::check!(stateful_set_leaves_claims_of_others_alone);
    let one = "1 claims deleted-delete status=1/1/1/1/1 | web-0 ready | claim data-web-0";
    check(
        &format!("{one} owners=other"),
        expect![[r#"
        announce # something stands in the way
          Warning ConflictingController: PersistentVolumeClaim data-web-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim
    "#]],
    );
    check(
        &format!("{one} owners=other,set"),
        expect![[r#"
        announce # something stands in the way
          Warning ConflictingController: PersistentVolumeClaim data-web-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim
        all: patch persistentvolumeclaims data-web-0 {"metadata":{"ownerReferences":[{"apiVersion":"example.com/v1","blockOwnerDeletion":true,"controller":true,"kind":"Keeper","name":"keeper","uid":"keeper-uid"}]}} # the retention policy says who owns the claim
    "#]],
    );
    check(
        &format!("{one} owners=stale-set"),
        expect![[r#"
        announce # something stands in the way
          Warning ConflictingController: PersistentVolumeClaim data-web-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim
    "#]],
    );
}
#[test]
fn a_matching_orphan_is_adopted() {
    check(
        "1 | web-0 ready orphan",
        expect![[r#"
        patch pods web-0 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"StatefulSet","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
    "#]],
    );
    check("1 deleting status=0/0/0/0/0 | web-0 ready orphan", expect![[""]]);
}
#[test]
fn an_owned_pod_that_no_longer_matches_is_let_go() {
    check(
        "1 | web-0 ready stray",
        expect![[r#"
        patch pods web-0 {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}} # it is no longer one of the set's
    "#]],
    );
    check(
        "1 status=1/1/1/1/1 | web-0 ready | other-0 ready",
        expect![[r#"
        patch pods other-0 {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}} # it is no longer one of the set's
    "#]],
    );
}
