//! What a kind does beyond its schema: how it is prepared before it is stored, what is wrong with it,
//! what deserves a warning. The server calls these functions for every kind; a kind with rules of its
//! own has a file here and a line in the table.

mod config;
mod custom;
mod definition;
mod deployment;
mod event;
mod ingress;
mod namespace;
mod network_policy;
mod node;
mod pod;
mod prepare;
mod priority;
mod rbac;
mod replica_set;
mod service;
mod small;
mod template;
#[cfg(test)]
mod testing;
mod workload;

use meta::time::Time;
use serde_json::Value;

use crate::{
    catalog::ResourceFacts,
    defaults,
    validation::{Errors, FieldError, immutable, metadata, schema},
};

/// What surrounds a write.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub resource: &'a ResourceFacts,
    /// Empty for the object itself.
    pub subresource: &'a str,
    pub now: Time,
    pub dry_run: bool,
}

/// The functions of one kind.
struct Rules {
    /// After the generic preparation of a create.
    prepare_create: fn(&Context<'_>, &mut Value),
    /// After the generic preparation of an update, before the generation is counted.
    prepare_update: fn(&Context<'_>, &mut Value, &Value),
    /// Beyond metadata; for creates and updates alike.
    validate: fn(&Context<'_>, &Value, &mut Errors),
    /// What is asked of new objects only.
    validate_create: fn(&Context<'_>, &Value, &mut Errors),
    /// New against old.
    validate_update: fn(&Context<'_>, &Value, &Value, &mut Errors),
    warnings: fn(&Context<'_>, &Value, Option<&Value>) -> Vec<String>,
}

impl Rules {
    /// Nothing beyond the generic preparation and the metadata.
    const GENERIC: Self = Self {
        prepare_create: |_, _| {},
        prepare_update: |_, _, _| {},
        validate: |_, _, _| {},
        validate_create: |_, _, _| {},
        validate_update: |_, _, _, _| {},
        warnings: |_, _, _| Vec::new(),
    };
    /// Kinds without rules of their own: what the type and the table of fixed fields say.
    const BY_SCHEMA: Self = Self {
        validate: |ctx, object, errors| {
            if ctx.subresource.is_empty() {
                schema::validate(ctx.resource.type_id, object, errors);
            }
        },
        validate_update: |ctx, new, old, errors| {
            if ctx.subresource.is_empty() {
                immutable::validate(ctx.resource, new, old, errors);
            }
        },
        ..Self::GENERIC
    };
}

/// Kinds with rules of their own, by group and plural.
const RULES: &[(&str, &str, &Rules)] = &[
    ("", "configmaps", &config::CONFIG_MAP),
    ("", "events", &event::RULES),
    ("", "namespaces", &namespace::RULES),
    ("", "nodes", &node::RULES),
    ("", "persistentvolumeclaims", &small::CLAIM),
    ("", "persistentvolumes", &small::VOLUME),
    ("", "pods", &pod::RULES),
    ("", "secrets", &config::SECRET),
    ("", "serviceaccounts", &small::SERVICE_ACCOUNT),
    ("", "services", &service::RULES),
    ("apiextensions.k8s.io", "customresourcedefinitions", &definition::RULES),
    ("apps", "daemonsets", &workload::DAEMON_SET),
    ("apps", "deployments", &deployment::RULES),
    ("apps", "replicasets", &replica_set::RULES),
    ("apps", "statefulsets", &workload::STATEFUL_SET),
    ("batch", "jobs", &workload::JOB),
    ("coordination.k8s.io", "leases", &small::LEASE),
    ("events.k8s.io", "events", &event::RULES),
    ("networking.k8s.io", "ingresses", &ingress::RULES),
    ("networking.k8s.io", "networkpolicies", &network_policy::RULES),
    ("policy", "poddisruptionbudgets", &priority::BUDGET),
    ("rbac.authorization.k8s.io", "clusterrolebindings", &rbac::BINDING),
    ("rbac.authorization.k8s.io", "clusterroles", &rbac::ROLE),
    ("rbac.authorization.k8s.io", "rolebindings", &rbac::BINDING),
    ("rbac.authorization.k8s.io", "roles", &rbac::ROLE),
    ("resource.k8s.io", "devicetaintrules", &small::DEVICE_TAINTS),
    ("resource.k8s.io", "resourceslices", &small::DEVICE_TAINTS),
    ("scheduling.k8s.io", "priorityclasses", &priority::CLASS),
];

fn rules(resource: &ResourceFacts) -> &'static Rules {
    if resource.custom.is_some() {
        return &custom::RULES;
    }
    let named = &resource.resource;
    let found =
        RULES.iter().find(|(group, plural, _)| *plural == named.plural && *group == named.group);
    found.map_or(&Rules::BY_SCHEMA, |(_, _, rules)| rules)
}

/// Makes a decoded, defaulted object what is to be stored first: status and generation are the
/// server's, and some kinds fill in more. The object has its name, namespace and UID already.
pub fn prepare_create(ctx: &Context<'_>, object: &mut Value) {
    prepare::create(ctx, object);
    (rules(ctx.resource).prepare_create)(ctx, object);
    // What is stored is read with defaults, so what was just filled in has them too.
    defaults::apply(ctx.resource, object);
}

/// Takes back what this endpoint may not change and raises the generation if what it counts changed.
pub fn prepare_update(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    prepare::update(ctx, new, old);
    (rules(ctx.resource).prepare_update)(ctx, new, old);
    prepare::raise_generation(ctx, new, old);
}

/// What is wrong with a new object.
pub fn validate_create(ctx: &Context<'_>, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let rules = rules(ctx.resource);
    metadata::create(ctx.resource, object, &mut errors);
    (rules.validate)(ctx, object, &mut errors);
    (rules.validate_create)(ctx, object, &mut errors);
    errors
}

/// What is wrong with a change. That it carries a resource version is the caller's to see.
pub fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let rules = rules(ctx.resource);
    metadata::update(new, old, &mut errors);
    (rules.validate)(ctx, new, &mut errors);
    (rules.validate_update)(ctx, new, old, &mut errors);
    errors
}

/// What a client should be told though it is allowed.
pub fn warnings(ctx: &Context<'_>, new: &Value, old: Option<&Value>) -> Vec<String> {
    (rules(ctx.resource).warnings)(ctx, new, old)
}

#[cfg(test)]
mod tests;
