//! `fieldPath` of a rule: which field below it is told to be wrong.

use std::fmt::Write as _;

use serde_json::Value;

/// The path as errors have it, `spec.ports[http]`; `None` if it is none or the schema has no such field.
pub(super) fn resolve(path: &str, schema: &Value) -> Option<String> {
    let mut resolved = String::new();
    let mut schema = schema;
    let mut rest = path;
    while !rest.is_empty() {
        let (name, after) = step(rest)?;
        rest = after;
        if let Some(properties) = schema.get("properties") {
            schema = properties.get(&name)?;
            if !resolved.is_empty() {
                resolved.push('.');
            }
            resolved.push_str(&name);
        } else {
            schema = schema.get("additionalProperties").filter(|values| values.is_object())?;
            let _ = write!(resolved, "[{name}]");
        }
    }
    (!resolved.is_empty()).then_some(resolved)
}

/// `.name` or `['name']`, and what follows.
fn step(path: &str) -> Option<(String, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        return (end > 0).then(|| (rest[..end].to_owned(), &rest[end..]));
    }
    let mut name = String::new();
    let mut characters = path.strip_prefix("['")?.char_indices();
    let body = path.strip_prefix("['")?;
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Some((name, body[at + 1..].strip_prefix(']')?)),
            '\\' => name.push(unescaped(characters.next()?.1)?),
            other => name.push(other),
        }
    }
    None
}

fn unescaped(character: char) -> Option<char> {
    Some(match character {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        same @ ('\'' | '\\') => same,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_a_field_of_the_schema() {
        let schema = json!({"properties": {
            "spec": {"properties": {"a.b": {"type": "string"}}},
            "labels": {"additionalProperties": {"type": "string"}},
        }});
        let rows = [
            (".spec", Some("spec")),
            (".spec['a.b']", Some("spec.a.b")),
            ("['spec']", Some("spec")),
            (".labels.app", Some("labels[app]")),
            (r".labels['it\'s']", Some("labels[it's]")),
            (".none", None),
            ("spec", None),
            (".spec.", None),
            (".spec[0]", None),
            (".spec['a", None),
            ("", None),
        ];
        for (path, expected) in rows {
            assert_eq!(resolve(path, &schema).as_deref(), expected, "{path}");
        }
    }
}
