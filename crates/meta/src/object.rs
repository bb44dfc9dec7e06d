//! What every object has: its key, its metadata, its owners.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{pooled, shared::Shared, text::Text, time::Time};

/// Labels or annotations.
pub type Labels = BTreeMap<Text, Text>;

pooled!(Labels, Vec<OwnerReference>, Vec<Text>);

/// Where an object is: `namespace/name`, or `name` alone when it is cluster-scoped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ObjectKey {
    /// Empty for cluster-scoped objects.
    pub namespace: Text,
    /// Name within the namespace.
    pub name: Text,
}

impl ObjectKey {
    /// A key; `namespace` is empty for cluster-scoped objects.
    pub fn new(namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Unique for all time: a new object under an old name has another one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub Text);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        Self(Text::from(text))
    }
}

/// The store's revision at which an object was last written. Zero means "not stored yet".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ResourceVersion(pub u64);

impl fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl Serialize for ResourceVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ResourceVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(0));
        }
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// One entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// Group and version of the owner.
    pub api_version: Text,
    /// Kind of the owner.
    pub kind: Text,
    /// Name of the owner, in the dependent's namespace or cluster-scoped.
    pub name: Text,
    /// UID of the owner: the one field that identifies it.
    pub uid: Uid,
    /// Whether this owner manages the object. At most one does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub controller: bool,
    /// Whether a foreground deletion of the owner waits for this object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub block_owner_deletion: bool,
}

/// The metadata that controllers read. `managedFields` and `selfLink` are skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// Name, unique within namespace and kind.
    pub name: Text,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: Text,
    /// Identity for all time.
    pub uid: Uid,
    /// Revision of the last write.
    pub resource_version: ResourceVersion,
    /// Counts changes of the spec; zero for kinds without it.
    pub generation: i64,
    /// When the server stored it first.
    pub creation_timestamp: Option<Time>,
    /// When it is to be gone; set means it is being deleted.
    pub deletion_timestamp: Option<Time>,
    /// Seconds of grace of that deletion.
    pub deletion_grace_period_seconds: Option<i64>,
    /// Labels.
    pub labels: Shared<Labels>,
    /// Annotations.
    pub annotations: Shared<Labels>,
    /// Owners.
    pub owner_references: Shared<Vec<OwnerReference>>,
    /// What must happen before it may go.
    pub finalizers: Shared<Vec<Text>>,
}

impl ObjectMeta {
    /// Where the object is.
    pub fn key(&self) -> ObjectKey {
        ObjectKey { namespace: self.namespace.clone(), name: self.name.clone() }
    }
    /// The owner that manages this object, if any.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller)
    }
    /// Whether deletion has begun.
    pub const fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}
