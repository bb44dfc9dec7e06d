//! `DefaultIngressClass`: an ingress that names no class gets the one that is marked as the default.

use api::json;
use meta::resource::{Resource, Scope};
use serde_json::Value;

use super::{Attributes, Freshness, Link, Seen};
use crate::Status;

pub(super) const LINK: Link = Link {
    name: "DefaultIngressClass",
    reads: &[INGRESS_CLASSES],
    freshness: Freshness::Newest,
    concerns: |attributes| attributes.is_create() && attributes.is_about(&INGRESSES),
    mutate,
    ..Link::IDLE
};

const INGRESSES: Resource =
    Resource::new("networking.k8s.io", "v1", "ingresses", "Ingress", Scope::Namespaced);
const INGRESS_CLASSES: Resource =
    Resource::new("networking.k8s.io", "v1", "ingressclasses", "IngressClass", Scope::Cluster);
const DEFAULT_MARK: &str = "ingressclass.kubernetes.io/is-default-class";
/// How the class was named before there was a field.
const CLASS: &str = "kubernetes.io/ingress.class";

fn mutate(attributes: &Attributes<'_>, seen: &Seen, ingress: &mut Value) -> Result<(), Status> {
    let has_class = json::field(&ingress["spec"], "ingressClassName").is_some()
        || json::field(&ingress["metadata"]["annotations"], CLASS).is_some();
    if has_class {
        return Ok(());
    }
    let classes: Vec<Value> = seen.all(&INGRESS_CLASSES).iter().map(|o| o.value()).collect();
    let is_default = |class: &&Value| class["metadata"]["annotations"][DEFAULT_MARK] == "true";
    let defaults: Vec<&Value> = classes.iter().filter(is_default).collect();
    match defaults.as_slice() {
        [] => Ok(()),
        [class] => {
            let name = class["metadata"]["name"].clone();
            json::object_mut(ingress, "spec")["ingressClassName"] = name;
            Ok(())
        }
        several => {
            let count = several.len();
            let reason = format!(
                "Internal error occurred: {count} default IngressClasses were found, only 1 allowed"
            );
            Err(attributes.forbidden(ingress, &reason))
        }
    }
}
