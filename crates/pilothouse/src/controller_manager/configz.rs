//! `/configz`: the reference's configuration as the flags make it.

use app::flags::{Flags, Kind, kube_controller_manager};
use serde_json::{Value, json};

const GROUP: &str = "kubecontrollermanager.config.k8s.io";

/// Where the value of a flag stands. Flags that are not here have no place in the configuration.
const PLACES: &str = "
Generic.Address bind-address
Generic.Controllers controllers
Generic.ControllerStartInterval controller-start-interval
Generic.MinResyncPeriod min-resync-period
Generic.ClientConnection.kubeconfig kubeconfig
Generic.ClientConnection.contentType kube-api-content-type
Generic.ClientConnection.qps kube-api-qps
Generic.ClientConnection.burst kube-api-burst
Generic.Debugging.EnableProfiling profiling
Generic.Debugging.EnableContentionProfiling contention-profiling
Generic.LeaderElection.leaderElect leader-elect
Generic.LeaderElection.leaseDuration leader-elect-lease-duration
Generic.LeaderElection.renewDeadline leader-elect-renew-deadline
Generic.LeaderElection.retryPeriod leader-elect-retry-period
Generic.LeaderElection.resourceLock leader-elect-resource-lock
Generic.LeaderElection.resourceName leader-elect-resource-name
Generic.LeaderElection.resourceNamespace leader-elect-resource-namespace
Generic.LeaderMigrationEnabled enable-leader-migration
KubeCloudShared.AllocateNodeCIDRs allocate-node-cidrs
KubeCloudShared.ClusterCIDR cluster-cidr
KubeCloudShared.ClusterName cluster-name
KubeCloudShared.ConfigureCloudRoutes configure-cloud-routes
KubeCloudShared.UseServiceAccountCredentials use-service-account-credentials
AttachDetachController.ReconcilerSyncLoopPeriod attach-detach-reconcile-sync-period
AttachDetachController.DisableAttachDetachReconcilerSync disable-attach-detach-reconcile-sync
CSRSigningController.ClusterSigningCertFile cluster-signing-cert-file
CSRSigningController.ClusterSigningKeyFile cluster-signing-key-file
CSRSigningController.ClusterSigningDuration cluster-signing-duration
CronJobController.ConcurrentCronJobSyncs concurrent-cron-job-syncs
DaemonSetController.ConcurrentDaemonSetSyncs concurrent-daemonset-syncs
DeploymentController.ConcurrentDeploymentSyncs concurrent-deployment-syncs
EndpointController.ConcurrentEndpointSyncs concurrent-endpoint-syncs
EndpointController.EndpointUpdatesBatchPeriod endpoint-updates-batch-period
EndpointSliceController.ConcurrentServiceEndpointSyncs concurrent-service-endpoint-syncs
EndpointSliceController.MaxEndpointsPerSlice max-endpoints-per-slice
EndpointSliceController.EndpointUpdatesBatchPeriod endpointslice-updates-batch-period
EndpointSliceMirroringController.MirroringConcurrentServiceEndpointSyncs mirroring-concurrent-service-endpoint-syncs
EndpointSliceMirroringController.MirroringMaxEndpointsPerSubset mirroring-max-endpoints-per-subset
EndpointSliceMirroringController.MirroringEndpointUpdatesBatchPeriod mirroring-endpointslice-updates-batch-period
EphemeralVolumeController.ConcurrentEphemeralVolumeSyncs concurrent-ephemeralvolume-syncs
GarbageCollectorController.EnableGarbageCollector enable-garbage-collector
GarbageCollectorController.ConcurrentGCSyncs concurrent-gc-syncs
HPAController.ConcurrentHorizontalPodAutoscalerSyncs concurrent-horizontal-pod-autoscaler-syncs
HPAController.HorizontalPodAutoscalerSyncPeriod horizontal-pod-autoscaler-sync-period
HPAController.HorizontalPodAutoscalerDownscaleStabilizationWindow horizontal-pod-autoscaler-downscale-stabilization
HPAController.HorizontalPodAutoscalerTolerance horizontal-pod-autoscaler-tolerance
HPAController.HorizontalPodAutoscalerCPUInitializationPeriod horizontal-pod-autoscaler-cpu-initialization-period
HPAController.HorizontalPodAutoscalerInitialReadinessDelay horizontal-pod-autoscaler-initial-readiness-delay
JobController.ConcurrentJobSyncs concurrent-job-syncs
LegacySATokenCleaner.CleanUpPeriod legacy-service-account-token-clean-up-period
NamespaceController.ConcurrentNamespaceSyncs concurrent-namespace-syncs
NamespaceController.NamespaceSyncPeriod namespace-sync-period
NodeIPAMController.ServiceCIDR service-cluster-ip-range
NodeIPAMController.NodeCIDRMaskSize node-cidr-mask-size
NodeLifecycleController.NodeEvictionRate node-eviction-rate
NodeLifecycleController.SecondaryNodeEvictionRate secondary-node-eviction-rate
NodeLifecycleController.NodeStartupGracePeriod node-startup-grace-period
NodeLifecycleController.NodeMonitorGracePeriod node-monitor-grace-period
NodeLifecycleController.LargeClusterSizeThreshold large-cluster-size-threshold
NodeLifecycleController.UnhealthyZoneThreshold unhealthy-zone-threshold
PersistentVolumeBinderController.PVClaimBinderSyncPeriod pvclaimbinder-sync-period
PodGCController.TerminatedPodGCThreshold terminated-pod-gc-threshold
ReplicaSetController.ConcurrentRSSyncs concurrent-replicaset-syncs
ReplicationController.ConcurrentRCSyncs concurrent-rc-syncs
ResourceQuotaController.ConcurrentResourceQuotaSyncs concurrent-resource-quota-syncs
ResourceQuotaController.ResourceQuotaSyncPeriod resource-quota-sync-period
SAController.ServiceAccountKeyFile service-account-private-key-file
SAController.ConcurrentSATokenSyncs concurrent-serviceaccount-token-syncs
SAController.RootCAFile root-ca-file
StatefulSetController.ConcurrentStatefulSetSyncs concurrent-statefulset-syncs
TTLAfterFinishedController.ConcurrentTTLSyncs concurrent-ttl-after-finished-syncs
ValidatingAdmissionPolicyStatusController.ConcurrentPolicySyncs concurrent-validating-admission-policy-status-syncs
";

pub(super) fn configz(flags: &Flags) -> Value {
    let mut configuration = json!({
        "kind": "KubeControllerManagerConfiguration",
        "apiVersion": format!("{GROUP}/v1alpha1"),
    });
    for (place, flag) in places() {
        let mut at = &mut configuration;
        for part in place.split('.') {
            at = &mut at[part];
        }
        *at = value(flags, flag);
    }
    json!({GROUP: configuration})
}

fn places() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLACES.lines().filter_map(|line| line.split_once(' '))
}

/// Durations are text, as Go writes them.
fn value(flags: &Flags, name: &str) -> Value {
    let table = kube_controller_manager();
    let kind = table.get(name).map(|flag| flag.kind);
    match kind {
        Some(Kind::Bool) => flags.is_on(name).into(),
        Some(Kind::Integer) => flags.integer(name).into(),
        Some(Kind::Float) => flags.float(name).into(),
        Some(Kind::List | Kind::IntegerList) => json!(flags.list(name)),
        Some(Kind::Duration) => {
            let shown = flags.shown().find(|(known, _)| *known == name);
            shown.map(|(_, shown)| shown).into()
        }
        Some(Kind::Ip | Kind::Text | Kind::Map | Kind::Quantity | Kind::Version) | None => {
            flags.text(name).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_a_flags() {
        let table = kube_controller_manager();
        for (place, flag) in places() {
            assert!(table.get(flag).is_some(), "{place}: {flag}");
        }
    }

    #[test]
    fn values_have_the_types_of_the_configuration() {
        let arguments = ["--concurrent-job-syncs=7", "--leader-elect=false"].map(str::to_owned);
        let flags = Flags::parse(&kube_controller_manager(), arguments).unwrap();
        let configuration = &configz(&flags)[GROUP];
        assert_eq!(configuration["JobController"]["ConcurrentJobSyncs"], 7);
        assert_eq!(configuration["Generic"]["LeaderElection"]["leaderElect"], false);
        assert_eq!(configuration["Generic"]["LeaderElection"]["leaseDuration"], "15s");
        assert_eq!(configuration["HPAController"]["HorizontalPodAutoscalerTolerance"], 0.1);
        assert_eq!(configuration["Generic"]["Controllers"], json!(["*"]));
    }
}
