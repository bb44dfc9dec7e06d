//! Roles and their bindings.

use serde_json::Value;

use super::{
    column::{Column, age, computed, date, name},
    object::{Object, join, text},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "ClusterRole" | "Role" => ROLE,
        "ClusterRoleBinding" | "RoleBinding" => BINDING,
        _ => return None,
    })
}

const ROLE: &[Column] = &[name(), date("Created At", "metadata.creationTimestamp")];
const BINDING: &[Column] = &[
    name(),
    computed("Role", |binding| {
        format!("{}/{}", binding.text("roleRef.kind"), binding.text("roleRef.name")).into()
    }),
    age(),
    computed("Users", |binding| subjects(binding, "User")).wide(),
    computed("Groups", |binding| subjects(binding, "Group")).wide(),
    computed("ServiceAccounts", |binding| subjects(binding, "ServiceAccount")).wide(),
];

fn subjects(binding: Object<'_>, kind: &str) -> Value {
    let subjects = binding.list("subjects").iter();
    let named = subjects.filter(|subject| text(subject, "kind") == kind).map(|subject| {
        let name = text(subject, "name");
        match kind {
            "ServiceAccount" => format!("{}/{name}", text(subject, "namespace")),
            _ => name.to_owned(),
        }
    });
    join(named, ", ").into()
}
