//! The events and conditions of the reference's controllers: each reason stands with its words in a test of
//! the controller here, or a note says why it is never told.

use std::{collections::BTreeMap, fs};

use anyhow::{Context as _, Result, bail};

use crate::{process::root, say, tidy::files};

const TABLE: &str = "crates/controllers/parity/events.tsv";
const CONTROLLERS: &str = "crates/controllers/src";
/// What begins the note of a row that no test can have.
const NEVER: &str = "never: ";

pub(crate) fn run() -> Result<()> {
    let table = fs::read_to_string(root().join(TABLE))
        .with_context(|| format!("cannot read the table {TABLE}"))?;
    let tests = tests()?;
    let (mut told, mut never, mut wrong) = (0, 0, Vec::new());
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [controller, kind, reason, words, note] = cells.as_slice() else {
            bail!("{TABLE}: {row:?} has not five columns");
        };
        if note.starts_with(NEVER) {
            never += 1;
            continue;
        }
        told += 1;
        let text = tests.get(*controller).map_or("", |text| text);
        if !has_word(text, reason) || !text.contains(words) {
            wrong.push(format!("{controller}: no test tells of the {kind} {reason}: {words}"));
        }
    }
    say(&format!("events and conditions: {told} in tests, {never} never told"));
    if !wrong.is_empty() {
        bail!("events:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// What the tests of each controller say, literals in one piece.
fn tests() -> Result<BTreeMap<String, String>> {
    let mut tests = BTreeMap::<String, String>::new();
    for path in files("rs")? {
        let Ok(place) = path.strip_prefix(root().join(CONTROLLERS)) else { continue };
        let place = place.display().to_string();
        let Some((controller, file)) = place.split_once('/') else { continue };
        let source = fs::read_to_string(&path).context("cannot read a source")?;
        let own = if file.starts_with("tests") {
            &*source
        } else {
            source.split_once("#[cfg(test)]").map_or("", |(_, own)| own)
        };
        let text = tests.entry(controller.to_owned()).or_default();
        text.push_str(&joined(own));
    }
    Ok(tests)
}

fn joined(source: &str) -> String {
    let pieces: Vec<&str> = source.split("\\\n").collect();
    let (first, rest) = pieces.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let rest = rest.iter().map(|piece| piece.trim_start());
    std::iter::once(first).chain(rest).collect::<String>().replace("\\\"", "\"")
}

fn has_word(text: &str, word: &str) -> bool {
    let is_inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_inside) && !after.is_some_and(is_inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_word_of_its_own() {
        assert!(has_word("Warning FailedCreate: x", "FailedCreate"));
        assert!(!has_word("UnFailedCreate FailedCreates", "FailedCreate"));
    }

    #[test]
    fn a_literal_over_two_lines_is_one() {
        assert_eq!(joined("\"Created \\\n      pod: \\\"x\\\"\""), "\"Created pod: \"x\"\"");
    }
}
