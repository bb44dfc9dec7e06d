//! What is read of a ServiceAccount.

use meta::object::ObjectMeta;
use serde::Deserialize;

use super::kind;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ServiceAccount {
    pub metadata: ObjectMeta,
}
kind!(ServiceAccount, crate::resources::SERVICE_ACCOUNTS);
