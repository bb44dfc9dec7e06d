//! What the plugin says of single pods and nodes, and what it is told in a configuration.

mod common;

use common::{node, pod, rehearsal, settings};
use meta::object::Uid;
use serde_json::json;

const FULL: &str = "1 node(s) were on a rack with enough replicas of the owner";

#[test]
fn replicas_of_one_owner_go_to_different_racks() {
    let mut scheduler = rehearsal("", &[("a", "r1", 5), ("b", "r1", 5), ("c", "r2", 9)]);
    let first = scheduler.schedule(&pod("web-1", "web")).expect("a place");
    assert_ne!(&*first, "c", "a cheap one first");
    assert_eq!(&*scheduler.schedule(&pod("web-2", "web")).expect("a place"), "c");
    let refusal = scheduler.schedule(&pod("web-3", "web")).expect_err("no rack is left");
    assert!(refusal.contains("3 node(s) were on a rack with enough"), "{refusal}");
    assert!(scheduler.schedule(&pod("db-1", "db")).is_ok(), "another owner may come");
}

#[test]
fn a_rack_is_free_again_when_its_replica_is_gone() {
    let mut scheduler = rehearsal("", &[("a", "r1", 5)]);
    scheduler.schedule(&pod("web-1", "web")).expect("a place");
    let refusal = scheduler.schedule(&pod("web-2", "web")).expect_err("it is taken");
    assert!(refusal.contains(FULL), "{refusal}");
    scheduler.remove_pod(&Uid::from("web-1"));
    assert!(scheduler.schedule(&pod("web-2", "web")).is_ok());
}

#[test]
fn a_rack_may_have_more_replicas_if_the_profile_says_so() {
    let mut scheduler = rehearsal("replicasPerRackMax: 2", &[("a", "r1", 5)]);
    for name in ["web-1", "web-2"] {
        scheduler.schedule(&pod(name, "web")).expect("a place");
    }
    assert!(scheduler.schedule(&pod("web-3", "web")).is_err());
}

#[test]
fn a_node_without_a_rack_takes_only_pods_without_an_owner() {
    let mut scheduler = rehearsal("", &[]);
    scheduler.set_node(&node("a", json!({})));
    let refusal = scheduler.schedule(&pod("web-1", "web")).expect_err("no rack");
    assert!(refusal.contains("1 node(s) were on no rack"), "{refusal}");
    assert!(scheduler.schedule(&pod("alone", "")).is_ok());
}

#[test]
fn the_cheapest_node_is_preferred_and_one_of_unknown_cost_is_not() {
    let mut scheduler = rehearsal("", &[("a", "r1", 30), ("b", "r2", 10), ("c", "r3", 20)]);
    scheduler.set_node(&node("d", json!({"topology.example.com/rack": "r4"})));
    let order = ["web-1", "web-2", "web-3", "web-4"]
        .map(|name| scheduler.schedule(&pod(name, "web")).expect("a place").to_string());
    assert_eq!(order, ["b", "c", "a", "d"]);
}

#[test]
fn other_labels_may_be_meant() {
    let mut scheduler = rehearsal("rackLabel: rack", &[("a", "r1", 5)]);
    assert!(scheduler.schedule(&pod("web-1", "web")).is_err());
    scheduler.set_node(&node("b", json!({"rack": "r1"})));
    assert_eq!(&*scheduler.schedule(&pod("web-1", "web")).expect("a place"), "b");
}

#[test]
fn wrong_arguments_are_told() {
    let told = |arguments| settings(arguments).map(drop).expect_err("wrong").to_string();
    assert!(told("replicasPerRackMax: 0").ends_with("0: must be greater than zero"));
    assert!(told("rackLabel: ''").ends_with("rackLabel: Required value"));
    assert!(told("racklabel: rack").contains("unknown field `racklabel`"));
}
