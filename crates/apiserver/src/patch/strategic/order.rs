//! The order of a merged list: elements of the patch in the patch's order, the others where they
//! stood in the live list, new ones as early as possible.

use meta::collections::HashMap;
use serde_json::{Map, Value};

use super::{
    super::{error::Error, go},
    ELEMENT_ORDER, PATCH, bad_argument, lists, plain,
    schema::{Rules, Schema},
};

/// Carries out every `$setElementOrder/F`, with the list F of the patch if there is one; both are
/// taken out of the patch.
pub(super) fn apply_directives(
    live: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    schema: Schema<'_>,
) -> Result<(), Error> {
    let directives: Vec<String> =
        patch.keys().filter(|key| key.starts_with(ELEMENT_ORDER)).cloned().collect();
    for directive in directives {
        let order = list_of(patch.remove(&directive).unwrap_or_default())?;
        let field = directive.split_once('/').map(|(_, field)| field).ok_or_else(|| {
            Error::Malformed("invalid patch format of setElementOrder list".to_owned())
        })?;
        apply_directive(live, patch, &order, Target { field, schema })?;
    }
    Ok(())
}

struct Target<'a> {
    field: &'a str,
    schema: Schema<'a>,
}

fn apply_directive(
    live: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    order: &[Value],
    target: Target<'_>,
) -> Result<(), Error> {
    let Target { field, schema } = target;
    if let Some(other) = live.get(field).filter(|value| !value.is_array()) {
        return Err(bad_argument("[]interface {}", other));
    }
    let patched = match patch.remove(field) {
        Some(value) => Some(list_of(value)?),
        None => None,
    };
    let rules = schema.field(field).ok_or_else(|| unknown_field(schema, field))?;
    if let Some(patched) = &patched {
        check_order(patched, order, rules.merge_key)?;
    }
    let live_list = match live.remove(field) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    };
    let merged = match (&live_list, patched) {
        (None, None) => return Ok(()),
        (Some(list), None) => list.clone(),
        (None, Some(patched)) => match plain(Value::Array(patched)) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        },
        (Some(list), Some(patched)) => merge(list.clone(), patched, &rules)?,
    };
    let live_order = live_list.unwrap_or_default();
    let arranged = arrange(merged, &live_order, order, rules.merge_key);
    live.insert(field.to_owned(), Value::Array(arranged));
    Ok(())
}

fn merge(mut live: Vec<Value>, patch: Vec<Value>, rules: &Rules<'_>) -> Result<Vec<Value>, Error> {
    if !rules.strategy.merge {
        return Ok(patch);
    }
    lists::merge(&mut live, patch, rules)?;
    Ok(live)
}

fn list_of(value: Value) -> Result<Vec<Value>, Error> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(bad_argument("[]interface {}", &value))
        }
    }
}

fn unknown_field(schema: Schema<'_>, field: &str) -> Error {
    let name = schema.name();
    Error::Failed(format!(
        "unable to find api field in struct {name} for the json field \"{field}\""
    ))
}

/// The patch list, deletions aside, must stand in the order that is asked for.
fn check_order(patch: &[Value], order: &[Value], merge_key: Option<&str>) -> Result<(), Error> {
    if order.is_empty() || patch.is_empty() {
        return Ok(());
    }
    let is_directive = |element: &Value| merge_key.is_some() && element.get(PATCH).is_some();
    let mut ordered = order.iter().map(|element| identity(element, merge_key));
    let fits = patch.iter().filter(|element| !is_directive(element)).all(|element| {
        let wanted = identity(element, merge_key);
        ordered.any(|found| found == wanted)
    });
    if fits {
        return Ok(());
    }
    let [patch, order] = [patch, order].map(|list| go::print(&Value::Array(list.to_vec())));
    Err(Error::Failed(format!(
        "The order in patch list:\n{patch}\n doesn't match {ELEMENT_ORDER} list:\n{order}\n"
    )))
}

/// Arranges merged elements: those of `order` as they stand there, the rest in live order, and of
/// the two heads the rest's only if both are live and it stood before.
pub(super) fn arrange(
    merged: Vec<Value>,
    live: &[Value],
    order: &[Value],
    merge_key: Option<&str>,
) -> Vec<Value> {
    let order = positions(order, merge_key);
    let live = positions(live, merge_key);
    let position_in = |positions: &HashMap<&Value, usize>, element: &Value| {
        positions.get(identity(element, merge_key)).copied()
    };
    let (mut ordered, mut rest): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|element| position_in(&order, element).is_some());
    ordered.sort_by_key(|element| position_in(&order, element));
    rest.sort_by_key(|element| position_in(&live, element));
    let mut arranged = Vec::with_capacity(ordered.len() + rest.len());
    let mut ordered = ordered.into_iter().peekable();
    let mut rest = rest.into_iter().peekable();
    while let (Some(next_ordered), Some(next_rest)) = (ordered.peek(), rest.peek()) {
        let stood_before = match (position_in(&live, next_rest), position_in(&live, next_ordered)) {
            (Some(of_rest), Some(of_ordered)) => of_rest < of_ordered,
            (Some(_) | None, None) | (None, Some(_)) => false,
        };
        arranged.extend(if stood_before { rest.next() } else { ordered.next() });
    }
    arranged.extend(ordered);
    arranged.extend(rest);
    arranged
}

/// First position of each element.
fn positions<'a>(list: &'a [Value], merge_key: Option<&str>) -> HashMap<&'a Value, usize> {
    let mut positions = HashMap::default();
    for (position, element) in list.iter().enumerate() {
        positions.entry(identity(element, merge_key)).or_insert(position);
    }
    positions
}

/// What makes an element the same as another: its key, or for scalars the value.
fn identity<'a>(element: &'a Value, merge_key: Option<&str>) -> &'a Value {
    merge_key.and_then(|key| element.get(key)).unwrap_or(element)
}
