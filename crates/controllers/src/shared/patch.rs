//! Merge patches that say only what differs.

use meta::object::Labels;
use serde_json::{Map, Value};

/// The fields of a merge patch that turns one flat object into another.
#[derive(Debug, Default)]
pub(crate) struct Difference(Map<String, Value>);

impl Difference {
    /// A counter: zero is written as absent, as the reference leaves empty fields out.
    pub(crate) fn count<N: PartialEq + Default + Into<Value>>(
        &mut self,
        field: &str,
        old: N,
        new: N,
    ) {
        if old == new {
            return;
        }
        let absent = new == N::default();
        self.0.insert(field.to_owned(), if absent { Value::Null } else { new.into() });
    }
    /// A field where zero and absent differ.
    pub(crate) fn optional<N: PartialEq + Into<Value>>(
        &mut self,
        field: &str,
        old: Option<N>,
        new: Option<N>,
    ) {
        if old != new {
            self.0.insert(field.to_owned(), new.map_or(Value::Null, Into::into));
        }
    }
    /// A list, replaced as a whole; empty is written as absent.
    pub(crate) fn list<T: PartialEq + serde::Serialize>(
        &mut self,
        field: &str,
        old: &[T],
        new: &[T],
    ) {
        if old == new {
            return;
        }
        let list = serde_json::json!(new);
        self.0.insert(field.to_owned(), if new.is_empty() { Value::Null } else { list });
    }
    /// Labels or annotations: what is not in `new` is removed.
    pub(crate) fn map(&mut self, field: &str, old: &Labels, new: &Labels) {
        let mut difference = Map::new();
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            difference.insert(key.to_string(), Value::Null);
        }
        for (key, value) in new.iter().filter(|(key, value)| old.get(*key) != Some(*value)) {
            difference.insert(key.to_string(), value.as_str().into());
        }
        if !difference.is_empty() {
            self.0.insert(field.to_owned(), Value::Object(difference));
        }
    }
    /// What differs within a field that holds an object.
    pub(crate) fn within(&mut self, field: &str, inner: Self) {
        if let Some(patch) = inner.into_patch() {
            self.0.insert(field.to_owned(), patch);
        }
    }
    /// The patch, or `None` if nothing differs.
    pub(crate) fn into_patch(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }
}
