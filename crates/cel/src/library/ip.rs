//! Addresses.

use std::net::IpAddr;

use super::{Answer, Row, global, member};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Opaque, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("ip", "string -> net.IP", Cost::Parse, ip),
    global("isIP", "string -> bool", Cost::Parse, is_ip),
    global("ip.isCanonical", "string -> bool", Cost::ParseTwice, is_canonical),
    member("family", "net.IP -> int", Cost::One, family),
    member("isUnspecified", "net.IP -> bool", Cost::One, is_unspecified),
    member("isLoopback", "net.IP -> bool", Cost::One, is_loopback),
    member("isLinkLocalMulticast", "net.IP -> bool", Cost::One, is_link_local_multicast),
    member("isLinkLocalUnicast", "net.IP -> bool", Cost::One, is_link_local_unicast),
    member("isGlobalUnicast", "net.IP -> bool", Cost::One, is_global_unicast),
];

/// Reads an address; the message is the reference's.
pub(super) fn parse(text: &str) -> Result<IpAddr, String> {
    let wrong = |why: &str| {
        Err(format!("IP Address {text:?} parse error during conversion from string: {why}"))
    };
    if text.contains('%') {
        return wrong("IP address with zone value is not allowed");
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            wrong("IPv4-mapped IPv6 address is not allowed")
        }
        Ok(address) => Ok(address),
        Err(_) => wrong(&format!("ParseAddr({text:?}): unable to parse IP")),
    }
}

fn ip<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    match parse(text) {
        Ok(address) => Ok(Value::Opaque(Opaque::Ip(address))),
        Err(why) => failed(why),
    }
}

fn is_ip<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::Bool(parse(text).is_ok()))
}

fn is_canonical<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    match parse(text) {
        Ok(address) => Ok(Value::Bool(address.to_string() == **text)),
        Err(why) => failed(why),
    }
}

fn asked<'a>(arguments: &[Value<'a>], question: fn(IpAddr) -> bool) -> Answer<'a> {
    let [Value::Opaque(Opaque::Ip(address))] = arguments else { return no_overload() };
    Ok(Value::Bool(question(*address)))
}

fn family<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Ip(address))] = arguments else { return no_overload() };
    Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 }))
}

fn is_unspecified<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    asked(arguments, |address| address.is_unspecified())
}
fn is_loopback<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    asked(arguments, |address| address.is_loopback())
}
fn is_link_local_multicast<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    asked(arguments, |address| match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    })
}
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    }
}
fn is_link_local_unicast<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    asked(arguments, is_link_local)
}
fn is_global_unicast<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    asked(arguments, |address| {
        let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
        let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
        !broadcast && !special && !is_link_local(address)
    })
}
