//! `sim`: runs seeds and plans, and says which one went wrong.

mod yardstick;

use std::{
    fs,
    io::Write as _,
    ops::Range,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use sim::{Detail, Failure, PowerCuts, Tally, plan::Plan, power_cuts, run, run_twice, shrunk};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
usage: sim --seed N [--logs]     one run, told line by line, with the log
       sim --plan FILE [--logs]  the run that a file holds
       sim --seeds N [--from M]  N runs from seed M (0) on, on all cores, until one goes wrong
       sim --leaders N           N runs in which two controller managers are paused and cut off;
                                 with --seed or --print: the seed's run or plan of this sort
       sim --hours N [--single]  how fast N standard hours of a busy cluster pass on one core,
                                 with one API server and one controller manager or two of each
       sim --power-cuts N        cuts the power at each disk operation of a run of N writes
       sim --print N             the plan of a seed
A run that went wrong is made smaller and written to a file; with --all it is only named, and the next begins.";

/// Asks for plans of two leaders.
const LEADERS: &str = "--leaders";
/// Of so many seeds one is run twice, and must give the same.
const TWICE_EVERY: u64 = 100;
/// With so many seeds each state that is to be reached must be.
const SEEDS_THAT_REACH_ALL: u64 = 250;

/// What to run.
enum Task {
    One(Plan, Detail),
    Many(Sweep),
    Print(Plan),
    Hours { count: u64, replicas: u8 },
    PowerCuts(u64),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments) {
        Ok(Some(Task::One(plan, detail))) => one(&plan, detail),
        Ok(Some(Task::Many(sweep))) => many(&sweep),
        Ok(Some(Task::Print(plan))) => {
            say(&plan.to_text());
            ExitCode::SUCCESS
        }
        Ok(Some(Task::Hours { count, replicas })) => hours(count, replicas),
        Ok(Some(Task::PowerCuts(writes))) => cut_power(writes),
        Ok(None) => {
            say(HELP);
            ExitCode::from(2)
        }
        Err(trouble) => {
            say(&trouble);
            ExitCode::from(2)
        }
    }
}

/// `None` if the arguments make no sense.
fn parse(arguments: &[String]) -> Result<Option<Task>, String> {
    let detail = if arguments.iter().any(|word| word == "--logs") {
        Detail::Everything
    } else {
        Detail::Changes
    };
    let value = |name: &str| {
        let place = arguments.iter().position(|word| word == name)?;
        arguments.get(place + 1)
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    if let Some(file) = value("--plan") {
        let text =
            fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
        let plan = Plan::parse(&text).map_err(|error| format!("{file}: {error}"))?;
        return Ok(Some(Task::One(plan, detail)));
    }
    let has = |name: &str| arguments.iter().any(|word| word == name);
    let sort = if has(LEADERS) { Sort::TwoLeaders } else { Sort::Swarm };
    if let Some(seed) = number("--seed") {
        return Ok(Some(Task::One(sort.draft(seed), detail)));
    }
    if let Some(seed) = number("--print") {
        return Ok(Some(Task::Print(sort.draft(seed))));
    }
    if let Some(count) = number("--hours") {
        let replicas = if arguments.iter().any(|word| word == "--single") { 1 } else { 2 };
        return Ok(Some(Task::Hours { count, replicas }));
    }
    if let Some(writes) = number("--power-cuts") {
        return Ok(Some(Task::PowerCuts(writes)));
    }
    let from = number("--from").unwrap_or(0);
    let count = number(LEADERS).or_else(|| number("--seeds"));
    let sweep = |count| Sweep { seeds: from..from.saturating_add(count), sort, all: has("--all") };
    Ok(count.map(|count| Task::Many(sweep(count))))
}

fn one(plan: &Plan, detail: Detail) -> ExitCode {
    say(&format!("seed {}", plan.seed));
    match run(plan, detail) {
        Ok(tally) => {
            say(&format!("passed\n{tally}"));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&format!("FAILED {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Each core takes its share of the operations.
fn cut_power(writes: u64) -> ExitCode {
    let cores = thread::available_parallelism().map_or(1, Into::into);
    let shares: Vec<_> = thread::scope(|scope| {
        let cut = |core| scope.spawn(move || power_cuts(0, writes, (core, cores)));
        let running: Vec<_> = (0..cores).map(cut).collect();
        running.into_iter().filter_map(|share| share.join().ok()).collect()
    });
    let mut recoveries = 0;
    for share in &shares {
        match share {
            Ok(PowerCuts { recoveries: own, .. }) => recoveries += own,
            Err(failure) => {
                say(&format!("FAILED {failure}"));
                return ExitCode::FAILURE;
            }
        }
    }
    let Some(Ok(PowerCuts { operations, failed_syncs, .. })) = shares.first() else {
        return ExitCode::FAILURE;
    };
    say(&format!(
        "passed: {writes} writes, {operations} disk operations, {failed_syncs} failed syncs, {recoveries} recoveries"
    ));
    if shares.len() == cores { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures on one core.
fn hours(count: u64, replicas: u8) -> ExitCode {
    let mut all = Tally::default();
    for seed in 0..count {
        match run(&Plan::of_cluster_hour(seed, replicas), Detail::Silent) {
            Ok(tally) => all.add(&tally),
            Err(failure) => {
                say(&format!("FAILED {failure}"));
                return ExitCode::FAILURE;
            }
        }
    }
    let spent = yardstick::processor_time().unwrap_or_default();
    say(&format!("{all}{}", yardstick::report(&all, spent)));
    ExitCode::SUCCESS
}

/// Which seeds, of what, and how far to go.
struct Sweep {
    seeds: Range<u64>,
    sort: Sort,
    /// Names every seed that goes wrong, and makes none smaller.
    all: bool,
}

/// What a seed draws.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Swarm,
    TwoLeaders,
}

impl Sort {
    fn draft(self, seed: u64) -> Plan {
        match self {
            Self::Swarm => Plan::of(seed),
            Self::TwoLeaders => Plan::of_two_leaders(seed),
        }
    }

    /// What a command line needs to name it.
    const fn flag(self) -> &'static str {
        match self {
            Self::Swarm => "",
            Self::TwoLeaders => " --leaders",
        }
    }
}

/// Runs on all cores; the first seed that goes wrong is the one that is told of.
fn many(sweep: &Sweep) -> ExitCode {
    let Sweep { seeds, sort, all } = sweep;
    say(&format!("seeds {} to {}", seeds.start, seeds.end.saturating_sub(1)));
    let (next, outcome) = (AtomicU64::new(seeds.start), Mutex::new((Tally::default(), Vec::new())));
    let spent = Mutex::new(Duration::ZERO);
    // After a failure.
    let go_on_from = if *all { 0 } else { seeds.end };
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds.end);
    let work = || {
        while let Some(seed) = take() {
            let result = checked(&sort.draft(seed));
            let Ok(mut outcome) = outcome.lock() else { return };
            match result {
                Ok(tally) => outcome.0.add(&tally),
                Err(failure) => {
                    say(&format!("FAILED {failure}"));
                    next.fetch_max(go_on_from, Ordering::Relaxed);
                    outcome.1.push(failure);
                }
            }
        }
        if let Ok(mut spent) = spent.lock() {
            *spent += yardstick::processor_time().unwrap_or_default();
        }
    };
    let cores = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let Ok((tally, failures)) = outcome.into_inner() else { return ExitCode::FAILURE };
    match failures.first() {
        Some(first) if !*all => failed(first.clone(), *sort),
        Some(_) => {
            let seeds: Vec<u64> = failures.iter().map(|failure| failure.plan.seed).collect();
            say(&format!("{tally}FAILED seeds {seeds:?}"));
            ExitCode::FAILURE
        }
        None => report(&tally, spent.into_inner().unwrap_or_default(), *sort),
    }
}

/// Now and then a seed is run twice.
fn checked(plan: &Plan) -> Result<Tally, Failure> {
    if plan.seed.is_multiple_of(TWICE_EVERY) {
        return run_twice(plan);
    }
    run(plan, Detail::Silent)
}

/// Everything that seeds of the swarm can do must have been done, or most of them show little.
fn report(tally: &Tally, spent: Duration, sort: Sort) -> ExitCode {
    say(&format!("passed\n{tally}{}", yardstick::report(tally, spent)));
    if sort == Sort::TwoLeaders || tally.runs < SEEDS_THAT_REACH_ALL {
        return ExitCode::SUCCESS;
    }
    let (never, faults) = (tally.never(), tally.never_injected());
    if never.is_empty() && faults.is_empty() {
        return ExitCode::SUCCESS;
    }
    say(&format!("FAILED no run reached {never:?} or had {faults:?}"));
    ExitCode::FAILURE
}

fn failed(failure: Failure, sort: Sort) -> ExitCode {
    let (seed, flag) = (failure.plan.seed, sort.flag());
    say(&format!("again, line by line: cargo xtask sim --seed {seed}{flag}"));
    say("making it smaller…");
    let smallest = shrunk(failure);
    let file = format!("sim-failure-{seed}.json");
    say(&format!("FAILED {smallest}"));
    match fs::write(&file, smallest.plan.to_text()) {
        Ok(()) => say(&format!(
            "again: cargo xtask sim --plan {file}; as a test: move it to crates/sim/tests/plans"
        )),
        Err(error) => say(&format!("cannot write {file}: {error}\n{}", smallest.plan.to_text())),
    }
    ExitCode::FAILURE
}

/// A line for the person who started it; a closed pipe is their choice.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
