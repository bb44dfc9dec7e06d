//! Eviction: a delete that asks the pod's disruption budget first.

use std::sync::Arc;

use api::{catalog, json};
use meta::{selector::Selector, time::Time};
use serde_json::{Value, json};

use super::{
    Inner,
    binding::set_condition,
    body,
    delete::Deleted,
    failure,
    storage::{Along, Present, Write, Written},
    update::RACES_MAX,
    virtual_kinds::{done, on_pod},
};
use crate::{Cause, Content, DeleteOptions, Object, Operation, Outcome, Reason, Status};

/// More pods than this disrupted without the controller's word is too many.
const DISRUPTED_PODS_MAX: usize = 2000;
const NOT_YET_OBSERVED_RETRY_SECONDS: u32 = 10;

/// What a budget says to an eviction.
#[derive(Debug, Clone, PartialEq)]
enum Verdict {
    /// It goes without asking.
    Free,
    /// It goes, and the budget is charged so.
    Charged(Value),
}

impl Inner {
    pub(super) async fn evict(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let eviction = content.value;
        let name = body::text(&eviction, "name");
        if !name.is_empty() && name != operation.name {
            return Err(failure::bad_request("name in URL does not match name in Eviction object"));
        }
        let mut on_pod = on_pod(operation, &operation.name)?;
        let options = delete_options(&eviction["deleteOptions"]);
        on_pod.dry_run |= json::list(&eviction["deleteOptions"], "dryRun").contains(&"All".into());
        let facts = on_pod.resource;
        let present = self.load(facts, &on_pod.namespace, &on_pod.name).await?;
        let present = present.ok_or_else(|| failure::not_found(facts, &on_pod.name))?;
        if needs_budget(&present.value) {
            self.charge(&on_pod, &present.value).await?;
            self.mark_disrupted(&on_pod).await?;
        }
        let Deleted { .. } = self.delete_one(&on_pod, &options).await?;
        Ok(done())
    }

    /// Takes the pod from its budget, if it has one.
    async fn charge(&self, operation: &Operation, pod: &Value) -> Result<(), Status> {
        let found = catalog::builtin().resource("policy", "v1", "poddisruptionbudgets");
        let Some(budgets) = found else { return Ok(()) };
        for _ in 0..RACES_MAX {
            self.caches.reach_newest().await?;
            let cache = self.caches.of(budgets).await?;
            let matching = matching(cache.all(&operation.namespace), pod);
            let budget = match matching.as_slice() {
                [] => return Ok(()),
                [budget] => budget,
                _ => {
                    return Err(failure::unexplained(
                        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                    ));
                }
            };
            let value = match judge(&budget.value(), pod, self.world.clock.wall())? {
                Verdict::Free => return Ok(()),
                Verdict::Charged(_) if operation.dry_run => return Ok(()),
                Verdict::Charged(value) => value,
            };
            let write = Write {
                facts: budgets,
                namespace: operation.namespace.clone(),
                name: budget.key.name.to_string(),
                value,
                over: store::Revision(budget.version.0),
                along: Along::nothing(),
            };
            match self.write(write).await? {
                Written::Done(_) => return Ok(()),
                Written::Raced(_) | Written::Elsewhere => {}
            }
        }
        Err(failure::modified(budgets, body::text(pod, "name")))
    }

    /// Says on the pod why it goes.
    async fn mark_disrupted(&self, operation: &Operation) -> Result<(), Status> {
        let facts = operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let Some(Present { mut value, modified }) = present.filter(|_| !operation.dry_run)
            else {
                return Ok(());
            };
            let generation = value["metadata"]["generation"].clone();
            set_condition(
                &mut value,
                json!({
                    "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
                    "message": "Eviction API: evicting", "lastProbeTime": null,
                    "lastTransitionTime": self.world.clock.wall().to_string(),
                    "observedGeneration": generation,
                }),
            );
            let write = Write {
                facts,
                namespace: operation.namespace.clone(),
                name: operation.name.clone(),
                value,
                over: modified,
                along: Along::nothing(),
            };
            match self.write(write).await? {
                Written::Done(_) => return Ok(()),
                Written::Raced(_) | Written::Elsewhere => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }
}

/// Pods that do not run, or that go already, disturb nobody by going.
fn needs_budget(pod: &Value) -> bool {
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    let is_idle = matches!(phase, "Pending" | "Succeeded" | "Failed");
    !is_idle && body::text(pod, "deletionTimestamp").is_empty()
}

fn matching(budgets: Vec<Arc<Object>>, pod: &Value) -> Vec<Arc<Object>> {
    let labels = json::labels(&pod["metadata"]["labels"]);
    let selects = |budget: &Arc<Object>| {
        Selector::from_json(&budget.value()["spec"]["selector"])
            .is_ok_and(|selector| selector.matches(&labels))
    };
    budgets.into_iter().filter(selects).collect()
}

fn judge(budget: &Value, pod: &Value, now: Time) -> Result<Verdict, Status> {
    let (spec, status) = (&budget["spec"], &budget["status"]);
    let number = |field: &str| json::number(status, field).unwrap_or(0);
    let (healthy, needed) = (number("currentHealthy"), number("desiredHealthy"));
    let always = spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
    if !is_ready(pod) && (always || (healthy >= needed && needed > 0)) {
        return Ok(Verdict::Free);
    }
    let name = body::text(budget, "name");
    let generation = json::number(&budget["metadata"], "generation").unwrap_or(0);
    if number("observedGeneration") < generation {
        let text = format!("The disruption budget {name} is still being processed by the server.");
        let mut status = too_many(text);
        status.retry_after_seconds = NOT_YET_OBSERVED_RETRY_SECONDS;
        return Err(status);
    }
    let allowed = number("disruptionsAllowed");
    let disrupted = status["disruptedPods"].as_object().map_or(0, serde_json::Map::len);
    let forbid = |reason: &str| {
        let message = format!("poddisruptionbudgets.policy {name:?} is forbidden: {reason}");
        let status = Status::new(403, Reason::Forbidden, message);
        Err(status.about("policy", "poddisruptionbudgets", name))
    };
    if allowed < 0 {
        return forbid("pdb disruptions allowed is negative");
    }
    if disrupted > DISRUPTED_PODS_MAX {
        return forbid(
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        );
    }
    if allowed == 0 {
        return Err(too_many(format!(
            "The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
        )));
    }
    let mut charged = budget.clone();
    charged["status"]["disruptionsAllowed"] = (allowed - 1).into();
    charged["status"]["disruptedPods"][body::text(pod, "name")] = now.to_string().into();
    Ok(Verdict::Charged(charged))
}

fn is_ready(pod: &Value) -> bool {
    let is_met = |known: &Value| known["type"] == "Ready" && known["status"] == "True";
    json::list(&pod["status"], "conditions").iter().any(is_met)
}

fn too_many(text: String) -> Status {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut status = Status::new(429, Reason::TooManyRequests, message);
    status.has_details = true;
    status.causes =
        vec![Cause { reason: "DisruptionBudget".to_owned(), message: text, field: String::new() }];
    status
}

/// Options as an eviction carries them.
fn delete_options(options: &Value) -> DeleteOptions {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    DeleteOptions {
        grace_period_seconds: json::number(options, "gracePeriodSeconds"),
        propagation_policy: text(&options["propagationPolicy"]),
        orphan_dependents: options["orphanDependents"].as_bool(),
        uid: text(&options["preconditions"]["uid"]),
        resource_version: text(&options["preconditions"]["resourceVersion"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(observed: i64, allowed: i64) -> Value {
        json!({"metadata": {"name": "b", "generation": 1}, "spec": {}, "status": {
            "observedGeneration": observed, "disruptionsAllowed": allowed,
            "currentHealthy": 1, "desiredHealthy": 1}})
    }

    fn ready_pod() -> Value {
        json!({"metadata": {"name": "p"}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}]}})
    }

    fn cause(budget: &Value) -> String {
        let status = judge(budget, &ready_pod(), Time::from_seconds(0)).expect_err("refused");
        format!("{} {}", status.causes[0].message, status.retry_after_seconds)
    }

    #[test]
    fn a_budget_with_room_is_charged() {
        let verdict = judge(&budget(1, 2), &ready_pod(), Time::from_seconds(0)).expect("allowed");
        let Verdict::Charged(charged) = verdict else { panic!("free") };
        assert_eq!(charged["status"]["disruptionsAllowed"], 1);
        assert_eq!(charged["status"]["disruptedPods"]["p"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_budget_without_room_says_what_it_needs() {
        let none = "The disruption budget b needs 1 healthy pods and has 1 currently 0";
        assert_eq!(cause(&budget(1, 0)), none);
        let early = "The disruption budget b is still being processed by the server. 10";
        assert_eq!(cause(&budget(0, 5)), early);
    }

    #[test]
    fn an_unready_pod_goes_when_enough_are_healthy() {
        let mut pod = ready_pod();
        pod["status"]["conditions"] = json!([]);
        let verdict = judge(&budget(1, 0), &pod, Time::from_seconds(0)).expect("allowed");
        assert_eq!(verdict, Verdict::Free);
        assert!(needs_budget(&pod));
        pod["status"]["phase"] = "Pending".into();
        assert!(!needs_budget(&pod));
    }
}
