//! [`Observed`] → steps.

use std::time::Duration;

use api::views::{Secret, ServiceAccount};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use runtime::{Action, Guard, PatchKind, Plan, Step, Target};
use serde_json::{Map, Value, json};

use super::{Claims, Issuer, Observed, RootCa, Why};
use crate::shared::account_tokens::{ACCOUNT_NAME, ACCOUNT_UID};

const TOKEN: &str = "token";
const ROOT_CA: &str = "ca.crt";
const NAMESPACE: &str = "namespace";
/// A server that cannot say whether an account is there is asked again after that long.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(5);

pub(super) fn plan(observed: &Observed) -> Plan<Why> {
    let mut plan = Plan::rest();
    match observed {
        Observed::Orphaned(secret) => plan.step(delete(secret)),
        Observed::Unknown => plan.wake(UNKNOWN_PAUSE),
        Observed::Listed { account, places } => plan.step(unlist(account, places)),
        Observed::Owned { secret, account, root_ca, issuer } => {
            let missing = missing(secret, account, root_ca.as_deref(), issuer.as_deref());
            if !missing.is_empty() {
                plan.step(fill(secret, account, missing));
            }
        }
    }
    plan
}

fn delete(secret: &Secret) -> Step<Why> {
    cov_mark::hit!(token_secrets_go_with_their_account);
    let action = Action::Delete {
        target: Target::of(secret),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    Step::new(action, Why::AccountGone)
}

/// What is to be written, in base64. Another namespace than the secret's is left as it is; another CA
/// is put right.
fn missing(
    secret: &Secret,
    account: &ServiceAccount,
    root_ca: Option<&RootCa>,
    issuer: Option<&Issuer>,
) -> Map<String, Value> {
    let mut missing = Map::new();
    let mut add = |key: &str, value: &str| {
        missing.insert(key.to_owned(), STANDARD.encode(value).into());
    };
    if let Some(root_ca) = root_ca.filter(|ca| secret.text(ROOT_CA).as_ref() != Some(&ca.0)) {
        add(ROOT_CA, &root_ca.0);
    }
    if !secret.has(NAMESPACE) {
        add(NAMESPACE, &secret.metadata.namespace);
    }
    if !secret.has(TOKEN) {
        let claims = Claims {
            account: account.metadata.key(),
            account_uid: account.metadata.uid.0.clone(),
            secret: secret.metadata.name.clone(),
        };
        if let Some(token) = issuer.and_then(|issuer| issuer.0.issue(&claims)) {
            add(TOKEN, &token);
        }
    }
    missing
}

fn fill(secret: &Secret, account: &ServiceAccount, missing: Map<String, Value>) -> Step<Why> {
    let (name, uid) = (&account.metadata.name, &account.metadata.uid);
    let action = Action::Patch {
        target: Target::of(secret),
        kind: PatchKind::Merge,
        patch: json!({
            "metadata": {"annotations": {ACCOUNT_NAME: name, ACCOUNT_UID: uid}},
            "data": missing,
        }),
        subresource: "",
        guard: Guard::Version,
    };
    Step::new(action, Why::Incomplete)
}

/// Last places first, so that the others stay where they are.
fn unlist(account: &ServiceAccount, places: &[usize]) -> Step<Why> {
    let remove = |place: &usize| json!({"op": "remove", "path": format!("/secrets/{place}")});
    let action = Action::Patch {
        target: Target::of(account),
        kind: PatchKind::Json,
        patch: places.iter().rev().map(remove).collect(),
        subresource: "",
        guard: Guard::Version,
    };
    Step::new(action, Why::SecretGone)
}
