//! How many pods there should be, and how many of them must serve.

use api::views::PodDisruptionBudgetSpec;
use meta::int_or_string::{IntOrString, Rounding};

use super::{observe::Guarded, scales::Scales};

/// What a budget asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Expected {
    /// Pods there should be.
    pub(super) pods: i32,
    /// Pods that must serve.
    pub(super) healthy: i32,
}

/// Whether it depends on the owners of the pods what a budget asks for.
pub(super) const fn counts_owners(spec: &PodDisruptionBudgetSpec) -> bool {
    if spec.max_unavailable.is_some() {
        return true;
    }
    matches!(spec.min_available, Some(IntOrString::String(_)))
}

/// What a budget asks for.
///
/// # Errors
/// Nobody can say what the owners want, or a share is none.
pub(super) fn expected(guarded: &Guarded) -> Result<Expected, String> {
    let spec = &guarded.budget.spec;
    let pods = match &guarded.scales {
        None => i32::try_from(guarded.pods.len()).unwrap_or(i32::MAX),
        Some(scales) => total(scales.as_ref().map_err(Clone::clone)?),
    };
    let healthy = match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => pods.saturating_sub(share(most, pods)?).max(0),
        (None, Some(least)) => share(least, pods)?,
        (None, None) => return Ok(Expected::default()),
    };
    Ok(Expected { pods, healthy })
}

fn total(scales: &Scales) -> i32 {
    scales.wanted.values().fold(0, |sum, wanted| sum.saturating_add(*wanted))
}

fn share(part: &IntOrString, total: i32) -> Result<i32, String> {
    let invalid =
        || "invalid value for IntOrString: invalid type: string is not a percentage".to_owned();
    part.scaled(total, Rounding::Up).ok_or_else(invalid)
}
