//! Who asks: a trusted caller in process, a front proxy that vouches for somebody, a client certificate,
//! a bearer token, or nobody.

mod accounts;
mod anonymous;
mod bearer;
mod bootstrap_tokens;
mod claims;
mod front_proxy;
mod issuer;
mod legacy;
mod static_tokens;

use std::{collections::BTreeMap, sync::Arc};

use world::{Watched, World};

pub use accounts::{AccountSettings, DEFAULT_ISSUER, ServiceAccounts};
pub use anonymous::Anonymous;
pub(crate) use bearer::token_of;
pub use bearer::{Bearers, Proven, Unproven};
pub(crate) use bootstrap_tokens::BootstrapToken;
pub(crate) use claims::{Claims, Found, Kind, Needed, account_user};
pub use front_proxy::FrontProxy;
pub use issuer::{
    AuthenticationConfiguration, ConfigurationError, Documents, JwtConfiguration, JwtIssuer,
};
pub use legacy::legacy_token;
pub(crate) use legacy::{LAST_USED, check_account, check_secret};
pub use static_tokens::{StaticTokens, TokenFileError};

use crate::{Backend, Reason, Request, RequestInfo, Status, User, tls::ClientRoots};

/// How a server finds out who asks. By default it believes nobody, and lets the authorizer say what
/// strangers may.
#[derive(Debug, Default)]
pub struct Authentication {
    /// Whose client certificates are believed.
    pub clients: Option<Watched<ClientRoots>>,
    /// Who may vouch for others in headers.
    pub front_proxy: Option<FrontProxy>,
    pub bearers: Arc<Bearers>,
    pub anonymous: Anonymous,
}

/// Everybody who has proved an identity is in this group.
pub const AUTHENTICATED: &str = "system:authenticated";
/// Everybody else is in this one.
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
pub(crate) const ANONYMOUS: &str = "system:anonymous";

/// What one way of proving says of a request.
#[derive(Debug)]
pub(crate) enum Proof {
    /// The request does not go this way.
    Absent,
    /// It does, and proves nothing.
    Refused,
    User(User),
}

impl Authentication {
    /// What other servers of the cluster are told, so that they believe the same clients and proxies.
    pub fn for_others(&self) -> BTreeMap<String, String> {
        let mut data = BTreeMap::new();
        if let Some(clients) = &self.clients {
            data.insert("client-ca-file".to_owned(), clients.get().pem.clone());
        }
        if let Some(proxy) = &self.front_proxy {
            data.extend(proxy.for_others());
        }
        data
    }

    /// Who sent the request. The first way that proves somebody counts.
    ///
    /// # Errors
    /// 401 where something was to prove an identity and did not, or where strangers are not let in.
    pub(crate) async fn identify(
        &self,
        world: &World,
        backend: &dyn Backend,
        request: &Request,
        info: &RequestInfo,
    ) -> Result<User, Status> {
        if let Some(user) = &request.user {
            return Ok(authenticated(user.clone()));
        }
        let mut refused = false;
        for proof in [self.by_proxy(world, request), self.by_certificate(world, request)] {
            match proof {
                Proof::User(user) => return Ok(authenticated(user)),
                Proof::Refused => refused = true,
                Proof::Absent => {}
            }
        }
        if let Some(token) = token_of(request) {
            match backend.authenticate(token.to_owned(), None).await {
                Ok(proven) => return Ok(authenticated(proven.user)),
                Err(unproven) => {
                    tracing::debug!(%unproven, "a bearer token is not believed");
                    refused = true;
                }
            }
        }
        if refused || !self.anonymous.lets_in(&info.path) {
            Err(unauthorized())
        } else {
            Ok(anonymous())
        }
    }

    fn by_proxy(&self, world: &World, request: &Request) -> Proof {
        match (&self.front_proxy, &request.peer) {
            (Some(proxy), Some(peer)) => proxy.identify(world, peer, &request.headers),
            (Some(_) | None, _) => Proof::Absent,
        }
    }

    fn by_certificate(&self, world: &World, request: &Request) -> Proof {
        let (Some(clients), Some(peer)) = (&self.clients, &request.peer) else {
            return Proof::Absent;
        };
        peer.user(&clients.get(), &*world.clock).map_or(Proof::Refused, Proof::User)
    }
}

/// What a stranger gets.
pub(crate) fn unauthorized() -> Status {
    Status::new(401, Reason::Unauthorized, "Unauthorized")
}

/// Who asks without credentials.
fn anonymous() -> User {
    User { name: ANONYMOUS.to_owned(), groups: vec![UNAUTHENTICATED.to_owned()], ..User::default() }
}

/// The user with the group of all who have proved an identity.
pub(crate) fn authenticated(mut user: User) -> User {
    let is_told = |group: &String| group == AUTHENTICATED || group == UNAUTHENTICATED;
    if !user.groups.iter().any(is_told) && user.name != ANONYMOUS {
        user.groups.push(AUTHENTICATED.to_owned());
    }
    user
}
