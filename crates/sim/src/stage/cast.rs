//! Who plays on a stage: components, each with a life of its own.

use std::sync::Arc;

use controllers::nodeipam::{NetworkFlags, PodNetworks};
use meta::object::ObjectKey;
use nodes::{Rules, node::NodeAgent, pod::Kubelet};
use runtime::{Actor, LeaseSettings, Manager, Metrics, Running};
use scheduler::Scheduler;
use world::World;

use super::wire::Wire;

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Controllers of these names; all of them if none is named.
    Controllers(&'static [&'static str]),
    /// The same, acting only while they hold the manager's lease.
    Leader(&'static [&'static str]),
    /// The controller that gives nodes their shares of this network.
    Ipam(&'static str),
    /// The scheduler.
    Scheduler,
    /// Simulated kubelets that follow these rules.
    Kubelets(Rules),
}

impl Role {
    /// Begins a life.
    pub(super) fn start(&self, world: &World, wire: Wire) -> Running {
        let identity = wire.by;
        let actor = Actor { transport: Arc::new(wire), field_manager: self.field_manager() };
        let mut manager = Manager::new(world.clone(), actor, Arc::new(Metrics::default()));
        match self {
            Self::Controllers(names) | Self::Leader(names) => {
                let wanted = |name: &str| names.is_empty() || names.contains(&name);
                controllers::add_wanted(&mut manager, wanted);
            }
            Self::Ipam(cluster) => {
                let flags = NetworkFlags {
                    cluster,
                    allocator: "RangeAllocator",
                    ..NetworkFlags::default()
                };
                if let Ok(networks) = PodNetworks::read(&flags) {
                    manager.informers.provide(networks);
                }
                controllers::add_wanted(&mut manager, |name| name == "node-ipam-controller");
            }
            Self::Scheduler => manager.add_machine::<Scheduler>(),
            Self::Kubelets(rules) => {
                manager.informers.provide(rules.clone());
                manager.add::<Kubelet>();
                manager.add::<NodeAgent>();
            }
        }
        let key = ObjectKey::new("kube-system", "kube-controller-manager");
        // It ends with its machine.
        match self {
            Self::Leader(_) => {
                manager.start_with_lease(LeaseSettings::new(key, identity.to_owned()))
            }
            Self::Controllers(_) | Self::Ipam(_) | Self::Scheduler | Self::Kubelets(_) => {
                manager.start()
            }
        }
    }

    const fn field_manager(&self) -> &'static str {
        match self {
            Self::Controllers(_) | Self::Leader(_) | Self::Ipam(_) => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubelets(_) => "kubelet",
        }
    }
}
