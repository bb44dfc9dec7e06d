//! How etcd is reached.

use crate::StoreError;

/// Where an etcd cluster is, and who asks.
#[derive(Debug, Clone, Default)]
pub struct EtcdOptions {
    /// `https://host:port` or `http://host:port`, each a member; one that fails is left for the next.
    pub endpoints: Vec<String>,
    /// PEM of the authorities that members' certificates are signed by; needed for `https`.
    pub authority: Option<Vec<u8>>,
    /// PEM of the certificate that is shown to members, and of its key.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub login: Option<Login>,
    /// What etcd's keys have in place of `/registry`; `None` keeps keys as they are.
    pub prefix: Option<String>,
}

/// A user of etcd.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A member, as its URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `host:port`.
    pub(crate) address: String,
    /// The host without brackets: what its certificate must be for.
    pub(crate) host: String,
    pub(crate) security: Security,
}

/// Whether the way to a member is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Tls,
    Plain,
}

const PORT: &str = "2379";

impl Endpoint {
    /// Reads `https://host:port`; without a port it is etcd's own.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let refused = |reason: &str| StoreError::Unavailable {
            action: "reach etcd",
            reason: format!("{url} {reason}"),
        };
        let (security, rest) = match url.split_once("://") {
            Some(("https", rest)) => (Security::Tls, rest),
            Some(("http", rest)) => (Security::Plain, rest),
            Some(_) | None => return Err(refused("begins neither with https:// nor with http://")),
        };
        let authority = rest.trim_end_matches('/').parse::<http::uri::Authority>();
        let authority = authority.map_err(|_| refused("names no host"))?;
        let port = authority.port().map_or(PORT.to_owned(), |port| port.to_string());
        let host = authority.host();
        Ok(Self {
            address: format!("{host}:{port}"),
            host: host.trim_matches(['[', ']']).to_owned(),
            security,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_host_port_and_security() {
        let parsed = |url: &str| {
            let Endpoint { address, host, security } = Endpoint::parse(url).expect("is valid");
            (address, host, security)
        };
        let plain = |address: &str, host: &str| (address.into(), host.into(), Security::Plain);
        assert_eq!(parsed("http://localhost:12379"), plain("localhost:12379", "localhost"));
        assert_eq!(parsed("http://10.0.0.1/"), plain("10.0.0.1:2379", "10.0.0.1"));
        let (address, host, security) = parsed("https://[::1]:2379");
        assert_eq!((&*address, &*host, security), ("[::1]:2379", "::1", Security::Tls));
        assert!(Endpoint::parse("localhost:2379").is_err());
        assert!(Endpoint::parse("https://").is_err());
    }
}
