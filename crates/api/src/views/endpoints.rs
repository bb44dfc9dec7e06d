//! What is read and written of an Endpoints object.

use meta::{
    object::{ObjectMeta, Uid},
    text::Text,
};
use serde::{Deserialize, Serialize};

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Endpoints {
    pub metadata: ObjectMeta,
    pub subsets: Vec<Subset>,
}
/// Every address offers every port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subset {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ready_addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<SubsetPort>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    pub ip: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hostname: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_ref: Option<TargetReference>,
}
/// The object behind an address, mostly a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetReference {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub kind: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: Text,
    #[serde(skip_serializing_if = "has_no_uid")]
    pub uid: Uid,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub api_version: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub resource_version: Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub field_path: Text,
}
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubsetPort {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: Text,
    pub port: i32,
    pub protocol: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_protocol: Option<Text>,
}

fn has_no_uid(uid: &Uid) -> bool {
    uid.0.is_empty()
}
kind!(Endpoints, crate::resources::ENDPOINTS);
