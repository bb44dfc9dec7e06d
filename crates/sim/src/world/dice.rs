//! Chance from a seed: the same seed rolls the same numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use world::Dice;

/// Splitmix64: small, fast, and every seed is a good one.
#[derive(Debug)]
pub(super) struct Seeded(AtomicU64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A stream of its own for `name`, so that what one component rolls does not change another's.
    pub(super) fn named(seed: u64, name: &str, number: u64) -> Self {
        let fold = |seed, byte| mix(seed ^ u64::from(byte));
        Self::new(mix(name.bytes().fold(mix(seed), fold) ^ number))
    }

    /// A place in a list of `length`; zero if it is empty.
    pub(super) fn place(&self, length: usize) -> usize {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }
}

impl Dice for Seeded {
    fn roll(&self) -> u64 {
        mix(self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA))
    }
}

pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
