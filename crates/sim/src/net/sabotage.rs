//! Promises that are broken on purpose, so that the checkers can be seen to notice.

use std::sync::Arc;

use bytes::Bytes;
use client::{Epoch, Request, Response};
use serde_json::{Value, json};

use super::{Asked, Line};
use crate::plan::{RequestVerb, Sabotage};

/// No run comes so far.
const NEVER: &str = "1000000000";

impl Line {
    fn breaks(&self, how: Sabotage) -> bool {
        self.office.faults.breaks(how)
    }

    /// The request as it is sent.
    pub(super) fn spoiled(&self, asked: &Asked, mut request: Request) -> Request {
        let one =
            asked.verb == RequestVerb::Delete && !asked.is_heartbeat() && self.identity.is_some();
        if one && self.breaks(Sabotage::BareDelete) {
            request.body = Bytes::new();
        }
        request
    }

    /// An answer to a write that is not done.
    pub(super) fn forgotten(&self, asked: &Asked) -> Option<Response> {
        let write = asked.is_write() && !asked.is_heartbeat();
        if !write || !self.breaks(Sabotage::ForgetWrite) {
            return None;
        }
        let body = json!({"metadata": {"name": asked.name, "resourceVersion": NEVER}}).to_string();
        Some(Response { code: 200, body: Bytes::from(body), warnings: Vec::new() })
    }

    /// The term that a write is believed to be of.
    pub(super) fn forged(&self, epoch: Option<Arc<Epoch>>) -> Option<Epoch> {
        let mut epoch = epoch.as_deref().cloned()?;
        if self.breaks(Sabotage::ForgeEpoch) {
            epoch.transitions += 1;
        }
        Some(epoch)
    }

    /// The answer as it arrives.
    pub(super) fn aged(&self, asked: &Asked, mut answer: Response) -> Response {
        let list =
            asked.verb == RequestVerb::Read && asked.name.is_empty() && !asked.resource.is_empty();
        if list && asked.query("resourceVersion").is_empty() && self.breaks(Sabotage::StaleList) {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            body["metadata"]["resourceVersion"] = "2".into();
            answer.body = Bytes::from(body.to_string());
        }
        answer
    }
}
