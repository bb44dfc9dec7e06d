//! Feature gates: which there are, and what a command line says of them.

use std::collections::BTreeMap;

use crate::flags::{Flags, nearest};

/// How far a feature has come, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Alpha,
    Beta,
    Stable,
    Deprecated,
}

/// A gate of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    pub name: &'static str,
    pub stage: Stage,
    pub is_on: bool,
    /// It cannot be set any more.
    pub is_locked: bool,
}

/// `--feature-gates` cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    #[error("--feature-gates: unrecognized feature gate: {name}{}", .meant.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default())]
    Unknown { name: String, meant: Option<&'static str> },
    #[error("--feature-gates={name}={value}: neither true nor false")]
    NoBoolean { name: String, value: String },
    #[error("--feature-gates: cannot set feature gate {name} to {value}, feature is locked to {}", !.value)]
    Locked { name: &'static str, value: bool },
}

/// Sets all gates of a stage.
const ALL: [(&str, Stage); 2] = [("AllAlpha", Stage::Alpha), ("AllBeta", Stage::Beta)];
/// Gates of the components of a control plane may be prefixed.
const PREFIX: &str = "kube:";

impl Stage {
    /// As the label `stage` of `kubernetes_feature_enabled` has it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Alpha => "ALPHA",
            Self::Beta => "BETA",
            Self::Stable => "",
            Self::Deprecated => "DEPRECATED",
        }
    }
}

/// The gates of the reference's control plane as they are by default, by name.
pub fn known() -> BTreeMap<&'static str, Gate> {
    let lines = include_str!("../data/feature-gates.tsv").lines().map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, stage, default, mark) = (next(), next(), next(), next());
        let stage = match stage {
            "Alpha" => Stage::Alpha,
            "Beta" => Stage::Beta,
            "Deprecated" => Stage::Deprecated,
            _ => Stage::Stable,
        };
        (name, Gate { name, stage, is_on: default == "true", is_locked: mark == "locked" })
    });
    lines.collect()
}

/// The gates as the flags set them.
///
/// # Errors
/// A name is no gate's, a value is no boolean, or a gate is locked to the other one.
pub fn read(flags: &Flags) -> Result<BTreeMap<&'static str, Gate>, GateError> {
    let mut gates = known();
    let mut settings = Vec::new();
    for (name, value) in flags.entries("feature-gates") {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        let Some(gate) = gates.get(name) else {
            let meant = nearest(name, gates.keys().copied());
            return Err(GateError::Unknown { name: name.to_owned(), meant });
        };
        let value = value
            .parse::<bool>()
            .map_err(|_| GateError::NoBoolean { name: name.to_owned(), value: value.to_owned() })?;
        if gate.is_locked && gate.is_on != value {
            return Err(GateError::Locked { name: gate.name, value });
        }
        settings.push((gate.name, value));
    }
    // What is said of all comes before what is said of one.
    for (all, stage) in ALL {
        let Some((_, value)) = settings.iter().find(|(name, _)| *name == all) else { continue };
        for gate in gates.values_mut().filter(|gate| gate.stage == stage && !gate.is_locked) {
            gate.is_on = *value;
        }
    }
    for (name, value) in settings {
        gates.entry(name).and_modify(|gate| gate.is_on = value);
    }
    Ok(gates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::kube_controller_manager;

    fn check(setting: &str) -> Result<BTreeMap<&'static str, Gate>, String> {
        let argument = format!("--feature-gates={setting}");
        let flags = Flags::parse(&kube_controller_manager(), [argument]).unwrap();
        read(&flags).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_the_references() {
        let gates = check("").unwrap();
        assert!(gates["AtomicFIFO"].is_on);
        assert!(!gates["AllAlpha"].is_on);
        assert_eq!(gates["AllowServiceExternalIPs"].stage, Stage::Stable);
    }
    #[test]
    fn a_gate_is_set_with_the_components_prefix_or_without() {
        assert!(!check("AtomicFIFO=false").unwrap()["AtomicFIFO"].is_on);
        assert!(!check("kube:AtomicFIFO=false").unwrap()["AtomicFIFO"].is_on);
    }
    #[test]
    fn what_is_said_of_one_gate_outweighs_what_is_said_of_all() {
        let gates = check("AtomicFIFO=true,AllBeta=false").unwrap();
        assert!(gates["AtomicFIFO"].is_on);
        assert!(!gates["APIServerIdentity"].is_on);
    }
    #[test]
    fn what_cannot_be_set_is_refused() {
        for (setting, told) in [
            ("AtomicFifo=true", "unrecognized feature gate: AtomicFifo (did you mean AtomicFIFO?)"),
            ("AtomicFIFO=on", "--feature-gates=AtomicFIFO=on: neither true nor false"),
            (
                "AggregatedDiscoveryRemoveBetaType=false",
                "cannot set feature gate AggregatedDiscoveryRemoveBetaType to false, feature is locked to true",
            ),
        ] {
            assert!(check(setting).unwrap_err().ends_with(told), "{setting}: {:?}", check(setting));
        }
    }
}
