//! The query form of label selectors, `app=web,tier in (a,b),!old`, with its known complaints.

use std::collections::BTreeSet;

use super::label::{InvalidSelector, Operator, Requirement, Selector, invalid_key};

const SYMBOLS: &str = "=!(),><";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    In,
    NotIn,
    Bang,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    Open,
    Close,
    Comma,
    End,
}

/// Reads a selector; requirements come out sorted by key.
pub(super) fn parse(text: &str) -> Result<Selector, InvalidSelector> {
    let mut parser = Parser { tokens: tokens(text), position: 0 };
    parser.selector().map_err(|message| InvalidSelector { message })
}

struct Parser<'a> {
    tokens: Vec<(Token, &'a str)>,
    position: usize,
}

fn tokens(text: &str) -> Vec<(Token, &str)> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let (token, length) = first_token(rest);
        tokens.push((token, &rest[..length]));
        rest = rest[length..].trim_start_matches(is_blank);
    }
    tokens
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn first_token(rest: &str) -> (Token, usize) {
    let symbols = [
        ("==", Token::DoubleEquals),
        ("!=", Token::NotEquals),
        ("=", Token::Equals),
        ("!", Token::Bang),
        ("(", Token::Open),
        (")", Token::Close),
        (",", Token::Comma),
        (">", Token::Greater),
        ("<", Token::Less),
    ];
    if let Some((text, token)) = symbols.iter().find(|(text, _)| rest.starts_with(text)) {
        return (*token, text.len());
    }
    let length = rest.find(|c| is_blank(c) || SYMBOLS.contains(c)).unwrap_or(rest.len());
    match &rest[..length] {
        "in" => (Token::In, length),
        "notin" => (Token::NotIn, length),
        _ => (Token::Word, length),
    }
}

impl<'a> Parser<'a> {
    fn peek_operator(&self) -> (Token, &'a str) {
        self.tokens.get(self.position).copied().unwrap_or((Token::End, ""))
    }

    /// Where a key or value is expected, `in` and `notin` are words like others.
    fn peek(&self) -> (Token, &'a str) {
        let (token, text) = self.peek_operator();
        if matches!(token, Token::In | Token::NotIn) { (Token::Word, text) } else { (token, text) }
    }

    fn take(&mut self) -> (Token, &'a str) {
        let found = self.peek();
        self.position += 1;
        found
    }

    fn selector(&mut self) -> Result<Selector, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                (Token::Word | Token::Bang, _) => {}
                (Token::End, _) => return Ok(Selector::sorted(requirements)),
                (_, found) => {
                    return Err(format!(
                        "found '{found}', expected: !, identifier, or 'end of string'"
                    ));
                }
            }
            let requirement = self.requirement();
            requirements.push(
                requirement.map_err(|error| format!("unable to parse requirement: {error}"))?,
            );
            match self.take() {
                (Token::End, _) => return Ok(Selector::sorted(requirements)),
                (Token::Comma, _) => {}
                (_, found) => {
                    return Err(format!("found '{found}', expected: ',' or 'end of string'"));
                }
            }
            let (token, found) = self.peek();
            if !matches!(token, Token::Word | Token::Bang) {
                return Err(format!("found '{found}', expected: identifier after ','"));
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.take();
        let negated = token == Token::Bang;
        if negated {
            (token, key) = self.take();
        }
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(message) = invalid_key("<nil>", key) {
            return Err(message);
        }
        let made = |operator, values| {
            Requirement::new(key, operator, values).map_err(|error| error.to_string())
        };
        if negated {
            return made(Operator::DoesNotExist, BTreeSet::new());
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return made(Operator::Exists, BTreeSet::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            Operator::Equals
            | Operator::DoubleEquals
            | Operator::NotEquals
            | Operator::Exists
            | Operator::DoesNotExist
            | Operator::GreaterThan
            | Operator::LessThan => self.one_value()?,
        };
        made(operator, values)
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let (token, found) = self.peek_operator();
        self.position += 1;
        match token {
            Token::In => Ok(Operator::In),
            Token::NotIn => Ok(Operator::NotIn),
            Token::Equals => Ok(Operator::Equals),
            Token::DoubleEquals => Ok(Operator::DoubleEquals),
            Token::NotEquals => Ok(Operator::NotEquals),
            Token::Greater => Ok(Operator::GreaterThan),
            Token::Less => Ok(Operator::LessThan),
            Token::Word | Token::Bang | Token::Open | Token::Close | Token::Comma | Token::End => {
                Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt"))
            }
        }
    }

    fn one_value(&mut self) -> Result<BTreeSet<String>, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(BTreeSet::from([String::new()]));
        }
        let (token, found) = self.take();
        if token != Token::Word {
            return Err(format!("found '{found}', expected: identifier"));
        }
        Ok(BTreeSet::from([found.to_owned()]))
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let (token, found) = self.take();
        if token != Token::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        let (token, found) = self.peek();
        if token == Token::Close {
            self.position += 1;
            return Ok(BTreeSet::new());
        }
        if !matches!(token, Token::Word | Token::Comma) {
            return Err(format!("found '{found}', expected: ',', ')' or identifier"));
        }
        let values = self.listed_values()?;
        if self.take().0 != Token::Close {
            return Err(format!("found '{found}', expected: ')'"));
        }
        Ok(values)
    }

    /// Up to the closing parenthesis; nothing between two commas is the empty value.
    fn listed_values(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            let (token, found) = self.take();
            let (next, next_text) = self.peek();
            match (token, next) {
                (Token::Word, Token::Comma) => {
                    values.insert(found.to_owned());
                }
                (Token::Word, Token::Close) => {
                    values.insert(found.to_owned());
                    return Ok(values);
                }
                (Token::Word, _) => {
                    return Err(format!("found '{next_text}', expected: ',' or ')'"));
                }
                (Token::Comma, Token::Close) => {
                    values.insert(String::new());
                    return Ok(values);
                }
                (Token::Comma, Token::Comma) => {
                    values.insert(String::new());
                    self.position += 1;
                }
                (Token::Comma, _) if values.is_empty() => {
                    values.insert(String::new());
                }
                (Token::Comma, _) => {}
                _ => return Err(format!("found '{found}', expected: ',', or identifier")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> String {
        parse(text).map_or_else(|error| error.to_string(), |selector| selector.to_string())
    }

    #[test]
    fn prints_what_it_read_sorted_by_key() {
        let rows = [
            ("", ""),
            (" b = 1 , a != 2 ", "a!=2,b=1"),
            ("x in (b, a,b)", "x in (a,b)"),
            ("x notin (,a)", "x notin (,a)"),
            ("x in (a,,b)", "x in (,a,b)"),
            ("x in (a,)", "x in (,a)"),
            ("in,notin", "in,notin"),
            ("in in (in)", "in in (in)"),
            ("!a,b", "!a,b"),
            ("a=,b", "a=,b"),
            ("a==b", "a==b"),
            ("a>1,b<2", "a>1,b<2"),
        ];
        for (text, expected) in rows {
            assert_eq!(answer(text), expected, "{text}");
        }
    }

    #[test]
    fn says_what_it_expected() {
        let rows = [
            ("x in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a===b", "unable to parse requirement: found '=', expected: identifier"),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("a,", "found '', expected: identifier after ','"),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
            ("=a", "found '=', expected: !, identifier, or 'end of string'"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            ("x in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
            (
                "x in ()",
                "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' \
                 operators, values set can't be empty",
            ),
            (
                "a>b",
                "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' \
                 operators, the value must be an integer",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(answer(text), expected, "{text}");
        }
        assert!(answer("/c").starts_with(
            "unable to parse requirement: <nil>: Invalid value: \"/c\": prefix part must be"
        ));
        assert!(answer("a=_").starts_with(
            "unable to parse requirement: values[0][a]: Invalid value: \"_\": a valid label must"
        ));
    }

    proptest! {
        #[test]
        fn a_printed_selector_reads_the_same(
            text in "(!?[a-c](=[xy]?|!=[xy]| in \\([xy](,[xy])?\\)|>[0-9])?,)*d"
        ) {
            if let Ok(selector) = parse(&text) {
                prop_assert_eq!(parse(&selector.to_string()), Ok(selector));
            }
        }

        #[test]
        fn no_text_panics(text in "[ab=!(),>< in]{0,16}") {
            let _ = parse(&text);
        }
    }
}
