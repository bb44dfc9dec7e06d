//! Volumes, claims, and the classes and drivers behind them.

use std::cmp::Reverse;

use serde_json::Value;

use super::{
    column::{Column, ColumnType, age, computed, count, date, flag, name, text, text_or},
    object::{Object, join, list, non_empty, plain, plain_or, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "CSIDriver" => CSI_DRIVER,
        "CSINode" => CSI_NODE,
        "CSIStorageCapacity" => CSI_STORAGE_CAPACITY,
        "StorageClass" => STORAGE_CLASS,
        "VolumeAttachment" => VOLUME_ATTACHMENT,
        "VolumeAttributesClass" => VOLUME_ATTRIBUTES_CLASS,
        _ => return None,
    })
}

const ATTRIBUTES_CLASS: Column =
    text_or("VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>");
const VOLUME_MODE: Column = text_or("VolumeMode", "spec.volumeMode", "<unset>").wide();

pub(super) const PERSISTENT_VOLUME: &[Column] = &[
    name(),
    computed("Capacity", |volume| capacity(volume.at("spec.capacity"))),
    computed("Access Modes", |volume| modes(volume.list("spec.accessModes")).into()),
    text("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
    computed("Status", |volume| phase(volume).into()),
    computed("Claim", |volume| claim(volume).into()),
    computed("StorageClass", |volume| class(volume).into()),
    ATTRIBUTES_CLASS,
    text("Reason", "status.reason"),
    age(),
    VOLUME_MODE,
];
pub(super) const PERSISTENT_VOLUME_CLAIM: &[Column] = &[
    name(),
    computed("Status", |claim| phase(claim).into()),
    text("Volume", "spec.volumeName"),
    computed("Capacity", |claim| match claim.text("spec.volumeName") {
        "" => "".into(),
        _ => capacity(claim.at("status.capacity")),
    }),
    computed("Access Modes", |claim| match claim.text("spec.volumeName") {
        "" => "".into(),
        _ => modes(claim.list("status.accessModes")).into(),
    }),
    computed("StorageClass", |claim| class(claim).into()),
    ATTRIBUTES_CLASS,
    age(),
    VOLUME_MODE,
];
const STORAGE_CLASS: &[Column] = &[
    name(),
    text("Provisioner", "provisioner"),
    text_or("ReclaimPolicy", "reclaimPolicy", "Delete"),
    text_or("VolumeBindingMode", "volumeBindingMode", "Immediate"),
    flag("AllowVolumeExpansion", "allowVolumeExpansion", false).said_to_be(ColumnType::String),
    age(),
];
const VOLUME_ATTACHMENT: &[Column] = &[
    name(),
    text("Attacher", "spec.attacher").formatted("name"),
    text("PV", "spec.source.persistentVolumeName"),
    text("Node", "spec.nodeName"),
    flag("Attached", "status.attached", false),
    age(),
];
const VOLUME_ATTRIBUTES_CLASS: &[Column] = &[name(), text("DriverName", "driverName"), age()];
const CSI_NODE: &[Column] = &[name(), count("Drivers", "spec.drivers"), age()];
const CSI_STORAGE_CAPACITY: &[Column] = &[name(), date("Created At", "metadata.creationTimestamp")];
const CSI_DRIVER: &[Column] = &[
    name(),
    flag("AttachRequired", "spec.attachRequired", true),
    flag("PodInfoOnMount", "spec.podInfoOnMount", false),
    flag("StorageCapacity", "spec.storageCapacity", false),
    computed("TokenRequests", |driver| {
        let requests = list(driver.value, "spec.tokenRequests").iter();
        let audiences = join(requests.map(|request| text_in(request, "audience")), ",");
        if driver.has("spec.tokenRequests") { audiences.into() } else { "<unset>".into() }
    }),
    flag("RequiresRepublish", "spec.requiresRepublish", false),
    computed("Modes", |driver| {
        let modes = driver.list("spec.volumeLifecycleModes").iter().map(plain);
        non_empty(join(modes, ","), "<none>").into()
    }),
    age(),
];

fn capacity(amounts: &Value) -> Value {
    plain_or(&amounts["storage"], "0").into()
}

/// Each mode once, in a fixed order.
fn modes(modes: &[Value]) -> String {
    const ORDER: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let present = ORDER.iter().filter(|(mode, _)| modes.iter().any(|value| value == mode));
    join(present.map(|(_, short)| short), ",")
}

fn phase(object: Object<'_>) -> &str {
    if object.has("metadata.deletionTimestamp") {
        "Terminating"
    } else {
        object.text("status.phase")
    }
}

fn claim(volume: Object<'_>) -> String {
    let claim = volume.at("spec.claimRef");
    if claim.is_null() {
        return String::new();
    }
    format!("{}/{}", text_in(claim, "namespace"), text_in(claim, "name"))
}

fn class(object: Object<'_>) -> &str {
    let annotation = &object.at("metadata.annotations")["volume.beta.kubernetes.io/storage-class"];
    annotation.as_str().unwrap_or_else(|| object.text("spec.storageClassName"))
}

/// Of the classes that say they are the default: the newest, and of those the first by name.
pub(super) fn default_class(classes: &[Value]) -> Option<usize> {
    const ANNOTATIONS: [&str; 2] = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    let says_so = |class: &Value| {
        let annotations = &class["metadata"]["annotations"];
        ANNOTATIONS.iter().any(|annotation| annotations[annotation] == "true")
    };
    let candidates = classes.iter().enumerate().filter(|(_, class)| says_so(class));
    let chosen = candidates.min_by_key(|(_, class)| {
        (Reverse(text_in(class, "metadata.creationTimestamp")), text_in(class, "metadata.name"))
    });
    chosen.map(|(position, _)| position)
}
