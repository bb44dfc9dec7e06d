//! Flags of single controllers.

use std::time::Duration;

use app::flags::Flags;
use controllers::{
    endpointslice::SliceSettings, horizontalpodautoscaler::AutoscalerSettings,
    legacyserviceaccounttokencleaner::CleanUpPeriod, podgc::TerminatedPodThreshold,
    resourcequota::ResyncPeriod,
};
use runtime::Manager;

use super::autoscaler;

/// What the controllers are told.
#[derive(Debug)]
pub(crate) struct Settings {
    terminated_pods: TerminatedPodThreshold,
    slices: SliceSettings,
    quota_resync: ResyncPeriod,
    clean_up: CleanUpPeriod,
    autoscaler: AutoscalerSettings,
}

/// How many keys each controller may act on at once.
pub(super) const WORKERS: [(&str, &str); 21] = [
    ("concurrent-cron-job-syncs", "cronjob-controller"),
    ("concurrent-daemonset-syncs", "daemonset-controller"),
    ("concurrent-deployment-syncs", "deployment-controller"),
    ("concurrent-disruption-syncs", "disruption-controller"),
    ("concurrent-endpoint-syncs", "endpoints-controller"),
    ("concurrent-ephemeralvolume-syncs", "ephemeral-volume-controller"),
    ("concurrent-gc-syncs", "garbage-collector-controller"),
    ("concurrent-horizontal-pod-autoscaler-syncs", "horizontal-pod-autoscaler-controller"),
    ("concurrent-job-syncs", "job-controller"),
    ("concurrent-namespace-syncs", "namespace-controller"),
    ("concurrent-rc-syncs", "replicationcontroller-controller"),
    ("concurrent-replicaset-syncs", "replicaset-controller"),
    ("concurrent-resource-quota-syncs", "resourcequota-controller"),
    ("concurrent-resourceclaim-syncs", "resourceclaim-controller"),
    ("concurrent-service-endpoint-syncs", "endpointslice-controller"),
    ("concurrent-serviceaccount-token-syncs", "serviceaccount-token-controller"),
    ("concurrent-statefulset-syncs", "statefulset-controller"),
    ("concurrent-ttl-after-finished-syncs", "ttl-after-finished-controller"),
    (
        "concurrent-validating-admission-policy-status-syncs",
        "validatingadmissionpolicy-status-controller",
    ),
    ("concurrent-device-taint-eviction-syncs", "device-taint-eviction-controller"),
    ("mirroring-concurrent-service-endpoint-syncs", "endpointslice-mirroring-controller"),
];

/// No slice may list more.
const ENDPOINTS_MOST: usize = 1000;

impl Settings {
    /// The flags they come from.
    pub(super) const FLAGS: &[&str] = &[
        autoscaler::INITIALIZATION,
        autoscaler::READINESS_DELAY,
        autoscaler::STABILIZATION,
        autoscaler::SYNC_PERIOD,
        autoscaler::TOLERANCE,
        "endpointslice-updates-batch-period",
        "legacy-service-account-token-clean-up-period",
        "max-endpoints-per-slice",
        "resource-quota-sync-period",
        "terminated-pod-gc-threshold",
    ];

    /// # Errors
    /// A number is out of bounds.
    pub(super) fn read(flags: &Flags) -> Result<Self, String> {
        let threshold = i32::try_from(flags.integer("terminated-pod-gc-threshold"));
        let most = flags.integer("max-endpoints-per-slice");
        let endpoints_max = usize::try_from(most).unwrap_or(0);
        if !(1..=ENDPOINTS_MOST).contains(&endpoints_max) {
            return Err(format!("--max-endpoints-per-slice={most}: must be between 1 and 1000"));
        }
        let quota_resync = flags.duration("resource-quota-sync-period");
        Ok(Self {
            terminated_pods: TerminatedPodThreshold(threshold.unwrap_or_default()),
            slices: SliceSettings {
                endpoints_max,
                batch_period: flags.duration("endpointslice-updates-batch-period"),
            },
            quota_resync: ResyncPeriod(quota_resync.max(Duration::from_secs(1))),
            clean_up: CleanUpPeriod(flags.duration("legacy-service-account-token-clean-up-period")),
            autoscaler: autoscaler::settings(flags)?,
        })
    }

    /// Tells the controllers that are added after this.
    pub(super) fn provide(&self, manager: &mut Manager) {
        manager.informers.provide(self.terminated_pods);
        manager.informers.provide(self.slices);
        manager.informers.provide(self.quota_resync);
        manager.informers.provide(self.clean_up);
        manager.informers.provide(self.autoscaler.clone());
    }
}
