//! A person at the API server, whose requests all arrive.

use std::time::Duration;

use apiserver::User;
use client::{
    ClientError, DeleteOptions, ListOptions, PatchKind, Propagation, Request, Response,
    Transport as _, WriteOptions,
};
use meta::{object::ObjectKey, resource::Resource};
use plane::InProcess;
use serde_json::Value;

use super::{Broken, Stage};

/// No request takes longer.
const ANSWER_MAX: Duration = Duration::from_mins(1);
const NAME: &str = "user";

impl Stage {
    /// Sends a request to `api1` and waits for the answer.
    ///
    /// # Errors
    /// What the server says.
    pub fn ask(&self, request: Request) -> Result<Response, ClientError> {
        self.ask_of("api1", request)
    }

    /// Sends a request to one of the API servers and waits for the answer.
    ///
    /// # Errors
    /// What the server says.
    pub fn ask_of(&self, server: &str, request: Request) -> Result<Response, ClientError> {
        let silent = || ClientError::NoAnswer { reason: "none within a minute".to_owned() };
        let nobody = || ClientError::Unreachable { reason: "nobody listens".to_owned() };
        let gateway = self.gateway(server).ok_or_else(nobody)?;
        let (service, _) = gateway.server().ok_or_else(nobody)?;
        let groups = vec!["system:masters".to_owned()];
        let user = User { name: NAME.to_owned(), groups, ..User::default() };
        let transport = InProcess::new(self.simulation.world(NAME), service, user, "kubectl");
        let answer = self.complete(NAME, ANSWER_MAX, async move { transport.send(request).await });
        answer.unwrap_or_else(|| Err(silent()))
    }

    /// Creates an object.
    ///
    /// # Errors
    /// It was refused.
    pub fn create(
        &self,
        resource: &Resource,
        namespace: &str,
        object: &Value,
    ) -> Result<(), Broken> {
        let request = Request::create(resource, namespace, object, &WriteOptions::default());
        self.must(request)
    }

    /// Patches an object by merging.
    ///
    /// # Errors
    /// It was refused.
    pub fn patch(&self, resource: &Resource, key: &ObjectKey, patch: &Value) -> Result<(), Broken> {
        let options = WriteOptions::default();
        self.must(Request::patch(resource, key, PatchKind::Merge, patch, &options))
    }

    /// Patches an object's status by merging: what a kubelet does, for one.
    ///
    /// # Errors
    /// It was refused.
    pub fn patch_status(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        status: &Value,
    ) -> Result<(), Broken> {
        let patch = serde_json::json!({ "status": status });
        let options = WriteOptions::default();
        let request = Request::patch(resource, key, PatchKind::Merge, &patch, &options);
        self.must(request.subresource("status"))
    }

    /// Deletes an object, and does not wait for its end.
    ///
    /// # Errors
    /// It was refused.
    pub fn delete(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        propagation: Propagation,
    ) -> Result<(), Broken> {
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        self.must(Request::delete(resource, key, &options))
    }

    /// Deletes an object without grace.
    ///
    /// # Errors
    /// It was refused.
    pub fn kill(&self, resource: &Resource, key: &ObjectKey) -> Result<(), Broken> {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        self.must(Request::delete(resource, key, &options))
    }

    /// An object, if it is there.
    pub fn get(&self, resource: &Resource, key: &ObjectKey) -> Option<Value> {
        let answer = self.ask(Request::get(resource, key)).ok()?;
        serde_json::from_slice(&answer.body).ok()
    }

    /// The objects of a namespace, or of all if it is empty.
    pub fn list(&self, resource: &Resource, namespace: &str) -> Vec<Value> {
        let request = Request::list(resource, namespace, &ListOptions::default());
        let Ok(answer) = self.ask(request) else { return Vec::new() };
        let list: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    fn must(&self, request: Request) -> Result<(), Broken> {
        let action = format!("{:?} {}", request.method, request.path);
        let refused = |error| Broken(format!("the user cannot {action}: {error}"));
        self.ask(request).map(drop).map_err(refused)
    }
}
