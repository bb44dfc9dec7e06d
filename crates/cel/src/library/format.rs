//! Formats of text that Kubernetes has names for.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::names::{self, Messages};

use super::{Answer, Row, global, member, url::Url};
use crate::{
    cost::Cost,
    error::no_overload,
    value::{Moment, Opaque, Value},
};

pub(super) const ROWS: &[Row] = &[
    global("format.named", "string -> optional<kubernetes.NamedFormat>", Cost::One, named),
    member(
        "validate",
        "kubernetes.NamedFormat, string -> optional<list<string>>",
        Cost::Validate,
        validate,
    ),
    global("format.dns1123Label", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(0))),
    global("format.dns1123Subdomain", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(1))),
    global("format.dns1035Label", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(2))),
    global("format.qualifiedName", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(3))),
    global("format.dns1123LabelPrefix", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(4))),
    global("format.dns1123SubdomainPrefix", "-> kubernetes.NamedFormat", Cost::One, |_| {
        Ok(format(5))
    }),
    global("format.dns1035LabelPrefix", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(6))),
    global("format.labelValue", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(7))),
    global("format.uri", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(8))),
    global("format.uuid", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(9))),
    global("format.byte", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(10))),
    global("format.date", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(11))),
    global("format.datetime", "-> kubernetes.NamedFormat", Cost::One, |_| Ok(format(12))),
];

/// A format with its rule.
#[derive(Debug)]
pub struct Format {
    pub(crate) name: &'static str,
    /// How long the pattern is that its costs are reckoned with.
    pub(crate) pattern_length: u64,
    check: fn(&str) -> Messages,
}

/// In the order of the rows above.
static FORMATS: [Format; 13] = [
    Format { name: "dns1123Label", pattern_length: 30, check: names::dns_1123_label },
    Format { name: "dns1123Subdomain", pattern_length: 60, check: names::dns_1123_subdomain },
    Format { name: "dns1035Label", pattern_length: 30, check: names::dns_1035_label },
    Format { name: "qualifiedName", pattern_length: 60, check: names::qualified_name },
    Format {
        name: "dns1123LabelPrefix",
        pattern_length: 30,
        check: |text| names::dns_1123_label(&without_dash(text)),
    },
    Format {
        name: "dns1123SubdomainPrefix",
        pattern_length: 60,
        check: |text| names::dns_1123_subdomain(&without_dash(text)),
    },
    Format {
        name: "dns1035LabelPrefix",
        pattern_length: 30,
        check: |text| names::dns_1035_label(&without_dash(text)),
    },
    Format { name: "labelValue", pattern_length: 40, check: names::label_value },
    Format { name: "uri", pattern_length: 500, check: uri },
    Format { name: "uuid", pattern_length: 80, check: uuid },
    Format { name: "byte", pattern_length: 75, check: byte },
    Format { name: "date", pattern_length: 150, check: date },
    Format { name: "datetime", pattern_length: 150, check: datetime },
];

fn format<'a>(index: usize) -> Value<'a> {
    Value::Opaque(Opaque::Format(&FORMATS[index.min(FORMATS.len() - 1)]))
}

/// The name that the dash and what is generated will make of a prefix.
fn without_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => format!("{rest}a"),
        _ => prefix.to_owned(),
    }
}

fn message(is_valid: bool, message: &str) -> Messages {
    if is_valid { Messages::new() } else { vec![message.to_owned()] }
}

fn uri(text: &str) -> Messages {
    Url::parse(text).err().into_iter().collect()
}

/// Dashes may be left out.
fn uuid(text: &str) -> Messages {
    let groups = [8, 4, 4, 4, 12];
    let mut rest = text;
    let mut is_valid = true;
    for (index, length) in groups.into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let digits = rest.bytes().take(length).take_while(u8::is_ascii_hexdigit).count();
        is_valid &= digits == length;
        rest = &rest[digits..];
    }
    message(is_valid && rest.is_empty(), "does not match the UUID format")
}

fn byte(text: &str) -> Messages {
    message(!text.is_empty() && STANDARD.decode(text).is_ok(), "invalid base64")
}

fn date(text: &str) -> Messages {
    let is_date = text.len() == 10 && Moment::parse(&format!("{text}T00:00:00Z")).is_some();
    message(is_date, "invalid date")
}

fn datetime(text: &str) -> Messages {
    message(Moment::parse(text).is_some(), "invalid datetime")
}

fn named<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::String(name)] = arguments else { return no_overload() };
    let found = FORMATS.iter().position(|format| format.name == &**name);
    Ok(found.map_or_else(Value::none, |index| Value::some(format(index))))
}

fn validate<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    let [Value::Opaque(Opaque::Format(format)), Value::String(text)] = arguments else {
        return no_overload();
    };
    let messages = (format.check)(text);
    if messages.is_empty() {
        return Ok(Value::none());
    }
    Ok(Value::some(Value::list(messages.into_iter().map(Value::string).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_yields_the_format_of_its_name() {
        for row in ROWS.iter().filter(|row| row.signature.starts_with("->")) {
            let Ok(Value::Opaque(Opaque::Format(format))) = (row.call)(&[]) else {
                panic!("{} yields no format", row.name);
            };
            assert_eq!(format!("format.{}", format.name), row.name);
        }
    }
}
