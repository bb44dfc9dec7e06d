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
pub(super) fn is_member(node: &Node) -> bool {
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

/// The children of a node; the mark of a member is none.
pub(super) fn children(node: &Node) -> impl Iterator<Item = (&String, &Node)> {
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

/// The members that are in both sets.
pub(super) fn intersection(set: &Node, other: &Node) -> Node {
    let common = children(set).filter_map(|(key, child)| {
        let other_child = other.get(key)?.as_object()?;
        let both = is_member(child) && is_member(other_child);
        Some((key.clone(), node(both, intersection(child, other_child))?))
    });
    common.collect()
}

/// Takes out the members on the way down the path, its end with all that lies below it.
pub(super) fn remove_below(set: &mut Node, path: &[String]) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        set.remove(key);
        return;
    }
    let Some(Value::Object(child)) = set.get_mut(key) else { return };
    let stays_member = is_member(child);
    remove_below(child, rest);
    if !settle(child, stays_member) {
        set.remove(key);
    }
}

/// Whether what lies at the path is a member.
pub(super) fn contains(set: &Node, path: &[String]) -> bool {
    let Some((key, rest)) = path.split_first() else { return false };
    let Some(Value::Object(child)) = set.get(key) else { return false };
    if rest.is_empty() { is_member(child) } else { contains(child, rest) }
}

/// Visits each member, parents first, with the elements on the way to it.
pub(super) fn for_each_member(set: &Node, visit: &mut impl FnMut(&[&str])) {
    walk(set, &mut Vec::new(), visit);
}

fn walk<'s>(set: &'s Node, path: &mut Vec<&'s str>, visit: &mut impl FnMut(&[&str])) {
    for (key, child) in children(set) {
        path.push(key);
        if is_member(child) {
            visit(path);
        }
        walk(child, path, visit);
        path.pop();
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
