//! Defaults that are one value for one field.

use serde_json::{Map, Value};

/// A default: of which type, for which field, when, and what.
pub(super) struct Line {
    /// `core/v1.PodSpec`; `*` stands for any version.
    scope: &'static str,
    field: &'static str,
    when: When,
    value: Fill,
}

/// When a field counts as left out.
#[derive(Clone, Copy)]
enum When {
    /// Absent; an empty value is a choice.
    Absent,
    /// Absent, empty or zero.
    Empty,
}

/// What is filled in.
enum Fill {
    Text(&'static str),
    Number(i64),
    Flag(bool),
    Object,
    Texts(&'static [&'static str]),
}

use Fill::{Flag, Number, Object, Text, Texts};
use When::{Absent, Empty};

/// The lines of a type.
pub(super) fn lines(type_name: &str) -> impl Iterator<Item = &'static Line> {
    let of_any_version = of_any_version(type_name);
    LINES.iter().filter(move |line| {
        line.scope == type_name || Some(line.scope) == of_any_version.as_deref()
    })
}

/// `core/*.PodSpec` of `core/v1.PodSpec`.
fn of_any_version(type_name: &str) -> Option<String> {
    let (group, versioned) = type_name.split_once('/')?;
    let (_, name) = versioned.split_once('.')?;
    Some(format!("{group}/*.{name}"))
}

impl Line {
    /// Fills the field in if it was left out.
    pub(super) fn apply(&self, object: &mut Value) {
        let (parents, field) = self.field.rsplit_once('.').unwrap_or(("", self.field));
        let holder = parents
            .split('.')
            .filter(|parent| !parent.is_empty())
            .fold(object, |at, name| crate::json::object_mut(at, name));
        let found = holder.get(field).unwrap_or(&Value::Null);
        let left_out = match self.when {
            Absent => found.is_null(),
            Empty => is_zero(found),
        };
        if left_out {
            holder[field] = self.value.value();
        }
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

impl Fill {
    fn value(&self) -> Value {
        match self {
            Text(text) => (*text).into(),
            Number(number) => (*number).into(),
            Flag(flag) => (*flag).into(),
            Object => Value::Object(Map::new()),
            Texts(texts) => texts.iter().copied().map(Value::from).collect(),
        }
    }
}

const fn line(scope: &'static str, field: &'static str, when: When, value: Fill) -> Line {
    Line { scope, field, when, value }
}

const LINES: &[Line] = &[
    line("core/v1.PodSpec", "dnsPolicy", Empty, Text("ClusterFirst")),
    line("core/v1.PodSpec", "restartPolicy", Empty, Text("Always")),
    line("core/v1.PodSpec", "securityContext", Absent, Object),
    line("core/v1.PodSpec", "terminationGracePeriodSeconds", Absent, Number(30)),
    line("core/v1.PodSpec", "schedulerName", Empty, Text("default-scheduler")),
    line("core/v1.Container", "terminationMessagePath", Empty, Text("/dev/termination-log")),
    line("core/v1.Container", "terminationMessagePolicy", Empty, Text("File")),
    line(
        "core/v1.EphemeralContainerCommon",
        "terminationMessagePath",
        Empty,
        Text("/dev/termination-log"),
    ),
    line("core/v1.EphemeralContainerCommon", "terminationMessagePolicy", Empty, Text("File")),
    line("core/v1.ContainerPort", "protocol", Empty, Text("TCP")),
    line("core/v1.Probe", "timeoutSeconds", Empty, Number(1)),
    line("core/v1.Probe", "periodSeconds", Empty, Number(10)),
    line("core/v1.Probe", "successThreshold", Empty, Number(1)),
    line("core/v1.Probe", "failureThreshold", Empty, Number(3)),
    line("core/v1.HTTPGetAction", "path", Empty, Text("/")),
    line("core/v1.HTTPGetAction", "scheme", Empty, Text("HTTP")),
    line("core/v1.GRPCAction", "service", Absent, Text("")),
    line("core/v1.ObjectFieldSelector", "apiVersion", Empty, Text("v1")),
    line("core/v1.FileKeySelector", "optional", Absent, Flag(false)),
    line("core/v1.SecretVolumeSource", "defaultMode", Absent, Number(420)),
    line("core/v1.ConfigMapVolumeSource", "defaultMode", Absent, Number(420)),
    line("core/v1.DownwardAPIVolumeSource", "defaultMode", Absent, Number(420)),
    line("core/v1.ProjectedVolumeSource", "defaultMode", Absent, Number(420)),
    line("core/v1.ServiceAccountTokenProjection", "expirationSeconds", Absent, Number(3600)),
    line("core/v1.HostPathVolumeSource", "type", Absent, Text("")),
    line("core/v1.ISCSIVolumeSource", "iscsiInterface", Empty, Text("default")),
    line("core/v1.ISCSIPersistentVolumeSource", "iscsiInterface", Empty, Text("default")),
    line("core/v1.RBDVolumeSource", "pool", Empty, Text("rbd")),
    line("core/v1.RBDVolumeSource", "user", Empty, Text("admin")),
    line("core/v1.RBDVolumeSource", "keyring", Empty, Text("/etc/ceph/keyring")),
    line("core/v1.RBDPersistentVolumeSource", "pool", Empty, Text("rbd")),
    line("core/v1.RBDPersistentVolumeSource", "user", Empty, Text("admin")),
    line("core/v1.RBDPersistentVolumeSource", "keyring", Empty, Text("/etc/ceph/keyring")),
    line("core/v1.AzureDiskVolumeSource", "cachingMode", Absent, Text("ReadWrite")),
    line("core/v1.AzureDiskVolumeSource", "fsType", Absent, Text("ext4")),
    line("core/v1.AzureDiskVolumeSource", "readOnly", Absent, Flag(false)),
    line("core/v1.AzureDiskVolumeSource", "kind", Absent, Text("Shared")),
    line("core/v1.ScaleIOVolumeSource", "storageMode", Empty, Text("ThinProvisioned")),
    line("core/v1.ScaleIOVolumeSource", "fsType", Empty, Text("xfs")),
    line("core/v1.ScaleIOPersistentVolumeSource", "storageMode", Empty, Text("ThinProvisioned")),
    line("core/v1.ScaleIOPersistentVolumeSource", "fsType", Empty, Text("xfs")),
    line("core/v1.ReplicationController", "spec.replicas", Absent, Number(1)),
    line("core/v1.Secret", "type", Empty, Text("Opaque")),
    line("core/v1.PersistentVolume", "status.phase", Empty, Text("Pending")),
    line("core/v1.PersistentVolume", "spec.persistentVolumeReclaimPolicy", Empty, Text("Retain")),
    line("core/v1.PersistentVolume", "spec.volumeMode", Absent, Text("Filesystem")),
    line("core/v1.PersistentVolumeClaim", "status.phase", Empty, Text("Pending")),
    line("core/v1.PersistentVolumeClaimSpec", "volumeMode", Absent, Text("Filesystem")),
    line("core/v1.EndpointPort", "protocol", Empty, Text("TCP")),
    line("core/v1.ServicePort", "protocol", Empty, Text("TCP")),
    line("core/v1.NamespaceStatus", "phase", Empty, Text("Active")),
    line("apps/v1.Deployment", "spec.replicas", Absent, Number(1)),
    line("apps/v1.Deployment", "spec.revisionHistoryLimit", Absent, Number(10)),
    line("apps/v1.Deployment", "spec.progressDeadlineSeconds", Absent, Number(600)),
    line("apps/v1.DaemonSet", "spec.revisionHistoryLimit", Absent, Number(10)),
    line("apps/v1.StatefulSet", "spec.podManagementPolicy", Empty, Text("OrderedReady")),
    line("apps/v1.StatefulSet", "spec.replicas", Absent, Number(1)),
    line("apps/v1.StatefulSet", "spec.revisionHistoryLimit", Absent, Number(10)),
    line(
        "apps/v1.StatefulSet",
        "spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
        Empty,
        Text("Retain"),
    ),
    line(
        "apps/v1.StatefulSet",
        "spec.persistentVolumeClaimRetentionPolicy.whenScaled",
        Empty,
        Text("Retain"),
    ),
    line("apps/v1.ReplicaSet", "spec.replicas", Absent, Number(1)),
    line("batch/v1.Job", "spec.completionMode", Absent, Text("NonIndexed")),
    line("batch/v1.Job", "spec.suspend", Absent, Flag(false)),
    line("batch/v1.Job", "spec.manualSelector", Absent, Flag(false)),
    line("batch/v1.CronJob", "spec.concurrencyPolicy", Empty, Text("Allow")),
    line("batch/v1.CronJob", "spec.suspend", Absent, Flag(false)),
    line("batch/v1.CronJob", "spec.successfulJobsHistoryLimit", Absent, Number(3)),
    line("batch/v1.CronJob", "spec.failedJobsHistoryLimit", Absent, Number(1)),
    line("batch/v1.PodFailurePolicyOnPodConditionsPattern", "status", Empty, Text("True")),
    line("autoscaling/v1.HorizontalPodAutoscaler", "spec.minReplicas", Absent, Number(1)),
    line("autoscaling/v2.HorizontalPodAutoscaler", "spec.minReplicas", Absent, Number(1)),
    line("networking/v1.NetworkPolicyPort", "protocol", Absent, Text("TCP")),
    line("networking/v1.IngressClassParametersReference", "scope", Absent, Text("Cluster")),
    line("rbac/v1.RoleBinding", "roleRef.apiGroup", Empty, Text("rbac.authorization.k8s.io")),
    line(
        "rbac/v1.ClusterRoleBinding",
        "roleRef.apiGroup",
        Empty,
        Text("rbac.authorization.k8s.io"),
    ),
    line("storage/v1.StorageClass", "reclaimPolicy", Absent, Text("Delete")),
    line("storage/v1.StorageClass", "volumeBindingMode", Absent, Text("Immediate")),
    line("storage/v1.CSIDriver", "spec.attachRequired", Absent, Flag(true)),
    line("storage/v1.CSIDriver", "spec.podInfoOnMount", Absent, Flag(false)),
    line("storage/v1.CSIDriver", "spec.storageCapacity", Absent, Flag(false)),
    line("storage/v1.CSIDriver", "spec.fsGroupPolicy", Absent, Text("ReadWriteOnceWithFSType")),
    line("storage/v1.CSIDriver", "spec.volumeLifecycleModes", Empty, Texts(&["Persistent"])),
    line("storage/v1.CSIDriver", "spec.requiresRepublish", Absent, Flag(false)),
    line("storage/v1.CSIDriver", "spec.seLinuxMount", Absent, Flag(false)),
    line("storage/v1.CSIDriver", "spec.preventPodSchedulingIfMissing", Absent, Flag(false)),
    line("admissionregistration/v1.ValidatingWebhook", "failurePolicy", Absent, Text("Fail")),
    line("admissionregistration/v1.ValidatingWebhook", "matchPolicy", Absent, Text("Equivalent")),
    line("admissionregistration/v1.ValidatingWebhook", "namespaceSelector", Absent, Object),
    line("admissionregistration/v1.ValidatingWebhook", "objectSelector", Absent, Object),
    line("admissionregistration/v1.ValidatingWebhook", "timeoutSeconds", Absent, Number(10)),
    line("admissionregistration/v1.MutatingWebhook", "failurePolicy", Absent, Text("Fail")),
    line("admissionregistration/v1.MutatingWebhook", "matchPolicy", Absent, Text("Equivalent")),
    line("admissionregistration/v1.MutatingWebhook", "namespaceSelector", Absent, Object),
    line("admissionregistration/v1.MutatingWebhook", "objectSelector", Absent, Object),
    line("admissionregistration/v1.MutatingWebhook", "timeoutSeconds", Absent, Number(10)),
    line("admissionregistration/v1.MutatingWebhook", "reinvocationPolicy", Absent, Text("Never")),
    line("admissionregistration/*.Rule", "scope", Absent, Text("*")),
    line("admissionregistration/*.ServiceReference", "port", Absent, Number(443)),
    line(
        "admissionregistration/*.ValidatingAdmissionPolicySpec",
        "failurePolicy",
        Absent,
        Text("Fail"),
    ),
    line(
        "admissionregistration/*.MutatingAdmissionPolicySpec",
        "failurePolicy",
        Absent,
        Text("Fail"),
    ),
    line("admissionregistration/*.MatchResources", "matchPolicy", Absent, Text("Equivalent")),
    line("admissionregistration/*.MatchResources", "namespaceSelector", Absent, Object),
    line("admissionregistration/*.MatchResources", "objectSelector", Absent, Object),
    line(
        "admissionregistration/v1alpha1.ParamRef",
        "parameterNotFoundAction",
        Absent,
        Text("Deny"),
    ),
    line("apiextensions/v1.ServiceReference", "port", Absent, Number(443)),
    line("apiregistration/v1.ServiceReference", "port", Absent, Number(443)),
    line("authentication/v1.TokenRequestSpec", "expirationSeconds", Absent, Number(3600)),
    line("certificates/*.PodCertificateRequestSpec", "maxExpirationSeconds", Absent, Number(86400)),
    line("discovery/v1.EndpointPort", "name", Absent, Text("")),
    line("discovery/v1.EndpointPort", "protocol", Absent, Text("TCP")),
    line("flowcontrol/v1.FlowSchemaSpec", "matchingPrecedence", Empty, Number(1000)),
    line(
        "flowcontrol/v1.ExemptPriorityLevelConfiguration",
        "nominalConcurrencyShares",
        Absent,
        Number(0),
    ),
    line("flowcontrol/v1.ExemptPriorityLevelConfiguration", "lendablePercent", Absent, Number(0)),
    line(
        "flowcontrol/v1.LimitedPriorityLevelConfiguration",
        "nominalConcurrencyShares",
        Absent,
        Number(30),
    ),
    line("flowcontrol/v1.LimitedPriorityLevelConfiguration", "lendablePercent", Absent, Number(0)),
    line("flowcontrol/v1.QueuingConfiguration", "handSize", Empty, Number(8)),
    line("flowcontrol/v1.QueuingConfiguration", "queues", Empty, Number(64)),
    line("flowcontrol/v1.QueuingConfiguration", "queueLengthLimit", Empty, Number(50)),
    line("resource/*.DeviceToleration", "operator", Empty, Text("Equal")),
    line("resource/v1alpha3.ResourcePoolStatusRequestSpec", "limit", Absent, Number(100)),
    line("scheduling/v1.PriorityClass", "preemptionPolicy", Absent, Text("PreemptLowerPriority")),
    line("scheduling/*.PodGroup", "spec.disruptionMode.single", Absent, Object),
    line("scheduling/*.CompositePodGroup", "spec.disruptionMode.single", Absent, Object),
];
