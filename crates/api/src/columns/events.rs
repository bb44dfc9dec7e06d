//! Events, in both groups that serve them: the younger one calls the same fields by other names.

use serde_json::Value;

use super::{
    column::{Column, computed, name, text},
    object::{Object, text as text_in},
};

pub(super) const EVENT: &[Column] = &[
    computed("Last Seen", |event| last_seen(event).into()),
    text("Type", "type"),
    text("Reason", "reason"),
    computed("Object", |event| about(event).into()),
    computed("Subobject", |event| text_in(subject(event), "fieldPath").into()).wide(),
    computed("Source", |event| source(event).into()).wide(),
    computed("Message", |event| either(event, "message", "note").trim().into()),
    computed("First Seen", |event| first_seen(event).into()).wide(),
    computed("Count", count).wide(),
    name().wide(),
];

/// What one group or the other has.
fn either<'a>(event: Object<'a>, core: &str, younger: &str) -> &'a str {
    match event.text(core) {
        "" => event.text(younger),
        text => text,
    }
}

fn subject(event: Object<'_>) -> &Value {
    event.at(if event.has("involvedObject") { "involvedObject" } else { "regarding" })
}

fn about(event: Object<'_>) -> String {
    let subject = subject(event);
    let kind = text_in(subject, "kind").to_lowercase();
    match text_in(subject, "name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

fn source(event: Object<'_>) -> String {
    let component = match either(event, "source.component", "deprecatedSource.component") {
        "" => either(event, "reportingComponent", "reportingController"),
        component => component,
    };
    let host = match either(event, "source.host", "deprecatedSource.host") {
        "" => event.text("reportingInstance"),
        host => host,
    };
    if host.is_empty() { component.to_owned() } else { format!("{component}, {host}") }
}

fn first_seen(event: Object<'_>) -> String {
    match either(event, "firstTimestamp", "deprecatedFirstTimestamp") {
        "" => event.since("eventTime"),
        time => event.ago(time),
    }
}

fn last_seen(event: Object<'_>) -> String {
    if event.has("series") {
        return event.since("series.lastObservedTime");
    }
    match either(event, "lastTimestamp", "deprecatedLastTimestamp") {
        "" => first_seen(event),
        time => event.ago(time),
    }
}

fn count(event: Object<'_>) -> Value {
    let count = match event.number("series.count") {
        0 => event.number("count").max(event.number("deprecatedCount")),
        count => count,
    };
    count.max(1).into()
}
