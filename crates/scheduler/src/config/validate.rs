//! What a configuration may not say, in the reference's words.

use std::collections::BTreeSet;

use meta::text::Text;

use super::{API_VERSION, Configuration, KIND, ProfileConfiguration};

/// Plugins of releases before: in-tree volumes.
const REMOVED: [&str; 4] = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/// Everything that is wrong, each with the path of its field.
pub(super) fn faults(configuration: &Configuration) -> Vec<String> {
    let mut faults = Vec::new();
    let mut invalid = |path: &str, value: &str, text: &str| {
        faults.push(format!("{path}: Invalid value: {value}: {text}"));
    };
    let Configuration { api_version, kind, parallelism, percentage_of_nodes_to_score, .. } =
        configuration;
    if api_version != API_VERSION || kind != KIND {
        let found = format!("{kind} of {api_version:?}");
        invalid("apiVersion", &found, &format!("must be {KIND} of {API_VERSION:?}"));
    }
    if *parallelism <= 0 {
        let text = "should be an integer value greater than zero";
        invalid("parallelism", &parallelism.to_string(), text);
    }
    if let Some(percent) = percentage_of_nodes_to_score.filter(is_no_percentage) {
        invalid("percentageOfNodesToScore", &percent.to_string(), "not in valid range [0-100]");
    }
    let initial = configuration.pod_initial_backoff_seconds;
    let max = configuration.pod_max_backoff_seconds;
    if initial <= 0 {
        invalid("podInitialBackoffSeconds", &initial.to_string(), "must be greater than 0");
    }
    if max < initial {
        let text = "must be greater than or equal to PodInitialBackoffSeconds";
        invalid("podMaxBackoffSeconds", &max.to_string(), text);
    }
    let election = &configuration.leader_election;
    if election.leader_elect && election.resource_lock != "leases" {
        let found = format!("{:?}", election.resource_lock);
        invalid("leaderElection.resourceLock", &found, "resourceLock value must be \"leases\"");
    }
    if election.leader_elect && election.lease_duration <= election.renew_deadline {
        let found = format!("{:?}", election.lease_duration);
        invalid("leaderElection.leaseDuration", &found, "must be greater than RenewDeadline");
    }
    if !configuration.extenders.is_empty() {
        faults.push("extenders: Forbidden: extenders are not supported".to_owned());
    }
    profiles(&configuration.profiles, &mut faults);
    faults
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "filters pass references")]
fn is_no_percentage(percent: &i64) -> bool {
    !(0..=100).contains(percent)
}

fn profiles(profiles: &[ProfileConfiguration], faults: &mut Vec<String>) {
    let mut names: BTreeSet<&Text> = BTreeSet::new();
    let sort = |profile: &ProfileConfiguration| -> Vec<String> {
        let enabled = profile.plugins.queue_sort.enabled.iter();
        enabled.map(|choice| choice.name.clone()).collect()
    };
    for (index, profile) in profiles.iter().enumerate() {
        let path = format!("profiles[{index}]");
        match &profile.scheduler_name {
            None => faults.push(format!("{path}.schedulerName: Required value")),
            Some(name) if name.is_empty() => {
                faults.push(format!("{path}.schedulerName: Required value"));
            }
            Some(name) if !names.insert(name) => {
                faults.push(format!("{path}.schedulerName: Duplicate value: {:?}", &**name));
            }
            Some(_) => {}
        }
        if let Some(percent) = profile.percentage_of_nodes_to_score.filter(is_no_percentage) {
            faults.push(format!(
                "{path}.percentageOfNodesToScore: Invalid value: {percent}: not in valid range [0-100]"
            ));
        }
        let sorts = sort(profile);
        if profiles.first().map(sort).is_some_and(|first| first != sorts) {
            faults.push(format!(
                "{path}.plugins.queueSort: Invalid value: {sorts:?}: must be the same for all profiles"
            ));
        }
        if sorts.len() > 1 {
            faults.push(format!(
                "{path}.plugins.queueSort: Invalid value: {sorts:?}: only one queue sort plugin can be enabled"
            ));
        }
        plugins(profile, &path, faults);
    }
}

fn plugins(profile: &ProfileConfiguration, path: &str, faults: &mut Vec<String>) {
    for (field, set) in profile.plugins.by_field() {
        let removed = set.enabled.iter().filter(|choice| REMOVED.contains(&choice.name.as_str()));
        for choice in removed {
            faults.push(format!(
                "{path}.plugins.{field}: Invalid value: {:?}: was invalid in version {API_VERSION:?} ({KIND} is version {API_VERSION:?})",
                choice.name
            ));
        }
    }
    let mut known = BTreeSet::new();
    for (index, configured) in profile.plugin_config.iter().enumerate() {
        let path = format!("{path}.pluginConfig[{index}]");
        let name = configured.name.as_str();
        if !known.insert(name) {
            faults.push(format!("{path}: Duplicate value: {name:?}"));
        }
        if let Some(kind) = configured.args["kind"].as_str()
            && kind != format!("{name}Args")
        {
            faults.push(format!("{path}.args: Invalid value: {kind:?}: has to match plugin args"));
        }
    }
}
