//! Eviction: a delete that asks the pod's disruption budget first.

mod budget;

use std::sync::Arc;

use api::{catalog, json};
use meta::selector::Selector;
use serde_json::{Value, json};

use super::{
    Inner,
    binding::set_condition,
    body,
    delete::Deleted,
    failure,
    node_pods::Farewell,
    removal,
    storage::{Along, Present, Write, Written},
    update::RACES_MAX,
    virtual_kinds::{done, on_pod},
};
use crate::{Content, DeleteOptions, Object, Operation, Outcome, Reason, Status};
use budget::Verdict;

/// What the budgets of a pod say.
#[derive(Debug)]
enum Granted {
    /// It goes, whatever becomes of it meanwhile.
    Freely,
    /// It goes if it stays as it was seen, says the budget of this name.
    AsItIs { budget: String },
}

impl Inner {
    pub(super) async fn evict(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let eviction = content.value;
        if body::text(&eviction, "name") != operation.name {
            return Err(failure::bad_request("name in URL does not match name in Eviction object"));
        }
        let mut on_pod = on_pod(operation, &operation.name)?;
        self.node_lets_go(&on_pod, Farewell::Evict).await?;
        let options = delete_options(&eviction["deleteOptions"]);
        on_pod.dry_run |= json::list(&eviction["deleteOptions"], "dryRun").contains(&"All".into());
        let Some(pod) = self.evict_idle(&on_pod, &options).await? else { return Ok(done()) };
        let granted = self.ask_budgets(&on_pod, &pod.value).await?;
        let Granted::AsItIs { budget } = granted else {
            self.mark_and_delete(&on_pod, &options).await?;
            return Ok(done());
        };
        let is_unbound = options.resource_version.is_none();
        let evicted = self.mark_and_delete(&on_pod, &bound(&options, &pod)).await;
        // It serves by now, or something else about it is new: the budget is to be asked again.
        let is_conflict = |status: &Status| status.reason == Reason::Conflict;
        evicted.map(|()| done()).map_err(|status| {
            if is_unbound && is_conflict(&status) {
                return budget::not_yet_processed(&budget);
            }
            status
        })
    }

    /// Evicts a pod that disturbs nobody by going; answers with one that has to ask.
    async fn evict_idle(
        &self,
        on_pod: &Operation,
        options: &DeleteOptions,
    ) -> Result<Option<Present>, Status> {
        let facts = &on_pod.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &on_pod.namespace, &on_pod.name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &on_pod.name))?;
            if needs_budget(&present.value) {
                return Ok(Some(present));
            }
            // What waits may begin to serve meanwhile.
            let is_bound = may_come(&present.value) && options.resource_version.is_none();
            let options = if is_bound { bound(options, &present) } else { options.clone() };
            match self.mark_and_delete(on_pod, &options).await {
                Err(status) if is_bound && status.reason == Reason::Conflict => {}
                ended => return ended.map(|()| None),
            }
        }
        Err(failure::modified(facts, &on_pod.name))
    }

    /// Takes the pod from its budget, if it has one.
    async fn ask_budgets(&self, operation: &Operation, pod: &Value) -> Result<Granted, Status> {
        let found = catalog::builtin().resource("policy", "v1", "poddisruptionbudgets");
        let Some(budgets) = found else { return Ok(Granted::Freely) };
        let mut last = String::new();
        for _ in 0..RACES_MAX {
            self.caches.reach_newest().await?;
            let cache = self.caches.of(budgets).await?;
            let matching = matching(cache.all(&operation.namespace), pod);
            let budget = match matching.as_slice() {
                [] => return Ok(Granted::Freely),
                [budget] => budget,
                _ => {
                    return Err(failure::unexplained(
                        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                    ));
                }
            };
            last = budget.key.name.to_string();
            let value = match budget::judge(&budget.value(), pod, self.world.clock.wall())? {
                Verdict::FreeAsItIs => return Ok(Granted::AsItIs { budget: last }),
                Verdict::Charged(_) if operation.dry_run => return Ok(Granted::Freely),
                Verdict::Charged(value) => value,
            };
            let write = Write {
                facts: Arc::clone(budgets),
                namespace: operation.namespace.clone(),
                name: last.clone(),
                value,
                over: store::Revision(budget.version.0),
                along: Along::nothing(),
                epoch: operation.epoch.clone(),
            };
            match self.write(write).await? {
                Written::Done(_) => return Ok(Granted::Freely),
                Written::Raced(_) | Written::Elsewhere => {}
            }
        }
        Err(budget::not_yet_processed(&last))
    }

    /// Says on the pod why it goes, and deletes it.
    async fn mark_and_delete(
        &self,
        on_pod: &Operation,
        options: &DeleteOptions,
    ) -> Result<(), Status> {
        let mut options = options.clone();
        if !on_pod.dry_run {
            let marked = self.mark_disrupted(on_pod, &options).await?;
            // It is the mark that made it new.
            if options.resource_version.is_some() {
                options.resource_version = Some(marked.version.to_string());
            }
        }
        let Deleted { .. } = self.delete_one(on_pod, &options).await?;
        Ok(())
    }

    async fn mark_disrupted(
        &self,
        operation: &Operation,
        options: &DeleteOptions,
    ) -> Result<Arc<Object>, Status> {
        let facts = &operation.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &operation.namespace, &operation.name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &operation.name))?;
            removal::check_preconditions(facts, options, &present.value)?;
            let Present { mut value, modified } = present;
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
                facts: Arc::clone(facts),
                namespace: operation.namespace.clone(),
                name: operation.name.clone(),
                value,
                over: modified,
                along: Along::nothing(),
                epoch: operation.epoch.clone(),
            };
            match self.write(write).await? {
                Written::Done(object) => return Ok(object),
                Written::Raced(_) | Written::Elsewhere => {}
            }
        }
        Err(failure::modified(facts, &operation.name))
    }
}

/// The options, for the pod as it was seen.
fn bound(options: &DeleteOptions, pod: &Present) -> DeleteOptions {
    let version = options.resource_version.clone();
    let version = version.unwrap_or_else(|| body::text(&pod.value, "resourceVersion").to_owned());
    DeleteOptions { resource_version: Some(version), ..options.clone() }
}

/// Pods that do not run, or that go already, disturb nobody by going.
fn needs_budget(pod: &Value) -> bool {
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    let is_idle = matches!(phase, "Pending" | "Succeeded" | "Failed");
    !is_idle && body::text(pod, "deletionTimestamp").is_empty()
}

/// Whether an idle pod may yet begin to serve.
fn may_come(pod: &Value) -> bool {
    pod["status"]["phase"] == "Pending" && body::text(pod, "deletionTimestamp").is_empty()
}

fn matching(budgets: Vec<Arc<Object>>, pod: &Value) -> Vec<Arc<Object>> {
    let labels = json::labels(&pod["metadata"]["labels"]);
    let selects = |budget: &Arc<Object>| {
        Selector::from_json(&budget.value()["spec"]["selector"])
            .is_ok_and(|selector| selector.matches(&labels))
    };
    budgets.into_iter().filter(selects).collect()
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

    #[test]
    fn only_what_serves_or_may_serve_asks() {
        let pod = |phase: &str| json!({"metadata": {}, "status": {"phase": phase}});
        assert!(needs_budget(&pod("Running")) && needs_budget(&pod("Unknown")));
        assert!(!needs_budget(&pod("Pending")) && may_come(&pod("Pending")));
        assert!(!needs_budget(&pod("Failed")) && !may_come(&pod("Failed")));
        let mut going = pod("Running");
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(!needs_budget(&going));
    }
}
