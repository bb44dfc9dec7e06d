//! Reading one object.

use std::sync::Arc;

use meta::object::ResourceVersion;

use super::{Inner, convert, failure, scale, versions, virtual_kinds};
use crate::{Object, Operation, Outcome, Status};

impl Inner {
    pub(super) async fn get(
        &self,
        operation: &Operation,
        resource_version: &str,
    ) -> Result<Outcome, Status> {
        let at_least = versions::parse(resource_version).map_err(failure::unexplained)?;
        let facts = &operation.resource;
        if !super::is_stored(facts) {
            return virtual_kinds::get(operation);
        }
        if let Some(version) = at_least {
            self.caches.reach(version).await?;
        }
        let pair = self.load_raw(facts, &operation.namespace, &operation.name).await?;
        let pair = pair.ok_or_else(|| failure::not_found(facts, &operation.name))?;
        let version = ResourceVersion(pair.modified.0);
        let object = Object::from_stored(super::stored_as(facts), version, &pair.value)
            .map_err(|error| failure::internal(&error))?;
        let object = convert::object(Arc::new(object), facts);
        if operation.subresource == "scale" {
            return Ok(scale::show(operation, &object));
        }
        Ok(Outcome::Object { object, created: false, warnings: Vec::new() })
    }
}
