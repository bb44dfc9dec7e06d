//! Field selectors: `status.phase=Running,spec.nodeName!=node-0`.

use std::{fmt, str::FromStr};

/// Which objects are meant, by some of their fields; every object if it has no term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldSelector {
    terms: Vec<FieldTerm>,
}

/// One condition on one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldTerm {
    /// The field's label, such as `spec.nodeName`.
    pub field: String,
    /// Whether the value must differ.
    pub negated: bool,
    /// The value, without escapes.
    pub value: String,
}

/// Why a text is no field selector, in the words that clients know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFieldSelector {
    /// A term has no operator.
    #[error("invalid selector: '{selector}'; can't understand '{term}'")]
    Term {
        /// The whole text.
        selector: String,
        /// The term.
        term: String,
    },
    /// A backslash before something that needs none.
    #[error("invalid field selector: invalid escape sequence: {0}")]
    Escape(String),
    /// A special letter without backslash; shown as its code point.
    #[error("invalid field selector: unescaped character in value: {}", u32::from(*.0))]
    Unescaped(char),
}

impl FieldSelector {
    /// Its conditions.
    pub fn terms(&self) -> &[FieldTerm] {
        &self.terms
    }

    /// Whether it means every object.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether an object is meant, where `value` gives the text of a field, empty if it has none.
    pub fn matches<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.terms.iter().all(|term| (value(&term.field) == term.value) != term.negated)
    }

    /// The one value that `field` must have, if the selector says so.
    pub fn required(&self, field: &str) -> Option<&str> {
        let term = self.terms.iter().find(|term| term.field == field && !term.negated)?;
        Some(&term.value)
    }

    /// The same with other field labels: how a server turns aliases into the labels it knows.
    ///
    /// # Errors
    /// What `rename` answers for a label it does not know.
    pub fn renamed<E>(&self, rename: impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let term = |term: &FieldTerm| Ok(FieldTerm { field: rename(&term.field)?, ..term.clone() });
        Ok(Self { terms: self.terms.iter().map(term).collect::<Result<_, E>>()? })
    }
}

impl FromStr for FieldSelector {
    type Err = InvalidFieldSelector;
    fn from_str(text: &str) -> Result<Self, InvalidFieldSelector> {
        let mut parts = split_terms(text);
        parts.sort_unstable();
        let terms = parts.into_iter().filter(|part| !part.is_empty()).map(|part| {
            let (field, negated, value) = split_term(part).ok_or_else(|| {
                InvalidFieldSelector::Term { selector: text.to_owned(), term: part.to_owned() }
            })?;
            Ok(FieldTerm { field: field.to_owned(), negated, value: unescape(value)? })
        });
        Ok(Self { terms: terms.collect::<Result<_, _>>()? })
    }
}

/// At commas without a backslash.
fn split_terms(text: &str) -> Vec<&str> {
    let mut escaped = false;
    text.split(|c| {
        let splits = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
    .collect()
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    let position = term.find("!=").into_iter().chain(term.find('=')).min()?;
    let (field, rest) = term.split_at(position);
    if let Some(value) = rest.strip_prefix("!=") {
        return Some((field, true, value));
    }
    let value = rest.strip_prefix("==").or_else(|| rest.strip_prefix('='))?;
    Some((field, false, value))
}

fn unescape(value: &str) -> Result<String, InvalidFieldSelector> {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => text.push(escaped),
                Some(other) => return Err(InvalidFieldSelector::Escape(format!("\\{other}"))),
                None => return Err(InvalidFieldSelector::Escape("\\".to_owned())),
            },
            ',' | '=' => return Err(InvalidFieldSelector::Unescaped(letter)),
            other => text.push(other),
        }
    }
    Ok(text)
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let operator = if term.negated { "!=" } else { "=" };
            write!(f, "{comma}{}{operator}{}", term.field, escape(&term.value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> String {
        let selector = text.parse::<FieldSelector>();
        selector.map_or_else(|error| error.to_string(), |selector| selector.to_string())
    }

    #[test]
    fn prints_its_terms_sorted() {
        let rows = [
            ("", ""),
            ("b=1,a!=2", "a!=2,b=1"),
            ("a==1,", "a=1"),
            ("a=x\\,y\\=z", "a=x\\,y\\=z"),
            ("a=", "a="),
            ("a", "invalid selector: 'a'; can't understand 'a'"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
            ("a=\\n", "invalid field selector: invalid escape sequence: \\n"),
            ("a!b=c", "a!b=c"),
        ];
        for (text, expected) in rows {
            assert_eq!(answer(text), expected, "{text}");
        }
    }

    #[test]
    fn an_absent_field_is_the_empty_text() {
        let value = |field: &str| if field == "phase" { "Running" } else { "" };
        let rows = [
            ("phase=Running", true),
            ("phase!=Running", false),
            ("node=", true),
            ("node!=", false),
            ("node!=a,phase==Running", true),
            ("", true),
        ];
        for (text, expected) in rows {
            let selector: FieldSelector = text.parse().expect("valid");
            assert_eq!(selector.matches(value), expected, "{text}");
        }
        let selector: FieldSelector = "metadata.name=a,b!=c".parse().expect("valid");
        assert_eq!((selector.required("metadata.name"), selector.required("b")), (Some("a"), None));
    }

    proptest! {
        #[test]
        fn any_value_survives_printing(value in "[ab\\\\,=!]{0,8}") {
            let term = FieldTerm { field: "a".to_owned(), negated: false, value };
            let selector = FieldSelector { terms: vec![term] };
            prop_assert_eq!(selector.to_string().parse(), Ok(selector));
        }
    }
}
