//! Defaults of pods and of what they consist of.

use serde_json::{Value, json};

use crate::json;

/// Of pods alone, not of templates.
pub(super) fn pod(pod: &mut Value) {
    let spec = json::object_mut(pod, "spec");
    if json::number(spec, "terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        spec["terminationGracePeriodSeconds"] = 1.into();
    }
    if json::field(spec, "enableServiceLinks").is_none() {
        spec["enableServiceLinks"] = true.into();
    }
    let on_host = json::is_true(spec, "hostNetwork");
    for containers in ["containers", "initContainers"] {
        for container in json::list_mut(spec, containers) {
            request_what_is_limited(container);
            if on_host {
                json::list_mut(container, "ports").iter_mut().for_each(use_host_port);
            }
        }
    }
}

fn request_what_is_limited(container: &mut Value) {
    let limits = container.get("resources").and_then(|resources| resources.get("limits"));
    let Some(limits) = limits.and_then(Value::as_object).filter(|limits| !limits.is_empty()) else {
        return;
    };
    let limits = limits.clone();
    let requests = json::object_mut(json::object_mut(container, "resources"), "requests");
    for (resource, limit) in limits {
        if json::field(requests, &resource).is_none() {
            requests[&resource] = limit;
        }
    }
}

fn use_host_port(port: &mut Value) {
    if json::number(port, "hostPort").unwrap_or(0) == 0 {
        json::field(port, "containerPort").cloned().into_iter().for_each(|number| {
            port["hostPort"] = number;
        });
    }
}

/// The old and the new name of the service account are the same.
pub(super) fn spec(spec: &mut Value) {
    if json::is_empty(spec, "serviceAccountName") && !json::is_empty(spec, "serviceAccount") {
        spec["serviceAccountName"] = spec["serviceAccount"].clone();
    }
    if !json::is_empty(spec, "serviceAccountName") {
        spec["serviceAccount"] = spec["serviceAccountName"].clone();
    }
}

/// The first of the addresses is the address.
pub(super) fn status(status: &mut Value) {
    let address = json::text(status, "podIP").to_owned();
    let first = json::list(status, "podIPs").first().map(|first| json::text(first, "ip"));
    match first {
        Some(first) if address.is_empty() && !first.is_empty() => {
            status["podIP"] = first.to_owned().into();
        }
        first if !address.is_empty() && first != Some(&address) => {
            status["podIPs"] = json!([{"ip": address}]);
        }
        _ => {}
    }
}

pub(super) fn container(container: &mut Value) {
    if json::is_empty(container, "imagePullPolicy") {
        container["imagePullPolicy"] = pull_policy(json::text(container, "image")).into();
    }
}

pub(super) fn volume(volume: &mut Value) {
    let has_source = volume.as_object().is_some_and(|volume| {
        volume.iter().any(|(field, value)| field != "name" && !value.is_null())
    });
    if !has_source {
        volume["emptyDir"] = json!({});
    }
    let image = volume.get_mut("image").filter(|image| !image.is_null());
    if let Some(image) = image.filter(|image| json::is_empty(image, "pullPolicy")) {
        image["pullPolicy"] = pull_policy(json::text(image, "reference")).into();
    }
}

fn pull_policy(image: &str) -> &'static str {
    if is_latest(image) { "Always" } else { "IfNotPresent" }
}

/// Whether the image's tag is `latest`, or it has neither tag nor digest.
fn is_latest(image: &str) -> bool {
    let (named, digest) =
        image.split_once('@').map_or((image, None), |(name, rest)| (name, Some(rest)));
    let after_slash = named.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match named[after_slash..].split_once(':') {
        Some((last, tag)) => (&named[..after_slash + last.len()], Some(tag)),
        None => (named, None),
    };
    is_image_name(name) && tag.map_or(digest.is_none(), |tag| tag == "latest")
}

/// What cannot be an image's name has no tag either.
fn is_image_name(name: &str) -> bool {
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => name,
    };
    !path.is_empty()
        && path.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._/".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_tag_and_digest_is_the_latest() {
        let rows = [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1.27", false),
            ("localhost:5000/nginx", true),
            ("registry.example:5000/a/nginx:1", false),
            ("nginx@sha256:0123", false),
            ("nginx:latest@sha256:0123", true),
            ("", false),
            ("Nginx", false),
        ];
        for (image, expected) in rows {
            assert_eq!(is_latest(image), expected, "{image}");
        }
    }

    #[test]
    fn addresses_of_a_pod_agree() {
        let rows = [
            (
                json!({"podIP": "10.0.0.1"}),
                json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}),
            ),
            (
                json!({"podIPs": [{"ip": "10.0.0.1"}]}),
                json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}),
            ),
            (
                json!({"podIP": "10.0.0.2", "podIPs": [{"ip": "10.0.0.1"}]}),
                json!({"podIP": "10.0.0.2", "podIPs": [{"ip": "10.0.0.2"}]}),
            ),
            (json!({}), json!({})),
        ];
        for (mut found, expected) in rows {
            status(&mut found);
            assert_eq!(found, expected);
        }
    }
}
