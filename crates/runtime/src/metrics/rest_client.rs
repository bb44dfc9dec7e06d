//! What is asked of the API server over HTTP, under the reference's names.

use std::time::Duration;

use client::{
    Method,
    http::{Exchange, Observer, PluginRun},
};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use super::{Metrics, registered};

/// The metrics of a client.
pub(super) struct RestClient {
    duration: HistogramVec,
    request_size: HistogramVec,
    response_size: HistogramVec,
    requests: IntCounterVec,
    waits: HistogramVec,
    retries: IntCounterVec,
    plugin_runs: IntCounterVec,
}

const SECONDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];
const BYTES: [f64; 11] = [
    64.0,
    256.0,
    512.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
];
/// Where no answer came.
const NO_CODE: &str = "<error>";

impl RestClient {
    pub(super) fn new(registry: &Registry) -> Self {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            let made = HistogramVec::new(options, &["verb", "host"]);
            registered(registry, made.expect("names in this file are valid"))
        };
        let requests = Opts::new(
            "rest_client_requests_total",
            "[ALPHA] HTTP requests that were sent, by code of the answer, method and host.",
        );
        let requests = IntCounterVec::new(requests, &["code", "method", "host"]);
        let retries = Opts::new(
            "rest_client_request_retries_total",
            "[ALPHA] Requests that were sent again, by code of the refusal, verb and host.",
        );
        let retries = IntCounterVec::new(retries, &["code", "verb", "host"]);
        let plugin_runs = Opts::new(
            "rest_client_exec_plugin_call_total",
            "[ALPHA] Runs of credential plug-ins, by code and what became of them.",
        );
        let plugin_runs = IntCounterVec::new(plugin_runs, &["code", "call_status"]);
        Self {
            duration: histogram(
                "rest_client_request_duration_seconds",
                "[ALPHA] Seconds from a request to its whole answer, by verb and host.",
                &SECONDS,
            ),
            request_size: histogram(
                "rest_client_request_size_bytes",
                "[ALPHA] Bytes of the bodies that were sent, by verb and host.",
                &BYTES,
            ),
            response_size: histogram(
                "rest_client_response_size_bytes",
                "[ALPHA] Bytes of the bodies that were received, by verb and host.",
                &BYTES,
            ),
            waits: histogram(
                "rest_client_rate_limiter_duration_seconds",
                "[ALPHA] Seconds that a request waited for its turn, by verb and host.",
                &SECONDS,
            ),
            retries: registered(registry, retries.expect("names in this file are valid")),
            requests: registered(registry, requests.expect("names in this file are valid")),
            plugin_runs: registered(registry, plugin_runs.expect("names in this file are valid")),
        }
    }
}

impl RestClient {
    pub(super) fn waited_for_pace(&self, waited: Duration, method: Method, host: &str) {
        self.waits.with_label_values(&[verb(method), host]).observe(waited.as_secs_f64());
    }
    pub(super) fn retried(&self, code: u16, method: Method, host: &str) {
        self.retries.with_label_values(&[code.to_string().as_str(), verb(method), host]).inc();
    }
}

const fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

impl Observer for Metrics {
    fn observe(&self, exchange: &Exchange<'_>) {
        let metrics = &self.rest_client;
        let verb = verb(exchange.method);
        let host = exchange.host;
        let code = exchange.code.map_or(NO_CODE.to_owned(), |code| code.to_string());
        metrics.requests.with_label_values(&[code.as_str(), verb, host]).inc();
        let Some(took) = exchange.took else { return };
        let labels = &[verb, host];
        metrics.duration.with_label_values(labels).observe(took.as_secs_f64());
        metrics.request_size.with_label_values(labels).observe(number(exchange.sent_bytes));
        if let Some(bytes) = exchange.received_bytes {
            metrics.response_size.with_label_values(labels).observe(number(bytes));
        }
    }
    fn ran_plugin(&self, run: PluginRun) {
        let (code, status) = labels(run);
        self.rest_client.plugin_runs.with_label_values(&[code.as_str(), status]).inc();
    }
}

/// Code and status of a run, as the reference counts it.
fn labels(run: PluginRun) -> (String, &'static str) {
    match run {
        PluginRun::Missing => ("1".to_owned(), "plugin_not_found_error"),
        PluginRun::Broken | PluginRun::Ended(None) => ("1".to_owned(), "client_internal_error"),
        PluginRun::Ended(Some(0)) => ("0".to_owned(), "no_error"),
        PluginRun::Ended(Some(code)) => (code.to_string(), "plugin_execution_error"),
    }
}

/// Bodies are shorter than four gigabytes.
fn number(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_plug_ins_are_told_apart() {
        let shown = |run| {
            let (code, status) = labels(run);
            format!("{code} {status}")
        };
        let runs = [None, Some(0), Some(3)].map(PluginRun::Ended);
        let all = [PluginRun::Missing, PluginRun::Broken].into_iter().chain(runs).map(shown);
        assert_eq!(
            all.collect::<Vec<_>>(),
            [
                "1 plugin_not_found_error",
                "1 client_internal_error",
                "1 client_internal_error",
                "0 no_error",
                "3 plugin_execution_error",
            ]
        );
    }

    #[test]
    fn a_request_is_counted_by_code_and_a_watch_has_no_duration() {
        let metrics = Metrics::default();
        let request = Exchange {
            method: Method::Patch,
            host: "server:6443",
            code: Some(409),
            took: Some(Duration::from_millis(3)),
            sent_bytes: 10,
            received_bytes: None,
        };
        metrics.observe(&request);
        let watch = Exchange { method: Method::Get, code: None, took: None, ..request };
        metrics.observe(&watch);
        let gathered = metrics.gather();
        let shown = gathered.iter().flat_map(|family| {
            family.get_metric().iter().map(|metric| {
                let labels = metric.get_label().iter().map(|label| label.value().to_owned());
                format!("{} {}", family.name(), labels.collect::<Vec<_>>().join(" "))
            })
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "rest_client_request_duration_seconds server:6443 PATCH",
                "rest_client_request_size_bytes server:6443 PATCH",
                "rest_client_requests_total 409 server:6443 PATCH",
                "rest_client_requests_total <error> server:6443 GET",
            ]
        );
    }
}
