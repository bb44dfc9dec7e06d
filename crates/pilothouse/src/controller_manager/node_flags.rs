//! What the flags say of nodes: how long silence is borne, and where pods' addresses come from.

use std::time::Duration;

use app::flags::Flags;
use controllers::{
    nodeipam::{NetworkFlags, PodNetworks},
    nodelifecycle::{EvictionRate, NodeMonitor},
};
use runtime::Informers;

/// The flags that are read here.
pub(super) const ACTED_ON: [&str; 14] = [
    "allocate-node-cidrs",
    "cidr-allocator-type",
    "cluster-cidr",
    "large-cluster-size-threshold",
    "node-cidr-mask-size",
    "node-cidr-mask-size-ipv4",
    "node-cidr-mask-size-ipv6",
    "node-eviction-rate",
    "node-monitor-grace-period",
    "node-monitor-period",
    "node-startup-grace-period",
    "secondary-node-eviction-rate",
    "service-cluster-ip-range",
    "unhealthy-zone-threshold",
];

/// Settings of the controllers of nodes.
#[derive(Debug)]
pub(super) struct NodeFlags {
    monitor: NodeMonitor,
    networks: Option<PodNetworks>,
}

impl NodeFlags {
    /// # Errors
    /// What does not fit together.
    pub(super) fn read(flags: &Flags) -> Result<Self, String> {
        let rate = |name: &str| EvictionRate::per_second(flags.float(name));
        let large_zone = flags.integer("large-cluster-size-threshold");
        let share = flags.float("unhealthy-zone-threshold");
        let monitor = NodeMonitor {
            grace: flags.duration("node-monitor-grace-period"),
            startup_grace: flags.duration("node-startup-grace-period"),
            period: flags.duration("node-monitor-period"),
            eviction: rate("node-eviction-rate"),
            secondary_eviction: rate("secondary-node-eviction-rate"),
            large_zone: usize::try_from(large_zone).unwrap_or(0),
            unhealthy_zone: thousandths(share)
                .ok_or_else(|| format!("--unhealthy-zone-threshold={share}: no share"))?,
        };
        let networks = flags.is_on("allocate-node-cidrs").then(|| networks(flags)).transpose()?;
        Ok(Self { monitor, networks })
    }

    /// Makes the settings known to the controllers that are added from now on.
    pub(super) fn provide(&self, informers: &mut Informers) {
        informers.provide(self.monitor);
        if let Some(networks) = self.networks.clone() {
            informers.provide(networks);
        }
    }
}

fn networks(flags: &Flags) -> Result<PodNetworks, String> {
    let mask = |name: &str| {
        let mask = flags.integer(name);
        u32::try_from(mask).map_err(|_| format!("--{name}={mask}: no mask"))
    };
    let flags = NetworkFlags {
        cluster: flags.text("cluster-cidr"),
        services: flags.text("service-cluster-ip-range"),
        mask: mask("node-cidr-mask-size")?,
        mask_v4: mask("node-cidr-mask-size-ipv4")?,
        mask_v6: mask("node-cidr-mask-size-ipv6")?,
        allocator: flags.text("cidr-allocator-type"),
    };
    PodNetworks::read(&flags).map_err(|error| error.to_string())
}

/// A share in whole thousandths, as a second has thousandths.
fn thousandths(share: f64) -> Option<usize> {
    let share = Duration::try_from_secs_f64(share).ok()?;
    usize::try_from(share.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use app::flags::kube_controller_manager;

    use super::*;

    fn read(line: &str) -> Result<NodeFlags, String> {
        let arguments = line.split_whitespace().map(ToOwned::to_owned);
        NodeFlags::read(&Flags::parse(&kube_controller_manager(), arguments).unwrap())
    }

    #[test]
    fn without_flags_all_is_as_the_controllers_have_it() {
        let read = read("").unwrap();
        assert_eq!((read.monitor, read.networks), (NodeMonitor::default(), None));
    }

    #[test]
    fn networks_count_only_where_nodes_get_shares() {
        assert_eq!(read("--cluster-cidr=nonsense").unwrap().networks, None);
        let error = read("--allocate-node-cidrs").unwrap_err();
        assert!(error.contains("Must specify --cluster-cidr"), "{error}");
        let read = read("--allocate-node-cidrs --cluster-cidr=10.0.0.0/16 --node-eviction-rate=0");
        let read = read.unwrap();
        assert!(read.networks.is_some());
        assert_eq!(read.monitor.eviction, EvictionRate(None));
    }

    #[test]
    fn what_is_acted_on_is_a_flag() {
        let table = kube_controller_manager();
        assert!(ACTED_ON.iter().all(|name| table.get(name).is_some()));
    }
}
