//! Dynamically allocated devices.

use super::{
    column::{Column, age, computed, name, since, text},
    object::Object,
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "DeviceClass" | "ResourceClaimTemplate" => AGE_ALONE,
        "DeviceTaintRule" => TAINT_RULE,
        "ResourceClaim" => CLAIM,
        "ResourceSlice" => SLICE,
        _ => return None,
    })
}

const AGE_ALONE: &[Column] = &[name(), age()];
const TAINT_RULE: &[Column] = &[
    name(),
    text("Key", "spec.taint.key"),
    text("Value", "spec.taint.value"),
    text("Effect", "spec.taint.effect"),
    since("TimeAdded", "spec.taint.timeAdded", ""),
    age(),
];
const CLAIM: &[Column] = &[name(), computed("State", |claim| state(claim).into()), age()];
const SLICE: &[Column] = &[
    name(),
    text("Node", "spec.nodeName"),
    text("Driver", "spec.driver"),
    text("Pool", "spec.pool.name"),
    age(),
];

fn state(claim: Object<'_>) -> String {
    let is_deleted = claim.has("metadata.deletionTimestamp");
    let is_allocated = claim.has("status.allocation");
    let is_reserved = is_allocated && !claim.list("status.reservedFor").is_empty();
    let states = [
        (is_deleted, "deleted"),
        (!is_allocated && !is_deleted, "pending"),
        (is_allocated, "allocated"),
        (is_reserved, "reserved"),
    ];
    let current: Vec<&str> =
        states.iter().filter(|(holds, _)| *holds).map(|(_, state)| *state).collect();
    current.join(",")
}
