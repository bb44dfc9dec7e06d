//! JSON as a value, with the paths of fields that were given twice.

use std::{cell::RefCell, fmt};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};

use crate::Content;

/// Reads the whole body.
///
/// # Errors
/// What is wrong, in the words of Go's decoder.
pub(super) fn content(body: &Bytes) -> Result<Content, String> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        format!("invalid character '\\x{:02x}' in string literal", body.get(at).unwrap_or(&0))
    })?;
    let duplicates = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Node { path: Path::Root, duplicates: &duplicates };
    let value = seed
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| problem(&error, text))?;
    let duplicates = duplicates.into_inner();
    Ok(Content { value, duplicates, raw: body.clone(), ..Content::default() })
}

/// The position of a value in its document.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Path::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// One value to be read.
struct Node<'a> {
    path: Path<'a>,
    duplicates: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no finite number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let item =
            |index| Node { path: Path::Item(&self.path, index), duplicates: self.duplicates };
        while let Some(value) = items.next_element_seed(item(list.len()))? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let path = Path::Field(&self.path, &name);
            if object.contains_key(&name) {
                self.report(path).map_err(A::Error::custom)?;
            }
            let value = entries.next_value_seed(Node { path, duplicates: self.duplicates })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

impl Node<'_> {
    fn report(&self, path: Path<'_>) -> Result<(), &'static str> {
        const DUPLICATES_MAX: usize = 1_000; // A body made of repetitions is no object.
        let mut duplicates = self.duplicates.borrow_mut();
        let path = path.to_string();
        if !duplicates.contains(&path) {
            duplicates.push(path);
        }
        if duplicates.len() > DUPLICATES_MAX { Err("too many duplicate fields") } else { Ok(()) }
    }
}

fn problem(error: &serde_json::Error, text: &str) -> String {
    match error.classify() {
        Category::Eof => "unexpected end of JSON input".to_owned(),
        Category::Syntax => match character(error, text) {
            Some(character) => {
                format!("invalid character '{character}' looking for beginning of value")
            }
            None => error.to_string(),
        },
        Category::Data | Category::Io => error.to_string(),
    }
}

/// The character at which reading stopped.
fn character(error: &serde_json::Error, text: &str) -> Option<char> {
    let line = text.split('\n').nth(error.line().checked_sub(1)?)?;
    line.get(error.column().saturating_sub(1)..)?.chars().next()
}
