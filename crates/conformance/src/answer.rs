//! What a command answered, as one text that can be compared.

use std::fmt::Write as _;

use serde_json::Value;

use crate::mask::masked;

/// Exit code and output of a command.
#[derive(Debug, Clone)]
pub struct Answer {
    pub command: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    /// The answer of a command that must succeed.
    #[must_use]
    pub fn expect_success(self) -> Self {
        assert!(self.code == 0, "$ {}\n{}", self.command, self.text());
        self
    }

    /// Its output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            assert!(
                self.stdout.is_empty(),
                "$ {}\nno JSON: {error}\n{}",
                self.command,
                self.text()
            );
            Value::Null
        })
    }

    /// Masked output; lines of stderr begin with `! `, and a code other than 0 ends it.
    pub fn text(&self) -> String {
        self.text_without(&[])
    }

    /// The same after replacing texts that only this run has.
    pub fn text_without(&self, own: &[(&str, &str)]) -> String {
        let masked = |text: &str| {
            masked(&own.iter().fold(text.to_owned(), |text, (own, name)| text.replace(own, name)))
        };
        let mut text = masked(&self.stdout);
        for line in masked(&self.stderr).lines() {
            let _ = writeln!(text, "{}", format!("! {line}").trim_end());
        }
        if self.code != 0 {
            let _ = writeln!(text, "exit code {}", self.code);
        }
        text
    }
}
