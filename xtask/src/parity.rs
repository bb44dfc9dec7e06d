//! `cargo xtask parity`: for each line of a reference sheet the test, mark or reason that stands
//! for it. A table that has a gap or names what is not there fails.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, Result, bail};

use crate::{process::root, say, tidy::files};

/// A sheet, its table, and its numbered lines (those with letters are listed apart).
const LAST_LINE: u32 = 133;
const LETTERED: [&str; 6] = ["26a", "62a", "68a", "77a", "94a", "103a"];
const TABLE: &str = "crates/controllers/parity/deployment.tsv";

pub(crate) fn run(_: &[String]) -> Result<()> {
    let table = fs::read_to_string(root().join(TABLE)).context("cannot read the parity table")?;
    let sources = sources()?;
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in table.lines().skip(1).filter(|row| !row.trim().is_empty()) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [line, kind, place, ..] = cells.as_slice() else {
            bail!("{TABLE}: {row:?} has fewer than three columns");
        };
        seen.insert((*line).to_owned());
        let name = place.rsplit("::").next().unwrap_or(place);
        if name.is_empty() || !sources.iter().any(|source| source.contains(name)) {
            wrong.push(format!("line {line}: {kind} {place} is nowhere in the sources"));
        }
    }
    let wanted = (1..=LAST_LINE).map(|line| line.to_string());
    let lettered = LETTERED.iter().map(ToString::to_string);
    let missing: Vec<String> = wanted.chain(lettered).filter(|line| !seen.contains(line)).collect();
    summary(&table);
    if !missing.is_empty() {
        wrong.push(format!("no row for lines {}", missing.join(", ")));
    }
    if !wrong.is_empty() {
        bail!("{TABLE}:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

fn sources() -> Result<Vec<String>> {
    let paths = files("rs")?;
    paths.iter().map(|path| fs::read_to_string(path).context("cannot read a source")).collect()
}

fn summary(table: &str) {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for row in table.lines().skip(1) {
        if let Some(kind) = row.split('\t').nth(1) {
            *counts.entry(kind).or_default() += 1;
        }
    }
    let counts: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    say(&format!("parity with deployment.md: {}", counts.join(", ")));
}
