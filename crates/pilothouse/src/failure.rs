//! How a command ends that could not do what was asked: one line, and an exit code.

use std::process::ExitCode;

use crate::output;

/// Why a command ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line says nothing that can be done: exit code 2, after clap's own text.
    Usage(clap::Error),
    /// A value of the command line is wrong: exit code 2.
    Value(String),
    /// What was asked could not be done: exit code 1.
    Work(anyhow::Error),
}

impl Failure {
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Usage(error) => {
                let code = u8::try_from(error.exit_code()).unwrap_or(2);
                // Help and version go to stdout, everything else to stderr.
                let _ = error.print();
                ExitCode::from(code)
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
