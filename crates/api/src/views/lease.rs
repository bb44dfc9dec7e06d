//! What is read of a Lease.

use meta::{object::ObjectMeta, text::Text, time::Time};
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lease {
    pub metadata: ObjectMeta,
    pub spec: LeaseSpec,
}
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    pub holder_identity: Text,
    pub lease_duration_seconds: i32,
    pub acquire_time: Option<Time>,
    pub renew_time: Option<Time>,
    pub lease_transitions: i32,
}
kind!(Lease, crate::resources::LEASES);
