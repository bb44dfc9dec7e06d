//! Roles and bindings: what a rule needs, and whom a binding may name.

use meta::{names, resource::Scope};
use serde_json::Value;

use super::{Context, Rules};
use crate::{
    json,
    rbac::GROUP,
    validation::{Errors, FieldError, Path, immutable, rules},
};

pub(super) const ROLE: Rules = Rules { validate: role, ..Rules::GENERIC };

pub(super) const BINDING: Rules = Rules {
    validate: binding,
    validate_update: |ctx, new, old, errors| immutable::validate(ctx.resource, new, old, errors),
    ..Rules::GENERIC
};

const NAMESPACED: &str = "namespaced rules cannot apply to non-resource URLs";
const BOTH: &str = "rules cannot apply to both regular resources and non-resource URLs";
const NO_SELECTOR: &str = "at least one clusterRoleSelector required if aggregationRule is non-nil";

fn role(ctx: &Context<'_>, role: &Value, errors: &mut Errors) {
    let path = Path::new("rules");
    let items = json::list(role, "rules");
    for (index, rule) in items.iter().enumerate() {
        self::rule(&path.index(index), ctx.resource.resource.scope, rule, errors);
    }
    if role["aggregationRule"].is_object()
        && json::list(&role["aggregationRule"], "clusterRoleSelectors").is_empty()
    {
        let path = Path::new("aggregationRule.clusterRoleSelectors");
        errors.push(FieldError::required(&path, NO_SELECTOR));
    }
    // What the type itself says comes last.
    for (index, rule) in items.iter().enumerate() {
        if json::list(rule, "verbs").is_empty() {
            errors.push(FieldError::required(&path.index(index).child("verbs"), ""));
        }
    }
}

fn rule(path: &Path<'_>, scope: Scope, rule: &Value, errors: &mut Errors) {
    let is_empty = |field: &str| json::list(rule, field).is_empty();
    if !is_empty("nonResourceURLs") {
        let (path, value) = (path.child("nonResourceURLs"), &rule["nonResourceURLs"]);
        if scope == Scope::Namespaced {
            errors.push(FieldError::invalid(&path, value, NAMESPACED));
        }
        if !["apiGroups", "resources", "resourceNames"].into_iter().all(is_empty) {
            errors.push(FieldError::invalid(&path, value, BOTH));
        }
        return;
    }
    for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
        if is_empty(field) {
            let text = format!("resource rules must supply at least one {what}");
            errors.push(FieldError::required(&path.child(field), text));
        }
    }
}

fn binding(ctx: &Context<'_>, binding: &Value, errors: &mut Errors) {
    let scope = ctx.resource.resource.scope;
    let path = Path::new("roleRef");
    let role = &binding["roleRef"];
    known(&path.child("apiGroup"), json::text(role, "apiGroup"), &[GROUP], errors);
    let kinds: &[&str] = match scope {
        Scope::Namespaced => &["Role", "ClusterRole"],
        Scope::Cluster => &["ClusterRole"],
    };
    known(&path.child("kind"), json::text(role, "kind"), kinds, errors);
    let (name, path) = (json::text(role, "name"), path.child("name"));
    if rules::required(&path, name, errors) {
        rules::texts(&path, name, names::path_segment(name), errors);
    }
    for (index, subject) in json::list(binding, "subjects").iter().enumerate() {
        self::subject(&Path::new("subjects").index(index), scope, subject, errors);
    }
}

fn subject(path: &Path<'_>, scope: Scope, subject: &Value, errors: &mut Errors) {
    let text = |field: &str| json::text(subject, field);
    let has_name = rules::required(&path.child("name"), text("name"), errors);
    match text("kind") {
        "ServiceAccount" => {
            if has_name {
                let messages = names::dns_1123_subdomain(text("name"));
                rules::texts(&path.child("name"), text("name"), messages, errors);
            }
            known(&path.child("apiGroup"), text("apiGroup"), &[""], errors);
            if scope == Scope::Cluster {
                rules::required(&path.child("namespace"), text("namespace"), errors);
            }
        }
        kind @ ("User" | "Group") => {
            if !has_name {
                let text = format!("{} name cannot be empty", kind.to_lowercase());
                errors.push(FieldError::invalid(&path.child("name"), "", text));
            }
            known(&path.child("apiGroup"), text("apiGroup"), &[GROUP], errors);
        }
        kind => {
            let kinds = ["ServiceAccount", "User", "Group"];
            errors.push(FieldError::not_supported(&path.child("kind"), kind, &kinds));
        }
    }
}

/// One of the known texts, and not nothing.
fn known(path: &Path<'_>, value: &str, known: &[&str], errors: &mut Errors) {
    if !known.contains(&value) {
        errors.push(FieldError::not_supported(path, value, known));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::testing::Kind;

    #[test]
    fn a_rule_says_what_it_is_about() {
        let roles = Kind(GROUP, "v1", "roles");
        let role =
            |rules: Value| json!({"metadata": {"name": "r", "namespace": "d"}, "rules": rules});
        roles.create(role(json!([{}])), &[
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            "rules[0].resources: Required value: resource rules must supply at least one resource",
            "rules[0].verbs: Required value",
        ]);
        roles.create(role(json!([{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["a"]}])), &[
            r#"rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs"#,
            r#"rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs"#,
        ]);
        let cluster_roles = Kind(GROUP, "v1", "clusterroles");
        cluster_roles.create(
            json!({"metadata": {"name": "r"}, "aggregationRule": {}}),
            &["aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"],
        );
    }

    #[test]
    fn a_binding_names_a_role_and_whom_it_is_for() {
        let bindings = Kind(GROUP, "v1", "clusterrolebindings");
        let binding = |role: Value, subjects: Value| json!({"metadata": {"name": "b"}, "roleRef": role, "subjects": subjects});
        let view = json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"});
        bindings.create(binding(view.clone(), json!(null)), &[]);
        bindings.create(
            binding(json!({"apiGroup": GROUP, "kind": "Role", "name": "a/b"}), json!(null)),
            &[
                r#"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#,
                r#"roleRef.name: Invalid value: "a/b": may not contain '/'"#,
            ],
        );
        bindings.create(
            binding(view, json!([
                {"kind": "ServiceAccount", "name": "A"},
                {"kind": "Robot", "name": "r"},
            ])),
            &[
                r#"subjects[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                "subjects[0].namespace: Required value",
                r#"subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group""#,
            ],
        );
    }
}
