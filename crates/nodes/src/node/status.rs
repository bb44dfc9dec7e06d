//! What a kubelet tells of its node.

use api::views::{Condition, Status};
use meta::time::Time;
use serde_json::{Value, json};

use super::failure::Failure;
use crate::node_address;

type Said = (&'static str, Status, &'static str, &'static str);

const PRESSURES: [Said; 3] = [
    (
        "MemoryPressure",
        Status::False,
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", Status::False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    (
        "PIDPressure",
        Status::False,
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
];
const READY: Said = ("Ready", Status::True, "KubeletReady", "kubelet is posting ready status");
const NOT_READY: Said =
    ("Ready", Status::False, "KubeletNotReady", "the node was told to fail; see its annotations");

/// What the kubelet says of the node's readiness.
const fn readiness(failure: Option<Failure>) -> Said {
    match failure {
        None | Some(Failure::Unreachable) => READY,
        Some(Failure::NotReady) => NOT_READY,
    }
}

/// Whether the kubelet would say of the node's readiness what is said.
pub(super) fn is_said(known: Option<&Condition>, failure: Option<Failure>) -> bool {
    known.is_some_and(|known| known.status == readiness(failure).1)
}

/// A node's status.
pub(super) fn status(
    name: &str,
    known: &[Condition],
    failure: Option<Failure>,
    now: Time,
) -> Value {
    let said = PRESSURES.into_iter().chain([readiness(failure)]);
    let conditions = said.map(|(kind, status, reason, message)| {
        let known = known.iter().find(|known| known.kind == *kind && known.status == status);
        let since = known.and_then(|known| known.last_transition_time).unwrap_or(now);
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now.to_string(), "lastTransitionTime": since.to_string(),
        })
    });
    let resources =
        json!({"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "110"});
    json!({
        "conditions": Value::Array(conditions.collect()),
        "addresses": [
            {"type": "InternalIP", "address": node_address(name).to_string()},
            {"type": "Hostname", "address": name},
        ],
        "capacity": resources, "allocatable": resources,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "osImage": "Pilothouse simulated node",
            "kernelVersion": "6.1.0", "containerRuntimeVersion": "pilothouse://0.1.0",
            "kubeletVersion": "v1.37.2", "kubeProxyVersion": "",
            "machineID": name, "systemUUID": name, "bootID": name,
        },
    })
}
