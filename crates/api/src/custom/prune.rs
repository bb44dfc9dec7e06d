//! Pruning: what the schema does not know goes.

use serde_json::Value;

use super::schema::{Additional, Schema};

/// What every whole object has.
const OBJECT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Takes what no schema declares out of a whole object; the paths of what went, such as
/// `spec.items[0].colour`.
pub(super) fn prune(schema: &Schema, object: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    Walk { unknown: &mut unknown }.node(Some(schema), object, "", Place::Object);
    unknown
}

/// Whether the place has apiVersion, kind and metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Object,
    Inner,
}

struct Walk<'a> {
    unknown: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, schema: Option<&Schema>, value: &mut Value, path: &str, place: Place) {
        match value {
            Value::Object(members) => {
                let is_own = |name: &str| place == Place::Object && OBJECT_FIELDS.contains(&name);
                members.retain(|name, member| {
                    is_own(name) || self.member(schema, name, member, &below(path, name))
                });
            }
            // Of a list that may hold anything, nothing goes.
            Value::Array(_)
                if schema.is_some_and(|known| known.preserves_unknown && known.items.is_none()) => {
            }
            Value::Array(items) => {
                let schema = schema.and_then(|schema| schema.items.as_deref());
                for (index, item) in items.iter_mut().enumerate() {
                    self.inner(schema, item, &format!("{path}[{index}]"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Whether a member stays; it loses what is unknown below it.
    fn member(
        &mut self,
        schema: Option<&Schema>,
        name: &str,
        value: &mut Value,
        path: &str,
    ) -> bool {
        let Some(schema) = schema else { return self.goes(path) };
        if let Some(known) = schema.properties.get(name) {
            self.inner(Some(known), value, path);
            return true;
        }
        match &schema.additional {
            Some(Additional::Of(known)) => self.inner(Some(known), value, path),
            Some(Additional::Any) if !schema.preserves_unknown => self.inner(None, value, path),
            Some(Additional::Any | Additional::Nothing) | None => {
                return schema.preserves_unknown || self.goes(path);
            }
        }
        true
    }

    /// Notes what does not stay.
    fn goes(&mut self, path: &str) -> bool {
        self.unknown.push(path.to_owned());
        false
    }

    fn inner(&mut self, schema: Option<&Schema>, value: &mut Value, path: &str) {
        let is_embedded = schema.is_some_and(|schema| schema.is_embedded);
        let place = if is_embedded { Place::Object } else { Place::Inner };
        self.node(schema, value, path, place);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
