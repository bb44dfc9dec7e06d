//! Fields of kinds without rules of their own that stay as they were created.

use serde_json::Value;

use super::{Errors, FieldError, Path, Shown, rules};
use crate::{catalog::ResourceFacts, json};

/// Group, plural name, and the fields that may not change.
const IMMUTABLE: &[(&str, &str, &[&str])] = &[
    ("apps", "controllerrevisions", &["data"]),
    ("apps", "daemonsets", &["spec.selector"]),
    (
        "batch",
        "jobs",
        &[
            "spec.selector",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.backoffLimitPerIndex",
            "spec.managedBy",
            "spec.successPolicy",
        ],
    ),
    ("certificates.k8s.io", "clustertrustbundles", &["spec.signerName"]),
    ("certificates.k8s.io", "podcertificaterequests", &["spec"]),
    ("coordination.k8s.io", "leasecandidates", &["spec.leaseName"]),
    ("discovery.k8s.io", "endpointslices", &["addressType"]),
    ("networking.k8s.io", "ingressclasses", &["spec.controller"]),
    ("networking.k8s.io", "ipaddresses", &["spec.parentRef"]),
    ("networking.k8s.io", "servicecidrs", &["spec.cidrs"]),
    ("node.k8s.io", "runtimeclasses", &["handler"]),
    ("rbac.authorization.k8s.io", "clusterrolebindings", &["roleRef"]),
    ("rbac.authorization.k8s.io", "rolebindings", &["roleRef"]),
    ("resource.k8s.io", "resourceclaims", &["spec"]),
    ("resource.k8s.io", "resourceclaimtemplates", &["spec"]),
    ("resource.k8s.io", "resourceslices", &["spec.driver", "spec.pool.name", "spec.nodeName"]),
    ("scheduling.k8s.io", "priorityclasses", &["preemptionPolicy"]),
    ("storage.k8s.io", "csidrivers", &["spec.attachRequired", "spec.volumeLifecycleModes"]),
    ("storage.k8s.io", "csistoragecapacities", &["nodeTopology", "storageClassName"]),
    (
        "storage.k8s.io",
        "storageclasses",
        &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
    ),
    ("storage.k8s.io", "volumeattachments", &["spec"]),
    ("storage.k8s.io", "volumeattributesclasses", &["driverName", "parameters"]),
    ("storagemigration.k8s.io", "storageversionmigrations", &["spec"]),
    ("", "resourcequotas", &["spec.scopes", "spec.scopeSelector"]),
    ("", "persistentvolumes", &["spec.volumeMode"]),
];

/// Compares the fields that may not change.
pub fn validate(facts: &ResourceFacts, new: &Value, old: &Value, errors: &mut Errors) {
    let named = &facts.resource;
    let found = IMMUTABLE
        .iter()
        .find(|(group, plural, _)| *plural == named.plural && *group == named.group);
    for path in found.map_or(&[][..], |(_, _, paths)| paths) {
        let [new, old] = [new, old].map(|object| json::at(object, path));
        if new != old {
            let shown = shown(&named.plural, new);
            errors.push(FieldError::invalid(&Path::new(path), shown, rules::IMMUTABLE));
        }
    }
    if named.plural == "priorityclasses" && new["value"] != old["value"] {
        let text = "may not be changed in an update.";
        errors.push(FieldError::forbidden(&Path::new("value"), text));
    }
}

/// The new value as the reference shows it: of storage classes nothing, of bindings by other names.
fn shown(plural: &str, value: &Value) -> Shown {
    match plural {
        "storageclasses" => Value::Null.into(),
        "rolebindings" | "clusterrolebindings" => Shown::Written(format!(
            "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
            value["apiGroup"], value["kind"], value["name"]
        )),
        _ => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    #[test]
    fn what_is_fixed_is_told_with_its_new_value() {
        let rows = [
            (
                ("storage.k8s.io", "v1", "storageclasses"),
                json!({"provisioner": "b"}),
                "provisioner: Invalid value: null: field is immutable",
            ),
            (
                ("rbac.authorization.k8s.io", "v1", "rolebindings"),
                json!({"roleRef": {"apiGroup": "g", "kind": "Role", "name": "b"}}),
                "roleRef: Invalid value: {\"APIGroup\":\"g\",\"Kind\":\"Role\",\"Name\":\"b\"}: field \
                 is immutable",
            ),
            (
                ("scheduling.k8s.io", "v1", "priorityclasses"),
                json!({"value": 2}),
                "value: Forbidden: may not be changed in an update.",
            ),
            (
                ("discovery.k8s.io", "v1", "endpointslices"),
                json!({"addressType": "IPv6"}),
                "addressType: Invalid value: \"IPv6\": field is immutable",
            ),
        ];
        for ((group, version, plural), new, expected) in rows {
            let facts = catalog::builtin().resource(group, version, plural).expect("served");
            let mut errors = Errors::new();
            validate(facts, &new, &json!({}), &mut errors);
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(texts, [expected]);
        }
    }

    #[test]
    fn every_line_names_a_resource() {
        for (group, plural, _) in IMMUTABLE {
            let mut resources = catalog::builtin().resources().iter();
            let known = resources
                .any(|facts| facts.resource.plural == *plural && facts.resource.group == *group);
            assert!(known || SERVED_ON_DEMAND.contains(plural), "{plural}");
        }
    }

    /// Off by default.
    const SERVED_ON_DEMAND: [&str; 4] = [
        "clustertrustbundles",
        "podcertificaterequests",
        "leasecandidates",
        "storageversionmigrations",
    ];
}
