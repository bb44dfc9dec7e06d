//! `/healthz`, `/livez` and `/readyz`: named checks, each for itself or all together.

use std::sync::Arc;

use http::StatusCode;

use crate::{Response, query::Query};

/// Which question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    Health,
    Live,
    Ready,
}

/// Where a check counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A failure means that a restart would help.
    Everywhere,
    /// A failure means "not now".
    ReadyOnly,
}

type IsWell = Arc<dyn Fn() -> bool + Send + Sync>;

/// The checks of a server, in the order they are told.
#[derive(Clone, Default)]
pub struct Health {
    checks: Vec<(&'static str, Scope, IsWell)>,
}

const PROBES: [Probe; 3] = [Probe::Health, Probe::Live, Probe::Ready];

impl Probe {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        PROBES.into_iter().find(|probe| probe.name() == name)
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Health => "healthz",
            Self::Live => "livez",
            Self::Ready => "readyz",
        }
    }
}

impl Health {
    /// Adds a check.
    #[must_use]
    pub fn with(
        mut self,
        name: &'static str,
        scope: Scope,
        is_well: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name, scope, Arc::new(is_well)));
        self
    }

    /// The paths that are served.
    pub(crate) fn paths(&self) -> Vec<String> {
        let paths = PROBES.into_iter().flat_map(|probe| {
            let root = format!("/{}", probe.name());
            let each = self.results(probe, false);
            let each: Vec<_> = each.iter().map(|(name, _)| format!("{root}/{name}")).collect();
            std::iter::once(root).chain(each)
        });
        paths.collect()
    }

    /// Answers `/PROBE` or `/PROBE/CHECK`.
    pub(crate) fn answer(
        &self,
        probe: Probe,
        rest: &[&str],
        query: &Query,
        closing: bool,
    ) -> Response {
        let results = self.results(probe, closing);
        match rest {
            [] => all(probe, &results, query),
            [name] => match results.iter().find(|(known, _)| known == name) {
                Some((_, true)) => Response::text(StatusCode::OK, "ok"),
                Some((name, false)) => Response::text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    format!("internal server error: {name} failed\n"),
                ),
                None => Response::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            },
            _ => Response::text(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }

    fn results(&self, probe: Probe, closing: bool) -> Vec<(&'static str, bool)> {
        let counts = |scope: Scope| scope == Scope::Everywhere || probe == Probe::Ready;
        let own = self.checks.iter().filter(|(_, scope, _)| counts(*scope));
        let mut results = vec![("ping", true)];
        results.extend(own.map(|(name, _, is_well)| (*name, is_well())));
        if probe == Probe::Ready {
            results.push(("shutdown", !closing));
        }
        results
    }
}

fn all(probe: Probe, results: &[(&'static str, bool)], query: &Query) -> Response {
    let mut excluded: Vec<&str> = query.all("exclude").collect();
    let mut lines = Vec::new();
    let mut failed = false;
    for (name, is_well) in results {
        let is_excluded = excluded.contains(name);
        excluded.retain(|excluded| excluded != name);
        lines.push(match (is_excluded, is_well) {
            (true, _) => format!("[+]{name} excluded: ok"),
            (false, true) => format!("[+]{name} ok"),
            (false, false) => format!("[-]{name} failed: reason withheld"),
        });
        failed |= !is_excluded && !is_well;
    }
    if !excluded.is_empty() {
        let names: Vec<_> = excluded.iter().map(|name| format!("\"{name}\"")).collect();
        let names = names.join(", ");
        lines.push(format!("warn: some health checks cannot be excluded: no matches for {names}"));
    }
    if !failed && !query.has("verbose") {
        return Response::text(StatusCode::OK, "ok");
    }
    let (code, verdict) = if failed {
        (StatusCode::INTERNAL_SERVER_ERROR, "failed")
    } else {
        (StatusCode::OK, "passed")
    };
    lines.push(format!("{} check {verdict}\n", probe.name()));
    Response::text(code, lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(probe: Probe, rest: &[&str], query: &str, wanted: Expect) {
        let health = Health::default().with("etcd", Scope::Everywhere, || true).with(
            "informer-sync",
            Scope::ReadyOnly,
            || false,
        );
        let response = health.answer(probe, rest, &Query::parse(query), false);
        let body = String::from_utf8(response.bytes().to_vec()).unwrap();
        wanted.assert_eq(&format!("{} {body}", response.status.as_u16()));
    }

    #[test]
    fn a_failed_check_is_named_and_withheld() {
        check(
            Probe::Ready,
            &[],
            "",
            expect![[r#"
            500 [+]ping ok
            [+]etcd ok
            [-]informer-sync failed: reason withheld
            [+]shutdown ok
            readyz check failed
        "#]],
        );
        check(Probe::Live, &[], "", expect!["200 ok"]);
        check(
            Probe::Live,
            &[],
            "verbose",
            expect![[r#"
            200 [+]ping ok
            [+]etcd ok
            livez check passed
        "#]],
        );
    }

    #[test]
    fn a_check_may_be_excluded_or_asked_alone() {
        check(
            Probe::Ready,
            &[],
            "verbose&exclude=informer-sync&exclude=nope",
            expect![[r#"
            200 [+]ping ok
            [+]etcd ok
            [+]informer-sync excluded: ok
            [+]shutdown ok
            warn: some health checks cannot be excluded: no matches for "nope"
            readyz check passed
        "#]],
        );
        check(Probe::Ready, &["etcd"], "", expect!["200 ok"]);
        check(
            Probe::Ready,
            &["nope"],
            "",
            expect![[r#"
            404 404 page not found
        "#]],
        );
    }
}
