//! Tokens by which nodes join: `ID.SECRET`, kept in secrets of `kube-system`.

use meta::time::Time;
use serde_json::Value;

use crate::User;

/// The type of the secrets.
pub(crate) const TYPE: &str = "bootstrap.kubernetes.io/token";
const PREFIX: &str = "bootstrap-token-";
const ID_LETTERS: usize = 6;
const SECRET_LETTERS: usize = 16;
const GROUP: &str = "system:bootstrappers";

/// The two halves of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BootstrapToken<'a> {
    id: &'a str,
    secret: &'a str,
}

impl<'a> BootstrapToken<'a> {
    /// `None` for tokens of another form.
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        let (id, secret) = token.split_once('.')?;
        let is_plain = |text: &str, length: usize| {
            text.len() == length
                && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        };
        (is_plain(id, ID_LETTERS) && is_plain(secret, SECRET_LETTERS))
            .then_some(Self { id, secret })
    }

    /// The name of its secret.
    pub(crate) fn secret_name(self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    /// Whom it names, if the secret of that name says so. `secret` has its data decoded.
    pub(crate) fn user(self, secret: &Value, now: Time) -> Option<User> {
        let data = |key: &str| secret["data"][key].as_str().unwrap_or_default();
        let is_kept = secret["type"] == TYPE && secret["metadata"]["deletionTimestamp"].is_null();
        let is_right =
            digest(data("token-secret")) == digest(self.secret) && data("token-id") == self.id;
        let may_sign_in = data("usage-bootstrap-authentication") == "true";
        if !is_kept || !is_right || !may_sign_in || is_over(data("expiration"), now) {
            return None;
        }
        let mut groups = vec![GROUP.to_owned()];
        let more = data("auth-extra-groups").split(',').map(str::trim);
        for group in more.filter(|group| !group.is_empty()) {
            group.strip_prefix(GROUP).filter(|rest| rest.starts_with(':'))?;
            if !groups.iter().any(|known| known == group) {
                groups.push(group.to_owned());
            }
        }
        Some(User { name: format!("system:bootstrap:{}", self.id), groups, ..User::default() })
    }
}

/// A time that cannot be read is over.
fn is_over(expiration: &str, now: Time) -> bool {
    !expiration.is_empty() && expiration.parse::<Time>().map_or(true, |end| end < now)
}

/// Digests are compared: how long that takes says nothing about a secret.
fn digest(text: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Time = Time::from_seconds(1_800_000_000);

    fn check(token: &str, change: (&str, &str), wanted: &str) {
        let mut secret = json!({"type": TYPE, "data": {"token-id": "abcdef",
            "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true"}});
        secret["data"][change.0] = change.1.into();
        let user = BootstrapToken::parse(token).and_then(|token| token.user(&secret, NOW));
        let said = user.map(|user| format!("{} {}", user.name, user.groups.join(" ")));
        assert_eq!(said.unwrap_or_default(), wanted, "{change:?}");
    }

    #[test]
    fn the_right_secret_lets_a_node_join() {
        let token = "abcdef.0123456789abcdef";
        check(token, ("", ""), "system:bootstrap:abcdef system:bootstrappers");
        let groups = "system:bootstrappers:b, system:bootstrappers:a";
        check(
            token,
            ("auth-extra-groups", groups),
            "system:bootstrap:abcdef system:bootstrappers system:bootstrappers:b system:bootstrappers:a",
        );
        check(
            token,
            ("expiration", "2099-01-01T00:00:00Z"),
            "system:bootstrap:abcdef system:bootstrappers",
        );
    }

    #[test]
    fn everything_else_lets_nobody_in() {
        let token = "abcdef.0123456789abcdef";
        for change in [
            ("expiration", "2020-01-01T00:00:00Z"),
            ("expiration", "soon"),
            ("usage-bootstrap-authentication", "false"),
            ("token-id", "abcdeg"),
            ("auth-extra-groups", "system:masters"),
        ] {
            check(token, change, "");
        }
        for token in ["abcdef.0123456789abcdeg", "abcdef.0123", "ABCDEF.0123456789abcdef", "abcdef"]
        {
            check(token, ("", ""), "");
        }
    }
}
