//! Addresses and node ports of services: taken and given back in the transaction that writes the
//! service. An `IPAddress` object per cluster IP keeps two servers from taking the same.

mod kept;
mod ports;
mod range;

use std::{collections::BTreeSet, net::Ipv4Addr, sync::Arc};

use api::{
    catalog::{self, ResourceFacts},
    json, resources,
    validation::{FieldError, Path},
};
use serde_json::{Value, json};
use store::{Compare, Revision};
use tokio::sync::MutexGuard;

use super::{
    Inner, body, failure,
    storage::{self, Along},
};
use crate::{Operation, Status, object::encode};
pub(super) use kept::keep;
use range::AddressRange;

/// What goes along with the write, and the lock to hold until it is done.
pub(super) type Allocation<'a> = (Along, Option<MutexGuard<'a, ()>>);

const HEADLESS: &str = "None";

impl Inner {
    /// Gives a new service what it needs. Other kinds need nothing.
    pub(super) async fn allocate(
        &self,
        operation: &Operation,
        value: &mut Value,
    ) -> Result<Allocation<'_>, Status> {
        self.allocate_over(operation, value, &Value::Null).await
    }

    /// Gives a changed service what it needs now, and gives back what it no longer has.
    pub(super) async fn reallocate(
        &self,
        operation: &Operation,
        value: &mut Value,
        old: &Value,
    ) -> Result<Allocation<'_>, Status> {
        if value["spec"] == old["spec"] {
            return Ok((Along::nothing(), None));
        }
        self.allocate_over(operation, value, old).await
    }

    async fn allocate_over(
        &self,
        operation: &Operation,
        value: &mut Value,
        old: &Value,
    ) -> Result<Allocation<'_>, Status> {
        if !is_service(&operation.resource) || !operation.subresource.is_empty() {
            return Ok((Along::nothing(), None));
        }
        let held = self.allocation.lock().await;
        // The last to hold the lock has written: what it took is seen from here on.
        self.caches.reach_newest().await?;
        if needs_address(value) && json::text(&value["spec"], "clusterIP").is_empty() {
            let address = self.free_address().await?;
            value["spec"]["clusterIP"] = address.to_string().into();
        }
        complete_families(value);
        self.allocate_ports(operation, value, old).await?;
        let (before, now) = (addresses(old), addresses(value));
        let mut along = Along::nothing();
        for address in now.difference(&before) {
            self.take(operation, value, address, &mut along).await?;
        }
        let freed = before.difference(&now).copied().filter_map(address_key);
        along.then.extend(freed.map(|key| store::Operation::Delete { key }));
        Ok((along, Some(held)))
    }

    async fn free_address(&self) -> Result<Ipv4Addr, Status> {
        let range = self.range()?;
        let used = self.used_addresses().await?;
        range.pick(&used, &*self.world.dice).ok_or_else(|| {
            failure::internal(&format!(
                "failed to allocate a serviceIP: range {} is full",
                self.options.service_range
            ))
        })
    }

    /// Claims a wanted or picked address.
    async fn take(
        &self,
        operation: &Operation,
        service: &Value,
        address: &Ipv4Addr,
        along: &mut Along,
    ) -> Result<(), Status> {
        let problem = if !self.range()?.contains(*address) {
            Some("the provided network does not match the current range")
        } else if self.used_addresses().await?.contains(address) {
            Some("provided IP is already allocated")
        } else {
            None
        };
        if let Some(problem) = problem {
            let detail = format!("failed to allocate IP {address}: {problem}");
            let wanted = json!([address.to_string()]);
            let error = FieldError::invalid(&Path::new("spec.clusterIPs"), &wanted, detail);
            let name = body::text(service, "name");
            return Err(failure::invalid(&operation.resource, name, &[error]));
        }
        let Some(key) = address_key(*address) else { return Ok(()) };
        let now = self.world.clock.wall().to_string();
        let object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": {
                "name": address.to_string(), "uid": self.world.dice.uuid(),
                "creationTimestamp": now,
                "labels": {
                    "ipaddress.kubernetes.io/ip-family": "IPv4",
                    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
                },
            },
            "spec": {"parentRef": {
                "group": "", "resource": "services",
                "namespace": operation.namespace, "name": body::text(service, "name"),
            }},
        });
        along.compare.push(Compare { key: key.clone(), modified: Revision(0) });
        let value = encode(&object);
        along.then.push(store::Operation::Put { key, value, time_to_live: None });
        Ok(())
    }

    pub(super) fn range(&self) -> Result<AddressRange, Status> {
        let text = &self.options.service_range;
        AddressRange::parse(text)
            .ok_or_else(|| failure::internal(&format!("{text} is no range of addresses")))
    }

    async fn used_addresses(&self) -> Result<BTreeSet<Ipv4Addr>, Status> {
        let Some(facts) = address_facts() else { return Ok(BTreeSet::new()) };
        let cache = self.caches.of(facts).await?;
        Ok(cache.all("").iter().filter_map(|object| object.key.name.parse().ok()).collect())
    }
}

/// What goes with a service that is deleted.
pub(super) fn release(facts: &ResourceFacts, old: &Value) -> Along {
    let mut along = Along::nothing();
    if is_service(facts) {
        let freed = addresses(old).into_iter().filter_map(address_key);
        along.then.extend(freed.map(|key| store::Operation::Delete { key }));
    }
    along
}

pub(super) fn is_service(facts: &ResourceFacts) -> bool {
    facts.resource == resources::SERVICES
}

/// External names and headless services have no address.
fn needs_address(service: &Value) -> bool {
    service["spec"].is_object()
        && service["spec"]["type"] != "ExternalName"
        && service["spec"]["clusterIP"] != HEADLESS
}

fn addresses(service: &Value) -> BTreeSet<Ipv4Addr> {
    let spec = &service["spec"];
    if spec["type"] == "ExternalName" {
        return BTreeSet::new();
    }
    let listed = json::list(spec, "clusterIPs").iter().filter_map(Value::as_str);
    let texts = listed.chain(spec["clusterIP"].as_str());
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// The fields that mirror the address.
fn complete_families(service: &mut Value) {
    let spec = &mut service["spec"];
    if spec["type"] == "ExternalName" {
        return;
    }
    let address = json::text(spec, "clusterIP").to_owned();
    if json::list(spec, "clusterIPs").is_empty() && !address.is_empty() {
        spec["clusterIPs"] = json!([address]);
    }
    if json::list(spec, "ipFamilies").is_empty() {
        spec["ipFamilies"] = json!(["IPv4"]);
    }
    if json::text(spec, "ipFamilyPolicy").is_empty() {
        spec["ipFamilyPolicy"] = "SingleStack".into();
    }
}

fn address_facts() -> Option<&'static Arc<ResourceFacts>> {
    catalog::builtin().resource("networking.k8s.io", "v1", "ipaddresses")
}

fn address_key(address: Ipv4Addr) -> Option<Vec<u8>> {
    address_facts().map(|facts| storage::key(facts, "", &address.to_string()))
}
