//! The commands that say whether a change is good.

use anyhow::Result;

use crate::{
    parity,
    process::{cargo, cargo_with_release, program, target},
    tidy, tools,
};

/// What the simulator runs for every change: seeds, seeds of two leaders, power cuts.
const SIMULATIONS: [[&str; 2]; 3] =
    [["--seeds", "250"], ["--leaders", "100"], ["--power-cuts", "10000"]];

/// In one go: each alone would build what they share once more, with other features.
const RELEASE: [&str; 5] = ["build", "--release", "--bins", "--example", "website"];

const OPENAPI_EXAMPLE: &str = "examples/k8s-openapi/Cargo.toml";
const SCHEDULER_PLUGIN: &str = "control-plane/custom-scheduler-plugin/Cargo.toml";

/// The catalogue of bugs, on the product and on its mutants. Of the whole workspace, though one crate has
/// such a test: its dependencies are then those that the release build has.
const CATALOGUE: [&str; 7] =
    ["test", "--release", "--workspace", "--features", "sim/mutants", "--test", "catalogue"];

/// `cargo xtask check`.
pub(crate) fn check(_: &[String]) -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])?;
    cargo(&["test", "--workspace", "--exclude", "conformance", "--lib", "--bins"])
}

/// `cargo xtask ci`: the test command of the README.
pub(crate) fn ci(_: &[String]) -> Result<()> {
    tools::run(&[])?;
    tidy::run(&[])?;
    parity::run(&[])?;
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])?;
    cargo(&["test", "--workspace", "--exclude", "conformance"])?;
    cargo(&RELEASE)?;
    // It has a lock of its own, and types of `k8s-openapi` that nothing else needs.
    let target = target();
    let folder = target.display().to_string();
    cargo(&["build", "--manifest-path", OPENAPI_EXAMPLE, "--target-dir", &folder])?;
    // As crates of others are; the conformance suites run its binary.
    cargo(&["test", "--manifest-path", SCHEDULER_PLUGIN, "--target-dir", &folder])?;
    let sim = target.join("release/sim");
    SIMULATIONS.iter().try_for_each(|simulation| program(&sim, simulation))?;
    catalogue(&[])?;
    cargo_with_release(&["test", "--package", "conformance", "--no-fail-fast"])
}

/// `cargo xtask catalogue`: each row on the product and on its mutant, then the systematic plans.
pub(crate) fn catalogue(arguments: &[String]) -> Result<()> {
    let mut command = CATALOGUE.to_vec();
    command.push("--");
    command.extend(arguments.iter().map(String::as_str));
    cargo(&command)
}

/// `cargo xtask sim`.
pub(crate) fn sim(arguments: &[String]) -> Result<()> {
    let mut command = vec!["run", "--release", "--quiet", "--bin", "sim", "--"];
    command.extend(arguments.iter().map(String::as_str));
    cargo(&command)
}

/// `cargo xtask measure`; of the simulator alone with `sim`.
pub(crate) fn measure(arguments: &[String]) -> Result<()> {
    if arguments.first().is_some_and(|what| what == "sim") {
        return sim(&["--hours", "1"].map(str::to_owned));
    }
    cargo(&["build", "--release", "--quiet", "--bin", "pilothouse"])?;
    let mut command = vec!["run", "--release", "--quiet", "--bin", "measure", "--"];
    command.extend(arguments.iter().map(String::as_str));
    cargo(&command)
}
