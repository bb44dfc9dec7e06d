//! Texts: length and pattern.

use super::{Checked, Problem, Schema};

/// The first thing that is wrong with a text.
pub(super) fn check(schema: &Schema, path: &str, text: &str) -> Checked {
    let length = text.chars().count();
    if let Some(max) = schema.lengths.max.filter(|max| length > *max) {
        return Checked::failed(Problem::too_long(path, max));
    }
    if let Some(min) = schema.lengths.min.filter(|min| length < *min) {
        let problem = format!("should be at least {min} chars long");
        return Checked::failed(Problem::invalid(path, text.into(), &problem));
    }
    match &schema.pattern {
        Some(pattern) if !pattern.matches(text) => {
            let problem = format!("should match '{}'", pattern.text);
            Checked::failed(Problem::invalid(path, text.into(), &problem))
        }
        Some(_) | None => Checked::default(),
    }
}
