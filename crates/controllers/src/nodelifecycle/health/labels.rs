//! Old names of labels say what the new ones do.

use api::views::Node;
use runtime::{Action, Guard, PatchKind, Target};
use serde_json::{Map, Value, json};

const NAMES: [(&str, &str); 2] = [
    ("kubernetes.io/os", "beta.kubernetes.io/os"),
    ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
];

/// The write that makes them agree, if one is needed. A label that is missing says nothing.
pub(super) fn agree(node: &Node) -> Option<Action> {
    let labels = &node.metadata.labels;
    let mut wrong = Map::new();
    for (new, old) in NAMES {
        if let Some(value) = labels.get(new).filter(|value| labels.get(old) != Some(value)) {
            wrong.insert(old.to_owned(), Value::from(value.as_str()));
        }
    }
    if wrong.is_empty() {
        return None;
    }
    Some(Action::Patch {
        target: Target::of(node),
        kind: PatchKind::Strategic,
        patch: json!({"metadata": {"labels": wrong}}),
        subresource: "",
        guard: Guard::Uid,
    })
}
