//! What others need to check the tokens of service accounts themselves: who issues them, and the keys.

use bytes::Bytes;
use http::{Method, StatusCode, header};

use super::{Indent, Inner, Request, Response, failure, paths};
use crate::route;

/// Keys are published that long before anything is signed with them.
const CACHE_CONTROL: &str = "public, max-age=3600";

impl Inner {
    /// The document at `path`, which has no slash at its ends.
    pub(super) fn issuer_document(&self, request: &Request, path: &str) -> Response {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return failure(request, &route::method_not_allowed(), Indent::ForPeople);
        }
        let accounts = self.settings.authentication.bearers.accounts.as_ref();
        let configuration =
            accounts.and_then(|accounts| Some((accounts, accounts.configuration()?)));
        let Some((accounts, configuration)) = configuration else {
            return paths::page_not_found();
        };
        let (content_type, body) = if path == "openid/v1/jwks" {
            let keys = serde_json::to_vec(&accounts.key_set());
            ("application/jwk-set+json", keys.map(Bytes::from).unwrap_or_default())
        } else {
            ("application/json", Bytes::from(configuration.to_string()))
        };
        Response::new(StatusCode::OK, content_type, body).with(header::CACHE_CONTROL, CACHE_CONTROL)
    }
}
