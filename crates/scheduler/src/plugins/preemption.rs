//! What evicting others could do for a pod that fits nowhere. It evicts nobody yet: it says what the
//! reference says when there is nobody to evict, and nothing when there is.

use api::views::Pod;
use meta::text::Text;

use crate::{
    Snapshot,
    framework::{Code, CycleState, Plugin, Rejection},
    message,
};

#[derive(Debug)]
pub(super) struct DefaultPreemption;

impl Plugin for DefaultPreemption {
    fn name(&self) -> &'static str {
        "DefaultPreemption"
    }
    fn post_filter(
        &self,
        _state: &CycleState,
        pod: &Pod,
        snapshot: &Snapshot,
        rejected: &[(Text, Rejection)],
    ) -> Option<String> {
        let priority = pod.spec.priority.unwrap_or(0);
        let mut reasons = Vec::new();
        for (name, rejection) in rejected {
            if rejection.code != Code::Unschedulable {
                reasons.push("Preemption is not helpful for scheduling".to_owned());
                continue;
            }
            let info = snapshot.node(name)?;
            let lower =
                |placed: &crate::snapshot::Placed| placed.pod.spec.priority.unwrap_or(0) < priority;
            if info.pods.values().any(lower) {
                return None;
            }
            reasons.push("No preemption victims found for incoming pod".to_owned());
        }
        Some(format!("preemption: {}", message::unavailable(rejected.len(), &reasons)))
    }
}
