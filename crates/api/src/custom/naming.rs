//! Which names of a definition are accepted, and what its conditions say. Definitions of one group may
//! not share names; who had one first keeps it.

use std::collections::BTreeSet;

use meta::time::Time;
use serde_json::{Value, json};

use crate::json;

/// Waits for all instances of a definition that is deleted.
pub const CLEANUP_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";
/// What a protected group's definition needs.
pub const APPROVAL: &str = "api-approved.kubernetes.io";

/// Where the deletion of the instances of a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    Pending,
    InProgress,
}

/// Whether somebody of the project has agreed to a protected name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    Approved(String),
    Bypassed(String),
    Missing,
    Invalid,
}

/// A condition without its time.
struct Condition<'a> {
    kind: &'a str,
    status: bool,
    reason: &'a str,
    message: &'a str,
}

/// The definition with the names and conditions that it should have next to the others; equal if all
/// is well.
pub fn settled(definition: &Value, others: &[Value], now: Time) -> Value {
    let mut settled = definition.clone();
    let spec = &definition["spec"];
    let mut accepted = definition["status"]["acceptedNames"].clone();
    if !accepted.is_object() {
        accepted = json!({});
    }
    let conflict = accept(&mut accepted, &spec["names"], &Used::of(definition, others));
    let names_accepted = match &conflict {
        None => Condition::new("NamesAccepted", true, "NoConflicts", "no conflicts found"),
        Some((reason, message)) => Condition::new("NamesAccepted", false, reason, message),
    };
    json::object_mut(&mut settled, "status")["acceptedNames"] = accepted;
    set(&mut settled, &names_accepted, now);
    let is_established = has_condition(definition, "Established", "True");
    if !is_established && conflict.is_none() {
        let text = "the initial names have been accepted";
        set(&mut settled, &Condition::new("Established", true, "InitialNamesAccepted", text), now);
    } else if !is_established {
        let text = "not all names are accepted";
        set(&mut settled, &Condition::new("Established", false, "NotAccepted", text), now);
    }
    let group = json::text(spec, "group");
    if is_protected(group) {
        approve(&mut settled, &approval(&definition["metadata"]), now);
    }
    settled
}

/// Whether objects of a definition are served: it was established once, or its names are fine.
pub fn is_served(definition: &Value) -> bool {
    has_condition(definition, "Established", "True")
}

/// The definition, saying where the deletion of its instances is.
#[must_use]
pub fn cleaning(definition: &Value, cleanup: Cleanup, now: Time) -> Value {
    let (reason, message) = match cleanup {
        Cleanup::Pending => (
            "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        ),
        Cleanup::InProgress => {
            ("InstanceDeletionInProgress", "CustomResource deletion is in progress")
        }
    };
    let mut cleaning = definition.clone();
    set(&mut cleaning, &Condition::new("Terminating", true, reason, message), now);
    cleaning
}

/// Whether names of the group belong to the project.
pub fn is_protected(group: &str) -> bool {
    ["k8s.io", "kubernetes.io"].iter().any(|domain| {
        group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// What the annotation of a definition says.
pub fn approval(metadata: &Value) -> Approval {
    let text = metadata["annotations"][APPROVAL].as_str().unwrap_or_default();
    if text.is_empty() {
        return Approval::Missing;
    }
    if text.starts_with("unapproved") {
        return Approval::Bypassed(text.to_owned());
    }
    let host = text.split_once("://").map(|(scheme, rest)| (scheme, rest.split('/').next()));
    match host {
        Some((scheme, Some(host))) if !scheme.is_empty() && !host.is_empty() => {
            Approval::Approved(text.to_owned())
        }
        Some(_) | None => Approval::Invalid,
    }
}

impl Approval {
    /// What is wrong with it; `None` if nothing.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Approved(_) | Self::Bypassed(_) => None,
            Self::Missing => Some(
                "protected groups must have approval annotation \"api-approved.kubernetes.io\", \
                 see https://github.com/kubernetes/enhancements/pull/1111",
            ),
            Self::Invalid => Some(
                "protected groups must have approval annotation \"api-approved.kubernetes.io\" \
                 with either a URL or a reason starting with \"unapproved\", see \
                 https://github.com/kubernetes/enhancements/pull/1111",
            ),
        }
    }
}

fn approve(definition: &mut Value, approval: &Approval, now: Time) {
    let (status, reason, message) = match approval {
        Approval::Approved(url) => (true, "ApprovedAnnotation", format!("approved in {url}")),
        Approval::Bypassed(why) => {
            (false, "UnapprovedAnnotation", format!("not approved: {why:?}"))
        }
        Approval::Missing => (false, "MissingAnnotation", message_of(approval)),
        Approval::Invalid => (false, "InvalidAnnotation", message_of(approval)),
    };
    let kind = "KubernetesAPIApprovalPolicyConformant";
    set(definition, &Condition::new(kind, status, reason, &message), now);
}

fn message_of(approval: &Approval) -> String {
    approval.problem().unwrap_or_default().to_owned()
}

/// Names that other definitions of the group have.
#[derive(Default)]
struct Used {
    resources: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Used {
    fn of(definition: &Value, others: &[Value]) -> Self {
        let (group, own) = (&definition["spec"]["group"], &definition["metadata"]["name"]);
        let in_group = others
            .iter()
            .filter(|other| other["spec"]["group"] == *group && other["metadata"]["name"] != *own);
        let mut used = Self::default();
        for names in in_group.map(|other| &other["status"]["acceptedNames"]) {
            let text = |field: &str| Some(json::text(names, field).to_owned());
            let short = json::list(names, "shortNames").iter();
            let short = short.filter_map(|name| name.as_str().map(str::to_owned));
            used.resources.extend(text("plural").into_iter().chain(text("singular")).chain(short));
            used.kinds.extend(text("kind").into_iter().chain(text("listKind")));
        }
        used.resources.remove("");
        used.kinds.remove("");
        used
    }
}

/// Takes the wanted names that are free; the last conflict as reason and message.
fn accept(accepted: &mut Value, wanted: &Value, used: &Used) -> Option<(&'static str, String)> {
    let plural = accept_one(accepted, wanted, ("plural", "PluralConflict"), &used.resources);
    let singular = accept_one(accepted, wanted, ("singular", "SingularConflict"), &used.resources);
    let short_names = accept_short_names(accepted, wanted, &used.resources);
    let kind = accept_one(accepted, wanted, ("kind", "KindConflict"), &used.kinds);
    let list_kind = accept_one(accepted, wanted, ("listKind", "ListKindConflict"), &used.kinds);
    json::copy(accepted, wanted, "categories");
    list_kind.or(kind).or(short_names).or(singular).or(plural)
}

fn accept_one(
    accepted: &mut Value,
    wanted: &Value,
    (field, reason): (&str, &'static str),
    used: &BTreeSet<String>,
) -> Option<(&'static str, String)> {
    let name = json::text(wanted, field);
    if name != json::text(accepted, field) && used.contains(name) {
        return Some((reason, format!("{name:?} is already in use")));
    }
    accepted[field] = name.into();
    None
}

fn accept_short_names(
    accepted: &mut Value,
    wanted: &Value,
    used: &BTreeSet<String>,
) -> Option<(&'static str, String)> {
    let known = json::list(accepted, "shortNames").to_vec();
    let is_taken = |name: &&Value| {
        !known.contains(name) && name.as_str().is_some_and(|name| used.contains(name))
    };
    let taken = json::list(wanted, "shortNames").iter().filter(is_taken);
    let taken: Vec<String> = taken.map(|name| format!("{name} is already in use")).collect();
    let text = match taken.as_slice() {
        [] => {
            json::copy(accepted, wanted, "shortNames");
            return None;
        }
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Some(("ShortNamesConflict", text))
}

impl<'a> Condition<'a> {
    const fn new(kind: &'a str, status: bool, reason: &'a str, message: &'a str) -> Self {
        Self { kind, status, reason, message }
    }
}

fn has_condition(definition: &Value, kind: &str, status: &str) -> bool {
    let mut conditions = json::list(&definition["status"], "conditions").iter();
    conditions.any(|one| json::text(one, "type") == kind && json::text(one, "status") == status)
}

/// Sets a condition; its time moves when its status does.
fn set(definition: &mut Value, condition: &Condition<'_>, now: Time) {
    let status = json::object_mut(definition, "status");
    let mut conditions = json::list(status, "conditions").to_vec();
    let text = if condition.status { "True" } else { "False" };
    let mut wanted = json!({
        "type": condition.kind, "status": text, "reason": condition.reason,
        "message": condition.message, "lastTransitionTime": now.to_string(),
    });
    match conditions.iter_mut().find(|known| known["type"] == condition.kind) {
        Some(known) => {
            if known["status"] == text {
                json::copy(&mut wanted, known, "lastTransitionTime");
            }
            json::copy(&mut wanted, known, "observedGeneration");
            *known = wanted;
        }
        None => conditions.push(wanted),
    }
    status["conditions"] = conditions.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(plural: &str, kind: &str) -> Value {
        json!({
            "metadata": {"name": format!("{plural}.fc.io")},
            "spec": {"group": "fc.io", "names": {
                "plural": plural, "singular": kind.to_lowercase(), "kind": kind,
                "listKind": format!("{kind}List"), "shortNames": ["fo"], "categories": ["all"],
            }},
            "status": {"acceptedNames": {"plural": "", "kind": ""}, "conditions": null},
        })
    }

    fn conditions(definition: &Value) -> Vec<String> {
        let conditions = json::list(&definition["status"], "conditions").iter();
        let text = |condition: &Value| {
            let text = |field: &str| json::text(condition, field).to_owned();
            format!("{}={} {}: {}", text("type"), text("status"), text("reason"), text("message"))
        };
        conditions.map(text).collect()
    }

    #[test]
    fn the_first_definition_gets_its_names_and_is_established() {
        let now = Time::from_seconds(0);
        let first = settled(&definition("foos", "Foo"), &[], now);
        assert_eq!(
            conditions(&first),
            [
                "NamesAccepted=True NoConflicts: no conflicts found",
                "Established=True InitialNamesAccepted: the initial names have been accepted",
            ]
        );
        assert_eq!(first["status"]["acceptedNames"], first["spec"]["names"]);
        assert_eq!(settled(&first, std::slice::from_ref(&first), Time::from_seconds(9)), first);
    }

    #[test]
    fn a_second_one_that_wants_a_name_in_use_is_not_established() {
        let now = Time::from_seconds(0);
        let first = settled(&definition("foos", "Foo"), &[], now);
        let second = settled(&definition("bars", "Foo"), &[first], now);
        assert_eq!(
            conditions(&second),
            [
                "NamesAccepted=False ListKindConflict: \"FooList\" is already in use",
                "Established=False NotAccepted: not all names are accepted",
            ]
        );
        assert_eq!(second["status"]["acceptedNames"]["plural"], "bars");
        assert_eq!(second["status"]["acceptedNames"]["kind"], "");
    }

    #[test]
    fn a_protected_group_needs_a_word_from_the_project() {
        let rows = [
            ("", Approval::Missing),
            ("unapproved, a test", Approval::Bypassed("unapproved, a test".into())),
            ("https://github.com/x", Approval::Approved("https://github.com/x".into())),
            ("yes", Approval::Invalid),
        ];
        for (text, expected) in rows {
            assert_eq!(approval(&json!({"annotations": {APPROVAL: text}})), expected);
        }
        let protected = ["k8s.io", "a.k8s.io", "kubernetes.io"].map(is_protected);
        assert_eq!(protected, [true; 3]);
        assert!(!is_protected("notk8s.io") && !is_protected("k8s.io.example.com"));
    }
}
