//! Signatures of every kind of key, and everything hostile a token can be.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const RSA_PKCS1: &[u8] = include_bytes!("testdata/rsa-pkcs1.pem");
const RSA_PKCS8: &[u8] = include_bytes!("testdata/rsa-pkcs8.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("testdata/rsa-public.pem");
const P256_SEC1: &[u8] = include_bytes!("testdata/p256-sec1.pem");
const P384_PKCS8: &[u8] = include_bytes!("testdata/p384-pkcs8.pem");

fn token(pem: &[u8]) -> String {
    SigningKey::from_pem(pem).unwrap().sign(&json!({"iss": "me"})).unwrap()
}

/// The token's fate with these keys: `ok`, `no token`, or why its signature does not hold.
fn fate(token: &str, keys: &[u8]) -> String {
    let keys = PublicKey::from_pem(keys).unwrap();
    let Some(token) = Compact::parse(token) else { return "no token".to_owned() };
    match token.verify(&keys, &Algorithm::ALL) {
        Ok(()) => "ok".to_owned(),
        Err(forged) => forged.to_string(),
    }
}

/// A token with another header or other claims under the old signature.
fn forged(token: &str, part: usize, value: &Value) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[part] = URL_SAFE_NO_PAD.encode(value.to_string());
    parts.join(".")
}

#[test]
fn every_kind_of_key_signs_what_its_public_part_confirms() {
    for (private, public) in [
        (RSA_PKCS1, RSA_PUBLIC),
        (RSA_PKCS8, RSA_PUBLIC),
        (P256_SEC1, P256_SEC1),
        (P384_PKCS8, P384_PKCS8),
    ] {
        assert_eq!(fate(&token(private), public), "ok");
    }
}

#[test]
fn a_key_set_says_the_same_keys_again() {
    for pem in [RSA_PKCS1, P256_SEC1, P384_PKCS8] {
        let keys = PublicKey::from_pem(pem).unwrap();
        let published = KeySet { keys: keys.iter().map(Jwk::from).collect() };
        let text = serde_json::to_string(&published).unwrap();
        assert!(text.starts_with(r#"{"keys":[{"use":"sig","kty":""#), "{text}");
        assert_eq!(serde_json::from_str::<KeySet>(&text).unwrap().usable(), keys);
    }
}

#[test]
fn what_was_not_signed_by_a_known_key_is_refused() {
    let (rsa, curve) = (token(RSA_PKCS1), token(P256_SEC1));
    let with = |changes: Value| {
        let mut header = json!({"alg": "ES256"});
        changes.as_object().unwrap().iter().for_each(|(key, value)| header[key] = value.clone());
        forged(&curve, 0, &header)
    };
    let signature = "go-jose/go-jose: error in cryptographic primitive";
    let algorithm = "the token is signed with an algorithm that is not accepted";
    let rows = [
        (rsa, P256_SEC1, "invalid signature, no keys found"),
        (forged(&curve, 1, &json!({"iss": "you"})), P256_SEC1, signature),
        (with(json!({})), P256_SEC1, signature),
        (with(json!({"alg": "none"})), P256_SEC1, algorithm),
        (with(json!({"alg": "HS256"})), P256_SEC1, algorithm),
        (with(json!({"alg": "ES512"})), P256_SEC1, algorithm),
        (with(json!({"alg": "ES384"})), P256_SEC1, signature),
        (with(json!({"alg": "RS256"})), P256_SEC1, signature),
        (with(json!({})), P384_PKCS8, signature),
        (with(json!({"crit": ["exp"]})), P256_SEC1, "no token"),
        (format!("{}.AAAA", curve.rsplit_once('.').unwrap().0), P256_SEC1, signature),
        (format!("{curve}."), P256_SEC1, "no token"),
        (format!("{curve}=="), P256_SEC1, "no token"),
        (format!("..{curve}"), P256_SEC1, "no token"),
        ("a.b.c".to_owned(), P256_SEC1, "no token"),
        ("..".to_owned(), P256_SEC1, "no token"),
        (String::new(), P256_SEC1, "no token"),
        (format!("{}.{}.{}", "[".repeat(90_000), "e30", "e30"), P256_SEC1, "no token"),
        ("x".repeat(10 * 1024 * 1024), P256_SEC1, "no token"),
    ];
    for (number, (token, keys, wanted)) in rows.iter().enumerate() {
        assert_eq!(fate(token, keys), *wanted, "row {number}");
    }
}

#[test]
fn deep_claims_are_no_claims() {
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    let token = format!("{header}.{}.e30", URL_SAFE_NO_PAD.encode(deep));
    let compact = Compact::parse(&token);
    assert!(compact.is_none_or(|compact| compact.claims::<Value>().is_none()));
}

#[test]
fn files_without_a_usable_key_say_so() {
    let rows: [(&[u8], &str); 3] = [
        (b"", "it holds no key"),
        (b"nonsense", "it holds no key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "only RSA keys of"),
    ];
    for (pem, wanted) in rows {
        let error = PublicKey::from_pem(pem).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_ever_a_believed_token(token in "\\PC*\\.?\\PC*\\.?\\PC*") {
        prop_assert_ne!(fate(&token, P256_SEC1), "ok");
    }

    #[test]
    fn a_token_changed_anywhere_is_refused(at in 0_usize..120, letter in "[A-Za-z0-9_-]") {
        let token = token(P256_SEC1);
        let mut changed = token.clone();
        let at = at.min(token.len() - 1);
        changed.replace_range(at..=at, &letter);
        // The last letter has bits that nobody reads.
        prop_assume!(changed != token && at < token.len() - 1);
        prop_assert_ne!(fate(&changed, P256_SEC1), "ok");
    }
}
