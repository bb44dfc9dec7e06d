//! What is counted of requests, under the reference's names.

use std::{sync::Arc, time::Duration};

use http::{StatusCode, header};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use world::{Clock, Monotonic};

use crate::{Body, Request, Response, Served, request_info::RequestInfo, route};

/// The metrics of one service.
#[derive(Clone)]
pub(crate) struct RequestMetrics {
    total: IntCounterVec,
    duration: HistogramVec,
    sizes: HistogramVec,
    in_flight: IntGaugeVec,
    long_running: IntGaugeVec,
}

/// What a request is counted as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labels {
    verb: &'static str,
    dry_run: &'static str,
    group: String,
    version: String,
    resource: String,
    subresource: String,
    scope: &'static str,
}

/// Counts a request as being worked on until it is dropped.
pub(crate) struct InFlight(IntGauge);

/// Counts a watch as running until it is dropped, and how long it ran then.
pub(crate) struct LongRunning {
    running: IntGauge,
    duration: Histogram,
    clock: Arc<dyn Clock>,
    began: Monotonic,
}

const COMPONENT: &str = "apiserver";
const LABELS: [&str; 7] =
    ["verb", "group", "version", "resource", "subresource", "scope", "component"];
const DURATION_LABELS: [&str; 8] =
    ["verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component"];
const TOTAL_LABELS: [&str; 9] = [
    "verb",
    "dry_run",
    "group",
    "version",
    "resource",
    "subresource",
    "scope",
    "component",
    "code",
];
/// Bounds that the reference gives to requests and to what its store does.
pub(crate) const SECONDS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0,
    10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
];
const BYTES: [f64; 7] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

impl Default for RequestMetrics {
    fn default() -> Self {
        let options = |name: &str, help: &str| Opts::new(name, help);
        let histogram = |name: &str, help: &str, labels: &[&str], buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            HistogramVec::new(options, labels).expect("names in this file are valid")
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(options(name, help), labels).expect("names in this file are valid")
        };
        let total = options(
            "apiserver_request_total",
            "[STABLE] Requests that were answered, by what was asked and the code of the answer.",
        );
        Self {
            total: IntCounterVec::new(total, &TOTAL_LABELS).expect("names in this file are valid"),
            duration: histogram(
                "apiserver_request_duration_seconds",
                "[STABLE] Seconds from a request to its answer, or to the end of a watch.",
                &DURATION_LABELS,
                &SECONDS,
            ),
            sizes: histogram(
                "apiserver_response_sizes",
                "[STABLE] Bytes of the answers to reads.",
                &LABELS,
                &BYTES,
            ),
            in_flight: gauge(
                "apiserver_current_inflight_requests",
                "[STABLE] Requests that are worked on now, watches apart.",
                &["request_kind"],
            ),
            long_running: gauge(
                "apiserver_longrunning_requests",
                "[STABLE] Watches that run now.",
                &LABELS,
            ),
        }
    }
}

impl RequestMetrics {
    /// Lets a registry gather them.
    ///
    /// # Errors
    /// Another service has been there before.
    pub(crate) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.total.clone()))?;
        registry.register(Box::new(self.duration.clone()))?;
        registry.register(Box::new(self.sizes.clone()))?;
        registry.register(Box::new(self.in_flight.clone()))?;
        registry.register(Box::new(self.long_running.clone()))
    }

    /// A request is worked on from now on.
    pub(crate) fn begin(&self, info: &RequestInfo) -> InFlight {
        let reads = matches!(info.verb, "get" | "list" | "watch" | "head");
        let kind = if reads { "readOnly" } else { "mutating" };
        let gauge = self.in_flight.with_label_values(&[kind]);
        gauge.inc();
        InFlight(gauge)
    }

    /// A watch runs from now on.
    pub(crate) fn begin_watch(&self, labels: &Labels, clock: Arc<dyn Clock>) -> LongRunning {
        let running = self.long_running.with_label_values(&labels.seven());
        running.inc();
        let duration = self.duration.with_label_values(&labels.eight());
        LongRunning { running, duration, began: clock.monotonic(), clock }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, labels: &Labels, response: &Response, took: Duration) {
        let [verb, dry_run, group, version, resource, subresource, scope, component] =
            labels.eight();
        let code = response.status.as_str();
        let nine = [verb, dry_run, group, version, resource, subresource, scope, component, code];
        self.total.with_label_values(&nine).inc();
        let Body::Full(body) = &response.body else { return };
        self.duration.with_label_values(&labels.eight()).observe(took.as_secs_f64());
        if matches!(verb, "GET" | "LIST") {
            let bytes = u32::try_from(body.len()).map_or(f64::INFINITY, f64::from);
            self.sizes.with_label_values(&labels.seven()).observe(bytes);
        }
    }
}

impl Labels {
    /// What a request is counted as; `None` for what nobody serves: names that clients make up must
    /// not fill the memory.
    pub(crate) fn of(
        request: &Request,
        info: &RequestInfo,
        code: StatusCode,
        served: &Served,
    ) -> Option<Self> {
        let is_known = code != StatusCode::NOT_FOUND;
        let Some(path) = &info.resource else {
            return is_known.then(|| Self::of_path(info));
        };
        if !is_known && route::resolve(info, path, served).is_err() {
            return None;
        }
        let is_apply = request.header(header::CONTENT_TYPE).starts_with("application/apply-patch");
        let scope = match info.verb {
            "create" => "resource",
            _ if !path.name.is_empty() => "resource",
            _ if !path.namespace.is_empty() => "namespace",
            _ => "cluster",
        };
        let is_dry =
            matches!(info.verb, "create" | "update" | "patch" | "delete" | "deletecollection")
                && info.query.has("dryRun");
        Some(Self {
            verb: if is_apply { "APPLY" } else { verb(info.verb) },
            dry_run: if is_dry { "All" } else { "" },
            group: path.group.clone(),
            version: path.version.clone(),
            resource: path.resource.clone(),
            subresource: path.subresource.clone(),
            scope,
        })
    }

    fn of_path(info: &RequestInfo) -> Self {
        Self {
            verb: verb(info.verb),
            dry_run: "",
            group: String::new(),
            version: String::new(),
            resource: String::new(),
            subresource: info.path.clone(),
            scope: "",
        }
    }

    fn seven(&self) -> [&str; 7] {
        let (group, version) = (&*self.group, &*self.version);
        [self.verb, group, version, &self.resource, &self.subresource, self.scope, COMPONENT]
    }

    fn eight(&self) -> [&str; 8] {
        let [verb, group, version, resource, subresource, scope, component] = self.seven();
        [verb, self.dry_run, group, version, resource, subresource, scope, component]
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Drop for LongRunning {
    fn drop(&mut self) {
        self.running.dec();
        self.duration.observe(self.clock.monotonic().since(self.began).as_secs_f64());
    }
}

/// As the reference reports verbs.
fn verb(verb: &str) -> &'static str {
    match verb {
        "get" | "head" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" | "post" => "POST",
        "update" | "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn check(method: Method, target: &str, code: StatusCode, wanted: &str) {
        let request = Request::new(method, target);
        let info = RequestInfo::parse(&request.method, &request.target);
        let labels = Labels::of(&request, &info, code, &Served::default());
        let shown = labels.map_or("not counted".to_owned(), |labels| labels.eight().join("|"));
        assert_eq!(shown, wanted, "{target}");
    }

    #[test]
    fn a_request_is_counted_by_what_it_asks() {
        let ok = StatusCode::OK;
        let pods = "/api/v1/namespaces/shop/pods";
        check(Method::GET, pods, ok, "LIST|||v1|pods||namespace|apiserver");
        check(
            Method::POST,
            &format!("{pods}?dryRun=All"),
            ok,
            "POST|All||v1|pods||resource|apiserver",
        );
        check(
            Method::PATCH,
            "/apis/apps/v1/namespaces/shop/deployments/web/status",
            ok,
            "PATCH||apps|v1|deployments|status|resource|apiserver",
        );
        check(Method::GET, "/api/v1/nodes?watch=true", ok, "WATCH|||v1|nodes||cluster|apiserver");
        check(Method::GET, "/readyz?verbose", ok, "GET|||||/readyz||apiserver");
    }

    #[test]
    fn what_nobody_serves_is_not_counted() {
        let missing = StatusCode::NOT_FOUND;
        check(Method::GET, "/api/v1/madeup", missing, "not counted");
        check(Method::GET, "/madeup", missing, "not counted");
        check(Method::GET, "/api/v1/nodes/none", missing, "GET|||v1|nodes||resource|apiserver");
    }
}
