//! What a person wants to know of an autoscaler: one fact a line.

use meta::time::Time;

use super::{
    decide,
    observe::{Observed, Selection},
    standing::{self, Standing},
};

pub(super) fn describe(observed: &Observed, now: Time) -> Vec<String> {
    let autoscaler = &observed.autoscaler;
    let (least, most) = (standing::least(autoscaler), autoscaler.spec.max_replicas);
    let reference = &autoscaler.spec.scale_target_ref;
    let target = format!("{}/{}", reference.kind, reference.name);
    let scale = match &observed.scale {
        Ok(scale) => scale,
        Err(error) => return vec![format!("target: {target} cannot be read: {error}")],
    };
    let mut lines = vec![format!(
        "target: {target} wants {} and has {} replicas; {least} to {most} are allowed",
        scale.replicas, scale.status_replicas
    )];
    if Standing::of(autoscaler, scale.replicas) != Standing::Measured {
        lines.push("metrics: not needed".to_owned());
        return lines;
    }
    if let Selection::Pods(pods) = &observed.selection {
        lines.push(format!("pods: {} selected by {}", pods.len(), scale.selector));
    }
    let verdict = decide::verdict(observed, scale, now);
    lines.extend(verdict.statuses.iter().map(|status| format!("metric: {status}")));
    lines
        .extend(verdict.warnings.iter().map(|(reason, text)| format!("trouble: {reason}: {text}")));
    lines.push(match verdict.wanted {
        Ok((replicas, metric)) => format!("proposal: {replicas} replicas by {metric}"),
        Err(error) => format!("proposal: none: {error}"),
    });
    lines
}
