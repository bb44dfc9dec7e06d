//! The documents of `/openapi/v2` and `/openapi/v3`: rendered when they are asked for, told apart by
//! the hash of their content.

use std::sync::{Arc, OnceLock};

use api::{
    catalog::{self, Catalog},
    openapi::{self, Among},
};
use bytes::Bytes;
use http::{StatusCode, header};
use meta::{collections::HashMap, time::Time};
use parking_lot::RwLock;
use serde_json::Value;

use crate::{Body, Request, Response, Served, discovery, query::Query};

/// What is remembered of the documents. They themselves are large and seldom read.
pub(crate) struct OpenApi {
    /// When the documents became what they are.
    started: Time,
    /// Of the built-in kinds, by path such as `apis/apps/v1`.
    built_in: OnceLock<HashMap<String, String>>,
    custom: RwLock<Arc<Tags>>,
}

/// The hashes that depend on which custom resources there are.
#[derive(Default)]
struct Tags {
    served: Arc<Served>,
    v2: OnceLock<String>,
    /// Of their own documents, by path.
    v3: OnceLock<HashMap<String, String>>,
}

/// A document of version 3 that is asked for.
pub(crate) struct Asked<'a> {
    /// `apis/apps/v1`.
    pub path: &'a str,
    pub query: &'a Query,
    pub now: Time,
}

/// A media type that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Protobuf,
}

const JSON: &str = "application/json";
/// Clients ask for the first, older ones for the second; the answer always says the second.
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V2_PROTOBUF_SAID: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;

impl OpenApi {
    pub(crate) fn new(now: Time) -> Self {
        Self { started: now, built_in: OnceLock::new(), custom: RwLock::default() }
    }

    /// `/openapi/v2`.
    pub(crate) fn v2(&self, request: &Request, served: &Arc<Served>) -> Response {
        let Some(form) = form(request.header(header::ACCEPT), &[V2_PROTOBUF, V2_PROTOBUF_SAID])
        else {
            return empty(StatusCode::NOT_ACCEPTABLE);
        };
        let tags = self.tags(served);
        let known = request.header(header::IF_NONE_MATCH);
        if let Some(tag) = tags.v2.get()
            && has_tag(known, tag)
        {
            return self.tagged(empty(StatusCode::NOT_MODIFIED), tag);
        }
        let document = openapi::v2(&openapi::published(served.resources(), Among::BuiltIn));
        let tag = tags.v2.get_or_init(|| discovery::tag(document.to_string().as_bytes()));
        let response = match form {
            Form::Json => Response::new(StatusCode::OK, JSON, document.to_string()),
            Form::Protobuf => {
                let body = openapi::v2_protobuf(&document);
                Response::new(StatusCode::OK, V2_PROTOBUF_SAID, body)
            }
        };
        self.tagged(response, tag)
    }

    /// `/openapi/v3`: where the documents are.
    pub(crate) fn index(&self, served: &Arc<Served>) -> Response {
        let tags = self.tags(served);
        let hash_of = |path: &str| self.hash(&tags, path).unwrap_or_default();
        let catalog = openapi::published(served.resources(), Among::BuiltIn);
        let index = openapi::v3_index(&catalog, hash_of);
        Response::new(StatusCode::OK, "text/plain; charset=utf-8", index.to_string())
    }

    /// `/openapi/v3/PATH`.
    pub(crate) fn v3(
        &self,
        request: &Request,
        asked: &Asked<'_>,
        served: &Arc<Served>,
    ) -> Response {
        let Asked { path, query, now } = *asked;
        if form(request.header(header::ACCEPT), &[]).is_none() {
            return empty(StatusCode::NOT_ACCEPTABLE);
        }
        let Some(hash) = self.hash(&self.tags(served), path) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let asked = query.get("hash");
        if !asked.is_empty() && asked != hash {
            let location = format!("/openapi/v3/{path}?hash={hash}");
            return empty(StatusCode::MOVED_PERMANENTLY).with(header::LOCATION, &location);
        }
        let mut response = if has_tag(request.header(header::IF_NONE_MATCH), &hash) {
            empty(StatusCode::NOT_MODIFIED)
        } else {
            let built_in = openapi::v3(catalog::builtin(), path);
            let document = built_in.or_else(|| openapi::v3(&custom(served), path));
            Response::new(StatusCode::OK, JSON, document.unwrap_or(Value::Null).to_string())
        };
        if asked == hash {
            let expiry = Time::from_seconds(now.seconds() + YEAR_SECONDS);
            response = response
                .with(header::CACHE_CONTROL, "public, immutable")
                .with(header::EXPIRES, &http_date(expiry));
        }
        self.tagged(response, &hash)
    }

    fn tagged(&self, response: Response, tag: &str) -> Response {
        response
            .with(header::ETAG, &format!("\"{tag}\""))
            .with(header::LAST_MODIFIED, &http_date(self.started))
            .with(header::VARY, "Accept-Encoding, Accept")
    }

    /// What is known while these custom resources are served.
    fn tags(&self, served: &Arc<Served>) -> Arc<Tags> {
        let known = Arc::clone(&self.custom.read());
        if Arc::ptr_eq(&known.served, served) {
            return known;
        }
        let tags = Arc::new(Tags { served: Arc::clone(served), ..Tags::default() });
        *self.custom.write() = Arc::clone(&tags);
        tags
    }

    /// The hash of a document; `None` if there is none. It is of the content, so that clients may keep
    /// the document across restarts.
    fn hash(&self, tags: &Tags, path: &str) -> Option<String> {
        let built_in = self.built_in.get_or_init(|| hashes(catalog::builtin()));
        let known = built_in.get(path);
        known.or_else(|| tags.v3.get_or_init(|| hashes(&custom(&tags.served))).get(path)).cloned()
    }
}

/// The catalog of custom kinds alone.
fn custom(served: &Served) -> Catalog {
    openapi::published(served.resources(), Among::Themselves)
}

fn hashes(catalog: &Catalog) -> HashMap<String, String> {
    let hashed = openapi::v3_paths(catalog).into_iter().filter_map(|path| {
        let document = openapi::v3(catalog, &path)?;
        Some((path, discovery::tag(document.to_string().as_bytes())))
    });
    hashed.collect()
}

fn form(accept: &str, protobuf: &[&str]) -> Option<Form> {
    if accept.trim().is_empty() {
        return Some(Form::Json);
    }
    accept.split(',').find_map(|clause| {
        let media_type = clause.split(';').next().unwrap_or_default().trim();
        match media_type {
            JSON | "*/*" | "application/*" => Some(Form::Json),
            other => protobuf.contains(&other).then_some(Form::Protobuf),
        }
    })
}

fn has_tag(known: &str, tag: &str) -> bool {
    known.split(',').any(|known| known.trim().trim_matches('"') == tag)
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(status, JSON, Bytes::new());
    response.headers.remove(header::CONTENT_TYPE);
    response.body = Body::Full(Bytes::new());
    response
}

/// `Thu, 01 Jan 1970 00:00:00 GMT`.
fn http_date(time: Time) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAY_SECONDS: i64 = 24 * 60 * 60;
    // The first day was a Thursday.
    let weekday = time.seconds().div_euclid(DAY_SECONDS).rem_euclid(7);
    let weekday = usize::try_from(weekday).ok().and_then(|day| DAYS.get(day)).unwrap_or(&DAYS[0]);
    let text = time.to_string();
    let (date, clock) = text.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let mut parts = date.split('-');
    let mut next = || parts.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{weekday}, {day} {} {year} {clock} GMT", month.unwrap_or(&MONTHS[0]))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use http::Method;

    use super::*;

    #[test]
    fn dates_are_written_as_http_wants() {
        expect!["Thu, 01 Jan 1970 00:00:00 GMT"].assert_eq(&http_date(Time::from_seconds(0)));
        expect!["Tue, 24 Nov 2026 08:30:00 GMT"]
            .assert_eq(&http_date(Time::from_seconds(1_795_509_000)));
    }

    #[test]
    fn a_document_is_found_by_the_index_and_kept_by_its_hash() {
        let documents = OpenApi::new(Time::default());
        let ask = |target: &str, name, value: &'static str| {
            let mut request = Request::new(Method::GET, target);
            if !value.is_empty() {
                request = request.with_header(name, value);
            }
            let (_, query) = target.split_once('?').unwrap_or((target, ""));
            let query = &Query::parse(query);
            let asked = Asked { path: "apis/apps/v1", query, now: Time::default() };
            documents.v3(&request, &asked, &Arc::default())
        };
        let index: Value =
            serde_json::from_slice(&documents.index(&Arc::default()).bytes()).unwrap();
        let url = index["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().unwrap();
        let found = ask(url, header::ACCEPT, "application/json");
        assert_eq!(found.status, StatusCode::OK);
        assert_eq!(found.headers[header::CACHE_CONTROL], "public, immutable");
        let document: Value = serde_json::from_slice(&found.bytes()).unwrap();
        assert_eq!(document["openapi"], "3.0.0");

        let moved = ask("/openapi/v3/apis/apps/v1?hash=00", header::ACCEPT, "");
        assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
        assert_eq!(moved.headers[header::LOCATION].to_str().unwrap(), url);
        let refused = ask("/openapi/v3/apis/apps/v1", header::ACCEPT, "text/html");
        assert_eq!((refused.status, refused.bytes()), (StatusCode::NOT_ACCEPTABLE, Bytes::new()));
        let plain = ask("/openapi/v3/apis/apps/v1", header::ACCEPT, "");
        assert!(!plain.headers.contains_key(header::CACHE_CONTROL));
        let tag: &'static str =
            String::leak(plain.headers[header::ETAG].to_str().unwrap().to_owned());
        let kept = ask("/openapi/v3/apis/apps/v1", header::IF_NONE_MATCH, tag);
        assert_eq!((kept.status, kept.bytes()), (StatusCode::NOT_MODIFIED, Bytes::new()));
    }

    #[test]
    fn old_clients_get_protobuf_and_new_ones_nothing_twice() {
        let documents = OpenApi::new(Time::default());
        let served = Arc::default();
        let request =
            Request::new(Method::GET, "/openapi/v2").with_header(header::ACCEPT, V2_PROTOBUF);
        let found = documents.v2(&request, &served);
        assert_eq!(found.headers[header::CONTENT_TYPE], V2_PROTOBUF_SAID);
        let tag: &'static str =
            String::leak(found.headers[header::ETAG].to_str().unwrap().to_owned());
        let again = documents.v2(&request.with_header(header::IF_NONE_MATCH, tag), &served);
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
}
