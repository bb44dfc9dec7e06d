//! Follows a script: how long it takes and how it ends. `sleep` takes its time; what is not known takes
//! none and succeeds, and a script of nothing else is taken for a program that runs on.

use std::time::Duration;

use super::{
    Exit, Variables,
    lex::{self, Part, Word},
    sleep,
    tree::{Command, Link, List, When},
};

pub(super) fn run(list: &List, variables: Variables<'_>) -> Option<Exit> {
    let mut shell = Shell { variables, after: Duration::ZERO, code: 0, is_known: false };
    match shell.list(list) {
        Flow::RunsOn => None,
        Flow::Goes if !shell.is_known => None,
        Flow::Goes | Flow::Ended => Some(Exit { after: shell.after, code: shell.code }),
    }
}

struct Shell<'a> {
    variables: Variables<'a>,
    after: Duration,
    /// Of the last command.
    code: i32,
    /// A command was met that says when it ends.
    is_known: bool,
}

/// What comes after a command.
enum Flow {
    /// The next one.
    Goes,
    /// Nothing: the script is over.
    Ended,
    /// Nothing, for ever.
    RunsOn,
}

impl Shell<'_> {
    fn list(&mut self, list: &List) -> Flow {
        for Link { when, command } in list {
            let is_due = match when {
                When::Always => true,
                When::Success => self.code == 0,
                When::Failure => self.code != 0,
            };
            if !is_due {
                continue;
            }
            match self.command(command) {
                Flow::Goes => {}
                other @ (Flow::Ended | Flow::RunsOn) => return other,
            }
        }
        Flow::Goes
    }

    fn command(&mut self, command: &Command) -> Flow {
        match command {
            Command::Simple(words) => self.simple(words),
            Command::If { branches, otherwise } => self.choose(branches, otherwise),
        }
    }

    fn choose(&mut self, branches: &[(List, List)], otherwise: &List) -> Flow {
        for (condition, body) in branches {
            match self.list(condition) {
                Flow::Goes if self.code == 0 => return self.list(body),
                Flow::Goes => {}
                other @ (Flow::Ended | Flow::RunsOn) => return other,
            }
        }
        self.code = 0;
        self.list(otherwise)
    }

    fn simple(&mut self, words: &[Word]) -> Flow {
        let words: Vec<String> = words.iter().map(|word| self.expand(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (is_negated, words) = match words.as_slice() {
            ["!", rest @ ..] => (true, rest),
            all => (false, all),
        };
        let flow = self.program(words);
        if is_negated {
            self.code = i32::from(self.code == 0);
        }
        flow
    }

    fn program(&mut self, words: &[&str]) -> Flow {
        let code = match words {
            ["exec", rest @ ..] if rest.first() != Some(&"sleep") => return Flow::RunsOn,
            ["exec", rest @ ..] => return self.program(rest),
            ["exit"] => return Flow::Ended,
            ["exit", code, ..] => {
                // What is no number fails.
                self.code = code.parse().unwrap_or(2);
                return Flow::Ended;
            }
            ["sleep" | "/bin/sleep", time, ..] => {
                let Some(time) = sleep(time) else { return Flow::RunsOn };
                self.after += time;
                0
            }
            ["true" | ":"] => 0,
            ["false"] => 1,
            ["[", condition @ .., "]"] | ["test", condition @ ..] => i32::from(!holds(condition)),
            _ => {
                self.code = 0;
                return Flow::Goes;
            }
        };
        self.is_known = true;
        self.code = code;
        Flow::Goes
    }

    fn expand(&self, word: &Word) -> String {
        let parts = word.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable(name) => (self.variables)(name).unwrap_or_default(),
            Part::Command(text) => self.substitute(text),
            Part::Sum(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                self.calculate(&words).map(|number| number.to_string()).unwrap_or_default()
            }
        });
        parts.collect()
    }

    /// What `expr` or `echo` prints.
    fn substitute(&self, text: &str) -> String {
        let words = lex::tokens(text).into_iter().flatten().map(|token| match token {
            lex::Token::Word(word) => self.expand(&word),
            lex::Token::Then | lex::Token::And | lex::Token::Or => String::new(),
        });
        let words: Vec<String> = words.collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["echo", rest @ ..] => rest.join(" "),
            ["expr", rest @ ..] => {
                self.calculate(rest).map(|number| number.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// A number, or two with a sign between them.
    fn calculate(&self, words: &[&str]) -> Option<i64> {
        let number = |text: &str| {
            let text = text.trim_start_matches('$');
            text.parse().ok().or_else(|| (self.variables)(text)?.parse().ok())
        };
        match words {
            [only] => number(only),
            [left, sign, right] => {
                let (left, right): (i64, i64) = (number(left)?, number(right)?);
                match *sign {
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    "*" => left.checked_mul(right),
                    "/" => left.checked_div(right),
                    "%" => left.checked_rem(right),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether `test` says so.
fn holds(condition: &[&str]) -> bool {
    let numbers = |left: &str, right: &str| -> Option<(i64, i64)> {
        Some((left.parse().ok()?, right.parse().ok()?))
    };
    match condition {
        ["!", rest @ ..] => !holds(rest),
        ["-z", text] => text.is_empty(),
        ["-n", text] | [text] => !text.is_empty(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, sign, right] => numbers(left, right).is_some_and(|(left, right)| match *sign {
            "-eq" => left == right,
            "-ne" => left != right,
            "-lt" => left < right,
            "-le" => left <= right,
            "-gt" => left > right,
            "-ge" => left >= right,
            _ => false,
        }),
        _ => false,
    }
}
