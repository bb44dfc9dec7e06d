//! Situation → what becomes of the object.

use std::time::Duration;

use meta::{object::Uid, resource::Resource};
use runtime::{Action, Event, EventType, Guard, PatchKind, Plan, Propagation, Stage, Step, Target};
use serde_json::{Value, json};

use super::{
    Memory,
    graph::{FOREGROUND, Node, ORPHAN, has},
    observe::{Knowledge, Owner, Situation},
    why::Why,
};

/// An owner whose kind is not served or cannot be read is looked for again after this.
const UNCLEAR_AFTER: Duration = Duration::from_secs(30);

/// An owner that waits for its dependents is looked at again after this while they are not all known.
const UNKNOWN_AFTER: Duration = Duration::from_secs(1);
/// So often it waits for resources to be listed that perhaps never will be: half a minute, as the
/// reference waits.
const UNSYNCED_WAITS_MAX: u32 = 30;

pub(super) fn plan(memory: &mut Memory, situation: &Situation) -> Plan<Why> {
    if must_wait(memory, situation.knowledge) {
        let mut plan = Plan::rest();
        plan.wake(UNKNOWN_AFTER);
        return plan;
    }
    if situation.node.is_orphaning() {
        return orphan(memory, situation);
    }
    if situation.node.is_foreground() {
        return foreground(situation);
    }
    owned(memory, situation)
}

/// Whether a dependent may be there that nobody has seen: letting the owner go would orphan it, or
/// have it collected.
fn must_wait(memory: &mut Memory, knowledge: Knowledge) -> bool {
    match knowledge {
        Knowledge::Complete => false,
        Knowledge::Unread => true,
        Knowledge::Unsynced => {
            memory.unsynced_waits += 1;
            memory.unsynced_waits <= UNSYNCED_WAITS_MAX
        }
    }
}

/// Takes the owner's references from all dependents, then lets the owner go.
fn orphan(memory: &Memory, situation: &Situation) -> Plan<Why> {
    let node = &situation.node;
    let owner = &node.metadata.uid;
    let why = || Why::LetGo { owner: node.key().to_string() };
    let steps = situation
        .dependents
        .iter()
        .map(|dependent| Step::new(drop_references(memory, dependent, &|uid| uid == owner), why()));
    let mut plan = Plan { stages: vec![Stage::Together(steps.collect())], ..Plan::default() };
    plan.step(Step::new(drop_finalizer(node, ORPHAN), Why::Orphaned));
    plan
}

/// Lets the owner go once nothing blocks it; the dependents are looked at under their own keys.
fn foreground(situation: &Situation) -> Plan<Why> {
    let node = &situation.node;
    let mut plan = Plan::rest();
    if !situation.dependents.iter().any(|dependent| dependent.blocks(&node.metadata.uid)) {
        plan.step(Step::new(drop_finalizer(node, FOREGROUND), Why::DependentsGone));
    }
    plan
}

fn owned(memory: &Memory, situation: &Situation) -> Plan<Why> {
    let mut plan = Plan::rest();
    let count =
        |wanted: Owner| situation.owners.iter().filter(|(_, owner)| *owner == wanted).count();
    if let Some(foreign) = &situation.foreign_owner {
        plan.step(announce_foreign(situation, foreign));
    }
    if count(Owner::Impossible) > 0 {
        return plan;
    }
    if count(Owner::Unclear) > 0 {
        plan.wake(UNCLEAR_AFTER);
        return plan;
    }
    let (solid, waiting, absent) =
        (count(Owner::Solid), count(Owner::Waiting), count(Owner::Absent));
    if solid > 0 {
        if waiting + absent > 0 {
            let gone = |uid: &Uid| {
                situation.owners.iter().any(|(r, owner)| r.uid == *uid && *owner != Owner::Solid)
            };
            let action = drop_references(memory, &situation.node, &gone);
            plan.step(Step::new(action, Why::DanglingReferences));
        }
        return plan;
    }
    if waiting > 0 && !situation.dependents.is_empty() {
        if situation.dependents.iter().any(Node::is_foreground) {
            plan.step(Step::new(unblock(memory, &situation.node), Why::Cycle));
            return plan_delete_after_unblock(plan, situation);
        }
        plan.step(delete(&situation.node, Propagation::Foreground, Why::OwnersWait));
        return plan;
    }
    let why = if waiting > 0 { Why::OwnersWait } else { Why::NoOwnerLeft };
    plan.step(delete(&situation.node, propagation(&situation.node), why));
    plan
}

/// The patch makes a new version, so the delete is decided anew; unblocked, nothing waits for it.
fn plan_delete_after_unblock(mut plan: Plan<Why>, situation: &Situation) -> Plan<Why> {
    let blocking =
        |node: &Node| node.metadata.owner_references.iter().any(|o| o.block_owner_deletion);
    if !blocking(&situation.node) {
        plan.stages.pop();
        plan.step(delete(&situation.node, Propagation::Foreground, Why::OwnersWait));
    }
    plan.wake(Duration::from_millis(5));
    plan
}

/// As the object's own finalizers ask.
fn propagation(node: &Node) -> Propagation {
    if has(&node.metadata, ORPHAN) {
        return Propagation::Orphan;
    }
    if has(&node.metadata, FOREGROUND) {
        return Propagation::Foreground;
    }
    Propagation::Background
}

fn target(node: &Node) -> Target {
    Target::new(Resource::clone(&node.resource), &node.metadata)
}

fn delete(node: &Node, propagation: Propagation, why: Why) -> Step<Why> {
    let action = Action::Delete {
        target: target(node),
        propagation: Some(propagation),
        grace_period_seconds: None,
        guard: Guard::Version,
    };
    Step::new(action, why)
}

/// Takes the references to the owners that `gone` names from an object.
fn drop_references(memory: &Memory, node: &Node, gone: &dyn Fn(&Uid) -> bool) -> Action {
    let owners = &node.metadata.owner_references;
    if takes_strategic_merge(memory, node) {
        let named = owners.iter().filter(|owner| gone(&owner.uid));
        let deletions = named.map(|owner| json!({"$patch": "delete", "uid": owner.uid}));
        let list: Vec<Value> = deletions.collect();
        return patch(node, PatchKind::Strategic, json!({"ownerReferences": list}), Guard::Uid);
    }
    let rest: Vec<_> = owners.iter().filter(|owner| !gone(&owner.uid)).collect();
    let rest = if rest.is_empty() { Value::Null } else { json!(rest) };
    patch(node, PatchKind::Merge, json!({"ownerReferences": rest}), Guard::Version)
}

/// Makes none of the object's references hold its owner back.
fn unblock(memory: &Memory, node: &Node) -> Action {
    let open = |owner: &meta::object::OwnerReference| {
        let mut owner = json!(owner);
        owner["blockOwnerDeletion"] = false.into();
        owner
    };
    let owners = &node.metadata.owner_references;
    if takes_strategic_merge(memory, node) {
        let blocking = owners.iter().filter(|owner| owner.block_owner_deletion);
        let list: Vec<Value> = blocking.map(open).collect();
        return patch(node, PatchKind::Strategic, json!({"ownerReferences": list}), Guard::Uid);
    }
    let list: Vec<Value> = owners.iter().map(open).collect();
    patch(node, PatchKind::Merge, json!({"ownerReferences": list}), Guard::Version)
}

fn drop_finalizer(node: &Node, finalizer: &str) -> Action {
    let rest: Vec<_> =
        node.metadata.finalizers.iter().filter(|name| **name != *finalizer).collect();
    let rest = if rest.is_empty() { Value::Null } else { json!(rest) };
    patch(node, PatchKind::Merge, json!({"finalizers": rest}), Guard::Version)
}

fn patch(node: &Node, kind: PatchKind, metadata: Value, guard: Guard) -> Action {
    let patch = json!({ "metadata": metadata });
    Action::Patch { target: target(node), kind, patch, subresource: "", guard }
}

/// Built-in kinds do; custom ones answer 415.
fn takes_strategic_merge(memory: &Memory, node: &Node) -> bool {
    let group = &node.resource.group;
    !memory.no_strategic_merge && (!group.contains('.') || group.ends_with(".k8s.io"))
}

fn announce_foreign(situation: &Situation, owner: &Node) -> Step<Why> {
    let node = &situation.node;
    let reference = node.metadata.owner_references.iter().find(|r| r.uid == owner.metadata.uid);
    let (api_version, kind, name) = reference.map_or(("", "", ""), |reference| {
        (&*reference.api_version, &*reference.kind, &*reference.name)
    });
    let namespace = &node.metadata.namespace;
    let mut step = Step::new(Action::Announce, Why::ForeignOwner);
    step.on_success = Some(Event {
        regarding: Target::new(Resource::clone(&node.resource), &node.metadata),
        kind: EventType::Warning,
        reason: "OwnerRefInvalidNamespace",
        message: format!(
            "ownerRef [{api_version}/{kind}, namespace: {namespace}, name: {name}, uid: {}] does not exist in namespace \"{namespace}\"",
            owner.metadata.uid
        ),
    });
    step
}
