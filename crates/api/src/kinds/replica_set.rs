//! Replica sets.

use serde_json::Value;

use super::{Context, Rules, template};
use crate::validation::{Errors, Path, rules};

pub(super) const RULES: Rules =
    Rules { validate, validate_update, warnings: template::warnings, ..Rules::GENERIC };

fn validate(ctx: &Context<'_>, replica_set: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        return status(&replica_set["status"], errors);
    }
    let spec = &replica_set["spec"];
    rules::nonnegative(&Path::new("spec"), spec, &["replicas", "minReadySeconds"], errors);
    template::selector(spec, "deployment", errors);
    template::matched(spec, errors);
    template::runs_forever(spec, "ReplicaSet", errors);
}

fn status(status: &Value, errors: &mut Errors) {
    const OF_ALL: &str = "cannot be greater than status.replicas";
    template::counters(
        status,
        &[
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "observedGeneration",
            "terminatingReplicas",
        ],
        &[
            ("fullyLabeledReplicas", "replicas", OF_ALL),
            ("readyReplicas", "replicas", OF_ALL),
            ("availableReplicas", "replicas", OF_ALL),
            ("availableReplicas", "readyReplicas", "cannot be greater than readyReplicas"),
        ],
        errors,
    );
}

fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if ctx.subresource != "status" {
        template::same_selector(new, old, errors);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::{Kind, deployment};

    const REPLICA_SETS: Kind = Kind("apps", "v1", "replicasets");

    #[test]
    fn a_replica_set_is_held_to_what_a_deployment_is() {
        let mut object = deployment();
        object["spec"]["strategy"] = json!(null);
        REPLICA_SETS.create(object.clone(), &[]);
        object["spec"]["selector"] = json!({});
        REPLICA_SETS.create(
            object,
            &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        );
    }

    #[test]
    fn no_more_pods_are_ready_than_there_are() {
        let mut new = deployment();
        new["status"] = json!({"replicas": 1, "readyReplicas": 2});
        REPLICA_SETS.update(
            "status",
            new,
            &deployment(),
            &["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"],
        );
    }
}
