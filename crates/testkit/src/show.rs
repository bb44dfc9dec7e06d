//! Prints plans, one line a step.

use std::fmt::{self, Write};

use meta::{object::ObjectKey, resource::Resource};
use runtime::{Action, Event, EventType, Plan, Stage, Step, When};
use serde_json::Value;

/// The whole plan: each step with its patch, why, and events, then when to look again. Conditions are
/// shown as `Type=Status Reason: message`.
pub fn show<W: fmt::Display + fmt::Debug>(plan: &Plan<W>) -> String {
    let mut text = String::new();
    for stage in &plan.stages {
        match stage {
            Stage::One(step) => line(&mut text, "", step),
            Stage::Together(steps) => several(&mut text, "all", steps),
            Stage::SlowStart(steps) => several(&mut text, "few", steps),
        }
    }
    if let Some(delay) = plan.wake_after {
        let _ = writeln!(text, "wake after {delay:?}");
    }
    text
}

/// Only what a plan and its steps measure, one line each: `success metric{labels} +1`. Steps that
/// measure the same are shown once, with how many there are.
pub fn measures<W: fmt::Debug>(plan: &Plan<W>) -> String {
    let all = plan.measurements.iter().chain(plan.steps().flat_map(|step| &step.measurements));
    let mut shown = Vec::<(String, usize)>::new();
    for (when, measurement) in all {
        let when = match when {
            When::Always => "always",
            When::Success => "success",
            When::Failure => "failure",
        };
        let line = format!("{when} {measurement}");
        match shown.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => shown.push((line, 1)),
        }
    }
    let line = |(line, count): &(String, usize)| match count {
        1 => format!("{line}\n"),
        _ => format!("{count}x {line}\n"),
    };
    shown.iter().map(line).collect()
}

/// Only what becomes of sizes: `+name size` for a new object, `name=size` for a changed one.
pub fn sizes<W: fmt::Display + fmt::Debug>(plan: &Plan<W>) -> String {
    let mut text = String::new();
    for step in plan.steps() {
        let (sign, name, size) = match &step.action {
            Action::Create { object, .. } => {
                ("+", object["metadata"]["name"].as_str().unwrap_or_default(), &object["spec"])
            }
            Action::Patch { target, patch, .. } => ("", &*target.key.name, &patch["spec"]),
            Action::Replace { target, object, .. } => ("", &*target.key.name, &object["spec"]),
            Action::CreateSubresource { .. }
            | Action::Delete { .. }
            | Action::DeleteCollection { .. }
            | Action::Announce => continue,
        };
        if let Some(size) = size["replicas"].as_i64() {
            let _ = writeln!(text, "{sign}{name}={size} # {}", step.why);
        }
    }
    text
}

/// Steps that are alike but for their target are shown once, with how many there are.
fn several<W: fmt::Display>(text: &mut String, how: &str, steps: &[Step<W>]) {
    let mut shown = Vec::<(String, usize)>::new();
    for step in steps {
        let mut one = String::new();
        line(&mut one, &format!("{how}: "), step);
        match shown.last_mut() {
            Some((last, count)) if *last == one => *count += 1,
            _ => shown.push((one, 1)),
        }
    }
    for (one, count) in shown {
        let times = if count > 1 { format!("{count}x ") } else { String::new() };
        let _ = write!(text, "{times}{one}");
    }
}

fn line<W: fmt::Display>(text: &mut String, prefix: &str, step: &Step<W>) {
    let _ = writeln!(text, "{prefix}{} # {}", action(&step.action), step.why);
    for (when, event) in [("", &step.on_success), ("if refused: ", &step.on_failure)] {
        if let Some(event) = event {
            let _ = writeln!(text, "  {when}{}", self::event(event));
        }
    }
}

fn event(event: &Event) -> String {
    let kind = match event.kind {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    };
    format!("{kind} {}: {}", event.reason, event.message)
}

fn action(action: &Action) -> String {
    let path = |resource: &Resource, key: &ObjectKey, subresource: &str| {
        let slash = if subresource.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{subresource}", resource.plural, key.name)
    };
    match action {
        Action::Create { resource, object, .. } => {
            let metadata = &object["metadata"];
            let name = metadata["name"].as_str().or(metadata["generateName"].as_str());
            format!("create {} {}", resource.plural, name.unwrap_or_default())
        }
        Action::Patch { target, patch, subresource, .. } => {
            let path = path(&target.resource, &target.key, subresource);
            format!("patch {path} {}", condensed(patch))
        }
        Action::CreateSubresource { target, subresource, .. } => {
            format!("create {}", path(&target.resource, &target.key, subresource))
        }
        Action::Replace { target, subresource: "scale", object } => {
            format!("replace {} {object}", path(&target.resource, &target.key, "scale"))
        }
        Action::Replace { target, subresource, .. } => {
            format!("replace {}", path(&target.resource, &target.key, subresource))
        }
        Action::Delete { target, .. } => {
            format!("delete {}", path(&target.resource, &target.key, ""))
        }
        Action::DeleteCollection { resource, namespace, .. } => {
            format!("delete all {} in {namespace}", resource.plural)
        }
        Action::Announce => "announce".to_owned(),
    }
}

fn condensed(patch: &Value) -> Value {
    let mut patch = patch.clone();
    let conditions = patch.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        let field = |name: &str| condition[name].as_str().unwrap_or_default();
        let (kind, status, reason) = (field("type"), field("status"), field("reason"));
        *condition = format!("{kind}={status} {reason}: {}", field("message")).into();
    }
    patch
}
