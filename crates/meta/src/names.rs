//! What may be a name: each check answers with the messages that clients know, none if it is fine.

use crate::hash::SAFE_ALPHABET;

/// Longest DNS label.
pub const LABEL_LENGTH_MAX: usize = 63;
/// Longest DNS subdomain.
pub const SUBDOMAIN_LENGTH_MAX: usize = 253;
/// Letters of a generated name that are drawn by lot.
pub const GENERATED_SUFFIX_LENGTH: usize = 5;
/// What is kept of `generateName`.
const GENERATED_BASE_LENGTH_MAX: usize = LABEL_LENGTH_MAX - GENERATED_SUFFIX_LENGTH;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters \
    or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
    characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
    'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SUBDOMAIN_WITH_UNDERSCORE: &str = "a lowercase RFC 1123 subdomain must consist of lower case \
    alphanumeric characters, '-', '_', or '.', and must start and end with an alphanumeric \
    character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*')";
const DNS_1035_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or \
    '-', start with an alphabetic character, and end with an alphanumeric character (e.g. \
    'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_PART: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must \
    start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
    regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric \
    characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
    'MyValue',  or 'my_value',  or '12345', regex used for validation is \
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or \
    '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
    '[-._a-zA-Z0-9]+')";
const VARIABLE: &str = "a valid environment variable name must consist only of printable ASCII \
    characters other than '='";
const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. \
    'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/// What is wrong with a name, one message each.
pub type Messages = Vec<String>;

/// The text for a name that is too long.
pub fn too_long(length_max: usize) -> String {
    format!("must be no more than {length_max} characters")
}

/// A DNS label of RFC 1123: namespaces, containers, services.
pub fn dns_1123_label(name: &str) -> Messages {
    let mut messages = length(name, LABEL_LENGTH_MAX);
    if !is_label(name) {
        let dotted = is_subdomain(name, is_label);
        messages.push(if dotted { "must not contain dots" } else { LABEL }.to_owned());
    }
    messages
}

/// A DNS subdomain of RFC 1123: most names.
pub fn dns_1123_subdomain(name: &str) -> Messages {
    let mut messages = length(name, SUBDOMAIN_LENGTH_MAX);
    if !is_subdomain(name, is_label) {
        messages.push(SUBDOMAIN.to_owned());
    }
    messages
}

/// A DNS subdomain that may hold underscores: search paths.
pub fn dns_1123_subdomain_with_underscore(name: &str) -> Messages {
    let mut messages = length(name, SUBDOMAIN_LENGTH_MAX);
    if !is_subdomain(name, is_label_with_underscore) {
        messages.push(SUBDOMAIN_WITH_UNDERSCORE.to_owned());
    }
    messages
}

/// A DNS label of RFC 1035, which begins with a letter.
pub fn dns_1035_label(name: &str) -> Messages {
    let mut messages = length(name, LABEL_LENGTH_MAX);
    if !is_label(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        messages.push(DNS_1035_LABEL.to_owned());
    }
    messages
}

/// A name with an optional prefix, `example.com/name`: label keys, finalizers, taint keys.
pub fn qualified_name(key: &str) -> Messages {
    let mut messages = Messages::new();
    let (prefix, name) = match key.split_once('/') {
        None => (None, key),
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {QUALIFIED_PART} with an optional DNS subdomain prefix and '/' \
                 (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    match prefix {
        Some("") => messages.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            let wrong = dns_1123_subdomain(prefix);
            messages.extend(wrong.iter().map(|message| format!("prefix part {message}")));
        }
        None => {}
    }
    if name.is_empty() {
        messages.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_LENGTH_MAX {
        messages.push(format!("name part must be no more than {LABEL_LENGTH_MAX} bytes"));
    }
    if !is_qualified_part(name) {
        messages.push(format!("name part {QUALIFIED_PART}"));
    }
    messages
}

/// The value of a label.
pub fn label_value(value: &str) -> Messages {
    let mut messages = Messages::new();
    if value.len() > LABEL_LENGTH_MAX {
        messages.push(format!("must be no more than {LABEL_LENGTH_MAX} bytes"));
    }
    if !value.is_empty() && !is_qualified_part(value) {
        messages.push(LABEL_VALUE.to_owned());
    }
    messages
}

/// What can stand in a URL as one segment.
pub fn path_segment(name: &str) -> Messages {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    let refused = ['/', '%'].into_iter().filter(|refused| name.contains(*refused));
    refused.map(|refused| format!("may not contain '{refused}'")).collect()
}

/// A key of a ConfigMap or Secret.
pub fn config_key(key: &str) -> Messages {
    let mut messages = length(key, SUBDOMAIN_LENGTH_MAX);
    if !consists_of(key, |byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        messages.push(CONFIG_KEY.to_owned());
    }
    match key {
        "." | ".." => messages.push(format!("must not be '{key}'")),
        key if key.starts_with("..") => messages.push("must not start with '..'".to_owned()),
        _ => {}
    }
    messages
}

/// The name of a port.
pub fn port_name(name: &str) -> Messages {
    let rules = [
        (name.len() > 15, "must be no more than 15 characters"),
        (
            !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                || name.bytes().any(|byte| byte.is_ascii_uppercase()),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (
            !name.bytes().any(|byte| byte.is_ascii_lowercase()),
            "must contain at least one letter (a-z)",
        ),
        (name.contains("--"), "must not contain consecutive hyphens"),
        (
            name.is_empty() || name.starts_with('-') || name.ends_with('-'),
            "must not begin or end with a hyphen",
        ),
    ];
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, text)| text.to_owned()).collect()
}

/// The name of an environment variable.
pub fn variable_name(name: &str) -> Messages {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    if consists_of(name, printable) { Messages::new() } else { vec![VARIABLE.to_owned()] }
}

/// The name of an HTTP header.
pub fn header_name(name: &str) -> Messages {
    let fine = consists_of(name, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fine { Messages::new() } else { vec![HEADER.to_owned()] }
}

/// The name made of `generateName` and five letters drawn by lot.
pub fn generated(base: &str, lots: [u32; GENERATED_SUFFIX_LENGTH]) -> String {
    let end =
        (0..=base.len().min(GENERATED_BASE_LENGTH_MAX)).rfind(|end| base.is_char_boundary(*end));
    let kept = &base[..end.unwrap_or(0)];
    let letter = |lot: u32| {
        let index = usize::try_from(lot).unwrap_or(0) % SAFE_ALPHABET.len();
        char::from(SAFE_ALPHABET[index])
    };
    kept.chars().chain(lots.into_iter().map(letter)).collect()
}

fn length(name: &str, length_max: usize) -> Messages {
    if name.len() > length_max { vec![too_long(length_max)] } else { Messages::new() }
}

fn consists_of(name: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !name.is_empty() && name.bytes().all(allowed)
}

fn is_label(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    consists_of(name, inner) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_label_with_underscore(name: &str) -> bool {
    is_label(&name.replace('_', "a"))
}

fn is_subdomain(name: &str, is_part: impl Fn(&str) -> bool) -> bool {
    name.split('.').all(is_part)
}

fn is_qualified_part(name: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    consists_of(name, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && ends(name.bytes().next())
        && ends(name.bytes().last())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dotted_name_is_no_label() {
        assert_eq!(dns_1123_label("a.b"), ["must not contain dots"]);
        assert_eq!(dns_1123_label("A"), [LABEL]);
        assert_eq!(dns_1123_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert!(dns_1123_label("0-a").is_empty());
        assert_eq!(dns_1035_label("0-a"), [DNS_1035_LABEL]);
    }

    #[test]
    fn a_subdomain_has_no_empty_part() {
        for name in ["", "a..b", ".a", "a.", "a_b", "-a", "a-.b"] {
            assert_eq!(dns_1123_subdomain(name), [SUBDOMAIN], "{name}");
        }
        assert!(dns_1123_subdomain("a.b-c.0").is_empty());
        assert!(dns_1123_subdomain_with_underscore("_svc.a").is_empty());
    }

    #[test]
    fn a_qualified_name_names_the_wrong_part() {
        let rows = [
            ("/c", "prefix part must be non-empty"),
            ("a/b/c", "a valid label key must consist"),
            ("A/b", "prefix part a lowercase RFC 1123 subdomain"),
            ("a/", "name part must be non-empty"),
            ("-a", "name part must consist of alphanumeric"),
        ];
        for (name, expected) in rows {
            assert!(qualified_name(name)[0].starts_with(expected), "{name}");
        }
        assert_eq!(qualified_name("").len(), 2);
        assert!(qualified_name("example.com/A_b.c").is_empty());
    }

    #[test]
    fn a_port_name_collects_what_is_wrong() {
        assert_eq!(
            port_name("--0"),
            [
                "must contain at least one letter (a-z)",
                "must not contain consecutive hyphens",
                "must not begin or end with a hyphen"
            ]
        );
        assert!(port_name("http-2").is_empty());
    }

    #[test]
    fn keys_variables_headers_and_segments_have_their_own_rules() {
        assert_eq!(config_key("..a"), ["must not start with '..'"]);
        assert_eq!(config_key(".."), ["must not be '..'"]);
        assert_eq!(config_key("a b"), [CONFIG_KEY]);
        assert_eq!(variable_name("A=B"), [VARIABLE]);
        assert!(variable_name("0 A").is_empty());
        assert_eq!(header_name("A b"), [HEADER]);
        assert_eq!(path_segment("a/%"), ["may not contain '/'", "may not contain '%'"]);
        assert!(path_segment("A B").is_empty());
        assert_eq!(label_value("a b"), [LABEL_VALUE]);
        assert!(label_value("").is_empty());
    }

    #[test]
    fn a_generated_name_fits_a_label() {
        assert_eq!(generated("web-", [0, 1, 26, 27, 28]), "web-bc9bc");
        assert_eq!(generated(&"a".repeat(70), [0; 5]).len(), LABEL_LENGTH_MAX);
        assert_eq!(generated(&"ä".repeat(30), [0; 5]).len(), LABEL_LENGTH_MAX);
    }

    proptest! {
        #[test]
        fn what_is_a_label_is_a_subdomain_and_a_label_value(name in "[a-z0-9.-]{1,70}") {
            if dns_1123_label(&name).is_empty() {
                prop_assert!(dns_1123_subdomain(&name).is_empty());
                prop_assert!(label_value(&name).is_empty());
            }
        }

        #[test]
        fn no_name_panics(name in "\\PC{0,80}") {
            let _ = (qualified_name(&name), config_key(&name), port_name(&name));
            let _ = generated(&name, [7; 5]);
        }
    }
}
