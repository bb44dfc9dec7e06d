//! Formats of texts.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use meta::{names, time::Time};

use super::{Checked, Problem};

/// Whether a text has the format.
pub(super) fn check(format: &str, path: &str, text: &str) -> Checked {
    if fits(&format.replace('-', ""), text) {
        return Checked::default();
    }
    Checked::failed(Problem::of_type(path, format, text.into()))
}

fn fits(format: &str, text: &str) -> bool {
    match format {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "mac" => is_mac(text),
        "uuid" => is_uuid(text, None),
        "uuid3" => is_uuid(text, Some('3')),
        "uuid4" => is_uuid(text, Some('4')),
        "uuid5" => is_uuid(text, Some('5')),
        "date" => is_date(text),
        "datetime" => is_date_time(text),
        "duration" => is_duration(text),
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        "hostname" => names::dns_1123_subdomain(&text.to_lowercase()).is_empty(),
        "email" => is_email(text),
        "uri" => is_uri(text),
        "hexcolor" => is_hex_color(text),
        "bsonobjectid" => text.len() == 24 && is_hex(text),
        "isbn" => has_isbn_digits(text, 10) || has_isbn_digits(text, 13),
        "isbn10" => has_isbn_digits(text, 10),
        "isbn13" => has_isbn_digits(text, 13),
        "creditcard" => digits(text).is_some_and(|count| (13..=16).contains(&count)),
        "ssn" => is_social_security_number(text),
        _ => true,
    }
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let length_max = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= length_max)
}

fn is_mac(text: &str) -> bool {
    let separator = if text.contains('-') { '-' } else { ':' };
    let parts: Vec<&str> = text.split(separator).collect();
    matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(|part| part.len() == 2 && is_hex(part))
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    let plain = text.replace('-', "");
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let is_shaped = parts == [8, 4, 4, 4, 12] || (version.is_none() && parts == [32]);
    is_shaped
        && plain.len() == 32
        && is_hex(&plain)
        && version.is_none_or(|version| plain.chars().nth(12) == Some(version))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && format!("{text}T00:00:00Z").parse::<Time>().is_ok()
}

/// RFC 3339, with a blank for the `T` if one likes.
fn is_date_time(text: &str) -> bool {
    let has_zone = text.ends_with(['Z', 'z'])
        || text
            .get(10..)
            .is_some_and(|rest| rest.rfind(['+', '-']).is_some_and(|at| rest[at..].len() == 6));
    let text = text.replace(['t', ' '], "T").replace('z', "Z");
    has_zone && text.get(10..11) == Some("T") && text.parse::<Time>().is_ok()
}

/// `1h30m`, or a number and a unit in words.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 31] = [
        "ns",
        "us",
        "µs",
        "ms",
        "s",
        "m",
        "h",
        "d",
        "w",
        "nano",
        "micro",
        "milli",
        "sec",
        "secs",
        "second",
        "seconds",
        "min",
        "mins",
        "minute",
        "minutes",
        "hr",
        "hrs",
        "hour",
        "hours",
        "day",
        "days",
        "wk",
        "week",
        "weeks",
        "nanosecond",
        "nanoseconds",
    ];
    let mut rest = text.trim().trim_start_matches(['-', '+']);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if number == 0 {
            return false;
        }
        let unit = rest[number..].trim_start();
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        if !UNITS.contains(&unit[..end].trim()) {
            return false;
        }
        rest = &unit[end..];
        parts += 1;
    }
    parts > 0
}

fn is_email(text: &str) -> bool {
    let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>'));
    let Some((user, host)) = address.rsplit_once('@') else { return false };
    !user.is_empty() && !host.is_empty() && !address.contains(char::is_whitespace)
}

fn is_uri(text: &str) -> bool {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    (has_scheme || text.starts_with('/')) && !text.contains(|c: char| c.is_control() || c == ' ')
}

fn is_hex_color(text: &str) -> bool {
    let plain = text.strip_prefix('#').unwrap_or(text);
    matches!(plain.len(), 3 | 6) && is_hex(plain)
}

/// How many digits there are, if there is nothing else but blanks and dashes.
fn digits(text: &str) -> Option<usize> {
    let plain = text.replace(['-', ' '], "");
    plain.bytes().all(|byte| byte.is_ascii_digit()).then_some(plain.len())
}

fn has_isbn_digits(text: &str, count: usize) -> bool {
    let plain = text.replace(['-', ' '], "");
    let plain = if count == 10 { plain.trim_end_matches(['X', 'x']) } else { &plain };
    digits(plain).is_some_and(|found| found == count || (count == 10 && found == 9))
}

fn is_social_security_number(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', ' ']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    (lengths == [3, 2, 4] || lengths == [9]) && digits(text) == Some(9)
}
