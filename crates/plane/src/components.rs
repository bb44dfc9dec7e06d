//! Everything that acts: controllers, scheduler, nodes, each under its own name.

use std::sync::Arc;

use apiserver::{Service, User};
use client::Transport;
use controllers::rootcacertpublisher::RootCa;
use nodes::{Rules, node::NodeAgent, pod::Kubelet};
use runtime::{Actor, Manager, Metrics};
use scheduler::Scheduler;
use world::World;

use crate::InProcess;

/// How the components of a plane are set up.
pub struct Components {
    /// Published to every namespace; `None` publishes nothing.
    pub root_ca: Option<String>,
    /// How simulated nodes behave.
    pub rules: Rules,
}

/// Ways to the API server, one for each kind of component.
pub struct Identities {
    /// `system:kube-controller-manager`.
    pub controllers: Arc<dyn Transport>,
    /// `system:kube-scheduler`.
    pub scheduler: Arc<dyn Transport>,
    /// Member of `system:nodes`.
    pub nodes: Arc<dyn Transport>,
}

impl Identities {
    /// Joined to a service of the same process.
    pub fn in_process(world: &World, service: &Service) -> Self {
        let join = |name: &str, groups: &[&str], user_agent| -> Arc<dyn Transport> {
            let groups = groups.iter().map(ToString::to_string).collect();
            let user = User { name: name.to_owned(), groups, ..User::default() };
            Arc::new(InProcess::new(world.clone(), service.clone(), user, user_agent))
        };
        Self {
            controllers: join("system:kube-controller-manager", &[], "kube-controller-manager"),
            scheduler: join("system:kube-scheduler", &[], "kube-scheduler"),
            nodes: join("system:node:simulated", &["system:nodes"], "kubelet"),
        }
    }
}

impl Components {
    /// A manager with every component, ready to start. All share one set of caches.
    pub fn assemble(
        self,
        world: &World,
        identities: &Identities,
        metrics: Arc<Metrics>,
    ) -> Manager {
        let controllers = Actor {
            transport: Arc::clone(&identities.controllers),
            field_manager: "kube-controller-manager",
        };
        let mut manager = Manager::new(world.clone(), controllers, metrics);
        if let Some(root_ca) = self.root_ca {
            manager.informers.provide(RootCa(root_ca));
        }
        manager.informers.provide(self.rules);
        controllers::add_all(&mut manager);
        manager.act_as(Actor {
            transport: Arc::clone(&identities.scheduler),
            field_manager: "kube-scheduler",
        });
        manager.add_machine::<Scheduler>();
        manager
            .act_as(Actor { transport: Arc::clone(&identities.nodes), field_manager: "kubelet" });
        manager.add::<Kubelet>();
        manager.add::<NodeAgent>();
        manager
    }
}
