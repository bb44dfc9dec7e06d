//! Requests for resources among faults: late, refused, without an answer, or answered from the past.

use http::header;

use super::{
    Inner, Response,
    resource::{Call, Past},
};
use crate::{
    ListQuery, Reason, Status, VersionMatch,
    engine::failure,
    faults::{Asked, RequestFault},
    request_info::RequestInfo,
};

impl Inner {
    /// Answers a request for a resource, with what the faults of the server make of it.
    pub(super) async fn resource(&self, call: Call<'_>) -> Result<Response, Status> {
        let Some(faults) = &self.settings.faults else {
            return self.carry_out(&call, Past::Never).await;
        };
        let asked = call.asked();
        let Some(fault) = faults.meet(&asked) else {
            return self.carry_out(&call, Past::Never).await;
        };
        match fault {
            RequestFault::StaleList { age } => self.carry_out(&call, Past::Before(age)).await,
            RequestFault::SlowAnswer { delay } => {
                self.settings.world.clock.sleep(delay).await;
                self.carry_out(&call, Past::Never).await
            }
            RequestFault::Refuse { code, retry_after_seconds } => {
                Err(refusal(&call, code, retry_after_seconds))
            }
            RequestFault::LoseRequest => Ok(Response::cut()),
            RequestFault::LoseReply => {
                // Good or bad, the client never hears of it.
                let _ = self.carry_out(&call, Past::Never).await;
                Ok(Response::cut())
            }
        }
    }
}

impl Call<'_> {
    /// What rules look at.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            user: self.user.name.clone(),
            agent: self.request.header(header::USER_AGENT).to_owned(),
            verb: self.info.verb,
            group: self.path.group.clone(),
            resource: self.path.resource.clone(),
            subresource: self.path.subresource.clone(),
            namespace: self.path.namespace.clone(),
            name: self.path.name.clone(),
            may_be_stale: self.info.verb == "list" && may_be_stale(self.info),
            resumes_after: resumes_after(self.info),
        }
    }
}

/// Whether the list asks for any version, or for one not older than it knows, from a server's cache.
fn may_be_stale(info: &RequestInfo) -> bool {
    let query = &info.query;
    !query.get("resourceVersion").is_empty()
        && query.get("resourceVersionMatch") != "Exact"
        && query.get("continue").is_empty()
}

fn resumes_after(info: &RequestInfo) -> Option<u64> {
    let version: u64 = info.query.get("resourceVersion").parse().ok()?;
    (info.verb == "watch" && version > 0).then_some(version)
}

/// The list as a cache answers it that is at `version`: never older than the client allows.
pub(super) fn at_version(mut query: ListQuery, version: u64) -> ListQuery {
    let floor = query.resource_version.parse().unwrap_or(0);
    query.resource_version = version.max(floor).to_string();
    query.version_match = VersionMatch::Exact;
    query.limit = 0;
    query
}

fn refusal(call: &Call<'_>, code: u16, retry_after_seconds: u32) -> Status {
    let facts = &call.target.facts;
    let mut status = match code {
        409 => failure::modified(facts, &call.path.name),
        410 => failure::expired("too old resource version: a fault was injected"),
        429 => {
            Status::new(429, Reason::TooManyRequests, "Too many requests, please try again later.")
        }
        503 => Status::new(
            503,
            Reason::ServiceUnavailable,
            "the server is currently unable to handle the request",
        ),
        504 => Status::new(
            504,
            Reason::Timeout,
            "Timeout: request did not complete within requested timeout - context deadline exceeded",
        ),
        _ => failure::internal(&"a fault was injected"),
    };
    status.has_details |= retry_after_seconds > 0;
    status.retry_after_seconds = retry_after_seconds;
    status
}
