//! The flags of the horizontal pod autoscaler.

use app::flags::Flags;
use controllers::horizontalpodautoscaler::AutoscalerSettings;

pub(super) const SYNC_PERIOD: &str = "horizontal-pod-autoscaler-sync-period";
pub(super) const STABILIZATION: &str = "horizontal-pod-autoscaler-downscale-stabilization";
pub(super) const TOLERANCE: &str = "horizontal-pod-autoscaler-tolerance";
pub(super) const INITIALIZATION: &str = "horizontal-pod-autoscaler-cpu-initialization-period";
pub(super) const READINESS_DELAY: &str = "horizontal-pod-autoscaler-initial-readiness-delay";

/// What they say.
///
/// # Errors
/// A period that would never pass, or a tolerance that means nothing.
pub(super) fn settings(flags: &Flags) -> Result<AutoscalerSettings, String> {
    let settings = AutoscalerSettings {
        sync_period: flags.duration(SYNC_PERIOD),
        downscale_stabilization: flags.duration(STABILIZATION),
        tolerance: flags.float(TOLERANCE),
        cpu_initialization_period: flags.duration(INITIALIZATION),
        initial_readiness_delay: flags.duration(READINESS_DELAY),
    };
    if settings.sync_period.is_zero() {
        return Err(format!("--{SYNC_PERIOD} must be longer than nothing"));
    }
    if settings.tolerance.is_nan() || settings.tolerance < 0.0 {
        return Err(format!("--{TOLERANCE} must not be less than nothing"));
    }
    Ok(settings)
}
