//! Sets of fields in the form of `fieldsV1`: a tree whose keys are path elements. A leaf is `{}`; a
//! node that belongs to the set beside its children has a member `.`; one that has children alone
//! does not belong to it.

use serde_json::{Map, Value};

use super::element;

/// A node of the tree, or the whole set.
pub(super) type Node = Map<String, Value>;

/// The member that says "this node too".
const SELF: &str = ".";

/// Whether a node below the root belongs to the set.
fn is_member(node: &Node) -> bool {
    node.is_empty() || node.contains_key(SELF)
}

/// The children of a node and whether it is a member, as a value; `None` if there is nothing of it.
pub(super) fn node(is_member: bool, mut children: Node) -> Option<Value> {
    settle(&mut children, is_member).then_some(Value::Object(children))
}

/// Brings a node into form after a change; false if nothing is left of it.
fn settle(node: &mut Node, is_member: bool) -> bool {
    node.remove(SELF);
    if node.is_empty() {
        return is_member;
    }
    if is_member {
        node.insert(SELF.to_owned(), Value::Object(Node::new()));
    }
    true
}

fn children(node: &Node) -> impl Iterator<Item = (&String, &Node)> {
    node.iter().filter(|(key, _)| *key != SELF).filter_map(|(key, child)| {
        let child = child.as_object()?;
        Some((key, child))
    })
}

/// Takes exactly the members of `taken` out of `set`; what lies below a member stays unless it is
/// one itself.
pub(super) fn subtract(set: &mut Node, taken: &Node) {
    for (key, taken_child) in children(taken) {
        let Some(Value::Object(child)) = set.get_mut(key) else { continue };
        let stays_member = is_member(child) && !is_member(taken_child);
        subtract(child, taken_child);
        if !settle(child, stays_member) {
            set.remove(key);
        }
    }
}

/// Adds the members of `added` to `set`.
pub(super) fn unite(set: &mut Node, added: Node) {
    for (key, added_child) in added {
        if key == SELF {
            continue;
        }
        let Value::Object(added_child) = added_child else { continue };
        match set.get_mut(&key) {
            Some(Value::Object(child)) => {
                let becomes_member = is_member(child) || is_member(&added_child);
                unite(child, added_child);
                settle(child, becomes_member);
            }
            _ => {
                set.insert(key, Value::Object(added_child));
            }
        }
    }
}

/// The set with its elements spelled as the server spells them; kinds of elements that are not
/// known are left out. `None` if it is no set.
pub(super) fn parse(value: Value) -> Option<Node> {
    let Value::Object(members) = value else { return None };
    let mut parsed = Node::new();
    for (key, child) in members {
        let is_member = child.as_object().is_some_and(is_member);
        let child = parse(child)?;
        if key == SELF {
            parsed.insert(key, Value::Object(Node::new()));
        } else if let (Some(key), Some(child)) = (element::parse(&key)?, node(is_member, child)) {
            unite(&mut parsed, Node::from_iter([(key, child)]));
        }
    }
    Some(parsed)
}
