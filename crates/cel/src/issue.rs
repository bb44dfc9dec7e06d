//! What is wrong with an expression before it runs, and where.

use std::fmt::{self, Write as _};

/// A mistake in the text of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What is wrong, in the reference's words.
    pub message: String,
    /// The line, from one.
    pub line: usize,
    /// The column in code points, from one.
    pub column: usize,
    /// The line's text.
    pub source: String,
}

impl Issue {
    pub(crate) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let mut line = 1;
        let mut start = 0;
        for (index, character) in source.chars().enumerate().take(offset) {
            if character == '\n' {
                line += 1;
                start = index + 1;
            }
        }
        let text: String = source.chars().skip(start).take_while(|c| *c != '\n').collect();
        Self { message: message.into(), line, column: offset - start.min(offset) + 1, source: text }
    }
}

/// The message, the line, and a mark under the column.
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ERROR: <input>:{}:{}: {}", self.line, self.column, self.message)?;
        writeln!(f, " | {}", self.source.replace('\t', " "))?;
        f.write_str(" | ")?;
        for character in self.source.chars().take(self.column - 1) {
            f.write_char(if character.is_ascii() { '.' } else { '．' })?;
        }
        let at = self.source.chars().nth(self.column - 1);
        f.write_char(if at.is_none_or(|c| c.is_ascii()) { '^' } else { '＾' })
    }
}

/// Every issue, one after the other.
pub fn describe(issues: &[Issue]) -> String {
    issues.iter().map(Issue::to_string).collect::<Vec<_>>().join("\n")
}
