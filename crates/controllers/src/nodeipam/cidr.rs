//! Blocks of addresses, of either family, as numbers.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A block of addresses: `10.0.0.0/8`, `fd00::/64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    family: Family,
    /// The first address.
    first: u128,
    prefix: u32,
}

/// Which addresses a block has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Of 32 bits.
    V4,
    /// Of 128 bits.
    V6,
}

/// The text is no block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid CIDR address: {0}")]
pub struct InvalidCidr(String);

impl Family {
    const fn bits(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }
}

impl Cidr {
    /// Which addresses it has.
    pub const fn family(self) -> Family {
        self.family
    }
    /// How many bits its addresses share.
    pub const fn prefix(self) -> u32 {
        self.prefix
    }
    /// Part `index` of those that share so many bits.
    pub(super) fn part(self, prefix: u32, index: u64) -> Self {
        let size = self.family.bits().saturating_sub(prefix);
        let offset = u128::from(index).checked_shl(size).unwrap_or(0);
        Self { family: self.family, first: self.first + offset, prefix }
    }
    /// First and last of its parts that share an address with `other`.
    pub(super) fn parts_within(self, prefix: u32, other: Self) -> Option<(u64, u64)> {
        if self.family != other.family {
            return None;
        }
        let first = self.first.max(other.first);
        let last = self.last().min(other.last());
        if first > last {
            return None;
        }
        let size = self.family.bits().saturating_sub(prefix);
        let index = |address: u128| {
            let offset = (address - self.first).checked_shr(size).unwrap_or(0);
            u64::try_from(offset).unwrap_or(u64::MAX)
        };
        Some((index(first), index(last)))
    }
    fn last(self) -> u128 {
        let host = self.family.bits() - self.prefix;
        let size = 1_u128.checked_shl(host).unwrap_or(0);
        self.first | size.wrapping_sub(1)
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;
    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let invalid = || InvalidCidr(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(invalid)?;
        let prefix: u32 = prefix.parse().map_err(|_| invalid())?;
        let (family, bits) = match address.parse().map_err(|_| invalid())? {
            IpAddr::V4(address) => (Family::V4, u128::from(u32::from(address))),
            IpAddr::V6(address) => (Family::V6, u128::from(address)),
        };
        let host = family.bits().checked_sub(prefix).ok_or_else(invalid)?;
        let first = bits.checked_shr(host).and_then(|bits| bits.checked_shl(host)).unwrap_or(0);
        Ok(Self { family, first, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self.family {
            Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(self.first).unwrap_or(u32::MAX))),
            Family::V6 => IpAddr::V6(Ipv6Addr::from(self.first)),
        };
        write!(f, "{address}/{}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().expect("sound")
    }

    #[test]
    fn a_block_is_read_and_written() {
        for (text, shown) in [
            ("10.1.2.3/16", "10.1.0.0/16"),
            ("fd00::1/48", "fd00::/48"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(cidr(text).to_string(), shown);
        }
        for text in ["10.0.0.0", "10.0.0.0/33", "ten/8", "10.0.0.0/x"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_has_parts() {
        assert_eq!(cidr("10.0.0.0/16").part(24, 3).to_string(), "10.0.3.0/24");
        assert_eq!(cidr("fd00::/48").part(64, 10).to_string(), "fd00:0:0:a::/64");
        let within = |other| cidr("10.0.0.0/16").parts_within(24, cidr(other));
        assert_eq!(within("10.0.4.0/23"), Some((4, 5)));
        assert_eq!(within("10.0.0.0/8"), Some((0, 255)));
        assert_eq!(within("10.0.7.9/32"), Some((7, 7)));
        assert_eq!(within("10.1.0.0/24"), None);
        assert_eq!(within("fd00::/48"), None);
    }
}
