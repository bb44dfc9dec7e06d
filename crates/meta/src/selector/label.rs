//! Label selectors: what they are made from, what they match, how they print.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde_json::Value;

use super::parse;
use crate::{names, object::Labels};

/// Which objects are meant, by their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// No object: an absent selector.
    Nothing,
    /// Objects that meet every requirement, sorted by key; all objects if there is none.
    All(Vec<Requirement>),
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: BTreeSet<String>,
}

/// How a requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// The value is one of several.
    In,
    /// The label is absent or its value none of several.
    NotIn,
    /// `=`.
    Equals,
    /// `==`.
    DoubleEquals,
    /// `!=`; also matches an absent label.
    NotEquals,
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
    /// The value is a larger number.
    GreaterThan,
    /// The value is a smaller number.
    LessThan,
}

/// Why something is no selector, in the words that clients know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidSelector {
    pub(super) message: String,
}

impl Selector {
    /// Every object.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Objects that carry all of `labels`.
    pub fn from_labels<'a, K, V>(labels: impl IntoIterator<Item = (&'a K, &'a V)>) -> Self
    where
        K: AsRef<str> + ?Sized + 'a,
        V: AsRef<str> + ?Sized + 'a,
    {
        let requirement = |(key, value): (&K, &V)| Requirement {
            key: key.as_ref().to_owned(),
            operator: Operator::Equals,
            values: BTreeSet::from([value.as_ref().to_owned()]),
        };
        Self::sorted(labels.into_iter().map(requirement).collect())
    }

    /// A `LabelSelector` as objects hold it: `null` means no object, `{}` every object.
    ///
    /// # Errors
    /// If an operator, a key or a value is not allowed, or the shape is another one.
    pub fn from_json(selector: &Value) -> Result<Self, InvalidSelector> {
        if selector.is_null() {
            return Ok(Self::Nothing);
        }
        let mut requirements = Vec::new();
        for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
            let values = BTreeSet::from([value.as_str().unwrap_or_default().to_owned()]);
            requirements.push(Requirement::new(key, Operator::Equals, values)?);
        }
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            requirements.push(Requirement::from_json(expression)?);
        }
        Ok(Self::sorted(requirements))
    }

    pub(super) fn sorted(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|left, right| left.key.cmp(&right.key));
        Self::All(requirements)
    }

    /// Whether an object with these labels is meant.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => {
                requirements.iter().all(|requirement| requirement.matches(labels))
            }
        }
    }

    /// Whether it means every object, because it asks for nothing.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.is_empty(),
        }
    }

    /// What it asks for, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Self::Nothing => &[],
            Self::All(requirements) => requirements,
        }
    }
}

impl Requirement {
    /// A checked requirement.
    ///
    /// # Errors
    /// If the key or a value cannot be a label's, or the number of values does not fit the operator.
    pub fn new(
        key: &str,
        operator: Operator,
        values: BTreeSet<String>,
    ) -> Result<Self, InvalidSelector> {
        let mut wrong = Vec::new();
        wrong.extend(invalid_key("key", key));
        wrong.extend(invalid_count(operator, &values));
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
            wrong.extend(values.iter().enumerate().filter_map(|(index, value)| {
                let integer = value.parse::<i64>().is_ok();
                let text = "for 'Gt', 'Lt' operators, the value must be an integer";
                (!integer).then(|| format!("values[{index}]: Invalid value: {value:?}: {text}"))
            }));
        }
        wrong.extend(values.iter().enumerate().filter_map(|(index, value)| {
            let messages = names::label_value(value).join("; ");
            (!messages.is_empty())
                .then(|| format!("values[{index}][{key}]: Invalid value: {value:?}: {messages}"))
        }));
        match wrong.as_slice() {
            [] => Ok(Self { key: key.to_owned(), operator, values }),
            [one] => Err(InvalidSelector { message: one.clone() }),
            several => Err(InvalidSelector { message: format!("[{}]", several.join(", ")) }),
        }
    }

    fn from_json(expression: &Value) -> Result<Self, InvalidSelector> {
        let operator = match expression["operator"].as_str().unwrap_or_default() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => {
                let message = format!("{other:?} is not a valid label selector operator");
                return Err(InvalidSelector { message });
            }
        };
        let values = expression["values"].as_array().into_iter().flatten();
        let values = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
        Self::new(expression["key"].as_str().unwrap_or_default(), operator, values)
    }

    /// The label it is about.
    pub fn key(&self) -> &str {
        &self.key
    }
    /// How it compares.
    pub const fn operator(&self) -> Operator {
        self.operator
    }
    /// What it compares with.
    pub const fn values(&self) -> &BTreeSet<String> {
        &self.values
    }

    /// Whether labels meet it.
    pub fn matches(&self, labels: &Labels) -> bool {
        let found = labels.get(self.key.as_str()).map(crate::text::Text::as_str);
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => {
                found.is_some_and(|value| self.values.contains(value))
            }
            Operator::NotIn | Operator::NotEquals => {
                found.is_none_or(|value| !self.values.contains(value))
            }
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
            Operator::GreaterThan => self.compare_number(found, |value, bound| value > bound),
            Operator::LessThan => self.compare_number(found, |value, bound| value < bound),
        }
    }

    fn compare_number(&self, found: Option<&str>, holds: fn(i64, i64) -> bool) -> bool {
        let number = found.and_then(|value| value.parse::<i64>().ok());
        let bound = self.values.first().and_then(|value| value.parse::<i64>().ok());
        number.zip(bound).is_some_and(|(number, bound)| holds(number, bound))
    }
}

/// The message about a key that cannot be a label's.
pub(super) fn invalid_key(path: &str, key: &str) -> Option<String> {
    let messages = names::qualified_name(key).join("; ");
    (!messages.is_empty()).then(|| format!("{path}: Invalid value: {key:?}: {messages}"))
}

fn invalid_count(operator: Operator, values: &BTreeSet<String>) -> Option<String> {
    let (fits, text) = match operator {
        Operator::In | Operator::NotIn => {
            (!values.is_empty(), "for 'in', 'notin' operators, values set can't be empty")
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
            (values.len() == 1, "exact-match compatibility requires one single value")
        }
        Operator::Exists | Operator::DoesNotExist => {
            (values.is_empty(), "values set must be empty for exists and does not exist")
        }
        Operator::GreaterThan | Operator::LessThan => {
            (values.len() == 1, "for 'Gt', 'Lt' operators, exactly one value is required")
        }
    };
    let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    (!fits).then(|| format!("values: Invalid value: [{}]: {text}", shown.join(",")))
}

impl FromStr for Selector {
    type Err = InvalidSelector;
    fn from_str(text: &str) -> Result<Self, InvalidSelector> {
        parse::parse(text)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let key = &self.key;
        match self.operator {
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn each_operator_matches_what_it_says() {
        let rows = [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            ("app=db", false),
            ("app!=db", true),
            ("tier!=db", true),
            ("app!=web", false),
            ("app in (db,web)", true),
            ("app notin (db)", true),
            ("tier notin (db)", true),
            ("tier in (db)", false),
            ("app", true),
            ("!app", false),
            ("!tier", true),
            ("size>4", true),
            ("size>5", false),
            ("size<6", true),
            ("app<6", false),
            ("app=web,size>9", false),
        ];
        let labels = labels(&[("app", "web"), ("size", "5")]);
        for (text, expected) in rows {
            let selector: Selector = text.parse().expect("valid");
            assert_eq!(selector.matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn an_absent_selector_means_nothing_and_an_empty_one_everything() {
        let nothing = Selector::from_json(&Value::Null).expect("valid");
        let everything = Selector::from_json(&json!({})).expect("valid");
        assert!(!nothing.matches(&Labels::new()) && !nothing.is_empty());
        assert!(everything.matches(&Labels::new()) && everything.is_empty());
    }

    #[test]
    fn a_stored_selector_prints_as_a_query() {
        let selector = Selector::from_json(&json!({
            "matchLabels": {"tier": "front", "app": "web"},
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["b", "a"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }));
        let text = selector.expect("valid").to_string();
        assert_eq!(text, "app=web,!old,tier=front,zone in (a,b)");
        assert_eq!(Selector::from_labels(&labels(&[("b", ""), ("a", "1")])).to_string(), "a=1,b=");
    }

    #[test]
    fn a_stored_selector_says_what_is_wrong() {
        let rows = [
            (
                json!({"matchExpressions": [{"key": "a", "operator": "Foo"}]}),
                "\"Foo\" is not a valid label selector operator",
            ),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
                "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
            ),
        ];
        for (selector, expected) in rows {
            let error = Selector::from_json(&selector).expect_err("invalid");
            assert_eq!(error.to_string(), expected);
        }
    }
}
