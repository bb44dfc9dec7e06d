//! Proxies that have authenticated somebody themselves and say so in headers, over a connection that
//! proves that they may.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName};
use world::{Watched, World};

use super::Proof;
use crate::{
    User, query,
    tls::{ClientRoots, Peer},
};

/// Whose word is taken for others, and where it stands.
#[derive(Debug)]
pub struct FrontProxy {
    pub roots: Watched<ClientRoots>,
    /// Common names of the proxies; empty takes every certificate of the authority.
    pub allowed_names: Vec<String>,
    pub username_headers: Vec<HeaderName>,
    pub group_headers: Vec<HeaderName>,
    pub uid_headers: Vec<HeaderName>,
    /// In lower case.
    pub extra_prefixes: Vec<String>,
}

impl FrontProxy {
    /// The same, as other servers are told it: lists are JSON.
    pub(super) fn for_others(&self) -> [(String, String); 6] {
        let names = |headers: &[HeaderName]| {
            let names = headers.iter().map(|name| canonical(name.as_str()));
            names.collect::<serde_json::Value>().to_string()
        };
        let list = |texts: Vec<String>| serde_json::Value::from(texts).to_string();
        let prefixes = self.extra_prefixes.iter().map(|prefix| canonical(prefix)).collect();
        [
            ("client-ca-file", self.roots.get().pem.clone()),
            ("allowed-names", list(self.allowed_names.clone())),
            ("username-headers", names(&self.username_headers)),
            ("uid-headers", names(&self.uid_headers)),
            ("group-headers", names(&self.group_headers)),
            ("extra-headers-prefix", list(prefixes)),
        ]
        .map(|(name, value)| (format!("requestheader-{name}"), value))
    }

    /// Whom a proxy vouches for.
    pub(super) fn identify(&self, world: &World, peer: &Peer, headers: &HeaderMap) -> Proof {
        let Some(proxy) = peer.user(&self.roots.get(), &*world.clock) else {
            return Proof::Refused;
        };
        if !self.allowed_names.is_empty() && !self.allowed_names.contains(&proxy.name) {
            tracing::debug!(name = proxy.name, "this front proxy is not in the allowed list");
            return Proof::Refused;
        }
        match self.user(headers) {
            Some(user) => Proof::User(user),
            None => Proof::Absent,
        }
    }

    fn user(&self, headers: &HeaderMap) -> Option<User> {
        let values = |name: &HeaderName| {
            let values = headers.get_all(name).into_iter();
            values
                .filter_map(|value| value.to_str().ok())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let first = |names: &[HeaderName]| names.iter().flat_map(values).next();
        let groups = self.group_headers.iter().flat_map(values).collect();
        let uid = first(&self.uid_headers).unwrap_or_default();
        Some(User { name: first(&self.username_headers)?, uid, groups, extra: self.extra(headers) })
    }

    fn extra(&self, headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in headers {
            let mut prefixes = self.extra_prefixes.iter();
            let key = prefixes.find_map(|prefix| name.as_str().strip_prefix(prefix.as_str()));
            if let (Some(key), Ok(value)) = (key, value.to_str()) {
                extra.entry(query::decode(key)).or_default().push(value.to_owned());
            }
        }
        extra
    }
}

/// A header as people write it: `X-Remote-User`.
fn canonical(name: &str) -> String {
    let upper = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    name.split('-').map(upper).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::tls::{Pki, ServingNames};

    #[test]
    fn the_headers_say_everything_about_the_user() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let world = world::real::world(runtime.handle());
        let pki = Pki::in_memory(world.clock.wall(), &ServingNames::new([])).unwrap();
        let name = HeaderName::from_static;
        let proxy = FrontProxy {
            roots: Watched::fixed(&world, pki.client_roots().unwrap()),
            allowed_names: Vec::new(),
            username_headers: vec![name("x-user"), name("x-remote-user")],
            group_headers: vec![name("x-remote-group")],
            uid_headers: vec![name("x-remote-uid")],
            extra_prefixes: vec!["x-remote-extra-".to_owned()],
        };
        let told = proxy.for_others();
        assert_eq!(told[2].1, r#"["X-User","X-Remote-User"]"#);
        assert_eq!(told[5].1, r#"["X-Remote-Extra-"]"#);
        let mut headers = HeaderMap::new();
        assert_eq!(proxy.user(&headers), None);
        for (name, value) in [
            ("x-remote-user", "ann"),
            ("x-remote-group", "dev"),
            ("x-remote-group", "ops"),
            ("x-remote-uid", "7"),
            ("x-remote-extra-example.org%2fscope", "a"),
            ("x-remote-extra-example.org%2fscope", "b"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let extra = [("example.org/scope".to_owned(), vec!["a".to_owned(), "b".to_owned()])];
        let wanted = User {
            name: "ann".into(),
            uid: "7".into(),
            groups: vec!["dev".into(), "ops".into()],
            extra: extra.into(),
        };
        assert_eq!(proxy.user(&headers), Some(wanted));
    }
}
