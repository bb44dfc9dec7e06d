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
    validate: |attributes, seen, pod, _| validate(attributes, seen, pod),
    ..Link::IDLE
};

/// An account so annotated lets its pods use no secrets but its own.
const ENFORCE: &str = "kubernetes.io/enforce-mountable-secrets";
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
        |reason: &str| Err(failure::forbidden(&attributes.operation.resource, name, reason));
    if is_mirror {
        if wanted.is_empty() {
            return Ok(());
        }
        return refuse("a mirror pod may not reference service accounts");
    }
    let account = if wanted.is_empty() { DEFAULT_ACCOUNT } else { wanted.as_str() };
    let namespace = &attributes.operation.namespace;
    let Some(found) = seen.get(&SERVICE_ACCOUNTS, namespace, account) else {
        if account == DEFAULT_ACCOUNT {
            seen.expect();
        }
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

fn validate(attributes: &Attributes<'_>, seen: &Seen, pod: &Value) -> Result<(), Status> {
    let (spec, name) = (&pod["spec"], json::text(&pod["metadata"], "name"));
    let is_mirror = pod["metadata"]["annotations"].get(MIRROR).is_some();
    let refusal = if is_mirror {
        mirror_refusal(spec)
    } else {
        let account = json::text(spec, "serviceAccountName");
        let account = seen.get(&SERVICE_ACCOUNTS, &attributes.operation.namespace, account);
        account.and_then(|account| refused_secret(&account.value(), spec))
    };
    match refusal {
        Some(reason) => Err(failure::forbidden(&attributes.operation.resource, name, &reason)),
        None => Ok(()),
    }
}

/// A kubelet's own pod is not the API server's to give secrets to.
fn mirror_refusal(spec: &Value) -> Option<String> {
    let volumes = json::list(spec, "volumes");
    let projections =
        || volumes.iter().flat_map(|volume| json::list(&volume["projected"], "sources"));
    let uses_secrets = volumes.iter().any(|volume| volume["secret"].is_object())
        || projections().any(|source| source["secret"].is_object())
        || environment(spec).any(|(_, _, variable)| !secret_of(variable).is_empty());
    if uses_secrets {
        return Some("a mirror pod may not reference secrets".to_owned());
    }
    let uses_tokens = projections().any(|source| source["serviceAccountToken"].is_object());
    uses_tokens
        .then(|| "a mirror pod may not use ServiceAccountToken volume projections".to_owned())
}

/// The first secret that the account does not know, if it wants to know all.
fn refused_secret(account: &Value, spec: &Value) -> Option<String> {
    let enforces = account["metadata"]["annotations"][ENFORCE].as_str();
    enforces.filter(|text| matches!(*text, "1" | "t" | "T" | "true" | "TRUE" | "True"))?;
    let owner = json::text(&account["metadata"], "name");
    let knows = |field: &str, name: &str| {
        json::list(account, field).iter().any(|known| known["name"] == name)
    };
    let volumes = json::list(spec, "volumes").iter();
    let mut volumes = volumes.map(|volume| json::text(&volume["secret"], "secretName"));
    if let Some(name) = volumes.find(|name| !name.is_empty() && !knows("secrets", name)) {
        return Some(format!(
            "volume with secret.secretName={name:?} is not allowed because service account {owner} does not reference that secret"
        ));
    }
    let mut variables = environment(spec).map(|(kind, container, variable)| {
        (kind, container, json::text(variable, "name"), secret_of(variable))
    });
    let refused = variables.find(|(.., name)| !name.is_empty() && !knows("secrets", name));
    if let Some((kind, container, variable, name)) = refused {
        return Some(format!(
            "{kind} {container} with envVar {variable} referencing secret.secretName={name:?} is not allowed because service account {owner} does not reference that secret"
        ));
    }
    let pulls = json::list(spec, "imagePullSecrets").iter().map(|pull| json::text(pull, "name"));
    let (index, name) = pulls.enumerate().find(|(_, name)| !knows("imagePullSecrets", name))?;
    Some(format!(
        "imagePullSecrets[{index}].name={name:?} is not allowed because service account {owner} does not reference that imagePullSecret"
    ))
}

/// Every environment variable with the kind and name of its container.
fn environment(spec: &Value) -> impl Iterator<Item = (&'static str, &str, &Value)> {
    let kinds = [("initContainers", "init container"), ("containers", "container")];
    kinds.into_iter().flat_map(move |(field, kind)| {
        json::list(spec, field).iter().flat_map(move |container| {
            let name = json::text(container, "name");
            json::list(container, "env").iter().map(move |variable| (kind, name, variable))
        })
    })
}

/// The secret that a variable's value is taken from; empty if it is not.
fn secret_of(variable: &Value) -> &str {
    json::text(&variable["valueFrom"]["secretKeyRef"], "name")
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
        json::push(&mut spec["volumes"], volume(&name));
    }
}

fn mount(container: &mut Value, volume: &str) -> bool {
    let mounts = json::list(container, "volumeMounts");
    if mounts.iter().any(|mount| mount["mountPath"] == MOUNT_PATH) {
        return false;
    }
    let mount = json!({"name": volume, "readOnly": true, "mountPath": MOUNT_PATH});
    json::push(&mut container["volumeMounts"], mount);
    true
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
    fn a_strict_account_lets_its_pods_use_its_own_secrets_only() {
        let account = |enforces: &str| {
            json!({"metadata": {"name": "sa", "annotations": {ENFORCE: enforces}},
                "secrets": [{"name": "mine"}], "imagePullSecrets": [{"name": "pull"}]})
        };
        let variable = |secret: &str| {
            json!([{"name": "c", "env": [{"name": "V",
                "valueFrom": {"secretKeyRef": {"name": secret, "key": "k"}}}]}])
        };
        let end = "is not allowed because service account sa does not reference that secret";
        let rows = [
            (json!({"volumes": [{"secret": {"secretName": "mine"}}, {"emptyDir": {}}]}), None),
            (
                json!({"volumes": [{"secret": {"secretName": "other"}}]}),
                Some(format!(r#"volume with secret.secretName="other" {end}"#)),
            ),
            (json!({"containers": variable("mine")}), None),
            (
                json!({"initContainers": variable("other")}),
                Some(format!(
                    r#"init container c with envVar V referencing secret.secretName="other" {end}"#
                )),
            ),
            (
                json!({"imagePullSecrets": [{"name": "pull"}, {"name": "other"}]}),
                Some(
                    format!(r#"imagePullSecrets[1].name="other" {end}"#)
                        .replace("that secret", "that imagePullSecret"),
                ),
            ),
        ];
        for (spec, wanted) in rows {
            assert_eq!(refused_secret(&account("true"), &spec), wanted, "{spec}");
            assert_eq!(refused_secret(&account("false"), &spec), None);
        }
    }

    #[test]
    fn a_mirror_pod_has_no_secrets() {
        let rows = [
            (json!({"volumes": [{"emptyDir": {}}]}), None),
            (
                json!({"volumes": [{"secret": {"secretName": "s"}}]}),
                Some("a mirror pod may not reference secrets"),
            ),
            (
                json!({"volumes": [{"projected": {"sources": [{"serviceAccountToken": {}}]}}]}),
                Some("a mirror pod may not use ServiceAccountToken volume projections"),
            ),
        ];
        for (spec, wanted) in rows {
            assert_eq!(mirror_refusal(&spec).as_deref(), wanted);
        }
    }

    #[test]
    fn the_pod_has_the_last_word_on_automounting() {
        let says = |value: bool| json!({"automountServiceAccountToken": value});
        assert!(automounts(&json!({}), &json!({})));
        assert!(!automounts(&json!({}), &says(false)));
        assert!(automounts(&says(true), &says(false)));
    }
}
