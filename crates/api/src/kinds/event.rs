//! Events of both groups, which are the same objects under other names.

use meta::names;
use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

pub(super) const RULES: Rules =
    Rules { validate, validate_create, validate_update, ..Rules::GENERIC };

const TEXT_LENGTH_MAX: usize = 128;
const MESSAGE_LENGTH_MAX: usize = 1024;
/// Fields of the old form, by their names in the new one.
const OLD_FIELDS: [(&str, &str); 4] = [
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("source", "deprecatedSource"),
];

fn is_new_form(ctx: &Context<'_>) -> bool {
    ctx.resource.resource.group == "events.k8s.io"
}

fn validate(ctx: &Context<'_>, event: &Value, errors: &mut Errors) {
    let has_time = json::field(event, "eventTime").is_some();
    if !is_new_form(ctx) {
        place(event, has_time, errors);
    }
    if has_time {
        reported(event, is_new_form(ctx), errors);
    }
}

/// An event lies where its object lies; those about objects without namespace lie in the default one.
fn place(event: &Value, has_time: bool, errors: &mut Errors) {
    let about = event.get("involvedObject").map_or("", |object| json::text(object, "namespace"));
    let own = json::text(&event["metadata"], "namespace");
    let fits = match about {
        "" if has_time => matches!(own, "default" | "kube-system"),
        "" => matches!(own, "" | "default"),
        about => about == own || has_time,
    };
    if !fits {
        let path = Path::new("involvedObject.namespace");
        errors.push(FieldError::invalid(&path, about, "does not match event.namespace"));
    }
}

/// What an event with a time has to tell.
fn reported(event: &Value, is_new: bool, errors: &mut Errors) {
    let controller_field = if is_new { "reportingController" } else { "reportingComponent" };
    let controller = json::text(event, controller_field);
    let path = Path::new(controller_field);
    rules::required(&path, controller, errors);
    rules::texts(&path, controller, names::qualified_name(controller), errors);
    for field in ["reportingInstance", "action", "reason"] {
        let path = Path::new(field);
        let text = json::text(event, field);
        rules::required(&path, text, errors);
        short(&path, text, TEXT_LENGTH_MAX, errors);
    }
    let message = json::text(event, if is_new { "note" } else { "message" });
    short(&Path::new("message"), message, MESSAGE_LENGTH_MAX, errors);
}

fn short(path: &Path<'_>, text: &str, length_max: usize, errors: &mut Errors) {
    if text.len() > length_max {
        let message = format!("can have at most {length_max} characters");
        errors.push(FieldError::invalid(path, "", message));
    }
}

/// What the new form asks of a new event.
fn validate_create(ctx: &Context<'_>, event: &Value, errors: &mut Errors) {
    if !is_new_form(ctx) {
        return;
    }
    if json::field(event, "eventTime").is_none() {
        errors.push(FieldError::required(&Path::new("eventTime"), ""));
    }
    let kind = json::text(event, "type");
    if !matches!(kind, "Normal" | "Warning") {
        let text = format!("has invalid value: {kind}");
        errors.push(FieldError::invalid(&Path::new("type"), "", text));
    }
    for (shown, field) in OLD_FIELDS {
        let is_unset = json::is_empty(event, field) || json::number(event, field) == Some(0);
        if !is_unset {
            errors.push(FieldError::invalid(&Path::new(shown), "", "needs to be unset"));
        }
    }
    if let Some(series) = json::field(event, "series") {
        let path = Path::new("series");
        if json::number(series, "count").unwrap_or(0) < 2 {
            errors.push(FieldError::invalid(&path.child("count"), "", "should be at least 2"));
        }
        let last = json::text(series, "lastObservedTime");
        rules::required(&path.child("lastObservedTime"), last, errors);
    }
}

/// In the new form an event says one thing; only how often may change.
fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if !is_new_form(ctx) {
        return;
    }
    for (field, shown) in [
        ("regarding", "involvedObject"),
        ("reason", "reason"),
        ("note", "message"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ] {
        let [new, old] = [new, old].map(|event| event.get(field).unwrap_or(&Value::Null));
        rules::immutable(&Path::new(shown), new, old, errors);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kinds::testing::Kind;

    const EVENTS: Kind = Kind("", "v1", "events");
    const NEW_EVENTS: Kind = Kind("events.k8s.io", "v1", "events");

    fn event(mut rest: Value) -> Value {
        rest["metadata"] = json!({"name": "e", "namespace": "n"});
        rest
    }

    #[test]
    fn an_event_lies_where_its_object_lies() {
        EVENTS.create(event(json!({"involvedObject": {"namespace": "n"}})), &[]);
        let expected = "does not match event.namespace";
        let row =
            |about: &str| format!("involvedObject.namespace: Invalid value: {about:?}: {expected}");
        EVENTS.create(event(json!({"involvedObject": {"namespace": "m"}})), &[&row("m")]);
        EVENTS.create(event(json!({"involvedObject": {}})), &[&row("")]);
    }

    #[test]
    fn the_new_form_asks_for_more() {
        NEW_EVENTS.create(
            event(json!({"regarding": {"namespace": "n"}, "deprecatedCount": 2})),
            &[
                "eventTime: Required value",
                "type: Invalid value: \"\": has invalid value: ",
                "count: Invalid value: \"\": needs to be unset",
            ],
        );
        let whole = event(json!({
            "regarding": {"namespace": "n"}, "eventTime": "2026-01-01T00:00:00.000000Z",
            "type": "Normal", "reason": "R", "action": "A", "reportingController": "c",
            "reportingInstance": "i",
        }));
        NEW_EVENTS.create(whole.clone(), &[]);
        let mut changed = whole.clone();
        changed["note"] = json!("x");
        let expected = "message: Invalid value: \"x\": field is immutable";
        NEW_EVENTS.update("", changed, &whole, &[expected]);
    }
}
