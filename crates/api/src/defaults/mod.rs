//! Values that the server fills in where a client leaves them out, on every decode: also when an old
//! stored object is read. Rules belong to types, so what holds for a pod holds for every template.

mod cluster;
mod plan;
mod pods;
mod table;
mod workloads;

use serde_json::Value;

use crate::catalog::ResourceFacts;

/// Fills in what is missing in a decoded object; a second time changes nothing.
pub fn apply(resource: &ResourceFacts, object: &mut Value) {
    match &resource.custom {
        Some(custom) => custom.version.apply_defaults(object),
        None => plan::builtin().apply(resource.type_id, object),
    }
}

/// What a rule does to the object it belongs to.
type Rule = fn(&mut Value);

/// The rule of a type that the table cannot say, by the type's name.
fn rule(type_name: &str) -> Option<Rule> {
    let (package, name) = type_name.split_once('.')?;
    let rule: Rule = match (package, name) {
        ("core/v1", "Pod") => pods::pod,
        ("core/v1", "PodSpec") => pods::spec,
        ("core/v1", "PodStatus") => pods::status,
        ("core/v1", "Container" | "EphemeralContainerCommon") => pods::container,
        ("core/v1", "Volume") => pods::volume,
        ("core/v1", "ReplicationController") => workloads::replication_controller,
        ("apps/v1", "Deployment") => workloads::deployment,
        ("apps/v1", "DaemonSet") => workloads::daemon_set,
        ("apps/v1", "StatefulSet") => workloads::stateful_set,
        ("batch/v1", "Job") => workloads::job,
        ("autoscaling/v2", "HorizontalPodAutoscaler") => workloads::autoscaler,
        ("core/v1", "Service") => cluster::service,
        ("core/v1", "Secret") => cluster::secret,
        ("core/v1", "Namespace") => cluster::namespace,
        ("core/v1", "NodeStatus") => cluster::node_status,
        ("core/v1", "LimitRangeItem") => cluster::limit_range_item,
        ("networking/v1", "NetworkPolicySpec") => cluster::network_policy,
        ("rbac/v1", "Subject") => cluster::subject,
        ("apiextensions/v1", "CustomResourceDefinition") => cluster::custom_resource_definition,
        (_, "ExactDeviceRequest" | "DeviceSubRequest") => cluster::device_request,
        ("resource/v1beta1", "DeviceRequest") => cluster::old_device_request,
        _ => return None,
    };
    Some(rule)
}

#[cfg(test)]
mod tests;
