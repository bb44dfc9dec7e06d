//! An event as the index keeps it: what is asked for often in columns, the rest as the JSON that it is.

use std::borrow::Cow;

use meta::time::Time;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields of an event; what is missing is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event<'a> {
    #[serde(rename = "auditID", borrow)]
    pub(super) audit_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) stage: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) level: Cow<'a, str>,
    #[serde(rename = "requestURI", borrow)]
    pub(super) uri: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) verb: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) user: User<'a>,
    #[serde(borrow)]
    pub(super) impersonated_user: Option<User<'a>>,
    #[serde(rename = "sourceIPs", borrow)]
    source_ips: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) user_agent: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) object_ref: ObjectReference<'a>,
    pub(super) response_status: ResponseStatus,
    #[serde(borrow)]
    pub(super) request_object: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) response_object: Option<&'a RawValue>,
    #[serde(borrow)]
    request_received_timestamp: Cow<'a, str>,
    #[serde(borrow)]
    stage_timestamp: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) annotations: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User<'a> {
    #[serde(borrow)]
    pub(super) username: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) groups: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ObjectReference<'a> {
    #[serde(borrow)]
    pub(super) api_group: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) resource: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) subresource: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponseStatus {
    pub(super) code: Option<i64>,
}

/// What authorization said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decision<'a> {
    #[serde(rename = "authorization.k8s.io/decision", borrow)]
    pub(super) decision: Cow<'a, str>,
    #[serde(rename = "authorization.k8s.io/reason", borrow)]
    pub(super) reason: Cow<'a, str>,
}

const MICROSECONDS_PER_MILLISECOND: f64 = 1000.0;

impl<'a> Event<'a> {
    /// Of a line; `None` if it is no event.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        let event: Self = serde_json::from_slice(line).ok()?;
        (!event.audit_id.is_empty()).then_some(event)
    }

    pub(super) fn time(&self) -> &str {
        &self.stage_timestamp
    }

    /// Who asked first, if others passed it on.
    pub(super) fn source_ip(&self) -> &str {
        self.source_ips.first().map_or("", |address| address)
    }

    /// Milliseconds from the request to this stage.
    pub(super) fn latency(&self) -> Option<f64> {
        let [from, to] = [&self.request_received_timestamp, &self.stage_timestamp]
            .map(|text| text.parse::<Time>());
        let took = u32::try_from(to.ok()?.since(from.ok()?).as_micros()).unwrap_or(u32::MAX);
        Some(f64::from(took) / MICROSECONDS_PER_MILLISECOND)
    }

    pub(super) fn decision(&self) -> Decision<'a> {
        let read = |raw: &'a RawValue| serde_json::from_str(raw.get()).ok();
        self.annotations.and_then(read).unwrap_or_default()
    }

    pub(super) fn groups(&self) -> &str {
        self.user.groups.map_or("[]", RawValue::get)
    }

    pub(super) fn impersonated(&self) -> &str {
        self.impersonated_user.as_ref().map_or("", |user| &user.username)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_what_is_asked_for() {
        let line = br#"{"kind":"Event","auditID":"a","stage":"ResponseComplete","verb":"create",
            "user":{"username":"ann","groups":["x","y"]},"sourceIPs":["10.0.0.1","127.0.0.1"],
            "objectRef":{"resource":"pods","namespace":"shop"},"responseStatus":{"metadata":{},"code":403},
            "requestObject":{"a":1},"requestReceivedTimestamp":"2026-11-24T08:30:00.000000Z",
            "stageTimestamp":"2026-11-24T08:30:00.001500Z",
            "annotations":{"authorization.k8s.io/decision":"forbid"}}"#;
        let event = Event::read(line).unwrap();
        assert_eq!((event.groups(), event.source_ip()), (r#"["x","y"]"#, "10.0.0.1"));
        assert_eq!((event.latency(), event.response_status.code), (Some(1.5), Some(403)));
        assert_eq!((&*event.decision().decision, &*event.decision().reason), ("forbid", ""));
        assert_eq!(event.request_object.map(RawValue::get), Some(r#"{"a":1}"#));
        assert!(Event::read(b"{}").is_none());
    }
}
