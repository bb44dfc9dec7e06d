//! The controllers: one folder each, none of which knows a client, a socket, a task or a clock.

pub mod deployment;
pub mod endpoint;
pub mod garbagecollector;
pub mod namespace;
pub mod replicaset;
pub mod rootcacertpublisher;
pub mod serviceaccount;
mod shared;

/// Adds every controller to a manager.
pub fn add_all(manager: &mut runtime::Manager) {
    macro_rules! add {
        ($($controller:ty),* $(,)?) => { $(manager.add::<$controller>();)* };
    }
    for_each_controller!(add);
}

/// Calls a macro with every controller: the one table of what runs.
///
/// ```
/// macro_rules! names {
///     ($($controller:ty),* $(,)?) => { vec![$(<$controller as runtime::Controller>::NAME),*] };
/// }
/// assert!(controllers::for_each_controller!(names).contains(&"deployment-controller"));
/// ```
#[macro_export]
macro_rules! for_each_controller {
    ($use_them:ident) => {
        $use_them! {
            $crate::deployment::DeploymentController,
            $crate::endpoint::EndpointsController,
            $crate::garbagecollector::GarbageCollector,
            $crate::namespace::NamespaceController,
            $crate::replicaset::ReplicaSetController,
            $crate::replicaset::ReplicationControllerController,
            $crate::rootcacertpublisher::RootCaCertPublisher,
            $crate::serviceaccount::ServiceAccountController,
        }
    };
}
