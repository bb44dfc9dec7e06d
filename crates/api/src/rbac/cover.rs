//! Whether rules allow everything that others do: who grants a right must hold it.

use meta::text::Text;

use super::{
    PolicyRule,
    rule::{has, holds, path_covers},
};

/// What `granted` allows and `held` does not, in rules of one verb each; empty if nothing is missing.
pub fn missing(held: &[PolicyRule], granted: &[PolicyRule]) -> Vec<PolicyRule> {
    let single = granted.iter().flat_map(singles);
    single.filter(|single| !held.iter().any(|rule| covers(rule, single))).collect()
}

/// Joins rules that differ in nothing but their verbs, in order.
pub fn compact(rules: Vec<PolicyRule>) -> Vec<PolicyRule> {
    let mut compacted: Vec<PolicyRule> = Vec::new();
    for rule in rules {
        let is_simple = rule.resource_names.is_empty() && rule.paths.is_empty();
        let same = compacted.iter_mut().find(|known| {
            is_simple
                && known.resource_names.is_empty()
                && known.paths.is_empty()
                && (&known.api_groups, &known.resources) == (&rule.api_groups, &rule.resources)
        });
        match same {
            Some(known) => known.verbs.extend(rule.verbs),
            None => compacted.push(rule),
        }
    }
    compacted
}

/// A rule taken apart: one verb on one resource, or on one object, or on one path.
fn singles(rule: &PolicyRule) -> Vec<PolicyRule> {
    let one = |item: &Text| vec![item.clone()];
    let mut singles = Vec::new();
    for (group, resource, verb) in product(rule) {
        let single = PolicyRule {
            api_groups: one(group),
            resources: one(resource),
            verbs: one(verb),
            ..PolicyRule::default()
        };
        if rule.resource_names.is_empty() {
            singles.push(single);
            continue;
        }
        let named = rule.resource_names.iter();
        singles
            .extend(named.map(|name| PolicyRule { resource_names: one(name), ..single.clone() }));
    }
    for path in &rule.paths {
        let on_path = rule.verbs.iter().map(|verb| PolicyRule {
            paths: one(path),
            verbs: one(verb),
            ..PolicyRule::default()
        });
        singles.extend(on_path);
    }
    singles
}

fn product(rule: &PolicyRule) -> impl Iterator<Item = (&Text, &Text, &Text)> {
    rule.api_groups.iter().flat_map(move |group| {
        rule.resources
            .iter()
            .flat_map(move |resource| rule.verbs.iter().map(move |verb| (group, resource, verb)))
    })
}

fn covers(rule: &PolicyRule, single: &PolicyRule) -> bool {
    let each = |list: &[Text], covers: &dyn Fn(&str) -> bool| list.iter().all(|item| covers(item));
    let names_cover = rule.resource_names.is_empty()
        || (!single.resource_names.is_empty()
            && each(&single.resource_names, &|name| has(&rule.resource_names, name)));
    names_cover
        && each(&single.verbs, &|verb| holds(&rule.verbs, verb))
        && each(&single.api_groups, &|group| holds(&rule.api_groups, group))
        && each(&single.resources, &|resource| resource_covers(&rule.resources, resource))
        && each(&single.paths, &|path| rule.paths.iter().any(|known| path_covers(known, path)))
}

fn resource_covers(held: &[Text], resource: &str) -> bool {
    let for_all = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
    holds(held, resource) || for_all.is_some_and(|for_all| has(held, &for_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `GROUP RESOURCES VERBS [NAMES]` by commas, or `/PATHS VERBS`.
    fn rule(text: &str) -> PolicyRule {
        let lists: Vec<Vec<Text>> = text
            .split(' ')
            .map(|list| list.split(',').map(|item| item.replace('-', "").into()).collect())
            .collect();
        match lists.as_slice() {
            [paths, verbs] => {
                PolicyRule { paths: paths.clone(), verbs: verbs.clone(), ..PolicyRule::default() }
            }
            [groups, resources, verbs, names @ ..] => PolicyRule {
                api_groups: groups.clone(),
                resources: resources.clone(),
                verbs: verbs.clone(),
                resource_names: names.concat(),
                ..PolicyRule::default()
            },
            _ => PolicyRule::default(),
        }
    }

    fn check(held: &[&str], granted: &str, wanted: &[&str]) {
        let held: Vec<_> = held.iter().map(|text| rule(text)).collect();
        let missing = compact(missing(&held, &[rule(granted)]));
        let shown: Vec<_> = missing.iter().map(ToString::to_string).collect();
        assert_eq!(shown, wanted, "{held:?} against {granted}");
    }

    #[test]
    fn what_is_held_covers_what_is_granted() {
        check(&["- pods get,list"], "- pods get", &[]);
        check(&["- pods get", "- pods list"], "- pods get,list", &[]);
        check(&["* * *"], "apps deployments/scale get web", &[]);
        check(&["apps */scale *"], "apps deployments/scale get", &[]);
        check(&["/apis/* get"], "/apis/apps get", &[]);
        check(&["- pods get web"], "- pods get web", &[]);
    }

    #[test]
    fn what_is_missing_is_told_by_resource() {
        check(
            &["- pods get"],
            "- pods,secrets get,list",
            &[
                r#"{APIGroups:[""], Resources:["pods"], Verbs:["list"]}"#,
                r#"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}"#,
            ],
        );
        check(
            &["- pods get web"],
            "- pods get",
            &[r#"{APIGroups:[""], Resources:["pods"], Verbs:["get"]}"#],
        );
        check(
            &["- pods/log get"],
            "- pods get a,b",
            &[
                r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get"]}"#,
                r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}"#,
            ],
        );
        check(&["/healthz get"], "/* get", &[r#"{NonResourceURLs:["/*"], Verbs:["get"]}"#]);
    }
}
