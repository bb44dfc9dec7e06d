//! Lists that merge: scalars as a union, maps element by element with the same key.

use meta::collections::{HashMap, HashSet};
use serde_json::{Map, Value};

use super::{
    super::{error::Error, go},
    PATCH, merge_map, order, plain,
    schema::Rules,
    unknown_directive,
};

/// What all elements of two lists are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Elements {
    None,
    Maps,
    Scalars,
}

/// Merges a patch list into a live one, order included.
pub(super) fn merge(
    live: &mut Vec<Value>,
    patch: Vec<Value>,
    rules: &Rules<'_>,
) -> Result<(), Error> {
    let (merged, reference_order, patch_order) = match elements(live, &patch)? {
        Elements::None => return Ok(()),
        Elements::Scalars => {
            let mut seen = HashSet::default();
            let both = live.iter().chain(&patch).filter(|value| seen.insert(*value));
            (both.cloned().collect(), std::mem::take(live), patch)
        }
        Elements::Maps => merge_maps(std::mem::take(live), patch, rules)?,
    };
    *live = order::arrange(merged, &reference_order, &patch_order, rules.merge_key);
    Ok(())
}

/// Takes equal scalars out.
pub(super) fn delete(
    live: &mut Vec<Value>,
    values: &[Value],
    merge_key: Option<&str>,
) -> Result<(), Error> {
    match elements(live, values)? {
        Elements::None => {}
        Elements::Scalars => live.retain(|value| !values.contains(value)),
        Elements::Maps => {
            let key_of = |value: &Value| merge_key.and_then(|key| value.get(key).cloned());
            live.retain(|value| !values.iter().any(|gone| key_of(gone) == key_of(value)));
        }
    }
    Ok(())
}

/// What the elements are; lists may not be elements, and all must be alike.
fn elements(live: &[Value], patch: &[Value]) -> Result<Elements, Error> {
    let mut all = live.iter().chain(patch);
    let Some(first) = all.next() else { return Ok(Elements::None) };
    if first.is_array() {
        return Err(Error::Rejected);
    }
    if all.any(|value| go::type_of(value) != go::type_of(first)) {
        let lists = [live, patch].map(|list| Value::Array(list.to_vec()));
        let printed = go::print(&Value::Array(lists.to_vec()));
        return Err(Error::Failed(format!("list element types are not identical: {printed}")));
    }
    Ok(if first.is_object() { Elements::Maps } else { Elements::Scalars })
}

/// The merged elements, and the lists that their order follows: live, then patch.
type Merged = (Vec<Value>, Vec<Value>, Vec<Value>);

fn merge_maps(mut live: Vec<Value>, patch: Vec<Value>, rules: &Rules<'_>) -> Result<Merged, Error> {
    let key = rules.merge_key.ok_or_else(|| {
        Error::Failed(format!("cannot merge lists without merge key for {}", rules.element))
    })?;
    let (directives, patch) = split(patch);
    if obey(&mut live, &directives, key)? == Kept::PatchAlone {
        return Ok((patch.clone(), patch, Vec::new()));
    }
    let live_order = live.clone();
    let mut merged = Keyed::new(live, key);
    for element in &patch {
        let Value::Object(element) = element else { continue };
        let value = element.get(key).ok_or_else(|| lacks_key(element, key))?;
        match merged.find(value) {
            Some(twin) => merge_map(twin, element.clone(), rules.schema)?,
            None => merged.push(value.clone(), element.clone()),
        }
    }
    Ok((merged.list, live_order, patch))
}

/// Elements that carry `$patch`, and the others.
fn split(patch: Vec<Value>) -> (Vec<Value>, Vec<Value>) {
    patch.into_iter().partition(|element| element.get(PATCH).is_some())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Live,
    /// `$patch: replace` in any element: the live list is gone.
    PatchAlone,
}

/// Directive elements come first: deleting an element and adding it again makes a fresh one.
fn obey(live: &mut Vec<Value>, directives: &[Value], key: &str) -> Result<Kept, Error> {
    let mut kept = Kept::Live;
    for element in directives {
        let Value::Object(map) = element else { continue };
        match map.get(PATCH).and_then(Value::as_str) {
            Some("delete") => {
                let value = map.get(key).ok_or_else(|| lacks_key(map, key))?;
                live.retain(|candidate| candidate.get(key) != Some(value));
            }
            Some("replace") => kept = Kept::PatchAlone,
            Some("merge") => {
                let text = "merging lists cannot yet be specified in the patch";
                return Err(Error::Failed(text.to_owned()));
            }
            _ => {
                let directive = map.get(PATCH).unwrap_or(&Value::Null);
                return Err(unknown_directive(directive, element.clone()));
            }
        }
    }
    Ok(kept)
}

fn lacks_key(element: &Map<String, Value>, key: &str) -> Error {
    let printed = go::print(&Value::Object(element.clone()));
    Error::Failed(format!("map: {printed} does not contain declared merge key: {key}"))
}

/// A list of maps with the first position of each key value.
struct Keyed {
    list: Vec<Value>,
    positions: HashMap<Value, usize>,
}

impl Keyed {
    fn new(list: Vec<Value>, key: &str) -> Self {
        let mut positions = HashMap::default();
        for (position, element) in list.iter().enumerate() {
            if let Some(value) = element.get(key) {
                positions.entry(value.clone()).or_insert(position);
            }
        }
        Self { list, positions }
    }

    fn find(&mut self, value: &Value) -> Option<&mut Map<String, Value>> {
        let position = *self.positions.get(value)?;
        self.list.get_mut(position).and_then(Value::as_object_mut)
    }

    fn push(&mut self, value: Value, element: Map<String, Value>) {
        if let Some(element) = plain(Value::Object(element)) {
            self.positions.insert(value, self.list.len());
            self.list.push(element);
        }
    }
}
