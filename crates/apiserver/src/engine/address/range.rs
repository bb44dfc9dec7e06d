//! A range of IPv4 addresses, and which of them is taken next.

use std::{collections::BTreeSet, net::Ipv4Addr};

use world::Dice;

/// `10.0.0.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct AddressRange {
    first: u32,
    size: u32,
}

impl AddressRange {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let bits: u32 = bits.parse().ok().filter(|bits| (8..=30).contains(bits))?;
        let size = 1 << (32 - bits);
        Some(Self { first: u32::from(address) & !(size - 1), size })
    }

    /// The address of the service `kubernetes`.
    pub(in crate::engine) fn first_usable(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first + 1)
    }

    /// The network's own address and the broadcast are nobody's.
    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        let offset = u32::from(address).wrapping_sub(self.first);
        (1..self.size - 1).contains(&offset)
    }

    /// A free address at random, from the lower band only when the rest is full: there people choose
    /// addresses themselves.
    pub(super) fn pick(self, used: &BTreeSet<Ipv4Addr>, dice: &dyn Dice) -> Option<Ipv4Addr> {
        let band = (self.size / 16).clamp(16, 256).min(self.size / 2);
        let upper = self.pick_between(band, self.size - 1, used, dice);
        upper.or_else(|| self.pick_between(1, band, used, dice))
    }

    fn pick_between(
        self,
        low: u32,
        high: u32,
        used: &BTreeSet<Ipv4Addr>,
        dice: &dyn Dice,
    ) -> Option<Ipv4Addr> {
        let count = high.checked_sub(low).filter(|count| *count > 0)?;
        let start = u32::try_from(dice.below(u64::from(count))).ok()?;
        let candidates = (0..count).map(|step| self.first + low + (start + step) % count);
        candidates.map(Ipv4Addr::from).find(|address| !used.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Dice for Zero {
        fn roll(&self) -> u64 {
            0
        }
    }

    #[test]
    fn the_lower_band_is_left_for_last() {
        let range = AddressRange::parse("10.0.0.0/24").expect("a range");
        assert_eq!(range.first_usable(), Ipv4Addr::new(10, 0, 0, 1));
        let mut used = BTreeSet::new();
        assert_eq!(range.pick(&used, &Zero), Some(Ipv4Addr::new(10, 0, 0, 16)));
        used.extend((16..255).map(|last| Ipv4Addr::new(10, 0, 0, last)));
        assert_eq!(range.pick(&used, &Zero), Some(Ipv4Addr::new(10, 0, 0, 1)));
        used.extend((1..16).map(|last| Ipv4Addr::new(10, 0, 0, last)));
        assert_eq!(range.pick(&used, &Zero), None);
    }

    #[test]
    fn network_and_broadcast_are_not_in_it() {
        let range = AddressRange::parse("10.0.0.0/24").expect("a range");
        assert!(!range.contains(Ipv4Addr::new(10, 0, 0, 0)));
        assert!(!range.contains(Ipv4Addr::new(10, 0, 0, 255)));
        assert!(range.contains(Ipv4Addr::new(10, 0, 0, 254)));
        assert!(!range.contains(Ipv4Addr::new(10, 0, 1, 1)));
        assert_eq!(AddressRange::parse("10.0.0.0"), None);
    }
}
