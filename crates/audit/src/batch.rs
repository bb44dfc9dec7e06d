//! Events as collectors take them: lines of JSON as they are, or log records of OpenTelemetry.

use std::fmt::Write as _;

use bytes::Bytes;
use meta::time::Time;

use crate::line::{Head, lines};

/// What a collector takes. Lines of JSON need no knowledge of us and are taken by Vector, Fluent Bit and
/// Logstash; OTLP is what the OpenTelemetry collector and most stores of logs speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/x-ndjson`: the events, a line each.
    Lines,
    /// `application/json` of OTLP/HTTP, for a URL that ends in `/v1/logs`.
    Otlp,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub content_type: &'static str,
    pub body: Bytes,
}

impl Format {
    /// Lines of the log as one request.
    pub(crate) fn batch(self, text: &[u8], source: &str) -> Batch {
        match self {
            Self::Lines => {
                Batch { content_type: "application/x-ndjson", body: Bytes::copy_from_slice(text) }
            }
            Self::Otlp => {
                Batch { content_type: "application/json", body: otlp(text, source).into() }
            }
        }
    }
}

/// Severity INFO: an event is a fact, not a fault.
const SEVERITY: u32 = 9;

fn otlp(text: &[u8], source: &str) -> String {
    let mut body = String::with_capacity(text.len() + text.len() / 2);
    body.push_str(r#"{"resourceLogs":[{"resource":{"attributes":["#);
    attribute(&mut body, "service.name", "kube-apiserver");
    body.push(',');
    attribute(&mut body, "service.instance.id", source);
    body.push_str(
        r#"]},"scopeLogs":[{"scope":{"name":"audit.k8s.io","version":"v1"},"logRecords":["#,
    );
    let mut is_first = true;
    for line in lines(text) {
        let (Some(head), Ok(event)) = (Head::read(line), std::str::from_utf8(line)) else {
            continue;
        };
        if !std::mem::take(&mut is_first) {
            body.push(',');
        }
        record(&mut body, &head, event);
    }
    body.push_str("]}]}]}");
    body
}

fn record(body: &mut String, head: &Head<'_>, event: &str) {
    let time: Time = head.time().parse().unwrap_or_default();
    let nanoseconds = i128::from(time.microseconds()) * 1000;
    // Writing to memory does not fail.
    let _ = write!(body, r#"{{"timeUnixNano":"{nanoseconds}","severityNumber":{SEVERITY},"#);
    let _ = write!(body, r#""body":{{"stringValue":{}}},"attributes":["#, quoted(event));
    attribute(body, "audit.id", &head.audit_id);
    body.push(',');
    attribute(body, "audit.stage", &head.stage);
    body.push_str("]}");
}

fn attribute(body: &mut String, key: &str, value: &str) {
    // Writing to memory does not fail.
    let _ = write!(body, r#"{{"key":"{key}","value":{{"stringValue":{}}}}}"#, quoted(value));
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LINE: &str =
        r#"{"auditID":"a","stage":"Panic","stageTimestamp":"2026-11-24T08:30:00.000001Z"}"#;

    #[test]
    fn records_of_otlp_hold_the_event_as_it_is() {
        let text = format!("{LINE}\ntorn\n{LINE}\n");
        let batch = Format::Otlp.batch(text.as_bytes(), "one");
        let body: Value = serde_json::from_slice(&batch.body).unwrap();
        let group = &body["resourceLogs"][0];
        let instance = json!({"key": "service.instance.id", "value": {"stringValue": "one"}});
        assert_eq!(group["resource"]["attributes"][1], instance);
        let records = group["scopeLogs"][0]["logRecords"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0]["timeUnixNano"], "1795509000000001000");
        assert_eq!(records[0]["body"]["stringValue"], LINE);
        assert_eq!(records[0]["attributes"][1]["value"]["stringValue"], "Panic");
    }
}
