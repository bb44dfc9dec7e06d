//! The query of a URL, and percent-decoding.

/// Names and values in the order sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(name), decode_form(value))
        });
        Self { pairs: pairs.collect() }
    }
    /// The first value; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }
    /// All values.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
    /// Given, and neither `0` nor `false`.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or(false)
    }
    /// `None` if it was not given.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        let value = self.all(name).next()?;
        Some(value != "0" && !value.eq_ignore_ascii_case("false"))
    }
}

/// Decodes `%XX`; what is no such code stays.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = if first == b'%' { after.get(..2).and_then(hex_byte) } else { None };
        decoded.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn decode_form(text: &str) -> String {
    decode(&text.replace('+', " "))
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_pluses_are_decoded() {
        let query = Query::parse("a=1%2C2+3&b&a=4&c=%zz");
        assert_eq!(query.get("a"), "1,2 3");
        assert_eq!(query.all("a").count(), 2);
        assert_eq!(query.get("c"), "%zz");
        assert!(query.flag("b") && !query.flag("d"));
    }

    #[test]
    fn a_flag_is_on_unless_it_says_no() {
        for (text, wanted) in [("w=0", false), ("w=False", false), ("w=yes", true), ("w", true)] {
            assert_eq!(Query::parse(text).flag("w"), wanted, "{text}");
        }
    }
}
