//! Deployments.

use serde_json::Value;

use super::{Context, Rules, template};
use crate::{
    json,
    validation::{Errors, FieldError, Path, Shown, ordered, rules},
};

pub(super) const RULES: Rules =
    Rules { validate, validate_update, warnings: template::warnings, ..Rules::GENERIC };

const STRATEGY_ORDER: [&str; 4] = ["Type", "RollingUpdate", "MaxUnavailable", "MaxSurge"];

fn validate(ctx: &Context<'_>, deployment: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        return status(&deployment["status"], errors);
    }
    let spec = &deployment["spec"];
    let path = Path::new("spec");
    rules::nonnegative(&path, spec, &["replicas"], errors);
    template::selector(spec, "deployment", errors);
    template::matched(spec, errors);
    template::runs_forever(spec, "ReplicaSet", errors);
    strategy(&path.child("strategy"), &spec["strategy"], errors);
    rules::nonnegative(&path, spec, &["minReadySeconds", "revisionHistoryLimit"], errors);
    deadline(&path, spec, errors);
}

fn strategy(path: &Path<'_>, strategy: &Value, errors: &mut Errors) {
    let bounds = json::field(strategy, "rollingUpdate");
    let bounds_path = path.child("rollingUpdate");
    match (json::text(strategy, "type"), bounds) {
        ("Recreate", Some(_)) => {
            let text = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden(&bounds_path, text));
        }
        ("Recreate", None) => {}
        ("RollingUpdate", Some(bounds)) => rolling_update(&bounds_path, bounds, errors),
        ("RollingUpdate", None) => {
            let text = "this should be defaulted and never be nil";
            errors.push(FieldError::required(&bounds_path, text));
        }
        (kind, bounds) => {
            let known = ["Recreate", "RollingUpdate"];
            let shown = serde_json::json!({
                "Type": kind,
                "RollingUpdate": bounds.map(|bounds| serde_json::json!({
                    "MaxUnavailable": bounds["maxUnavailable"], "MaxSurge": bounds["maxSurge"],
                })),
            });
            let shown = Shown::Written(ordered::write(&shown, &STRATEGY_ORDER));
            errors.push(FieldError::not_supported(path, shown, &known));
        }
    }
}

fn rolling_update(path: &Path<'_>, bounds: &Value, errors: &mut Errors) {
    let [unavailable, surge] = [&bounds["maxUnavailable"], &bounds["maxSurge"]];
    let unavailable_path = path.child("maxUnavailable");
    rules::count_or_percent(&unavailable_path, unavailable, errors);
    rules::count_or_percent(&path.child("maxSurge"), surge, errors);
    if is_nothing(unavailable) && is_nothing(surge) {
        let text = "may not be 0 when `maxSurge` is 0";
        errors.push(FieldError::invalid(&unavailable_path, unavailable, text));
    }
    rules::percent_at_most_hundred(&unavailable_path, unavailable, errors);
}

/// What is no number counts as zero.
fn is_nothing(bound: &Value) -> bool {
    bound.as_i64().unwrap_or_else(|| bound.as_str().and_then(rules::percent).unwrap_or(0)) == 0
}

fn deadline(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let Some(seconds) = json::number(spec, "progressDeadlineSeconds") else { return };
    rules::nonnegative(path, spec, &["progressDeadlineSeconds"], errors);
    if seconds <= json::number(spec, "minReadySeconds").unwrap_or(0) {
        let text = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid(&path.child("progressDeadlineSeconds"), seconds, text));
    }
}

fn status(status: &Value, errors: &mut Errors) {
    const OF_ALL: &str = "cannot be greater than status.replicas";
    template::counters(
        status,
        &[
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ],
        &[
            ("updatedReplicas", "replicas", OF_ALL),
            ("readyReplicas", "replicas", OF_ALL),
            ("availableReplicas", "replicas", OF_ALL),
            ("availableReplicas", "readyReplicas", "cannot be greater than readyReplicas"),
        ],
        errors,
    );
}

fn validate_update(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if ctx.subresource != "status" {
        return template::same_selector(new, old, errors);
    }
    let [new, old] = [new, old].map(|object| json::number(&object["status"], "collisionCount"));
    if new.unwrap_or(0) < old.unwrap_or(0) {
        let path = Path::new("status.collisionCount");
        let shown = new.map_or(Value::Null, Value::from);
        errors.push(FieldError::invalid(&path, shown, "cannot be decremented"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::{Kind, deployment};

    const DEPLOYMENTS: Kind = Kind("apps", "v1", "deployments");

    #[test]
    fn a_sound_deployment_has_no_errors() {
        DEPLOYMENTS.create(deployment(), &[]);
    }

    #[test]
    fn counts_are_not_negative() {
        let mut object = deployment();
        object["spec"]["replicas"] = json!(-1);
        object["spec"]["minReadySeconds"] = json!(-2);
        object["spec"]["revisionHistoryLimit"] = json!(-3);
        DEPLOYMENTS.create(
            object,
            &[
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
                "spec.revisionHistoryLimit: Invalid value: -3: must be greater than or equal to 0",
            ],
        );
    }

    #[test]
    fn a_selector_is_there_and_matches() {
        let mut object = deployment();
        object["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
        DEPLOYMENTS.create(
            object.clone(),
            &["spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not \
               match template `labels`"],
        );
        object["spec"]["selector"] = json!({});
        DEPLOYMENTS.create(
            object.clone(),
            &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        );
        object["spec"].as_object_mut().expect("object").remove("selector");
        DEPLOYMENTS.create(
            object,
            &[
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does \
                 not match template `labels`",
            ],
        );
    }

    #[test]
    fn a_template_without_containers_or_with_an_end_is_refused() {
        let mut object = deployment();
        object["spec"]["template"]["spec"] =
            json!({"containers": null, "restartPolicy": "Never", "activeDeadlineSeconds": 5});
        DEPLOYMENTS.create(
            object,
            &[
                "spec.template.spec.containers: Required value",
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \
                 \"Always\"",
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in \
                 ReplicaSet is not Supported",
            ],
        );
    }

    #[test]
    fn a_strategy_is_one_of_two_and_its_bounds_leave_room() {
        let mut object = deployment();
        let rows = [
            (
                json!({"type": "Foo"}),
                "spec.strategy: Unsupported value: {\"Type\":\"Foo\",\"RollingUpdate\":null}: \
                 supported values: \"Recreate\", \"RollingUpdate\"",
            ),
            (
                json!({"type": "Recreate", "rollingUpdate": {}}),
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` \
                 is 'Recreate'",
            ),
            (
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "0%", "maxSurge": 0}}),
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 \
                 when `maxSurge` is 0",
            ),
            (
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "101%", "maxSurge": "150%"}}),
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be \
                 greater than 100%",
            ),
        ];
        for (strategy, expected) in rows {
            object["spec"]["strategy"] = strategy;
            DEPLOYMENTS.create(object.clone(), &[expected]);
        }
    }

    #[test]
    fn the_deadline_is_after_pods_count_as_available() {
        let mut object = deployment();
        object["spec"]["progressDeadlineSeconds"] = json!(5);
        object["spec"]["minReadySeconds"] = json!(5);
        DEPLOYMENTS.create(
            object,
            &["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
        );
    }

    #[test]
    fn a_selector_cannot_change() {
        let mut new = deployment();
        new["spec"]["selector"]["matchLabels"]["app"] = json!("new");
        new["spec"]["template"]["metadata"]["labels"]["app"] = json!("new");
        DEPLOYMENTS.update(
            "",
            new,
            &deployment(),
            &["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"new\"}}: field is immutable"],
        );
    }

    #[test]
    fn a_status_counts_no_more_than_there_are() {
        let mut new = deployment();
        new["status"] = json!({"replicas": 1, "readyReplicas": 1, "availableReplicas": 2});
        let mut old = deployment();
        old["status"] = json!({"collisionCount": 1});
        DEPLOYMENTS.update(
            "status",
            new,
            &old,
            &[
                "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
                "status.collisionCount: Invalid value: null: cannot be decremented",
            ],
        );
    }
}
