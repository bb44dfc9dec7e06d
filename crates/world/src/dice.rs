//! Chance: names, UIDs, jitter.

use std::{fmt::Write as _, time::Duration};

use meta::hash::SAFE_ALPHABET;

/// The only source of randomness.
pub trait Dice: Send + Sync {
    /// 64 bits, each as likely as not.
    fn roll(&self) -> u64;

    /// A number below `bound`; zero if `bound` is zero.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.roll() % bound }
    }

    /// `length` letters for generated names.
    fn suffix(&self, length: usize) -> String {
        let letters = u64::try_from(SAFE_ALPHABET.len()).unwrap_or(1);
        let letter = || usize::try_from(self.below(letters)).unwrap_or(0);
        (0..length).map(|_| char::from(SAFE_ALPHABET[letter()])).collect()
    }

    /// A random (version 4) UUID in its usual form.
    fn uuid(&self) -> String {
        let high = (self.roll() & !0xf000) | 0x4000;
        let low = (self.roll() & !(0b11 << 62)) | (0b10 << 62);
        let mut text = String::with_capacity(36);
        let _ = write!(
            text,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        );
        text
    }

    /// A duration of `base` up to `base × (1 + factor_percent / 100)`.
    fn jitter(&self, base: Duration, factor_percent: u32) -> Duration {
        let spread = base.saturating_mul(factor_percent) / 100;
        let micros = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
        base + Duration::from_micros(self.below(micros.saturating_add(1)))
    }
}
