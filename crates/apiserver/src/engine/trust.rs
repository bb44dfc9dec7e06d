//! Tells other servers of the cluster how those are told apart who ask: the ConfigMap
//! `kube-system/extension-apiserver-authentication`, kept as the files on disk have it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use world::Clock;

use super::{Inner, bootstrap::operation};
use crate::Status;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "extension-apiserver-authentication";
/// Authorities change seldom, and the old one is believed for a while beside the new one.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

impl Inner {
    /// What is to be published; nothing if nobody is believed here.
    pub(super) fn authentication_for_others(&self) -> Option<Value> {
        let data = self.options.authentication.for_others();
        (!data.is_empty()).then(|| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                "metadata": {"name": NAME, "namespace": NAMESPACE}})
        })
    }

    /// Publishes anew what has changed on disk, or what somebody has changed or deleted.
    async fn publish(&self) -> Result<(), Status> {
        let Some(wanted) = self.authentication_for_others() else { return Ok(()) };
        let resource = operation(&wanted)?.resource;
        let found = self.load_raw(&resource, NAMESPACE, NAME).await?;
        let found = found.and_then(|pair| serde_json::from_slice::<Value>(&pair.value).ok());
        if found.is_some_and(|found| found["data"] == wanted["data"]) {
            return Ok(());
        }
        self.ensure_current(wanted).await?;
        tracing::info!(name = NAME, "published anew");
        Ok(())
    }
}

/// Looks again and again, for as long as the engine is there, if there is something to publish.
pub(super) fn keep_published(inner: &Arc<Inner>) {
    if inner.authentication_for_others().is_some() {
        let looking = look_again(Arc::downgrade(inner), Arc::clone(&inner.world.clock));
        drop(inner.world.tasks.spawn("trust", Box::pin(looking)));
    }
}

async fn look_again(inner: Weak<Inner>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(LOOK_INTERVAL).await;
        let Some(inner) = inner.upgrade() else { return };
        if let Err(status) = inner.publish().await {
            tracing::warn!(name = NAME, error = %status.message, "is not published anew yet");
        }
    }
}
