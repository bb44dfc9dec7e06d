//! Namespaces.

use meta::names;
use serde_json::{Value, json};

use super::{Context, Rules};
use crate::{
    json,
    validation::{Errors, FieldError, Path, metadata, rules},
};

pub(super) const RULES: Rules =
    Rules { prepare_create, validate, validate_update, ..Rules::GENERIC };

const FINALIZER: &str = "kubernetes";

/// The namespace controller empties a namespace before it goes; the finalizer is its mark.
fn prepare_create(_: &Context<'_>, namespace: &mut Value) {
    namespace["status"] = json!({"phase": "Active"});
    let spec = json::object_mut(namespace, "spec");
    let mut finalizers = json::list(spec, "finalizers").to_vec();
    if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
        finalizers.push(FINALIZER.into());
    }
    spec["finalizers"] = finalizers.into();
}

fn validate(_: &Context<'_>, namespace: &Value, errors: &mut Errors) {
    let path = Path::new("spec.finalizers");
    for finalizer in json::list(&namespace["spec"], "finalizers").iter().filter_map(Value::as_str) {
        rules::texts(&path, finalizer, names::qualified_name(finalizer), errors);
        metadata::standard_finalizer(&path, finalizer, errors);
    }
}

fn validate_update(ctx: &Context<'_>, new: &Value, _: &Value, errors: &mut Errors) {
    if ctx.subresource != "status" {
        return;
    }
    let is_deleting = !json::is_empty(&new["metadata"], "deletionTimestamp");
    let phase = json::text(&new["status"], "phase");
    let text = match (is_deleting, phase) {
        (false, "Active") | (true, "Terminating") => return,
        (false, _) => "may only be 'Active' if `deletionTimestamp` is empty",
        (true, _) => "may only be 'Terminating' if `deletionTimestamp` is not empty",
    };
    errors.push(FieldError::invalid(&Path::new("status.Phase"), phase, text));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::Kind;

    const NAMESPACES: Kind = Kind("", "v1", "namespaces");

    #[test]
    fn a_new_namespace_is_active_and_has_the_finalizer() {
        let namespace = NAMESPACES.prepared(json!({
            "metadata": {"name": "a"}, "spec": {"finalizers": ["x.io/y"]},
            "status": {"phase": "Terminating"},
        }));
        assert_eq!(namespace["spec"]["finalizers"], json!(["x.io/y", "kubernetes"]));
        assert_eq!(namespace["status"], json!({"phase": "Active"}));
        assert_eq!(namespace["metadata"]["labels"]["kubernetes.io/metadata.name"], "a");
    }

    #[test]
    fn a_namespace_is_named_like_a_label_and_its_finalizers_like_a_domain() {
        NAMESPACES.create(
            json!({"metadata": {"name": "a.b"}, "spec": {"finalizers": ["x"]}}),
            &[
                "metadata.name: Invalid value: \"a.b\": must not contain dots",
                "spec.finalizers: Invalid value: \"x\": name is neither a standard finalizer name \
                 nor is it fully qualified",
            ],
        );
    }

    #[test]
    fn only_finalize_changes_the_finalizers() {
        let old = NAMESPACES.prepared(json!({"metadata": {"name": "a"}}));
        let mut asked = old.clone();
        asked["spec"]["finalizers"] = json!([]);
        assert_eq!(NAMESPACES.changed("", asked.clone(), &old)["spec"], old["spec"]);
        assert_eq!(NAMESPACES.changed("finalize", asked, &old)["spec"]["finalizers"], json!([]));
    }

    #[test]
    fn the_phase_follows_the_deletion() {
        let old = NAMESPACES.prepared(json!({"metadata": {"name": "a"}}));
        let mut new = old.clone();
        new["status"]["phase"] = json!("Terminating");
        NAMESPACES.update(
            "status",
            new,
            &old,
            &["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if \
               `deletionTimestamp` is empty"],
        );
    }
}
