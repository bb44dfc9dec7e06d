//! The one binary: reads the command line and wires libraries together.

mod cli;
mod clock;
mod controller_manager;
mod explain;
mod failure;
mod output;
mod reach;
mod up;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
