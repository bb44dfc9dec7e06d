//! What escapes in texts and digits in numbers mean.

use std::iter::Peekable;

type Characters<'s> = Peekable<std::str::Chars<'s>>;

/// What an escape stands for.
enum Piece {
    Character(char),
    /// From `\x41` and `\101`: a code point in texts, a byte in bytes.
    Code(u32),
}

/// A text without its quotes; `None` if an escape is wrong.
pub(super) fn text(body: &str) -> Option<String> {
    let mut text = String::with_capacity(body.len());
    let mut characters = body.chars().peekable();
    while let Some(next) = characters.next() {
        if next != '\\' {
            text.push(next);
            continue;
        }
        match escape(&mut characters)? {
            Piece::Character(character) => text.push(character),
            Piece::Code(code) => text.push(char::from_u32(code)?),
        }
    }
    Some(text)
}

/// Bytes without their quotes; `None` if an escape is wrong.
pub(super) fn bytes(body: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut characters = body.chars().peekable();
    let mut buffer = [0; 4];
    while let Some(next) = characters.next() {
        if next != '\\' {
            bytes.extend_from_slice(next.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        // Code points are for texts only.
        if matches!(characters.peek(), Some('u' | 'U')) {
            return None;
        }
        match escape(&mut characters)? {
            Piece::Character(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            }
            Piece::Code(code) => bytes.push(u8::try_from(code).ok()?),
        }
    }
    Some(bytes)
}

fn escape(characters: &mut Characters<'_>) -> Option<Piece> {
    let character = match characters.next()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        same @ ('\\' | '?' | '"' | '\'' | '`') => same,
        'x' | 'X' => return digits(characters, 16, 2, 0).map(Piece::Code),
        'u' => char::from_u32(digits(characters, 16, 4, 0)?)?,
        'U' => char::from_u32(digits(characters, 16, 8, 0)?)?,
        first @ '0'..='3' => {
            let first = first.to_digit(8)?;
            return digits(characters, 8, 2, first).map(Piece::Code);
        }
        _ => return None,
    };
    Some(Piece::Character(character))
}

fn digits(characters: &mut Characters<'_>, radix: u32, count: usize, first: u32) -> Option<u32> {
    (0..count).try_fold(first, |number, _| {
        let digit = characters.next()?.to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}

/// A whole number, decimal or hexadecimal, with its sign.
pub(super) fn int(text: &str, negative: bool) -> Option<i64> {
    let magnitude = i128::from(magnitude(text)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A whole number with its suffix `u`.
pub(super) fn uint(text: &str) -> Option<u64> {
    magnitude(text.strip_suffix(['u', 'U']).unwrap_or(text))
}

fn magnitude(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A double; `None` if it is too large.
pub(super) fn double(text: &str, negative: bool) -> Option<f64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_stands_for_a_character() {
        let rows = [
            (r"a\nb", Some("a\nb")),
            (r"\x41\101\u00fC\U0001F600", Some("AAü😀")),
            (r#"\"\'\`\?\\"#, Some("\"'`?\\")),
            (r"\q", None),
            (r"\x4", None),
            (r"\ud800", None),
            (r"\400", None),
        ];
        for (body, expected) in rows {
            assert_eq!(text(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn in_bytes_a_code_is_one_byte() {
        assert_eq!(bytes(r"\xff\377ü"), Some(vec![255, 255, 0xc3, 0xbc]));
        assert_eq!(bytes(r"\u00ff"), None);
    }
}
