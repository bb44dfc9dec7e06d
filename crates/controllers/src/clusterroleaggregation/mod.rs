//! Puts the rules of roles together in the roles that gather them by label (`admin`, `edit` and `view`
//! among them). Rules come selector by selector, each role's in their order, no rule twice; whatever
//! else the gathering role held is overwritten. Written by forced apply, as the reference does. Follows
//! `pkg/controller/clusterroleaggregation`.

use std::{fmt, sync::Arc};

use api::{
    rbac::PolicyRule,
    resources::CLUSTER_ROLES,
    views::{AggregationRule, ClusterRole},
};
use meta::{object::ObjectKey, resource::Resource, selector::Selector, text::Text, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::json;

/// Owner of the rules it writes.
const FIELD_MANAGER: &str = "clusterrole-aggregation-controller";

/// See the module's documentation.
#[derive(Debug)]
pub struct ClusterRoleAggregation;

/// All cluster roles.
pub struct View {
    roles: Arc<Cache<ClusterRole>>,
}

/// A role that gathers, and the rules it should have.
#[derive(Debug)]
pub struct Observed {
    role: Arc<ClusterRole>,
    /// `None` if a selector is invalid: nothing can be said.
    gathered: Option<Vec<PolicyRule>>,
}

/// Why the role is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differs;

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its rules are not those of the roles it gathers")
    }
}

impl Controller for ClusterRoleAggregation {
    const NAME: &'static str = "clusterrole-aggregation-controller";
    const QUEUE: &'static str = "ClusterRoleAggregator";
    const EVENT_SOURCE: &'static str = "clusterrole-aggregation-controller";
    type Key = Text;
    type Observed = Observed;
    type Memory = ();
    type Why = Differs;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { roles: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ClusterRole>(gathering_roles);
    }
    fn observe(view: &View, key: &Text, _answers: &Answers) -> Observation<Observed> {
        let role = view.roles.get(&ObjectKey::new("", key.clone()));
        let Some(role) = role else { return Observation::Gone };
        let Some(aggregation) = &role.aggregation_rule else { return Observation::Gone };
        let gathered = gather(key, aggregation, &view.roles.list());
        Observation::Ready(Observed { role, gathered })
    }
    fn plan(_memory: &mut (), observed: &Observed, _now: Time) -> Plan<Differs> {
        let mut plan = Plan::rest();
        let Some(gathered) = &observed.gathered else { return plan };
        if observed.role.rules.as_deref().unwrap_or_default() != gathered.as_slice() {
            plan.step(Step::new(apply(&observed.role, gathered), Differs));
        }
        plan
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == CLUSTER_ROLES).then(|| key.name.clone())
    }
}

/// A change of any role may concern every role that gathers: there are few.
fn gathering_roles(view: &View, _change: &Change<ClusterRole>, enqueue: &mut Enqueue<Text>) {
    for role in view.roles.list() {
        if role.aggregation_rule.is_some() {
            enqueue.add(role.metadata.name.clone());
        }
    }
}

fn gather(
    own: &Text,
    aggregation: &AggregationRule,
    roles: &[Arc<ClusterRole>],
) -> Option<Vec<PolicyRule>> {
    let mut sorted: Vec<&Arc<ClusterRole>> = roles.iter().collect();
    sorted.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    let mut gathered = Vec::new();
    for selector in &aggregation.cluster_role_selectors {
        let selector = Selector::from_json(selector).ok()?;
        let matching = sorted
            .iter()
            .filter(|role| role.metadata.name != *own && selector.matches(&role.metadata.labels));
        for rule in matching.flat_map(|role| role.rules.iter().flatten()) {
            if !gathered.contains(rule) {
                gathered.push(rule.clone());
            }
        }
    }
    Some(gathered)
}

/// The name and the rules alone: what is not said is let go of.
fn apply(role: &ClusterRole, rules: &[PolicyRule]) -> Action {
    let mut patch = json!({"metadata": {"name": role.metadata.name}});
    if !rules.is_empty() {
        patch["rules"] = json!(rules);
    }
    Action::Patch {
        target: Target::of(role),
        kind: PatchKind::Apply(FIELD_MANAGER),
        patch,
        subresource: "",
        guard: Guard::Uid,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `NAME LABELS RULES`, by commas; a rule is a resource to be read.
    fn role(line: &str) -> Arc<ClusterRole> {
        let mut words = line.split(' ');
        let mut list = || words.next().unwrap_or_default().split(',').filter(|word| *word != "-");
        let name = list().collect::<String>();
        let labels: serde_json::Map<_, _> =
            list().map(|label| (label.to_owned(), "true".into())).collect();
        let rules: Vec<_> = list()
            .map(|resource| json!({"apiGroups": [""], "resources": [resource], "verbs": ["get"]}))
            .collect();
        let role =
            json!({"metadata": {"name": name, "labels": labels, "uid": "1"}, "rules": rules});
        Arc::new(serde_json::from_value(role).expect("a role"))
    }

    /// What the role `sum` with these resources, which gathers `x` and then `y`, is to have.
    fn check(own: &str, others: &[&str], wanted: Expect) {
        let mut sum = ClusterRole::clone(&role(&format!("sum x {own}")));
        let selectors = ["x", "y"].map(|label| json!({"matchLabels": {label: "true"}}));
        let aggregation = AggregationRule { cluster_role_selectors: selectors.to_vec() };
        let mut roles: Vec<_> = others.iter().map(|line| role(line)).collect();
        roles.push(Arc::new(sum.clone()));
        let gathered = gather(&"sum".into(), &aggregation, &roles);
        sum.aggregation_rule = Some(aggregation);
        let observed = Observed { role: Arc::new(sum), gathered };
        let plan = ClusterRoleAggregation::plan(&mut (), &observed, Time::default());
        let patches = plan.steps().filter_map(|step| {
            let Action::Patch { patch, .. } = &step.action else { return None };
            Some(format!("{}: {patch}", step.why))
        });
        wanted.assert_eq(&patches.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn rules_come_by_selector_then_by_name_and_once_each() {
        check(
            "-",
            &["b x pods,nodes", "a x secrets", "c y pods,events", "d z jobs"],
            expect![[
                r#"its rules are not those of the roles it gathers: {"metadata":{"name":"sum"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]},{"apiGroups":[""],"resources":["pods"],"verbs":["get"]},{"apiGroups":[""],"resources":["nodes"],"verbs":["get"]},{"apiGroups":[""],"resources":["events"],"verbs":["get"]}]}"#
            ]],
        );
    }

    #[test]
    fn what_is_gathered_already_is_left_alone() {
        check("secrets,pods", &["b x pods", "a x secrets"], expect![[""]]);
    }

    #[test]
    fn own_rules_are_overwritten_and_no_match_lets_go_of_all() {
        check(
            "nodes",
            &["a x secrets"],
            expect![[
                r#"its rules are not those of the roles it gathers: {"metadata":{"name":"sum"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}"#
            ]],
        );
        check(
            "nodes",
            &["a z secrets"],
            expect![[
                r#"its rules are not those of the roles it gathers: {"metadata":{"name":"sum"}}"#
            ]],
        );
        check("-", &[], expect![[""]]);
    }

    #[test]
    fn an_invalid_selector_gathers_nothing() {
        let selector = json!({"matchExpressions": [{"key": "a", "operator": "Odd"}]});
        let aggregation = AggregationRule { cluster_role_selectors: vec![selector] };
        assert_eq!(gather(&"sum".into(), &aggregation, &[]), None);
    }
}
