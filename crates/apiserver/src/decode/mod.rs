//! Bodies as JSON values, whatever they were sent as.

mod applied;

use std::fmt::Write as _;

use api::{catalog, schema};
use bytes::Bytes;
use serde_json::{Map, Value};

pub(crate) use applied::applied;

use crate::{Content, Reason, Status, protobuf};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyType {
    Json,
    Yaml,
    Protobuf,
}

/// Which kind a body must be of, and what it is taken for when it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub of: Origin,
}

/// Whose kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    BuiltIn,
    /// Of a definition: bodies have to say what they are, and have no protobuf.
    Custom,
}

impl BodyType {
    /// From a Content-Type; a missing one is JSON.
    ///
    /// # Errors
    /// 415 for a type that no endpoint reads.
    pub(crate) fn parse(content_type: &str) -> Result<Self, Status> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence {
            "" | "application/json" => Ok(Self::Json),
            "application/yaml" => Ok(Self::Yaml),
            "application/vnd.kubernetes.protobuf" => Ok(Self::Protobuf),
            _ => Err(unsupported(
                "application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )),
        }
    }
}

impl Expected {
    /// From `group/version`, or the version alone for the core group.
    pub(crate) fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split(api_version);
        let of = Origin::BuiltIn;
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned(), of }
    }
    fn api_version(&self) -> String {
        if self.group.is_empty() {
            return self.version.clone();
        }
        format!("{}/{}", self.group, self.version)
    }
}

/// A body that must hold one object of the expected kind.
///
/// # Errors
/// 400 when it cannot be read or is of another kind.
pub(crate) fn object(
    body_type: BodyType,
    body: &Bytes,
    expected: &Expected,
) -> Result<Content, Status> {
    if expected.of == Origin::Custom && body_type == BodyType::Protobuf {
        return Err(unsupported("application/json, application/yaml"));
    }
    let content = read(body_type, body, expected)?;
    check_kind(&content.value, expected)?;
    Ok(content)
}

/// A body as an object whose kind is at least filled in.
fn read(body_type: BodyType, body: &Bytes, expected: &Expected) -> Result<Content, Status> {
    let unread = |problem: &str| unrecognized(expected, problem, body);
    let mut content = match body_type {
        BodyType::Json => json(body).map_err(|problem| {
            unread(&format!("couldn't get version/kind; json parse error: {problem}"))
        })?,
        BodyType::Yaml => yaml(body).map_err(|problem| unread(&problem))?,
        BodyType::Protobuf => {
            protobuf::content(body).map_err(|error| unread(&error.to_string()))?
        }
    };
    if content.value.is_null() {
        content.value = Value::Object(Map::new());
    }
    let Value::Object(object) = &mut content.value else {
        return Err(unread(&format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            go_kind(&content.value)
        )));
    };
    let own = [("apiVersion", expected.api_version()), ("kind", expected.kind.clone())];
    for (field, own) in own {
        if expected.of == Origin::BuiltIn {
            fill(object, field, &own);
        } else if field == "kind" && is_missing(object, field) {
            let body = String::from_utf8_lossy(body);
            return Err(unread(&format!("Object 'Kind' is missing in '{body}'")));
        }
    }
    Ok(content)
}

/// The options in the body of a delete. Every group has them, so the version does not matter.
///
/// # Errors
/// 400 when they cannot be read or are something else.
pub(crate) fn delete_options(body_type: BodyType, body: &Bytes) -> Result<Content, Status> {
    let expected = Expected::new("v1", "DeleteOptions");
    let mut content = read(body_type, body, &expected)?;
    if let Value::Object(object) = &mut content.value
        && object.get("kind").is_some_and(|kind| kind == "DeleteOptions")
    {
        object.insert("apiVersion".to_owned(), "v1".into());
    }
    check_kind(&content.value, &expected)?;
    Ok(content)
}

/// A patch, which is JSON of any shape.
///
/// # Errors
/// What is wrong with the JSON.
pub(crate) fn patch(body: &Bytes) -> Result<Content, String> {
    json(body).map_err(|error| error.to_string())
}

fn json(body: &Bytes) -> Result<Content, schema::json::ParseError> {
    let schema::json::Parsed { value, duplicates } = schema::json::parse(body)?;
    Ok(Content { value, duplicates, raw: body.clone(), ..Content::default() })
}

fn fill(object: &mut Map<String, Value>, field: &str, default: &str) {
    if is_missing(object, field) {
        object.insert(field.to_owned(), default.into());
    }
}

fn is_missing(object: &Map<String, Value>, field: &str) -> bool {
    object.get(field).is_none_or(|value| value.is_null() || value == "")
}

fn check_kind(object: &Value, expected: &Expected) -> Result<(), Status> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = split(api_version);
    if expected.of == Origin::Custom {
        // What else is wrong with the kind is told with the other fields.
        if api_version == expected.api_version() {
            return Ok(());
        }
        return Err(another_version(api_version, expected));
    }
    let is_known = catalog::builtin().type_of_kind(group, version, kind).is_some();
    if kind == expected.kind && group == expected.group {
        // Another version of the right kind: evictions come in two.
        if version == expected.version || (is_known && kind == "Eviction") {
            return Ok(());
        }
        if is_known {
            return Err(another_version(api_version, expected));
        }
    }
    let problem = if is_known {
        format!(
            "converting ({}.{kind}) to ({}.{}): unknown conversion",
            version,
            package(&expected.group),
            expected.kind
        )
    } else {
        format!(
            "no kind \"{kind}\" is registered for version \"{api_version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
        )
    };
    Err(Status::new(
        400,
        Reason::BadRequest,
        format!(
            "{kind} in version \"{}\" cannot be handled as a {}: {problem}",
            if is_known { version } else { &expected.version },
            expected.kind
        ),
    ))
}

fn another_version(found: &str, expected: &Expected) -> Status {
    let expected = expected.api_version();
    let message = format!(
        "the API version in the data ({found}) does not match the expected API version ({expected})"
    );
    Status::new(400, Reason::BadRequest, message)
}

/// A body in a form that is not read here.
pub(crate) fn unsupported(accepted: &str) -> Status {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: {accepted}"
    );
    Status::new(415, Reason::UnsupportedMediaType, message)
}

fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn package(group: &str) -> &str {
    match group.split('.').next().unwrap_or_default() {
        "" => "core",
        name => name,
    }
}

/// What Go calls a JSON value.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn unrecognized(expected: &Expected, problem: &str, body: &[u8]) -> Status {
    let message = format!(
        "the object provided is unrecognized (must be of type {}): {problem} ({})",
        expected.kind,
        summary(body)
    );
    Status::new(400, Reason::BadRequest, message)
}

/// The beginning of a body: as it is if it looks like JSON, else in hex.
fn summary(body: &[u8]) -> String {
    const BYTES_MAX: usize = 30;
    if body.is_empty() {
        return "<empty>".to_owned();
    }
    let head = &body[..body.len().min(BYTES_MAX)];
    let shown = if body.first() == Some(&b'{') {
        String::from_utf8_lossy(head).into_owned()
    } else {
        head.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    if body.len() > BYTES_MAX { format!("{shown} ...") } else { shown }
}

/// YAML 1.1, as the reference reads it: `no` is false, `0644` is octal. Bounded against bombs.
fn yaml(body: &Bytes) -> Result<Content, String> {
    let options = serde_saphyr::options! {
        legacy_octal_numbers: true,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 100_000,
            max_aliases: 1_000,
            max_depth: 100,
        },
    };
    let value = serde_saphyr::from_slice_with_options(body, options)
        .map_err(|error| format!("error converting YAML to JSON: yaml: {error}"))?;
    Ok(Content { value, raw: body.clone(), ..Content::default() })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(body_type: BodyType, body: &'static str, wanted: Expect) {
        let expected = Expected::new("v1", "ConfigMap");
        let shown = match object(body_type, &Bytes::from(body), &expected) {
            Ok(content) => format!("{} {:?}", content.value, content.duplicates),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        wanted.assert_eq(&shown);
    }

    #[test]
    fn a_body_without_kind_is_of_the_kind_of_its_path() {
        check(
            BodyType::Json,
            r#"{"data":{"a":"b"}}"#,
            expect![[r#"{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap"} []"#]],
        );
        check(BodyType::Json, "null", expect![[r#"{"apiVersion":"v1","kind":"ConfigMap"} []"#]]);
    }

    #[test]
    fn repeated_fields_are_reported_and_the_last_one_wins() {
        check(
            BodyType::Json,
            r#"{"data":{"a":"1","a":"2"},"list":[{"b":1,"b":2}]}"#,
            expect![[
                r#"{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","list":[{"b":2}]} ["data.a", "list[0].b"]"#
            ]],
        );
    }

    #[test]
    fn another_kind_is_refused() {
        check(
            BodyType::Json,
            r#"{"apiVersion":"v1","kind":"Secret"}"#,
            expect![[
                r#"400 Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion"#
            ]],
        );
        check(
            BodyType::Json,
            r#"{"apiVersion":"v1","kind":"Foo"}"#,
            expect![[
                r#"400 Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30""#
            ]],
        );
    }

    #[test]
    fn what_is_no_json_is_shown() {
        check(
            BodyType::Json,
            "",
            expect![
                "400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"
            ],
        );
        check(
            BodyType::Json,
            "{\"a\":",
            expect![[
                r#"400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"a":)"#
            ]],
        );
        check(
            BodyType::Json,
            "nonsense",
            expect![
                "400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') (6e6f6e73656e7365)"
            ],
        );
        check(
            BodyType::Json,
            "[]",
            expect![[
                r#"400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)"#
            ]],
        );
    }

    #[test]
    fn yaml_is_read_as_of_old() {
        check(
            BodyType::Yaml,
            "mode: 0644\non: no\ntext: \"0644\"\n",
            expect![[
                r#"{"apiVersion":"v1","kind":"ConfigMap","mode":420,"on":false,"text":"0644"} []"#
            ]],
        );
    }

    #[test]
    fn a_content_type_nobody_reads_is_refused() {
        let status = BodyType::parse("text/plain").unwrap_err();
        assert_eq!((status.code, status.reason), (415, Reason::UnsupportedMediaType));
        assert_eq!(BodyType::parse("application/json; charset=utf-8"), Ok(BodyType::Json));
    }
}
