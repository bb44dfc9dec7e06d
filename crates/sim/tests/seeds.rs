//! A few seeds with each test run; continuous integration runs thousands.

use sim::{Detail, plan::Plan, run};

const SEEDS: u64 = 12;
/// Runs in which the lease goes from hand to hand.
const LEADERS: u64 = 6;

fn pass(plan: &Plan) {
    println!("seed {}", plan.seed);
    if let Err(failure) = run(plan, Detail::Silent) {
        panic!("{failure}");
    }
}

#[test]
fn nothing_goes_wrong_whatever_goes_wrong() {
    (0..SEEDS).for_each(|seed| pass(&Plan::of(seed)));
}

#[test]
fn two_leaders_never_write_at_a_time() {
    (0..LEADERS).for_each(|seed| pass(&Plan::of_two_leaders(seed)));
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
