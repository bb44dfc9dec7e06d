//! Chance from a seed that is printed, so that a failed run can be repeated as far as real processes allow.

use std::{env, process, time::SystemTime};

use crate::tools::tell;

/// Splitmix64.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// A seed of its own, or the one that `SEED` names; printed.
    pub fn of_this_run() -> Self {
        let named = env::var_os("SEED").and_then(|seed| seed.to_str()?.parse().ok());
        let seed = named.unwrap_or_else(|| {
            let now = SystemTime::UNIX_EPOCH.elapsed().map_or(1, |time| time.subsec_nanos());
            u64::from(now ^ process::id())
        });
        tell(&format!("SEED={seed} repeats this run"));
        Self(seed)
    }

    /// Chance for one of several who do not wait for one another.
    #[must_use]
    pub fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let count = u64::try_from(among.len()).unwrap_or(u64::MAX);
        &among[usize::try_from(self.below(count)).unwrap_or(0)]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
