//! The older kind is looked after by the same rules.

use expect_test::expect;
use runtime::Controller;
use serde_json::json;
use testkit::{Scene, decide, show};

use super::Memory;
use crate::replicaset::{ReplicaSetController, ReplicationControllerController};

#[test]
fn names_are_those_that_dashboards_know() {
    assert_eq!(ReplicaSetController::NAME, "replicaset-controller");
    assert_eq!(ReplicaSetController::QUEUE, "replicaset");
    assert_eq!(ReplicaSetController::EVENT_SOURCE, "replicaset-controller");
    assert_eq!(ReplicationControllerController::NAME, "replicationcontroller-controller");
    assert_eq!(ReplicationControllerController::QUEUE, "replicationmanager");
    assert_eq!(ReplicationControllerController::EVENT_SOURCE, "replication-controller");
}
#[test]
fn its_selector_is_a_map_and_it_does_not_count_terminating_pods() {
    let mut scene = Scene::parse("replicas 2 | a ready | b ready deleting");
    let mut controller = scene.replica_sets.remove(0);
    controller["spec"]["selector"] = json!({"app": "web"});
    scene.replication_controllers.push(controller);
    for pod in &mut scene.pods {
        pod["metadata"]["ownerReferences"][0]["kind"] = json!("ReplicationController");
    }
    let plan = decide::<ReplicationControllerController>(&scene, &mut Memory::default());
    expect![[r#"
        few: create pods web- # 2 pods are wanted and 1 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch replicationcontrollers web/status {"status":{"availableReplicas":1,"fullyLabeledReplicas":1,"readyReplicas":1,"replicas":1}} # what is reported has changed
    "#]].assert_eq(&show(&plan.expect("it is there")));
}
#[test]
fn without_a_selector_it_takes_nothing_in() {
    let mut scene = Scene::parse("replicas 0 status=0/0/0/0 | a ready orphan");
    let mut controller = scene.replica_sets.remove(0);
    controller["spec"]["selector"] = json!({});
    scene.replication_controllers.push(controller);
    let plan = decide::<ReplicationControllerController>(&scene, &mut Memory::default());
    expect![[""]].assert_eq(&show(&plan.expect("it is there")));
}
