//! Which other objects a pod names: what its node needs to read for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::json;

/// Fields whose `name` is that of a secret.
const SECRET_REFERENCES: [&str; 4] =
    ["secretRef", "secretKeyRef", "nodePublishSecretRef", "secret"];
/// Fields whose `name` is that of a config map.
const CONFIG_MAP_REFERENCES: [&str; 3] = ["configMapRef", "configMapKeyRef", "configMap"];

/// Names of the secrets that a pod reads, pulls images with or mounts, in its own namespace.
pub fn secrets(pod: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let pulled = json::list(&pod["spec"], "imagePullSecrets").iter();
    names.extend(pulled.filter_map(|secret| secret["name"].as_str()).map(str::to_owned));
    collect(&pod["spec"], &SECRET_REFERENCES, &mut names);
    names
}

/// Names of the config maps that a pod reads or mounts, in its own namespace.
pub fn config_maps(pod: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&pod["spec"], &CONFIG_MAP_REFERENCES, &mut names);
    names
}

/// Names of the claims whose volumes a pod mounts; those of ephemeral volumes among them.
pub fn claims(pod: &Value) -> BTreeSet<String> {
    let pod_name = json::text(&pod["metadata"], "name");
    let volumes = json::list(&pod["spec"], "volumes").iter();
    let claims = volumes.filter_map(|volume| {
        if volume["ephemeral"].is_object() {
            return Some(format!("{pod_name}-{}", json::text(volume, "name")));
        }
        volume["persistentVolumeClaim"]["claimName"].as_str().map(str::to_owned)
    });
    claims.collect()
}

/// Names of the resource claims that a pod uses, generated ones among them.
pub fn resource_claims(pod: &Value) -> BTreeSet<String> {
    let given = json::list(&pod["spec"], "resourceClaims").iter();
    let made = json::list(&pod["status"], "resourceClaimStatuses").iter();
    let claims = given.chain(made).filter_map(|claim| claim["resourceClaimName"].as_str());
    claims.map(str::to_owned).collect()
}

fn collect(value: &Value, fields: &[&str], names: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if fields.contains(&key.as_str()) {
                    let name = value["name"].as_str().or_else(|| value["secretName"].as_str());
                    names.extend(name.map(str::to_owned));
                }
                collect(value, fields, names);
            }
            let is_azure_file = object.contains_key("shareName");
            if is_azure_file && fields == SECRET_REFERENCES {
                let name = object.get("secretName").and_then(Value::as_str);
                names.extend(name.map(str::to_owned));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, fields, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_a_pod_names_is_found() {
        let pod = json!({"metadata": {"name": "web"}, "spec": {
            "imagePullSecrets": [{"name": "registry"}],
            "containers": [{
                "env": [{"valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}},
                    {"valueFrom": {"configMapKeyRef": {"name": "setting", "key": "k"}}}],
                "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "every"}}],
            }],
            "resourceClaims": [{"name": "gpu", "resourceClaimName": "card"}],
            "volumes": [
                {"name": "s", "secret": {"secretName": "mounted"}},
                {"name": "c", "configMap": {"name": "file"}},
                {"name": "p", "projected": {"sources": [
                    {"secret": {"name": "part"}}, {"configMap": {"name": "kube-root-ca.crt"}}]}},
                {"name": "d", "persistentVolumeClaim": {"claimName": "disk"}},
                {"name": "e", "ephemeral": {}},
                {"name": "a", "azureFile": {"secretName": "share", "shareName": "x"}},
            ],
        }});
        let joined = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(joined(secrets(&pod)), "all key mounted part registry share");
        assert_eq!(joined(config_maps(&pod)), "every file kube-root-ca.crt setting");
        assert_eq!(joined(claims(&pod)), "disk web-e");
        assert_eq!(joined(resource_claims(&pod)), "card");
    }
}
