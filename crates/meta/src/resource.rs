//! Which kind of thing: group, version, kind and plural name.

use std::fmt;

use crate::pooled;

/// A served resource, as its URL names it. A constant per built-in kind in `api`; owned values come
/// from discovery.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: std::borrow::Cow<'static, str>,
    /// Version within the group, such as `v1`.
    pub version: std::borrow::Cow<'static, str>,
    /// Plural name in URLs, such as `deployments`.
    pub plural: std::borrow::Cow<'static, str>,
    /// Kind in objects, such as `Deployment`.
    pub kind: std::borrow::Cow<'static, str>,
    /// Where its objects live.
    pub scope: Scope,
}

pooled!(Resource);

/// Whether a resource's objects live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Objects have a namespace.
    Namespaced,
    /// Objects have none.
    Cluster,
}

impl Resource {
    /// A resource known when the program is compiled.
    pub const fn new(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
        scope: Scope,
    ) -> Self {
        use std::borrow::Cow::Borrowed;
        Self {
            group: Borrowed(group),
            version: Borrowed(version),
            plural: Borrowed(plural),
            kind: Borrowed(kind),
            scope,
        }
    }

    /// `group/version`, or `version` alone for the core group: what objects carry as `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            return self.version.to_string();
        }
        format!("{}/{}", self.group, self.version)
    }

    /// `plural.group`, or `plural` alone for the core group: how messages name it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            return self.plural.to_string();
        }
        format!("{}.{}", self.plural, self.group)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.qualified())
    }
}
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.plural)
    }
}
