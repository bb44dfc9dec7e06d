//! In whose name each component of a plane asks.

use std::sync::Arc;

use apiserver::{Service, User};
use client::Transport;
use world::World;

use crate::{InProcess, Part};

/// In whose name a component asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A part's own, under which it reads for its caches.
    Part(Part),
    /// A service account of `kube-system`, under which one controller acts.
    Account(&'static str),
}

/// Ways to the API server, one for each identity.
pub type Identities = Arc<dyn Fn(Identity) -> Arc<dyn Transport> + Send + Sync>;

impl Identity {
    /// A way to a service of the same process.
    pub fn join(self, world: &World, service: &Service) -> InProcess {
        let (name, groups) = match self {
            Self::Part(Part::Controllers) => ("system:kube-controller-manager".to_owned(), vec![]),
            Self::Part(Part::Scheduler) => ("system:kube-scheduler".to_owned(), vec![]),
            Self::Part(Part::Nodes) => ("system:node:simulated".to_owned(), vec!["system:nodes"]),
            Self::Account(account) => (
                format!("system:serviceaccount:kube-system:{account}"),
                vec!["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            ),
        };
        let groups = groups.into_iter().map(ToOwned::to_owned).collect();
        let user = User { name, groups, ..User::default() };
        InProcess::new(world.clone(), service.clone(), user, self.user_agent())
    }

    const fn user_agent(self) -> &'static str {
        match self {
            Self::Part(part) => part.field_manager(),
            Self::Account(_) => Part::Controllers.field_manager(),
        }
    }
}

/// Every identity, joined to a service of the same process.
pub fn identities_in_process(world: &World, service: &Service) -> Identities {
    let (world, service) = (world.clone(), service.clone());
    Arc::new(move |identity| Arc::new(identity.join(&world, &service)))
}
