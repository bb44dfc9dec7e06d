//! Tokens of accounts, nodes that join, and files: whom they name and when they stop (181 to 189).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::lab::{Lab, pod, refusal};
use crate::{
    EngineOptions, ListQuery, User,
    authentication::{AccountSettings, Bearers, ServiceAccounts, StaticTokens},
    jwt::SigningKey,
};

const KEY: &[u8] = include_bytes!("../../jwt/testdata/p256-sec1.pem");
const INVALID: &str = "invalid bearer token";

async fn lab() -> Lab {
    let accounts = AccountSettings {
        audiences: vec!["api".to_owned()],
        ..AccountSettings::new(SigningKey::from_pem(KEY).expect("a key"))
    };
    let bearers = Bearers {
        fixed: StaticTokens::default()
            .with("fixed", User { name: "ann".into(), ..User::default() }),
        accounts: Some(ServiceAccounts::new(accounts)),
        bootstrap: true,
        issuers: Vec::new(),
    };
    Lab::start_with(EngineOptions { bearers: Arc::new(bearers), ..EngineOptions::default() }).await
}

fn request(spec: Value) -> Value {
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
}

async fn ask(lab: &Lab, spec: Value) -> Result<Value, crate::Status> {
    lab.post("serviceaccounts/default/default/token", request(spec)).await
}

async fn token(lab: &Lab, spec: Value) -> String {
    let answer = ask(lab, spec).await.expect("a token");
    answer["status"]["token"].as_str().expect("a token").to_owned()
}

fn bound(kind: &str, name: &str) -> Value {
    json!({"boundObjectRef": {"kind": kind, "apiVersion": "v1", "name": name}})
}

#[tokio::test]
async fn check_185_a_token_request_is_completed() {
    let lab = lab().await;
    let answer = ask(&lab, json!({})).await.expect("a token");
    let spec = json!({"audiences": ["api"], "boundObjectRef": null, "expirationSeconds": 3600});
    assert_eq!(answer["spec"], spec);
    assert_eq!(answer["metadata"]["name"], "default");
    assert!(answer["status"]["expirationTimestamp"].is_string());
    lab.create(pod("p")).await;
    let row = async |spec: Value| refusal(ask(&lab, spec).await);
    assert_eq!(row(bound("Pod", "q")).await, r#"404 NotFound pods "q" not found"#);
    assert_eq!(
        row(json!({"boundObjectRef": {"kind": "Foo", "apiVersion": "v1", "name": "f"}})).await,
        "400 BadRequest cannot bind token to object of type /v1, Kind=Foo"
    );
    let mut stale = bound("Pod", "p");
    stale["boundObjectRef"]["uid"] = "other".into();
    assert!(row(stale).await.starts_with(r#"409 Conflict Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (other) does not match"#));
    assert!(row(json!({"expirationSeconds": 1})).await.starts_with("422 Invalid TokenRequest"));
    lab.create(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "other", "namespace": "default"}}))
        .await;
    let others = lab.post("serviceaccounts/default/other/token", request(bound("Pod", "p"))).await;
    assert_eq!(
        refusal(others),
        r#"400 BadRequest cannot bind token for serviceaccount "other" to pod running with different serviceaccount name."#
    );
}

#[tokio::test]
async fn check_187_a_token_names_the_account_and_its_pod() {
    let lab = lab().await;
    let user = lab.whose(&token(&lab, json!({})).await).await;
    let groups = r#"["system:serviceaccounts", "system:serviceaccounts:default"]"#;
    let begin = format!("system:serviceaccount:default:default {groups} ");
    assert!(user.starts_with(&begin), "{user}");
    assert!(user.contains(r#"{"authentication.kubernetes.io/credential-id": ["JTI="#), "{user}");
    lab.create(pod("p")).await;
    let user = lab.whose(&token(&lab, bound("Pod", "p")).await).await;
    assert!(user.contains(r#""authentication.kubernetes.io/pod-name": ["p"]"#), "{user}");
    assert!(user.contains(r#""authentication.kubernetes.io/pod-uid": [""#), "{user}");
}

#[tokio::test]
async fn check_188_a_token_dies_with_its_pod_and_its_account() {
    let lab = lab().await;
    lab.create(pod("p")).await;
    let (of_pod, of_account) = (token(&lab, bound("Pod", "p")).await, token(&lab, json!({})).await);
    lab.delete("pods/default/p").await.expect("gone");
    assert!(lab.names("pods/default", ListQuery::default()).await.is_empty());
    let gone = format!("[{INVALID}, service account token has been invalidated]");
    assert_eq!(lab.whose(&of_pod).await, gone);
    lab.create(pod("p")).await;
    let other = lab.whose(&of_pod).await;
    assert!(other.contains("does not match service account pod ref claim"), "{other}");
    lab.delete("serviceaccounts/default/default").await.expect("gone");
    // The cache has seen it when a list has.
    assert!(lab.names("serviceaccounts/default", ListQuery::default()).await.is_empty());
    let gone = format!(r#"[{INVALID}, serviceaccounts "default" not found]"#);
    assert_eq!(lab.whose(&of_account).await, gone);
}

#[tokio::test]
async fn check_188_a_token_has_its_time_and_its_audience() {
    let lab = lab().await;
    let mine = token(&lab, json!({"expirationSeconds": 600})).await;
    let others = token(&lab, json!({"audiences": ["them"]})).await;
    let reason = r#"token audiences ["them"] is invalid for the target audiences ["api"]"#;
    assert_eq!(lab.whose(&others).await, format!("[{INVALID}, {reason}]"));
    lab.advance(650).await;
    assert!(lab.whose(&mine).await.starts_with("system:serviceaccount:"), "clocks may differ");
    lab.advance(20).await;
    let expired = format!("[{INVALID}, service account token has expired]");
    assert_eq!(lab.whose(&mine).await, expired);
}

#[tokio::test]
async fn check_183_a_token_review_says_whose_it_is_and_for_whom() {
    let lab = lab().await;
    let review = async |spec: Value| {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
            "spec": spec});
        lab.try_create(review).await
    };
    let others = token(&lab, json!({"audiences": ["them", "api"]})).await;
    let answer = review(json!({"token": others, "audiences": ["them", "us"]})).await.unwrap();
    assert_eq!(answer["status"]["authenticated"], true);
    assert_eq!(answer["status"]["audiences"], json!(["them"]));
    let user = &answer["status"]["user"];
    assert_eq!(user["username"], "system:serviceaccount:default:default");
    assert_eq!(user["groups"][2], "system:authenticated");
    let answer = review(json!({"token": "nonsense"})).await.unwrap();
    assert_eq!(answer["status"], json!({"user": {}, "error": INVALID}));
    let answer = review(json!({"token": "fixed"})).await.unwrap();
    assert_eq!(answer["status"]["user"]["username"], "ann");
    let empty = "400 BadRequest token is required for TokenReview in authentication";
    assert_eq!(refusal(review(json!({})).await), empty);
}

fn secret(name: &str, namespace: &str, kind: &str, data: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<String, Value> =
        data.iter().map(|(key, text)| ((*key).to_owned(), STANDARD.encode(text).into())).collect();
    json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "data": data,
        "metadata": {"name": name, "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": "default"}}})
}

#[tokio::test]
async fn check_181_a_bootstrap_token_lets_a_node_join() {
    let lab = lab().await;
    let data = [
        ("token-id", "abcdef"),
        ("token-secret", "0123456789abcdef"),
        ("usage-bootstrap-authentication", "true"),
    ];
    let kind = "bootstrap.kubernetes.io/token";
    lab.create(secret("bootstrap-token-abcdef", "kube-system", kind, &data)).await;
    let user = lab.whose("abcdef.0123456789abcdef").await;
    assert_eq!(user, r#"system:bootstrap:abcdef ["system:bootstrappers"] {}"#);
    assert_eq!(lab.whose("abcdef.0123456789abcdeg").await, INVALID);
    assert_eq!(lab.whose("abcdeg.0123456789abcdef").await, INVALID);
}

#[tokio::test]
async fn check_189_a_legacy_token_lives_with_its_secret_and_is_tracked() {
    let lab = lab().await;
    let account = lab.get("serviceaccounts/default/default").await.expect("there");
    let about = |field: &str| format!("kubernetes.io/serviceaccount/{field}");
    let claims = json!({"iss": "kubernetes/serviceaccount",
        "sub": "system:serviceaccount:default:default",
        about("namespace"): "default", about("secret.name"): "s",
        about("service-account.name"): "default",
        about("service-account.uid"): account["metadata"]["uid"]});
    let token = SigningKey::from_pem(KEY).unwrap().sign(&claims).unwrap();
    assert_eq!(lab.whose(&token).await, format!("[{INVALID}, Token has been invalidated]"));
    let kind = "kubernetes.io/service-account-token";
    lab.create(secret("s", "default", kind, &[("token", &token)])).await;
    assert!(lab.whose(&token).await.starts_with("system:serviceaccount:default:default "));
    let used = lab.get("secrets/default/s").await.expect("there");
    let label = used["metadata"]["labels"]["kubernetes.io/legacy-token-last-used"].as_str();
    assert_eq!(label.map(str::len), Some("2006-01-02".len()));
    let invalid = json!({"metadata": {"labels": {
        "kubernetes.io/legacy-token-invalid-since": "2026-01-01"}}});
    lab.patch("secrets/default/s", invalid).await.expect("patched");
    let refused = lab.whose(&token).await;
    assert!(
        refused.contains("has been marked invalid. Use tokens from the TokenRequest"),
        "{refused}"
    );
}
