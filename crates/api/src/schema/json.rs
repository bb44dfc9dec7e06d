//! JSON as Go reads it: integers stay integers, the last of two equal keys wins and is reported,
//! and errors have Go's words.

use serde_json::{Map, Number, Value};

/// Deeper texts are refused: reading, dropping and printing values recurse.
const DEPTH_MAX: usize = 256;

/// A text and what was odd about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    pub value: Value,
    /// Paths of keys that occur twice in one object, such as `spec.ports[0].name`.
    pub duplicates: Vec<String>,
}

/// The text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("unexpected end of JSON input")]
    End,
    #[error("invalid character {} {context}", quoted(*byte))]
    Character { byte: u8, context: String },
    #[error("exceeded max depth")]
    Depth,
    #[error("json: cannot unmarshal number {text} into Go value of type float64")]
    Number { text: String },
}

/// Reads one JSON value that takes up the whole text.
///
/// # Errors
/// [`ParseError`], with the reference's text, at the first byte that does not belong there.
pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let mut parser = Parser { bytes, position: 0, duplicates: Vec::new() };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.peek().is_some() {
        return Err(parser.unexpected("after top-level value"));
    }
    Ok(Parsed { value, duplicates: parser.duplicates })
}

/// Puts a path segment in front of every path from `start` on.
pub(super) fn prefix(paths: &mut [String], start: usize, segment: &str) {
    for path in paths.iter_mut().skip(start) {
        let dot = if path.starts_with('[') { "" } else { "." };
        *path = format!("{segment}{dot}{path}");
    }
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => r#"'"'"#.to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0x9f => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    position: usize,
    duplicates: Vec<String>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn unexpected(&self, context: &str) -> ParseError {
        match self.peek() {
            Some(byte) => ParseError::Character { byte, context: context.to_owned() },
            None => ParseError::End,
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        if depth > DEPTH_MAX {
            return Err(ParseError::Depth);
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth).map(Value::Object),
            Some(b'[') => self.array(depth).map(Value::Array),
            Some(b'"') => self.string().map(Value::String),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Map<String, Value>, ParseError> {
        let mut map = Map::new();
        self.position += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(map);
        }
        loop {
            self.member(&mut map, depth)?;
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
        self.position += 1;
        Ok(map)
    }

    fn member(&mut self, map: &mut Map<String, Value>, depth: usize) -> Result<(), ParseError> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.position += 1;
        let known = self.duplicates.len();
        let value = self.value(depth + 1)?;
        prefix(&mut self.duplicates, known, &key);
        if map.contains_key(&key) {
            self.duplicates.push(key.clone());
        }
        map.insert(key, value);
        self.skip_space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, ParseError> {
        let mut items = Vec::new();
        self.position += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(items);
        }
        loop {
            let known = self.duplicates.len();
            items.push(self.value(depth + 1)?);
            if self.duplicates.len() > known {
                prefix(&mut self.duplicates, known, &format!("[{}]", items.len() - 1));
            }
            self.skip_space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.position += 1;
        Ok(items)
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, ParseError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let expected = char::from(expected);
                return Err(self.unexpected(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), ParseError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(context));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let start = self.position;
        let mut whole = true;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            whole = false;
            self.position += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.position]).unwrap_or_default();
        if whole && let Ok(integer) = text.parse::<i64>() {
            return Ok(Number::from(integer));
        }
        let float = text.parse().ok().and_then(Number::from_f64);
        float.ok_or_else(|| ParseError::Number { text: text.to_owned() })
    }

    fn string(&mut self) -> Result<String, ParseError> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let start = self.position;
            while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
                self.position += 1;
            }
            // Go replaces what is no UTF-8 as well.
            text.push_str(&String::from_utf8_lossy(&self.bytes[start..self.position]));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.unexpected("in string literal")),
            }
        }
        self.position += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        self.position += 1;
        let character = match self.peek() {
            Some(b'u') => return self.unicode_escape(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.position += 1;
        Ok(character)
    }

    /// A half of a surrogate pair that stands alone becomes the replacement character.
    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let first = self.hexadecimal()?;
        let is_pair =
            (0xd800..0xdc00).contains(&first) && self.bytes[self.position..].starts_with(br"\u");
        if is_pair {
            let after_first = self.position;
            self.position += 1;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = after_first;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The four digits behind the `u` at the current position.
    fn hexadecimal(&mut self) -> Result<u32, ParseError> {
        self.position += 1;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected(r"in \u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.position += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(text: &str) -> String {
        parse(text.as_bytes()).expect_err("broken").to_string()
    }

    #[test]
    fn the_last_of_two_equal_keys_wins_and_is_reported_with_its_path() {
        let parsed = parse(br#"{"a":{"b":[{"c":1,"c":2}]},"d":1,"d":{}}"#).expect("JSON");
        assert_eq!(parsed.value, json!({"a": {"b": [{"c": 2}]}, "d": {}}));
        assert_eq!(parsed.duplicates, ["a.b[0].c", "d"]);
    }

    #[test]
    fn integers_stay_integers_and_larger_ones_become_floats() {
        let parsed = parse(b"[1,-0,1.0,1e2,9223372036854775807,9223372036854775808]");
        let Value::Array(items) = parsed.expect("JSON").value else { panic!("an array") };
        assert_eq!(items[0].as_i64(), Some(1));
        assert_eq!(items[1].as_i64(), Some(0));
        assert!(items[2].is_f64() && items[3].is_f64());
        assert_eq!(items[4].as_i64(), Some(i64::MAX));
        assert!(items[5].is_f64());
    }

    #[test]
    fn escapes_and_broken_text_come_out_as_characters() {
        let parsed = parse(b"\"a\\n\\u00e9\\ud83d\\ude00\\ud800\\u0041\xff\"").expect("JSON");
        assert_eq!(parsed.value, json!("a\né😀\u{fffd}A\u{fffd}"));
    }

    #[test]
    fn errors_have_the_words_of_go() {
        assert_eq!(error(""), "unexpected end of JSON input");
        assert_eq!(error("{\"a\":"), "unexpected end of JSON input");
        assert_eq!(error("nope"), "invalid character 'o' in literal null (expecting 'u')");
        assert_eq!(error("x"), "invalid character 'x' looking for beginning of value");
        assert_eq!(
            error("{a}"),
            "invalid character 'a' looking for beginning of object key string"
        );
        assert_eq!(error("{\"a\" 1}"), "invalid character '1' after object key");
        assert_eq!(error("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
        assert_eq!(error("[1 2]"), "invalid character '2' after array element");
        assert_eq!(error("1 2"), "invalid character '2' after top-level value");
        assert_eq!(error("\"\n\""), "invalid character '\\n' in string literal");
        assert_eq!(error("01"), "invalid character '1' after top-level value");
        assert_eq!(error(&"[".repeat(100_000)), "exceeded max depth");
    }
}
