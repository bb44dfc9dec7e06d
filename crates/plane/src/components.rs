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

/// What may run as a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All controllers.
    Controllers,
    /// The scheduler.
    Scheduler,
    /// Simulated kubelets.
    Nodes,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Controllers, Self::Scheduler, Self::Nodes];

    /// A way to a service of the same process, under the part's identity.
    pub fn join(self, world: &World, service: &Service) -> InProcess {
        let (name, groups): (_, &[&str]) = match self {
            Self::Controllers => ("system:kube-controller-manager", &[]),
            Self::Scheduler => ("system:kube-scheduler", &[]),
            Self::Nodes => ("system:node:simulated", &["system:nodes"]),
        };
        let groups = groups.iter().map(ToString::to_string).collect();
        let user = User { name: name.to_owned(), groups, ..User::default() };
        InProcess::new(world.clone(), service.clone(), user, self.field_manager())
    }

    /// The reference's name of the process.
    const fn field_manager(self) -> &'static str {
        match self {
            Self::Controllers => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Nodes => "kubelet",
        }
    }

    fn actor(self, transport: Arc<dyn Transport>) -> Actor {
        Actor { transport, field_manager: self.field_manager() }
    }
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
        Self {
            controllers: Arc::new(Part::Controllers.join(world, service)),
            scheduler: Arc::new(Part::Scheduler.join(world, service)),
            nodes: Arc::new(Part::Nodes.join(world, service)),
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
        let controllers = Part::Controllers.actor(Arc::clone(&identities.controllers));
        let mut manager = Manager::new(world.clone(), controllers, metrics);
        self.provide(&mut manager);
        add(Part::Controllers, &mut manager);
        manager.act_as(Part::Scheduler.actor(Arc::clone(&identities.scheduler)));
        add(Part::Scheduler, &mut manager);
        manager.act_as(Part::Nodes.actor(Arc::clone(&identities.nodes)));
        add(Part::Nodes, &mut manager);
        manager
    }

    /// A manager with one part alone, as a process of its own has it.
    pub fn assemble_part(
        self,
        part: Part,
        world: &World,
        transport: Arc<dyn Transport>,
        metrics: Arc<Metrics>,
    ) -> Manager {
        let mut manager = Manager::new(world.clone(), part.actor(transport), metrics);
        self.provide(&mut manager);
        add(part, &mut manager);
        manager
    }

    fn provide(self, manager: &mut Manager) {
        if let Some(root_ca) = self.root_ca {
            manager.informers.provide(RootCa(root_ca));
        }
        manager.informers.provide(self.rules);
    }
}

fn add(part: Part, manager: &mut Manager) {
    match part {
        Part::Controllers => controllers::add_all(manager),
        Part::Scheduler => manager.add_machine::<Scheduler>(),
        Part::Nodes => {
            manager.add::<Kubelet>();
            manager.add::<NodeAgent>();
        }
    }
}
