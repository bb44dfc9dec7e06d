//! Chance among equals, from one seed.

/// A generator of `SplitMix64`: small, and the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    /// Whether the `nth` of so many equals takes the place of those before it: each has the same chance
    /// in the end.
    pub(crate) fn takes(&mut self, nth: u64) -> bool {
        nth <= 1 || self.roll().is_multiple_of(nth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_three_equals_is_taken_as_often() {
        let mut dice = Dice::new(7);
        let mut taken = [0_u32; 3];
        for _ in 0..3000 {
            let last = (1..=3).zip(0..).filter(|(nth, _)| dice.takes(*nth)).last();
            let (_, choice) = last.expect("the first is always taken");
            taken[choice] += 1;
        }
        assert!(taken.iter().all(|count| (900..1100).contains(count)), "{taken:?}");
    }
}
