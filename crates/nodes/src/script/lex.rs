//! A script as words and the signs between them.

use std::{iter::Peekable, str::Chars};

/// A word or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;` or the end of a line.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A word before its variables have values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word(pub(super) Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// `$NAME`, `${NAME}`
    Variable(String),
    /// `$(…)`, without it.
    Command(String),
    /// `$((…))`, without it.
    Sum(String),
}

impl Word {
    /// The word as it is written, if it has no variables.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
    fn push(&mut self, letter: char) {
        match self.0.last_mut() {
            Some(Part::Text(text)) => text.push(letter),
            _ => self.0.push(Part::Text(letter.to_string())),
        }
    }
}

type Letters<'a> = Peekable<Chars<'a>>;

/// The tokens of a script; `None` if it does not end as it began, or does what is not followed here.
pub(super) fn tokens(script: &str) -> Option<Vec<Token>> {
    let mut letters = script.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(letter) = letters.peek().copied() {
        match letter {
            ' ' | '\t' | '\r' => drop(letters.next()),
            '#' if letters.by_ref().any(|letter| letter == '\n') => tokens.push(Token::Then),
            '#' => {}
            ';' | '\n' | '&' | '|' => tokens.push(sign(&mut letters)?),
            _ => tokens.push(Token::Word(word(&mut letters)?)),
        }
    }
    Some(tokens)
}

/// Pipes and work beside are not followed.
fn sign(letters: &mut Letters<'_>) -> Option<Token> {
    let first = letters.next()?;
    match (first, letters.peek()) {
        (';' | '\n', _) => Some(Token::Then),
        ('&', Some('&')) => letters.next().map(|_| Token::And),
        ('|', Some('|')) => letters.next().map(|_| Token::Or),
        _ => None,
    }
}

fn word(letters: &mut Letters<'_>) -> Option<Word> {
    let mut word = Word::default();
    while let Some(letter) = letters.peek().copied() {
        match letter {
            ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' => break,
            '\'' => quoted(letters, &mut word)?,
            '"' => double_quoted(letters, &mut word)?,
            '\\' => {
                letters.next();
                word.push(letters.next()?);
            }
            '$' => dollar(letters, &mut word)?,
            _ => {
                letters.next();
                word.push(letter);
            }
        }
    }
    Some(word)
}

fn quoted(letters: &mut Letters<'_>, word: &mut Word) -> Option<()> {
    letters.next();
    word.0.push(Part::Text(String::new()));
    loop {
        match letters.next()? {
            '\'' => return Some(()),
            letter => word.push(letter),
        }
    }
}

fn double_quoted(letters: &mut Letters<'_>, word: &mut Word) -> Option<()> {
    letters.next();
    word.0.push(Part::Text(String::new()));
    loop {
        match letters.peek()? {
            '"' => return letters.next().map(|_| ()),
            '$' => dollar(letters, word)?,
            '\\' => {
                letters.next();
                word.push(letters.next()?);
            }
            _ => word.push(letters.next()?),
        }
    }
}

fn dollar(letters: &mut Letters<'_>, word: &mut Word) -> Option<()> {
    letters.next();
    match letters.peek() {
        Some('{') => {
            letters.next();
            let name: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
            word.0.push(Part::Variable(name));
        }
        Some('(') => {
            letters.next();
            let inner = enclosed(letters)?;
            let sum = inner.strip_prefix('(').and_then(|sum| sum.strip_suffix(')'));
            let part = sum.map(|sum| Part::Sum(sum.to_owned()));
            word.0.push(part.unwrap_or(Part::Command(inner)));
        }
        Some(letter) if letter.is_alphabetic() || *letter == '_' => {
            let mut name = String::new();
            while let Some(letter) =
                letters.next_if(|letter| letter.is_alphanumeric() || *letter == '_')
            {
                name.push(letter);
            }
            word.0.push(Part::Variable(name));
        }
        _ => word.push('$'),
    }
    Some(())
}

/// What stands before the bracket that closes.
fn enclosed(letters: &mut Letters<'_>) -> Option<String> {
    let (mut inner, mut depth) = (String::new(), 1_u32);
    loop {
        let letter = letters.next()?;
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(inner);
        }
        inner.push(letter);
    }
}
