//! Simulated nodes: they play kubelets without containers. What a pod does on them is decided by
//! rules that are data; a pod's life is a pure state machine; a node keeps its Lease and status fresh.

mod address;
mod duration;
pub mod metrics;
pub mod node;
pub mod pod;
mod rules;
mod script;
mod usage;

pub use address::node_address;
pub use rules::{
    EXIT_AFTER_ANNOTATION, EXIT_CODE_ANNOTATION, Probing, Pull, Rejection, Rule, Rules, RulesError,
};
pub use usage::{CPU_ANNOTATION, MEMORY_ANNOTATION, Usage};

/// Nodes with this label are left alone: no Lease, no status, no pods played.
pub const GHOST_LABEL: &str = "ghost";
