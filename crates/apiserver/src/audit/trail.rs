//! What is told of one request from its beginning to its end.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{StatusCode, header};
use meta::time::Time;
use serde_json::{Value, json};

use super::{
    Auditor, Level, NotWritten, Stage, Telling,
    body::{self, drop_managed_fields},
    event::{Event, ObjectReference, UserInfo},
    policy::Verdict,
};
use crate::{Body, Request, RequestInfo, Response, User, authorization::Decision};

/// What is known of a request so far. Dropped by a panic, it tells of that.
pub(crate) struct Trail {
    auditor: Arc<Auditor>,
    verdict: Verdict,
    audit_id: String,
    uri: String,
    verb: &'static str,
    user: User,
    impersonated: Option<User>,
    source_ips: Vec<String>,
    user_agent: String,
    object: Option<ObjectReference>,
    received: Time,
    annotations: Vec<(&'static str, String)>,
    /// What admission has to say.
    notes: BTreeMap<String, String>,
    request_object: Option<Value>,
    response_object: Option<Value>,
    response_status: Option<Value>,
    ended: bool,
}

const USER_AGENT_BYTES_MAX: usize = 1024;
const TRUNCATED: &str = "audit.k8s.io/truncated";
const DECISION: &str = "authorization.k8s.io/decision";
const REASON: &str = "authorization.k8s.io/reason";
const DEPRECATED: &str = "k8s.io/deprecated";

impl Auditor {
    /// Begins to tell of a request whose sender is known; `None` if the policy wants nothing of it.
    ///
    /// # Errors
    /// A strict backend could not write that the request came: it must not be carried out.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        request: &Request,
        info: &RequestInfo,
        user: &User,
        audit_id: &str,
    ) -> Result<Option<Trail>, NotWritten> {
        let Some(mut trail) = self.trail(request, info, Some(user), audit_id) else {
            return Ok(None);
        };
        if let Err(not_written) = trail.tell(Stage::RequestReceived).done().await {
            trail.ended = true;
            self.metrics.rejected.inc();
            return Err(not_written);
        }
        trail.take_request(request, info);
        Ok(Some(trail))
    }

    /// Tells of a request whose sender did not prove to be anybody.
    pub(crate) fn unidentified(
        self: &Arc<Self>,
        request: &Request,
        info: &RequestInfo,
        audit_id: &str,
    ) {
        let Some(mut trail) = self.trail(request, info, None, audit_id) else { return };
        let message = match crate::authentication::token_of(request) {
            Some(_) => "Authentication failed, attempted: bearer",
            None => "Authentication failed, no credentials provided",
        };
        trail.response_status = Some(json!({"metadata": {}, "message": message, "code": 401}));
        // Nobody waits: the request is refused anyway.
        drop(trail.tell(Stage::ResponseStarted));
        trail.ended = true;
    }

    fn trail(
        self: &Arc<Self>,
        request: &Request,
        info: &RequestInfo,
        user: Option<&User>,
        audit_id: &str,
    ) -> Option<Trail> {
        let verdict = self.policy.decide(user, info);
        self.metrics.levels.with_label_values(&[level_name(verdict.level)]).inc();
        if verdict.level == Level::None {
            return None;
        }
        Some(Trail {
            auditor: Arc::clone(self),
            verdict,
            audit_id: audit_id.to_owned(),
            uri: request.target.clone(),
            verb: info.verb,
            user: user.cloned().unwrap_or_default(),
            impersonated: None,
            source_ips: source_ips(request),
            user_agent: shortened(request.header(header::USER_AGENT)),
            object: object_of(info),
            received: self.clock.wall(),
            annotations: Vec::new(),
            notes: BTreeMap::new(),
            request_object: None,
            response_object: None,
            response_status: None,
            ended: false,
        })
    }
}

impl Trail {
    /// The request is made as somebody else.
    pub(crate) fn impersonates(&mut self, user: &User) {
        self.impersonated = Some(user.clone());
    }

    /// What authorization said.
    pub(crate) fn decided(&mut self, decision: &Decision) {
        let (word, reason) = match decision {
            Decision::Allow { reason, .. } => ("allow", reason),
            Decision::Deny { reason } => ("forbid", reason),
        };
        self.annotations.push((DECISION, word.to_owned()));
        self.annotations.push((REASON, reason.clone()));
    }

    /// The kind that was asked for has had its time.
    pub(crate) fn is_deprecated(&mut self) {
        self.annotations.push((DEPRECATED, "true".to_owned()));
    }

    /// Tells of the answer. A watch keeps the trail, and tells of its end when it is dropped.
    pub(crate) async fn answered(mut self, response: &mut Response) {
        self.notes = response.notes.take();
        self.take_response(response);
        let telling = if let Body::Watch(watch) = &mut response.body {
            let telling = self.tell(Stage::ResponseStarted);
            watch.audit(self);
            telling
        } else {
            self.ended = true;
            self.tell(Stage::ResponseComplete)
        };
        // It is answered already: what is lost is counted.
        let _ = telling.done().await;
    }

    fn take_request(&mut self, request: &Request, info: &RequestInfo) {
        if !matches!(info.verb, "create" | "update" | "patch" | "delete" | "deletecollection") {
            return;
        }
        // Without bodies, only writes of whole objects tell more of the object than their path does.
        let is_wanted = self.verdict.level >= Level::Request;
        if !is_wanted && !matches!(info.verb, "create" | "update") {
            return;
        }
        let Some(sent) = body::read(request.header(header::CONTENT_TYPE), &request.body) else {
            return;
        };
        if let (Some(object), "create" | "update") = (&mut self.object, info.verb) {
            object.complete(&sent);
        }
        self.request_object = is_wanted.then(|| self.shown(sent));
    }

    /// An object as the policy wants it shown.
    fn shown(&self, mut object: Value) -> Value {
        if self.verdict.omits_managed_fields {
            drop_managed_fields(&mut object);
        }
        object
    }

    fn take_response(&mut self, response: &Response) {
        let code = response.status;
        let is_whole = self.verdict.level >= Level::RequestResponse;
        let mut status = json!({"metadata": {}, "code": code.as_u16()});
        let may_be_status = code.as_u16() >= 400 || self.verb.starts_with("delete");
        let is_nameless = self.object.as_ref().is_some_and(|object| object.name.is_empty());
        let is_created = self.verb == "create" && is_nameless;
        let wanted = is_whole || may_be_status || is_created;
        if let Some(object) = wanted.then(|| body_of(response)).flatten() {
            if is_created && let Some(reference) = &mut self.object {
                complete_name(reference, &object);
            }
            if object["kind"] == "Status" {
                status = status_of(&object, code);
            }
            self.response_object = is_whole.then(|| self.shown(object));
        }
        self.response_status = Some(status);
    }

    fn tell(&self, stage: Stage) -> Telling {
        if !self.verdict.tells(stage) {
            return Telling::nothing();
        }
        let Some(line) = self.line(stage, true) else { return Telling::nothing() };
        self.auditor.tell(stage, &line, || self.line(stage, false))
    }

    /// The event as a line; without bodies if it would be too large with them.
    fn line(&self, stage: Stage, is_whole: bool) -> Option<Bytes> {
        let now = match stage {
            Stage::RequestReceived => self.received,
            Stage::ResponseStarted | Stage::ResponseComplete | Stage::Panic => {
                self.auditor.clock.wall()
            }
        };
        let mut event = Event::new(&self.audit_id, &self.user, [self.received, now]);
        event.level = self.verdict.level;
        event.stage = stage;
        event.request_uri = &self.uri;
        event.verb = self.verb;
        event.impersonated_user = self.impersonated.as_ref().map(UserInfo::from);
        event.source_ips = &self.source_ips;
        event.user_agent = &self.user_agent;
        event.object_ref = self.object.as_ref();
        event.response_status = self.response_status.as_ref();
        let noted = self.notes.iter().map(|(name, text)| (&**name, &**text));
        let decided = self.annotations.iter().map(|(name, text)| (*name, &**text));
        event.annotations = noted.chain(decided).collect();
        if is_whole {
            event.request_object = self.request_object.as_ref();
            event.response_object = self.response_object.as_ref();
        } else {
            event.annotations.insert(TRUNCATED, "true");
        }
        let mut line = serde_json::to_vec(&event).ok()?;
        line.push(b'\n');
        Some(line.into())
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let stage = if std::thread::panicking() {
            self.response_status = Some(json!({
                "metadata": {}, "status": "Failure", "message": "the server panicked",
                "reason": "InternalError", "code": 500,
            }));
            Stage::Panic
        } else {
            Stage::ResponseComplete
        };
        if self.response_status.is_none() {
            // The client went before it was answered.
            self.response_status = Some(json!({
                "metadata": {}, "status": "Success", "message": "Connection closed early",
                "code": 200,
            }));
        }
        // Nobody is left who could wait; what is lost is counted.
        drop(self.tell(stage));
    }
}

fn object_of(info: &RequestInfo) -> Option<ObjectReference> {
    let path = info.resource.as_ref()?;
    Some(ObjectReference {
        resource: path.resource.clone(),
        namespace: path.namespace.clone(),
        name: path.name.clone(),
        api_group: path.group.clone(),
        api_version: path.version.clone(),
        subresource: path.subresource.clone(),
        ..ObjectReference::default()
    })
}

fn body_of(response: &Response) -> Option<Value> {
    let content_type = response.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    body::read(content_type, &response.bytes())
}

fn complete_name(reference: &mut ObjectReference, object: &Value) {
    if let Some(name) = object["metadata"]["name"].as_str() {
        name.clone_into(&mut reference.name);
    }
}

/// A `Status` as events show it.
fn status_of(object: &Value, code: StatusCode) -> Value {
    let mut status = object.clone();
    if let Some(fields) = status.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
        fields.insert("code".to_owned(), code.as_u16().into());
    }
    status
}

/// Those who passed the request on, then who sent it to us.
fn source_ips(request: &Request) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let forwarded = request.header("x-forwarded-for").split(',').map(str::trim);
    let real = [request.header("x-real-ip"), &request.from].map(str::trim);
    for address in forwarded.chain(real) {
        let is_new = || !found.iter().any(|known| known == address);
        if address.parse::<std::net::IpAddr>().is_ok() && is_new() {
            found.push(address.to_owned());
        }
    }
    found
}

fn shortened(user_agent: &str) -> String {
    match user_agent.get(..USER_AGENT_BYTES_MAX) {
        Some(start) if start.len() < user_agent.len() => format!("{start}...TRUNCATED"),
        _ => user_agent.to_owned(),
    }
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::None => "None",
        Level::Metadata => "Metadata",
        Level::Request => "Request",
        Level::RequestResponse => "RequestResponse",
    }
}
