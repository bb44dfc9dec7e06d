//! What becomes of secrets with tokens, and of the lists that accounts have of them.

use std::sync::Arc;

use api::views::{Secret, ServiceAccount};
use meta::object::ObjectKey;
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{fill, not_found, now, refusal, show};

use super::{
    Claims, Issuer, Key, ServiceAccountTokenController as Tokens, TokenIssuer, View, on_account,
    on_secret,
};
use crate::shared::root_ca::RootCa;

/// Signs nothing: a token tells whose it is.
struct Plain;

impl TokenIssuer for Plain {
    fn issue(&self, claims: &Claims) -> Option<String> {
        Some(format!("{} {} {}", claims.account, claims.account_uid, claims.secret))
    }
}

/// "PEM", "shop", "other", "t" and "shop/bob u1 s" in base64.
const PEM: &str = "UEVN";
const SHOP: &str = "c2hvcA==";
const OTHER: &str = "b3RoZXI=";
const T: &str = "dA==";
const ISSUED: &str = "c2hvcC9ib2IgdTEgcw==";

fn secret(uid: &str, data: Value) -> Value {
    json!({
        "metadata": {"name": "s", "namespace": "shop", "uid": "s1", "resourceVersion": "7",
            "annotations": {"kubernetes.io/service-account.name": "bob",
                "kubernetes.io/service-account.uid": uid}},
        "type": "kubernetes.io/service-account-token",
        "data": data,
    })
}

fn bob(uid: &str, secrets: &[&str]) -> Value {
    let secrets: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
    json!({"metadata": {"name": "bob", "namespace": "shop", "uid": uid, "resourceVersion": "7"},
        "secrets": secrets})
}

fn view(secrets: &[Value], accounts: &[Value]) -> View {
    let mut informers = Informers::default();
    informers.provide(RootCa("PEM".to_owned()));
    informers.provide(Issuer(Arc::new(Plain)));
    let view = Tokens::view(&mut informers);
    fill::<Secret>(&mut informers, secrets);
    fill::<ServiceAccount>(&mut informers, accounts);
    view
}

/// The answer to a live read of the account is `live`.
fn decide(view: &View, key: &Key, live: runtime::Answer) -> String {
    let mut answers = Answers::default();
    let mut observation = Tokens::observe(view, key, &answers);
    if let Observation::Ask(reads) = observation {
        for read in reads {
            answers.insert(read, live.clone());
        }
        observation = Tokens::observe(view, key, &answers);
    }
    match observation {
        Observation::Ready(observed) => show(&Tokens::plan(&mut (), &observed, now())),
        Observation::Gone => "gone".to_owned(),
        Observation::Ask(reads) => format!("{reads:?}"),
    }
}

fn of_secret(secret: Value, accounts: &[Value], live: runtime::Answer) -> String {
    decide(&view(&[secret], accounts), &Key::Secret(ObjectKey::new("shop", "s")), live)
}

fn filled(data: Value) -> String {
    let patch = json!({"metadata": {"annotations": {
        "kubernetes.io/service-account.name": "bob",
        "kubernetes.io/service-account.uid": "u1"}}, "data": data});
    format!("patch secrets s {patch} # it lacks what a token of a service account needs\n")
}

const DELETED: &str = "delete secrets s # the service account it is for is gone\n";

#[test]
fn what_is_missing_is_filled_in() {
    let check = |data: Value, wanted: &str| {
        let shown = of_secret(secret("u1", data.clone()), &[bob("u1", &[])], Err(not_found()));
        assert_eq!(shown, wanted, "{data}");
    };
    check(json!({}), &filled(json!({"ca.crt": PEM, "namespace": SHOP, "token": ISSUED})));
    check(json!({"ca.crt": PEM, "namespace": SHOP, "token": T}), "");
    check(
        json!({"ca.crt": PEM, "namespace": SHOP, "token": ""}),
        &filled(json!({"token": ISSUED})),
    );
    check(json!({"ca.crt": OTHER, "namespace": SHOP, "token": T}), &filled(json!({"ca.crt": PEM})));
    check(json!({"ca.crt": PEM, "namespace": OTHER, "token": T}), "");
}

#[test]
fn a_secret_that_names_no_uid_is_for_any_account_of_the_name() {
    let shown = of_secret(secret("", json!({})), &[bob("u1", &[])], Err(not_found()));
    assert_eq!(shown, filled(json!({"ca.crt": PEM, "namespace": SHOP, "token": ISSUED})));
}

#[test]
fn a_secret_goes_with_its_account_once_the_server_confirms_it() {
    cov_mark::check!(token_secrets_go_with_their_account);
    let full = || secret("u1", json!({"ca.crt": PEM, "namespace": SHOP, "token": T}));
    assert_eq!(of_secret(full(), &[], Err(not_found())), DELETED);
    assert_eq!(of_secret(full(), &[bob("u2", &[])], Ok(bob("u2", &[]))), DELETED);
    // The cache is behind.
    assert_eq!(of_secret(full(), &[], Ok(bob("u1", &[]))), "");
    let unknown = refusal(500, "InternalError", "");
    assert_eq!(of_secret(full(), &[], Err(unknown)), "wake after 5s\n");
}

#[test]
fn secrets_that_go_already_or_are_of_another_type_are_left_alone() {
    let mut going = secret("u1", json!({}));
    going["metadata"]["deletionTimestamp"] = "2026-11-24T07:59:00Z".into();
    assert_eq!(of_secret(going, &[], Err(not_found())), "gone");
    let mut opaque = secret("u1", json!({}));
    opaque["type"] = "Opaque".into();
    assert_eq!(of_secret(opaque, &[], Err(not_found())), "gone");
}

#[test]
fn a_secret_that_is_gone_leaves_the_list_of_its_account() {
    let key = Key::Reference { account: ObjectKey::new("shop", "bob"), secret: "s".into() };
    let check = |secrets: &[Value], listed: &[&str], wanted: &str| {
        let shown = decide(&view(secrets, &[bob("u1", listed)]), &key, Err(not_found()));
        assert_eq!(shown, wanted, "{listed:?}");
    };
    let patch = r#"[{"op":"remove","path":"/secrets/2"},{"op":"remove","path":"/secrets/0"}]"#;
    let gone = format!("patch serviceaccounts bob {patch} # it lists a secret that is gone\n");
    check(&[], &["s", "x", "s"], &gone);
    check(&[], &["x"], "gone");
    check(&[secret("u1", json!({}))], &["s"], "gone");
}

#[test]
fn accounts_wake_their_secrets_and_secrets_that_are_gone_their_account() {
    let view = view(&[secret("u1", json!({}))], &[]);
    let mut enqueue = Enqueue::default();
    let old = Some(Arc::new(ServiceAccount::deserialize(bob("u1", &[])).expect("sound")));
    on_account(&view, &Change { old, new: None }, &mut enqueue);
    let old = Some(Arc::new(Secret::deserialize(secret("u1", json!({}))).expect("sound")));
    on_secret(&view, &Change { old: old.clone(), new: old.clone() }, &mut enqueue);
    on_secret(&view, &Change { old, new: None }, &mut enqueue);
    let keys: Vec<String> = enqueue.keys().iter().map(|(key, _)| format!("{key:?}")).collect();
    let reference = "Reference { account: shop/bob, secret: \"s\" }";
    assert_eq!(keys, ["Secret(shop/s)", "Secret(shop/s)", reference]);
}
