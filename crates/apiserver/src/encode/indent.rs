//! JSON for people: two blanks a level, as Go writes it.

/// Indents valid JSON without looking into strings.
pub(crate) fn indent(json: &[u8]) -> Vec<u8> {
    let mut indented = Vec::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut previous = 0;
    for &byte in json {
        if in_string {
            indented.push(byte);
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(byte, b'}' | b']');
        if closes {
            depth -= 1;
        }
        let opened = matches!(previous, b'{' | b'[');
        if (opened && !closes) || (closes && !opened) || previous == b',' {
            new_line(&mut indented, depth);
        }
        indented.push(byte);
        match byte {
            b'{' | b'[' => depth += 1,
            b':' => indented.push(b' '),
            b'"' => in_string = true,
            _ => {}
        }
        previous = byte;
    }
    indented
}

fn new_line(indented: &mut Vec<u8>, depth: usize) {
    indented.push(b'\n');
    indented.resize(indented.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(json: &str, wanted: Expect) {
        wanted.assert_eq(&String::from_utf8(indent(json.as_bytes())).unwrap());
    }

    #[test]
    fn objects_and_lists_are_indented_and_empty_ones_stay_short() {
        check(
            r#"{"a":[1,{"b":"x"}],"c":{},"d":[]}"#,
            expect![[r#"
            {
              "a": [
                1,
                {
                  "b": "x"
                }
              ],
              "c": {},
              "d": []
            }"#]],
        );
    }

    #[test]
    fn strings_keep_what_looks_like_structure() {
        check(
            r#"{"a":"{\"x\":[1,2]} \\"}"#,
            expect![[r#"
            {
              "a": "{\"x\":[1,2]} \\"
            }"#]],
        );
    }
}
