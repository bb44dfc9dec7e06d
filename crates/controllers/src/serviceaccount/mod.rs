//! Gives every active namespace a ServiceAccount called `default`, and gives it back when somebody
//! deletes it. Accounts that exist are never changed. Follows `pkg/controller/serviceaccount`.

use std::{fmt, sync::Arc};

use api::{
    resources::SERVICE_ACCOUNTS,
    views::{Namespace, ServiceAccount},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Informers, Observation, Plan, Step,
    Watches,
};
use serde_json::json;

const DEFAULT: &str = "default";

/// See the module's documentation.
#[derive(Debug)]
pub struct ServiceAccountController;

/// Namespaces and their accounts.
pub struct View {
    namespaces: Arc<Cache<Namespace>>,
    accounts: Arc<Cache<ServiceAccount>>,
}

/// An active namespace.
#[derive(Debug)]
pub struct Observed {
    namespace: Text,
    has_default: bool,
}

/// The one reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the namespace has no default service account")
    }
}

impl Controller for ServiceAccountController {
    const NAME: &'static str = "serviceaccount-controller";
    const QUEUE: &'static str = "serviceaccount";
    const EVENT_SOURCE: &'static str = "service-account-controller";
    type Key = Text;
    type Observed = Observed;
    type Memory = ();
    type Why = Missing;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { namespaces: informers.cache(), accounts: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Namespace>(|_, change: &Change<Namespace>, enqueue: &mut Enqueue<Text>| {
            if let Some(namespace) = &change.new {
                enqueue.add(namespace.metadata.name.clone());
            }
        });
        watches.on::<ServiceAccount>(|_, change, enqueue| {
            if let (Some(gone), None) = (&change.old, &change.new) {
                enqueue.add(gone.metadata.namespace.clone());
            }
        });
    }
    fn observe(view: &View, key: &Text, _answers: &Answers) -> Observation<Observed> {
        let namespace = view.namespaces.get(&ObjectKey::new("", key.clone()));
        if namespace.is_none_or(|namespace| namespace.status.phase != "Active") {
            return Observation::Gone;
        }
        let account = view.accounts.get(&ObjectKey::new(key.clone(), DEFAULT));
        Observation::Ready(Observed { namespace: key.clone(), has_default: account.is_some() })
    }
    fn plan(_memory: &mut (), observed: &Observed, _now: Time) -> Plan<Missing> {
        let mut plan = Plan::rest();
        if !observed.has_default {
            let object = json!({"metadata": {"name": DEFAULT, "namespace": observed.namespace}});
            let namespace = observed.namespace.clone();
            let action = Action::Create { resource: SERVICE_ACCOUNTS, namespace, object };
            plan.step(Step::new(action, Missing));
        }
        plan
    }
    fn describe(observed: &Observed, _now: Time) -> Vec<String> {
        let account = if observed.has_default { "there" } else { "missing" };
        vec![format!("service account {DEFAULT}: {account}")]
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == api::resources::NAMESPACES).then(|| key.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_without_the_account_gets_it_and_one_with_it_is_left_alone() {
        let steps = |has_default| {
            let observed = Observed { namespace: "n".into(), has_default };
            ServiceAccountController::plan(&mut (), &observed, Time::default()).steps().count()
        };
        assert_eq!([steps(false), steps(true)], [1, 0]);
    }
}
