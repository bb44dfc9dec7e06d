//! What a pod failure policy says of one failed pod.

use api::views::{
    ContainerStatus, Job, OnExitCodes, OnPodCondition, Pod, PodFailureAction, PodFailureRule,
    Status,
};

/// What is to be done about a failed pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts against the limits: a rule says so, or none matches.
    Count,
    /// It does not count.
    Ignore,
    /// Its index fails.
    FailIndex,
    /// The job fails, with this message.
    FailJob(String),
}

/// The first rule that matches decides.
pub(super) fn judge(job: &Job, pod: &Pod) -> Verdict {
    let Some((position, rule, what)) = decisive(job, pod) else { return Verdict::Count };
    match &rule.action {
        PodFailureAction::Ignore => Verdict::Ignore,
        PodFailureAction::FailIndex => Verdict::FailIndex,
        PodFailureAction::FailJob => {
            Verdict::FailJob(format!("{what} matching FailJob rule at index {position}"))
        }
        PodFailureAction::Count | PodFailureAction::Other(_) => Verdict::Count,
    }
}

/// The rule that decides, with its position and what it found; those of unknown actions do not.
pub(super) fn decisive<'a>(job: &'a Job, pod: &Pod) -> Option<(usize, &'a PodFailureRule, String)> {
    let rules = job.spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules).enumerate();
    let mut known = rules.filter(|(_, rule)| !matches!(rule.action, PodFailureAction::Other(_)));
    known.find_map(|(position, rule)| Some((position, rule, matched(rule, pod)?)))
}

/// What a rule finds in a pod, in words.
fn matched(rule: &PodFailureRule, pod: &Pod) -> Option<String> {
    if let Some(wanted) = &rule.on_exit_codes {
        let status = &pod.status;
        let mut all = status.container_statuses.iter().chain(&status.init_container_statuses);
        let (container, code) = all.find_map(|container| exit(wanted, container))?;
        return Some(format!(
            "Container {} for pod {} failed with exit code {code}",
            container.name,
            pod.metadata.key()
        ));
    }
    let has = |wanted: &&OnPodCondition| {
        let status = wanted.status.unwrap_or(Status::True);
        pod.condition(&wanted.kind).is_some_and(|condition| condition.status == status)
    };
    let condition = rule.on_pod_conditions.iter().find(has)?;
    Some(format!("Pod {} has condition {}", pod.metadata.key(), condition.kind))
}

fn exit<'a>(
    wanted: &OnExitCodes,
    container: &'a ContainerStatus,
) -> Option<(&'a ContainerStatus, i32)> {
    let code = container.state.terminated.as_ref()?.exit_code;
    let is_meant = wanted.container_name.as_ref().is_none_or(|name| *name == container.name);
    let is_listed = wanted.values.contains(&code);
    let matches = match &*wanted.operator {
        "In" => is_listed,
        "NotIn" => !is_listed,
        _ => false,
    };
    (code != 0 && is_meant && matches).then_some((container, code))
}
