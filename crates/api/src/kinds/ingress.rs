//! Ingresses: where requests from outside go, by host and path.

use meta::names;
use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, rules},
};

pub(super) const RULES: Rules = Rules { validate, validate_create: one_class, ..Rules::GENERIC };

const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];
const NOT_IN_PATHS: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const NOT_AT_THE_END: [&str; 2] = ["/..", "/."];
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
/// How the class was named before there was a field.
const CLASS: &str = "kubernetes.io/ingress.class";

fn validate(ctx: &Context<'_>, ingress: &Value, errors: &mut Errors) {
    if !ctx.subresource.is_empty() {
        return;
    }
    let (path, spec) = (Path::new("spec"), &ingress["spec"]);
    let has_rules = !json::list(spec, "rules").is_empty();
    if !has_rules && json::field(spec, "defaultBackend").is_none() {
        let text = "either `defaultBackend` or `rules` must be specified";
        errors.push(FieldError::invalid(&path, Value::Null, text));
    }
    for (index, tls) in json::list(spec, "tls").iter().enumerate() {
        let entries = path.child("tls");
        self::tls(&entries.index(index), tls, errors);
    }
    if let Some(backend) = json::field(spec, "defaultBackend") {
        self::backend(&path.child("defaultBackend"), backend, errors);
    }
    for (index, rule) in json::list(spec, "rules").iter().enumerate() {
        let entries = path.child("rules");
        self::rule(&entries.index(index), rule, errors);
    }
    if let Some(class) = json::field(spec, "ingressClassName").and_then(Value::as_str) {
        rules::texts(
            &path.child("ingressClassName"),
            class,
            names::dns_1123_subdomain(class),
            errors,
        );
    }
}

/// The class is named in one place, or the same in both.
fn one_class(_: &Context<'_>, ingress: &Value, errors: &mut Errors) {
    let old = json::field(&ingress["metadata"]["annotations"], CLASS).and_then(Value::as_str);
    let new = json::field(&ingress["spec"], "ingressClassName").and_then(Value::as_str);
    if let (Some(old), Some(new)) = (old, new)
        && old != new
    {
        let path = Path::new("annotations");
        let text = "must match `ingressClassName` when both are specified";
        errors.push(FieldError::invalid(&path.child(CLASS), old, text));
    }
}

fn tls(path: &Path<'_>, tls: &Value, errors: &mut Errors) {
    for (index, name) in json::list(tls, "hosts").iter().enumerate() {
        let (hosts, name) = (path.child("hosts"), name.as_str().unwrap_or_default());
        host(&hosts.index(index), name, errors);
    }
    let secret = json::text(tls, "secretName");
    if !secret.is_empty() {
        rules::texts(&path.child("secretName"), secret, names::dns_1123_subdomain(secret), errors);
    }
}

fn rule(path: &Path<'_>, rule: &Value, errors: &mut Errors) {
    let name = json::text(rule, "host");
    if !name.is_empty() {
        let path = path.child("host");
        if name.parse::<std::net::IpAddr>().is_ok() {
            let text = "must be a DNS name, not an IP address";
            errors.push(FieldError::invalid(&path, name, text));
        }
        host(&path, name, errors);
    }
    let Some(http) = json::field(rule, "http") else { return };
    let (http_path, paths) = (path.child("http"), json::list(http, "paths"));
    let list = http_path.child("paths");
    if paths.is_empty() {
        errors.push(FieldError::required(&list, ""));
    }
    for (index, entry) in paths.iter().enumerate() {
        route(&list.index(index), entry, errors);
    }
}

fn host(path: &Path<'_>, name: &str, errors: &mut Errors) {
    let Some(domain) = name.strip_prefix("*.").or_else(|| name.contains('*').then_some(name))
    else {
        return rules::texts(path, name, names::dns_1123_subdomain(name), errors);
    };
    let is_wild = name.starts_with("*.") && names::dns_1123_subdomain(domain).is_empty();
    if !is_wild {
        errors.push(FieldError::invalid(path, name, WILDCARD));
    }
}

fn route(path: &Path<'_>, route: &Value, errors: &mut Errors) {
    let (kind, at) = (json::text(route, "pathType"), json::text(route, "path"));
    let (kind_path, at_path) = (path.child("pathType"), path.child("path"));
    if json::field(route, "pathType").is_none() {
        errors.push(FieldError::required(&kind_path, "pathType must be specified"));
    }
    match kind {
        "Exact" | "Prefix" => {
            if !at.starts_with('/') {
                errors.push(FieldError::invalid(&at_path, at, "must be an absolute path"));
            }
            for part in NOT_IN_PATHS.into_iter().filter(|part| at.contains(part)) {
                let text = format!("must not contain '{part}'");
                errors.push(FieldError::invalid(&at_path, at, text));
            }
            for part in NOT_AT_THE_END.into_iter().filter(|part| at.ends_with(part)) {
                let text = format!("cannot end with '{part}'");
                errors.push(FieldError::invalid(&at_path, at, text));
            }
        }
        "ImplementationSpecific" if !at.is_empty() && !at.starts_with('/') => {
            errors.push(FieldError::invalid(&at_path, at, "must be an absolute path"));
        }
        "ImplementationSpecific" | "" => {}
        other => errors.push(FieldError::not_supported(&kind_path, other, &PATH_TYPES)),
    }
    backend(&path.child("backend"), &route["backend"], errors);
}

fn backend(path: &Path<'_>, backend: &Value, errors: &mut Errors) {
    let [resource, service] = ["resource", "service"].map(|field| json::field(backend, field));
    match (resource, service) {
        (Some(_), Some(_)) => {
            let text = "cannot set both resource and service backends";
            errors.push(FieldError::invalid(path, "", text));
        }
        (None, None) => {
            errors.push(FieldError::invalid(path, "", "resource or service backend is required"));
        }
        (Some(resource), None) => {
            for field in ["kind", "name"] {
                let path = path.child("resource");
                rules::required(&path.child(field), json::text(resource, field), errors);
            }
        }
        (None, Some(service)) => self::service(&path.child("service"), service, errors),
    }
}

fn service(path: &Path<'_>, service: &Value, errors: &mut Errors) {
    let name = json::text(service, "name");
    if rules::required(&path.child("name"), name, errors) {
        rules::texts(&path.child("name"), name, names::dns_1035_label(name), errors);
    }
    let (port, at) = (&service["port"], path.child("port"));
    let (name, number) = (json::text(port, "name"), json::number(port, "number").unwrap_or(0));
    if name.is_empty() && number == 0 {
        errors.push(FieldError::required(path, "port name or number is required"));
    } else if !name.is_empty() && number != 0 {
        errors.push(FieldError::invalid(path, "", "cannot set both port name & port number"));
    } else if name.is_empty() {
        rules::port(&at.child("number"), number, errors);
    } else {
        rules::port_or_name(&at.child("name"), &json!(name), errors);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::kinds::testing::Kind;

    const INGRESSES: Kind = Kind("networking.k8s.io", "v1", "ingresses");

    fn ingress(spec: Value) -> Value {
        json!({"metadata": {"name": "i", "namespace": "d"}, "spec": spec})
    }

    fn path(path: &str, kind: &str) -> Value {
        let backend = json!({"service": {"name": "s", "port": {"number": 80}}});
        ingress(json!({"rules": [{"http": {"paths": [
            {"path": path, "pathType": kind, "backend": backend}]}}]}))
    }

    #[test]
    fn check_74_an_ingress_leads_somewhere() {
        INGRESSES.create(path("/", "Prefix"), &[]);
        INGRESSES.create(
            ingress(json!({})),
            &["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        );
        INGRESSES.create(
            ingress(json!({"rules": [{"host": "10.0.0.1", "http": {"paths": []}}]})),
            &[
                "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
                "spec.rules[0].http.paths: Required value",
            ],
        );
    }

    #[test]
    fn check_74_paths_are_absolute_and_plain() {
        let at = "spec.rules[0].http.paths[0]";
        for (text, kind, wanted) in [
            ("x", "Prefix", format!("{at}.path: Invalid value: \"x\": must be an absolute path")),
            (
                "/a//b",
                "Exact",
                format!("{at}.path: Invalid value: \"/a//b\": must not contain '//'"),
            ),
            (
                "/a/..",
                "Exact",
                format!("{at}.path: Invalid value: \"/a/..\": cannot end with '/..'"),
            ),
            (
                "/",
                "Foo",
                format!(
                    "{at}.pathType: Unsupported value: \"Foo\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\""
                ),
            ),
        ] {
            INGRESSES.create(path(text, kind), &[&wanted]);
        }
        INGRESSES.create(path("", "ImplementationSpecific"), &[]);
    }

    #[test]
    fn check_74_a_backend_is_one_thing_with_one_port() {
        let with = |backend: Value| ingress(json!({ "defaultBackend": backend }));
        let rows = [
            (
                json!({}),
                "spec.defaultBackend: Invalid value: \"\": resource or service backend is required",
            ),
            (
                json!({"service": {"name": "s"}}),
                "spec.defaultBackend.service: Required value: port name or number is required",
            ),
            (
                json!({"service": {"name": "s", "port": {"name": "a", "number": 1}}}),
                "spec.defaultBackend.service: Invalid value: \"\": cannot set both port name & port number",
            ),
            (
                json!({"service": {"name": "s", "port": {"number": 70000}}}),
                "spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
            ),
        ];
        for (backend, wanted) in rows {
            INGRESSES.create(with(backend), &[wanted]);
        }
    }

    #[test]
    fn check_74_hosts_may_begin_with_a_star() {
        let with = |host: &str| {
            ingress(json!({"tls": [{"hosts": [host]}], "defaultBackend":
                {"service": {"name": "s", "port": {"number": 1}}}}))
        };
        INGRESSES.create(with("*.example.com"), &[]);
        let wanted =
            format!("spec.tls[0].hosts[0]: Invalid value: \"a.*.com\": {}", super::WILDCARD);
        INGRESSES.create(with("a.*.com"), &[&wanted]);
    }
}
