//! What `kubectl get` shows of each kind: the columns, and for each the rule that makes its cell.
//!
//! One file per group of kinds; a column is one line that names it and its rule. The server fills
//! every column, the wide ones too: clients choose.

mod admission;
mod autoscaling;
mod batch;
mod certificates;
mod column;
mod core;
mod events;
mod extensions;
mod flowcontrol;
mod network;
mod nodes;
mod object;
mod pods;
mod policy;
mod rbac;
mod resources;
mod storage;
mod workloads;

use std::cmp::Ordering;

use meta::time::Time;
use serde_json::{Value, json};

pub use column::{Column, ColumnType};
use column::{date, name};
use object::Object;

/// The columns of a kind, `autoscaling` `Scale` among them. One without rules of its own shows name
/// and creation.
pub fn definitions(group: &str, kind: &str) -> &'static [Column] {
    let of_group = match group {
        "" => core::of(kind).or_else(|| workloads::of(kind)),
        "admissionregistration.k8s.io" => admission::of(kind),
        "apiextensions.k8s.io" | "apiregistration.k8s.io" | "storagemigration.k8s.io" => {
            extensions::of(kind)
        }
        "apps" => workloads::of(kind),
        "autoscaling" => autoscaling::of(kind),
        "batch" => batch::of(kind),
        "certificates.k8s.io" => certificates::of(kind),
        "coordination.k8s.io" | "node.k8s.io" | "scheduling.k8s.io" => nodes::of(kind),
        "discovery.k8s.io" | "networking.k8s.io" => network::of(kind),
        "events.k8s.io" => core::of(kind),
        "flowcontrol.apiserver.k8s.io" => flowcontrol::of(kind),
        "policy" => policy::of(kind),
        "rbac.authorization.k8s.io" => rbac::of(kind),
        "resource.k8s.io" => resources::of(kind),
        "storage.k8s.io" => storage::of(kind),
        _ => None,
    };
    of_group.unwrap_or(OTHERS)
}

/// Kinds that nobody wrote a rule for.
const OTHERS: &[Column] = &[name(), date("Created At", "metadata.creationTimestamp")];

/// The cells of an object, one for each column.
pub fn cells(columns: &[Column], object: &Value, now: Time) -> Vec<Value> {
    let object = Object { value: object, now };
    columns.iter().map(|column| column.cell(object)).collect()
}

/// The conditions of a row: finished pods are `Completed`, so that clients can hide them.
pub fn row_conditions(object: &Value) -> Vec<Value> {
    let is_pod = object["kind"] == "Pod" && object["apiVersion"] == "v1";
    let phase = object["status"]["phase"].as_str().unwrap_or_default();
    if !is_pod || !matches!(phase, "Succeeded" | "Failed") {
        return Vec::new();
    }
    let message = match phase {
        "Succeeded" => "The pod has completed successfully.",
        _ => "The pod failed.",
    };
    vec![json!({"type": "Completed", "status": "True", "reason": phase, "message": message})]
}

/// What the rows of a list show that its objects alone do not say.
#[derive(Debug, Clone, Copy)]
pub enum ListRule {
    /// Rows are in this order, whatever that of the list is.
    Sorted(fn(&Value, &Value) -> Ordering),
    /// One of the objects, by position, is marked [`DEFAULT_MARK`] behind its name.
    MarksDefault(fn(&[Value]) -> Option<usize>),
}

pub const DEFAULT_MARK: &str = " (default)";

/// The rule of the few kinds whose lists have one.
pub fn list_rule(group: &str, kind: &str) -> Option<ListRule> {
    match (group, kind) {
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => {
            Some(ListRule::Sorted(flowcontrol::order))
        }
        ("storage.k8s.io", "StorageClass") => Some(ListRule::MarksDefault(storage::default_class)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
