//! Config maps and secrets: keys, size, and that they may be frozen.

use meta::names;
use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

pub(super) const CONFIG_MAP: Rules = Rules {
    validate: config_map,
    validate_update: |_, new, old, errors| frozen(new, old, &["data", "binaryData"], errors),
    ..Rules::GENERIC
};

pub(super) const SECRET: Rules = Rules {
    validate: secret,
    validate_update: |_, new, old, errors| {
        let path = Path::new("type");
        rules::immutable(&path, &new["type"], &old["type"], errors);
        frozen(new, old, &["data"], errors);
    },
    ..Rules::GENERIC
};

const DATA_BYTES_MAX: usize = 1024 * 1024;
const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
const REDACTED: &str = "<secret contents redacted>";

fn config_map(_: &Context<'_>, config_map: &Value, errors: &mut Errors) {
    let data = Path::new("data");
    let mut bytes = 0;
    for (key, value) in json::entries(config_map, "data") {
        let path = data.key(key);
        rules::texts(&path, key, names::config_key(key), errors);
        if config_map["binaryData"].get(key).is_some() {
            let text = "duplicate of key present in binaryData";
            errors.push(FieldError::invalid(&path, key, text));
        }
        bytes += value.as_str().map_or(0, str::len);
    }
    let binary = Path::new("binaryData");
    for (key, value) in json::entries(config_map, "binaryData") {
        rules::texts(&binary.key(key), key, names::config_key(key), errors);
        bytes += decoded_length(value);
    }
    if bytes > DATA_BYTES_MAX {
        errors.push(FieldError::too_long(&Path::new("[]"), DATA_BYTES_MAX));
    }
}

/// Bytes that base64 stands for.
fn decoded_length(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default();
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

fn frozen(new: &Value, old: &Value, fields: &[&str], errors: &mut Errors) {
    if !json::is_true(old, "immutable") {
        return;
    }
    let text = "field is immutable when `immutable` is set";
    if !json::is_true(new, "immutable") {
        errors.push(FieldError::forbidden(&Path::new("immutable"), text));
    }
    for field in fields {
        let [new, old] =
            [new, old].map(|object| object.get(field).filter(|_| !json::is_empty(object, field)));
        if new != old {
            errors.push(FieldError::forbidden(&Path::new(field), text));
        }
    }
}

fn secret(_: &Context<'_>, secret: &Value, errors: &mut Errors) {
    let data = Path::new("data");
    let mut bytes = 0;
    for (key, value) in json::entries(secret, "data") {
        rules::texts(&data.key(key), key, names::config_key(key), errors);
        bytes += decoded_length(value);
    }
    if bytes > DATA_BYTES_MAX {
        errors.push(FieldError::too_long(&data, DATA_BYTES_MAX));
    }
    match json::text(secret, "type") {
        "kubernetes.io/service-account-token" => {
            let annotations = &secret["metadata"]["annotations"];
            let path = Path::new("metadata.annotations");
            let name = json::text(annotations, SERVICE_ACCOUNT_NAME);
            rules::required(&path.key(SERVICE_ACCOUNT_NAME), name, errors);
        }
        "kubernetes.io/dockercfg" => docker(secret, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => docker(secret, ".dockerconfigjson", errors),
        "kubernetes.io/basic-auth" => {
            let keys = ["username", "password"];
            if keys.iter().all(|key| secret["data"].get(key).is_none()) {
                for key in keys {
                    needed(secret, key, errors);
                }
            }
        }
        "kubernetes.io/ssh-auth" => needed(secret, "ssh-privatekey", errors),
        "kubernetes.io/tls" => {
            needed(secret, "tls.crt", errors);
            needed(secret, "tls.key", errors);
        }
        _ => {}
    }
}

fn needed(secret: &Value, key: &str, errors: &mut Errors) {
    let data = Path::new("data");
    if secret["data"].get(key).is_none() {
        errors.push(FieldError::required(&data.key(key), ""));
    }
}

fn docker(secret: &Value, key: &str, errors: &mut Errors) {
    use base64::Engine as _;
    needed(secret, key, errors);
    let Some(encoded) = secret["data"].get(key).and_then(Value::as_str) else { return };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
    if serde_json::from_slice::<Value>(&bytes).is_err() {
        let first = String::from_utf8_lossy(&bytes).trim_start().chars().next();
        let text = first.map_or("unexpected end of JSON input".to_owned(), |first| {
            format!("invalid character '{first}' looking for beginning of value")
        });
        let data = Path::new("data");
        errors.push(FieldError::invalid(&data.key(key), REDACTED, text));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::testing::Kind;

    const CONFIG_MAPS: Kind = Kind("", "v1", "configmaps");
    const SECRETS: Kind = Kind("", "v1", "secrets");

    fn named(mut rest: Value) -> Value {
        rest["metadata"] = json!({"name": "a", "namespace": "d"});
        rest
    }

    #[test]
    fn a_key_is_there_once_and_a_file_name() {
        CONFIG_MAPS.create(
            named(json!({"data": {"a": "1", "..": ""}, "binaryData": {"a": ""}})),
            &[
                "data[..]: Invalid value: \"..\": must not be '..'",
                "data[a]: Invalid value: \"a\": duplicate of key present in binaryData",
            ],
        );
    }

    #[test]
    fn a_mebibyte_fits_and_not_a_byte_more() {
        let config_map = |bytes| named(json!({"data": {"a": "x".repeat(bytes)}}));
        CONFIG_MAPS.create(config_map(DATA_BYTES_MAX), &[]);
        let expected = "[]: Too long: may not be more than 1048576 bytes";
        CONFIG_MAPS.create(config_map(DATA_BYTES_MAX + 1), &[expected]);
    }

    #[test]
    fn what_is_being_deleted_gains_no_finalizers() {
        let kept = |finalizers: &[&str]| {
            let mut object = named(json!({}));
            object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            object["metadata"]["finalizers"] = json!(finalizers);
            object
        };
        CONFIG_MAPS.update("", kept(&["x.io/y"]), &kept(&["x.io/y", "x.io/z"]), &[]);
        CONFIG_MAPS.update(
            "",
            kept(&["x.io/y", "x.io/z"]),
            &kept(&["x.io/y"]),
            &["metadata.finalizers: Forbidden: no new finalizers can be added if the object is being \
               deleted, found new finalizers []string{\"x.io/z\"}"],
        );
    }

    #[test]
    fn what_is_frozen_stays() {
        let old = named(json!({"data": {"a": "1"}, "immutable": true}));
        CONFIG_MAPS.update(
            "",
            named(json!({"data": {"a": "2"}})),
            &old,
            &[
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set",
            ],
        );
    }

    #[test]
    fn a_typed_secret_has_its_keys() {
        let rows = [
            (
                json!({"type": "kubernetes.io/tls", "data": {"tls.key": ""}}),
                vec!["data[tls.crt]: Required value"],
            ),
            (
                json!({"type": "kubernetes.io/basic-auth"}),
                vec!["data[username]: Required value", "data[password]: Required value"],
            ),
            (json!({"type": "kubernetes.io/basic-auth", "data": {"password": ""}}), vec![]),
            (
                json!({"type": "kubernetes.io/service-account-token"}),
                vec!["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
            ),
            (
                json!({
                    "type": "kubernetes.io/dockerconfigjson",
                    "data": {".dockerconfigjson": "eHl6"},
                }),
                vec![
                    "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid \
                     character 'x' looking for beginning of value",
                ],
            ),
            (json!({"type": "example.com/any"}), vec![]),
        ];
        for (secret, expected) in rows {
            SECRETS.create(named(secret), &expected);
        }
    }

    #[test]
    fn a_secret_keeps_its_type() {
        SECRETS.update(
            "",
            named(json!({"type": "example.com/b"})),
            &named(json!({"type": "example.com/a"})),
            &["type: Invalid value: \"example.com/b\": field is immutable"],
        );
    }
}
