//! The history of templates.

use expect_test::expect;
use runtime::Action;

use super::{Why, check, plan};

#[test]
fn a_new_template_gets_a_revision_before_any_pod() {
    let plan = plan("fresh | node a");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"{"annotations":{"deprecated.daemonset.template.generation":"1"},"labels":{"app":"web","controller-revision-hash":"8686f4cbc"},"name":"web-8686f4cbc","namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"DaemonSet","name":"web","uid":"web-uid"}]}"#]].assert_eq(&object["metadata"].to_string());
    assert_eq!(object["revision"], 1);
    assert_eq!(plan.steps().count(), 1);
}
#[test]
fn an_earlier_template_is_raised_to_the_newest_number() {
    cov_mark::check!(daemon_set_raises_an_earlier_revision);
    check(
        "fresh | revision a 1 holds=new | revision b 2",
        expect![[r#"
        patch controllerrevisions web-a {"revision":3} # an earlier template is current again
    "#]],
    );
}
#[test]
fn of_equal_revisions_the_highest_stays_and_takes_the_pods() {
    cov_mark::check!(daemon_set_keeps_one_of_equal_revisions);
    check(
        "fresh | node a | node b | revision x 1 holds=new | revision y 2 holds=new \
         | a1 ready on=a hash=x | b1 ready on=b old",
        expect![[r#"
            patch pods a1 {"metadata":{"labels":{"controller-revision-hash":"y"}}} # several revisions hold the same template
            delete controllerrevisions web-x # several revisions hold the same template
        "#]],
    );
}
#[test]
fn a_name_that_another_revision_has_makes_another_name() {
    cov_mark::check!(daemon_set_counts_collisions);
    let hash = made(&plan("fresh"));
    check(
        &format!("fresh | revision {hash} 1 stranger"),
        expect![[r#"
        patch daemonsets web/status {"status":{"collisionCount":1}} # another revision is called web-8686f4cbc
    "#]],
    );
    assert_ne!(made(&plan("fresh collisions=1")), hash);
}
#[test]
fn a_strangers_revision_with_the_template_will_do() {
    let hash = made(&plan("fresh"));
    check(
        &format!("fresh | revision {hash} 1 stranger holds=new | node a"),
        expect![[r#"
        few: create pods web- # node a has no pod
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch daemonsets web/status {"status":{"desiredNumberScheduled":1,"numberUnavailable":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_revision_without_a_hash_says_its_name() {
    check(
        "fresh | revision x 1 holds=new hashless",
        expect![[r#"
        patch controllerrevisions web-x {"metadata":{"labels":{"controller-revision-hash":"web-x"}}} # the revision does not say its hash
    "#]],
    );
}
#[test]
fn an_orphaned_revision_is_adopted() {
    check(
        "fresh | revision x 1 holds=new orphan",
        expect![[r#"
        patch controllerrevisions web-x {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"DaemonSet","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
    "#]],
    );
}
#[test]
fn old_revisions_beyond_the_limit_go_lowest_first_but_those_with_pods() {
    check(
        "limit=1 status=1/1/0/1/1/0/0 ondelete | node a | a1 ready on=a hash=x \
         | revision x -3 | revision y -2 | revision z -1",
        expect![[r#"
            all: delete controllerrevisions web-y # 1 old revisions are kept as history
            all: delete controllerrevisions web-z # 1 old revisions are kept as history
        "#]],
    );
    check(
        "limit=0 | revision x -3",
        expect![[r#"
        all: delete controllerrevisions web-x # 0 old revisions are kept as history
    "#]],
    );
}

fn made(plan: &runtime::Plan<Why>) -> String {
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    object["metadata"]["labels"]["controller-revision-hash"].as_str().expect("a hash").to_owned()
}
