//! How names of properties are written in expressions.

use crate::parse::RESERVED;

/// Names that the language keeps for itself, beside those that may become signs of it.
const KEYWORDS: [&str; 4] = ["true", "false", "null", "in"];

/// `a.b-c` is written `a__dot__b__dash__c`, `namespace` is written `__namespace__`. `None` if it cannot be written.
pub fn escape(property: &str) -> Option<String> {
    if KEYWORDS.contains(&property) || RESERVED.contains(&property) {
        return Some(format!("__{property}__"));
    }
    if property.is_empty() || property.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut escaped = String::with_capacity(property.len());
    let mut rest = property;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("__") { 2 } else { next.len_utf8() };
        match next {
            '_' if length == 2 => escaped.push_str("__underscores__"),
            '.' => escaped.push_str("__dot__"),
            '-' => escaped.push_str("__dash__"),
            '/' => escaped.push_str("__slash__"),
            '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => escaped.push(next),
            _ => return None,
        }
        rest = &rest[length..];
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_one_name_in_expressions() {
        let rows = [
            ("replicas", Some("replicas")),
            ("namespace", Some("__namespace__")),
            ("a.b-c/d", Some("a__dot__b__dash__c__slash__d")),
            ("a__b", Some("a__underscores__b")),
            ("a___b", Some("a__underscores___b")),
            ("x-1", Some("x__dash__1")),
            ("1x", None),
            ("", None),
            ("ü", None),
            ("$ref", None),
        ];
        for (property, expected) in rows {
            assert_eq!(escape(property).as_deref(), expected, "{property}");
        }
    }
}
