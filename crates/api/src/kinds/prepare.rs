//! Preparation that the tables describe: which parts an endpoint takes, what counts as a change.

use serde_json::Value;

use super::Context;
use crate::{catalog::UpdateRule, json, schema};

/// Parts of an object in the tables that are fields of its metadata.
const METADATA_PARTS: [&str; 5] =
    ["labels", "annotations", "deletionTimestamp", "finalizers", "ownerReferences"];

/// Empties the status where it has an endpoint of its own, and starts the generation.
pub(super) fn create(ctx: &Context<'_>, object: &mut Value) {
    let facts = ctx.resource;
    if facts.subresource("status").is_some() && !keeps_status(ctx) {
        clear(ctx, object, "status");
    }
    if facts.generation_on_create > 0 {
        object["metadata"]["generation"] = facts.generation_on_create.into();
    }
}

/// Nodes register themselves with their status.
fn keeps_status(ctx: &Context<'_>) -> bool {
    ctx.resource.resource.plural == "nodes"
}

/// Empties a top-level part: what JSON always has stays, zero.
fn clear(ctx: &Context<'_>, object: &mut Value, part: &str) {
    if let Some(object) = object.as_object_mut() {
        object.remove(part);
        schema::fill(ctx.resource.catalog(), ctx.resource.type_id, object);
    }
}

/// Sets back what the endpoint may not change, and what no client may.
pub(super) fn update(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    keep_system_metadata(new, old);
    for part in &rule(ctx).reverted {
        if METADATA_PARTS.contains(&part.as_str()) {
            json::copy(&mut new["metadata"], &old["metadata"], part);
        } else {
            json::copy(new, old, part);
        }
    }
}

/// Identity and age are the server's; a deletion that has begun stays.
fn keep_system_metadata(new: &mut Value, old: &Value) {
    let new = json::object_mut(new, "metadata");
    let old = &old["metadata"];
    for field in ["creationTimestamp", "generation", "selfLink"] {
        json::copy(new, old, field);
    }
    if json::is_empty(new, "uid") {
        json::copy(new, old, "uid");
    }
    if !json::is_empty(old, "deletionTimestamp") {
        json::copy(new, old, "deletionTimestamp");
    }
    if json::field(new, "deletionGracePeriodSeconds").is_none() {
        json::copy(new, old, "deletionGracePeriodSeconds");
    }
}

/// One more than before if a part that counts is not the same.
pub(super) fn raise_generation(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    let changed = rule(ctx).bumps_generation.iter().any(|part| {
        let is_metadata = METADATA_PARTS.contains(&part.as_str());
        let [new, old] = [&*new, old].map(|object| {
            let holder = if is_metadata { &object["metadata"] } else { object };
            holder.get(part).filter(|value| !is_hollow(value))
        });
        new != old
    });
    if changed {
        let generation = json::number(&old["metadata"], "generation").unwrap_or(0);
        new["metadata"]["generation"] = (generation + 1).into();
    }
}

fn is_hollow(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn rule<'a>(ctx: &Context<'a>) -> &'a UpdateRule {
    let subresource = ctx.resource.subresource(ctx.subresource);
    subresource.map_or(&ctx.resource.update, |subresource| &subresource.update)
}
