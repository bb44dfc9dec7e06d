//! What a disruption budget says to the eviction of a pod.

use api::json;
use meta::time::Time;
use serde_json::{Value, json};

use super::super::{binding::set_condition, body};
use crate::{Cause, Reason, Status};

/// More granted evictions that nobody has confirmed are too many.
const DISRUPTED_PODS_MAX: usize = 2000;
const NOT_YET_OBSERVED_RETRY_SECONDS: u32 = 10;

/// What a budget says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It goes, as the pod does not serve as it is now.
    FreeAsItIs,
    /// It goes, and the budget is charged so.
    Charged(Value),
}

pub(super) fn judge(budget: &Value, pod: &Value, now: Time) -> Result<Verdict, Status> {
    let (spec, status) = (&budget["spec"], &budget["status"]);
    let number = |field: &str| json::number(status, field).unwrap_or(0);
    let (healthy, needed) = (number("currentHealthy"), number("desiredHealthy"));
    let always = spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
    if !is_ready(pod) && (always || (healthy >= needed && needed > 0)) {
        return Ok(Verdict::FreeAsItIs);
    }
    let name = body::text(budget, "name");
    let generation = json::number(&budget["metadata"], "generation").unwrap_or(0);
    if number("observedGeneration") < generation {
        return Err(not_yet_processed(name));
    }
    let allowed = number("disruptionsAllowed");
    if allowed < 0 {
        let reason = "pdb disruptions allowed is negative";
        return Err(forbidden(name, reason, reason));
    }
    let disrupted = status["disruptedPods"].as_object().map_or(0, serde_json::Map::len);
    if disrupted > DISRUPTED_PODS_MAX {
        return Err(forbidden(
            name,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            "too many pending evictions not confirmed by PDB controller",
        ));
    }
    if allowed == 0 {
        return Err(too_many(exhausted(name, status)));
    }
    Ok(Verdict::Charged(charged(budget, pod, allowed - 1, now)))
}

/// The budget's status is older than its spec, or nobody gets a word in.
pub(super) fn not_yet_processed(name: &str) -> Status {
    let text = format!("The disruption budget {name} is still being processed by the server.");
    let mut status = too_many(text);
    status.retry_after_seconds = NOT_YET_OBSERVED_RETRY_SECONDS;
    status
}

/// Why a budget has nothing left.
fn exhausted(name: &str, status: &Value) -> String {
    let number = |field: &str| json::number(status, field).unwrap_or(0);
    let (healthy, needed) = (number("currentHealthy"), number("desiredHealthy"));
    let is_word =
        |known: &&Value| known["type"] == "DisruptionAllowed" && known["status"] == "False";
    let conditions = json::list(status, "conditions");
    let word = conditions.iter().find(is_word);
    let text = |field: &str| word.and_then(|word| word[field].as_str()).unwrap_or_default();
    let (reason, message) = (text("reason"), text("message"));
    let refusal = format!("The disruption budget {name} does not allow evicting pods currently");
    if reason == "SyncFailed" {
        return format!("{refusal} because it failed sync: {message}");
    }
    if healthy <= needed {
        return format!(
            "The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
        );
    }
    if word.is_some() && !message.is_empty() {
        return format!("{refusal} ({reason}): {message}");
    }
    refusal
}

/// The budget after one more eviction.
fn charged(budget: &Value, pod: &Value, left: i64, now: Time) -> Value {
    let mut charged = budget.clone();
    charged["status"]["disruptionsAllowed"] = left.into();
    charged["status"]["disruptedPods"][body::text(pod, "name")] = now.to_string().into();
    if left == 0 {
        let generation = budget["status"]["observedGeneration"].clone();
        set_condition(
            &mut charged,
            json!({
                "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods",
                "message": "", "lastTransitionTime": now.to_string(),
                "observedGeneration": generation,
            }),
        );
    }
    charged
}

fn is_ready(pod: &Value) -> bool {
    let is_met = |known: &Value| known["type"] == "Ready" && known["status"] == "True";
    json::list(&pod["status"], "conditions").iter().any(is_met)
}

fn too_many(text: String) -> Status {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut status = Status::new(429, Reason::TooManyRequests, message);
    status.has_details = true;
    status.causes = vec![cause(text)];
    status
}

fn forbidden(name: &str, reason: &str, cause_end: &str) -> Status {
    let kind = "poddisruptionbudget";
    let message = format!("{kind}.policy {name:?} is forbidden: {reason}");
    let mut status = Status::new(403, Reason::Forbidden, message).about("policy", kind, name);
    let refusal = format!("The disruption budget {name} does not allow evicting pods currently");
    status.causes = vec![cause(format!("{refusal}: {cause_end}"))];
    status
}

fn cause(message: String) -> Cause {
    Cause { reason: "DisruptionBudget".to_owned(), message, field: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(observed: i64, allowed: i64, healthy: i64) -> Value {
        json!({"metadata": {"name": "b", "generation": 1}, "spec": {}, "status": {
            "observedGeneration": observed, "disruptionsAllowed": allowed,
            "currentHealthy": healthy, "desiredHealthy": 1}})
    }

    fn ready_pod() -> Value {
        json!({"metadata": {"name": "p"}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}]}})
    }

    fn judged(budget: &Value, pod: &Value) -> Result<Verdict, Status> {
        judge(budget, pod, Time::from_seconds(0))
    }

    fn refused(budget: &Value) -> String {
        let status = judged(budget, &ready_pod()).expect_err("refused");
        let (code, cause) = (status.code, &status.causes[0].message);
        format!("{code} {cause} {}", status.retry_after_seconds)
    }

    #[test]
    fn a_budget_with_room_is_charged() {
        let verdict = judged(&budget(1, 2, 3), &ready_pod()).expect("allowed");
        let Verdict::Charged(charged) = verdict else { panic!("free") };
        assert_eq!(charged["status"]["disruptionsAllowed"], 1);
        assert_eq!(charged["status"]["disruptedPods"]["p"], "1970-01-01T00:00:00Z");
        assert!(charged["status"]["conditions"].is_null());
    }

    #[test]
    fn the_last_charge_turns_the_condition() {
        let verdict = judged(&budget(1, 1, 2), &ready_pod()).expect("allowed");
        let Verdict::Charged(charged) = verdict else { panic!("free") };
        let condition = &charged["status"]["conditions"][0];
        assert_eq!(
            (&condition["status"], &condition["reason"]),
            (&json!("False"), &json!("InsufficientPods"))
        );
        assert_eq!(condition["observedGeneration"], 1);
    }

    #[test]
    fn a_budget_without_room_says_why() {
        let none = "429 The disruption budget b needs 1 healthy pods and has 1 currently 0";
        assert_eq!(refused(&budget(1, 0, 1)), none);
        let early = "429 The disruption budget b is still being processed by the server. 10";
        assert_eq!(refused(&budget(0, 5, 9)), early);
        let mut failed = budget(1, 0, 3);
        let no = "429 The disruption budget b does not allow evicting pods currently";
        assert_eq!(refused(&failed), format!("{no} 0"));
        failed["status"]["conditions"] = json!([{"type": "DisruptionAllowed", "status": "False",
            "reason": "Paused", "message": "wait"}]);
        assert_eq!(refused(&failed), format!("{no} (Paused): wait 0"));
        failed["status"]["conditions"][0]["reason"] = "SyncFailed".into();
        assert_eq!(refused(&failed), format!("{no} because it failed sync: wait 0"));
    }

    #[test]
    fn an_odd_budget_forbids() {
        let no = "403 The disruption budget b does not allow evicting pods currently";
        assert_eq!(
            refused(&budget(1, -1, 1)),
            format!("{no}: pdb disruptions allowed is negative 0")
        );
        let mut full = budget(1, 9, 9);
        let granted = (0..=DISRUPTED_PODS_MAX).map(|pod| (format!("p{pod}"), json!("")));
        full["status"]["disruptedPods"] = Value::Object(granted.collect());
        assert_eq!(
            refused(&full),
            format!("{no}: too many pending evictions not confirmed by PDB controller 0")
        );
    }

    #[test]
    fn an_unready_pod_goes_when_enough_are_healthy_or_it_never_counts() {
        let mut pod = ready_pod();
        pod["status"]["conditions"] = json!([]);
        assert_eq!(judged(&budget(1, 0, 1), &pod), Ok(Verdict::FreeAsItIs));
        assert_eq!(judged(&budget(1, 0, 0), &pod).expect_err("refused").code, 429);
        let mut always = budget(0, 0, 0);
        always["spec"]["unhealthyPodEvictionPolicy"] = "AlwaysAllow".into();
        assert_eq!(judged(&always, &pod), Ok(Verdict::FreeAsItIs));
        assert_eq!(judged(&always, &ready_pod()).expect_err("refused").code, 429);
    }
}
