//! Who asks: a verified certificate, a bearer token, or nobody.

use std::collections::BTreeMap;

use http::header;

use crate::{Reason, Request, Status, User};

/// Bearer tokens of the control plane's own components. Compared in a time that tells nothing.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    users: BTreeMap<Vec<u8>, User>,
}

/// Everybody who has proved an identity is in this group.
pub const AUTHENTICATED: &str = "system:authenticated";

impl Tokens {
    /// Lets the bearer of `token` act as `user`.
    #[must_use]
    pub fn with(mut self, token: &str, user: User) -> Self {
        self.users.insert(digest(token), user);
        self
    }

    /// Who sent the request; `None` when it carries no credentials.
    pub(crate) fn authenticate(&self, request: &Request) -> Result<Option<User>, Status> {
        if let Some(user) = &request.user {
            return Ok(Some(authenticated(user.clone())));
        }
        let authorization = request.header(header::AUTHORIZATION);
        if authorization.is_empty() {
            return Ok(None);
        }
        let known = bearer(authorization).and_then(|token| self.users.get(&digest(token)));
        known.map(|user| Some(authenticated(user.clone()))).ok_or_else(unauthorized)
    }
}

/// What a stranger gets.
pub(crate) fn unauthorized() -> Status {
    Status::new(401, Reason::Unauthorized, "Unauthorized")
}

/// Who asks without credentials.
pub(crate) fn anonymous() -> User {
    User {
        name: "system:anonymous".to_owned(),
        groups: vec!["system:unauthenticated".to_owned()],
        ..User::default()
    }
}

fn authenticated(mut user: User) -> User {
    if !user.groups.iter().any(|group| group == AUTHENTICATED) {
        user.groups.push(AUTHENTICATED.to_owned());
    }
    user
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Tokens are looked up by digest: how long a look-up takes says nothing about a token.
fn digest(token: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn ask(authorization: &'static str) -> Result<Option<User>, Status> {
        let scheduler = User { name: "system:kube-scheduler".into(), ..User::default() };
        let tokens = Tokens::default().with("secret", scheduler);
        let mut request = Request::new(Method::GET, "/api");
        if !authorization.is_empty() {
            request = request.with_header(header::AUTHORIZATION, authorization);
        }
        tokens.authenticate(&request)
    }

    #[test]
    fn a_known_token_names_its_user() {
        let user = ask("Bearer secret").unwrap().unwrap();
        assert_eq!(user.name, "system:kube-scheduler");
        assert_eq!(user.groups, [AUTHENTICATED]);
    }

    #[test]
    fn a_wrong_token_is_refused_and_none_is_nobody() {
        assert_eq!(ask("Bearer wrong"), Err(unauthorized()));
        assert_eq!(ask("Basic secret"), Err(unauthorized()));
        assert_eq!(ask(""), Ok(None));
    }
}
