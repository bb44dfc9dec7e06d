//! The body of a server-side apply: YAML, or JSON, which is YAML too.

use std::{collections::BTreeSet, fmt};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::{go_kind, json, yaml};
use crate::{Content, Reason, Status};

/// A body that holds one object; nothing at all is an empty one.
///
/// # Errors
/// 400 when it cannot be read or is no object.
pub(crate) fn applied(body: &Bytes) -> Result<Content, Status> {
    let stage = if body.starts_with(b"{") { "decoding" } else { "encoding" };
    let mut content = match json(body) {
        Ok(content) => content,
        Err(_) => yaml(body).map_err(|problem| refused(stage, &problem))?,
    };
    if content.value.is_null() {
        content.value = Value::Object(Map::new());
    }
    if !content.value.is_object() {
        let kind = go_kind(&content.value);
        let problem = format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        );
        return Err(refused("decoding", &problem));
    }
    content.duplicates = duplicates(body);
    Ok(content)
}

fn refused(stage: &str, problem: &str) -> Status {
    Status::new(400, Reason::BadRequest, format!("error {stage} patch: {problem}"))
}

/// `line 4: key "a" already set in map`, for each key that is there once more.
fn duplicates(body: &Bytes) -> Vec<String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 100_000,
            max_aliases: 1_000,
            max_depth: 100,
        },
    };
    let found: Result<Repeated, _> = serde_saphyr::from_slice_with_options(body, options);
    found.map(|Repeated(keys)| keys).unwrap_or_default()
}

/// What is said of repeated keys in a value.
struct Repeated(Vec<String>);

impl<'de> Deserialize<'de> for Repeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Repeated;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Repeated, A::Error> {
        let (mut told, mut seen) = (Vec::new(), BTreeSet::new());
        while let Some(key) = members.next_key::<String>()? {
            let Spanned { value: Repeated(inner), referenced, .. } = members.next_value()?;
            told.extend(inner);
            if seen.contains(&key) {
                let line = referenced.line();
                told.push(format!("line {line}: key {key:?} already set in map"));
            }
            seen.insert(key);
        }
        Ok(Repeated(told))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Repeated, A::Error> {
        let mut told = Vec::new();
        while let Some(Repeated(inner)) = items.next_element()? {
            told.extend(inner);
        }
        Ok(Repeated(told))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_str<E>(self, _: &str) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_unit<E>(self) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
    fn visit_none<E>(self) -> Result<Repeated, E> {
        Ok(Repeated(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &'static str, wanted: &str) {
        let shown = match applied(&Bytes::from(body)) {
            Ok(content) => format!("{} {:?}", content.value, content.duplicates),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        assert_eq!(shown, wanted);
    }

    #[test]
    fn yaml_and_json_are_read_alike() {
        check("kind: A\nlist: [1, x]\n", r#"{"kind":"A","list":[1,"x"]} []"#);
        check(r#"{"kind": "A", "list": [1, "x"]}"#, r#"{"kind":"A","list":[1,"x"]} []"#);
    }

    #[test]
    fn nothing_is_an_empty_object() {
        check("", "{} []");
        check("null", "{} []");
    }

    #[test]
    fn check_pa_55_what_is_no_object_is_refused() {
        check(
            "- a",
            "400 error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        );
    }

    #[test]
    fn check_pa_60_repeated_keys_are_told_by_line_and_the_last_one_wins() {
        check(
            "kind: A\ndata:\n  a: 1\n  a: 2\nkind: B\n",
            r#"{"data":{"a":2},"kind":"B"} ["line 4: key \"a\" already set in map", "line 5: key \"kind\" already set in map"]"#,
        );
        check(
            r#"{"data": {"a": 1, "a": 2}}"#,
            r#"{"data":{"a":2}} ["line 1: key \"a\" already set in map"]"#,
        );
    }

    #[test]
    fn what_cannot_be_read_says_at_which_stage() {
        let message = |body: &'static str| applied(&Bytes::from(body)).unwrap_err().message;
        assert!(message("a: [").starts_with("error encoding patch: error converting YAML to JSON"));
        assert!(message("{a: ").starts_with("error decoding patch: error converting YAML to JSON"));
    }
}
