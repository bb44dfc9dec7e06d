//! Words, numbers, texts and signs of an expression.

use super::literal;
use crate::issue::Issue;

/// A token and where it begins, in code points.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) offset: usize,
    /// As it is written, for messages.
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Identifier,
    /// Between back quotes; only after a dot.
    Quoted,
    Int,
    Uint,
    Double,
    String(String),
    Bytes(Vec<u8>),
    /// A sign, or a word that is one: `in`, `true`, `false`, `null`.
    Sign(&'static str),
    End,
}

/// Longer signs come before those that they begin with.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":",
    "+", "*", "/", "%", "<", ">",
];
const WORD_SIGNS: [&str; 4] = ["in", "true", "false", "null"];

pub(super) struct Lexer<'s> {
    source: &'s str,
    characters: Vec<char>,
    at: usize,
}

/// All tokens, the last of which is the end, and what was no token and is left out.
pub(super) fn tokens(source: &str) -> (Vec<Token>, Vec<Issue>) {
    let mut lexer = Lexer { source, characters: source.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    let mut issues = Vec::new();
    loop {
        lexer.skip_blanks();
        let offset = lexer.at;
        let kind = match lexer.token() {
            Ok(kind) => kind,
            Err(issue) => {
                issues.push(issue);
                continue;
            }
        };
        let is_end = kind == TokenKind::End;
        let text = if is_end { "<EOF>".to_owned() } else { lexer.text_from(offset) };
        tokens.push(Token { kind, offset, text });
        if is_end {
            return (tokens, issues);
        }
    }
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }
    fn text_from(&self, offset: usize) -> String {
        self.characters[offset..self.at].iter().collect()
    }
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }
    /// What has been taken since `offset`, and at least one character, is no token.
    fn unrecognized(&mut self, offset: usize) -> Issue {
        self.at = self.at.clamp(offset + 1, self.characters.len());
        let text = self.text_from(offset);
        Issue::at(
            self.source,
            offset,
            format!("Syntax error: token recognition error at: '{text}'"),
        )
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}'));
            if self.peek(0) != Some('/') || self.peek(1) != Some('/') {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn token(&mut self) -> Result<TokenKind, Issue> {
        let Some(first) = self.peek(0) else { return Ok(TokenKind::End) };
        if let Some(text) = self.quoted_text()? {
            return Ok(text);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(self.word());
        }
        let is_fraction = first == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || is_fraction {
            return Ok(self.number());
        }
        if first == '`' {
            return self.quoted_identifier();
        }
        let offset = self.at;
        let sign = SIGNS
            .iter()
            .find(|sign| sign.chars().enumerate().all(|(index, c)| self.peek(index) == Some(c)));
        let Some(sign) = sign else {
            // What begins a longer sign is told with the character that does not go on with it.
            self.at += if matches!(first, '|' | '&' | '=') { 2 } else { 1 };
            return Err(self.unrecognized(offset));
        };
        self.at += sign.len();
        Ok(TokenKind::Sign(sign))
    }

    fn word(&mut self) -> TokenKind {
        let offset = self.at;
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let word = self.text_from(offset);
        let sign = WORD_SIGNS.iter().find(|sign| **sign == word);
        sign.map_or(TokenKind::Identifier, |sign| TokenKind::Sign(sign))
    }

    fn quoted_identifier(&mut self) -> Result<TokenKind, Issue> {
        let offset = self.at;
        self.at += 1;
        self.take_while(|c| c.is_ascii_alphanumeric() || "_.-/ ".contains(c));
        if self.peek(0) != Some('`') || self.at == offset + 1 {
            return Err(self.unrecognized(offset));
        }
        self.at += 1;
        Ok(TokenKind::Quoted)
    }

    fn number(&mut self) -> TokenKind {
        if self.peek(0) == Some('0')
            && self.peek(1) == Some('x')
            && self.peek(2).is_some_and(|c| c.is_ascii_hexdigit())
        {
            self.at += 2;
            self.take_while(|c| c.is_ascii_hexdigit());
            return self.unsigned_suffix();
        }
        self.take_while(|c| c.is_ascii_digit());
        let mut is_double = false;
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            is_double = true;
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        if matches!(self.peek(0), Some('e' | 'E')) {
            let signed = usize::from(matches!(self.peek(1), Some('+' | '-')));
            if self.peek(1 + signed).is_some_and(|c| c.is_ascii_digit()) {
                is_double = true;
                self.at += 1 + signed;
                self.take_while(|c| c.is_ascii_digit());
            }
        }
        if is_double { TokenKind::Double } else { self.unsigned_suffix() }
    }

    fn unsigned_suffix(&mut self) -> TokenKind {
        if matches!(self.peek(0), Some('u' | 'U')) {
            self.at += 1;
            return TokenKind::Uint;
        }
        TokenKind::Int
    }

    /// A text or bytes, if one begins here.
    fn quoted_text(&mut self) -> Result<Option<TokenKind>, Issue> {
        let offset = self.at;
        let is_bytes = matches!(self.peek(0), Some('b' | 'B'));
        let after = usize::from(is_bytes);
        let is_raw = matches!(self.peek(after), Some('r' | 'R'));
        let prefix = after + usize::from(is_raw);
        let Some(quote @ ('"' | '\'')) = self.peek(prefix) else { return Ok(None) };
        self.at += prefix;
        let is_triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let quotes = if is_triple { 3 } else { 1 };
        self.at += quotes;
        let start = self.at;
        loop {
            let Some(next) = self.peek(0) else { return Err(self.unrecognized(offset)) };
            if next == quote
                && (!is_triple || self.peek(1) == Some(quote) && self.peek(2) == Some(quote))
            {
                break;
            }
            if !is_triple && matches!(next, '\n' | '\r') {
                return Err(self.unrecognized(offset));
            }
            self.at += if next == '\\' && !is_raw { 2 } else { 1 };
        }
        let body = self.characters[start..self.at].iter().collect::<String>();
        self.at += quotes;
        let token = if is_bytes {
            let bytes = if is_raw { Some(body.into_bytes()) } else { literal::bytes(&body) };
            bytes.map(TokenKind::Bytes)
        } else {
            let text = if is_raw { Some(body) } else { literal::text(&body) };
            text.map(TokenKind::String)
        };
        token.map(Some).ok_or_else(|| self.unrecognized(offset))
    }
}
