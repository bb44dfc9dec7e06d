//! Ranges of addresses.

use std::{fmt, net::IpAddr};

use super::{Answer, Row, global, ip, member};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Opaque, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("cidr", "string -> net.CIDR", Cost::Parse, cidr),
    global("isCIDR", "string -> bool", Cost::Parse, is_cidr),
    member("containsIP", "net.CIDR, string -> bool", Cost::ContainsIpText, contains_ip),
    member("containsIP", "net.CIDR, net.IP -> bool", Cost::ContainsIp, contains_ip),
    member("containsCIDR", "net.CIDR, string -> bool", Cost::ContainsCidrText, contains_cidr),
    member("containsCIDR", "net.CIDR, net.CIDR -> bool", Cost::ContainsCidr, contains_cidr),
    member("ip", "net.CIDR -> net.IP", Cost::One, address),
    member("masked", "net.CIDR -> net.CIDR", Cost::One, masked),
    member("prefixLength", "net.CIDR -> int", Cost::One, prefix_length),
];

/// A range: the bits of the address that count are the first ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    pub(crate) address: IpAddr,
    pub(crate) bits: u32,
}

impl Cidr {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            Err(format!("network address parse error during conversion from string: {why}"))
        };
        let Some((address, bits)) = text.split_once('/') else {
            return wrong(&format!("netip.ParsePrefix({text:?}): no '/'"));
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return wrong(&format!("netip.ParsePrefix({text:?}): unable to parse IP"));
        };
        if matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
            return wrong("IPv4-mapped IPv6 address is not allowed");
        }
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit())
            && (bits == "0" || !bits.starts_with('0'));
        let bits = bits.parse::<u32>().ok().filter(|bits| plain && *bits <= width(address));
        let Some(bits) = bits else {
            return wrong(&format!("netip.ParsePrefix({text:?}): bad bits after slash"));
        };
        Ok(Self { address, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        let shift = width(self.address) - self.bits;
        width(address) == width(self.address)
            && shifted(number(address), shift) == shifted(number(self.address), shift)
    }

    fn masked(self) -> Self {
        let shift = width(self.address) - self.bits;
        let number = shifted(number(self.address), shift).checked_shl(shift).unwrap_or(0);
        let address = match self.address {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).unwrap_or_default().into()),
            IpAddr::V6(_) => IpAddr::V6(number.into()),
        };
        Self { address, bits: self.bits }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Without the last bits; all of them may be gone.
fn shifted(number: u128, bits: u32) -> u128 {
    number.checked_shr(bits).unwrap_or(0)
}

fn cidr<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    match Cidr::parse(text) {
        Ok(range) => Ok(Value::Opaque(Opaque::Cidr(range))),
        Err(why) => failed(why),
    }
}

fn is_cidr<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::Bool(Cidr::parse(text).is_ok()))
}

fn contains_ip<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Cidr(range)), address] = arguments else { return no_overload() };
    let address = match address {
        Value::Opaque(Opaque::Ip(address)) => *address,
        Value::String(text) => match ip::parse(text) {
            Ok(address) => address,
            Err(why) => return failed(why),
        },
        _ => return no_overload(),
    };
    Ok(Value::Bool(range.contains(address)))
}

fn contains_cidr<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Cidr(range)), other] = arguments else { return no_overload() };
    let other = match other {
        Value::Opaque(Opaque::Cidr(other)) => *other,
        Value::String(text) => match Cidr::parse(text) {
            Ok(other) => other,
            Err(why) => return failed(why),
        },
        _ => return no_overload(),
    };
    Ok(Value::Bool(range.bits <= other.bits && range.contains(other.masked().address)))
}

fn address<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Cidr(range))] = arguments else { return no_overload() };
    Ok(Value::Opaque(Opaque::Ip(range.address)))
}

fn masked<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Cidr(range))] = arguments else { return no_overload() };
    Ok(Value::Opaque(Opaque::Cidr(range.masked())))
}

fn prefix_length<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Cidr(range))] = arguments else { return no_overload() };
    Ok(Value::Int(range.bits.into()))
}
