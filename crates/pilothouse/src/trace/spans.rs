//! OpenTelemetry spans, as OTLP's JSON: a span for each look, one in it for each write. The look that wrote
//! what was seen is the parent.

use runtime::trace::Record;
use serde_json::{Value, json};

use super::select::Selection;

pub(super) fn spans(selection: &Selection<'_>) -> Value {
    let trace = format!("{:032x}", selection.start().unsigned_abs().max(1));
    let resources = selection.iter().map(|record| {
        let mut spans = vec![look(selection, record, &trace)];
        spans.extend((1..).zip(&record.writes).map(|(number, write)| {
            let began = nanoseconds(record.began, write.after);
            let refused = !write.refusal.is_empty();
            json!({
                "traceId": trace, "spanId": span(record.number, number),
                "parentSpanId": span(record.number, 0), "name": write.action, "kind": 3,
                "startTimeUnixNano": began,
                "endTimeUnixNano": nanoseconds(record.began, write.after + write.took),
                "attributes": [
                    attribute("k8s.resource", &write.place.resource),
                    attribute("k8s.object", &write.place.key),
                    attribute("pilothouse.why", &write.why),
                    attribute("k8s.resource_version", &write.version.to_string()),
                ],
                "status": if refused { json!({"code": 2, "message": write.refusal}) } else { json!({"code": 1}) },
            })
        }));
        json!({
            "resource": {"attributes": [attribute("service.name", &record.component)]},
            "scopeSpans": [{"scope": {"name": "pilothouse"}, "spans": spans}],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<Value>>() })
}

fn look(selection: &Selection<'_>, record: &Record, trace: &str) -> Value {
    let parent = record.causes.iter().find_map(|cause| selection.writer(cause));
    let parent = parent.filter(|parent| parent.number != record.number);
    let seen = record.causes.iter().map(|cause| {
        let place = &cause.place;
        format!("{} {} {}", place.resource, place.key, cause.version)
    });
    json!({
        "traceId": trace, "spanId": span(record.number, 0),
        "parentSpanId": parent.map(|parent| span(parent.number, 0)).unwrap_or_default(),
        "name": format!("look at {}", record.key), "kind": 1,
        "startTimeUnixNano": nanoseconds(record.began, 0),
        "endTimeUnixNano": nanoseconds(record.began, record.took),
        "attributes": [
            attribute("pilothouse.waited_microseconds", &record.waited.to_string()),
            attribute("pilothouse.saw", &seen.collect::<Vec<_>>().join(", ")),
            attribute("pilothouse.next", &record.next),
        ],
    })
}

/// Eight bytes: the look, and which write of it; zero for the look itself.
fn span(look: u64, write: u16) -> String {
    format!("{:012x}{write:04x}", look & 0xffff_ffff_ffff)
}

/// OTLP writes 64-bit numbers as text.
fn nanoseconds(began: i64, after: u64) -> String {
    let began = u64::try_from(began).unwrap_or(0);
    began.saturating_add(after).saturating_mul(1000).to_string()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
