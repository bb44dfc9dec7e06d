//! `cargo xtask mutants`: whether the tests of those who decide notice each small change of the code.
//! What no test notices is on a list, with the reason why that is well; anything else fails.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{process::root, say};

/// Folders of the controllers in which everything that decides is changed. Only the tests of the same
/// folder are run.
const FOLDERS: [&str; 3] = ["deployment", "replicaset", "garbagecollector"];
/// Files in them that tell what was decided.
const TELLERS: [&str; 3] = ["describe.rs", "metrics.rs", "why.rs"];
/// Mutants that survive, and why they may.
const SURVIVORS: &str = "crates/controllers/survivors.tsv";
/// Of all mutants so many hundredths are to be noticed.
const CAUGHT_MIN: usize = 80;
const TEST_SECONDS_MAX: &str = "60";

/// What became of mutants, by their names without places.
#[derive(Default)]
struct Outcome {
    caught: Vec<String>,
    missed: Vec<String>,
}

/// Names of folders choose among them. All else goes to `cargo mutants`: `--shard 0/8` for an eighth of
/// them, `--in-place` for no copy.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (chosen, arguments) = split(arguments);
    let survivors = fs::read_to_string(root().join(SURVIVORS));
    let mut listed = parse(&survivors.context("cannot read the list of survivors")?)?;
    let mut wrong = Vec::new();
    let (mut caught, mut all) = (0, 0);
    for folder in chosen {
        let outcome = change(folder, &arguments)?;
        let (here, total) = (outcome.caught.len(), outcome.caught.len() + outcome.missed.len());
        say(&format!("{folder}: {here} of {total} mutants are caught"));
        (caught, all) = (caught + here, all + total);
        for name in outcome.missed {
            // A line of the list stands for one mutant of that name.
            match listed.iter().position(|known| *known == name) {
                Some(place) => drop(listed.swap_remove(place)),
                None => wrong.push(name),
            }
        }
    }
    ensure!(wrong.is_empty(), "not in {SURVIVORS}:\n  {}", wrong.join("\n  "));
    ensure!(caught * 100 >= all * CAUGHT_MIN, "{caught} of {all} mutants are caught: too few");
    say(&format!("{caught} of {all} mutants are caught; the others are listed with a reason"));
    Ok(())
}

/// The folders that are named, all if none is, and what is not the name of one.
fn split(arguments: &[String]) -> (Vec<&'static str>, Vec<String>) {
    let is_named = |folder: &&'static str| arguments.iter().any(|word| word == folder);
    let named: Vec<_> = FOLDERS.into_iter().filter(is_named).collect();
    let others = arguments.iter().filter(|word| !FOLDERS.contains(&word.as_str()));
    (if named.is_empty() { FOLDERS.to_vec() } else { named }, others.cloned().collect())
}

/// Changes one folder in every way, and answers what its tests said.
fn change(folder: &str, arguments: &[String]) -> Result<Outcome> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let output = target.join("mutants").join(folder);
    fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["mutants", "--package", "controllers", "--no-shuffle"]);
    command.args(["--file", &format!("crates/controllers/src/{folder}/*.rs")]);
    for teller in TELLERS {
        command.args(["--exclude", &format!("crates/controllers/src/{folder}/{teller}")]);
    }
    command.arg("--output").arg(&output).args(["--timeout", TEST_SECONDS_MAX]).args(arguments);
    command.args(["--", "--lib", &format!("{folder}::")]);
    // What it ends with says whether any survived, which its lists tell better.
    let status = command.status().context("cannot start cargo mutants")?;
    ensure!(
        status.code().is_some_and(|code| matches!(code, 0 | 2 | 3)),
        "cargo mutants could not change {folder}: {status}"
    );
    let output = output.join("mutants.out");
    let mut caught = names(&output.join("caught.txt"))?;
    caught.extend(names(&output.join("timeout.txt"))?);
    Ok(Outcome { caught, missed: names(&output.join("missed.txt"))? })
}

fn names(list: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(list);
    let text = text.with_context(|| format!("cannot read {}", list.display()))?;
    Ok(text.lines().filter_map(name).collect())
}

/// A mutant's name without line and column, which change with every edit:
/// `deployment/plan.rs: replace && with || in plan`.
fn name(line: &str) -> Option<String> {
    let (file, rest) = line.split_once(".rs:")?;
    let (_, what) = rest.split_once(": ")?;
    let file = file.trim_start_matches("crates/controllers/src/");
    Some(format!("{file}.rs: {what}"))
}

/// The names of the listed mutants, each of which has a reason.
fn parse(table: &str) -> Result<Vec<String>> {
    let rows = table.lines().skip(1).filter(|row| !row.trim().is_empty());
    let rows = rows.map(|row| match row.split_once('\t') {
        Some((name, reason)) if !reason.trim().is_empty() => Ok(name.to_owned()),
        _ => bail!("{SURVIVORS}: {row:?} has no reason"),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_known_by_what_it_changes() {
        let line = "crates/controllers/src/deployment/plan.rs:91:9: replace && with || in plan";
        let name = name(line).expect("a mutant");
        assert_eq!(name, "deployment/plan.rs: replace && with || in plan");
    }

    #[test]
    fn folders_are_chosen_by_name_and_the_rest_is_passed_on() {
        let words =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let shard = words(&["--shard", "0/8"]);
        assert_eq!(split(&shard), (FOLDERS.to_vec(), shard.clone()));
        let named = words(&["replicaset", "--shard", "0/8"]);
        assert_eq!(split(&named), (vec!["replicaset"], shard));
    }

    #[test]
    fn a_survivor_has_a_reason() {
        assert!(parse("mutant\treason\nx\tequal\n").is_ok_and(|rows| rows.len() == 1));
        assert!(parse("mutant\treason\nx\t\n").is_err());
        assert!(parse("mutant\treason\nx\n").is_err());
    }
}
