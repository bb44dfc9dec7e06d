//! Custom resources: what their definition says, instead of rules of their own.

use serde_json::Value;

use super::{Context, Rules};
use crate::{
    custom::CustomVersion,
    json,
    validation::{Errors, FieldError},
};

pub(super) const RULES: Rules = Rules {
    prepare_update,
    validate_create: |ctx, object, errors| validate(ctx, object, None, errors),
    validate_update: |ctx, new, old, errors| validate(ctx, new, Some(old), errors),
    warnings: |ctx, new, old| {
        let asked = version(ctx).zip(old);
        asked.map(|(version, old)| version.warnings(new, old)).unwrap_or_default()
    },
    ..Rules::GENERIC
};

fn prepare_update(ctx: &Context<'_>, new: &mut Value, old: &Value) {
    if ctx.subresource == "status" {
        keep_all_but_status(new, old);
    }
    let has_status = ctx.resource.subresource("status").is_some();
    let counted = |object: &Value| {
        let mut counted = object.clone();
        json::remove(&mut counted, "metadata");
        if has_status {
            json::remove(&mut counted, "status");
        }
        counted
    };
    if counted(new) != counted(old) {
        let generation = json::number(&old["metadata"], "generation").unwrap_or(0);
        new["metadata"]["generation"] = (generation + 1).into();
    }
}

/// The status endpoint takes the status, and who owns its fields.
fn keep_all_but_status(new: &mut Value, old: &Value) {
    let mut kept = old.clone();
    json::copy(&mut kept, new, "status");
    json::copy(&mut kept["metadata"], &new["metadata"], "managedFields");
    *new = kept;
}

fn validate(ctx: &Context<'_>, new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let found = version(ctx).map(|version| version.validate(new, old));
    errors.extend::<Vec<FieldError>>(found.unwrap_or_default());
}

fn version<'a>(ctx: &Context<'a>) -> Option<&'a CustomVersion> {
    ctx.resource.custom.as_ref().map(|custom| &*custom.version)
}
