//! What is served changes with the definitions of custom resources: routes and discovery follow them.

use std::sync::Arc;

use super::Inner;
use crate::{
    ApiGroup, Served,
    discovery::Discovery,
    request_info::{RequestInfo, ResourcePath},
    route::{self, Misroute, Target},
};

/// Discovery, and the custom resources that are in it.
pub(super) struct Known {
    served: Arc<Served>,
    discovery: Arc<Discovery>,
}

impl Known {
    pub(super) fn new(address: &str, others: &[ApiGroup], served: Arc<Served>) -> Self {
        let discovery = Arc::new(Discovery::new(address, others, &served));
        Self { served, discovery }
    }
}

impl Inner {
    /// What a URL means; what is not known may have been defined just now.
    pub(super) async fn resolve(
        &self,
        info: &RequestInfo,
        path: &ResourcePath,
    ) -> Result<Target, Misroute> {
        let found = route::resolve(info, path, &self.backend.served());
        if found.is_ok() || route::is_built_in(&path.group) {
            return found;
        }
        self.backend.catch_up().await;
        route::resolve(info, path, &self.backend.served())
    }

    /// Discovery of what is served now.
    pub(super) fn discovery(&self) -> Arc<Discovery> {
        let served = self.backend.served();
        let known = self.discovery.read();
        if Arc::ptr_eq(&known.served, &served) {
            return Arc::clone(&known.discovery);
        }
        drop(known);
        let known = Known::new(&self.settings.address, &self.groups.read(), served);
        let discovery = Arc::clone(&known.discovery);
        *self.discovery.write() = known;
        discovery
    }
}
