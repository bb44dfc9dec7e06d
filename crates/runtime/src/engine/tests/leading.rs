//! At most one leads, and none acts that does not.

use std::time::Duration;

use meta::object::ObjectKey;

use super::{Bench, SECOND};
use crate::{
    LeaseSettings, Running,
    testing::{Fault, Server},
};

fn lease(bench: &Bench, identity: &str) -> (Server, Running) {
    // Each has its own way to the one server.
    let settings = LeaseSettings::new(ObjectKey::new("kube-system", "kcm"), identity.to_owned());
    (bench.server.clone(), bench.manager().start_with_lease(settings))
}

#[test]
fn a_standby_takes_over_when_the_leader_is_gone() {
    let bench = Bench::new();
    let (_, first) = lease(&bench, "a");
    bench.world.run_for(SECOND * 5);
    let (_, second) = lease(&bench, "b");
    bench.set("web", 1);
    bench.world.run_for(SECOND * 30);
    assert!(first.is_leading() && !second.is_leading());
    assert_eq!(bench.pods(), 1);
    first.stop();
    bench.set("web", 2);
    bench.world.run_for(SECOND * 14);
    assert_eq!(bench.pods(), 1);
    bench.world.run_for(SECOND * 6);
    assert!(second.is_leading());
    assert_eq!(bench.pods(), 2);
}

#[test]
fn a_leader_that_cannot_renew_stops_and_can_lead_again() {
    let bench = Bench::new();
    let (server, running) = lease(&bench, "a");
    bench.world.run_for(SECOND * 5);
    assert!(running.is_leading());
    for _ in 0..40 {
        server.fail("/leases", Fault::Unreachable);
    }
    bench.world.run_for(SECOND * 11);
    assert!(!running.is_leading());
    bench.set("web", 1);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 0);
    bench.world.run_for(SECOND * 120);
    assert!(running.is_leading());
    assert_eq!(bench.pods(), 1);
}

/// A standby's first moments as leader: how many pods there are then, of two, and how many lists it took.
fn take_over(bench: &Bench, moments: Duration) -> (usize, usize) {
    let (_, first) = lease(bench, "a");
    bench.world.run_for(SECOND * 5);
    let (_, second) = lease(bench, "b");
    bench.world.run_for(SECOND * 30);
    bench.server.take_lists();
    first.stop();
    bench.set("web", 2);
    while !second.is_leading() {
        bench.world.run_for(Duration::from_millis(1));
    }
    bench.world.run_for(moments);
    (bench.pods(), bench.server.take_lists())
}

#[test]
fn a_new_leader_acts_at_once_where_the_server_says_how_far_it_is() {
    let bench = Bench::new();
    assert_eq!(take_over(&bench, Duration::from_millis(1)), (2, 0));
}

#[test]
fn a_new_leader_lists_anew_where_the_server_does_not_say_how_far_it_is() {
    let bench = Bench::new();
    bench.server.no_bookmarks();
    assert_eq!(take_over(&bench, Duration::from_millis(90)), (0, 0));
    let bench = Bench::new();
    bench.server.no_bookmarks();
    assert_eq!(take_over(&bench, Duration::from_millis(110)), (2, 2));
}
