//! The one binary: reads the command line and wires libraries together.

mod api_server;
mod audit;
mod cli;
mod clock;
mod component;
mod controller_manager;
mod delegation;
mod etcd;
mod etcd_server;
mod explain;
mod failure;
mod faults;
mod kube_apiserver;
mod named_object;
mod node_failure;
mod output;
mod process;
mod reach;
mod rules;
mod server;
mod store;
mod trace;
mod up;
mod usage;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
