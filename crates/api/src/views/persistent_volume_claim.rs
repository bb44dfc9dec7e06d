//! What is read of a `PersistentVolumeClaim`.

use meta::object::ObjectMeta;
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeClaim {
    pub metadata: ObjectMeta,
}
kind!(PersistentVolumeClaim, crate::resources::PERSISTENT_VOLUME_CLAIMS);
