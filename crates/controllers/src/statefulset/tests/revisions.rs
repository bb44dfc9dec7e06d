//! The history of templates.

use expect_test::expect;
use runtime::Action;

use super::{check, plan};

#[test]
fn a_set_that_goes_gets_no_revision_anew() {
    check("1 fresh deleting", expect![[""]]);
}
#[test]
fn a_new_template_gets_a_revision_before_any_pod() {
    let plan = plan("1 fresh");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "data": {
            "spec": {
              "template": {
                "$patch": "replace",
                "metadata": {
                  "labels": {
                    "app": "web"
                  }
                },
                "spec": {
                  "containers": [
                    {
                      "image": "new",
                      "name": "main"
                    }
                  ]
                }
              }
            }
          },
          "metadata": {
            "annotations": {
              "note": "mine"
            },
            "labels": {
              "app": "web",
              "controller.kubernetes.io/hash": "6945f5554c"
            },
            "name": "web-6945f5554c",
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
          "revision": 1
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
    assert_eq!(plan.steps().count(), 1);
}
#[test]
fn numbers_go_on() {
    let plan = plan("1 fresh | revision web-a 4 | revision web-b 7");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    assert_eq!(object["revision"], 8);
}
#[test]
fn an_earlier_template_is_raised_to_the_newest_number() {
    cov_mark::check!(stateful_set_raises_an_earlier_revision);
    check(
        "1 fresh | revision web-a 1 holds=new | revision web-b 2",
        expect![[r#"
        patch controllerrevisions web-a {"revision":3} # an earlier template is current again
    "#]],
    );
}
#[test]
fn a_name_that_another_revision_has_makes_another_name() {
    cov_mark::check!(stateful_set_counts_collisions);
    let name = made(&plan("1 fresh"));
    let scene = format!("1 fresh | revision {name} 1 stranger");
    check(
        &scene,
        expect![[r#"
        create controllerrevisions web-6945f5554b # no revision has this template yet
        patch statefulsets web/status {"status":{"collisionCount":1}} # another revision is called web-6945f5554c
    "#]],
    );
    assert_ne!(made(&plan(&scene)), name);
    assert_eq!(made(&plan("1 fresh collisions=1")), made(&plan(&scene)));
}
#[test]
fn a_strangers_revision_with_the_template_will_do() {
    let name = made(&plan("1 fresh"));
    check(
        &format!("1 fresh | revision {name} 1 stranger holds=new"),
        expect![[r#"
        few: create pods web-0 # no pod has this place; it gets web-6945f5554c
          Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful
          if refused: Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: {error}
        patch statefulsets web/status {"status":{"currentRevision":"web-6945f5554c","updateRevision":"web-6945f5554c"}} # what is reported has changed
    "#]],
    );
}
#[test]
fn an_orphaned_revision_is_adopted() {
    check(
        "1 fresh | revision web-a 1 holds=new orphan",
        expect![[r#"
        patch controllerrevisions web-a {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"StatefulSet","name":"web","uid":"web-uid"}]}} # the selector matches it and nobody owns it
    "#]],
    );
    check("1 fresh deleting | revision web-a 1 holds=new orphan stray", expect![[""]]);
}
#[test]
fn idle_revisions_beyond_the_limit_go_lowest_first() {
    let idle = "| revision web-d -1 | revision web-c -2 | revision web-b -3";
    check(
        &format!("1 rolling limit=1 status=1/1/1/1/0 | web-0 ready old {idle}"),
        expect![[r#"
        all: delete pods web-0 # it is not of revision web-new
          Normal SuccessfulDelete: Delete Pod web-0 in StatefulSet web successful
          if refused: Warning FailedDelete: Delete Pod web-0 in StatefulSet web failed error: {error}
        patch statefulsets web/status {"status":{"currentReplicas":null}} # what is reported has changed
        all: delete controllerrevisions web-b # 1 old revisions are kept as history
        all: delete controllerrevisions web-c # 1 old revisions are kept as history
    "#]],
    );
}
#[test]
fn what_a_pod_is_of_is_kept() {
    check(
        "1 limit=0 status=1/1/1/0/0 ondelete | web-0 ready rev=web-a | revision web-a -1",
        expect![[""]],
    );
}
#[test]
fn a_negative_limit_keeps_all() {
    check("1 limit=-1 status=1/1/1/1/1 | web-0 ready | revision web-a -1", expect![[""]]);
}

fn made(plan: &runtime::Plan<super::Why>) -> String {
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    object["metadata"]["name"].as_str().expect("a name").to_owned()
}
