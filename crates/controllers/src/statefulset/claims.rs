//! The claims of a pod: their names, their shape, and who owns them.

use std::sync::Arc;

use api::{
    resources::{PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS},
    views::{ClaimPolicy, PersistentVolumeClaim, Pod, StatefulSet},
};
use meta::{
    object::{ObjectMeta, OwnerReference},
    resource::Resource,
    text::Text,
};
use runtime::{
    Action, Event, EventType, Guard, PatchKind, Step, Target, owners::controller_reference,
};
use serde_json::{Value, json};

use super::{
    Why,
    members::{Members, Slot},
};
use crate::shared::tell::event;

/// Whether a pod is to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has a place.
    Kept,
    /// It is beyond the wanted number.
    Condemned,
}

/// What is to be done about the owners of a pod's claims.
#[derive(Debug, Default)]
pub(super) struct Owners {
    pub(super) writes: Vec<Step<Why>>,
    pub(super) complaints: Vec<Event>,
}

/// The claims' names of the pod with that ordinal, in the order of the templates.
pub(super) fn names(set: &StatefulSet, ordinal: i32) -> impl Iterator<Item = Text> {
    let templates = set.spec.volume_claim_templates.iter();
    templates.map(move |template| name(set, template, ordinal))
}

/// The name of one claim.
pub(super) fn name(set: &StatefulSet, template: &Value, ordinal: i32) -> Text {
    format!("{}-{}-{ordinal}", template_name(template), set.metadata.name).into()
}

/// The name of a claim template, which is also that of the pod's volume.
pub(super) fn template_name(template: &Value) -> &str {
    template.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Whether a claim's name is one that a pod of the set would use.
pub(super) fn is_of(set: &StatefulSet, claim: &str) -> bool {
    set.spec.volume_claim_templates.iter().any(|template| {
        let ordinal = claim
            .strip_prefix(template_name(template))
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|rest| rest.strip_prefix(set.metadata.name.as_str()))
            .and_then(|rest| rest.strip_prefix('-'));
        ordinal.is_some_and(|ordinal| ordinal.parse::<u32>().is_ok())
    })
}

/// Steps that make the claims a pod lacks.
pub(super) fn creates(members: &Members, slot: &Slot) -> Vec<Step<Why>> {
    let templates = members.set.spec.volume_claim_templates.iter();
    let named = templates.map(|template| (name(&members.set, template, slot.ordinal), template));
    let missing = named.filter(|(name, _)| !members.claims.contains_key(name));
    missing.map(|(name, template)| create(members, slot, &name, template)).collect()
}

/// A claim of that pod that is on its way out: the pod must wait for its successor.
pub(super) fn terminating(members: &Members, slot: &Slot) -> Option<Text> {
    claims_of(members, slot.ordinal)
        .find(|claim| claim.metadata.is_deleting())
        .map(|claim| claim.metadata.name.clone())
}

/// Whether a claim still belongs to an earlier pod of that name, and goes with it.
pub(super) fn are_stale(members: &Members, slot: &Slot) -> bool {
    let policy = members.set.spec.persistent_volume_claim_retention_policy.when_scaled;
    let owner = |claim: &PersistentVolumeClaim| {
        claim.metadata.owner_references.iter().any(|owner| is(owner, &PODS, &slot.name))
    };
    policy == ClaimPolicy::Delete && claims_of(members, slot.ordinal).any(|claim| owner(claim))
}

/// Gives the claims of a pod the owners that the retention policy wants.
pub(super) fn owners(members: &Members, pod: &Pod, ordinal: i32, place: Place) -> Owners {
    let mut owners = Owners::default();
    for claim in claims_of(members, ordinal) {
        let wanted = wanted_owner(members, pod, place);
        match change(members, pod, claim, wanted) {
            Change::None => {}
            Change::Conflict => owners.complaints.push(conflict(members, claim)),
            Change::Write(references) => owners.writes.push(write(claim, &references)),
            Change::ConflictAndWrite(references) => {
                owners.complaints.push(conflict(members, claim));
                owners.writes.push(write(claim, &references));
            }
        }
    }
    owners
}

enum Change {
    None,
    Conflict,
    Write(Vec<OwnerReference>),
    ConflictAndWrite(Vec<OwnerReference>),
}

fn change(
    members: &Members,
    pod: &Pod,
    claim: &PersistentVolumeClaim,
    wanted: Option<OwnerReference>,
) -> Change {
    let set = &members.set.metadata;
    let present = &claim.metadata.owner_references;
    let is_own = |owner: &&OwnerReference| {
        is(owner, &STATEFUL_SETS, &set.name) || is(owner, &PODS, &pod.metadata.name)
    };
    let uids = [&set.uid, &pod.metadata.uid];
    let is_stale = present.iter().filter(is_own).any(|owner| !uids.contains(&&owner.uid));
    let is_foreign = present.iter().any(|owner| owner.controller && !is_own(&owner));
    let policy = members.set.spec.persistent_volume_claim_retention_policy;
    let retains = [policy.when_deleted, policy.when_scaled] == [ClaimPolicy::Retain; 2];
    if is_stale {
        return if retains { Change::None } else { Change::Conflict };
    }
    let own: Vec<&OwnerReference> = present.iter().filter(is_own).collect();
    let others = present.iter().filter(|owner| !is_own(owner)).cloned();
    if is_foreign && !retains {
        cov_mark::hit!(stateful_set_leaves_claims_of_others_alone);
        let keeps = own.is_empty();
        return if keeps { Change::Conflict } else { Change::ConflictAndWrite(others.collect()) };
    }
    let is_right = match (&wanted, own.as_slice()) {
        (None, []) => true,
        (Some(wanted), [only]) => only.uid == wanted.uid && only.controller,
        (None | Some(_), _) => false,
    };
    if is_right { Change::None } else { Change::Write(others.chain(wanted).collect()) }
}

/// Who is to own a pod's claims: with the set they go when it is deleted, with the pod when it is.
fn wanted_owner(members: &Members, pod: &Pod, place: Place) -> Option<OwnerReference> {
    let policy = members.set.spec.persistent_volume_claim_retention_policy;
    match (policy.when_scaled, policy.when_deleted, place) {
        (ClaimPolicy::Delete, _, Place::Condemned) => Some(reference(&PODS, &pod.metadata)),
        (_, ClaimPolicy::Delete, _) => Some(reference(&STATEFUL_SETS, &members.set.metadata)),
        (_, ClaimPolicy::Retain, _) => None,
    }
}

fn create(members: &Members, slot: &Slot, name: &Text, template: &Value) -> Step<Why> {
    let set = &members.set;
    let mut object = template.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|field, _| field == "metadata" || field == "spec");
    }
    let metadata = &mut object["metadata"];
    metadata["name"] = json!(name);
    metadata["namespace"] = json!(set.metadata.namespace);
    if let Some(labels) = set.spec.selector.get("matchLabels").and_then(Value::as_object) {
        for (label, value) in labels {
            metadata["labels"][label] = value.clone();
        }
    }
    if set.spec.persistent_volume_claim_retention_policy.when_deleted == ClaimPolicy::Delete {
        metadata["ownerReferences"] = json!([controller_reference(&STATEFUL_SETS, &set.metadata)]);
    }
    let action = Action::Create {
        resource: PERSISTENT_VOLUME_CLAIMS,
        namespace: set.metadata.namespace.clone(),
        object,
    };
    let (pod, owner) = (&slot.name, &set.metadata.name);
    let done = format!("Create Claim {name} Pod {pod} in StatefulSet {owner} success");
    let failed =
        format!("Create Claim {name} for Pod {pod} in StatefulSet {owner} failed error: {{error}}");
    let mut step = Step::new(action, Why::NeedsClaim { pod: pod.clone() });
    step.on_success = Some(event(&**set, EventType::Normal, "SuccessfulCreate", done));
    step.on_failure = Some(event(&**set, EventType::Warning, "FailedCreate", failed));
    step
}

fn claims_of(members: &Members, ordinal: i32) -> impl Iterator<Item = &Arc<PersistentVolumeClaim>> {
    names(&members.set, ordinal).filter_map(|name| members.claims.get(&name))
}

fn write(claim: &PersistentVolumeClaim, references: &[OwnerReference]) -> Step<Why> {
    let action = Action::Patch {
        target: Target::of(claim),
        kind: PatchKind::Merge,
        patch: json!({"metadata": {"ownerReferences": references}}),
        subresource: "",
        guard: Guard::Version,
    };
    Step::new(action, Why::ClaimOwner)
}

fn conflict(members: &Members, claim: &PersistentVolumeClaim) -> Event {
    let message = format!(
        "PersistentVolumeClaim {} has a conflicting OwnerReference that acts as a manging \
         controller, the retention policy is ignored for this claim",
        claim.metadata.name
    );
    event(&*members.set, EventType::Warning, "ConflictingController", message)
}

fn is(owner: &OwnerReference, resource: &Resource, name: &str) -> bool {
    owner.kind == *resource.kind
        && owner.api_version == *resource.api_version()
        && owner.name == *name
}

fn reference(resource: &Resource, owner: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        api_version: resource.api_version().into(),
        kind: resource.kind.as_ref().into(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
        controller: true,
        block_owner_deletion: true,
    }
}
