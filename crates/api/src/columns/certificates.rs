//! Certificate requests and trust bundles.

use meta::human;
use serde_json::Value;

use super::{
    column::{Column, age, computed, labels, name, text, text_or},
    object::{Object, text as text_in},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "CertificateSigningRequest" => SIGNING_REQUEST,
        "ClusterTrustBundle" => TRUST_BUNDLE,
        "PodCertificateRequest" => POD_REQUEST,
        _ => return None,
    })
}

const SIGNING_REQUEST: &[Column] = &[
    name(),
    age(),
    text_or("SignerName", "spec.signerName", "<none>"),
    text("Requestor", "spec.username"),
    computed("RequestedDuration", requested_duration),
    computed("Condition", |request| condition(request).into()),
];
const TRUST_BUNDLE: &[Column] = &[name(), text_or("SignerName", "spec.signerName", "<none>")];
const POD_REQUEST: &[Column] = &[
    name(),
    text("PodName", "spec.podName"),
    text("ServiceAccountName", "spec.serviceAccountName"),
    text("NodeName", "spec.nodeName"),
    text("SignerName", "spec.signerName"),
    computed("State", |request| {
        let conditions = request.list("status.conditions").iter().rev();
        let mut kinds = conditions.map(|condition| text_in(condition, "type"));
        kinds
            .find(|kind| matches!(*kind, "Issued" | "Denied" | "Failed"))
            .unwrap_or("Pending")
            .into()
    }),
    labels("UnverifiedUserAnnotations", "spec.unverifiedUserAnnotations"),
];

fn requested_duration(request: Object<'_>) -> Value {
    match request.at("spec.expirationSeconds").as_i64() {
        Some(seconds) => human::duration(seconds.saturating_mul(1_000_000)).into(),
        None => "<none>".into(),
    }
}

/// That a condition is there decides, whatever its status.
fn condition(request: Object<'_>) -> String {
    let has = |kind: &str| request.condition(kind).is_some();
    let decision = if has("Denied") {
        "Denied"
    } else if has("Approved") {
        "Approved"
    } else {
        "Pending"
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if request.text("status.certificate").is_empty() { "" } else { ",Issued" };
    format!("{decision}{failed}{issued}")
}
