//! Custom resources: which ones the definitions in the store make, and what becomes of the definitions.

mod registry;
mod tend;

use api::{
    custom::naming::{self, CLEANUP_FINALIZER, Cleanup},
    json,
    resources::CUSTOM_RESOURCE_DEFINITIONS,
};
use meta::{resource::Resource, time::Time};
use serde_json::Value;

pub(crate) use registry::Registry;
pub use registry::Served;
pub(crate) use tend::run;

/// Whether objects of the resource are definitions.
pub(crate) fn is_definition(resource: &Resource) -> bool {
    *resource == CUSTOM_RESOURCE_DEFINITIONS
}

/// A definition whose deletion begins: it waits until its instances are gone.
pub(crate) fn begin_cleanup(definition: &Value, now: Time) -> Value {
    if json::field(&definition["metadata"], "deletionTimestamp").is_some() {
        return definition.clone();
    }
    let mut marked = naming::cleaning(definition, Cleanup::Pending, now);
    // That it goes is no change of what it says.
    marked["metadata"]["deletionTimestamp"] = now.whole_seconds().to_string().into();
    if !waits_for_cleanup(definition) {
        json::push(&mut marked["metadata"]["finalizers"], CLEANUP_FINALIZER.into());
    }
    marked
}

/// Whether a definition waits until its instances are gone.
pub(crate) fn waits_for_cleanup(definition: &Value) -> bool {
    json::list(&definition["metadata"], "finalizers").contains(&CLEANUP_FINALIZER.into())
}
