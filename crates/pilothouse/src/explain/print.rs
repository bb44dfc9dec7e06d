//! Explanations as text.

use std::fmt::Write as _;

use anyhow::Result;
use runtime::Explanation;

pub(super) fn explanations(explanations: &[Explanation]) -> Result<String> {
    let mut text = String::new();
    for explanation in explanations {
        one(&mut text, explanation)?;
    }
    Ok(text.trim_end().to_owned())
}

fn one(text: &mut String, explanation: &Explanation) -> Result<()> {
    writeln!(text, "{}", explanation.controller)?;
    writeln!(text, "  sees")?;
    for line in &explanation.observed {
        writeln!(text, "    {line}")?;
    }
    if explanation.steps.is_empty() {
        writeln!(text, "  would do nothing now")?;
    } else {
        writeln!(text, "  would now")?;
    }
    for (action, why) in &explanation.steps {
        writeln!(text, "    {action}\n      because {why}")?;
    }
    match explanation.wake_after {
        None => writeln!(text, "  looks again when something changes")?,
        Some(wait) => writeln!(text, "  looks again in {}s at the latest", wait.as_secs())?,
    }
    writeln!(text)?;
    Ok(())
}
