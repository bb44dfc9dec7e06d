//! What the metrics of an autoscaler say together.

use std::sync::Arc;

use api::views::{HorizontalPodAutoscaler, Pod};
use meta::{quantity::Quantity, time::Time};
use serde_json::Value;

use super::{
    condition::{SCALING_ACTIVE, Word},
    count::{Computed, Direction, Trouble},
    measure::{Gauge, Tolerance},
    observe::{Observed, Selection},
    proposal::{Failure, Proposal},
    target::Scale,
};
use crate::shared::float::float;

/// What the metrics say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// The largest proposal and its metric, or why none counts.
    pub(super) wanted: Result<(i32, String), String>,
    /// For `status.currentMetrics`.
    pub(super) statuses: Vec<Value>,
    /// Whether metrics can be gone by.
    pub(super) word: Word,
    /// Reason and text of what each trouble is told by.
    pub(super) warnings: Vec<(&'static str, String)>,
    /// How each metric fared.
    pub(super) computed: Vec<Computed>,
}

/// Asks all metrics; those that fail are passed over as long as nothing is taken away meanwhile.
pub(super) fn verdict(observed: &Observed, scale: &Scale, now: Time) -> Verdict {
    let pods = match &observed.selection {
        Selection::Pods(pods) => pods.as_slice(),
        Selection::Unseen => &[],
        Selection::Refused { reasons, texts } => return refused(*reasons, texts),
    };
    let gauge = gauge(observed, scale, pods, now);
    let (mut proposals, mut failures) = (Vec::new(), Vec::new());
    let mut computed = Vec::new();
    let metrics = &observed.autoscaler.spec.metrics;
    for (metric, reading) in metrics.iter().zip(&observed.readings) {
        let proposed = gauge.propose(metric, reading);
        let direction = proposed
            .as_ref()
            .map_or(Direction::Stays, |proposal| Direction::of(scale.replicas, proposal.replicas));
        let trouble = proposed.as_ref().err().map_or(Trouble::None, Failure::trouble);
        computed.push(Computed { kind: metric.kind.to_string(), direction, trouble });
        match proposed {
            Ok(proposal) => proposals.push(proposal),
            Err(failure) => failures.push(failure),
        }
    }
    Verdict { computed, ..weigh(proposals, failures, scale.replicas) }
}

fn weigh(proposals: Vec<Proposal>, failures: Vec<Failure>, current: i32) -> Verdict {
    let count = proposals.len() + failures.len();
    // The first of the largest.
    let largest = proposals.iter().rev().max_by_key(|proposal| proposal.replicas);
    let largest = largest.map(|largest| (largest.replicas, largest.metric.clone()));
    let statuses = proposals.into_iter().map(|proposal| proposal.status).collect();
    let counting = largest.filter(|(replicas, _)| failures.is_empty() || *replicas >= current);
    let (wanted, word) = match (counting, failures.first()) {
        (Some((replicas, metric)), _) => {
            let message =
                format!("the HPA was able to successfully calculate a replica count from {metric}");
            let word = Word::holds(SCALING_ACTIVE, "ValidMetricFound", message);
            (Ok((replicas, metric)), word)
        }
        (None, Some(first)) => {
            let error = format!(
                "invalid metrics ({} invalid out of {count}), first error is: {}{}",
                failures.len(),
                first.prefix,
                first.text
            );
            let message =
                format!("the HPA was unable to compute the replica count: {}", first.text);
            (Err(error), Word::fails(SCALING_ACTIVE, first.reason, message))
        }
        (None, None) => {
            let message = "the HPA was unable to compute the replica count: there are no metrics";
            let word = Word::fails(SCALING_ACTIVE, "InvalidMetricSourceType", message);
            (Err("there are no metrics".to_owned()), word)
        }
    };
    let warnings = failures.into_iter().map(|failure| (failure.reason, failure.text)).collect();
    Verdict { wanted, statuses, word, warnings, computed: Vec::new() }
}

fn refused(reasons: (&'static str, &'static str), texts: &(String, String)) -> Verdict {
    Verdict {
        wanted: Err(texts.0.clone()),
        statuses: Vec::new(),
        word: Word::fails(SCALING_ACTIVE, reasons.1, texts.1.clone()),
        warnings: vec![(reasons.0, texts.0.clone())],
        computed: Vec::new(),
    }
}

fn gauge<'a>(observed: &'a Observed, scale: &Scale, pods: &'a [Arc<Pod>], now: Time) -> Gauge<'a> {
    Gauge {
        namespace: &observed.autoscaler.metadata.namespace,
        pods,
        replicas: scale.replicas,
        status_replicas: scale.status_replicas,
        tolerance: tolerance(&observed.autoscaler, observed.settings.tolerance),
        settings: &observed.settings,
        now,
    }
}

fn tolerance(autoscaler: &HorizontalPodAutoscaler, usual: f64) -> Tolerance {
    let own = |tolerance: Option<Quantity>| {
        tolerance.map_or(usual, |tolerance| float(tolerance.millis()) / 1000.0)
    };
    let behavior = autoscaler.spec.behavior.as_ref();
    Tolerance {
        up: own(behavior.and_then(|behavior| behavior.scale_up.tolerance)),
        down: own(behavior.and_then(|behavior| behavior.scale_down.tolerance)),
    }
}
