//! URLs, as Go reads them for a request: absolute, or a path from the root.

use std::{fmt::Write as _, sync::Arc};

use super::{Answer, Row, global, member};
use crate::{
    cost::Cost,
    error::{failed, no_overload},
    value::{Key, Map, Opaque, Text, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("url", "string -> kubernetes.URL", Cost::Read, url),
    global("isURL", "string -> bool", Cost::One, is_url),
    member("getScheme", "kubernetes.URL -> string", Cost::One, scheme),
    member("getHost", "kubernetes.URL -> string", Cost::One, host),
    member("getHostname", "kubernetes.URL -> string", Cost::One, hostname),
    member("getPort", "kubernetes.URL -> string", Cost::One, port),
    member("getEscapedPath", "kubernetes.URL -> string", Cost::One, path),
    member("getQuery", "kubernetes.URL -> map<string, list<string>>", Cost::One, query),
];

/// A URL in its parts; the texts are as they were written but for the host, whose escapes are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    /// What is wrong with a text, or its parts.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("parse {text:?}: {why}");
        if text.is_empty() {
            return Err(wrong("empty url"));
        }
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(wrong("net/url: invalid control character in URL"));
        }
        let (scheme, rest) = split_scheme(text).map_err(&wrong)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !rest.starts_with('/') {
            // What has a scheme and no slash names something without a place.
            if scheme.is_empty() {
                return Err(wrong("invalid URI for request"));
            }
            let parts = (scheme, String::new(), String::new());
            return Ok(Self { scheme: parts.0, host: parts.1, path: parts.2, query: query.into() });
        }
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) if !scheme.is_empty() => {
                let end = rest.find('/').unwrap_or(rest.len());
                (read_host(&rest[..end]).map_err(&wrong)?, &rest[end..])
            }
            _ => (String::new(), rest),
        };
        let path = escaped(path).map_err(&wrong)?;
        Ok(Self { scheme, host, path, query: query.to_owned() })
    }

    /// Without the port and without brackets.
    fn hostname(&self) -> &str {
        if let Some(rest) = self.host.strip_prefix('[') {
            return rest.split_once(']').map_or(rest, |(address, _)| address);
        }
        self.host.rsplit_once(':').map_or(&self.host, |(name, _)| name)
    }

    fn port(&self) -> &str {
        let after = self.host.rsplit_once(']').map_or(&*self.host, |(_, after)| after);
        after.rsplit_once(':').map_or("", |(_, port)| port)
    }

    /// The values of each name, in order.
    fn queries(&self) -> Vec<(String, String)> {
        let parts = self.query.split('&').filter(|part| !part.is_empty() && !part.contains(';'));
        parts
            .filter_map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                Some((unescape(&name.replace('+', " "))?, unescape(&value.replace('+', " "))?))
            })
            .collect()
    }
}

fn split_scheme(text: &str) -> Result<(String, &str), &'static str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
    let Some(end) = end else { return Ok((String::new(), text)) };
    if !text[end..].starts_with(':') {
        return Ok((String::new(), text));
    }
    if end == 0 {
        return Err("missing protocol scheme");
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("first path segment in URL cannot contain colon");
    }
    Ok((text[..end].to_ascii_lowercase(), &text[end + 1..]))
}

/// The host and the port, without who asks.
fn read_host(authority: &str) -> Result<String, &'static str> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after = if host.starts_with('[') {
        let Some((_, after)) = host.rsplit_once(']') else { return Err("missing ']' in host") };
        after
    } else {
        host.rfind(':').map_or("", |colon| &host[colon..])
    };
    let is_port =
        after.strip_prefix(':').map(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if !after.is_empty() && is_port != Some(true) {
        return Err("invalid port after host");
    }
    if host.contains([' ', '<', '>', '"', '\\', '^', '`', '{', '|', '}']) {
        return Err("invalid character in host name");
    }
    unescape(host).ok_or("invalid URL escape")
}

/// The path in its escaped form.
fn escaped(path: &str) -> Result<String, &'static str> {
    if unescape(path).is_none() {
        return Err("invalid URL escape");
    }
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@%!'()*[]".contains(&byte);
        if plain {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Ok(text)
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else { return None };
        let digits = [char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?];
        bytes.push(u8::try_from(digits[0] * 16 + digits[1]).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn url<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    match Url::parse(text) {
        Ok(url) => Ok(Value::Opaque(Opaque::Url(Arc::new(url)))),
        Err(why) => failed(format!("URL parse error during conversion from string: {why}")),
    }
}

fn is_url<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(text)] = arguments else { return no_overload() };
    Ok(Value::Bool(Url::parse(text).is_ok()))
}

fn part<'a>(arguments: &[Value<'a>], part: fn(&Url) -> &str) -> Answer<'a> {
    let [Value::Opaque(Opaque::Url(url))] = arguments else { return no_overload() };
    Ok(Value::string(part(url)))
}

fn scheme<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |url| &url.scheme)
}
fn host<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |url| &url.host)
}
fn hostname<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, Url::hostname)
}
fn port<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, Url::port)
}
fn path<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    part(arguments, |url| &url.path)
}

fn query<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Url(url))] = arguments else { return no_overload() };
    let mut values = std::collections::BTreeMap::<String, Vec<Value<'a>>>::new();
    for (name, value) in url.queries() {
        values.entry(name).or_default().push(Value::string(value));
    }
    let entries = values
        .into_iter()
        .map(|(name, values)| (Key::String(Text::Shared(name.into())), Value::list(values)));
    Ok(Value::Map(Map::Made(Arc::new(entries.collect()))))
}
