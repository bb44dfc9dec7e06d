//! `pilothouse explain KIND/NAME`: what each controller sees of an object, would do now, and why.

mod print;
mod time;

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use api::catalog::{ResourceFacts, builtin};
use clap::{Arg, ArgMatches, Command};
use client::{Request, Transport, http::HttpTransport};
use meta::{object::ObjectKey, resource::Scope};
use nodes::Rules;
use plane::{Components, Identities};
use runtime::{Metrics, trace::Trace};
use world::World;

use crate::{cli, failure::Failure, output, reach};

pub(crate) fn command() -> Command {
    Command::new("explain")
        .about("Print what each controller sees of an object, what it would do now and why; writes nothing")
        .arg(
            Arg::new("object")
                .required(true)
                .value_name("KIND/NAME")
                .help("Such as deployment/web, rs/web-5d8c7 or pod/web-5d8c7-x2x9k"),
        )
        .arg(
            Arg::new("namespace")
                .short('n')
                .long("namespace")
                .value_name("NAME")
                .help("Where the object is [default: the kubeconfig's]"),
        )
        .arg(cli::kubeconfig_argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let object = cli::text(matches, "object");
    let Some((kind, name)) = object.split_once('/') else {
        let text = format!("{object:?} is not KIND/NAME, such as deployment/web");
        return Err(Failure::Value(text));
    };
    let Some(facts) = find(kind) else {
        return Err(Failure::Value(format!("there is no kind {kind:?}")));
    };
    let text = reach::on_one_thread(async |world| {
        let (transport, namespace) = reach::transport(&world, matches)?;
        let given = matches.get_one::<String>("namespace").cloned();
        let namespace = match facts.resource.scope {
            Scope::Namespaced => given.unwrap_or(namespace),
            Scope::Cluster => String::new(),
        };
        let key = ObjectKey::new(namespace.as_str(), name);
        explain(&world, transport, facts, &key).await
    })?;
    output::say(&text);
    Ok(())
}

/// A resource by what people call it: plural, singular, short name, kind, `plural.group`.
pub(crate) fn find(kind: &str) -> Option<&'static ResourceFacts> {
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

async fn explain(
    world: &World,
    transport: HttpTransport,
    facts: &ResourceFacts,
    key: &ObjectKey,
) -> Result<String> {
    let exists = transport.send(Request::get(&facts.resource, key)).await;
    if let Err(error) = exists {
        bail!("cannot explain {}/{}: {error}", facts.singular, key.name);
    }
    let transport: Arc<dyn Transport> = Arc::new(transport);
    let world = &time::align(world, &*transport).await;
    let identities: Identities = Arc::new(move |_| Arc::clone(&transport));
    let components = Components {
        root_ca: None,
        token_issuer: None,
        rules: Rules::default(),
        trace: Trace::default(),
    };
    let manager = components.assemble(world, &identities, Arc::new(Metrics::default()));
    let running = manager.start_idle();
    running.synced().await;
    let explanations = running.explain(&facts.resource, key).await;
    running.stop();
    if explanations.is_empty() {
        return Ok(format!("No controller looks after {}/{}.", facts.singular, key.name));
    }
    print::explanations(&explanations).context("cannot print")
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
