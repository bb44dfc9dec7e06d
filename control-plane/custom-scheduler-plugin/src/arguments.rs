//! What a profile may say to the plugin.

use scheduler::framework::InvalidArguments;
use serde::Deserialize;

/// `RackSpreadArgs`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Arguments {
    /// The label of nodes that names their rack. Nodes without it take no pods that have an owner.
    pub rack_label: String,
    /// The label of nodes that says what they cost, as a whole number of any unit. Nodes without it count
    /// as the dearest.
    pub cost_label: String,
    /// So many replicas of one owner may be on one rack.
    pub replicas_per_rack_max: usize,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            rack_label: "topology.example.com/rack".to_owned(),
            cost_label: "node.example.com/cost-per-hour".to_owned(),
            replicas_per_rack_max: 1,
        }
    }
}

impl Arguments {
    /// # Errors
    /// No pod could ever be scheduled.
    pub(crate) fn validate(&self) -> Result<(), InvalidArguments> {
        if self.rack_label.is_empty() {
            return Err(InvalidArguments("rackLabel: Required value".to_owned()));
        }
        if self.replicas_per_rack_max == 0 {
            let text = "replicasPerRackMax: Invalid value: 0: must be greater than zero";
            return Err(InvalidArguments(text.to_owned()));
        }
        Ok(())
    }
}
