//! What an update of a service keeps though the client left it out, and what it drops though the
//! client sent it: allocations follow the type.

use api::{catalog::ResourceFacts, json};
use serde_json::Value;

use super::{is_service, needs_address, ports};

const ADDRESS_FIELDS: [&str; 4] = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
/// Fields of services that are reached from outside, and that have no meaning for others.
const OUTSIDE_FIELDS: [&str; 1] = ["externalTrafficPolicy"];
/// Fields of load balancers alone.
const BALANCER_FIELDS: [&str; 3] =
    ["allocateLoadBalancerNodePorts", "healthCheckNodePort", "loadBalancerClass"];

/// Completes or cleans the new state; does nothing for other kinds.
pub(in crate::engine) fn keep(facts: &ResourceFacts, new: &mut Value, old: &Value) {
    if !is_service(facts) {
        return;
    }
    if needs_address(new) && needs_address(old) {
        copy_missing(new, old);
    }
    if new["spec"]["type"] == old["spec"]["type"] {
        return;
    }
    if new["spec"]["type"] == "ExternalName" {
        drop_same(new, old, &ADDRESS_FIELDS);
    }
    if !ports::needs_ports(new) {
        drop_same(new, old, &OUTSIDE_FIELDS);
        ports::drop_same(new, old);
    }
    if new["spec"]["type"] != "LoadBalancer" {
        drop_same(new, old, &BALANCER_FIELDS);
    }
}

fn copy_missing(new: &mut Value, old: &Value) {
    for field in ADDRESS_FIELDS {
        if json::is_empty(&new["spec"], field) {
            json::copy(&mut new["spec"], &old["spec"], field);
        }
    }
    ports::keep(new, old);
}

/// What the client only sent back is dropped; what it changed is for validation to refuse.
fn drop_same(new: &mut Value, old: &Value, fields: &[&str]) {
    for field in fields {
        if new["spec"].get(field) == old["spec"].get(field) {
            json::remove(&mut new["spec"], field);
        }
    }
}
