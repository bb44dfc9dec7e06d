//! `/healthz`: named checks all together, with the counts that `/metrics/slis` shows of them.

use std::sync::Arc;

use http::StatusCode;
use prometheus::{GaugeVec, IntCounterVec, Opts, Registry, proto::MetricFamily};

use super::{Asked, Reply};

/// Whether what a check looks at is well.
pub type IsWell = Arc<dyn Fn() -> bool + Send + Sync>;

/// The checks of a component, in the order they are told.
pub struct Checks {
    named: Vec<(&'static str, IsWell)>,
    registry: Registry,
    last: GaugeVec,
    counts: IntCounterVec,
}

const KIND: &str = "healthz";

impl Checks {
    pub fn new(named: Vec<(&'static str, IsWell)>) -> Self {
        let registry = Registry::new();
        let last = Opts::new(
            "kubernetes_healthcheck",
            "[STABLE] Whether the last look at a health check found it well.",
        );
        let last = GaugeVec::new(last, &["name", "type"]);
        let counts = Opts::new(
            "kubernetes_healthchecks_total",
            "[STABLE] How often each health check was looked at, by what it said.",
        );
        let counts = IntCounterVec::new(counts, &["name", "type", "status"]);
        let (last, counts) = registered(&registry, last, counts);
        Self { named, registry, last, counts }
    }

    /// Looks at everything, but for what the query excludes.
    pub fn answer(&self, asked: &Asked) -> Reply {
        let mut lines = Vec::new();
        let mut failed = false;
        let mut excluded: Vec<&str> = asked.all("exclude").collect();
        let ping: IsWell = Arc::new(|| true);
        let checks = std::iter::once(("ping", &ping));
        for (name, is_well) in checks.chain(self.named.iter().map(|(name, check)| (*name, check))) {
            let is_excluded = excluded.contains(&name);
            excluded.retain(|excluded| *excluded != name);
            if is_excluded {
                lines.push(format!("[+]{name} excluded: ok"));
                continue;
            }
            let is_well = is_well();
            self.count(name, is_well);
            failed |= !is_well;
            lines.push(if is_well {
                format!("[+]{name} ok")
            } else {
                format!("[-]{name} failed: reason withheld")
            });
        }
        if !excluded.is_empty() {
            let names: Vec<_> = excluded.iter().map(|name| format!("\"{name}\"")).collect();
            let names = names.join(",");
            lines.push(format!(
                "warn: some health checks cannot be excluded: no matches for {names}"
            ));
        }
        verdict(&lines, failed, asked.has("verbose"))
    }

    /// The counts, as metrics; forgotten afterwards if the request deletes them.
    pub fn counts(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// Begins counting anew.
    pub fn forget_counts(&self) {
        self.last.reset();
        self.counts.reset();
    }

    fn count(&self, name: &str, is_well: bool) {
        let status = if is_well { "success" } else { "error" };
        self.counts.with_label_values(&[name, KIND, status]).inc();
        self.last.with_label_values(&[name, KIND]).set(if is_well { 1.0 } else { 0.0 });
    }
}

fn registered(
    registry: &Registry,
    last: prometheus::Result<GaugeVec>,
    counts: prometheus::Result<IntCounterVec>,
) -> (GaugeVec, IntCounterVec) {
    let last = last.expect("names in this file are valid");
    let counts = counts.expect("names in this file are valid");
    registry.register(Box::new(last.clone())).expect("the registry is empty");
    registry.register(Box::new(counts.clone())).expect("names in this file are unique");
    (last, counts)
}

fn verdict(lines: &[String], failed: bool, verbose: bool) -> Reply {
    let lines = lines.join("\n");
    match (failed, verbose) {
        (false, false) => Reply::text(StatusCode::OK, "ok"),
        (false, true) => Reply::text(StatusCode::OK, format!("{lines}\nhealthz check passed\n")),
        (true, _) => {
            let code = StatusCode::INTERNAL_SERVER_ERROR;
            Reply::text(code, format!("{lines}\nhealthz check failed\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use http::Method;

    use super::*;

    fn asked(query: &str) -> Asked {
        Asked {
            method: Method::GET,
            path: "/healthz".to_owned(),
            query: query.to_owned(),
            accept: String::new(),
        }
    }

    fn checks() -> Checks {
        let well: IsWell = Arc::new(|| true);
        Checks::new(vec![("leaderElection", Arc::new(|| false)), ("job-controller", well)])
    }

    fn check(query: &str, wanted: Expect) {
        let reply = checks().answer(&asked(query));
        wanted.assert_eq(&format!("{} {}", reply.status.as_u16(), reply.body));
    }

    #[test]
    fn a_failed_check_is_named_and_withheld() {
        check(
            "",
            expect![[r#"
                500 [+]ping ok
                [-]leaderElection failed: reason withheld
                [+]job-controller ok
                healthz check failed
            "#]],
        );
    }

    #[test]
    fn what_is_excluded_does_not_count() {
        check("exclude=leaderElection", expect!["200 ok"]);
        check(
            "verbose&exclude=leaderElection&exclude=nope",
            expect![[r#"
                200 [+]ping ok
                [+]leaderElection excluded: ok
                [+]job-controller ok
                warn: some health checks cannot be excluded: no matches for "nope"
                healthz check passed
            "#]],
        );
    }

    #[test]
    fn looks_are_counted() {
        let checks = checks();
        checks.answer(&asked(""));
        let text = crate::metrics::encode(&checks.counts());
        let line = r#"kubernetes_healthchecks_total{name="leaderElection",status="error",type="healthz"} 1"#;
        assert!(text.contains(line), "{text}");
        checks.forget_counts();
        assert!(checks.counts().is_empty());
    }
}
