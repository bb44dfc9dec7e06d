//! Issuers by configuration: what is refused, and whom their tokens name.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::{
    authentication::{AccountSettings, Anonymous, ServiceAccounts},
    jwt::SigningKey,
};

const KEY: &[u8] = include_bytes!("../../jwt/testdata/rsa-pkcs1.pem");
const OTHER: &[u8] = include_bytes!("../../jwt/testdata/p256-sec1.pem");
const FILE: &str = "
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: 'https://issuer.example', audiences: [cluster]}
  claimValidationRules: [{claim: hd, requiredValue: example.com}]
  claimMappings:
    username: {claim: email, prefix: 'oidc:'}
    groups: {claim: roles, prefix: 'oidc:'}
    uid: {claim: sub}
anonymous: {enabled: true, conditions: [{path: /livez}]}
";

struct Shelf(BTreeMap<String, Value>);

impl Documents for Shelf {
    fn fetch(&self, url: String, _authority: Option<String>) -> BoxFuture<Result<Bytes, String>> {
        let found = self.0.get(&url).map(|document| Bytes::from(document.to_string()));
        Box::pin(async move { found.ok_or(format!("nothing at {url}")) })
    }
}

fn now() -> Time {
    Time::from_seconds(1_900_000_000)
}

/// Whom a token with these claims names, signed by a key.
fn check(key: &[u8], change: &Value, wanted: &str) {
    let mut claims = json!({"iss": "https://issuer.example", "aud": "cluster", "sub": "7",
        "email": "ann@example.com", "hd": "example.com", "roles": ["dev"],
        "exp": now().seconds() + 2_000_000_000});
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = SigningKey::from_pem(key).unwrap().sign(&claims).unwrap();
    let published = AccountSettings::new(SigningKey::from_pem(KEY).unwrap());
    let keys = serde_json::to_value(ServiceAccounts::new(published).key_set()).unwrap();
    let shelf = Shelf(BTreeMap::from([
        (
            "https://issuer.example/.well-known/openid-configuration".to_owned(),
            json!({"issuer": "https://issuer.example", "jwks_uri": "https://issuer.example/keys"}),
        ),
        ("https://issuer.example/keys".to_owned(), keys),
    ]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = world::real::world(runtime.handle());
    let configuration = AuthenticationConfiguration::parse(FILE).unwrap().issuers.remove(0);
    let issuer = JwtIssuer::new(configuration, Arc::new(shelf), world.clock);
    let said = match runtime.block_on(issuer.user(&token)) {
        None => "somebody else's".to_owned(),
        Some(Ok(user)) => format!("{} {} {}", user.name, user.uid, user.groups.join(",")),
        Some(Err(reason)) => reason,
    };
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn a_token_is_mapped_to_a_user() {
    check(KEY, &json!({}), "oidc:ann@example.com 7 oidc:dev");
    check(KEY, &json!({"roles": "ops"}), "oidc:ann@example.com 7 oidc:ops");
}

#[test]
fn what_a_token_must_say_is_demanded() {
    for (change, wanted) in [
        (json!({"aud": ["other"]}), "expected audience in [\"cluster\"] got [\"other\"]"),
        (json!({"exp": 1}), "token is expired"),
        (json!({"nbf": 4_000_000_000_u64}), "before the nbf"),
        (
            json!({"hd": "else"}),
            "required claim hd value does not match. Got = else, want = example.com",
        ),
        (json!({"email": null}), "parse username claims \"email\": claim not present"),
        (json!({"email_verified": false}), "email not verified"),
        (json!({"roles": 7}), "no list of texts"),
        (json!({"iss": "https://other.example"}), "somebody else's"),
    ] {
        check(KEY, &change, wanted);
    }
    check(OTHER, &json!({}), "oidc: verify token: invalid signature, no keys found");
}

#[test]
fn the_file_also_says_where_strangers_are_let_in() {
    let file = AuthenticationConfiguration::parse(FILE).unwrap();
    assert_eq!(file.anonymous, Some(Anonymous::At(vec!["/livez".to_owned()])));
}

#[test]
fn what_cannot_be_done_is_named_with_its_place() {
    for (from, to, wanted) in [
        ("https://issuer", "http://issuer", "jwt[0].issuer.url: URL scheme must be https"),
        ("audiences: [cluster]", "audiences: []", "jwt[0].issuer.audiences: Required value"),
        (
            "{claim: sub}",
            "{expression: claims.sub}",
            "jwt[0].claimMappings.uid.expression: CEL expressions cannot",
        ),
        (
            "{claim: hd, requiredValue: example.com}",
            "{expression: 'true'}",
            "jwt[0].claimValidationRules[0].expression: CEL",
        ),
        (", prefix: 'oidc:'}", "}", "jwt[0].claimMappings.groups.prefix: prefix is required"),
        ("uid:", "nonsense:", "it is no AuthenticationConfiguration"),
        ("kind: Auth", "kind: X", "it is no AuthenticationConfiguration"),
    ] {
        let error = AuthenticationConfiguration::parse(&FILE.replace(from, to)).unwrap_err();
        assert!(error.to_string().starts_with(wanted), "{error}");
    }
}
