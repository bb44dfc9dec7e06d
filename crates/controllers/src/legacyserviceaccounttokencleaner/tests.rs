//! Which old tokens are marked, and which go.

use std::time::Duration;

use api::views::{Secret, ServiceAccount};
use meta::object::ObjectKey;
use runtime::{Answer, Answers, Controller, Informers, Observation, Read};
use serde_json::{Value, json};
use testkit::{fill, not_found, now, show};

use super::{CleanUpPeriod, LegacyTokenCleaner as Cleaner, Sweep, View};

const DAY: Duration = Duration::from_hours(24);

/// The token of an account that lists it, 40 days old, where tokens are kept for 30.
struct Case {
    labels: Value,
    since: Option<&'static str>,
    /// Secrets that a pod of its namespace names; `None` if nobody can say.
    named: Option<&'static str>,
    listed: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self { labels: json!({}), since: Some("2026-10-01"), named: Some("x"), listed: "s" }
    }
}

impl Case {
    fn answer(&self, read: &Read) -> Answer {
        if matches!(read, Read::Object { .. }) {
            let since = self.since.ok_or_else(not_found)?;
            return Ok(json!({"data": {"since": since}}));
        }
        let named = self.named.ok_or_else(not_found)?;
        Ok(json!({"items": [
            {"spec": {"volumes": [{"name": "v", "secret": {"secretName": named}}]}}]}))
    }

    fn check(&self, wanted: &str) {
        let mut informers = Informers::default();
        informers.provide(CleanUpPeriod(30 * DAY));
        let view = Cleaner::view(&mut informers);
        let secret = json!({
            "metadata": {"name": "s", "namespace": "shop", "uid": "s1", "resourceVersion": "7",
                "creationTimestamp": now() - 40 * DAY, "labels": self.labels,
                "annotations": {"kubernetes.io/service-account.name": "bob"}},
            "type": "kubernetes.io/service-account-token",
        });
        let account = json!({"metadata": {"name": "bob", "namespace": "shop",
            "resourceVersion": "7"}, "secrets": [{"name": self.listed}]});
        fill::<Secret>(&mut informers, &[secret]);
        fill::<ServiceAccount>(&mut informers, &[account]);
        let mut answers = Answers::default();
        let shown = loop {
            match decide(&view, &answers) {
                Ok(shown) => break shown,
                Err(reads) => reads.into_iter().for_each(|read| {
                    let answer = self.answer(&read);
                    answers.insert(read, answer);
                }),
            }
        };
        assert_eq!(shown, format!("{wanted}wake after 86400s\n"));
    }
}

/// What is done, or what must be read before.
fn decide(view: &View, answers: &Answers) -> Result<String, Vec<Read>> {
    let observed = match Cleaner::observe(view, &Sweep, answers) {
        Observation::Ready(observed) => observed,
        Observation::Gone => return Ok("gone".to_owned()),
        Observation::Ask(reads) => return Err(reads),
    };
    let plan = Cleaner::plan(&mut (), &observed, now());
    if plan.asks.is_empty() { Ok(show(&plan)) } else { Err(plan.asks) }
}

const MARKED: &str = "all: patch secrets s {\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-invalid-since\":\"2026-11-24\"}}} # nobody has used its token for as long as tokens are kept\n";
const DELETED: &str =
    "all: delete secrets s # its token was invalid for as long as tokens are kept\n";

fn used(day: &str) -> Value {
    json!({"kubernetes.io/legacy-token-last-used": day})
}
fn marked(day: &str) -> Value {
    json!({"kubernetes.io/legacy-token-invalid-since": day})
}

#[test]
fn a_token_that_nobody_uses_is_marked_first() {
    Case::default().check(MARKED);
    Case { labels: used("2026-10-24"), ..Case::default() }.check(MARKED);
    Case { labels: used("2026-10-25"), ..Case::default() }.check("");
    Case { labels: used("lately"), ..Case::default() }.check("");
}

#[test]
fn it_goes_when_it_was_marked_long_ago() {
    cov_mark::check!(legacy_tokens_go_only_after_they_were_marked);
    Case { labels: marked("2026-10-24"), ..Case::default() }.check(DELETED);
    Case { labels: marked("2026-10-25"), ..Case::default() }.check("");
    Case { labels: marked("2026-10"), ..Case::default() }.check(MARKED);
}

#[test]
fn nothing_is_done_before_the_notes_are_as_old_as_that() {
    Case { since: Some("2026-10-25"), ..Case::default() }.check("");
    Case { since: Some("2026-10-24"), ..Case::default() }.check(MARKED);
    Case { since: Some("yesterday"), ..Case::default() }.check("");
    Case { since: None, ..Case::default() }.check("");
}

#[test]
fn what_a_pod_names_or_a_person_made_stays() {
    Case { named: Some("s"), ..Case::default() }.check("");
    Case { named: None, ..Case::default() }.check("");
    Case { listed: "x", ..Case::default() }.check("");
}

#[test]
fn nobody_asks_by_an_object() {
    let key = ObjectKey::new("shop", "s");
    assert_eq!(Cleaner::key_of(&api::resources::SECRETS, &key), None);
}
