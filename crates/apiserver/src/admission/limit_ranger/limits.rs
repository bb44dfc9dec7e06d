//! What is outside the limits of a namespace.

use std::collections::BTreeMap;

use api::{
    quota,
    views::{Amounts, PersistentVolumeClaim, Pod},
};
use meta::{quantity::Quantity, text::Text};

use super::Limits;

/// What the containers of a pod, or the pod as a whole, have too little or too much of.
pub(super) fn of_pod(limits: &[Limits], pod: &Pod) -> Vec<String> {
    let containers = || pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let mut problems = Vec::new();
    for limits in limits {
        match &*limits.kind {
            "Container" => {
                for container in containers() {
                    let resources = &container.resources;
                    let requests = amounts(&resources.requests);
                    check(limits, &requests, &amounts(&resources.limits), &mut problems);
                }
            }
            "Pod" => {
                let (requests, maxima) = (quota::requests(pod), quota::limits(pod));
                check(limits, &requests, &maxima, &mut problems);
            }
            _ => {}
        }
    }
    problems
}

/// What a claim asks too little or too much of.
pub(super) fn of_claim(limits: &[Limits], claim: &PersistentVolumeClaim) -> Vec<String> {
    let requests = amounts(&claim.spec.resources.requests);
    let mut problems = Vec::new();
    for limits in limits.iter().filter(|limits| limits.kind == "PersistentVolumeClaim") {
        for (name, least) in &limits.min {
            let used = Used { kind: &limits.kind, name, request: requests.get(name), limit: None };
            problems.extend(used.below(*least));
        }
        for (name, most) in &limits.max {
            let rule = format!("maximum {name} usage per {} is {most}", limits.kind);
            match requests.get(name) {
                None => problems.push(format!("{rule}.  No request is specified")),
                Some(request) if request > most => {
                    problems.push(format!("{rule}, but request is {request}"));
                }
                Some(_) => {}
            }
        }
    }
    problems
}

fn check(limits: &Limits, requests: &Amounts, maxima: &Amounts, problems: &mut Vec<String>) {
    let used = |name| Used {
        kind: &limits.kind,
        name,
        request: requests.get(name),
        limit: maxima.get(name),
    };
    problems.extend(limits.min.iter().filter_map(|(name, least)| used(name).below(*least)));
    problems.extend(limits.max.iter().filter_map(|(name, most)| used(name).above(*most)));
    let ratios = limits.max_limit_request_ratio.iter();
    problems.extend(ratios.filter_map(|(name, most)| used(name).stretched(*most)));
}

/// What is used of one resource.
struct Used<'a> {
    kind: &'a str,
    name: &'a str,
    request: Option<&'a Quantity>,
    limit: Option<&'a Quantity>,
}

impl Used<'_> {
    fn below(&self, least: Quantity) -> Option<String> {
        let rule = format!("minimum {} usage per {} is {least}", self.name, self.kind);
        let Some(request) = self.request else {
            return Some(format!("{rule}.  No request is specified"));
        };
        if *request < least {
            return Some(format!("{rule}, but request is {request}"));
        }
        let limit = self.limit.filter(|limit| **limit < least)?;
        Some(format!("{rule}, but limit is {limit}"))
    }

    fn above(&self, most: Quantity) -> Option<String> {
        let rule = format!("maximum {} usage per {} is {most}", self.name, self.kind);
        let Some(limit) = self.limit else {
            return Some(format!("{rule}.  No limit is specified"));
        };
        if *limit > most {
            return Some(format!("{rule}, but limit is {limit}"));
        }
        let request = self.request.filter(|request| **request > most)?;
        Some(format!("{rule}, but request is {request}"))
    }

    fn stretched(&self, most: Quantity) -> Option<String> {
        let rule = format!("{} max limit to request ratio per {} is {most}", self.name, self.kind);
        let millis = |amount: Option<&Quantity>| {
            amount.map(|amount| i128::from(amount.millis())).filter(|millis| *millis > 0)
        };
        let Some(request) = millis(self.request) else {
            return Some(format!("{rule}, but no request is specified or request is 0"));
        };
        let Some(limit) = millis(self.limit) else {
            return Some(format!("{rule}, but no limit is specified or limit is 0"));
        };
        let allowed = request * i128::from(most.millis());
        if limit * 1000 <= allowed {
            return None;
        }
        let millionths = (limit * 1_000_000 + request / 2) / request;
        let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
        Some(format!("{rule}, but provided ratio is {whole}.{rest:06}"))
    }
}

/// What does not parse is refused by validation.
fn amounts(written: &BTreeMap<Text, Text>) -> Amounts {
    let amounts = written.iter().map(|(name, text)| (name.clone(), text.parse()));
    amounts.filter_map(|(name, amount)| Some((name, amount.ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(limits: Value, containers: Value, expected: &[&str]) {
        let limits: Vec<Limits> = serde_json::from_value(json!([limits])).expect("limits");
        let pod = json!({"spec": {"containers": containers}});
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        assert_eq!(of_pod(&limits, &pod), expected);
    }

    fn container(request: &str, limit: &str) -> Value {
        json!({"name": "c",
            "resources": {"requests": {"cpu": request}, "limits": {"cpu": limit}}})
    }

    #[test]
    fn a_container_stays_between_least_and_most() {
        let limits = json!({"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1"}});
        check(limits.clone(), json!([container("100m", "1")]), &[]);
        check(
            limits.clone(),
            json!([container("50m", "2")]),
            &[
                "minimum cpu usage per Container is 100m, but request is 50m",
                "maximum cpu usage per Container is 1, but limit is 2",
            ],
        );
        check(
            limits,
            json!([{"name": "c"}]),
            &[
                "minimum cpu usage per Container is 100m.  No request is specified",
                "maximum cpu usage per Container is 1.  No limit is specified",
            ],
        );
    }

    #[test]
    fn a_pod_is_measured_as_a_whole() {
        check(
            json!({"type": "Pod", "max": {"cpu": "1"}}),
            json!([container("1", "600m"), container("1", "600m")]),
            &["maximum cpu usage per Pod is 1, but limit is 1200m"],
        );
    }

    #[test]
    fn limits_may_exceed_requests_only_so_far() {
        let limits = json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "1500m"}});
        check(limits.clone(), json!([container("2", "3")]), &[]);
        check(
            limits.clone(),
            json!([container("3", "5")]),
            &[
                "cpu max limit to request ratio per Container is 1500m, but provided ratio is 1.666667",
            ],
        );
        check(
            limits,
            json!([{}]),
            &[
                "cpu max limit to request ratio per Container is 1500m, but no request is specified or request is 0",
            ],
        );
    }

    #[test]
    fn claims_are_measured_by_what_they_ask_for() {
        let limits = json!([{"type": "PersistentVolumeClaim",
            "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}]);
        let limits: Vec<Limits> = serde_json::from_value(limits).expect("limits");
        let problems = |storage: &str| {
            let claim = json!({"spec": {"resources": {"requests": {"storage": storage}}}});
            of_claim(&limits, &serde_json::from_value(claim).expect("a claim"))
        };
        assert_eq!(problems("1Gi"), Vec::<String>::new());
        let below = "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi";
        assert_eq!(problems("1Mi"), [below]);
        let above = "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi";
        assert_eq!(problems("3Gi"), [above]);
    }
}
