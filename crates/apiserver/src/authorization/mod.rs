//! Who may do what: members of `system:masters` everything, everybody else what one of the modes
//! allows, which are asked in order. A denial is decided on everything that is acknowledged: it waits
//! for the caches.

mod escalation;
mod index;
mod message;
mod mode;
mod node;
mod policy;
mod usage;

use std::{fmt, sync::Arc};

use crate::{Object, RequestInfo, ResourcePath, User, authentication, cache::Caches};

pub(crate) use escalation::FULL_AUTHORITY;
pub(crate) use message::forbidden;
pub use mode::{Mode, UnknownMode};
pub(crate) use node::node_of;
pub(crate) use policy::{Held, Policy};
pub use usage::Usage;

/// Members may do everything.
pub const MASTERS: &str = "system:masters";

/// Who wants to do what.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    pub user: &'a User,
    /// `get`, `list`, … for resources; the HTTP method in lower case for paths.
    pub verb: &'a str,
    pub target: Target<'a>,
    /// Of a list or watch, as sent.
    pub field_selector: &'a str,
}

/// On what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    Resource(&'a ResourcePath),
    Path(&'a str),
}

/// What authorization says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// `reason` is for reviews; `grant` tells the rule that decided, if it was one.
    Allow { reason: String, grant: Option<Grant> },
    /// `reason` ends the message, if there is one.
    Deny { reason: String },
}

/// The rule that allowed something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `ClusterRole/NAME` or `Role/NAMESPACE/NAME`.
    pub role: String,
    /// Its position among the role's rules.
    pub rule: usize,
}

/// Hears of every decision that somebody's request met.
pub type Witness = Arc<dyn Fn(&Attributes<'_>, &Decision) + Send + Sync>;

/// See the module.
pub struct Authorizer {
    modes: Vec<Mode>,
    /// `None` knows no objects: there is nothing that modes could decide on.
    caches: Option<Arc<Caches>>,
    policy: Policy,
    witness: Option<Witness>,
}

impl<'a> Attributes<'a> {
    /// What a request asks.
    pub fn of(user: &'a User, request: &'a RequestInfo) -> Self {
        let target = match &request.resource {
            Some(resource) => Target::Resource(resource),
            None => Target::Path(&request.path),
        };
        let field_selector = request.query.get("fieldSelector");
        Self { user, verb: request.verb, target, field_selector }
    }

    /// A verb on a resource.
    pub fn on(user: &'a User, verb: &'a str, resource: &'a ResourcePath) -> Self {
        Self { user, verb, target: Target::Resource(resource), field_selector: "" }
    }
}

impl Decision {
    fn allow() -> Self {
        Self::Allow { reason: String::new(), grant: None }
    }
    fn deny(reason: impl Into<String>) -> Self {
        Self::Deny { reason: reason.into() }
    }
    /// Whether the request may be made.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow { .. })
    }
}

impl Authorizer {
    /// An authorizer by the roles that every cluster has, without a cluster.
    #[cfg(test)]
    pub(crate) fn by_bootstrap_policy() -> Self {
        let policy = Policy::of_bootstrap();
        Self { modes: vec![Mode::Rbac], caches: None, policy, witness: None }
    }

    pub(crate) fn new(modes: Vec<Mode>, caches: &Arc<Caches>, witness: Option<Witness>) -> Self {
        let caches = Some(Arc::clone(caches));
        Self { modes, caches, policy: Policy::default(), witness }
    }

    /// Decides on a request.
    pub async fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        let decision = self.decide(attributes).await;
        if let Some(witness) = &self.witness {
            witness(attributes, &decision);
        }
        decision
    }

    /// Decides on a question: no witness hears of it.
    pub(crate) async fn decide(&self, attributes: &Attributes<'_>) -> Decision {
        if is_master(attributes.user) {
            return Decision::allow();
        }
        let decision = self.ask(attributes).await;
        let Some(caches) = &self.caches else { return decision };
        // What would allow it may have been written just now; strangers are not waited for.
        if decision.is_allowed() || attributes.user.name == authentication::ANONYMOUS {
            return decision;
        }
        match caches.reach_newest().await {
            Ok(()) => self.ask(attributes).await,
            Err(_) => decision,
        }
    }

    /// The rules that hold for a user in a namespace, as far as they can be listed.
    pub(crate) async fn rules(&self, user: &User, namespace: &str) -> Held {
        self.catch_up().await;
        let mut rules = Held::default();
        for mode in &self.modes {
            match mode {
                Mode::Node if node_of(user).is_some() => {
                    rules.problems.push(node::NO_RULES.to_owned());
                    rules.is_incomplete = true;
                }
                Mode::Rbac => rules.extend(self.policy.rules(user, namespace)),
                Mode::AlwaysAllow => rules.extend(Held::everything()),
                Mode::Node | Mode::AlwaysDeny => {}
            }
        }
        rules
    }

    /// The policy in force, with everything that is acknowledged.
    pub(crate) async fn policy(&self) -> &Policy {
        self.catch_up().await;
        &self.policy
    }

    async fn ask(&self, attributes: &Attributes<'_>) -> Decision {
        let mut reasons = Vec::new();
        for mode in &self.modes {
            let decision = match (mode, &self.caches) {
                (Mode::Node, Some(caches)) => node::decide(caches, attributes).await,
                (Mode::Rbac, _) => {
                    self.refresh().await;
                    self.policy.decide(attributes)
                }
                (Mode::AlwaysAllow, _) => Decision::allow(),
                (Mode::AlwaysDeny, _) => Decision::deny("Everything is forbidden."),
                (Mode::Node, None) => Decision::deny(""),
            };
            match decision {
                Decision::Allow { .. } => return decision,
                Decision::Deny { reason } if reason.is_empty() => {}
                Decision::Deny { reason } => reasons.push(reason),
            }
        }
        Decision::Deny { reason: reasons.join("\n") }
    }

    /// Takes over what was written until now; what is known already holds if the store does not answer.
    async fn catch_up(&self) {
        if let Some(caches) = &self.caches
            && let Err(error) = caches.reach_newest().await
        {
            tracing::warn!(%error, "roles and bindings written just now may be missed");
        }
        self.refresh().await;
    }

    async fn refresh(&self) {
        if let Some(caches) = &self.caches
            && let Err(error) = self.policy.refresh(caches).await
        {
            tracing::warn!(%error, "cannot read roles and bindings: those known before hold");
        }
    }
}

impl fmt::Debug for Authorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorizer").field("modes", &self.modes).finish_non_exhaustive()
    }
}

/// Whether nothing is forbidden to a user.
pub(crate) fn is_master(user: &User) -> bool {
    user.groups.iter().any(|group| group == MASTERS)
}

/// An object as its view, or as nothing where it cannot be read.
fn view<T: serde::de::DeserializeOwned + Default>(object: &Object) -> T {
    serde_json::from_slice(&object.json).unwrap_or_else(|error| {
        tracing::warn!(key = %object.key, %error, "an object of the policy cannot be read");
        T::default()
    })
}
