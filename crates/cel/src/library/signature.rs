//! Signatures of functions as text: `list<A>, A -> bool`.

use crate::types::Type;

/// The types of the arguments and of the result.
pub(super) fn parse(signature: &str) -> Option<(Vec<Type>, Type)> {
    let (parameters, result) = signature.split_once("->")?;
    let parameters = split(parameters).into_iter().map(type_).collect::<Option<_>>()?;
    Some((parameters, type_(result)?))
}

/// At the commas that are not inside angle brackets.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (index, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(&text[start..]);
    }
    parts
}

fn type_(text: &str) -> Option<Type> {
    let text = text.trim();
    if let Some((outer, inner)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        let inner = split(inner).into_iter().map(type_).collect::<Option<Vec<_>>>()?;
        return match (outer, <[Type; 1]>::try_from(inner)) {
            ("list", Ok([element])) => Some(Type::list(element)),
            ("optional", Ok([value])) => Some(Type::optional(value)),
            ("type", Ok([of])) => Some(Type::type_of(of)),
            ("map", Err(entry)) => {
                let [key, value] = <[Type; 2]>::try_from(entry).ok()?;
                Some(Type::map(key, value))
            }
            _ => None,
        };
    }
    Some(match text {
        "A" => Type::Parameter(0),
        "B" => Type::Parameter(1),
        "null" => Type::Null,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        name => Type::named(name)?,
    })
}
