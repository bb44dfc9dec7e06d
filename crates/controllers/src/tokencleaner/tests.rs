//! When bootstrap tokens go.

use std::sync::Arc;

use api::views::Secret;
use meta::object::ObjectKey;
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{fill, now, show};

use super::{TokenCleaner, View, on_secret};

const TOKEN: &str = "bootstrap.kubernetes.io/token";

/// `expiration` is base64.
fn secret(namespace: &str, kind: &str, expiration: Option<&str>) -> Value {
    json!({
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": namespace, "uid": "u",
            "resourceVersion": "7"},
        "type": kind,
        "data": expiration.map_or(json!({}), |time| json!({"expiration": time})),
    })
}

fn view(secret: &Value) -> View {
    let mut informers = Informers::default();
    let view = TokenCleaner::view(&mut informers);
    fill::<Secret>(&mut informers, std::slice::from_ref(secret));
    view
}

fn decide(secret: &Value) -> String {
    let key = ObjectKey::new("kube-system", "bootstrap-token-abcdef");
    match TokenCleaner::observe(&view(secret), &key, &Answers::default()) {
        Observation::Ready(ending) => show(&TokenCleaner::plan(&mut (), &ending, now())),
        Observation::Gone => "gone".to_owned(),
        Observation::Ask(reads) => format!("{reads:?}"),
    }
}

/// 2026-11-24T08:00:30Z, half a minute from now.
const SOON: &str = "MjAyNi0xMS0yNFQwODowMDozMFo=";
/// 2026-11-24T09:00:00+01:00, which is now.
const NOW: &str = "MjAyNi0xMS0yNFQwOTowMDowMCswMTowMA==";
/// "tomorrow"
const NONSENSE: &str = "dG9tb3Jyb3c=";

#[test]
fn it_goes_when_its_time_is_over_and_at_once_if_that_cannot_be_read() {
    let delete =
        "delete secrets bootstrap-token-abcdef # the time of the bootstrap token is over\n";
    let token = |expiration| secret("kube-system", TOKEN, Some(expiration));
    assert_eq!(decide(&token(SOON)), "wake after 30s\n");
    assert_eq!(decide(&token(NOW)), delete);
    assert_eq!(decide(&token(NONSENSE)), delete);
}

#[test]
fn tokens_without_end_and_other_secrets_are_left_alone() {
    assert_eq!(decide(&secret("kube-system", TOKEN, None)), "gone");
    assert_eq!(decide(&secret("kube-system", TOKEN, Some(""))), "gone");
    assert_eq!(decide(&secret("kube-system", "Opaque", Some(NOW))), "gone");
}

#[test]
fn only_tokens_of_the_systems_namespace_are_looked_at() {
    let woken = |secret: &Value| {
        let mut enqueue = Enqueue::default();
        let new = Some(Arc::new(Secret::deserialize(secret).expect("sound")));
        on_secret(&view(secret), &Change { old: None, new }, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!(woken(&secret("kube-system", TOKEN, Some(SOON))), 1);
    assert_eq!(woken(&secret("shop", TOKEN, Some(SOON))), 0);
    assert_eq!(woken(&secret("kube-system", TOKEN, None)), 0);
}
