//! What is read of a `PersistentVolumeClaim`.

use std::collections::BTreeMap;

use meta::{object::ObjectMeta, text::Text};
use serde::Deserialize;

use super::{Resources, kind};

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeClaim {
    pub metadata: ObjectMeta,
    pub spec: PersistentVolumeClaimSpec,
    pub status: PersistentVolumeClaimStatus,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimSpec {
    /// Empty means none, unset the default.
    pub storage_class_name: Option<Text>,
    pub volume_attributes_class_name: Text,
    pub resources: Resources,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimStatus {
    /// What a resize under way may take, as written.
    pub allocated_resources: BTreeMap<Text, Text>,
    pub current_volume_attributes_class_name: Text,
    pub modify_volume_status: Option<ModifyVolumeStatus>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModifyVolumeStatus {
    pub target_volume_attributes_class_name: Text,
}
kind!(PersistentVolumeClaim, crate::resources::PERSISTENT_VOLUME_CLAIMS);
