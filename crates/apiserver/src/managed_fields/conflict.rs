//! Fields that an apply would change although they belong to others, as clients are told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    element,
    entries::{Entry, Operation},
    set::{self, Node},
};

/// One field of another manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// As messages write it, such as `.spec.replicas`.
    pub path: String,
    /// `"m" with subresource "status" using apps/v1`.
    pub owner: String,
    /// What managers are sorted by.
    identifier: String,
    pub(super) elements: Vec<String>,
}

/// The conflicts with the owner of these fields.
pub(super) fn with(entry: &Entry, fields: &Node) -> Vec<Conflict> {
    let (owner, identifier) = (owner(entry), identifier(entry));
    let mut conflicts = Vec::new();
    set::for_each_member(fields, &mut |elements| {
        conflicts.push(Conflict {
            path: element::path(elements),
            owner: owner.clone(),
            identifier: identifier.clone(),
            elements: elements.iter().map(|element| (*element).to_owned()).collect(),
        });
    });
    conflicts
}

/// The whole message of the failure: one line for one conflict, blocks by manager for more.
pub(super) fn message(conflicts: &[Conflict]) -> String {
    if let [Conflict { owner, path, .. }] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {owner}: {path}");
    }
    let mut blocks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Conflict { path, owner, identifier, .. } in conflicts {
        let block =
            blocks.entry(identifier).or_insert_with(|| vec![format!("conflicts with {owner}:")]);
        block.push(format!("- {path}"));
    }
    let lines: Vec<String> = blocks.into_values().flatten().collect();
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

fn owner(entry: &Entry) -> String {
    let identity = entry.identity();
    let subresource = match identity.subresource {
        "" => String::new(),
        name => format!(" with subresource {name:?}"),
    };
    let version = match entry.operation() {
        Operation::Apply => String::new(),
        Operation::Update => format!(" using {}", identity.api_version),
    };
    format!("{:?}{subresource}{version}", identity.manager)
}

/// The reference tells managers apart by the JSON of their entries.
fn identifier(entry: &Entry) -> String {
    let identity = entry.identity();
    let mut members = vec![("manager", identity.manager)];
    match entry.operation() {
        Operation::Apply => members.push(("operation", "Apply")),
        Operation::Update => {
            members.push(("operation", "Update"));
            members.push(("apiVersion", identity.api_version));
        }
    }
    if !identity.subresource.is_empty() {
        members.push(("subresource", identity.subresource));
    }
    let members: Vec<String> = members
        .iter()
        .map(|(name, text)| format!("{}:{}", json!(name), Value::from(*text)))
        .collect();
    format!("{{{}}}", members.join(","))
}
