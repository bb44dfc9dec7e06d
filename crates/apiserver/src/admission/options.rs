//! Which links run, and what an operator tells them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CHAIN, Link, pod_security};

/// See the module. The default runs every link that is on by default.
#[derive(Debug, Clone)]
pub struct AdmissionOptions {
    /// Names of plugins that run.
    running: BTreeSet<&'static str>,
    /// Names of plugins that were asked for and do nothing here.
    inert: Vec<&'static str>,
    pub(super) pod_security: pod_security::Configuration,
}

/// What an operator says, not yet understood.
#[derive(Debug, Clone, Default)]
pub struct AdmissionSetting {
    /// Names of plugins that are to run besides those that run anyway.
    pub enable: Vec<String>,
    /// Names of plugins that are not to run; one that is in both lists runs.
    pub disable: Vec<String>,
    /// Configurations, by name of plugin.
    pub configurations: BTreeMap<String, Value>,
}

/// What an operator says cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    #[error("{flag} plugin {name:?} is unknown")]
    Unknown { flag: &'static str, name: String },
    #[error("admission plugin {0} cannot be enabled: this server does not have it")]
    Missing(&'static str),
    #[error("the configuration of admission plugin {name} is invalid: {}", faults.join("; "))]
    Configuration { name: String, faults: Vec<String> },
    #[error("admission plugin {0:?} takes no configuration")]
    Unexpected(String),
    #[error("cannot read {path}")]
    Unreadable { path: String, source: world::DiskError },
    #[error("{path} is no AdmissionConfiguration of apiserver.config.k8s.io/v1: {fault}")]
    File { path: String, fault: String },
}

/// Whether a plugin runs if nobody says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Default,
    Asked,
}
use Standing::{Asked, Default as Always};

/// The quota is charged in the transaction that stores the object, not by a link.
pub(super) const QUOTA: &str = "ResourceQuota";
/// Nothing is asked of whoever asks for it.
const ADMIT: &str = "AlwaysAdmit";

/// All plugins that the reference has, in its order. Two differ: `NodeRestriction` runs as in clusters
/// that kubeadm makes; `StorageObjectInUseProtection` waits to be asked, because its finalizers would
/// stay for ever: the controllers that lift them are not in our manager yet.
const KNOWN: [(&str, Standing); 39] = [
    (ADMIT, Asked),
    ("NamespaceAutoProvision", Asked),
    ("NamespaceLifecycle", Always),
    ("NamespaceExists", Asked),
    ("LimitPodHardAntiAffinityTopology", Asked),
    ("LimitRanger", Always),
    ("ServiceAccount", Always),
    ("NodeRestriction", Always),
    ("TaintNodesByCondition", Always),
    ("AlwaysPullImages", Asked),
    ("ImagePolicyWebhook", Asked),
    ("PodSecurity", Always),
    ("PodNodeSelector", Asked),
    ("Priority", Always),
    ("DefaultTolerationSeconds", Always),
    ("PodTolerationRestriction", Asked),
    ("EventRateLimit", Asked),
    ("ExtendedResourceToleration", Asked),
    ("DefaultStorageClass", Always),
    ("StorageObjectInUseProtection", Asked),
    ("PodGroupProtection", Always),
    ("OwnerReferencesPermissionEnforcement", Asked),
    ("PersistentVolumeClaimResize", Always),
    ("RuntimeClass", Always),
    ("CertificateApproval", Always),
    ("CertificateSigning", Always),
    ("ClusterTrustBundleAttest", Always),
    ("CertificateSubjectRestriction", Always),
    ("DefaultIngressClass", Always),
    ("DenyServiceExternalIPs", Asked),
    ("PodTopologyLabels", Always),
    ("NodeDeclaredFeatureValidator", Always),
    ("PodResizeValidator", Always),
    ("MutatingAdmissionPolicy", Always),
    ("MutatingAdmissionWebhook", Always),
    ("ValidatingAdmissionPolicy", Always),
    ("ValidatingAdmissionWebhook", Always),
    (QUOTA, Always),
    ("AlwaysDeny", Asked),
];

impl Default for AdmissionOptions {
    fn default() -> Self {
        let standard = KNOWN.iter().filter(|(_, standing)| *standing == Always);
        Self {
            running: standard.map(|(name, _)| *name).collect(),
            inert: Vec::new(),
            pod_security: pod_security::Configuration::default(),
        }
    }
}

impl AdmissionOptions {
    /// Understands what an operator says.
    ///
    /// # Errors
    /// A plugin is not known or not here, or its configuration is faulty. What guards nothing when it is
    /// asked to is refused; what this server leaves out of the reference's defaults is only
    /// [`inert`](Self::inert).
    pub fn new(setting: &AdmissionSetting) -> Result<Self, AdmissionError> {
        let mut options = Self::default();
        for name in &setting.disable {
            let (name, _) = known("disable-admission-plugins", name)?;
            options.running.remove(name);
        }
        for name in &setting.enable {
            let (name, standing) = known("enable-admission-plugins", name)?;
            if !is_here(name) {
                match standing {
                    Always => options.inert.push(name),
                    Asked => return Err(AdmissionError::Missing(name)),
                }
            }
            options.running.insert(name);
        }
        for (name, configuration) in &setting.configurations {
            if name != pod_security::LINK.name {
                return Err(AdmissionError::Unexpected(name.clone()));
            }
            let read = pod_security::Configuration::read(configuration);
            let faulty = |faults| AdmissionError::Configuration { name: name.clone(), faults };
            options.pod_security = read.map_err(faulty)?;
        }
        Ok(options)
    }

    /// Plugins that were asked for and do nothing in this server.
    pub fn inert(&self) -> &[&'static str] {
        &self.inert
    }

    pub(super) fn runs(&self, link: &Link) -> bool {
        self.running.contains(link.name)
    }

    /// Whether quotas are charged.
    pub(crate) fn charges_quotas(&self) -> bool {
        self.running.contains(QUOTA)
    }
}

fn known(flag: &'static str, name: &str) -> Result<(&'static str, Standing), AdmissionError> {
    let unknown = || AdmissionError::Unknown { flag, name: name.to_owned() };
    KNOWN.iter().find(|(known, _)| *known == name).copied().ok_or_else(unknown)
}

fn is_here(name: &str) -> bool {
    name == QUOTA || name == ADMIT || CHAIN.iter().any(|link| link.name == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(enable: &[&str], disable: &[&str]) -> Result<AdmissionOptions, String> {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let setting = AdmissionSetting {
            enable: own(enable),
            disable: own(disable),
            ..AdmissionSetting::default()
        };
        AdmissionOptions::new(&setting).map_err(|error| error.to_string())
    }

    #[test]
    fn the_chain_is_in_the_order_of_the_reference() {
        let place = |name: &str| KNOWN.iter().position(|(known, _)| *known == name);
        let places: Vec<_> = CHAIN.iter().map(|link| place(link.name)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }

    #[test]
    fn plugins_are_switched_by_name_and_enabling_wins() {
        let runs = |options: &AdmissionOptions, name: &str| options.running.contains(name);
        let changed = options(&["AlwaysAdmit", "Priority"], &["Priority", QUOTA]).expect("known");
        assert!(runs(&changed, "AlwaysAdmit") && runs(&changed, "Priority"));
        assert!(!changed.charges_quotas() && AdmissionOptions::default().charges_quotas());
        assert!(!runs(&AdmissionOptions::default(), "AlwaysAdmit"));
    }

    #[test]
    fn what_cannot_be_switched_is_named() {
        let refused = |enable: &[&str], disable: &[&str]| options(enable, disable).unwrap_err();
        assert_eq!(refused(&["Foo"], &[]), "enable-admission-plugins plugin \"Foo\" is unknown");
        assert_eq!(refused(&[], &["Bar"]), "disable-admission-plugins plugin \"Bar\" is unknown");
        assert_eq!(
            refused(&["ImagePolicyWebhook"], &[]),
            "admission plugin ImagePolicyWebhook cannot be enabled: this server does not have it"
        );
        let inert = options(&["PodGroupProtection"], &[]).expect("a default of the reference");
        assert_eq!(inert.inert(), ["PodGroupProtection"]);
    }

    #[test]
    fn only_plugins_with_a_configuration_take_one() {
        let with = |name: &str, configuration: Value| {
            let configurations = BTreeMap::from([(name.to_owned(), configuration)]);
            let setting = AdmissionSetting { configurations, ..AdmissionSetting::default() };
            AdmissionOptions::new(&setting).map_err(|error| error.to_string())
        };
        let refused = with("Priority", json!({})).unwrap_err();
        assert_eq!(refused, "admission plugin \"Priority\" takes no configuration");
        let file = json!({"apiVersion": "pod-security.admission.config.k8s.io/v1",
            "kind": "PodSecurityConfiguration", "defaults": {"enforce": "strict"}});
        assert_eq!(
            with("PodSecurity", file).unwrap_err(),
            "the configuration of admission plugin PodSecurity is invalid: defaults.enforce: Invalid value: \"strict\": must be one of privileged, baseline, restricted"
        );
    }
}
