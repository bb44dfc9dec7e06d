//! `cargo xtask parity bugs`: for each bug that others had the test that looks for it and the mutant
//! that has it, or the reason why there is none yet.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::{process::root, say, tidy::files};

/// Row, where the bug was reported, what it was, and why it is not here yet.
const TABLE: &str = "crates/sim/tests/catalogue/bugs.tsv";
const ROWS: u32 = 45;

/// What stands for a row.
struct Standing {
    test: Option<String>,
    mutants: usize,
}

pub(crate) fn run() -> Result<()> {
    let table = fs::read_to_string(root().join(TABLE)).context("cannot read the table of bugs")?;
    let sources = sources()?;
    let (mut wrong, mut rows, mut proven) = (Vec::new(), Vec::new(), 0);
    for row in table.lines().skip(1).filter(|row| !row.trim().is_empty()) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [number, source, bug, why_not @ ..] = cells.as_slice() else {
            bail!("{TABLE}: {row:?} has fewer than three columns");
        };
        rows.push((*number).to_owned());
        let why_not = why_not.first().copied().unwrap_or_default();
        let standing = Standing::of(number, &sources);
        let shown = match (&standing.test, standing.mutants) {
            (Some(test), 1..) => {
                proven += 1;
                test.clone()
            }
            (None, 0) if !why_not.is_empty() => format!("not yet: {why_not}"),
            (Some(_), 0) => {
                wrong.push(format!("hb_{number} has a test and no mutant"));
                continue;
            }
            (None, _) => {
                wrong.push(format!("hb_{number} has neither a test with a mutant nor a reason"));
                continue;
            }
        };
        say(&format!("hb_{number}  {source:<22} {bug:<62} {shown}"));
    }
    let wanted = (1..=ROWS).map(|number| format!("{number:02}"));
    wrong.extend(wanted.filter(|row| !rows.contains(row)).map(|row| format!("no row {row}")));
    say(&format!("{proven} of {ROWS} bugs have a scenario that fails on its mutant"));
    if !wrong.is_empty() {
        bail!("{TABLE}:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

impl Standing {
    fn of(number: &str, sources: &[(String, String)]) -> Self {
        let (function, mutant) = (format!("fn hb_{number}_"), format!("mutant(\"hb_{number}\")"));
        let is_test = |path: &str| path.contains("sim/tests/catalogue");
        let test = sources.iter().filter(|(path, _)| is_test(path)).find_map(|(_, text)| {
            let from = text.find(&function)? + "fn ".len();
            text[from..].split('(').next().map(str::to_owned)
        });
        let product = sources.iter().filter(|(path, _)| !is_test(path));
        let mutants = product.map(|(_, text)| text.matches(&mutant).count()).sum();
        Self { test, mutants }
    }
}

fn sources() -> Result<Vec<(String, String)>> {
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).context("cannot read a source")?;
        Ok((path.to_string_lossy().into_owned(), text))
    };
    files("rs")?.into_iter().map(read).collect()
}
