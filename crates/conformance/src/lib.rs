//! Runs the real binary with real clients: a laboratory per test, commands as a person types them, and
//! their answers as text that can be compared.
#![expect(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

pub mod answer;
pub mod audit_events;
pub mod background;
pub mod chance;
pub mod collector;
pub mod folder;
pub mod history;
pub mod lab;
pub mod load;
pub mod manifests;
pub mod mask;
pub mod page;
pub mod patience;
pub mod process;
pub mod tools;
pub mod transcript;
