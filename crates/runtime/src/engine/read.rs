//! Live reads that an observation asked for.

use client::{ACCEPT_METADATA, ACCEPT_METADATA_LIST, ClientError, ListOptions, Request, Transport};
use serde_json::{Value, json};

use crate::{Answer, Read};

const ACCEPT_DISCOVERY: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// Asks the server, past all caches.
pub(crate) async fn read(transport: &dyn Transport, read: &Read) -> Answer {
    match read {
        Read::Object { resource, key } => fetch(transport, Request::get(resource, key)).await,
        Read::Metadata { resource, key } => {
            fetch(transport, Request::get(resource, key).accept(ACCEPT_METADATA)).await
        }
        Read::List { resource, namespace } => {
            let request = Request::list(resource, namespace, &ListOptions::default());
            fetch(transport, request.accept(ACCEPT_METADATA_LIST)).await
        }
        Read::Objects { resource, namespace } => {
            let request = Request::list(resource, namespace, &ListOptions::default());
            fetch(transport, request).await
        }
        Read::Subresource { resource, key, name } => {
            fetch(transport, Request::get(resource, key).subresource(name)).await
        }
        Read::Path { path } => fetch(transport, Request::read(path.clone())).await,
        Read::Discovery => {
            let mut items = groups(transport, "/api").await?;
            items.extend(groups(transport, "/apis").await?);
            Ok(json!({"kind": "APIGroupDiscoveryList", "items": items}))
        }
    }
}

async fn groups(transport: &dyn Transport, path: &str) -> Result<Vec<Value>, ClientError> {
    let mut list = fetch(transport, Request::read(path).accept(ACCEPT_DISCOVERY)).await?;
    let Value::Array(items) = list["items"].take() else {
        let reason = format!("{path} answered no APIGroupDiscoveryList");
        return Err(ClientError::Unreadable { reason });
    };
    Ok(items)
}

async fn fetch(transport: &dyn Transport, request: Request) -> Answer {
    let path = request.path.clone();
    let response = transport.send(request).await?;
    serde_json::from_slice(&response.body)
        .map_err(|error| ClientError::Unreadable { reason: format!("{path}: {error}") })
}
