//! What is read of a Service.

use meta::{
    int_or_string::IntOrString,
    object::{Labels, ObjectMeta},
    text::Text,
};
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Service {
    pub metadata: ObjectMeta,
    pub spec: ServiceSpec,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    #[serde(rename = "type")]
    pub kind: Text,
    /// `None` for a headless service; empty until one is allocated.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: Text,
    /// Empty means that somebody else looks after the endpoints.
    pub selector: Labels,
    pub ports: Vec<ServicePort>,
    pub ip_families: Vec<IpFamily>,
    pub publish_not_ready_addresses: bool,
    pub traffic_distribution: Text,
    /// Unset means yes.
    pub allocate_load_balancer_node_ports: Option<bool>,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    pub name: Text,
    pub port: i32,
    pub protocol: Text,
    /// Number, or name of a container's port.
    pub target_port: Option<IntOrString>,
    pub app_protocol: Option<Text>,
    /// Zero means none.
    pub node_port: i32,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
pub enum IpFamily {
    #[default]
    #[serde(rename = "IPv4")]
    V4,
    #[serde(rename = "IPv6")]
    V6,
}

impl Service {
    /// Whether endpoints follow from pods.
    pub fn selects_pods(&self) -> bool {
        self.spec.kind != "ExternalName" && !self.spec.selector.is_empty()
    }
    /// Whether an object with these labels is meant.
    pub fn selects(&self, labels: &Labels) -> bool {
        let selector = &self.spec.selector;
        !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
    /// Whether clients connect to the endpoints themselves.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip == "None"
    }
}
kind!(Service, crate::resources::SERVICES);
