//! The types of lists, maps and objects that are written out.

use super::{Checker, most_general};
use crate::{
    ast::{Entry, Expression, ListItem, MapEntry, ObjectLiteral},
    types::Type,
};

impl Checker<'_> {
    pub(super) fn list(&mut self, items: &[ListItem]) -> Type {
        let mut element = None;
        for item in items {
            let found = self.entry(&item.value, item.entry);
            element = Some(self.join(item.value.id, element, found));
        }
        Type::list(element.unwrap_or_else(|| self.fresh()))
    }

    pub(super) fn map(&mut self, entries: &[MapEntry]) -> Type {
        let (mut key, mut value) = (None, None);
        for entry in entries {
            let found = self.expression(&entry.key);
            key = Some(self.join(entry.key.id, key, found));
            let found = self.entry(&entry.value, entry.entry);
            value = Some(self.join(entry.value.id, value, found));
        }
        let key = key.unwrap_or_else(|| self.fresh());
        Type::map(key, value.unwrap_or_else(|| self.fresh()))
    }

    /// The type of an entry's value; that of one with `?` is what its optional value holds.
    fn entry(&mut self, value: &Expression, entry: Entry) -> Type {
        let found = self.expression(value);
        if entry == Entry::Required {
            return found;
        }
        match self.substitution.apply(&found) {
            Type::Optional(inner) => (*inner).clone(),
            open @ (Type::Dyn | Type::Error) => open,
            other => {
                let message = format!(
                    "expected type '{}' but found '{other}'",
                    Type::optional(other.clone())
                );
                self.issue(value.id, message)
            }
        }
    }

    /// All entries have one type.
    fn join(&mut self, id: usize, known: Option<Type>, found: Type) -> Type {
        let Some(known) = known else { return found };
        if self.substitution.fit(&known, &found) {
            return most_general(&known, &found);
        }
        let (expected, actual) =
            (self.substitution.settle(&known), self.substitution.settle(&found));
        self.issue(id, format!("expected type '{expected}' but found '{actual}'"));
        known
    }

    pub(super) fn object(&mut self, id: usize, literal: &ObjectLiteral) -> Type {
        let Some(object) = self.environment.object_type(&literal.name) else {
            for field in &literal.fields {
                self.expression(&field.value);
            }
            return self.undeclared(id, &literal.name);
        };
        for field in &literal.fields {
            let found = self.entry(&field.value, field.entry);
            let Some(declared) = object.fields.get(&field.name) else {
                self.issue(field.id, format!("undefined field '{}'", field.name));
                continue;
            };
            let wanted = &declared.schema.type_;
            if !self.substitution.fit(&found, wanted) {
                let found = self.substitution.settle(&found);
                let message = format!(
                    "expected type of field '{}' is '{wanted}' but provided type is '{found}'",
                    field.name
                );
                self.issue(field.id, message);
            }
        }
        Type::Object(object)
    }
}
