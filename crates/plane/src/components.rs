//! Everything that acts: controllers, scheduler, nodes, each under its own name.

use std::{sync::Arc, time::Duration};

use controllers::{namespace::Settle, serviceaccounttoken::Issuer, shared::root_ca::RootCa};
use nodes::{Rules, node::NodeAgent, pod::Kubelet};
use runtime::{Actor, Manager, Metrics, trace::Trace};
use scheduler::Scheduler;
use world::World;

use crate::{Identities, Identity};

/// How the components of a plane are set up.
pub struct Components {
    /// Published to every namespace; `None` publishes nothing.
    pub root_ca: Option<String>,
    /// Makes the tokens in secrets; `None` leaves them without.
    pub token_issuer: Option<Issuer>,
    /// How simulated nodes behave.
    pub rules: Rules,
    /// Is told what happens.
    pub trace: Trace,
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

    /// The reference's name of the process.
    pub(crate) const fn field_manager(self) -> &'static str {
        match self {
            Self::Controllers => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Nodes => "kubelet",
        }
    }

    fn actor(self, identities: &Identities) -> Actor {
        Actor { transport: identities(Identity::Part(self)), field_manager: self.field_manager() }
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
        let mut manager = self.assemble_part(Part::Controllers, world, identities, metrics);
        for part in [Part::Scheduler, Part::Nodes] {
            manager.act_as(part.actor(identities));
            add(part, &mut manager);
        }
        manager
    }

    /// A manager with one part alone, as a process of its own has it.
    pub fn assemble_part(
        self,
        part: Part,
        world: &World,
        identities: &Identities,
        metrics: Arc<Metrics>,
    ) -> Manager {
        let mut manager = Manager::new(world.clone(), part.actor(identities), metrics);
        manager.informers.trace_to(self.trace.clone());
        let accounts = Arc::clone(identities);
        manager.give_accounts(Arc::new(move |account| accounts(Identity::Account(account))));
        self.provide(&mut manager);
        add(part, &mut manager);
        manager
    }

    fn provide(self, manager: &mut Manager) {
        if let Some(root_ca) = self.root_ca {
            manager.informers.provide(RootCa(root_ca));
        }
        if let Some(issuer) = self.token_issuer {
            manager.informers.provide(issuer);
        }
        manager.informers.provide(self.rules);
        // This API server compares the namespace in the transaction of each create.
        manager.informers.provide(Settle(Duration::ZERO));
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
