//! ServiceAccount: a pod runs as an account, and finds the account's token mounted.

use api::{
    json,
    resources::{PODS, SERVICE_ACCOUNTS},
};
use serde_json::{Value, json};

use super::{Attributes, Link, Seen};
use crate::{Status, engine::failure};

pub(super) const LINK: Link = Link {
    name: "ServiceAccount",
    reads: &[SERVICE_ACCOUNTS],
    concerns: |attributes| attributes.is_create() && attributes.is_about(&PODS),
    mutate,
    validate: |_, _, _| Ok(()),
};

const DEFAULT_ACCOUNT: &str = "default";
const MIRROR: &str = "kubernetes.io/config.mirror";
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX: &str = "kube-api-access-";
const VOLUME_SUFFIX_LETTERS: usize = 5;
/// What a kubelet asks for; the odd number marks tokens that may live longer.
const TOKEN_SECONDS: i64 = 3607;
const DEFAULT_MODE: i64 = 0o644;

fn mutate(attributes: &Attributes<'_>, seen: &Seen, pod: &mut Value) -> Result<(), Status> {
    let is_mirror = pod["metadata"]["annotations"].get(MIRROR).is_some();
    let wanted = json::text(&pod["spec"], "serviceAccountName").to_owned();
    let name = json::text(&pod["metadata"], "name");
    let refuse =
        |reason: &str| Err(failure::forbidden(attributes.operation.resource, name, reason));
    if is_mirror {
        if wanted.is_empty() {
            return Ok(());
        }
        return refuse("a mirror pod may not reference service accounts");
    }
    let account = if wanted.is_empty() { DEFAULT_ACCOUNT } else { wanted.as_str() };
    let namespace = &attributes.operation.namespace;
    let Some(found) = seen.get(&SERVICE_ACCOUNTS, namespace, account) else {
        return refuse(&format!(
            "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
        ));
    };
    let found = found.value();
    let spec = json::object_mut(pod, "spec");
    spec["serviceAccountName"] = account.into();
    spec["serviceAccount"] = account.into();
    if json::list(spec, "imagePullSecrets").is_empty() {
        json::copy(spec, &found, "imagePullSecrets");
    }
    if automounts(spec, &found) {
        let suffix = attributes.dice.suffix(VOLUME_SUFFIX_LETTERS);
        mount_token(spec, &format!("{VOLUME_PREFIX}{suffix}"));
    }
    Ok(())
}

/// The pod decides, else the account; by default tokens are mounted.
fn automounts(spec: &Value, account: &Value) -> bool {
    let says = |holder: &Value| holder["automountServiceAccountToken"].as_bool();
    says(spec).or_else(|| says(account)).unwrap_or(true)
}

/// Gives each container the token unless something else is mounted in its place.
fn mount_token(spec: &mut Value, fresh_name: &str) {
    let present = json::list(spec, "volumes").iter().map(|volume| json::text(volume, "name"));
    let present = present.filter(|name| name.starts_with(VOLUME_PREFIX)).map(str::to_owned).next();
    let name = present.clone().unwrap_or_else(|| fresh_name.to_owned());
    let mut mounted = false;
    for field in ["initContainers", "containers"] {
        for container in json::list_mut(spec, field) {
            mounted |= mount(container, &name);
        }
    }
    if mounted && present.is_none() {
        push(&mut spec["volumes"], volume(&name));
    }
}

fn mount(container: &mut Value, volume: &str) -> bool {
    let mounts = json::list(container, "volumeMounts");
    if mounts.iter().any(|mount| mount["mountPath"] == MOUNT_PATH) {
        return false;
    }
    let mount = json!({"name": volume, "readOnly": true, "mountPath": MOUNT_PATH});
    push(&mut container["volumeMounts"], mount);
    true
}

fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(items) => items.push(item),
        None => *list = json!([item]),
    }
}

fn volume(name: &str) -> Value {
    let namespace = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
    json!({"name": name, "projected": {"defaultMode": DEFAULT_MODE, "sources": [
        {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
    ]}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_container_finds_the_token_once() {
        let own = json!([{"name": "own", "mountPath": MOUNT_PATH}]);
        let mut spec = json!({"containers": [{"name": "a"}, {"name": "b", "volumeMounts": own}]});
        mount_token(&mut spec, "kube-api-access-x");
        assert_eq!(spec["containers"][0]["volumeMounts"][0]["name"], "kube-api-access-x");
        assert_eq!(spec["containers"][1]["volumeMounts"], own);
        assert_eq!(spec["volumes"][0]["name"], "kube-api-access-x");
        let once = spec.clone();
        mount_token(&mut spec, "kube-api-access-y");
        assert_eq!(spec, once);
    }

    #[test]
    fn the_pod_has_the_last_word_on_automounting() {
        let says = |value: bool| json!({"automountServiceAccountToken": value});
        assert!(automounts(&json!({}), &json!({})));
        assert!(!automounts(&json!({}), &says(false)));
        assert!(automounts(&says(true), &says(false)));
    }
}
