//! From claims to a user.

use serde_json::{Map, Value};

use crate::User;

/// Which claims say what of the user, and what they must say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mapping {
    pub(super) username: Mapped,
    pub(super) groups: Option<Mapped>,
    /// The claim that is the UID.
    pub(super) uid: Option<String>,
    /// Claims that must have these values.
    pub(super) required: Vec<(String, String)>,
}

/// A claim and what is put before its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mapped {
    pub(super) claim: String,
    pub(super) prefix: String,
}

impl Mapping {
    /// Whom the claims name.
    ///
    /// # Errors
    /// A claim is missing or says something else.
    pub(super) fn user(&self, claims: &Map<String, Value>) -> Result<User, String> {
        let Mapped { claim, prefix } = &self.username;
        let name = text(claims, claim)
            .ok_or_else(|| format!("oidc: parse username claims {claim:?}: claim not present"))?;
        if claim == "email" && claims.get("email_verified").is_some_and(|value| value != true) {
            return Err("oidc: email not verified".to_owned());
        }
        if name.is_empty() {
            return Err("oidc: the username claim is empty".to_owned());
        }
        for (claim, wanted) in &self.required {
            match text(claims, claim) {
                Some(value) if value == wanted => {}
                Some(value) => {
                    return Err(format!(
                        "oidc: required claim {claim} value does not match. Got = {value}, want = {wanted}"
                    ));
                }
                None => {
                    return Err(format!("oidc: required claim {claim} not present in ID token"));
                }
            }
        }
        let groups = self.groups.as_ref().map(|mapped| groups(claims, mapped)).transpose()?;
        let uid = self.uid.as_ref().map(|claim| {
            text(claims, claim)
                .ok_or_else(|| format!("oidc: parse uid claim {claim:?}: claim not present"))
        });
        Ok(User {
            name: format!("{prefix}{name}"),
            uid: uid.transpose()?.unwrap_or_default().to_owned(),
            groups: groups.unwrap_or_default(),
            ..User::default()
        })
    }
}

/// One group or many; none if the claim is missing.
fn groups(claims: &Map<String, Value>, mapped: &Mapped) -> Result<Vec<String>, String> {
    let Mapped { claim, prefix } = mapped;
    let values = match claims.get(claim) {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![Value::from(one.as_str())],
        Some(Value::Array(many)) => many.clone(),
        Some(_) => return Err(format!("oidc: parse groups claim {claim:?}: no list of texts")),
    };
    let named = values.iter().map(|value| value.as_str().map(|name| format!("{prefix}{name}")));
    named
        .collect::<Option<_>>()
        .ok_or_else(|| format!("oidc: parse groups claim {claim:?}: no list of texts"))
}

fn text<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a str> {
    claims.get(claim).and_then(Value::as_str)
}
