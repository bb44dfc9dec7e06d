//! Who the manager is towards the API server, who its controllers are, and whom its port believes.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use apiserver::tls;
use app::serve::{Access as PortAccess, Memory};
use client::{
    AccountTokens, Transport,
    http::HttpTransport,
    kubeconfig::{self, Access, Credentials},
};
use runtime::{Accounts, Metrics};
use tokio::sync::Mutex;
use world::World;

use super::{options::Options, user_agent};
use crate::delegation::{Clients, Delegation, Inner};

/// Where the accounts of controllers are.
const NAMESPACE: &str = "kube-system";

/// A way to the API server for each controller, under an account of its own. All share a connection.
pub(super) fn accounts(
    world: &World,
    access: &Access,
    own: &Arc<HttpTransport>,
    metrics: &Arc<Metrics>,
) -> Result<Accounts> {
    let anonymous = Access { credentials: Credentials::Anonymous, ..access.clone() };
    let shared = HttpTransport::new(world.clone(), &anonymous, user_agent())?;
    let shared = shared.observed_by(metrics.clone());
    let (world, own) = (world.clone(), Arc::clone(own));
    Ok(Arc::new(move |account| {
        let own: Arc<dyn Transport> = own.clone();
        let tokens = AccountTokens::new(world.clone(), own, NAMESPACE, account);
        let agent = format!("{}/system:serviceaccount:{NAMESPACE}:{account}", user_agent());
        Arc::new(shared.bearing(Arc::new(tokens), agent))
    }))
}

/// Who may see the pages of the port.
pub(super) fn port_access(world: &World, options: &Options) -> Result<PortAccess> {
    let transport = |path: &Option<PathBuf>| -> Result<Option<Arc<dyn Transport>>> {
        let Some(path) = path else { return Ok(None) };
        let access = kubeconfig::load(&*world.disk, path);
        let access = access.with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Some(Arc::new(HttpTransport::new(world.clone(), &access, user_agent())?)))
    };
    let clients = match &options.port.client_authority {
        Some(path) => Clients::Of(
            tls::client_roots_files(world, vec![path.clone()])
                .context("cannot use --client-ca-file")?,
        ),
        None => Clients::Published(Mutex::new(None)),
    };
    let port = &options.port;
    let judge = Delegation::new(Inner {
        world: world.clone(),
        authentication: transport(&port.authentication)?,
        authorization: transport(&port.authorization)?,
        clients,
    });
    Ok(PortAccess {
        always_allowed: port.always_allowed.clone(),
        judge: Arc::new(judge),
        clock: Arc::clone(&world.clock),
        memory: Memory::new(port.token_time, port.allowed_time, port.refused_time),
    })
}
