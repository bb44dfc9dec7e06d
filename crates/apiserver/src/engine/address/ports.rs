//! Node ports: which a service wants, which are free.

use std::collections::BTreeSet;

use api::{
    json, resources,
    validation::{FieldError, Path},
};
use serde_json::Value;
use world::Dice;

use super::{Inner, body, failure};
use crate::{Operation, Status};

/// A port number with its protocol: TCP and UDP may share a number.
type Taken = BTreeSet<(String, u16)>;

impl Inner {
    pub(super) async fn allocate_ports(
        &self,
        operation: &Operation,
        service: &mut Value,
        old: &Value,
    ) -> Result<(), Status> {
        if !needs_ports(service) {
            return Ok(());
        }
        let mut taken = self.taken_ports(old).await?;
        let name = body::text(service, "name").to_owned();
        let ports = json::list_mut(&mut service["spec"], "ports");
        for (index, port) in ports.iter_mut().enumerate() {
            let protocol = json::text(port, "protocol").to_owned();
            let wanted = json::number(port, "nodePort").unwrap_or(0);
            let chosen = match wanted {
                0 => self.free_port(&protocol, &taken),
                wanted => self.check_port(wanted, &protocol, &taken),
            };
            let chosen = chosen.map_err(|problem| {
                let (spec, field) = (Path::new("spec"), "ports");
                let ports = spec.child(field);
                let item = ports.index(index);
                let error = FieldError::invalid(&item.child("nodePort"), wanted, problem);
                failure::invalid(&operation.resource, &name, &[error])
            })?;
            port["nodePort"] = chosen.into();
            taken.insert((protocol, chosen));
        }
        Ok(())
    }

    fn free_port(&self, protocol: &str, taken: &Taken) -> Result<u16, String> {
        let ports = &self.options.node_ports;
        let (first, count) = (*ports.start(), ports.len());
        pick(first, count, protocol, taken, &*self.world.dice)
            .ok_or_else(|| "no node port is free".to_owned())
    }

    fn check_port(&self, wanted: i64, protocol: &str, taken: &Taken) -> Result<u16, String> {
        let ports = &self.options.node_ports;
        let port = u16::try_from(wanted).ok().filter(|port| ports.contains(port));
        let port = port.ok_or_else(|| {
            let (first, last) = (ports.start(), ports.end());
            format!("provided port is not in the valid range. The range of valid ports is {first}-{last}")
        })?;
        if taken.contains(&(protocol.to_owned(), port)) {
            return Err("provided port is already allocated".to_owned());
        }
        Ok(port)
    }

    /// The ports of all services but the one that is written.
    async fn taken_ports(&self, but: &Value) -> Result<Taken, Status> {
        let services = &resources::SERVICES;
        let facts =
            api::catalog::builtin().resource(&services.group, &services.version, &services.plural);
        let Some(facts) = facts else { return Ok(Taken::new()) };
        let cache = self.caches.of(facts).await?;
        let own = body::text(but, "uid");
        let others = cache.all("").into_iter().filter(|service| &*service.uid.0 != own);
        Ok(others.flat_map(|service| ports_of(&service.value())).collect())
    }
}

/// Ports that the client leaves at zero stay as they were.
pub(super) fn keep(new: &mut Value, old: &Value) {
    if !needs_ports(new) {
        return;
    }
    let known = json::list(&old["spec"], "ports");
    for port in json::list_mut(&mut new["spec"], "ports") {
        if json::number(port, "nodePort").unwrap_or(0) != 0 {
            continue;
        }
        let same =
            |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        if let Some(same) = known.iter().find(same) {
            json::copy(port, same, "nodePort");
        }
    }
}

/// Ports that the client only sent back go with the type that had them.
pub(super) fn drop_same(new: &mut Value, old: &Value) {
    let known: Vec<_> = ports_of(old);
    for port in json::list_mut(&mut new["spec"], "ports") {
        let number = json::number(port, "nodePort").and_then(|number| u16::try_from(number).ok());
        let protocol = json::text(port, "protocol").to_owned();
        if number.is_some_and(|number| known.contains(&(protocol, number))) {
            json::remove(port, "nodePort");
        }
    }
}

/// Whether a service opens ports on nodes.
pub(super) fn needs_ports(service: &Value) -> bool {
    let spec = &service["spec"];
    spec["type"] == "NodePort"
        || (spec["type"] == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false)
}

fn ports_of(service: &Value) -> Vec<(String, u16)> {
    let ports = json::list(&service["spec"], "ports").iter();
    ports
        .filter_map(|port| {
            let number = u16::try_from(json::number(port, "nodePort")?).ok()?;
            Some((json::text(port, "protocol").to_owned(), number))
        })
        .collect()
}

fn pick(first: u16, count: usize, protocol: &str, taken: &Taken, dice: &dyn Dice) -> Option<u16> {
    let count = u64::try_from(count).ok()?;
    let start = dice.below(count);
    let candidates = (0..count).filter_map(|step| {
        let offset = u16::try_from((start + step) % count).ok()?;
        first.checked_add(offset)
    });
    candidates.into_iter().find(|port| !taken.contains(&(protocol.to_owned(), *port)))
}
