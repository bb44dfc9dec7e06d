//! Whether a fault strikes: a function of the plan, the seed, what was counted, and the time.

use std::time::Duration;

use meta::object::ObjectKey;

use super::plan::{Asked, EventType, Fault, Plan, When};

/// What a fault may strike.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    Request(&'a Asked),
    Event { watch: &'a Asked, kind: EventType, key: &'a ObjectKey },
}

/// How often each rule fitted and struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts(pub(super) Vec<Count>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count {
    pub(super) fitting: u64,
    pub(super) injected: u64,
}

/// The rule that strikes, by its place, and its fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Struck {
    pub(super) rule: usize,
    pub(super) fault: Fault,
}

impl Counts {
    pub(super) fn of(plan: &Plan) -> Self {
        Self(vec![Count::default(); plan.rules.len()])
    }
}

/// Counts a request or event for every rule that it fits; of the rules that would strike, the first
/// does. `passed` is the time since the server's start.
pub(super) fn decide(
    plan: &Plan,
    seed: u64,
    counts: &mut Counts,
    subject: &Subject<'_>,
    passed: Duration,
) -> Option<Struck> {
    let mut struck = None;
    for (place, (rule, count)) in plan.rules.iter().zip(&mut counts.0).enumerate() {
        let fits = match subject {
            Subject::Request(asked) => rule.fits_request(asked),
            Subject::Event { watch, kind, key } => rule.fits_event(watch, *kind, key),
        };
        if !fits || !rule.when.is_now(passed) {
            continue;
        }
        count.fitting += 1;
        let number = u64::try_from(place).unwrap_or_default();
        if struck.is_none() && rule.when.strikes(*count, roll(seed, number, count.fitting)) {
            count.injected += 1;
            struck = Some(Struck { rule: place, fault: rule.fault });
        }
    }
    struck
}

impl When {
    fn is_now(&self, passed: Duration) -> bool {
        (self.from..self.until).contains(&passed)
    }

    fn strikes(&self, count: Count, roll: u64) -> bool {
        count.injected < self.limit
            && (self.nth.is_empty() || self.nth.contains(&count.fitting))
            && roll % 100 < self.percent
    }
}

/// Chance for one rule and one request: what happens to other rules does not change it.
fn roll(seed: u64, rule: u64, number: u64) -> u64 {
    mix(mix(mix(seed) ^ rule) ^ number)
}

/// The finish of splitmix64.
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// A request as `second agent verb resource[.group][/subresource] namespace`, an event as
    /// `second agent added|modified|deleted resource namespace`.
    fn subject<'a>(words: &[&'a str], asked: &'a mut Asked) -> Option<(EventType, ObjectKey)> {
        let [agent, verb, resource, namespace] = words else { unreachable!("four words") };
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        let kinds = [EventType::Added, EventType::Modified, EventType::Deleted];
        let kind = kinds.into_iter().find(|kind| kind.name() == *verb);
        let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
        *asked = Asked {
            user: "admin".to_owned(),
            agent: (*agent).to_owned(),
            verb: verbs.into_iter().find(|known| known == verb).unwrap_or("watch"),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: if kind.is_some() { String::new() } else { (*namespace).to_owned() },
            name: "web".to_owned(),
            may_be_stale: *verb == "list",
            resumes_after: None,
        };
        kind.map(|kind| (kind, ObjectKey::new(*namespace, "web")))
    }

    fn check(plan: &str, rows: &[&str], wanted: Expect) {
        check_with_seed(1, plan, rows, wanted);
    }

    fn check_with_seed(seed: u64, plan: &str, rows: &[&str], wanted: Expect) {
        let plan = Plan::parse(&format!("faults:\n{plan}")).expect("a valid plan");
        let mut counts = Counts::of(&plan);
        let mut lines = Vec::new();
        for row in rows {
            let words: Vec<&str> = row.split(' ').collect();
            let second = words[0].parse().expect("a second");
            let mut asked = Asked::default();
            let event = subject(&words[1..], &mut asked);
            let subject = match &event {
                None => Subject::Request(&asked),
                Some((kind, key)) => Subject::Event { watch: &asked, kind: *kind, key },
            };
            let passed = Duration::from_secs(second);
            let struck = decide(&plan, seed, &mut counts, &subject, passed);
            let said = struck.map_or("-", |struck| &plan.rules[struck.rule].name);
            lines.push(format!("{row}: {said}\n"));
        }
        wanted.assert_eq(&lines.concat());
    }

    #[test]
    fn a_rule_strikes_what_it_selects() {
        check(
            "
- {name: agent, fault: loseRequest, userAgent: [op/]}
- {name: user, fault: loseRequest, user: [adm*], verb: [get]}
- {name: place, fault: loseRequest, namespace: [shop], resource: [deployments.apps]}
- {name: part, fault: loseRequest, resource: [pods/status]}
",
            &[
                "0 op/1 list pods a",
                "0 kubectl/1 get pods a",
                "0 kubectl/1 list pods a",
                "0 other list deployments.apps shop",
                "0 other list deployments.apps a",
                "0 other list deployments shop",
                "0 other patch pods/status a",
                "0 other patch pods a",
            ],
            expect![[r#"
                0 op/1 list pods a: agent
                0 kubectl/1 get pods a: user
                0 kubectl/1 list pods a: -
                0 other list deployments.apps shop: place
                0 other list deployments.apps a: -
                0 other list deployments shop: -
                0 other patch pods/status a: part
                0 other patch pods a: -
            "#]],
        );
    }

    #[test]
    fn the_parts_and_kubectl_are_spared_unless_they_are_named() {
        let rows = ["0 kube-scheduler/v1 list pods a", "0 kubectl/v1 list pods a"];
        check(
            "- {name: all, fault: loseRequest}",
            &rows,
            expect![[r#"
                0 kube-scheduler/v1 list pods a: -
                0 kubectl/v1 list pods a: -
            "#]],
        );
        check(
            "- {name: named, fault: loseRequest, userAgent: [kube-scheduler]}",
            &rows,
            expect![[r#"
                0 kube-scheduler/v1 list pods a: named
                0 kubectl/v1 list pods a: -
            "#]],
        );
    }

    #[test]
    fn faults_befall_only_what_they_can_befall_in_production() {
        check(
            "
- {name: conflict, fault: refuse, code: 409}
- {name: gone, fault: refuse, code: 410}
- {name: reply, fault: loseReply}
",
            &["0 op create pods a", "0 op patch pods a", "0 op watch pods a", "0 op get pods a"],
            expect![[r#"
                0 op create pods a: reply
                0 op patch pods a: conflict
                0 op watch pods a: gone
                0 op get pods a: -
            "#]],
        );
    }

    #[test]
    fn the_third_write_is_the_third_that_fits_in_the_window() {
        check(
            "- {name: third, fault: loseReply, nth: [3], from: 5s, until: 1m}",
            &[
                "1 op create pods a",
                "5 op create pods a",
                "6 op get pods a",
                "7 op patch pods a",
                "8 op delete pods a",
                "9 op create pods a",
                "60 op create pods a",
            ],
            expect![[r#"
                1 op create pods a: -
                5 op create pods a: -
                6 op get pods a: -
                7 op patch pods a: -
                8 op delete pods a: third
                9 op create pods a: -
                60 op create pods a: -
            "#]],
        );
    }

    #[test]
    fn events_are_selected_by_what_they_tell_and_where_their_object_is() {
        check(
            "
- {name: deletes, fault: dropEvents, event: [deleted], namespace: [shop]}
- {name: rest, fault: delayEvents, delay: 1s, namespace: [shop], limit: 1}
",
            &[
                "0 op added pods shop",
                "0 op deleted pods shop",
                "0 op deleted pods a",
                "0 op added pods shop",
            ],
            expect![[r#"
                0 op added pods shop: rest
                0 op deleted pods shop: deletes
                0 op deleted pods a: -
                0 op added pods shop: -
            "#]],
        );
    }

    #[test]
    fn the_seed_decides_by_chance() {
        let rows = ["0 op get pods a"; 6];
        check_with_seed(
            1,
            "- {name: half, fault: loseRequest, percent: 50}",
            &rows,
            expect![[r#"
            0 op get pods a: half
            0 op get pods a: -
            0 op get pods a: -
            0 op get pods a: -
            0 op get pods a: -
            0 op get pods a: half
        "#]],
        );
        check_with_seed(
            2,
            "- {name: half, fault: loseRequest, percent: 50}",
            &rows,
            expect![[r#"
            0 op get pods a: -
            0 op get pods a: half
            0 op get pods a: half
            0 op get pods a: -
            0 op get pods a: -
            0 op get pods a: -
        "#]],
        );
    }

    #[test]
    fn a_hundred_seeds_strike_about_as_often_as_they_should() {
        let strikes = (0..100).flat_map(|seed| (1..=100).map(move |number| roll(seed, 0, number)));
        let count = strikes.filter(|roll| roll % 100 < 30).count();
        assert!((2800..3200).contains(&count), "{count}");
    }
}
