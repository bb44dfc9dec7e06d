//! What a kind does beyond its schema: how it is prepared before it is stored, what is wrong with it,
//! what deserves a warning. The server calls these functions for every kind; a kind with rules of its
//! own has a file here and a line in the table.

mod prepare;

use meta::time::Time;
use serde_json::Value;

use crate::{
    catalog::ResourceFacts,
    validation::{Errors, FieldError},
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

/// The functions of one kind; those of [`Rules::GENERIC`] do nothing.
struct Rules {
    /// After the generic preparation of a create.
    prepare_create: fn(&Context<'_>, &mut Value),
    /// After the generic preparation of an update, before the generation is counted.
    prepare_update: fn(&Context<'_>, &mut Value, &Value),
    /// Beyond metadata; for creates and updates alike.
    validate: fn(&Context<'_>, &Value, &mut Errors),
    /// New against old.
    validate_update: fn(&Context<'_>, &Value, &Value, &mut Errors),
    warnings: fn(&Context<'_>, &Value, Option<&Value>) -> Vec<String>,
}

impl Rules {
    const GENERIC: Self = Self {
        prepare_create: |_, _| {},
        prepare_update: |_, _, _| {},
        validate: |_, _, _| {},
        validate_update: |_, _, _, _| {},
        warnings: |_, _, _| Vec::new(),
    };
}

/// Kinds with rules of their own, by group and plural.
const RULES: &[(&str, &str, &Rules)] = &[];

fn rules(resource: &ResourceFacts) -> &'static Rules {
    let named = &resource.resource;
    let found =
        RULES.iter().find(|(group, plural, _)| *plural == named.plural && *group == named.group);
    found.map_or(&Rules::GENERIC, |(_, _, rules)| rules)
}

/// Makes a decoded, defaulted object what is to be stored first: status and generation are the
/// server's, and some kinds fill in more.
pub fn prepare_create(ctx: &Context<'_>, object: &mut Value) {
    prepare::create(ctx, object);
    (rules(ctx.resource).prepare_create)(ctx, object);
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
    (rules(ctx.resource).validate)(ctx, object, &mut errors);
    errors
}

/// What is wrong with a change.
pub fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    (rules(ctx.resource).validate)(ctx, new, &mut errors);
    (rules(ctx.resource).validate_update)(ctx, new, old, &mut errors);
    errors
}

/// What a client should be told though it is allowed.
pub fn warnings(ctx: &Context<'_>, new: &Value, old: Option<&Value>) -> Vec<String> {
    (rules(ctx.resource).warnings)(ctx, new, old)
}
