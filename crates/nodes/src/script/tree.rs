//! Words and signs as commands: `if`, and what is done one after the other.

use super::lex::{Token, Word};

/// Commands in their order.
pub(super) type List = Vec<Link>;

/// A command, done if the one before it ended so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) when: When,
    pub(super) command: Command,
}

/// When a command is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// The last one succeeded.
    Success,
    /// The last one failed.
    Failure,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Vec<Word>),
    /// Conditions with what is done where they hold, and what is done where none does.
    If {
        branches: Vec<(List, List)>,
        otherwise: List,
    },
}

/// The commands of a script; `None` if it is not complete, or loops.
pub(super) fn parse(tokens: Vec<Token>) -> Option<List> {
    let mut reader = Reader { tokens, at: 0 };
    let list = reader.list(&[])?;
    (reader.at == reader.tokens.len()).then_some(list)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }
    /// The next word, if it is one that is written out.
    fn keyword(&self) -> Option<&str> {
        match self.peek()? {
            Token::Word(word) => word.literal(),
            Token::Then | Token::And | Token::Or => None,
        }
    }
    fn expect(&mut self, keyword: &str) -> Option<()> {
        let is_there = self.keyword() == Some(keyword);
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// Commands up to one of the words that end them.
    fn list(&mut self, ends: &[&str]) -> Option<List> {
        let mut list = List::new();
        let mut when = When::Always;
        while let Some(token) = self.peek() {
            let sign = match token {
                Token::Then => Some(When::Always),
                Token::And => Some(When::Success),
                Token::Or => Some(When::Failure),
                Token::Word(_) => None,
            };
            if let Some(sign) = sign {
                when = sign;
                self.at += 1;
                continue;
            }
            if self.keyword().is_some_and(|word| ends.contains(&word)) {
                break;
            }
            let command = self.command()?;
            list.push(Link { when, command });
            when = When::Always;
        }
        Some(list)
    }

    fn command(&mut self) -> Option<Command> {
        match self.keyword() {
            Some("if") => self.branches(),
            Some("while" | "until" | "for" | "case") => None,
            _ => Some(self.simple()),
        }
    }

    fn simple(&mut self) -> Command {
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        Command::Simple(words)
    }

    fn branches(&mut self) -> Option<Command> {
        let mut branches = Vec::new();
        self.expect("if")?;
        loop {
            let condition = self.list(&["then"])?;
            self.expect("then")?;
            let body = self.list(&["elif", "else", "fi"])?;
            branches.push((condition, body));
            if self.expect("elif").is_none() {
                break;
            }
        }
        let otherwise = match self.expect("else") {
            Some(()) => self.list(&["fi"])?,
            None => List::new(),
        };
        self.expect("fi")?;
        Some(Command::If { branches, otherwise })
    }
}
