//! The catalogue of bugs that others had: each a scenario that passes here, and fails once the bug is
//! put back.

mod collecting;
mod endpoints;
mod jobs;
mod objects;
mod quotas;
mod reading;
mod scaling;
mod silence;
mod storing;
mod systematic;
mod workloads;

use std::panic::{AssertUnwindSafe, catch_unwind};

use meta::mutants;
use sim::stage::{Broken, Stage, play};

/// Runs around the trigger of each row; a debug build is too slow for all.
const SEEDS: u64 = if cfg!(debug_assertions) { 12 } else { 200 };

type Verdict = Result<(), Broken>;

/// Plays a row as it is scripted (seed 0) and with chance around it: always well on the product, and
/// at least once not on its mutant of the same name.
fn row(name: &'static str, scenario: fn(&Stage) -> Verdict) {
    seeds(name, SEEDS, |seed| play(seed, scenario));
}

fn seeds(name: &'static str, count: u64, run: impl Fn(u64) -> Verdict) {
    for seed in 0..=count {
        let broken = run(seed).err();
        assert_eq!(broken, None, "{name} seed {seed}");
    }
    let attempt = |seed| catch_unwind(AssertUnwindSafe(|| run(seed)));
    let finds = |seed: &u64| !matches!(mutants::with(name, || attempt(*seed)), Ok(Ok(())));
    let found = (0..=count).find(finds);
    assert!(found.is_some(), "{name}: {count} seeds do not find the bug that was put back");
}
