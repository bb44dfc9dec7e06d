//! The controllers: one folder each, none of which knows a client, a socket, a task or a clock.

pub mod bootstrapsigner;
pub mod clusterroleaggregation;
pub mod cronjob;
pub mod daemonset;
pub mod deployment;
pub mod disruption;
pub mod endpoint;
pub mod endpointslice;
pub mod endpointslicemirroring;
pub mod garbagecollector;
pub mod horizontalpodautoscaler;
pub mod job;
pub mod legacyserviceaccounttokencleaner;
pub mod namespace;
pub mod nodeipam;
pub mod nodelifecycle;
pub mod podgc;
pub mod replicaset;
pub mod resourcequota;
pub mod rootcacertpublisher;
pub mod serviceaccount;
pub mod serviceaccounttoken;
pub mod shared;
pub mod statefulset;
pub mod tainteviction;
pub mod tokencleaner;
pub mod ttl;
pub mod ttlafterfinished;

/// Acts under the manager's own name, in the table of controllers.
const MANAGER: &str = "";

/// Run only where they are asked for.
pub const OFF_BY_DEFAULT: [&str; 2] = [
    <bootstrapsigner::BootstrapSigner as runtime::Controller>::NAME,
    <tokencleaner::TokenCleaner as runtime::Controller>::NAME,
];

/// Adds every controller that is on by default to a manager.
pub fn add_all(manager: &mut runtime::Manager) {
    add_wanted(manager, |name| !OFF_BY_DEFAULT.contains(&name));
}

/// Adds the controllers whose names are wanted; answers with their names.
pub fn add_wanted(
    manager: &mut runtime::Manager,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let mut added = Vec::new();
    macro_rules! add {
        ($($controller:ty => $account:literal),* $(,)?) => {
            $(
                let name = <$controller as runtime::Controller>::NAME;
                if is_wanted(name) {
                    match $account {
                        MANAGER => manager.add_as_manager::<$controller>(),
                        account => manager.add_under::<$controller>(account),
                    }
                    // Some are made of two, with a queue each.
                    if !added.contains(&name) {
                        added.push(name);
                    }
                }
            )*
        };
    }
    for_each_controller!(add);
    added
}

/// Calls a macro with every controller and the service account of `kube-system` it acts under (none for
/// those that act as the manager): the one table of what runs.
///
/// ```
/// macro_rules! names {
///     ($($controller:ty => $account:literal),* $(,)?) => { vec![$(<$controller as runtime::Controller>::NAME),*] };
/// }
/// assert!(controllers::for_each_controller!(names).contains(&"deployment-controller"));
/// ```
#[macro_export]
macro_rules! for_each_controller {
    ($use_them:ident) => {
        $use_them! {
            $crate::bootstrapsigner::BootstrapSigner => "bootstrap-signer",
            $crate::clusterroleaggregation::ClusterRoleAggregation => "clusterrole-aggregation-controller",
            $crate::cronjob::CronJobController => "cronjob-controller",
            $crate::daemonset::DaemonSetController => "daemon-set-controller",
            $crate::deployment::DeploymentController => "deployment-controller",
            $crate::disruption::DisruptionController => "disruption-controller",
            $crate::disruption::StaleDisruptions => "disruption-controller",
            $crate::endpoint::EndpointsController => "endpoint-controller",
            $crate::endpointslice::EndpointSliceController => "endpointslice-controller",
            $crate::endpointslicemirroring::EndpointSliceMirroringController => "endpointslicemirroring-controller",
            $crate::garbagecollector::GarbageCollector => "generic-garbage-collector",
            $crate::horizontalpodautoscaler::HorizontalPodAutoscalerController => "horizontal-pod-autoscaler",
            $crate::job::JobController => "job-controller",
            $crate::job::OrphanedPods => "job-controller",
            $crate::legacyserviceaccounttokencleaner::LegacyTokenCleaner => "legacy-service-account-token-cleaner",
            $crate::namespace::NamespaceController => "namespace-controller",
            $crate::nodeipam::NodeIpamController => "node-controller",
            $crate::nodelifecycle::NodeHealth => "node-controller",
            $crate::nodelifecycle::PodMarking => "node-controller",
            $crate::nodelifecycle::Zones => "node-controller",
            $crate::podgc::PodGarbageCollector => "pod-garbage-collector",
            $crate::replicaset::ReplicaSetController => "replicaset-controller",
            $crate::replicaset::ReplicationControllerController => "replication-controller",
            $crate::resourcequota::ResourceQuotaController => "resourcequota-controller",
            $crate::rootcacertpublisher::RootCaCertPublisher => "root-ca-cert-publisher",
            $crate::serviceaccount::ServiceAccountController => "service-account-controller",
            $crate::serviceaccounttoken::ServiceAccountTokenController => "",
            $crate::statefulset::StatefulSetController => "statefulset-controller",
            $crate::tainteviction::TaintEvictionController => "node-controller",
            $crate::tokencleaner::TokenCleaner => "token-cleaner",
            $crate::ttl::TtlController => "ttl-controller",
            $crate::ttlafterfinished::TtlAfterFinishedController => "ttl-after-finished-controller",
        }
    };
}
