//! The system's randomness.

use std::hash::{BuildHasher as _, RandomState};

use crate::Dice;

/// Rolls a keyed hash whose keys come from the operating system and change with each roll. Good for
/// names, UIDs and jitter; secrets are made by the TLS library's own source.
pub(super) struct SystemDice;

impl Dice for SystemDice {
    fn roll(&self) -> u64 {
        RandomState::new().hash_one(0_u64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_uuids_differ_and_have_the_usual_form() {
        let uuids: BTreeSet<String> = (0..1000).map(|_| SystemDice.uuid()).collect();
        assert_eq!(uuids.len(), 1000);
        for uuid in uuids {
            assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
            assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        }
    }
}
