//! Places in a document, as JSON patch names them: with the extensions of the library that the
//! reference uses (negative indices, replacing and testing absent members of a map).

use serde_json::Value;

use super::error::Error;

/// A place: the value that holds it, and the last segment of its path.
pub(super) struct Place<'a> {
    container: Container<'a>,
    key: String,
}

enum Container<'a> {
    Map(&'a mut serde_json::Map<String, Value>),
    List(&'a mut Vec<Value>),
}

impl<'a> Place<'a> {
    /// Finds the place; everything before its last segment must exist.
    pub(super) fn find(document: &'a mut Value, path: &str) -> Result<Self, Error> {
        // What stands before the first slash is not looked at, but a slash there must be.
        let (_, path) = path.split_once('/').ok_or(Error::Rejected)?;
        let mut segments: Vec<String> = path.split('/').map(unescape).collect();
        let key = segments.pop().unwrap_or_default();
        let holder = segments.iter().try_fold(document, |value, segment| child(value, segment));
        let container = match holder.ok_or(Error::Rejected)? {
            Value::Object(map) => Container::Map(map),
            Value::Array(list) => Container::List(list),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(Error::Rejected);
            }
        };
        Ok(Self { container, key })
    }

    /// The value there; null for an absent member of a map.
    pub(super) fn get(self) -> Result<&'a Value, Error> {
        match self.container {
            Container::Map(map) => Ok(map.get(&self.key).unwrap_or(&Value::Null)),
            Container::List(list) => {
                let index = existing(&self.key, list.len())?;
                Ok(&list[index])
            }
        }
    }

    /// Sets a member of a map, or makes room in a list.
    pub(super) fn add(self, value: Value) -> Result<(), Error> {
        match self.container {
            Container::Map(map) => {
                map.insert(self.key, value);
            }
            Container::List(list) if self.key == "-" => list.push(value),
            Container::List(list) => {
                let index = existing(&self.key, list.len() + 1)?;
                list.insert(index, value);
            }
        }
        Ok(())
    }

    /// Sets a member of a map, absent or not, or an existing element of a list.
    pub(super) fn replace(self, value: Value) -> Result<(), Error> {
        match self.container {
            Container::Map(map) => {
                map.insert(self.key, value);
            }
            Container::List(list) => {
                let index = existing(&self.key, list.len())?;
                list[index] = value;
            }
        }
        Ok(())
    }

    /// Takes out what is there.
    pub(super) fn remove(self) -> Result<Value, Error> {
        match self.container {
            Container::Map(map) => map.remove(&self.key).ok_or(Error::Rejected),
            Container::List(list) => {
                let index = existing(&self.key, list.len())?;
                Ok(list.remove(index))
            }
        }
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn child<'a>(value: &'a mut Value, segment: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(map) => map.get_mut(segment),
        Value::Array(list) => {
            let index = existing(segment, list.len()).ok()?;
            list.get_mut(index)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// An index below `length`; negative ones count from the end.
fn existing(text: &str, length: usize) -> Result<usize, Error> {
    let index: i64 = text.parse().map_err(|_| Error::Rejected)?;
    let length_signed = i64::try_from(length).map_err(|_| Error::Rejected)?;
    let from_start = if index < 0 { index + length_signed } else { index };
    let found = usize::try_from(from_start).map_err(|_| Error::Rejected)?;
    if found >= length {
        return Err(Error::Rejected);
    }
    Ok(found)
}
