//! What a node may do to pods beyond writing their status: let go of its own, and get tokens for them.

use api::{catalog, json};
use serde_json::Value;

use super::{Inner, failure};
use crate::{Operation, Status, authorization::node_of};

impl Inner {
    /// Whether a node, if it is one that asks, may delete or evict the pod.
    pub(super) async fn node_lets_go(
        &self,
        operation: &Operation,
        how: Farewell,
    ) -> Result<(), Status> {
        let Some(node) = node_of(&operation.user) else { return Ok(()) };
        if operation.resource.resource != api::resources::PODS {
            return Ok(());
        }
        let pod = self.load(&operation.resource, &operation.namespace, &operation.name).await?;
        let pod = pod.ok_or_else(|| failure::not_found(&operation.resource, &operation.name))?;
        if pod.value["spec"]["nodeName"] == node {
            return Ok(());
        }
        let reason = match how {
            Farewell::Delete => {
                format!("node {node:?} can only delete pods with spec.nodeName set to itself")
            }
            Farewell::Evict => {
                format!("node {node} can only evict pods with spec.nodeName set to itself")
            }
        };
        Err(failure::forbidden(&operation.resource, &operation.name, &reason))
    }

    /// Whether a node, if it is one that asks, may have a token of this account: for a pod of its own.
    pub(super) async fn node_gets_token(
        &self,
        operation: &Operation,
        bound: &Value,
    ) -> Result<(), Status> {
        let Some(node) = node_of(&operation.user) else { return Ok(()) };
        let refuse =
            |reason: &str| Err(failure::forbidden(&operation.resource, &operation.name, reason));
        let name = json::text(bound, "name");
        if json::text(bound, "kind") != "Pod" || name.is_empty() {
            return refuse("node requested token not bound to a pod");
        }
        if json::text(bound, "uid").is_empty() {
            return refuse("node requested token with a pod binding without a uid");
        }
        let pods = catalog::builtin().resource("", "v1", "pods");
        let pods = pods.ok_or_else(failure::method_not_allowed)?;
        let pod = self.load(pods, &operation.namespace, name).await?;
        let pod = pod.ok_or_else(|| failure::not_found(pods, name))?;
        if pod.value["spec"]["nodeName"] != node {
            return refuse("node requested token bound to a pod scheduled on a different node");
        }
        Ok(())
    }
}

/// In which way a pod goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Delete,
    Evict,
}
