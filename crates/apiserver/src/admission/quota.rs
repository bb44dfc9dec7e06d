//! `ResourceQuota`: what a write adds to the usage of its namespace, and whether that is still allowed.

use api::{
    quota::{self, Subject},
    views::{Amounts, ResourceQuota},
};
use meta::{quantity::Quantity, text::Text, time::Time};

/// An object before and after a write, at the time of the write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) old: Option<Subject<'a>>,
    pub(crate) new: Subject<'a>,
    pub(crate) now: Time,
}

/// What the quotas of the namespace have used up after a change: those that it touches, each with its
/// place among `quotas`.
///
/// # Errors
/// Why the first quota that refuses does so.
pub(crate) fn charge(
    quotas: &[ResourceQuota],
    change: &Change<'_>,
) -> Result<Vec<(usize, Amounts)>, String> {
    let meant: Vec<(usize, &ResourceQuota)> =
        quotas.iter().enumerate().filter(|(_, quota)| is_meant(&change.new, quota)).collect();
    for (_, quota) in &meant {
        refuse_unclear(quota, change)?;
    }
    let usage = change.new.usage(change.now);
    let mut charged = Vec::new();
    for (place, quota) in meant {
        let delta = delta(quota, change, &usage);
        if delta.is_empty() {
            continue;
        }
        let used = used(quota);
        let sum = |(name, more): (&Text, &Quantity)| {
            let before = used.get(name).copied().unwrap_or_default();
            (name.clone(), before + *more)
        };
        let after: Amounts = delta.iter().map(sum).collect();
        refuse_excess(quota, &delta, &after)?;
        let mut total = used;
        total.extend(after);
        charged.push((place, total));
    }
    Ok(charged)
}

fn is_meant(subject: &Subject<'_>, quota: &ResourceQuota) -> bool {
    quota.status.hard.as_ref().is_some_and(|hard| subject.is_meant(&quota.spec, hard))
}

fn hard(quota: &ResourceQuota) -> Amounts {
    quota.status.hard.clone().unwrap_or_default()
}

fn used(quota: &ResourceQuota) -> Amounts {
    quota.status.used.clone().unwrap_or_default()
}

/// Refuses pods that do not say what is limited, and everything that has not been counted yet.
fn refuse_unclear(quota: &ResourceQuota, change: &Change<'_>) -> Result<(), String> {
    let (name, hard, used) = (&quota.metadata.name, hard(quota), used(quota));
    if let Subject::Pod(pod) = change.new
        && let Some(unstated) = quota::unstated(pod, &hard)
    {
        return Err(format!("failed quota: {name}: must specify {unstated}"));
    }
    let resource = change.new.resource();
    let limited = hard.keys().filter(|name| quota::counts(&resource, name));
    let unknown: Vec<&str> =
        limited.filter(|name| !used.contains_key(*name)).map(Text::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!("status unknown for quota: {name}, resources: {}", unknown.join(",")))
}

/// What the change adds to the names that the quota limits. Less is not given back here: the
/// controller counts anew.
fn delta(quota: &ResourceQuota, change: &Change<'_>, usage: &Amounts) -> Amounts {
    let hard = hard(quota);
    let counted_before = change.old.filter(|old| is_meant(old, quota));
    let before = counted_before.map(|old| old.usage(change.now)).unwrap_or_default();
    let more = usage.iter().filter(|(name, _)| hard.contains_key(*name)).map(|(name, amount)| {
        (name.clone(), *amount - before.get(name).copied().unwrap_or_default())
    });
    more.filter(|(_, amount)| *amount > Quantity::ZERO).collect()
}

fn refuse_excess(quota: &ResourceQuota, delta: &Amounts, after: &Amounts) -> Result<(), String> {
    let (hard, used) = (hard(quota), used(quota));
    let exceeds = |name: &&Text| after.get(*name) > hard.get(*name);
    let exceeded: Vec<&Text> = delta.keys().filter(exceeds).collect();
    if exceeded.is_empty() {
        return Ok(());
    }
    let list = |amounts: &Amounts| {
        let listed = exceeded
            .iter()
            .map(|name| format!("{name}={}", amounts.get(*name).copied().unwrap_or_default()));
        listed.collect::<Vec<_>>().join(",")
    };
    Err(format!(
        "exceeded quota: {}, requested: {}, used: {}, limited: {}",
        quota.metadata.name,
        list(delta),
        list(&used),
        list(&hard)
    ))
}

#[cfg(test)]
mod tests {
    use api::views::{Pod, ResourceQuotaStatus, Service};
    use serde_json::{Value, json};

    use super::*;

    fn quota(hard: Value, used: Value) -> ResourceQuota {
        let quota = json!({"metadata": {"name": "q"}, "spec": {"hard": hard},
            "status": {"hard": hard, "used": used}});
        serde_json::from_value(quota).expect("a quota")
    }

    fn pod(spec: Value) -> Pod {
        serde_json::from_value(json!({ "spec": spec })).expect("a pod")
    }

    fn shown(charged: Result<Vec<(usize, Amounts)>, String>) -> String {
        let total = |(place, amounts): (usize, Amounts)| {
            let amounts = amounts.iter().map(|(name, amount)| format!(" {name}={amount}"));
            format!("{place}:{}", amounts.collect::<String>())
        };
        match charged {
            Ok(charged) => charged.into_iter().map(total).collect::<Vec<_>>().join("; "),
            Err(reason) => reason,
        }
    }

    fn create(quotas: &[ResourceQuota], spec: Value) -> String {
        let pod = pod(spec);
        let change = Change { old: None, new: Subject::Pod(&pod), now: Time::default() };
        shown(charge(quotas, &change))
    }

    fn asking(cpu: &str) -> Value {
        json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]})
    }

    #[test]
    fn a_pod_adds_to_every_quota_that_is_about_it() {
        let pods = quota(json!({"pods": "2"}), json!({"pods": "1"}));
        let maps = quota(json!({"configmaps": "2"}), json!({"configmaps": "1"}));
        let cpu = quota(json!({"requests.cpu": "1"}), json!({"requests.cpu": "250m"}));
        let charged = create(&[pods, maps, cpu], asking("500m"));
        assert_eq!(charged, "0: pods=2; 2: requests.cpu=750m");
    }

    #[test]
    fn what_exceeds_a_quota_is_named_and_nothing_else() {
        let hard = json!({"pods": "5", "requests.cpu": "1", "cpu": "1"});
        let used = json!({"pods": "1", "requests.cpu": "800m", "cpu": "800m"});
        assert_eq!(
            create(&[quota(hard, used)], asking("500m")),
            "exceeded quota: q, requested: cpu=500m,requests.cpu=500m, used: cpu=800m,requests.cpu=800m, limited: cpu=1,requests.cpu=1"
        );
    }

    #[test]
    fn containers_say_what_is_limited() {
        let quota = quota(json!({"limits.cpu": "1"}), json!({"limits.cpu": "0"}));
        let refused = create(&[quota], asking("1"));
        assert_eq!(refused, "failed quota: q: must specify limits.cpu for: c");
    }

    #[test]
    fn what_was_never_counted_is_not_given_out() {
        let uncounted = quota(json!({"pods": "1", "count/pods": "1"}), json!({}));
        let refused = create(&[uncounted], json!({}));
        assert_eq!(refused, "status unknown for quota: q, resources: count/pods,pods");
        let fresh =
            ResourceQuota { status: ResourceQuotaStatus::default(), ..quota(json!({}), json!({})) };
        assert_eq!(create(&[fresh], json!({})), "");
    }

    #[test]
    fn an_update_is_charged_for_what_is_new() {
        let service = |kind: &str| -> Service {
            let spec = json!({"type": kind, "ports": [{"port": 1}]});
            serde_json::from_value(json!({ "spec": spec })).expect("a service")
        };
        let (old, new) = (service("ClusterIP"), service("NodePort"));
        let check = |old: &Service, new: &Service, limit: &str| {
            let hard = json!({"services": "1", "services.nodeports": limit});
            let used = json!({"services": "1", "services.nodeports": "0"});
            let (old, new) = (Some(Subject::Service(old)), Subject::Service(new));
            let change = Change { old, new, now: Time::default() };
            shown(charge(&[quota(hard, used)], &change))
        };
        assert_eq!(check(&old, &new, "1"), "0: services=1 services.nodeports=1");
        assert_eq!(check(&new, &old, "1"), "");
        assert_eq!(
            check(&old, &new, "0"),
            "exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0"
        );
    }

    #[test]
    fn a_quota_already_over_its_limit_refuses_only_more_of_that() {
        let over = quota(json!({"pods": "1", "cpu": "1"}), json!({"pods": "0", "cpu": "3"}));
        assert_eq!(create(&[over], asking("0")), "0: cpu=3 pods=1");
    }
}
