//! `sim`: runs seeds and says which one went wrong.

use std::{io::Write as _, process::ExitCode};

use sim::{Detail, run};

const HELP: &str = "\
usage: sim --seed N [--logs]     one run, told line by line, with the log
       sim --seeds N [--from M]  N runs from seed M (0) on, until one goes wrong";

/// What to run.
enum Task {
    One(u64, Detail),
    Many { from: u64, count: u64 },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = parse(&arguments) else {
        say(HELP);
        return ExitCode::from(2);
    };
    match task {
        Task::One(seed, detail) => one(seed, detail),
        Task::Many { from, count } => many(from, count),
    }
}

fn parse(arguments: &[String]) -> Option<Task> {
    let (mut seed, mut count, mut from, mut detail) = (None, None, 0, Detail::Changes);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--logs" {
            detail = Detail::Everything;
            continue;
        }
        let number = words.next()?.parse().ok()?;
        match word.as_str() {
            "--seed" => seed = Some(number),
            "--seeds" => count = Some(number),
            "--from" => from = number,
            _ => return None,
        }
    }
    let one = seed.map(|seed| Task::One(seed, detail));
    one.or_else(|| count.map(|count| Task::Many { from, count }))
}

fn one(seed: u64, detail: Detail) -> ExitCode {
    say(&format!("seed {seed}"));
    match run(seed, detail) {
        Ok(report) => {
            let sim::Report { revisions, faults, steps, trace } = report;
            say(&format!(
                "passed: {revisions} revisions, {faults} faults, {steps} steps, trace {trace:016x}"
            ));
            ExitCode::SUCCESS
        }
        Err(failure) => failed(&failure),
    }
}

fn many(from: u64, count: u64) -> ExitCode {
    let last = from.saturating_add(count).saturating_sub(1);
    say(&format!("seeds {from} to {last}"));
    let (mut revisions, mut faults, mut trace) = (0, 0, 0);
    for seed in from..=last {
        match run(seed, Detail::Silent) {
            Ok(report) => {
                revisions += report.revisions;
                faults += report.faults;
                trace ^= report.trace.rotate_left(u32::try_from(seed % 64).unwrap_or(0));
            }
            Err(failure) => return failed(&failure),
        }
    }
    say(&format!(
        "{count} seeds passed: {revisions} revisions, {faults} faults, traces {trace:016x}"
    ));
    ExitCode::SUCCESS
}

fn failed(failure: &sim::Failure) -> ExitCode {
    say(&format!("FAILED {failure}"));
    say(&format!("again, line by line: cargo xtask sim --seed {}", failure.seed));
    ExitCode::FAILURE
}

/// A line for the person who started it; a closed pipe is their choice.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
