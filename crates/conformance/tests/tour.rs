//! Every command of the README and of the pages for users is run, and prints what the page says.

use std::fs;

use conformance::{page, tools::project};

fn check(name: &str, commands_min: usize) {
    let text = fs::read_to_string(project().join(name)).expect("the page can be read");
    let commands = page::run(&text);
    assert!(commands >= commands_min, "{name} has {commands} commands");
}

#[test]
fn the_five_minute_tour_works() {
    check("README.md", 15);
}

#[test]
fn the_page_on_nodes_is_true() {
    check("docs/nodes.md", 5);
}

#[test]
fn the_page_on_virtual_time_is_true() {
    check("docs/virtual-time.md", 5);
}

#[test]
fn the_page_on_explanations_is_true() {
    check("docs/explain.md", 3);
}

#[test]
fn the_page_on_testing_controllers_is_true() {
    check("docs/testing-your-controller.md", 25);
}

#[test]
fn the_page_on_traces_is_true() {
    check("docs/trace.md", 10);
}

#[test]
fn the_walk_through_the_deployment_controller_is_true() {
    check("control-plane/controller-walkthrough.md", 20);
}
