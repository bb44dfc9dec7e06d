//! Whether an applied object fits its schema, which is looser than its type: all numbers are alike,
//! and quantities and times take any scalar.

use std::collections::BTreeSet;

use api::catalog::{Catalog, Field, FieldType, Scalar, TypeId};
use serde_json::{Map, Value};

use super::{
    element, keys,
    schema::{self, Shape},
};
use crate::patch::go;

/// A value that does not fit, or an element that cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// As messages write it; empty for the object itself.
    pub path: String,
    pub problem: String,
}

impl Misfit {
    fn at_place(problem: String) -> Self {
        Self { path: String::new(), problem }
    }
    fn below(mut self, element: &str) -> Self {
        self.path = format!("{}{}", element::shown(element), self.path);
        self
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.problem);
        }
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// All that does not fit; of a map, what comes before its first undeclared field.
pub(super) fn check(catalog: &Catalog, type_id: TypeId, object: &Value) -> Vec<Misfit> {
    Check { catalog }.structure(type_id, object)
}

struct Check<'c> {
    catalog: &'c Catalog,
}

impl<'c> Check<'c> {
    fn kind(&self, kind: &'c FieldType, value: &Value) -> Vec<Misfit> {
        match kind {
            FieldType::Scalar(scalar) => of_scalar(*scalar, value),
            FieldType::Struct(type_id) => self.structure(*type_id, value),
            FieldType::Map(values) => self.map(values, value),
            FieldType::List(item) => self.list(Shape::Atomic, item, value),
        }
    }

    fn field(&self, field: &'c Field, value: &Value) -> Vec<Misfit> {
        match &field.kind {
            FieldType::List(item) => {
                self.list(schema::of_field(self.catalog, Some(field)), item, value)
            }
            FieldType::Scalar(_) | FieldType::Struct(_) | FieldType::Map(_) => {
                self.kind(&field.kind, value)
            }
        }
    }

    fn structure(&self, type_id: TypeId, value: &Value) -> Vec<Misfit> {
        // A union takes any shape of its own; decoding knows which.
        if self.catalog.type_of(type_id).one_of {
            return Vec::new();
        }
        let members = match as_map(value) {
            Ok(members) => members,
            Err(misfit) => return vec![misfit],
        };
        let mut misfits = Vec::new();
        for (name, value) in members.into_iter().flatten() {
            let inner = match self.catalog.field(type_id, name) {
                Some(field) => self.field(field, value),
                None if schema::is_type_meta(self.catalog, type_id, name) => {
                    of_scalar(Scalar::String, value)
                }
                None if self.catalog.type_of(type_id).open => Vec::new(),
                None => {
                    let misfit = Misfit::at_place("field not declared in schema".to_owned());
                    misfits.push(misfit.below(&element::field(name)));
                    break;
                }
            };
            misfits.extend(below(element::field(name), inner));
        }
        misfits
    }

    fn map(&self, values: &'c FieldType, value: &Value) -> Vec<Misfit> {
        match as_map(value) {
            Ok(members) => {
                let of_member = |(name, value): (&String, &Value)| {
                    below(element::field(name), self.kind(values, value))
                };
                members.into_iter().flatten().flat_map(of_member).collect()
            }
            Err(misfit) => vec![misfit],
        }
    }

    fn list(&self, shape: Shape<'c>, item_kind: &'c FieldType, value: &Value) -> Vec<Misfit> {
        let items = match value {
            Value::Null => return Vec::new(),
            Value::Array(items) => items,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                return vec![unexpected("list", value)];
            }
        };
        let is_told_apart = matches!(shape, Shape::Items { .. } | Shape::Set);
        let (mut misfits, mut seen) = (Vec::new(), BTreeSet::new());
        for (index, item) in items.iter().enumerate() {
            if !is_told_apart {
                misfits.extend(below(format!("i:{index}"), self.kind(item_kind, item)));
                continue;
            }
            let element = match keys::element_of(self.catalog, shape, item) {
                Ok(element) => element,
                Err(unkeyed) => {
                    misfits.push(Misfit::at_place(format!("element {index}: {unkeyed}")));
                    break;
                }
            };
            misfits.extend(below(element.clone(), self.kind(item_kind, item)));
            if seen.contains(&element) {
                let shown = element::shown(&element);
                misfits.push(Misfit::at_place(format!("duplicate entries for key {shown}")));
            }
            seen.insert(element);
        }
        misfits
    }
}

fn below(element: String, misfits: Vec<Misfit>) -> impl Iterator<Item = Misfit> {
    misfits.into_iter().map(move |misfit| misfit.below(&element))
}

fn as_map(value: &Value) -> Result<Option<&Map<String, Value>>, Misfit> {
    match value {
        Value::Null => Ok(None),
        Value::Object(members) => Ok(Some(members)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(unexpected("map", value))
        }
    }
}

/// The reference prints the pointer to its wrapper of a value.
fn unexpected(wanted: &str, value: &Value) -> Misfit {
    Misfit::at_place(format!("expected {wanted}, got &{{{}}}", go::print(value)))
}

fn of_scalar(scalar: Scalar, value: &Value) -> Vec<Misfit> {
    let is_any_scalar = value.is_string() || value.is_boolean() || value.is_number();
    let fits = match scalar {
        Scalar::Any | Scalar::FieldsV1 | Scalar::Json | Scalar::Raw => true,
        Scalar::String | Scalar::Bytes => value.is_string(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => value.is_number(),
        Scalar::IntOrString | Scalar::MicroTime | Scalar::Quantity | Scalar::Time => is_any_scalar,
    };
    if fits || value.is_null() { Vec::new() } else { vec![no_scalar(scalar, value)] }
}

fn no_scalar(scalar: Scalar, value: &Value) -> Misfit {
    match scalar {
        Scalar::String | Scalar::Bytes => {
            let shown = go::syntax(value);
            Misfit::at_place(format!(
                "expected string, got &value.valueUnstructured{{Value:{shown}}}"
            ))
        }
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => {
            let found = go::type_of(value);
            Misfit::at_place(format!("expected numeric (int or float), got {found}"))
        }
        Scalar::Bool => unexpected("boolean", value),
        Scalar::Any
        | Scalar::FieldsV1
        | Scalar::Json
        | Scalar::Raw
        | Scalar::IntOrString
        | Scalar::MicroTime
        | Scalar::Quantity
        | Scalar::Time => unexpected("any scalar", value),
    }
}
