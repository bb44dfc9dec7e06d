//! What a claim for a volume counts as: itself and its storage, each also for its class.

use meta::quantity::Quantity;

use super::{count_name, one, ones, whole};
use crate::{
    resources::PERSISTENT_VOLUME_CLAIMS,
    views::{Amounts, PersistentVolumeClaim},
};

const CLAIMS: &str = "persistentvolumeclaims";
const STORAGE: &str = "requests.storage";
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

pub(super) fn counts(name: &str) -> bool {
    let plain = |name: &str| name == CLAIMS || name == STORAGE;
    plain(name) || name.split_once(OF_CLASS).is_some_and(|(_, name)| plain(name))
}

pub(super) fn usage(claim: &PersistentVolumeClaim) -> Amounts {
    let mut usage = ones([count_name(&PERSISTENT_VOLUME_CLAIMS).as_str(), CLAIMS].into_iter());
    let class = class(claim);
    if !class.is_empty() {
        usage.insert(format!("{class}{OF_CLASS}{CLAIMS}").into(), one());
    }
    let Some(storage) = storage(claim) else { return usage };
    usage.insert(STORAGE.into(), storage);
    if !class.is_empty() {
        usage.insert(format!("{class}{OF_CLASS}{STORAGE}").into(), storage);
    }
    usage
}

fn class(claim: &PersistentVolumeClaim) -> &str {
    let annotated = claim.metadata.annotations.get(CLASS_ANNOTATION);
    annotated.or(claim.spec.storage_class_name.as_ref()).map_or("", |class| class)
}

/// Whole bytes; what a resize has allocated counts if it is more.
fn storage(claim: &PersistentVolumeClaim) -> Option<Quantity> {
    let requested: Quantity = claim.spec.resources.requests.get("storage")?.parse().ok()?;
    let requested = if requested.is_whole() { requested } else { whole(requested.units()) };
    let allocated = claim.status.allocated_resources.get("storage");
    let allocated = allocated.and_then(|text| text.parse::<Quantity>().ok());
    Some(allocated.filter(|allocated| *allocated > requested).unwrap_or(requested))
}
