//! What a list or watch asks for with its version, match, limit and token.

use api::validation::{FieldError, Path};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::failure;
use crate::{ListQuery, Status, VersionMatch, WatchQuery, cache::WatchStart};

/// Which state of the collection a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListAt {
    /// Everything acknowledged so far.
    Newest,
    /// Whatever is at hand; limits are ignored.
    Any,
    /// At least this version.
    AtLeast(u64),
    Exactly(u64),
    /// The next page.
    Continued(Token),
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// `None`: at the newest state, because that of the first page is gone.
    pub version: Option<u64>,
    /// Key relative to the listed prefix.
    pub from: String,
}

#[derive(Serialize, Deserialize)]
struct TokenText {
    v: String,
    rv: i64,
    start: String,
}

const TOKEN_VERSION: &str = "meta.k8s.io/v1";

/// A version as sent: `None` for unset and `0`.
///
/// # Errors
/// The text of a version that is no number.
pub(super) fn parse(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<u64>().map_err(|_| {
        format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        )
    })?;
    Ok((number > 0).then_some(number))
}

/// Reads the query of a list.
///
/// # Errors
/// 422 for combinations that are not allowed, 400 for malformed versions and tokens.
pub(super) fn list(query: &ListQuery) -> Result<ListAt, Status> {
    if query.send_initial_events.is_some() {
        let path = Path::new("sendInitialEvents");
        return Err(refuse(FieldError::forbidden(
            &path,
            "sendInitialEvents is forbidden for list",
        )));
    }
    check_match(query)?;
    if !query.continue_token.is_empty() {
        if !matches!(query.resource_version.as_str(), "" | "0") {
            return Err(failure::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        return Token::decode(&query.continue_token).map(ListAt::Continued);
    }
    let version = parse(&query.resource_version)
        .map_err(|text| failure::bad_request(format!("invalid resource version: {text}")))?;
    Ok(match (version, &query.version_match) {
        (None, _) if query.resource_version.is_empty() => ListAt::Newest,
        (None, _) => ListAt::Any,
        (Some(version), VersionMatch::Exact) => ListAt::Exactly(version),
        (Some(version), VersionMatch::Unset) if query.limit > 0 => ListAt::Exactly(version),
        (Some(version), VersionMatch::Unset | VersionMatch::NotOlderThan) => {
            ListAt::AtLeast(version)
        }
        (Some(version), VersionMatch::Other(_)) => ListAt::AtLeast(version),
    })
}

/// Where a watch begins, and the version its cache must have reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WatchAt {
    pub start: WatchStart,
    pub reach: Reach,
}

/// What the cache must hold before a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Anything,
    Newest,
    AtLeast(u64),
}

/// Reads the query of a watch.
///
/// # Errors
/// 422 for combinations that are not allowed, 500 without reason for a malformed version.
pub(super) fn watch(query: &WatchQuery) -> Result<WatchAt, Status> {
    let list = &query.list;
    check_watch(list)?;
    let version = parse(&list.resource_version).map_err(failure::unexplained)?;
    let reach = match version {
        None if list.resource_version.is_empty() => Reach::Newest,
        None => Reach::Anything,
        Some(version) => Reach::AtLeast(version),
    };
    Ok(match (version, list.send_initial_events) {
        (None, Some(false)) => WatchAt { start: WatchStart::Now, reach: Reach::Newest },
        (_, Some(true)) | (None, None) => WatchAt { start: WatchStart::Initial, reach },
        // A version that is still to come is waited for in silence.
        (Some(version), Some(false) | None) => {
            WatchAt { start: WatchStart::After(version), reach: Reach::Anything }
        }
    })
}

fn check_match(query: &ListQuery) -> Result<(), Status> {
    let path = Path::new("resourceVersionMatch");
    let forbidden = |text: &str| Err(refuse(FieldError::forbidden(&path, text)));
    match &query.version_match {
        VersionMatch::Unset => Ok(()),
        _ if query.resource_version.is_empty() => {
            forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
        }
        _ if !query.continue_token.is_empty() => {
            forbidden("resourceVersionMatch is forbidden when continue is provided")
        }
        VersionMatch::Other(text) => {
            let known = ["Exact", "NotOlderThan", ""];
            Err(refuse(FieldError::not_supported(&path, text, &known)))
        }
        VersionMatch::Exact if query.resource_version == "0" => {
            forbidden(r#"resourceVersionMatch "exact" is forbidden for resourceVersion "0""#)
        }
        VersionMatch::Exact | VersionMatch::NotOlderThan => Ok(()),
    }
}

fn check_watch(list: &ListQuery) -> Result<(), Status> {
    let path = Path::new("resourceVersionMatch");
    let forbidden = |text: &str| Err(refuse(FieldError::forbidden(&path, text)));
    if !list.continue_token.is_empty() {
        let path = Path::new("continue");
        return Err(refuse(FieldError::forbidden(&path, "continue is forbidden for watch")));
    }
    match (&list.version_match, list.send_initial_events) {
        (VersionMatch::Unset, None) | (VersionMatch::NotOlderThan, Some(_)) => Ok(()),
        (VersionMatch::Unset, Some(_)) => {
            forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        (VersionMatch::NotOlderThan | VersionMatch::Exact | VersionMatch::Other(_), None) => {
            forbidden(
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        }
        (VersionMatch::Exact, Some(_)) => {
            Err(refuse(FieldError::not_supported(&path, "Exact", &["NotOlderThan"])))
        }
        (VersionMatch::Other(text), Some(_)) => {
            Err(refuse(FieldError::not_supported(&path, text, &["NotOlderThan"])))
        }
    }
}

fn refuse(error: FieldError) -> Status {
    failure::invalid_kind("ListOptions", "meta.k8s.io", "", &[error])
}

impl Token {
    /// Begins after `last`.
    pub(super) fn after(version: Option<u64>, last: &str) -> Self {
        Self { version, from: format!("{last}\0") }
    }

    pub(super) fn encode(&self) -> String {
        let rv = self.version.map_or(-1, |version| i64::try_from(version).unwrap_or(i64::MAX));
        let text = TokenText { v: TOKEN_VERSION.to_owned(), rv, start: self.from.clone() };
        let json = serde_json::to_vec(&text).expect("two strings and a number always serialize");
        URL_SAFE_NO_PAD.encode(json)
    }

    fn decode(token: &str) -> Result<Self, Status> {
        let refuse = |problem: &dyn std::fmt::Display| {
            failure::bad_request(format!(
                "invalid continue token: continue key is not valid: {problem}"
            ))
        };
        let bytes =
            URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).map_err(|error| refuse(&error))?;
        let text: TokenText = serde_json::from_slice(&bytes).map_err(|error| refuse(&error))?;
        if text.v != TOKEN_VERSION || text.rv == 0 {
            return Err(refuse(&format!(
                "server does not recognize this encoded version {:?}",
                text.v
            )));
        }
        let from = text.start.strip_prefix('/').unwrap_or(&text.start);
        if from.is_empty() || from.split('/').any(|step| step == "..") {
            return Err(refuse(&text.start));
        }
        Ok(Self { version: u64::try_from(text.rv).ok(), from: from.to_owned() })
    }
}

#[cfg(test)]
mod tests;
