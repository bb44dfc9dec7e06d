//! The simple JSON paths of definitions: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`.

use serde_json::Value;

/// A path as steps.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    /// Negative counts from the end.
    Index(i64),
    /// A range of positions, `[1:3]`; `[*]` is all of them.
    Slice(Option<i64>, Option<i64>),
    /// Items whose member compares so to a value.
    Where {
        member: Vec<Step>,
        test: Test,
    },
    /// Members of this name at any depth.
    Descend(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Exists,
    Compare(Comparison, Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Two-letter operators first: a prefix of one is another.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl JsonPath {
    /// Reads a path, with or without its leading dot.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text };
        let steps = parser.steps()?;
        match parser.rest {
            "" => Ok(Self(steps)),
            rest => Err(format!("unrecognized character in action: {rest:?}")),
        }
    }

    /// All values at the path, in order.
    pub fn find<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        walk(&self.0, vec![value])
    }

    /// The names of fields on a path that consists of nothing else.
    pub fn fields(&self) -> Option<Vec<&str>> {
        let name = |step: &'_ Step| match step {
            Step::Field(name) => Some(name.as_str().to_owned()),
            Step::Index(_) | Step::Slice(..) | Step::Where { .. } | Step::Descend(_) => None,
        };
        self.0.iter().all(|step| name(step).is_some()).then(|| {
            let names = self.0.iter().filter_map(|step| match step {
                Step::Field(name) => Some(name.as_str()),
                Step::Index(_) | Step::Slice(..) | Step::Where { .. } | Step::Descend(_) => None,
            });
            names.collect()
        })
    }
}

fn walk<'v>(steps: &[Step], mut found: Vec<&'v Value>) -> Vec<&'v Value> {
    for step in steps {
        found = found.into_iter().flat_map(|value| take(step, value)).collect();
    }
    found
}

fn take<'v>(step: &Step, value: &'v Value) -> Vec<&'v Value> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    match step {
        Step::Field(name) if name == "*" => match value.as_object() {
            Some(members) => members.values().collect(),
            None => items.iter().collect(),
        },
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::Index(index) => {
            position(*index, items.len()).and_then(|at| items.get(at)).into_iter().collect()
        }
        Step::Slice(from, to) => {
            let from = from.and_then(|from| position(from, items.len())).unwrap_or(0);
            let to = to.map_or(Some(items.len()), |to| position(to, items.len()));
            let to = to.unwrap_or(items.len()).min(items.len());
            items.get(from..to.max(from)).unwrap_or_default().iter().collect()
        }
        Step::Where { member, test } => {
            items.iter().filter(|item| test.holds(&walk(member, vec![item]))).collect()
        }
        Step::Descend(name) => {
            let mut found = Vec::new();
            descend(name, value, &mut found);
            found
        }
    }
}

fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn descend<'v>(name: &str, value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(name));
            members.values().for_each(|member| descend(name, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| descend(name, item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Test {
    fn holds(&self, found: &[&Value]) -> bool {
        match self {
            Self::Exists => !found.is_empty(),
            Self::Compare(comparison, wanted) => {
                found.iter().any(|found| comparison.holds(found, wanted))
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => match (left.as_str(), right.as_str()) {
                (Some(left), Some(right)) => Some(left.cmp(right)),
                _ => (left == right).then_some(std::cmp::Ordering::Equal),
            },
        };
        match self {
            Self::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Unequal => !order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn steps(&mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix("..") {
                self.rest = rest;
                steps.push(Step::Descend(self.name()));
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                let name = Some(self.name()).filter(|name| !name.is_empty());
                steps.extend(name.map(Step::Field));
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                steps.push(self.bracket()?);
            } else if steps.is_empty() && self.rest.starts_with(is_name) {
                steps.push(Step::Field(self.name()));
            } else {
                return Ok(steps);
            }
        }
    }

    /// A name; a backslash takes the meaning from what follows.
    fn name(&mut self) -> String {
        let mut name = String::new();
        let mut letters = self.rest.chars();
        while let Some(letter) = letters.clone().next() {
            if letter == '\\' {
                letters.next();
                name.extend(letters.next());
            } else if is_name(letter) {
                name.push(letter);
                letters.next();
            } else {
                break;
            }
        }
        self.rest = letters.as_str();
        name
    }

    fn bracket(&mut self) -> Result<Step, String> {
        if let Some(rest) = self.rest.strip_prefix("?(") {
            let (filter, rest) = rest.split_once(")]").ok_or("unterminated filter")?;
            self.rest = rest;
            return filter_step(filter.trim());
        }
        let (inside, rest) = self.rest.split_once(']').ok_or("unterminated array")?;
        self.rest = rest;
        let quoted =
            inside.strip_prefix(['\'', '"']).and_then(|text| text.strip_suffix(['\'', '"']));
        if let Some(name) = quoted {
            return Ok(Step::Field(name.to_owned()));
        }
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("invalid array index {text}")),
        };
        if inside.trim() == "*" {
            return Ok(Step::Slice(None, None));
        }
        match inside.split_once(':') {
            Some((from, to)) => Ok(Step::Slice(number(from)?, number(to)?)),
            None => number(inside)?.map(Step::Index).ok_or_else(|| "empty array index".to_owned()),
        }
    }
}

fn filter_step(filter: &str) -> Result<Step, String> {
    let side = |text: &str| -> Result<Vec<Step>, String> {
        let path = text.trim().strip_prefix('@').ok_or("filters look at @")?;
        Ok(JsonPath::parse(path)?.0)
    };
    let found = COMPARISONS.iter().find_map(|(sign, comparison)| {
        filter.split_once(sign).map(|(left, right)| (left, *comparison, right))
    });
    let Some((left, comparison, right)) = found else {
        return Ok(Step::Where { member: side(filter)?, test: Test::Exists });
    };
    let test = Test::Compare(comparison, literal(right.trim()));
    Ok(Step::Where { member: side(left)?, test })
}

fn literal(text: &str) -> Value {
    let quoted = text.strip_prefix(['\'', '"']).and_then(|text| text.strip_suffix(['\'', '"']));
    match quoted {
        Some(text) => text.into(),
        None => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

fn is_name(letter: char) -> bool {
    !matches!(letter, '.' | '[' | ']' | '(' | ')' | ' ' | '{' | '}' | '|' | '@' | '?' | '\'' | '"')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_what_it_names() {
        let object = json!({
            "spec": {"replicas": 3, "a.b": 1, "list": [1, 2, 3]},
            "status": {"conditions": [
                {"type": "Ready", "status": "True"}, {"type": "Done", "status": "False"},
            ]},
        });
        let rows = [
            (".spec.replicas", "[3]"),
            ("spec.replicas", "[3]"),
            (".spec.list[1]", "[2]"),
            (".spec.list[-1]", "[3]"),
            (".spec.list[0:2]", "[1,2]"),
            (".spec.list[*]", "[1,2,3]"),
            (r".spec.a\.b", "[1]"),
            (".spec['a.b']", "[1]"),
            (r#".status.conditions[?(@.type=="Ready")].status"#, r#"["True"]"#),
            (".status.conditions[?(@.type!='Ready')].type", r#"["Done"]"#),
            (".status.conditions[*].type", r#"["Ready","Done"]"#),
            (
                "..status",
                r#"[{"conditions":[{"status":"True","type":"Ready"},{"status":"False","type":"Done"}]},"True","False"]"#,
            ),
            (".nosuch.thing", "[]"),
        ];
        for (path, expected) in rows {
            let found = JsonPath::parse(path).expect(path);
            let found: Vec<Value> = found.find(&object).into_iter().cloned().collect();
            assert_eq!(Value::from(found).to_string(), expected, "{path}");
        }
        assert!(JsonPath::parse(".spec[").is_err());
    }
}
