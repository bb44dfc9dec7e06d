//! A few seeds with each test run; continuous integration runs thousands.

use sim::{Detail, plan::Plan, run};

const SEEDS: u64 = 12;
/// Runs in which the lease goes from hand to hand.
const LEADERS: u64 = 6;

/// How the first that does not pass fails.
fn first_failure(mut plans: impl Iterator<Item = Plan>) -> Option<String> {
    plans.find_map(|plan| run(&plan, Detail::Silent).err()).map(|failure| failure.to_string())
}

#[test]
fn nothing_goes_wrong_whatever_goes_wrong() {
    assert_eq!(first_failure((0..SEEDS).map(Plan::of)), None);
}

#[test]
fn two_leaders_never_write_at_a_time() {
    assert_eq!(first_failure((0..LEADERS).map(Plan::of_two_leaders)), None);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [3, 14] {
        let trace = || run(&Plan::of(seed), Detail::Silent).expect("passes").trace;
        assert_eq!(trace(), trace(), "seed {seed}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let trace = |seed| run(&Plan::calm(seed), Detail::Silent).expect("passes").trace;
    assert_ne!(trace(1), trace(2));
}
