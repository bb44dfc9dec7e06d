//! How a command ends that could not do what was asked: one line, and an exit code.

use std::process::ExitCode;

use crate::output;

/// Why a command ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line says nothing that can be done: exit code 2. Or it asks for help.
    Usage(clap::Error),
    /// A value of the command line is wrong: exit code 2.
    Value(String),
    /// What was asked could not be done: exit code 1.
    Work(anyhow::Error),
}

impl Failure {
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Usage(error) if is_help(&error) => {
                // Asked for, it goes to stdout; instead of a command, to stderr. A closed pipe is the reader's choice.
                let _ = error.print();
                ExitCode::from(if error.use_stderr() { 2 } else { 0 })
            }
            Self::Usage(error) => {
                output::complain(&one_line(&error.to_string()));
                ExitCode::from(2)
            }
            Self::Value(message) => {
                output::complain(&message);
                ExitCode::from(2)
            }
            Self::Work(error) => {
                output::complain(&format!("{error:#}"));
                ExitCode::from(1)
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Work(error)
    }
}

fn is_help(error: &clap::Error) -> bool {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand)
}

/// What clap says over several lines, without the usage that follows it.
fn one_line(text: &str) -> String {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = said.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said: Vec<&str> = said.collect();
    said.join(" ").trim_start_matches("error: ").to_owned() + "; see --help"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_of_many_lines_becomes_one() {
        let text =
            "error: missing:\n  <KIND/NAME>\n\nUsage: explain\n\nFor more information, try.\n";
        assert_eq!(one_line(text), "missing: <KIND/NAME>; see --help");
    }
}
