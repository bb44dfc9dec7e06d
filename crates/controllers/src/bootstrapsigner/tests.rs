//! Which signatures cluster-info gets and loses.

use api::views::{ConfigMap, Secret};
use meta::object::ObjectKey;
use runtime::{Answers, Controller, Informers, Observation};
use serde_json::{Value, json};
use testkit::{fill, now, show};

use super::{BootstrapSigner, ClusterInfo};

const TRUE: &str = "dHJ1ZQ==";
/// 2026-11-24T08:00:30Z, half a minute from now, and a second ago.
const SOON: &str = "MjAyNi0xMS0yNFQwODowMDozMFo=";
const BEFORE: &str = "MjAyNi0xMS0yNFQwNzo1OTo1OVo=";
/// Of "a kubeconfig" by the token `abcdef.0123456789abcdef`, as another program makes it.
const SIGNATURE: &str =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..h11vMpYI__PvxknzU4bSSYBkrVbHQESsMnLkpo3ZokU";

fn token(changes: Value) -> Value {
    let mut token = json!({
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system",
            "resourceVersion": "7"},
        "type": "bootstrap.kubernetes.io/token",
        "data": {"token-id": "YWJjZGVm", "token-secret": "MDEyMzQ1Njc4OWFiY2RlZg==",
            "usage-bootstrap-signing": TRUE},
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        token["data"][key] = value.clone();
    }
    token
}

fn decide(data: Value, token: Value) -> String {
    let mut informers = Informers::default();
    let view = BootstrapSigner::view(&mut informers);
    let map = json!({"metadata": {"name": "cluster-info", "namespace": "kube-public",
        "resourceVersion": "7"}, "data": data});
    fill::<ConfigMap>(&mut informers, &[map]);
    fill::<Secret>(&mut informers, &[token]);
    match BootstrapSigner::observe(&view, &ClusterInfo, &Answers::default()) {
        Observation::Ready(observed) => show(&BootstrapSigner::plan(&mut (), &observed, now())),
        Observation::Gone => "gone".to_owned(),
        Observation::Ask(reads) => format!("{reads:?}"),
    }
}

fn patch(signature: Value) -> String {
    let patch = json!({"data": {"jws-kubeconfig-abcdef": signature}});
    format!(
        "patch configmaps cluster-info {patch} # the signatures are not those of the bootstrap \
         tokens\n"
    )
}

#[test]
fn a_token_that_may_signs() {
    cov_mark::check!(bootstrap_signer_puts_signatures_right);
    let unsigned = json!({"kubeconfig": "a kubeconfig"});
    assert_eq!(decide(unsigned.clone(), token(json!({}))), patch(SIGNATURE.into()));
    let until = decide(unsigned, token(json!({"expiration": SOON})));
    assert_eq!(until, patch(SIGNATURE.into()) + "wake after 30s\n");
    let signed = json!({"kubeconfig": "a kubeconfig", "jws-kubeconfig-abcdef": SIGNATURE});
    assert_eq!(decide(signed, token(json!({}))), "");
}

#[test]
fn the_signature_of_a_token_that_ended_or_may_not_goes() {
    let signed = json!({"kubeconfig": "a kubeconfig", "jws-kubeconfig-abcdef": SIGNATURE});
    for change in [
        json!({"expiration": BEFORE}),
        json!({"usage-bootstrap-signing": "eWVz"}),
        json!({"token-secret": ""}),
        json!({"token-id": "QUJDREVG"}),
        json!({"token-id": "YWJjZGVn"}),
    ] {
        let shown = decide(signed.clone(), token(change.clone()));
        assert_eq!(shown, patch(Value::Null), "{change}");
    }
}

#[test]
fn without_a_kubeconfig_there_is_nothing_to_sign() {
    assert_eq!(decide(json!({"jws-kubeconfig-abcdef": "x"}), token(json!({}))), "gone");
}

#[test]
fn people_ask_by_the_config_map() {
    let key = ObjectKey::new("kube-public", "cluster-info");
    assert!(BootstrapSigner::key_of(&api::resources::CONFIG_MAPS, &key).is_some());
    assert!(BootstrapSigner::key_of(&api::resources::SECRETS, &key).is_none());
}
