//! `cargo xtask parity`: for each line of a reference sheet the test, mark or reason that stands
//! for it. A table that has a gap or names what is not there fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::RangeInclusive,
};

use anyhow::{Context as _, Result, bail};

use crate::{bugs, events, process::root, say, tidy::files};

const TABLES: &str = "crates/controllers/parity";

/// A sheet, and its numbered lines.
struct Sheet {
    /// Of the sheet, and of its table.
    name: &'static str,
    /// What stands before the numbers.
    lines: &'static [(&'static str, &'static [RangeInclusive<u32>])],
    /// Lines with letters.
    lettered: &'static [&'static str],
}

const SHEETS: [Sheet; 6] = [
    Sheet {
        name: "gc-namespace-quota",
        lines: &[("GC-", &[1..=67]), ("NS-", &[1..=32]), ("RQ-", &[1..=35]), ("SA-", &[1..=25])],
        lettered: &[],
    },
    Sheet {
        name: "node-lifecycle",
        lines: &[("NL-", &[1..=47, 50..=53]), ("TE-", &[1..=18]), ("NI-", &[1..=17])],
        lettered: &["NL-15a", "NL-24a"],
    },
    Sheet {
        name: "deployment",
        lines: &[("", &[1..=133])],
        lettered: &["26a", "62a", "68a", "77a", "94a", "103a"],
    },
    Sheet {
        name: "statefulset-daemonset",
        lines: &[
            (
                "SS-",
                &[
                    1..=7,
                    10..=15,
                    20..=25,
                    30..=35,
                    40..=43,
                    45..=49,
                    51..=56,
                    60..=64,
                    70..=75,
                    80..=97,
                ],
            ),
            ("DS-", &[1..=3, 10..=18, 20..=22, 25..=27, 30..=48, 50..=53]),
            ("CR-", &[1..=11, 20..=32, 40..=42]),
        ],
        lettered: &[],
    },
    Sheet {
        name: "job-cronjob",
        lines: &[("JB-", &[1..=87]), ("CJ-", &[1..=30]), ("TF-", &[1..=5]), ("PG-", &[1..=11])],
        lettered: &["JB-56a", "CJ-5a"],
    },
    Sheet {
        name: "endpoints-hpa-disruption",
        lines: &[
            ("EP-", &[1..=25]),
            ("ES-", &[1..=50]),
            ("EM-", &[1..=17]),
            ("HP-", &[1..=43]),
            ("PD-", &[1..=27]),
        ],
        lettered: &[],
    },
];

/// The lines of the reference, its events and conditions, then the bugs; `bugs` shows these alone.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if arguments.first().is_none_or(|what| what != "bugs") {
        lines()?;
        events::run()?;
    }
    bugs::run()
}

fn lines() -> Result<()> {
    let sources = sources()?;
    let mut wrong = Vec::new();
    for sheet in &SHEETS {
        wrong.extend(sheet.check(&sources)?);
    }
    if !wrong.is_empty() {
        bail!("parity:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

impl Sheet {
    /// What is wrong with its table.
    fn check(&self, sources: &[String]) -> Result<Vec<String>> {
        let path = root().join(TABLES).join(format!("{}.tsv", self.name));
        let table = fs::read_to_string(&path)
            .with_context(|| format!("cannot read the parity table {}", path.display()))?;
        let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
        let mut counts = BTreeMap::<&str, usize>::new();
        for row in table.lines().skip(1).filter(|row| !row.trim().is_empty()) {
            let cells: Vec<&str> = row.split('\t').collect();
            let [line, kind, place, ..] = cells.as_slice() else {
                bail!("{}: {row:?} has fewer than three columns", self.name);
            };
            seen.insert((*line).to_owned());
            *counts.entry(kind).or_default() += 1;
            let name = place.rsplit("::").next().unwrap_or(place);
            if name.is_empty() || !sources.iter().any(|source| source.contains(name)) {
                wrong.push(format!("{} {line}: {kind} {place} is nowhere", self.name));
            }
        }
        let missing: Vec<String> = self.wanted().filter(|line| !seen.contains(line)).collect();
        if !missing.is_empty() {
            wrong.push(format!("{}: no row for lines {}", self.name, missing.join(", ")));
        }
        let counts: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        say(&format!("parity with {}.md: {}", self.name, counts.join(", ")));
        Ok(wrong)
    }

    fn wanted(&self) -> impl Iterator<Item = String> {
        let numbered = self.lines.iter().flat_map(|(prefix, ranges)| {
            let numbers = ranges.iter().cloned().flatten();
            numbers.map(move |number| format!("{prefix}{number}"))
        });
        numbered.chain(self.lettered.iter().map(ToString::to_string))
    }
}

fn sources() -> Result<Vec<String>> {
    let paths = files("rs")?;
    paths.iter().map(|path| fs::read_to_string(path).context("cannot read a source")).collect()
}
