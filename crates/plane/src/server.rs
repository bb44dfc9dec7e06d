//! The API server of a plane: engine and service over a store.

use std::sync::Arc;

use apiserver::{
    Engine, EngineOptions, Extension, Service, Settings, StartError,
    audit::Auditor,
    authentication::Authentication,
    faults::Faults,
    health::{Health, Scope},
};
use store::Store;
use world::World;

use crate::identities::simulated_nodes_policy;

/// What an API server is started with.
pub struct ServerSettings {
    /// Settings of the engine.
    pub engine: EngineOptions,
    /// How those who come over HTTP prove who they are, and whose tokens are believed.
    pub authentication: Authentication,
    /// `host:port` under which discovery tells clients to reach this server.
    pub address: String,
    /// Paths that Kubernetes does not have.
    pub extensions: Vec<Extension>,
    /// What goes wrong on purpose, for the clients that it names.
    pub faults: Option<Faults>,
    /// Who is told of requests.
    pub auditor: Option<Arc<Auditor>>,
}

/// Starts the API server over a store; it answers callers in process from then on.
///
/// # Errors
/// The store does not answer, or the objects every cluster has cannot be created.
pub async fn serve(
    world: World,
    store: Arc<dyn Store>,
    mut settings: ServerSettings,
) -> Result<Service, StartError> {
    settings.engine.policy.extend(simulated_nodes_policy());
    let authentication = Arc::new(settings.authentication);
    let bearers = Arc::clone(&authentication.bearers);
    let for_others = Arc::clone(&authentication);
    let options = EngineOptions { bearers, authentication: for_others, ..settings.engine };
    let engine = Engine::start(world.clone(), store, options).await?;
    let health = Health::default().with("etcd", Scope::Everywhere, || true);
    let settings = Settings {
        world,
        authorizer: engine.authorizer(),
        authentication,
        health,
        address: settings.address,
        extensions: settings.extensions,
        faults: settings.faults,
        auditor: settings.auditor,
    };
    Ok(Service::new(Arc::new(engine), settings))
}
