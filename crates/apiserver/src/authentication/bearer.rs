//! Bearer tokens: who may have sent one, and what became of the question.

use std::fmt;

use http::header;

use super::{accounts::ServiceAccounts, issuer::JwtIssuer, static_tokens::StaticTokens};
use crate::{Request, User};

/// Whose tokens a server believes.
#[derive(Debug, Default)]
pub struct Bearers {
    /// Tokens of a file, and of the control plane's own components.
    pub fixed: StaticTokens,
    /// `None` knows no tokens of service accounts.
    pub accounts: Option<ServiceAccounts>,
    /// Secrets of type `bootstrap.kubernetes.io/token` in `kube-system` let nodes join.
    pub bootstrap: bool,
    /// Others whose tokens are believed.
    pub issuers: Vec<JwtIssuer>,
}

/// A token was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    pub user: User,
    /// Those of the audiences asked for that the token is for.
    pub audiences: Vec<String>,
}

/// A token was not believed; the reasons of those who knew it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unproven {
    pub(crate) reasons: Vec<String>,
}

/// What the reference says of every token that is not its own process's.
const INVALID: &str = "invalid bearer token";

impl Bearers {
    /// Whom a token is for that says nothing of it.
    pub(crate) fn audiences(&self) -> &[String] {
        self.accounts.as_ref().map_or(&[], ServiceAccounts::audiences)
    }

    /// Whom another issuer's token names; `None` if nobody knows the issuer.
    pub(crate) async fn by_issuer(&self, token: &str) -> Option<Result<User, String>> {
        for issuer in &self.issuers {
            if let Some(judged) = issuer.user(token).await {
                return Some(judged);
            }
        }
        None
    }

    /// The audiences that tokens are for which say nothing of any; `None` if nobody of these was asked
    /// for.
    pub(crate) fn implied(&self, wanted: Option<&[String]>) -> Option<Vec<String>> {
        let own = self.audiences();
        let Some(wanted) = wanted else { return Some(own.to_vec()) };
        let shared: Vec<_> = own.iter().filter(|name| wanted.contains(name)).cloned().collect();
        (!shared.is_empty() || own.is_empty()).then_some(shared)
    }
}

/// The token of a request; other schemes than `Bearer` are not looked at.
pub(crate) fn token_of(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header(header::AUTHORIZATION).trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reasons.is_empty() {
            return f.write_str(INVALID);
        }
        write!(f, "[{INVALID}, {}]", self.reasons.join(", "))
    }
}
impl std::error::Error for Unproven {}

impl From<String> for Unproven {
    fn from(reason: String) -> Self {
        Self { reasons: vec![reason] }
    }
}
