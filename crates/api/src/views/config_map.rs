//! What is read of a ConfigMap.

use std::collections::BTreeMap;

use meta::object::ObjectMeta;
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    pub metadata: ObjectMeta,
    pub data: BTreeMap<String, String>,
}
kind!(ConfigMap, crate::resources::CONFIG_MAPS);
