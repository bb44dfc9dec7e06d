//! Requests for resources: understood, carried out by the backend, and answered in the form asked
//! for.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{StatusCode, header};
use meta::time::Time;
use tokio::sync::mpsc;

use super::{BODY_BYTES_MAX, Body, Inner, Request, Response, WatchBody, interference};
use crate::{
    Content, Epoch, Notes, Operation, Outcome, PatchType, Reason, Served, Status, User, Verb,
    decode::{self, BodyType, Expected, Origin},
    encode::{Encoder, EventEncoder},
    engine::epoch,
    managed_fields::OnConflict,
    negotiation::{self, Endpoint, Format, Protobuf},
    options::{self, WriteKind, WriteOptions},
    request_info::{RequestInfo, ResourcePath},
    route::{self, Target},
};

/// One request for a resource that exists.
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub info: &'a RequestInfo,
    pub path: &'a ResourcePath,
    pub target: Target,
    pub user: User,
    pub notes: Notes,
}

/// What the Content-Type of a PATCH asks for.
#[derive(Debug, Clone, Copy)]
enum Patching {
    Patch(PatchType),
    Apply,
}

/// Whether a list shows the past.
#[derive(Debug, Clone, Copy)]
pub(super) enum Past {
    Never,
    Before(Duration),
}

/// What the users of a resource are told that has had its time.
pub(super) fn deprecation(target: &Target) -> Option<String> {
    let resource = &target.facts.resource;
    if target.facts.custom.is_some() {
        return target.facts.deprecation_of_version();
    }
    let text = match (&*resource.group, &*resource.plural) {
        ("", "componentstatuses") => "v1 ComponentStatus is deprecated in v1.19+",
        ("", "endpoints") => {
            "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Whether a request asks for such a resource.
pub(super) fn is_deprecated(info: &RequestInfo, served: &Served) -> bool {
    let Some(path) = &info.resource else { return false };
    route::resolve(info, path, served).is_ok_and(|target| deprecation(&target).is_some())
}

impl Inner {
    pub(super) async fn carry_out(&self, call: &Call<'_>, past: Past) -> Result<Response, Status> {
        let patching = call.patching()?;
        let format = call.format()?;
        let mut operation = call.operation(patching)?;
        if let (Past::Before(age), Verb::List(query)) = (past, &mut operation.verb)
            && let Some(version) = self.backend.version_before(&call.target.facts, age)
        {
            *query = interference::at_version(std::mem::take(query), version);
        }
        let mut outcome = self.backend.run(operation).await?;
        if let (Some(faults), Outcome::Watch(events)) = (&self.settings.faults, &mut outcome) {
            let (_, nothing) = mpsc::channel(1);
            *events = faults.between(call.asked(), std::mem::replace(events, nothing));
        }
        self.respond(call, format, outcome)
    }

    fn respond(
        &self,
        call: &Call<'_>,
        format: Format,
        outcome: Outcome,
    ) -> Result<Response, Status> {
        let clock = &self.settings.world.clock;
        let now: Time = clock.wall();
        let encoder = Encoder { facts: Arc::clone(&call.target.facts), format, now };
        let content_type = format.media.content_type();
        let (code, body, warnings) = match outcome {
            Outcome::Object { object, created, warnings } => {
                (if created { 201 } else { 200 }, encoder.object(&object)?, warnings)
            }
            Outcome::Value { value, code, warnings } => (code, encoder.value(&value)?, warnings),
            Outcome::List(list) => (200, encoder.list(&list)?, Vec::new()),
            Outcome::Watch(events) => {
                let encoder =
                    EventEncoder::new(Arc::clone(&call.target.facts), format, clock.clone());
                let mut closing = self.closing.subscribe();
                let closed = Box::pin(async move {
                    // An error means that the service is gone, which ends the watch as well.
                    let _ = closing.wait_for(|closed| *closed).await;
                });
                let watch = WatchBody::new(events, encoder, closed);
                let mut response =
                    Response::new(StatusCode::OK, format.media.stream_type(), Bytes::new());
                response.body = Body::Watch(Box::new(watch));
                return Ok(response);
            }
        };
        let code = StatusCode::from_u16(code).unwrap_or(StatusCode::OK);
        let mut response = Response::new(code, content_type, body);
        response.warnings = warnings;
        Ok(response)
    }
}

impl Call<'_> {
    fn patching(&self) -> Result<Option<Patching>, Status> {
        if self.info.verb != "patch" {
            return Ok(None);
        }
        let is_custom = self.target.facts.custom.is_some();
        let content_type = self.request.header(header::CONTENT_TYPE);
        match content_type.split(';').next().unwrap_or_default() {
            "application/json-patch+json" => Ok(Some(Patching::Patch(PatchType::Json))),
            "application/merge-patch+json" => Ok(Some(Patching::Patch(PatchType::Merge))),
            "application/strategic-merge-patch+json" if !is_custom => {
                Ok(Some(Patching::Patch(PatchType::Strategic)))
            }
            "application/apply-patch+yaml" => Ok(Some(Patching::Apply)),
            _ if is_custom => Err(decode::unsupported(
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            )),
            _ => {
                let message = "415: Unsupported Media Type";
                Err(Status::new(415, Reason::UnsupportedMediaType, message).about("", "", ""))
            }
        }
    }

    fn format(&self) -> Result<Format, Status> {
        let facts = &self.target.facts;
        let tables = !facts.storage_prefix.is_empty() || facts.has_verb("list");
        let protobuf = match facts.custom {
            Some(_) => Protobuf::Metadata,
            None => Protobuf::Objects,
        };
        let endpoint = if self.info.verb == "watch" {
            Endpoint::Watch { tables, protobuf }
        } else {
            Endpoint::Resource { tables, protobuf }
        };
        negotiation::negotiate(
            self.request.header(header::ACCEPT),
            self.request.header(header::USER_AGENT),
            &self.info.query,
            endpoint,
        )
    }

    fn operation(&self, patching: Option<Patching>) -> Result<Operation, Status> {
        let (verb, options) = self.verb(patching)?;
        let facts = &self.target.facts;
        let is_item = self.path.is_item && !self.path.is_watch_path;
        let is_cluster_scoped = facts.resource.scope == meta::resource::Scope::Cluster;
        let namespace = if is_cluster_scoped { String::new() } else { self.path.namespace.clone() };
        Ok(Operation {
            resource: Arc::clone(facts),
            subresource: self.path.subresource.clone(),
            namespace,
            name: if is_item { self.path.name.clone() } else { String::new() },
            verb,
            user: self.user.clone(),
            field_manager: options.field_manager,
            epoch: self.epoch()?,
            dry_run: options.dry_run,
            field_validation: options.field_validation,
            notes: self.notes.clone(),
        })
    }

    fn epoch(&self) -> Result<Option<Epoch>, Status> {
        let text = self.request.headers.get(epoch::HEADER).and_then(|text| text.to_str().ok());
        text.map(Epoch::parse).transpose()
    }

    fn verb(&self, patching: Option<Patching>) -> Result<(Verb, WriteOptions), Status> {
        let query = &self.info.query;
        let verb = match self.info.verb {
            "list" => Verb::List(options::list(query)?),
            "watch" => Verb::Watch(self.watch()?),
            "create" => return self.write(WriteKind::Create, |content| Verb::Create { content }),
            "update" => return self.write(WriteKind::Update, |content| Verb::Update { content }),
            "patch" => {
                return match patching {
                    Some(Patching::Apply) => self.apply(),
                    Some(Patching::Patch(kind)) => self.patch(kind),
                    None => self.patch(PatchType::Strategic),
                };
            }
            "delete" | "deletecollection" => return self.delete(),
            _ => Verb::Get { resource_version: query.get("resourceVersion").to_owned() },
        };
        Ok((verb, WriteOptions::default()))
    }

    fn watch(&self) -> Result<crate::WatchQuery, Status> {
        let mut watch = options::watch(&self.info.query)?;
        if self.path.is_watch_path && self.path.is_item {
            let name = format!("metadata.name={}", self.path.name);
            let given = std::mem::take(&mut watch.list.field_selector);
            watch.list.field_selector =
                if given.is_empty() { name } else { format!("{given},{name}") };
        }
        Ok(watch)
    }

    fn write(
        &self,
        kind: WriteKind,
        verb: impl FnOnce(Content) -> Verb,
    ) -> Result<(Verb, WriteOptions), Status> {
        let body_type = BodyType::parse(self.request.header(header::CONTENT_TYPE))?;
        let options = self.write_options(kind)?;
        let body = self.body()?;
        let content = decode::object(body_type, body, &self.expected())?;
        Ok((verb(content), options))
    }

    fn patch(&self, kind: PatchType) -> Result<(Verb, WriteOptions), Status> {
        let body = self.body()?;
        let options = self.write_options(WriteKind::Patch)?;
        let patch = decode::patch(body).map_err(|problem| {
            let message = match kind {
                PatchType::Json | PatchType::Merge => "invalid JSON patch".to_owned(),
                PatchType::Strategic => problem,
            };
            Status::new(400, Reason::BadRequest, message)
        })?;
        Ok((Verb::Patch { kind, patch }, options))
    }

    fn apply(&self) -> Result<(Verb, WriteOptions), Status> {
        let body = self.body()?;
        let options = self.write_options(WriteKind::Apply)?;
        let applied = decode::applied(body)?;
        let is_forced = self.info.query.flag("force");
        let on_conflict = if is_forced { OnConflict::TakeOver } else { OnConflict::Refuse };
        Ok((Verb::Apply { applied, on_conflict }, options))
    }

    fn delete(&self) -> Result<(Verb, WriteOptions), Status> {
        let body = self.body()?;
        let query = &self.info.query;
        let content = if body.is_empty() {
            None
        } else {
            let body_type = BodyType::parse(self.request.header(header::CONTENT_TYPE))?;
            Some(decode::delete_options(body_type, body)?)
        };
        let (options, dry_run) = options::delete(content.as_ref().map(|c| &c.value), query)?;
        let verb = if self.info.verb == "delete" {
            Verb::Delete { options }
        } else {
            Verb::DeleteCollection { options, query: options::list(query)? }
        };
        let field_manager = self.field_manager();
        Ok((verb, WriteOptions { dry_run, field_manager, ..WriteOptions::default() }))
    }

    fn write_options(&self, kind: WriteKind) -> Result<WriteOptions, Status> {
        options::write(kind, &self.info.query, self.request.header(header::USER_AGENT))
    }

    fn field_manager(&self) -> String {
        options::field_manager("", self.request.header(header::USER_AGENT))
    }

    fn body(&self) -> Result<&Bytes, Status> {
        if self.request.body.len() <= BODY_BYTES_MAX {
            return Ok(&self.request.body);
        }
        let message = format!("Request entity too large: limit is {BODY_BYTES_MAX}");
        Err(Status::new(413, Reason::RequestEntityTooLarge, message))
    }

    /// The kind that a written object must be of.
    fn expected(&self) -> Expected {
        let facts = &self.target.facts;
        let own = facts.resource.api_version();
        let expected = match self.target.subresource() {
            Some(subresource) => {
                let api_version = subresource.api_version.as_deref().unwrap_or(&own);
                Expected::new(api_version, &subresource.kind)
            }
            None => Expected::new(&own, &facts.resource.kind),
        };
        let is_own =
            (&*expected.group, &*expected.kind) == (&*facts.resource.group, &*facts.resource.kind);
        if is_own && facts.custom.is_some() {
            return Expected { of: Origin::Custom, ..expected };
        }
        expected
    }
}
