//! The project's scripts: `cargo xtask COMMAND`.

mod bugs;
mod ci;
mod drop_in;
mod events;
mod facts;
mod mutants;
mod parity;
mod process;
mod tidy;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// A command: its name, what it is for, and what runs it.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "catalogue",
        about: "[FILTER]  bugs of the past, on the product and on its mutants",
        run: ci::catalogue,
    },
    Command {
        name: "check",
        about: "format, clippy, unit tests: before each commit",
        run: ci::check,
    },
    Command { name: "ci", about: "everything that CI runs", run: ci::ci },
    Command {
        name: "drop-in",
        about: "our manager beside and in place of the reference's, which is built with Go",
        run: drop_in::run,
    },
    Command {
        name: "facts",
        about: "[--from DIR]  write crates/api/data from the tables of API facts",
        run: facts::run,
    },
    Command {
        name: "measure",
        about: "start | idle | deployment | controllers [FIGURE] | audit  figures of the release binary; sim: of the simulator",
        run: ci::measure,
    },
    Command {
        name: "mutants",
        about: "[--shard K/N]  whether tests notice each change of what decides (cargo install cargo-mutants)",
        run: mutants::run,
    },
    Command {
        name: "parity",
        about: "[bugs]  where each line of the reference, and each of its bugs, is tested",
        run: parity::run,
    },
    Command { name: "sim", about: "--seed N | --seeds N  run the simulated cluster", run: ci::sim },
    Command {
        name: "tidy",
        about: "what the style forbids and the compiler does not see",
        run: tidy::run,
    },
    Command {
        name: "tools",
        about: "install the kubectl releases that the conformance suites run",
        run: tools::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let name = arguments.first().map_or("", String::as_str);
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let lines: Vec<String> = COMMANDS
            .iter()
            .map(|command| format!("  {} {}", command.name, command.about))
            .collect();
        bail!("no command {name:?}; there are:\n{}", lines.join("\n"));
    };
    (command.run)(&arguments[1..])
}

/// A line for the person who started the script.
#[expect(clippy::print_stdout, reason = "a script talks to the person who started it")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a script talks to the person who started it")]
fn print_error(text: &str) {
    eprintln!("xtask: {text}");
}
