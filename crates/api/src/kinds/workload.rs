//! Workloads that wait for their controllers: daemon sets, stateful sets, jobs and cron jobs.

use serde_json::{Value, json};

use super::{Context, Rules, template};
use crate::{
    json,
    validation::{Errors, Path, immutable, ordered, rules, schema},
};

const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

pub(super) const DAEMON_SET: Rules = Rules {
    prepare_create: |_, daemon_set| set_template_generation(daemon_set, 1),
    prepare_update: |ctx, new, old| {
        if ctx.subresource.is_empty() {
            let before = template_generation(old);
            let changed = new["spec"]["template"] != old["spec"]["template"];
            set_template_generation(new, before + i64::from(changed));
        }
    },
    validate: |ctx, daemon_set, errors| {
        schema::validate(ctx.resource.type_id, daemon_set, errors);
        if ctx.subresource.is_empty() {
            let spec = &daemon_set["spec"];
            template::matched(spec, errors);
            template::runs_forever(spec, "DaemonSet", errors);
            let counts = ["minReadySeconds", "revisionHistoryLimit"];
            rules::nonnegative(&Path::new("spec"), spec, &counts, errors);
        }
    },
    validate_update: |ctx, new, old, errors| {
        if ctx.subresource.is_empty() {
            template::same_selector(new, old, errors);
        }
    },
    warnings: template::warnings,
    ..Rules::GENERIC
};

pub(super) const STATEFUL_SET: Rules = Rules {
    validate: |ctx, stateful_set, errors| {
        if ctx.subresource == "status" {
            return;
        }
        let spec = &stateful_set["spec"];
        let path = Path::new("spec");
        rules::nonnegative(&path, spec, &["replicas", "minReadySeconds"], errors);
        template::selector(spec, "statefulset", errors);
        template::matched(spec, errors);
        template::runs_forever(spec, "StatefulSet", errors);
    },
    validate_update: same_identity,
    warnings: template::warnings,
    ..Rules::GENERIC
};

pub(super) const JOB: Rules = Rules {
    prepare_create: |_, job| select_own_pods(job),
    validate: |ctx, job, errors| {
        if ctx.subresource.is_empty() {
            self::job(&job["spec"], errors);
        }
    },
    validate_update: |ctx, new, old, errors| {
        if ctx.subresource.is_empty() {
            immutable::validate(ctx.resource, new, old, errors);
            let suspended = json::is_true(&old["spec"], "suspend");
            if !suspended {
                let [new, old] = [new, old].map(|job| json::at(job, "spec.template"));
                rules::immutable(&Path::new("spec.template"), new, old, errors);
            }
        }
    },
    warnings: template::warnings,
    ..Rules::GENERIC
};

fn template_generation(daemon_set: &Value) -> i64 {
    let annotation = daemon_set["metadata"]["annotations"].get(TEMPLATE_GENERATION);
    annotation.and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn set_template_generation(daemon_set: &mut Value, generation: i64) {
    let metadata = json::object_mut(daemon_set, "metadata");
    let annotations = json::object_mut(metadata, "annotations");
    annotations[TEMPLATE_GENERATION] = generation.to_string().into();
}

/// What gives the pods of a stateful set their names and volumes.
fn same_identity(ctx: &Context<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    if ctx.subresource == "status" {
        return;
    }
    for field in ["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"] {
        let path = Path::new("spec");
        let [new, old] = [new, old].map(|object| json::at(&object["spec"], field));
        rules::immutable(&path.child(field), new, old, errors);
    }
}

/// A job finds its pods by its own UID, unless somebody else chooses the selector.
fn select_own_pods(job: &mut Value) {
    let [name, uid] = ["name", "uid"].map(|field| json::text(&job["metadata"], field).to_owned());
    let spec = json::object_mut(job, "spec");
    if json::is_true(spec, "manualSelector") {
        return;
    }
    if json::field(spec, "selector").is_none() {
        spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    }
    let template = json::object_mut(spec, "template");
    let labels = json::object_mut(json::object_mut(template, "metadata"), "labels");
    for (label, value) in [
        ("controller-uid", &uid),
        ("batch.kubernetes.io/controller-uid", &uid),
        ("job-name", &name),
        ("batch.kubernetes.io/job-name", &name),
    ] {
        if json::field(labels, label).is_none() {
            labels[label] = value.as_str().into();
        }
    }
}

fn job(spec: &Value, errors: &mut Errors) {
    let path = Path::new("spec");
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    rules::nonnegative(&path, spec, &counts, errors);
    let mode = json::text(spec, "completionMode");
    rules::one_of(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"], errors);
    template::validate(&spec["template"], errors);
    let policy = json::at(spec, "template.spec.restartPolicy").as_str().unwrap_or_default();
    let policy_path = Path::new("spec.template.spec.restartPolicy");
    match policy {
        "OnFailure" | "Never" => {}
        "" | "Always" => {
            let text = "valid values: \"OnFailure\", \"Never\"";
            errors.push(crate::validation::FieldError::required(&policy_path, text));
        }
        _ => rules::one_of(&policy_path, policy, &["OnFailure", "Never"], errors),
    }
    let manual = json::is_true(spec, "manualSelector");
    if manual && json::field(spec, "selector").is_none() {
        rules::required(&path.child("selector"), "", errors);
    }
    if let Some(selector) = json::field(spec, "selector").filter(|_| !manual) {
        let generated = selector["matchLabels"].get("batch.kubernetes.io/controller-uid").is_some();
        if !generated {
            let shown = ordered::selector(selector);
            let text = "`selector` not auto-generated";
            let path = path.child("selector");
            errors.push(crate::validation::FieldError::invalid(&path, shown, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::{Kind, deployment};

    #[test]
    fn a_daemon_set_counts_the_changes_of_its_template() {
        let kind = Kind("apps", "v1", "daemonsets");
        let mut old = kind.prepared(deployment());
        assert_eq!(old["metadata"]["annotations"]["deprecated.daemonset.template.generation"], "1");
        old["metadata"]["generation"] = json!(4);
        let mut new = old.clone();
        new["spec"]["template"]["spec"]["containers"][0]["image"] = json!("web:2");
        let new = kind.changed("", new, &old);
        assert_eq!(new["metadata"]["annotations"]["deprecated.daemonset.template.generation"], "2");
        assert_eq!(new["metadata"]["generation"], 5);
    }

    #[test]
    fn a_job_selects_its_pods_by_uid() {
        let kind = Kind("batch", "v1", "jobs");
        let job = json!({
            "metadata": {"name": "j", "namespace": "d", "uid": "u"},
            "spec": {"template": {"spec": {
                "containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never",
            }}},
        });
        let job = kind.prepared(job);
        let uid = "batch.kubernetes.io/controller-uid";
        assert_eq!(job["spec"]["selector"]["matchLabels"][uid], "u");
        assert_eq!(job["spec"]["template"]["metadata"]["labels"]["job-name"], "j");
        kind.create(job.clone(), &[]);
        let mut always = job;
        always["spec"]["template"]["spec"]["restartPolicy"] = json!("Always");
        kind.create(
            always,
            &["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \
               \"Never\""],
        );
    }

    #[test]
    fn what_names_the_pods_of_a_stateful_set_stays() {
        let kind = Kind("apps", "v1", "statefulsets");
        let mut new = deployment();
        new["spec"]["serviceName"] = json!("b");
        kind.update(
            "",
            new,
            &deployment(),
            &["spec.serviceName: Invalid value: \"b\": field is immutable"],
        );
    }
}
