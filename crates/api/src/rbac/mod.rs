//! Roles as authorization reads them: what a rule allows, what rules cover others, whom a binding is
//! for, and the roles and bindings that every cluster has.

mod binding;
mod bootstrap;
mod cover;
mod rule;

pub use binding::{Binding, RoleRef, Subject};
pub use bootstrap::{bootstrap_policy, bootstrap_rules};
pub use cover::{compact, missing};
pub use rule::{Asked, PolicyRule};

/// The API group of roles and bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";
