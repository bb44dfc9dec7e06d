//! IP addresses and ranges of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use meta::names::Messages;

const IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const LEADING_ZEROS: &str = "must not have leading 0s";
const MAPPED: &str = "must not be an IPv4-mapped IPv6 address";

/// What is wrong with an address.
pub fn ip(text: &str) -> Messages {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => vec![MAPPED.to_owned()],
        Ok(IpAddr::V4(_) | IpAddr::V6(_)) => Messages::new(),
        Err(_) if without_leading_zeros(text).is_some() => vec![LEADING_ZEROS.to_owned()],
        Err(_) => vec![IP.to_owned()],
    }
}

/// What is wrong with a range such as `10.0.0.0/8`.
pub fn cidr(text: &str) -> Messages {
    let Some((address, bits)) = text.split_once('/') else { return vec![CIDR.to_owned()] };
    let parsed = address.parse::<IpAddr>().ok().or_else(|| without_leading_zeros(address));
    let bits = bits.parse::<u32>().ok().filter(|_| !bits.starts_with('+'));
    let Some((parsed, bits)) = parsed.zip(bits).filter(|(address, bits)| *bits <= width(*address))
    else {
        return vec![CIDR.to_owned()];
    };
    let mut messages = Messages::new();
    if address.parse::<IpAddr>().is_err() {
        messages.push(LEADING_ZEROS.to_owned());
    }
    if host_bits(parsed, bits) {
        messages.push("must not have bits set beyond the prefix length".to_owned());
    }
    messages
}

/// Whether a range is a true part of another one.
pub fn is_strictly_within(part: &str, whole: &str) -> bool {
    let (Some((part, part_bits)), Some((whole, whole_bits))) = (range(part), range(whole)) else {
        return false;
    };
    let width = width(whole);
    let shared = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let prefix = |address| shared(address).checked_shr(width - whole_bits).unwrap_or(0);
    part.is_ipv6() == whole.is_ipv6() && part_bits > whole_bits && prefix(part) == prefix(whole)
}

fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = address.parse().ok().or_else(|| without_leading_zeros(address))?;
    Some((address, bits.parse().ok().filter(|bits| *bits <= width(address))?))
}

/// Whether an address is of version 6; `None` if it is no address.
pub fn is_ipv6(text: &str) -> Option<bool> {
    text.parse::<IpAddr>().ok().map(|address| address.is_ipv6())
}

/// Why traffic cannot be sent to an address from outside its machine.
pub fn unroutable(text: &str) -> Messages {
    let Ok(address) = text.parse::<IpAddr>() else { return Messages::new() };
    let (link_local, link_local_multicast) = match address {
        IpAddr::V4(address) => (address.is_link_local(), address.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    let unspecified = format!("may not be unspecified ({address})");
    let rules = [
        (address.is_unspecified(), unspecified.as_str()),
        (address.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (
            link_local_multicast,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    ];
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, text)| text.to_owned()).collect()
}

fn without_leading_zeros(text: &str) -> Option<IpAddr> {
    let parts: Vec<&str> = text
        .split('.')
        .map(|part| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0",
            trimmed => trimmed,
        })
        .collect();
    parts.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => Ipv4Addr::BITS,
        IpAddr::V6(_) => Ipv6Addr::BITS,
    }
}

fn host_bits(address: IpAddr, bits: u32) -> bool {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_shl(bits).is_some_and(|rest| rest != 0),
        IpAddr::V6(address) => address.to_bits().checked_shl(bits).is_some_and(|rest| rest != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_way_of_writing_that_counts() {
        let rows = [
            ("10.1.1.1", None),
            ("2001:db8::1", None),
            ("010.1.1.1", Some(LEADING_ZEROS)),
            ("::ffff:10.1.1.1", Some(MAPPED)),
            ("10.1.1", Some(IP)),
            ("", Some(IP)),
        ];
        for (text, expected) in rows {
            assert_eq!(ip(text).first().map(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn a_range_ends_where_its_prefix_ends() {
        assert!(cidr("10.0.0.0/8").is_empty() && cidr("::/0").is_empty());
        assert_eq!(cidr("10.0.0.1/8"), ["must not have bits set beyond the prefix length"]);
        assert_eq!(cidr("10.0.0.0/33"), [CIDR]);
        assert_eq!(cidr("10.0.0.0"), [CIDR]);
        assert!(cidr("10.0.0.1/32").is_empty());
    }

    #[test]
    fn traffic_goes_to_no_address_of_the_machine_itself() {
        let loopback = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
        assert_eq!(unroutable("127.0.0.1"), [loopback]);
        assert_eq!(unroutable("0.0.0.0"), ["may not be unspecified (0.0.0.0)"]);
        assert!(unroutable("192.0.2.1").is_empty());
    }
}
