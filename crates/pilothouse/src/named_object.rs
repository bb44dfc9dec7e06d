//! An object as a person names it: `KIND/NAME`.

use api::catalog::{ResourceFacts, builtin};
use clap::{Arg, ArgMatches};
use meta::{object::ObjectKey, resource::Scope};

use crate::{cli, failure::Failure};

/// The object that a command line names.
pub(crate) struct NamedObject {
    pub(crate) facts: &'static ResourceFacts,
    name: String,
    /// What `--namespace` says.
    namespace: Option<String>,
}

/// The object itself.
pub(crate) fn argument() -> Arg {
    Arg::new("object").value_name("KIND/NAME")
}

/// Where it is.
pub(crate) fn namespace_argument() -> Arg {
    Arg::new("namespace")
        .short('n')
        .long("namespace")
        .value_name("NAME")
        .help("Where the object is [default: the kubeconfig's]")
}

impl NamedObject {
    /// What the arguments say.
    ///
    /// # Errors
    /// It is not `KIND/NAME`, or there is no such kind.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let object = cli::text(matches, "object");
        let Some((kind, name)) = object.split_once('/') else {
            let text = format!("{object:?} is not KIND/NAME, such as deployment/web");
            return Err(Failure::Value(text));
        };
        let Some(facts) = find(kind) else {
            return Err(Failure::Value(format!("there is no kind {kind:?}")));
        };
        let namespace = matches.get_one::<String>("namespace").cloned();
        Ok(Self { facts, name: name.to_owned(), namespace })
    }

    /// Where it is, in the kubeconfig's `namespace` unless another was given.
    pub(crate) fn key(&self, namespace: String) -> ObjectKey {
        let namespace = match self.facts.resource.scope {
            Scope::Namespaced => self.namespace.clone().unwrap_or(namespace),
            Scope::Cluster => String::new(),
        };
        ObjectKey::new(namespace, self.name.as_str())
    }
}

/// A resource by what people call it: plural, singular, short name, kind, `plural.group`.
fn find(kind: &str) -> Option<&'static ResourceFacts> {
    let wanted = kind.to_lowercase();
    let found = builtin().resources().iter().find(|facts| {
        let names = [facts.resource.plural.to_lowercase(), facts.singular.to_lowercase()];
        names.contains(&wanted)
            || facts.resource.kind.to_lowercase() == wanted
            || names.iter().any(|name| format!("{name}.{}", facts.resource.group) == wanted)
            || facts.short_names.contains(&wanted)
    });
    found.map(|facts| &**facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_for_kubectl() {
        for name in ["deployment", "deployments", "deploy", "Deployment", "deployments.apps"] {
            let found = find(name).map(|facts| &*facts.resource.plural);
            assert_eq!(found, Some("deployments"), "{name}");
        }
        assert_eq!(find("replicaset.apps").map(|facts| &*facts.resource.kind), Some("ReplicaSet"));
        assert!(find("ship").is_none());
    }
}
