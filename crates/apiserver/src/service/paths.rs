//! Paths that are no resource: discovery, documents, version, health.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::Value;

use super::{Body, Indent, Inner, Request, Response, failure};
use crate::{
    Status, discovery::Document, health::Probe, openapi::Asked, request_info::RequestInfo, route,
};

impl Inner {
    pub(super) fn path(&self, request: &Request, info: &RequestInfo) -> Response {
        if info.path.contains("//") {
            return page_not_found();
        }
        let trimmed = info.path.trim_matches('/');
        let parts: Vec<&str> = trimmed.split('/').collect();
        if let Some(probe) = parts.first().and_then(|name| Probe::parse(name)) {
            let closing = *self.closing.borrow();
            return self.settings.health.answer(probe, &parts[1..], &info.query, closing);
        }
        let is_known_prefix =
            matches!(parts.as_slice(), ["api" | "apis" | "openapi" | "version", ..]);
        if is_known_prefix && request.method != Method::GET && request.method != Method::HEAD {
            return failure(request, &route::method_not_allowed(), Indent::ForPeople);
        }
        let accept = request.header(header::ACCEPT);
        let discovery = self.discovery();
        match parts.as_slice() {
            [""] => document(request, &discovery.paths(&self.settings.health)),
            ["version"] => document(request, discovery.version()),
            ["api"] => discovered(request, discovery.core(accept)),
            ["apis"] => discovered(request, discovery.groups(accept)),
            ["api", version] => self.resources(request, "", version),
            ["apis", group] => match discovery.group(group) {
                Some(group) => document(request, group),
                None => page_not_found(),
            },
            ["apis", group, version] => self.resources(request, group, version),
            [".well-known", "openid-configuration"] | ["openid", "v1", "jwks"] => {
                self.issuer_document(request, trimmed)
            }
            ["openapi", "v2"] => self.openapi.v2(request, &self.backend.served()),
            ["openapi", "v3"] => self.openapi.index(&self.backend.served()),
            ["openapi", "v3", ..] => {
                let path = trimmed.strip_prefix("openapi/v3/").unwrap_or_default();
                let now = self.settings.world.clock.wall();
                let asked = Asked { path, query: &info.query, now };
                self.openapi.v3(request, &asked, &self.backend.served())
            }
            _ => page_not_found(),
        }
    }

    fn resources(&self, request: &Request, group: &str, version: &str) -> Response {
        let discovery = self.discovery();
        if !group.is_empty() && discovery.group(group).is_none() {
            return page_not_found();
        }
        match discovery.resources(group, version) {
            Some(found) => document(request, found),
            None => failure(request, &route::resource_not_found(), Indent::ForPeople),
        }
    }
}

/// What was read of objects that are not stored.
pub(super) fn read_only(request: &Request, read: Result<Value, Status>) -> Response {
    match read {
        Ok(value) => {
            let body = Bytes::from(format!("{value}\n"));
            Response::new(StatusCode::OK, "application/json", body)
        }
        Err(status) => failure(request, &status, Indent::ForPeople),
    }
}

/// What the reference answers where nothing is.
pub(super) fn page_not_found() -> Response {
    Response::text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn discovered(request: &Request, found: Result<&Document, Status>) -> Response {
    match found {
        Ok(found) => document(request, found),
        Err(status) => failure(request, &status, Indent::ForPeople),
    }
}

/// A document, or the news that the client has it already.
fn document(request: &Request, document: &Document) -> Response {
    let mut response = Response::new(StatusCode::OK, document.content_type, document.body.clone());
    for (name, value) in &document.headers {
        response = response.with(name.clone(), value);
    }
    let Some(tag) = &document.tag else { return response };
    let quoted = format!("\"{tag}\"");
    response = response.with(header::ETAG, &quoted);
    let known = request.header(header::IF_NONE_MATCH);
    if known.split(',').any(|known| known.trim() == quoted) {
        response.status = StatusCode::NOT_MODIFIED;
        response.body = Body::Full(Bytes::new());
    }
    response
}
