//! Programs that are run for what they answer.

use std::path::PathBuf;

use crate::BoxFuture;

/// A program that is to be run once. What it tells of errors goes where this process tells of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// A path, or a name that is looked for where the system looks for programs.
    pub command: PathBuf,
    pub arguments: Vec<String>,
    /// Names and values beside those that this process has.
    pub environment: Vec<(String, String)>,
    pub input: Input,
}

/// What a program can ask of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing: it reads the end of a file at once.
    Nothing,
    /// What somebody types who sits before this process.
    Terminal,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// `None` if it was killed.
    pub code: Option<i32>,
    /// What it wrote.
    pub output: Vec<u8>,
}

/// A program did not run to its end. `Missing` is told apart because people can do something about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    #[error("{command}: no such program")]
    Missing { command: String },
    #[error("{command}: {reason}")]
    Failed { command: String, reason: String },
}

/// A place where programs can be run.
pub trait Processes: Send + Sync {
    /// Whether somebody is there to answer a program's questions.
    fn has_terminal(&self) -> bool;
    /// Runs a program to its end; it is killed if nobody waits for that any more.
    ///
    /// The future's errors: there is no such program, or it cannot be run, or it writes without end.
    fn run(&self, program: Program) -> BoxFuture<Result<Finished, ProcessError>>;
}

/// Where no programs are.
#[derive(Debug, Clone, Copy)]
pub struct NoProcesses;

impl Processes for NoProcesses {
    fn has_terminal(&self) -> bool {
        false
    }
    fn run(&self, program: Program) -> BoxFuture<Result<Finished, ProcessError>> {
        let command = program.command.display().to_string();
        Box::pin(async { Err(ProcessError::Missing { command }) })
    }
}
