//! A few seeds with each test run; continuous integration runs hundreds.

use sim::{Detail, run};

const SEEDS: u64 = 20;

#[test]
fn nothing_goes_wrong_whatever_goes_wrong() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        if let Err(failure) = run(seed, Detail::Silent) {
            panic!("{failure}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [3, 13, 14] {
        let once = run(seed, Detail::Silent).expect("passes");
        assert_eq!(run(seed, Detail::Silent), Ok(once), "seed {seed}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let trace = |seed| run(seed, Detail::Silent).expect("passes").trace;
    assert_ne!(trace(1), trace(2));
}
