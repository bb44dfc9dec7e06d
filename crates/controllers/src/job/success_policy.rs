//! When an indexed job has succeeded before all its indexes have.

use api::views::{SuccessPolicy, SuccessRule};

use super::indexes::{self, Indexes};

/// The first rule that is met, in words.
pub(super) fn met(policy: &SuccessPolicy, succeeded: &Indexes, completions: i32) -> Option<String> {
    if succeeded.is_empty() {
        return None;
    }
    let position = policy.rules.iter().position(|rule| is_met(rule, succeeded, completions))?;
    Some(format!("Matched rules at index {position}"))
}

fn is_met(rule: &SuccessRule, succeeded: &Indexes, completions: i32) -> bool {
    let count = rule.succeeded_count.map(|count| usize::try_from(count).unwrap_or(0));
    let Some(text) = &rule.succeeded_indexes else {
        return count.is_some_and(|count| succeeded.len() >= count);
    };
    let wanted = indexes::parse(text, completions);
    let present = wanted.intersection(succeeded).count();
    present >= count.unwrap_or(wanted.len())
}
